"""Reshards of reshards, and of what needs none."""

from __future__ import annotations

from xdsl.dialects.builtin import ModuleOp, TensorType
from xdsl.ir import SSAValue

from eggshard.dialects.sharding import LayoutAttr, ReshardOp
from eggshard.dialects.sharding.layout import Mesh
from eggshard.dialects.stablehlo.dense import element_bytes
from eggshard.partitioning.program import the_mesh
from eggshard.partitioning.reshards.edit import blocks, defining_reshard, erase, single_use
from eggshard.partitioning.reshards.remake import remake
from eggshard.partitioning.strategy import reshard_bytes


def fold_reshards(module: ModuleOp) -> None:
    """
    reshard(reshard(x: A -> B): B -> C)  ->  reshard(x: A -> C), where that moves no more bytes; A -> A vanishes.

    A broadcast scalar, a constant or an iota is made again in the layout wanted. A reduction is not folded into one of
    several users, since it would run once for each.
    """
    found = the_mesh(module)
    if found is None:
        return
    mesh = found[1]
    for block in blocks(module):
        for op in list(block.ops):
            if isinstance(op, ReshardOp):
                _fold(op, mesh)
        for op in reversed(list(block.ops)):
            if isinstance(op, ReshardOp) and not any(True for _ in op.result.uses):
                erase(op)


def _fold(op: ReshardOp, mesh: Mesh) -> None:
    inner = defining_reshard(op.input)
    if inner is not None and _worth(inner, op, mesh):
        op.operands[0] = inner.input
        op.properties["source"] = inner.source
        if inner.because is not None and inner.source.data.partial:
            op.properties["because"] = inner.because
        if not any(True for _ in inner.result.uses):
            erase(inner)
    if op.source.data.axes == op.target.data.axes and op.source.data.partial == op.target.data.partial:
        op.result.replace_all_uses_with(op.input)
        erase(op)
        return
    remake(op, mesh)


def _worth(inner: ReshardOp, outer: ReshardOp, mesh: Mesh) -> bool:
    if single_use(inner.result):
        return True
    if inner.source.data.partial:
        return _all_users_agree(inner.result, outer.target)
    size = bytes_of(inner.input)
    direct = reshard_bytes(size, inner.source.data.axes, outer.target.data.axes, 1, mesh)
    return direct <= reshard_bytes(size, outer.source.data.axes, outer.target.data.axes, 1, mesh)


def _all_users_agree(value: SSAValue, target: LayoutAttr) -> bool:
    return all(isinstance(use.operation, ReshardOp) and use.operation.target == target for use in value.uses)


def bytes_of(value: SSAValue) -> int:
    """Bytes of the whole tensor."""
    kind = value.type
    assert isinstance(kind, TensorType)
    return kind.element_count() * element_bytes(kind.element_type)
