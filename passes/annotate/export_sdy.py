"""`export-sdy`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ArrayAttr, DictionaryAttr, ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute, Operation
from xdsl.passes import ModulePass
from xdsl.rewriter import Rewriter
from xdsl.utils.exceptions import PassFailedException, VerifyException

from eggshard.dialects.sdy import MeshOp as SdyMeshOp
from eggshard.dialects.sdy import ReshardOp as SdyReshardOp
from eggshard.dialects.sdy import ShardingConstraintOp, TensorShardingAttr, TensorShardingPerValueAttr, to_sharding
from eggshard.dialects.sdy.access import SHARDING
from eggshard.dialects.sdy.values import Sharding
from eggshard.dialects.sharding import ConstraintOp, LayoutAttr, MeshOp, ReshardOp
from eggshard.dialects.sharding.access import LAYOUT, LAYOUTS
from eggshard.dialects.sharding.layout import Layout


@dataclass(frozen=True)
class ExportSdyPass(ModulePass):
    """
    Writes our layouts as Shardy's annotations, as Shardy prints them; the inverse of `import-sdy`.

    Before:   %1 = stablehlo.tanh %0 {sharding.layouts = [#sharding.layout<@mesh, [{"x"}], partial={sum: "y"}>]}
    After:    %1 = stablehlo.tanh %0 {sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{"x"}], unreduced={"y"}>]>}
    Requires: whole-program shapes; partial terms that combine by sum, max or min, one kind in a layout.
    Ensures:  no op of `sharding` is left, and no attribute but names of arguments and strategies of ops.
    """

    name = "export-sdy"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for inner in list(op.walk()):
            if isinstance(inner, FuncOp):
                inner.arg_attrs = _export_entries(inner.arg_attrs, inner)
                inner.res_attrs = _export_entries(inner.res_attrs, inner)
            _export_op_attributes(inner)
            if isinstance(inner, MeshOp):
                _replace(inner, SdyMeshOp(inner.sym_name.data, inner.mesh.data))
            elif isinstance(inner, ConstraintOp):
                _replace(inner, ShardingConstraintOp(inner.input, _sharding(inner.layout.data, inner)))
            elif isinstance(inner, ReshardOp):
                _replace(inner, SdyReshardOp(inner.input, _sharding(inner.target.data, inner)))


def _sharding(layout: Layout, op: Operation) -> Sharding:
    try:
        return to_sharding(layout)
    except VerifyException as error:
        raise PassFailedException(f"{op.name}: {error}") from None


def _sorted(attributes: Mapping[str, Attribute]) -> dict[str, Attribute]:
    """In the order in which MLIR prints attributes."""
    return dict(sorted(attributes.items()))


def _export_entries(entries: ArrayAttr[DictionaryAttr] | None, func: FuncOp) -> ArrayAttr[DictionaryAttr] | None:
    if entries is None:
        return None
    return ArrayAttr(_export_entry(entry, func) for entry in entries)


def _export_entry(entry: DictionaryAttr, func: FuncOp) -> DictionaryAttr:
    layout = entry.data.get(LAYOUT)
    if not isinstance(layout, LayoutAttr):
        return entry
    rest = {key: value for key, value in entry.data.items() if key != LAYOUT}
    return DictionaryAttr(_sorted({**rest, SHARDING: TensorShardingAttr(_sharding(layout.data, func))}))


def _export_op_attributes(op: Operation) -> None:
    layouts = op.attributes.get(LAYOUTS)
    if not isinstance(layouts, ArrayAttr):
        return
    values = tuple(_sharding(layout.data, op) for layout in layouts if isinstance(layout, LayoutAttr))
    rest = {key: value for key, value in op.attributes.items() if key != LAYOUTS}
    op.attributes = _sorted({**rest, SHARDING: TensorShardingPerValueAttr(values)})


def _replace(op: Operation, new: Operation) -> None:
    new.attributes.update(op.attributes)
    new.location = op.location
    Rewriter.replace_op(op, new)
