"""The names of values in printed modules: an author's where there is one, else those that MLIR gives."""

from __future__ import annotations

import re
from collections.abc import Iterator

from xdsl.dialects.builtin import IntegerType, TensorType
from xdsl.ir import Block, Operation, Region, SSAValue

LOOP = "stablehlo.while"
CONSTANT = "stablehlo.constant"
_NUMBERED = re.compile(r"arg\d+")


def value_names(top: Operation) -> dict[SSAValue, str]:
    """
    A name, without `%`, for every value inside `top`.

    Arguments are `arg0`, `arg1`, .., those of loops `iterArg`; constants of integers are `c`, others `cst`; other
    results are numbered, several results of an op under one number: `0#0`, `0#1`. Names of these forms count as MLIR's,
    all others as an author's. A region is numbered as a whole before the regions inside it, which go on where it ended,
    each by itself. A name that is taken gets the next number of its region, whatever the name: `c`, `cst`, `c_0`.
    """
    names: dict[SSAValue, str] = {}
    for region in top.regions:
        _Scope(names, None).region(region)
    return names


class _Scope:
    """The names given in a region, and the counters that the regions inside it start from."""

    def __init__(self, names: dict[SSAValue, str], outer: _Scope | None):
        self.names = names
        self.outer = outer
        self.taken: set[str] = set()
        self.results: int = outer.results if outer else 0
        self.arguments: int = outer.arguments if outer else 0
        self.conflicts: int = outer.conflicts if outer else 0

    def region(self, region: Region) -> None:
        nested: list[Region] = []
        for block in region.blocks:
            self.block_arguments(block)
            for op in block.ops:
                if op.results:
                    self.op_results(op)
                nested.extend(op.regions)
        for inner in nested:
            if inner.blocks:
                _Scope(self.names, self).region(inner)

    def block_arguments(self, block: Block) -> None:
        in_loop = (parent := block.parent_op()) is not None and parent.name == LOOP
        for argument in block.args:
            hint = argument.name_hint
            if in_loop and hint is None:
                hint = "iterArg"
            elif hint is None or _NUMBERED.fullmatch(hint):
                hint = f"arg{self.arguments}"
                self.arguments += 1
            self.names[argument] = self.free(hint)

    def op_results(self, op: Operation) -> None:
        first = op.results[0]
        hint = first.name_hint
        if op.name == CONSTANT and hint in (None, "c", "cst"):
            whole = isinstance(first.type, TensorType) and isinstance(first.type.element_type, IntegerType)
            hint = "c" if whole else "cst"
        if hint is None:
            name = str(self.results)
            self.results += 1
        else:
            name = self.free(hint)
        if len(op.results) == 1:
            self.names[first] = name
        else:
            self.names.update((result, f"{name}#{index}") for index, result in enumerate(op.results))

    def free(self, name: str) -> str:
        """`name`, or, where it is taken, `name` and the first number that makes it free; it is taken afterwards."""
        found = name
        while any(found in scope.taken for scope in self._outwards()):
            found = f"{name}_{self.conflicts}"
            self.conflicts += 1
        self.taken.add(found)
        return found

    def _outwards(self) -> Iterator[_Scope]:
        scope: _Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.outer
