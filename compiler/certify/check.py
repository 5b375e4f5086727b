"""
Walks a per-device program and finds what each value stands for.

What holds of a value is derived from what holds of the operands alone; attributes that say more are not believed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from xdsl.dialects.builtin import FileLineColLoc, ModuleOp, TensorType
from xdsl.ir import Attribute, Block, Operation, SSAValue

from eggshard.certify.control import Control
from eggshard.certify.facts import UNKNOWN, Claim, Fact, Unknown, Window, claims_of, settle
from eggshard.certify.ports import Port, device_program
from eggshard.certify.rules.movement import padded_tensors
from eggshard.certify.rules.table import rules_for
from eggshard.certify.site import Site
from eggshard.certify.terms import Body, Term, Terms, Whole
from eggshard.dialects.sharding.layout import Layout, Mesh

EFFECTS = frozenset(f"stablehlo.{name}" for name in ("infeed", "outfeed", "send", "recv", "rng"))
"""Ops of the model that are more than their results, or of which two are not alike."""
MOST_CLAIMS = 8
"""Claims kept of one value; more are forgotten, which can only lose proofs."""


@dataclass(frozen=True)
class Refusal:
    """The first op for which nothing follows; `reason` says why."""

    op: Operation | None
    reason: str

    def line(self, origin: str) -> str:
        """`model.py:88: stablehlo.add: why`."""
        if self.op is None:
            return f"{origin}: {self.reason}"
        return f"{source_line(self.op.location) or origin}: {self.op.name}: {self.reason}"


@dataclass(frozen=True)
class Certificate:
    """`refusal` is None if the program is proved; `ops` were looked at, `claims` found."""

    ops: int
    claims: int
    refusal: Refusal | None = None

    @property
    def ok(self) -> bool:
        return self.refusal is None


class RefusedError(Exception):
    def __init__(self, op: Operation | None, reason: str):
        super().__init__(reason)
        self.op = op
        self.reason = reason


def certify(whole_module: ModuleOp, device_module: ModuleOp) -> Certificate:
    """
    Whether the per-device program `device_module`, emitted or still with `spmd` ops, computes `whole_module`.

    "Refused" means not proved: the program may still be right.
    """
    checker: Checker | None = None
    try:
        for op in whole_module.walk():
            if op.name in EFFECTS or has_side_effect(op):
                raise RefusedError(op, "what it does besides its results cannot be compared")
        terms = Terms()
        whole = Whole(whole_module, terms)
        mesh, func, arguments, results = device_program(device_module)
        checker = Checker(terms, mesh)
        checker.program(whole, func, arguments, results)
    except RefusedError as error:
        done = (checker.ops, checker.claims) if checker is not None else (0, 0)
        return Certificate(*done, Refusal(error.op, error.reason))
    except Unknown as error:
        return Certificate(0, 0, Refusal(None, str(error)))
    return Certificate(checker.ops, checker.claims)


class Checker:
    """The facts of one device program."""

    def __init__(self, terms: Terms, mesh: Mesh):
        self.terms = terms
        self.mesh = mesh
        self.facts: dict[SSAValue, Fact] = {}
        self.ops = 0
        self.claims = 0
        self.control = Control(self)

    # -- ports ---------------------------------------------------------------------------------------------------

    def program(self, whole: Whole, func: Operation, arguments: Sequence[Port], results: Sequence[Port]) -> None:
        block = func.regions[0].block
        if len(whole.arguments) != len(block.args) or len(arguments) != len(block.args):
            raise RefusedError(func, f"it takes {len(block.args)} arguments, the model {len(whole.arguments)}")
        for term, value, port in zip(whole.arguments, block.args, arguments, strict=True):
            self.facts[value] = self.merge([Fact((self.claim_of(term, value.type, port, func),))])
        last = block.last_op
        returned = self.block(block, whole.body)
        if len(returned) != len(whole.body.returned) or len(results) != len(returned):
            raise RefusedError(last, f"it returns {len(returned)} results, the model {len(whole.body.returned)}")
        for index, (given, term, port) in enumerate(zip(returned, whole.body.returned, results, strict=True)):
            wanted = self.claim_of(term, given.type, port, func)
            self.expect(last, f'result {index} ("{port.name}")', given, wanted)

    def claim_of(self, term: Term, kind: Attribute, port: Port, func: Operation) -> Claim:
        """What a layout promises."""
        if not isinstance(kind, TensorType) or term.type != port.type:
            raise RefusedError(func, f'"{port.name}" is {port.type}, in the model {term.type}')
        windows = self.windows(port.layout, term.shape)
        if tuple(w.size for w in windows) != kind.get_shape() or kind.element_type != term.element:
            raise RefusedError(func, f'"{port.name}" is {kind} on a device, its layout says otherwise')
        if port.layout.partial:
            raise RefusedError(func, f'"{port.name}" is partial')
        return Claim(term, windows)

    def windows(self, layout: Layout, shape: tuple[int, ...]) -> tuple[Window, ...]:
        """Shard i of a dimension cut into n is its i-th ceil(size / n) positions."""
        if len(layout.axes) != len(shape):
            raise Unknown(f"a layout of rank {len(layout.axes)} is given for a tensor of rank {len(shape)}")
        found = []
        for size, axes in zip(shape, layout.axes, strict=True):
            tile = -(-size // self.mesh.span(axes))
            offsets = [0] * self.mesh.device_count
            for position in range(self.mesh.device_count):
                offsets[self.mesh.device_at(position)] = self.mesh.coordinate(position, axes) * tile
            found.append(Window(tile, tuple(offsets)))
        return tuple(found)

    def expect(self, op: Operation | None, what: str, value: SSAValue, wanted: Claim) -> None:
        """Raises unless the value is as wanted."""
        found = claims_of(self.fact(value), wanted.term, value.type)
        if any(stands_for(claim, wanted) for claim in found):
            return
        if not found:
            raise RefusedError(op, f"{what} is another value than the model's")
        raise RefusedError(op, f"{what} is {describe(found[0])}, due is {describe(wanted)}")

    # -- ops -----------------------------------------------------------------------------------------------------

    def fact(self, value: SSAValue) -> Fact:
        return self.facts.get(value, UNKNOWN)

    def block(self, block: Block, body: Body) -> list[SSAValue]:
        """Facts for all values of a block; what it returns. `body` is what it stands for in the whole program."""
        nodes, last = list(body.nodes), block.last_op
        if last is None:
            raise RefusedError(None, "a block does not end")
        for op in block.ops:
            self.ops += 1
            if op is last:
                break
            if op.regions and op.name in ("stablehlo.while", "stablehlo.case", "stablehlo.if"):
                self.control.run(op, nodes)
            elif op.name == "stablehlo.optimization_barrier":
                self.facts.update(zip(op.results, map(self.fact, op.operands), strict=True))
            else:
                self.op(op)
        return list(last.operands)

    def op(self, op: Operation) -> None:
        site = Site(op, [self.fact(value) for value in op.operands], self.terms, self.mesh, self.facts)
        found: list[list[Fact]] = [[] for _ in op.results]
        reasons: list[str] = []
        for rule in rules_for(op):
            try:
                for made in rule(site):
                    result, fact = made if isinstance(made, tuple) else (0, made)
                    found[result].append(fact)
                    found[result] += [Fact((c,)) for claim in fact.claims for c in padded_tensors(site, claim)]
            except Unknown as why:
                reasons.append(str(why))
        for value, facts in zip(op.results, found, strict=True):
            merged = self.merge(facts)
            fitting = tuple(claim for claim in merged.claims if fits_type(claim, value.type))
            merged = replace(merged, claims=fitting)
            self.facts[value] = merged
            self.claims += len(merged.claims)
            if not merged.is_known:
                raise RefusedError(op, self.reason(op, reasons))

    def merge(self, facts: Sequence[Fact]) -> Fact:
        claims: dict[Claim, None] = {}
        for fact in facts:
            claims.update(dict.fromkeys(map(settle, fact.claims)))

        def first(name: str) -> Any:
            return next((x for fact in facts if (x := getattr(fact, name)) is not None), None)

        scalar = first("scalar") or next(((c.term, c.labels) for c in claims if not c.windows), None)
        return Fact(tuple(claims)[:MOST_CLAIMS], scalar, first("affine"), first("box"), first("extra"))

    def reason(self, op: Operation, reasons: Sequence[str]) -> str:
        """What operands are, and why nothing follows."""
        if reasons:
            why = reasons[0]
        else:
            why = f"no op of the model is {op.name} of what its operands are, in a way that a rule knows"
        held = [f"operand {i} is {self.describe(value)}" for i, value in enumerate(op.operands[:4])]
        return "; ".join([why, *held])

    def describe(self, value: SSAValue) -> str:
        fact = self.fact(value)
        if fact.claims:
            return describe(fact.claims[0])
        if fact.scalar is not None:
            return "one number"
        return "an index" if fact.affine is not None else "a mask" if fact.box is not None else "not known"


def has_side_effect(op: Operation) -> bool:
    flag: Any = op.properties.get("has_side_effect")
    return flag is not None and bool(flag.value.data)


def fits_type(claim: Claim, kind: Attribute) -> bool:
    """Whether the value has the elements of the tensor and the sizes of its windows; a rule need not ask."""
    if not isinstance(kind, TensorType) or kind.element_type != claim.term.element:
        return isinstance(claim.term.type, type(kind)) and not isinstance(kind, TensorType)
    return kind.get_shape() == tuple(window.size for window in claim.windows)


def stands_for(claim: Claim, wanted: Claim) -> bool:
    """Whether a value that is as claimed is as wanted; beyond the tensor anything may stand."""
    if claim.labels != wanted.labels:
        return False
    for have, want, size in zip(claim.windows, wanted.windows, claim.term.shape, strict=True):
        if have.size != want.size:
            return False
        if have.offsets is None or want.offsets is None or have.offsets == want.offsets:
            continue
        for a, b in zip(have.offsets, want.offsets, strict=True):
            if a != b and (-have.size < b < size):
                return False
    return True


def describe(claim: Claim) -> str:
    """A claim for people: `tensor<8x4xf32> cut [0,4,..] x [..], a sum of 2 terms`."""
    cuts = []
    for window, size in zip(claim.windows, claim.term.shape, strict=True):
        if window.covers(size):
            cuts.append(f"{size}")
        elif window.offsets is None:
            cuts.append(f"{window.size} of {size} anywhere")
        else:
            distinct = sorted(set(window.offsets))
            text = ",".join(map(str, distinct[:4])) + (",.." if len(distinct) > 4 else "")
            cuts.append(f"{window.size} of {size} at {text}")
    terms = f", a {claim.labels.kind} of {claim.labels.terms} terms" if claim.labels is not None else ""
    return f"[{'; '.join(cuts)}] of a {claim.term.type}{terms}"


def source_line(location: Attribute) -> str:
    """`file:line`, the innermost that a location knows; '' if none."""
    if isinstance(location, FileLineColLoc):
        return f"{location.filename.data}:{location.line.data}"
    inner = (getattr(location, name, None) for name in ("location", "callee", "caller"))
    nested = [*filter(None, inner), *getattr(location, "locations", ())]
    return next((line for part in nested if (line := source_line(part))), "")
