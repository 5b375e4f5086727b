"""
Functions that are called: each call has its own copy of its callee, so that layouts flow into it from that call alone.

Afterwards copies that came out alike are one function again.
"""

from __future__ import annotations

from typing import Any

from xdsl.dialects.builtin import ArrayAttr, ModuleOp, StringAttr, SymbolRefAttr
from xdsl.dialects.func import FuncOp
from xdsl.ir import Operation
from xdsl.rewriter import InsertPoint, Rewriter

from eggshard.dialects.sharding import LayoutAttr, result_layout
from eggshard.dialects.sharding.access import LAYOUTS
from eggshard.dialects.sharding.checks import rank_of
from eggshard.dialects.sharding.layout import Layout
from eggshard.propagation.dataflow import callee_name

ORIGINAL = "sharding.original"
"""The name of the function that a copy was made from."""


def flatten_calls(module: ModuleOp) -> None:
    """Copies functions until no two calls name the same one; calls take over the layouts of their callee's results."""
    functions = functions_of(module)
    called: set[str] = set()
    taken = set(functions)

    def visit(function: FuncOp) -> None:
        for op in list(function.walk()):
            if op.name != "func.call" or callee_name(op) not in functions:
                continue
            callee = functions[callee_name(op)]
            if callee.sym_name.data in called:
                callee = _copy(callee, taken)
                functions[callee.sym_name.data] = callee
                op.properties["callee"] = SymbolRefAttr(callee.sym_name.data)
            called.add(callee.sym_name.data)
            _take_result_layouts(op, callee)
            if callee.body.blocks:
                visit(callee)

    callees = {callee_name(op) for op in module.walk() if op.name == "func.call"}
    for name, function in list(functions.items()):
        if name not in callees:
            visit(function)


def functions_of(module: ModuleOp) -> dict[str, FuncOp]:
    return {op.sym_name.data: op for op in module.ops if isinstance(op, FuncOp)}


def _copy(function: FuncOp, taken: set[str]) -> FuncOp:
    stem = _original(function)
    number = 0
    while f"{stem}_{number}" in taken:
        number += 1
    copy = function.clone()
    copy.sym_name = StringAttr(f"{stem}_{number}")
    copy.attributes[ORIGINAL] = StringAttr(stem)
    copy.location = function.location
    taken.add(copy.sym_name.data)
    Rewriter.insert_op(copy, InsertPoint.after(function))
    return copy


def _original(function: FuncOp) -> str:
    name: Any = function.attributes.get(ORIGINAL)
    return function.sym_name.data if name is None else str(name.data)


def _take_result_layouts(call: Operation, callee: FuncOp) -> None:
    layouts = [result_layout(callee, index) for index in range(len(call.results))]
    mesh = next((layout.mesh for layout in layouts if layout is not None), None)
    if LAYOUTS in call.attributes or mesh is None:
        return
    call.attributes[LAYOUTS] = ArrayAttr(
        LayoutAttr(layout or Layout.replicate(mesh, rank_of(result.type) or 0, open=True))
        for layout, result in zip(layouts, call.results, strict=True)
    )


def unflatten_calls(module: ModuleOp) -> None:
    """Makes copies of one function whose arguments and results are laid out alike one again."""
    functions = functions_of(module)
    kept: dict[Any, FuncOp] = {}
    for op in module.walk():
        if op.name != "func.call" or callee_name(op) not in functions:
            continue
        callee = functions[callee_name(op)]
        key = (_original(callee), callee.arg_attrs, callee.res_attrs)
        op.properties["callee"] = SymbolRefAttr(kept.setdefault(key, callee).sym_name.data)
    used = {callee_name(op) for op in module.walk() if op.name == "func.call"}
    for name, function in functions.items():
        if function.attributes.pop(ORIGINAL, None) is not None and name not in used:
            Rewriter.erase_op(function)
