"""One function: calls and composites are replaced by what they call."""

from __future__ import annotations

from xdsl.dialects.builtin import ModuleOp, SymbolRefAttr
from xdsl.dialects.func import FuncOp
from xdsl.ir import Block, Operation, SSAValue

CALLS = {"func.call": "callee", "stablehlo.composite": "decomposition"}
"""Op -> the property that names the function it runs."""


def inline_calls(module: ModuleOp) -> None:
    """
    Inlines every `func.call` and `stablehlo.composite`, and drops private functions that nothing names any more.

    A recursive program cannot be inlined and is refused by StableHLO already.
    """
    functions = {op.sym_name.data: op for op in module.ops if isinstance(op, FuncOp)}
    done: set[str] = set()

    def prepare(name: str) -> None:
        if name not in done:
            done.add(name)
            for region in functions[name].regions:
                for block in region.blocks:
                    inline_block(block)

    def inline_block(block: Block) -> None:
        for op in list(block.ops):
            callee = _callee(op)
            if callee is not None and callee in functions and functions[callee].body.blocks:
                prepare(callee)
                _inline(op, functions[callee])
            else:
                for region in op.regions:
                    for inner in region.blocks:
                        inline_block(inner)

    for name in list(functions):
        prepare(name)
    _drop_unused(module, functions)


def _callee(op: Operation) -> str | None:
    key = CALLS.get(op.name)
    if not key:
        return None
    symbol = op.properties.get(key)
    return symbol.root_reference.data if isinstance(symbol, SymbolRefAttr) else None


def _inline(call: Operation, callee: FuncOp) -> None:
    block = call.parent
    assert block is not None
    mapping: dict[SSAValue, SSAValue] = dict(zip(callee.body.block.args, call.operands, strict=True))
    copies: list[Operation] = []
    for op in callee.body.block.ops:
        if op.name == "func.return":
            for old, new in zip(call.results, op.operands, strict=True):
                old.replace_all_uses_with(mapping.get(new, new))
        else:
            copy = op.clone(mapping)
            _copy_locations(op, copy)
            copies.append(copy)
    block.insert_ops_before(copies, call)
    call.detach()
    call.erase()


def _copy_locations(old: Operation, new: Operation) -> None:
    for source, copy in zip(old.walk(), new.walk(), strict=True):
        copy.location = source.location


def _drop_unused(module: ModuleOp, functions: dict[str, FuncOp]) -> None:
    named = {
        attribute.root_reference.data
        for function in functions.values()
        for op in function.walk()
        for attribute in (*op.properties.values(), *op.attributes.values())
        if isinstance(attribute, SymbolRefAttr)
    }
    text_named = {
        symbol.root_reference.data
        for function in functions.values()
        for op in function.walk()
        if op.name == "stablehlo.custom_call" and "called_computations" in op.properties
        for symbol in op.properties["called_computations"]  # type: ignore[attr-defined]
    }
    for name, function in functions.items():
        private = function.sym_visibility is not None and function.sym_visibility.data == "private"
        if private and name not in named | text_named:
            function.detach()
            function.erase()
