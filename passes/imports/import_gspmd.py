"""`import-gspmd`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from xdsl.context import Context
from xdsl.dialects.builtin import ArrayAttr, DictionaryAttr, IntegerAttr, ModuleOp, StringAttr, TensorType
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from eggshard.diagnostics import DiagnosticError
from eggshard.dialects.sharding import ConstraintOp, LayoutAttr, MeshOp, layouts_of, meshes_of
from eggshard.dialects.sharding.access import LAYOUT, LAYOUTS, NAME
from eggshard.dialects.sharding.layout import Layout, Mesh
from eggshard.frontends import gspmd
from eggshard.frontends.gspmd_manual import CUT, JOIN, import_manual
from eggshard.frontends.markers import SHARDING, SHARDING_STRING, is_marker, name_in, target_of
from eggshard.partitioning.program import source_line, the_mesh

MESH_NAME = "mesh"


@dataclass(frozen=True)
class ImportGspmdPass(ModulePass):
    """
    Puts shardings that are strings, and custom calls that mark values, into our own terms.

    Before:   func.func @main(%0: tensor<8xf32> {mhlo.sharding = "{devices=[4,2]<=[8] last_tile_dim_replicate}"}) {
                %1 = stablehlo.custom_call @Sharding(%0) {mhlo.sharding = "{replicated}"}
    After:    sharding.mesh @mesh = <["axis_0"=4, "axis_1"=2]>
              func.func @main(%0: tensor<8xf32> {sharding.layout = #sharding.layout<@mesh, [{"axis_0"}]>}) {
                %1 = sharding.constraint %0 <@mesh, [{}]>
    Requires: no calls of functions (after `inline-calls`).
    Ensures:  no `mhlo.sharding` and no marker remains; code between SPMDFullToShardShape and SPMDShardToFullShape is a
              `sdy.manual_computation`. A module without a mesh gets one whose axes the strings take whole.
    """

    name = "import-gspmd"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        strings = list(_strings(op))
        found = _mesh(op, strings) if strings else None
        if found is not None and any(target_of(inner) in (CUT, JOIN) for inner in op.walk()):
            import_manual(op, *found)
        if strings:
            _Importer(found).run(op)
        for inner in list(op.walk()):
            if is_marker(inner):
                _replace_marker(inner)


@dataclass(frozen=True)
class _String:
    text: str
    place: str | None


def _strings(module: ModuleOp) -> Iterator[_String]:
    """Every sharding string, with where it stands."""
    for op in module.walk():
        if isinstance(op, FuncOp):
            for side, entries in (("argument", op.arg_attrs), ("result", op.res_attrs)):
                for index, entry in enumerate(entries or ()):
                    if isinstance(text := entry.data.get(SHARDING_STRING), StringAttr):
                        yield _String(text.data, _port(side, index, entry))
        if isinstance(text := op.attributes.get(SHARDING_STRING), StringAttr):
            yield _String(text.data, source_line(op.location) or None)


def _port(side: str, index: int, entry: DictionaryAttr) -> str:
    name = entry.data.get(NAME)
    return f'{side} "{name.data}"' if isinstance(name, StringAttr) else f"{side} {index}"


def _mesh(module: ModuleOp, strings: list[_String]) -> tuple[str, Mesh] | None:
    """The module's mesh, else one that is made up; None where the strings are of a program for one device."""
    found = the_mesh(module)
    if found is not None and found[1].device_count > 1:
        return found
    partitions = module.attributes.get("mhlo.num_partitions")
    maker = gspmd.MeshMaker(partitions.value.data if isinstance(partitions, IntegerAttr) else 1)
    for string in strings:
        with _At(string.place):
            for tiling in gspmd.parse(string.text):
                maker.add(tiling)
    mesh, name = maker.mesh, MESH_NAME
    if mesh.device_count == 1:
        return None
    while name in meshes_of(module):
        name += "_"
    Rewriter.insert_op(MeshOp(name, mesh), InsertPoint.at_start(module.body.block))
    return name, mesh


class _At:
    """Gives refusals that know no place theirs."""

    def __init__(self, place: str | None):
        self.place = place

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, DiagnosticError) and error.location is None:
            error.location = self.place


@dataclass
class _Importer:
    mesh: tuple[str, Mesh] | None
    known: dict[tuple[str, int], Layout | None] = field(default_factory=dict)

    def run(self, module: ModuleOp) -> None:
        for op in list(module.walk()):
            if isinstance(op, FuncOp):
                op.arg_attrs = self.entries("argument", op.arg_attrs, op.function_type.inputs)
                op.res_attrs = self.entries("result", op.res_attrs, op.function_type.outputs)
            elif (text := op.attributes.pop(SHARDING_STRING, None)) is not None and isinstance(text, StringAttr):
                with _At(source_line(op.location) or None):
                    self.operation(op, text.data)

    def entries(
        self, side: str, entries: ArrayAttr[DictionaryAttr] | None, types: ArrayAttr[Attribute]
    ) -> ArrayAttr[DictionaryAttr] | None:
        if entries is None:
            return None
        new = []
        for index, (entry, kind) in enumerate(zip(entries, types, strict=True)):
            data = dict(entry.data)
            text = data.pop(SHARDING_STRING, None)
            if isinstance(text, StringAttr):
                with _At(_port(side, index, entry)):
                    layout = self.layout(gspmd.parse(text.data)[0], kind)
                if layout is not None:
                    data[LAYOUT] = LayoutAttr(layout)
            new.append(DictionaryAttr(data))
        return ArrayAttr(new)

    def operation(self, op: Operation, text: str) -> None:
        """A marker becomes a constraint, any other op carries its layouts."""
        tilings = gspmd.parse(text)
        if target_of(op) == SHARDING:
            layout = self.layout(tilings[0], op.results[0].type, _open_dims(op))
            if layout is not None and layout.rank:
                constraint = ConstraintOp(op.operands[0], layout)
                constraint.location = op.location
                Rewriter.replace_op(op, constraint)
        elif len(tilings) == len(op.results):
            layouts = [self.layout(tiling, result.type) for tiling, result in zip(tilings, op.results, strict=True)]
            if all(layout is not None for layout in layouts):
                op.attributes[LAYOUTS] = ArrayAttr([LayoutAttr(layout) for layout in layouts if layout is not None])

    def layout(self, tiling: gspmd.Tiling, kind: Attribute, open_dims: tuple[int, ...] = ()) -> Layout | None:
        if self.mesh is None or not isinstance(kind, TensorType):
            return None
        key = (tiling.text, kind.get_num_dims())
        if open_dims or key not in self.known:
            layout = gspmd.layout_for(tiling, key[1], *self.mesh, open_dims)
            if open_dims:
                return layout
            self.known[key] = layout
        return self.known[key]


def _open_dims(op: Operation) -> tuple[int, ...]:
    """`backend_config = "unspecified_dims=[0,2]"`: dimensions of a marker that say nothing."""
    config = op.properties.get("backend_config")
    text = config.data if isinstance(config, StringAttr) else ""
    _, found, rest = text.partition("unspecified_dims=[")
    return tuple(int(number) for number in rest.partition("]")[0].split(",") if number.strip()) if found else ()


def _replace_marker(op: Operation) -> None:
    """The value goes on as it is, laid out as the marker says; a name that it gives an argument is kept."""
    value, name, layouts = op.operands[0], name_in(op), layouts_of(op)
    if name is not None:
        _name_argument(value, name)
    if layouts is not None:
        constraint = ConstraintOp(value, layouts[0])
        constraint.location = op.location
        Rewriter.replace_op(op, constraint)
    else:
        Rewriter.replace_op(op, (), (value,))


def _name_argument(value: SSAValue, name: str) -> None:
    func = value.owner.parent_op() if not isinstance(value.owner, Operation) else None
    if not isinstance(func, FuncOp):
        return
    count = len(func.function_type.inputs)
    entries = [dict(entry.data) for entry in func.arg_attrs] if func.arg_attrs else [{} for _ in range(count)]
    entries[value.index].setdefault(NAME, StringAttr(name))  # type: ignore[attr-defined]
    func.arg_attrs = ArrayAttr([DictionaryAttr(entry) for entry in entries])
