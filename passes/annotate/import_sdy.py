"""`import-sdy`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from xdsl.context import Context
from xdsl.dialects.builtin import ArrayAttr, DictionaryAttr, ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute, Operation
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from eggshard.dialects.sdy import (
    MeshOp,
    ReshardOp,
    ShardingConstraintOp,
    TensorShardingAttr,
    TensorShardingPerValueAttr,
    to_layout,
    verify_shardings,
)
from eggshard.dialects.sdy.access import SHARDING
from eggshard.dialects.sdy.values import Sharding
from eggshard.dialects.sharding import ConstraintOp, LayoutAttr, layout_of, meshes_of
from eggshard.dialects.sharding import MeshOp as OurMeshOp
from eggshard.dialects.sharding import ReshardOp as OurReshardOp
from eggshard.dialects.sharding.access import LAYOUT, LAYOUTS
from eggshard.dialects.sharding.layout import Layout, Mesh


@dataclass(frozen=True)
class ImportSdyPass(ModulePass):
    """
    Puts Shardy's annotations into our own terms; nothing is lost but where a mesh was written.

    Before:   sdy.mesh @mesh = <["x"=2]>
              func.func @main(%0: tensor<8xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"x", ?}p1]>}) {
                %1 = stablehlo.tanh %0 {sdy.sharding = #sdy.sharding_per_value<[<@mesh, [{?}]>]>} : tensor<8xf32>
    After:    sharding.mesh @mesh = <["x"=2]>
              func.func @main(%0: tensor<8xf32> {sharding.layout = #sharding.layout<@mesh, [{"x", ?}p1]>}) {
                %1 = stablehlo.tanh %0 {sharding.layouts = [#sharding.layout<@mesh, [{?}]>]} : tensor<8xf32>
    Ensures:  meshes, constraints and reshards are those of `sharding`; a mesh written in place has a name. Other ops of
              `sdy` stay, with their shardings as fields, which `layout_of` reads; so does `sdy.sharding_rule`.
    """

    name = "import-sdy"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        verify_shardings(op)
        _MeshLifter(op).lift()
        for inner in list(op.walk()):
            if isinstance(inner, FuncOp):
                inner.arg_attrs = _each(inner.arg_attrs, _import_entry)
                inner.res_attrs = _each(inner.res_attrs, _import_entry)
            _import_op_attributes(inner)
            if isinstance(inner, MeshOp):
                _import_mesh(inner)
            elif isinstance(inner, ShardingConstraintOp):
                _replace(inner, ConstraintOp(inner.input, to_layout(inner.sharding.data)))
            elif isinstance(inner, ReshardOp):
                _import_reshard(inner)


class _MeshLifter:
    """Gives every mesh that is written in place a name: that of an equal mesh, else a new one after the last mesh."""

    def __init__(self, module: ModuleOp) -> None:
        self.module = module
        self.names: dict[Mesh, str] = {}
        for name, mesh in meshes_of(module).items():
            self.names.setdefault(mesh, name)
        self.symbols = {op.properties["sym_name"] for op in module.ops if "sym_name" in op.properties}
        self.taken = {getattr(symbol, "data", "") for symbol in self.symbols}

    def lift(self) -> None:
        for op in self.module.walk():
            for fields in (op.properties, op.attributes):
                for key, attribute in fields.items():
                    fields[key] = self._attribute(attribute)

    def _attribute(self, attribute: Attribute) -> Attribute:
        if isinstance(attribute, TensorShardingAttr):
            return TensorShardingAttr(self._named(attribute.data))
        if isinstance(attribute, TensorShardingPerValueAttr):
            return TensorShardingPerValueAttr(tuple(map(self._named, attribute.data)))
        if isinstance(attribute, ArrayAttr) and any(isinstance(entry, DictionaryAttr) for entry in attribute):
            return ArrayAttr(self._attribute(entry) for entry in attribute)
        if isinstance(attribute, DictionaryAttr) and SHARDING in attribute.data:
            return DictionaryAttr({key: self._attribute(entry) for key, entry in attribute.data.items()})
        return attribute

    def _named(self, sharding: Sharding) -> Sharding:
        mesh = sharding.mesh
        if not isinstance(mesh, Mesh):
            return sharding
        if mesh not in self.names:
            self.names[mesh] = self._define(mesh)
        return replace(sharding, mesh=self.names[mesh])

    def _define(self, mesh: Mesh) -> str:
        stem = "mesh" if mesh.axes else "empty_mesh"
        if mesh.is_single_device and mesh.device_ids:
            stem = f"maximal_mesh_{mesh.device_ids[0]}"
        name, number = stem, 0
        while name in self.taken:
            name, number = f"{stem}_{number}", number + 1
        self.taken.add(name)
        last = next((op for op in reversed(list(self.module.ops)) if isinstance(op, MeshOp)), None)
        point = InsertPoint.after(last) if last else InsertPoint.at_start(self.module.body.block)
        Rewriter.insert_op(MeshOp(name, mesh), point)
        return name


def _each(
    entries: ArrayAttr[DictionaryAttr] | None, convert: Callable[[DictionaryAttr], DictionaryAttr]
) -> ArrayAttr[DictionaryAttr] | None:
    return None if entries is None else ArrayAttr(map(convert, entries))


def _import_entry(entry: DictionaryAttr) -> DictionaryAttr:
    sharding = entry.data.get(SHARDING)
    if not isinstance(sharding, TensorShardingAttr):
        return entry
    layout = LayoutAttr(to_layout(sharding.data))
    return DictionaryAttr(
        {LAYOUT if k == SHARDING else k: layout if k == SHARDING else v for k, v in entry.data.items()}
    )


def _import_op_attributes(op: Operation) -> None:
    shardings = op.attributes.get(SHARDING)
    if isinstance(shardings, TensorShardingPerValueAttr):
        layouts = ArrayAttr([LayoutAttr(to_layout(sharding)) for sharding in shardings.data])
        del op.attributes[SHARDING]
        op.attributes[LAYOUTS] = layouts


def _import_mesh(op: MeshOp) -> None:
    _replace(op, OurMeshOp(op.sym_name.data, op.mesh.data))


def _import_reshard(op: ReshardOp) -> None:
    """What is resharded has been seen before, so its layout is known; without one it is replicated."""
    target = to_layout(op.sharding.data)
    source = layout_of(op.input) or Layout.replicate(target.mesh, target.rank)
    _replace(op, OurReshardOp(op.input, source, target))


def _replace(op: Operation, new: Operation) -> None:
    new.attributes.update(op.attributes)
    new.location = op.location
    Rewriter.replace_op(op, new)
