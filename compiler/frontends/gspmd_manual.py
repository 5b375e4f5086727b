"""
Per-device code between `SPMDFullToShardShape` and `SPMDShardToFullShape` becomes `sdy.manual_computation`.

Between the two calls shapes are those of one device. What belongs to the code is what its results need, back to the
values that were cut; constants are copied into it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from xdsl.dialects.builtin import ModuleOp, StringAttr
from xdsl.ir import Block, Operation, OpResult, Region, SSAValue
from xdsl.rewriter import InsertPoint, Rewriter

from eggshard.diagnostics import DiagnosticError
from eggshard.dialects.sdy import ManualComputationOp, ReturnOp, TensorShardingPerValueAttr, to_sharding
from eggshard.dialects.sdy.attributes import ManualAxesAttr
from eggshard.dialects.sharding.layout import Dim, Layout, Mesh
from eggshard.frontends import gspmd
from eggshard.frontends.markers import SHARDING, SHARDING_STRING, target_of
from eggshard.partitioning.program import source_line
from eggshard.partitioning.reshards.edit import blocks

CUT, JOIN = "SPMDFullToShardShape", "SPMDShardToFullShape"


@dataclass
class _Code:
    """One piece of per-device code: the calls that cut its inputs and join its results, and the ops between."""

    joins: list[Operation]
    cuts: dict[Operation, None] = field(default_factory=dict)
    ops: set[Operation] = field(default_factory=set)


def import_manual(module: ModuleOp, mesh_name: str, mesh: Mesh) -> None:
    """Raises DiagnosticError for per-device code that takes a whole value without cutting it."""
    for block in list(blocks(module)):
        _drop_nested(block)
        for code in _pieces(block):
            _outline(code, block, mesh_name, mesh)


def _drop_nested(block: Block) -> None:
    """Code along the rest of the axes inside code along some: its calls go if they change no shape, as for an index."""
    for op in list(block.ops):
        inner = op.operands[0].owner if target_of(op) == CUT else op
        if target_of(op) not in (CUT, JOIN) or not isinstance(inner, Operation) or not _manual_groups(inner):
            continue
        if op.operands[0].type != op.results[0].type:
            raise DiagnosticError(
                "per-device code inside per-device code changes shapes", location=source_line(op.location) or None
            )
        Rewriter.replace_op(op, (), (op.operands[0],))


def _pieces(block: Block) -> list[_Code]:
    """The per-device code of a block; what shares more than constants is one piece."""
    found: list[_Code] = []
    for join in [op for op in block.ops if target_of(op) == JOIN]:
        code = _Code([join])
        _collect(join.operands[0], code)
        for other in [other for other in found if other.cuts.keys() & code.cuts.keys()]:
            found.remove(other)
            code = _Code(other.joins + code.joins, {**other.cuts, **code.cuts}, other.ops | code.ops)
        found.append(code)
    return found


def _collect(value: SSAValue, code: _Code) -> None:
    """What `value` needs, back to the calls that cut."""
    pending = [value]
    while pending:
        value = pending.pop()
        if not isinstance(value, OpResult):
            raise DiagnosticError(
                "per-device code takes an argument of the program as a whole",
                location=source_line(code.joins[0].location) or None,
                hint=f"cut it with {CUT}",
            )
        op = value.op
        if target_of(op) == CUT:
            code.cuts[op] = None
        elif op not in code.ops:
            code.ops.add(op)
            pending.extend(_needs(op))


def _needs(op: Operation) -> Iterator[SSAValue]:
    """Operands of an op and of the ops in its regions, those from outside it."""
    inside = {id(block) for inner in op.walk() for region in inner.regions for block in region.blocks}
    for inner in op.walk():
        for value in inner.operands:
            owner = value.owner
            home = owner.parent if isinstance(owner, Operation) else owner
            if id(home) not in inside:
                yield value


def _outline(code: _Code, block: Block, mesh_name: str, mesh: Mesh) -> None:
    """Moves the code into a region; what others use as well is copied."""
    cuts = list(code.cuts)
    manual = {axis for op in (*cuts, *code.joins) for axis in _manual(op, mesh)} or {name for name, _ in mesh.axes}
    operands = [op.operands[0] for op in cuts]
    body = Block(arg_types=[op.results[0].type for op in cuts])
    mapping: dict[SSAValue, SSAValue] = {op.results[0]: a for op, a in zip(cuts, body.args, strict=True)}
    for op in _in_order(code, block):
        copy = op.clone(mapping)
        for old, inner in zip(op.walk(), copy.walk(), strict=True):
            inner.location = old.location
        body.add_op(copy)
    body.add_op(ReturnOp.create(operands=[mapping[join.operands[0]] for join in code.joins]))
    new = ManualComputationOp.create(
        operands=operands,
        result_types=[join.results[0].type for join in code.joins],
        properties={
            "in_shardings": _shardings(operands, [_source(cut) for cut in cuts], manual, mesh_name, mesh),
            "out_shardings": _shardings([j.results[0] for j in code.joins], code.joins, manual, mesh_name, mesh),
            "manual_axes": ManualAxesAttr(tuple(name for name, _ in mesh.axes if name in manual)),
        },
        regions=[Region(body)],
    )
    new.location = code.joins[0].location
    Rewriter.insert_op(new, InsertPoint.before(code.joins[0]))
    for join, result in zip(code.joins, new.results, strict=True):
        join.results[0].replace_all_uses_with(result)
    _erase_unused([*code.joins, *reversed(_in_order(code, block)), *code.cuts])


def _in_order(code: _Code, block: Block | None) -> list[Operation]:
    """The ops of the code, those of outer blocks first."""
    if block is None:
        return []
    return [*_in_order(code, block.parent_block()), *(op for op in block.ops if op in code.ops)]


def _erase_unused(ops: list[Operation]) -> None:
    for op in ops:
        if not any(True for result in op.results for _ in result.uses):
            op.detach()
            op.erase()


def _tiling(op: Operation) -> gspmd.Tiling:
    text = op.attributes.get(SHARDING_STRING)
    if not isinstance(text, StringAttr):
        raise DiagnosticError(f"{target_of(op)} has no {SHARDING_STRING}", location=source_line(op.location) or None)
    return gspmd.parse(text.data)[0]


def _manual_groups(op: Operation) -> bool:
    return SHARDING_STRING in op.attributes and "manual" in _tiling(op).groups


def _manual(op: Operation, mesh: Mesh) -> tuple[str, ...]:
    return gspmd.manual_axes(_tiling(op), mesh) if _manual_groups(op) else ()


def _source(cut: Operation) -> Operation:
    """The op that says how the whole value is cut: the marker before the call."""
    value = cut.operands[0]
    if isinstance(value, OpResult) and target_of(value.op) == SHARDING:
        return value.op
    raise DiagnosticError(f"{CUT} of a value without mhlo.sharding", location=source_line(cut.location) or None)


def _shardings(
    values: list[SSAValue], ops: list[Operation], manual: set[str], mesh_name: str, mesh: Mesh
) -> TensorShardingPerValueAttr:
    layouts = []
    for value, op in zip(values, ops, strict=True):
        rank = len(value.type.get_shape())  # type: ignore[attr-defined]
        layout = gspmd.layout_for(_tiling(op), rank, mesh_name, mesh) or Layout.replicate(mesh_name, rank)
        layouts.append(_only(layout, manual, mesh))
    return TensorShardingPerValueAttr(tuple(map(to_sharding, layouts)))


def _only(layout: Layout, manual: set[str], mesh: Mesh) -> Layout:
    """The manual axes of a layout; the others, if there are any, are propagation's affair."""
    free = len(manual) < len(mesh.axes)
    dims = (Dim(tuple(axis for axis in dim.axes if axis.name in manual), free) for dim in layout.dims)
    return Layout(layout.mesh, tuple(dims))
