"""Which values an op's regions capture, and after which op of a block a value is not needed any more."""

from __future__ import annotations

from collections.abc import Iterator

from xdsl.ir import Block, Operation, SSAValue


class Lifetimes:
    """Answers for the ops and blocks of one module, each worked out once."""

    def __init__(self) -> None:
        self._captures: dict[Operation, tuple[SSAValue, ...]] = {}
        self._dead: dict[Block, dict[Operation, list[SSAValue]]] = {}

    def captures(self, op: Operation) -> tuple[SSAValue, ...]:
        """The values that the regions of `op` use and that are defined outside `op`."""
        if not op.regions:
            return ()
        known = self._captures.get(op)
        if known is None:
            inner: set[SSAValue] = set()
            outer: dict[SSAValue, None] = {}
            for block in _blocks(op):
                inner.update(block.args)
                for nested in block.ops:
                    inner.update(nested.results)
                    outer.update(dict.fromkeys(nested.operands))
            known = self._captures[op] = tuple(value for value in outer if value not in inner)
        return known

    def dead_after(self, block: Block) -> dict[Operation, list[SSAValue]]:
        """Per op the values of this block that no later op of it uses, in its own regions or below."""
        known = self._dead.get(block)
        if known is None:
            known = self._dead[block] = {}
            last = block.last_op
            seen: set[SSAValue] = set(last.operands) if last is not None else set()
            own: set[SSAValue] = {*block.args, *(result for op in block.ops for result in op.results)}
            for op in reversed(list(block.ops)):
                if op is last:
                    continue
                used = [*op.operands, *self.captures(op), *op.results]
                dead = [value for value in dict.fromkeys(used) if value in own and value not in seen]
                if dead:
                    known[op] = dead
                seen.update(used)
        return known


def _blocks(op: Operation) -> Iterator[Block]:
    for region in op.regions:
        for block in region.blocks:
            yield block
            for nested in block.ops:
                yield from _blocks(nested)
