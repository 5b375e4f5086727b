"""Loops and branches: what goes round keeps one claim, and every device takes the same turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xdsl.ir import Operation

from eggshard.certify.facts import Claim, Fact, claims_of
from eggshard.certify.numbers import is_neutral, is_zero
from eggshard.certify.terms import Node

if TYPE_CHECKING:
    from eggshard.certify.check import Checker

ROUNDS = 4
"""How often what a loop carries is guessed anew."""


class Control:
    """Pairs the control flow of a device with that of the whole program."""

    def __init__(self, checker: Checker):
        self.checker = checker

    def run(self, op: Operation, nodes: list[Node]) -> None:
        from eggshard.certify.check import RefusedError

        last: RefusedError | None = None
        for node in nodes:
            if node.op.name != op.name or len(node.operands) != len(op.operands):
                continue
            if len(node.regions) != len(op.regions) or len(node.results) != len(op.results):
                continue
            try:
                self.loop(op, node) if op.name == "stablehlo.while" else self.branches(op, node)
            except RefusedError as error:
                last = last or error
                continue
            nodes.remove(node)
            return
        raise last or RefusedError(op, f"no {op.name} of the model corresponds to it")

    def loop(self, op: Operation, node: Node) -> None:
        """
        By induction: if carries are as claimed at the start of a round, they are at its end.

        The claims at the start are those of the operands, or what the body returns of them. In the first round a carry
        that begins as zero may be any sum; what is found so is a guess, to be confirmed in a round of its own.
        """
        from eggshard.certify.check import RefusedError, describe, stands_for

        checker, devices = self.checker, self.checker.mesh.device_count
        condition, body = node.regions
        guesses: list[Claim] = []
        for value, term in zip(op.operands, node.operands, strict=True):
            found = claims_of(checker.fact(value), term, value.type)
            if not found:
                raise RefusedError(op, f"operand {len(guesses)} of the loop is another value than the model's")
            guesses.append(plain(found[0], devices))
        zeros = [is_zero(term.scalar) for term in node.operands]
        for turn in range(ROUNDS):
            for argument, zero in zip(body.arguments, zeros, strict=True):
                argument.scouted = zero and turn == 0
            for terms, block in ((condition, op.regions[0].block), (body, op.regions[1].block)):
                for carried, term, guess in zip(block.args, terms.arguments, guesses, strict=True):
                    checker.facts[carried] = checker.merge([Fact((plain(guess._replace(term=term), devices),))])
            self.predicate(op, checker.block(op.regions[0].block, condition)[0], condition.returned[0])
            try:
                returned = checker.block(op.regions[1].block, body)
            finally:
                for argument in body.arguments:
                    argument.scouted = False
            changed = turn == 0 and any(zeros)
            for index, (value, term) in enumerate(zip(returned, body.returned, strict=True)):
                guess = guesses[index]
                found = claims_of(checker.fact(value), term, value.type)
                if not found:
                    raise RefusedError(op, f"carry {index} is another value than the model's after a round")
                if any(stands_for(claim, guess._replace(term=term)) and fits(claim, guess) for claim in found):
                    continue
                start = claims_of(checker.fact(op.operands[index]), node.operands[index], op.operands[index].type)
                fresh = [c._replace(term=node.operands[index]) for c in found]
                better = [c for c in fresh if any(stands_for(s, c) or is_empty_sum(s, c) for s in start)]
                if not better:
                    raise RefusedError(
                        op, f"carry {index} is {describe(guess)} before a round, {describe(found[0])} after"
                    )
                guesses[index] = better[0]
                changed = True
            if not changed:
                break
        else:
            raise RefusedError(op, "what the loop carries does not settle")
        for result, term, guess in zip(op.results, node.results, guesses, strict=True):
            checker.facts[result] = checker.merge([Fact((plain(guess._replace(term=term), devices),))])

    def predicate(self, op: Operation, value: object, term: object) -> None:
        """A device decides as the whole program does, so all devices decide alike."""
        from eggshard.certify.check import RefusedError

        found = claims_of(self.checker.fact(value), term, value.type)  # type: ignore[arg-type, attr-defined]
        if not any(claim.labels is None for claim in found):
            raise RefusedError(op, "its predicate is not the model's on every device")

    def branches(self, op: Operation, node: Node) -> None:
        """Every branch returns its results in one way."""
        from eggshard.certify.check import RefusedError, stands_for

        checker, devices = self.checker, self.checker.mesh.device_count
        self.predicate(op, op.operands[0], node.operands[0])
        ways: list[list[list[Claim]]] = []
        for region, terms in zip(op.regions, node.regions, strict=True):
            returned = checker.block(region.block, terms)
            ways.append([claims_of(checker.fact(v), t, v.type) for v, t in zip(returned, terms.returned, strict=True)])
        for index, result in enumerate(op.results):
            term = node.results[index]
            candidates = [plain(c._replace(term=term), devices) for way in ways for c in way[index]]
            for claim in candidates:
                if any(w.offsets is None and w.size != n for w, n in zip(claim.windows, term.shape, strict=True)):
                    continue
                if all(any(stands_for(c._replace(term=term), claim) for c in way[index]) for way in ways):
                    checker.facts[result] = checker.merge([Fact((claim,))])
                    break
            else:
                raise RefusedError(op, f"branches return result {index} in different ways")


def plain(claim: Claim, devices: int) -> Claim:
    """The claim of a value that varies: fills are forgotten, and a whole dimension begins at 0."""
    windows = []
    for window, size in zip(claim.windows, claim.term.shape, strict=True):
        if window.offsets is None and window.size == size:
            window = window._replace(offsets=(0,) * devices)
        windows.append(window._replace(fill=None))
    return claim._replace(windows=tuple(windows))


def fits(claim: Claim, guess: Claim) -> bool:
    """Whether the guess says no more of constancy along a dimension than the claim does."""
    return all(c.offsets is None for c, g in zip(claim.windows, guess.windows, strict=True) if g.offsets is None)


def is_empty_sum(start: Claim, wanted: Claim) -> bool:
    """Whether the start is what changes nothing in the combination of the wanted terms: it is that many of them."""
    return wanted.labels is not None and start.labels is None and is_neutral(wanted.labels.kind, start.term.scalar)
