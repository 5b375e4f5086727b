"""
Per-device code as Shardy hides it from readers that do not know it.

A call of a function whose name begins `xla.sdy.manual_computation_body`, between custom calls that cut its operands
(`xla.sdy.GlobalToLocalShape`) and join its results (`xla.sdy.LocalToGlobalShape`), is a `sdy.manual_computation`.
"""

from __future__ import annotations

from collections.abc import Iterator

from xdsl.dialects.builtin import DictionaryAttr, ModuleOp, StringAttr
from xdsl.dialects.func import CallOp, FuncOp
from xdsl.ir import Attribute, Operation, OpResult, SSAValue
from xdsl.rewriter import InsertPoint, Rewriter
from xdsl.utils.exceptions import ParseError

from eggshard.diagnostics import DiagnosticError
from eggshard.dialects.assembly import Parser, make_context
from eggshard.dialects.sdy import ManualComputationOp, ReturnOp
from eggshard.frontends.markers import target_of
from eggshard.partitioning.program import source_line

BODY = "xla.sdy.manual_computation_body"
CUT, JOIN = "xla.sdy.GlobalToLocalShape", "xla.sdy.LocalToGlobalShape"
HIDDEN = "mhlo.frontend_attributes"


def unhide_manual(module: ModuleOp) -> None:
    """
    Puts the functions that hold per-device code in the place of their calls.

    Raises DiagnosticError for a call that is not between those that cut and join, or does not say how.
    """
    functions = {op.sym_name.data: op for op in module.ops if isinstance(op, FuncOp)}
    done: set[str] = set()
    while calls := _calls(module):  # a body that was put in place may call others
        for call in calls:
            name = call.callee.root_reference.data
            _outline(call, functions[name])
            done.add(name)
    for op in reversed(list(module.walk())):
        if target_of(op) == CUT and not any(True for result in op.results for _ in result.uses):
            Rewriter.erase_op(op)
    for name in done:
        Rewriter.erase_op(functions[name])


def _calls(module: ModuleOp) -> list[CallOp]:
    return [op for op in module.walk() if isinstance(op, CallOp) and BODY in op.callee.root_reference.data]


def _outline(call: CallOp, body: FuncOp) -> None:
    cuts = [_cut(call, value) for value in call.operands]
    joins = [_join(call, result) for result in call.results]
    holders = [call, *(cut.op for cut in cuts), *(join for join, _ in joins)]
    region = body.body.clone()
    for old, inner in zip(body.body.walk(), region.walk(), strict=True):
        inner.location = old.location
    last = region.block.last_op
    assert last is not None
    Rewriter.replace_op(last, ReturnOp.create(operands=last.operands))
    new = ManualComputationOp.create(
        operands=[cut.op.operands[cut.index] for cut in cuts],
        result_types=[result.type for _, result in joins],
        properties={
            name: _hidden(holders, f"xla.sdy.{name}", call) for name in ("in_shardings", "out_shardings", "manual_axes")
        },
        regions=[region],
    )
    new.location = call.location
    Rewriter.insert_op(new, InsertPoint.before(call))
    for (_, joined), result in zip(joins, new.results, strict=True):
        joined.replace_all_uses_with(result)
    for op in (*dict.fromkeys(join for join, _ in joins), call):
        Rewriter.erase_op(op)


def _cut(call: CallOp, value: SSAValue) -> OpResult:
    if isinstance(value, OpResult) and target_of(value.op) == CUT and len(value.op.operands) == len(value.op.results):
        return value
    raise _refused(call, f"takes a value that no {CUT} has cut")


def _join(call: CallOp, result: SSAValue) -> tuple[Operation, OpResult]:
    """The custom call that joins a result, and what it makes of it."""
    users = [use.operation for use in result.uses]
    if len(users) == 1 and target_of(users[0]) == JOIN and len(users[0].operands) == len(users[0].results):
        return users[0], users[0].results[users[0].operands.index(result)]
    raise _refused(call, f"gives a value that no {JOIN} alone joins")


def _hidden(holders: list[Operation], key: str, call: CallOp) -> Attribute:
    """An attribute of Shardy's that an op has as a string."""
    for text in _strings(holders, key):
        try:
            return Parser(make_context(), text.replace('\\"', '"'), "<attribute>").parse_attribute()
        except ParseError:
            raise _refused(call, f"has {key} {text}, which cannot be read") from None
    raise _refused(call, f"has no {key}")


def _strings(holders: list[Operation], key: str) -> Iterator[str]:
    for op in holders:
        entries = op.attributes.get(HIDDEN)
        text = entries.data.get(key) if isinstance(entries, DictionaryAttr) else None
        if isinstance(text, StringAttr):
            yield text.data


def _refused(call: CallOp, what: str) -> DiagnosticError:
    return DiagnosticError(
        f"per-device code @{call.callee.root_reference.data} {what}", location=source_line(call.location) or None
    )
