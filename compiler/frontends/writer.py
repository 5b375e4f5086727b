"""
Writes our modules as jaxlib MLIR objects: 11 us an op, and MLIR's own printer and verifier behind it.

This file and `reader.py` are the only ones that touch jaxlib's MLIR bindings.
"""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any, cast

from jaxlib.mlir import ir
from jaxlib.mlir._mlir_libs import _jax_mlir_ext
from jaxlib.mlir.dialects import chlo, sdy, stablehlo
from xdsl.dialects.builtin import (
    ArrayAttr,
    CallSiteLoc,
    DenseArrayBase,
    DictionaryAttr,
    FileLineColLoc,
    FunctionType,
    FusedLoc,
    IntegerAttr,
    IntegerType,
    LocationAttr,
    ModuleOp,
    NameLoc,
    StringAttr,
    SymbolRefAttr,
    TensorType,
    UnitAttr,
    i64,
)
from xdsl.ir import Attribute, Operation, SSAValue, TypeAttribute
from xdsl.printer import Printer

from eggshard.dialects.locations import range_ends
from eggshard.dialects.stablehlo.dense import DenseElements

OWN_ATTRIBUTES = frozenset(f"sharding.{name}" for name in ("name", "layout", "layouts", "strategy", "global"))
"""Discardable attributes that are ours: kept on functions of an emitted program, dropped from its ops."""
PER_ARGUMENT = ("arg_attrs", "res_attrs")


def mlir_context() -> Any:
    """A fresh MLIR context that knows StableHLO, CHLO, func and sdy."""
    context = ir.Context()
    context.enable_multithreading(False)
    registry = ir.DialectRegistry()
    _jax_mlir_ext.register_dialects(registry)
    context.append_dialect_registry(registry)
    stablehlo.register_dialect(context)
    chlo.register_dialect(context)
    sdy.register_dialect(context)
    context.load_all_available_dialects()
    return context


class Writer:
    """
    One walk over one module.

    `keep_layouts` leaves `sharding.*` attributes on functions, as an emitted program carries them; without it
    argument names go back into locations, and the text is that of the module that came in.
    """

    def __init__(self, context: Any, keep_layouts: bool = False):
        self.context = context
        self.keep_layouts = keep_layouts
        self.values: dict[SSAValue, Any] = {}
        self.types: dict[Attribute, Any] = {}
        self.attributes: dict[Attribute, Any] = {}
        self.locations: dict[LocationAttr, Any] = {}

    def module(self, module: ModuleOp) -> Any:
        with self.context, ir.Location.unknown(self.context):
            new = ir.Module.create()
            for name, attribute in module.attributes.items():
                new.operation.attributes[name] = self.attribute(attribute)
            if module.sym_name is not None:
                new.operation.attributes["sym_name"] = self.attribute(module.sym_name)
            with ir.InsertionPoint(new.body):
                for op in module.ops:
                    self.operation(op)
        return new

    def operation(self, op: Operation) -> None:
        if op.name == "stablehlo.constant":
            value = op.properties["value"]
            if isinstance(value, DenseElements) and "complex" in str(value.type):
                return self.complex_constant(op)
        values = self.values
        attributes = {name: self.attribute(a) for name, a in op.properties.items() if name not in PER_ARGUMENT}
        for name, attribute in op.attributes.items():
            if name not in OWN_ATTRIBUTES:
                attributes[name] = self.attribute(attribute)
        if op.name == "func.func":
            self.function_attributes(op, attributes)
        new = ir.Operation.create(
            op.name,
            results=[self.type(result.type) for result in op.results],
            operands=[values[operand] for operand in op.operands],
            attributes=attributes,
            regions=len(op.regions),
            loc=self.location(op.location),
        )
        for old, result in zip(op.results, new.results, strict=True):
            values[old] = result
        for old_region, region in zip(op.regions, new.regions, strict=True):
            for old_block in old_region.blocks:
                block = region.blocks.append(
                    *[self.type(argument.type) for argument in old_block.args],
                    arg_locs=[self.location(argument.location) for argument in old_block.args],
                )
                for argument, new_argument in zip(old_block.args, block.arguments, strict=True):
                    values[argument] = new_argument
                with ir.InsertionPoint(block):
                    for inner in old_block.ops:
                        self.operation(inner)

    def function_attributes(self, op: Operation, attributes: dict[str, Any]) -> None:
        for name in PER_ARGUMENT:
            given = op.properties.get(name)
            if not isinstance(given, ArrayAttr):
                continue
            kept = [self.own(cast(DictionaryAttr, entry)) for entry in given]
            if any(entry.data for entry in kept):
                attributes[name] = self.attribute(ArrayAttr(kept))

    def own(self, entry: DictionaryAttr) -> DictionaryAttr:
        """The attributes of one argument; layouts become strings, since MLIR does not know our attributes."""
        if not self.keep_layouts:
            return DictionaryAttr({k: v for k, v in entry.data.items() if k not in OWN_ATTRIBUTES})
        return DictionaryAttr(
            {name: StringAttr(text_of(v)) if name == "sharding.layout" else v for name, v in entry.data.items()}
        )

    def complex_constant(self, op: Operation) -> None:
        """The bindings cannot hold complex elements, so the op goes through text."""
        value, kind = text_of(op.properties["value"]), text_of(op.results[0].type)
        text = f'"stablehlo.constant"() <{{value = {value}}}> : () -> {kind}'
        new = ir.Operation.parse(text, context=self.context)
        ir.InsertionPoint.current.insert(new)
        self.values[op.results[0]] = new.operation.results[0]

    def type(self, old: Attribute) -> Any:
        known = self.types.get(old)
        if known is None:
            known = self.types[old] = self.convert_type(old)
        return known

    def convert_type(self, old: Attribute) -> Any:
        if isinstance(old, TensorType) and not isinstance(old.encoding, Attribute):
            return ir.RankedTensorType.get(old.get_shape(), self.type(old.element_type))
        return ir.Type.parse(text_of(old), context=self.context)

    def attribute(self, old: Attribute) -> Any:
        known = self.attributes.get(old)
        if known is None:
            known = self.attributes[old] = self.convert_attribute(old)
        return known

    def convert_attribute(self, old: Attribute) -> Any:
        convert = CONVERTERS.get(type(old))
        if convert is not None:
            return convert(self, old)
        if isinstance(old, TypeAttribute):
            return ir.TypeAttr.get(self.type(old))
        if isinstance(old, DenseArrayBase) and old.elt_type == i64:
            return ir.DenseI64ArrayAttr.get(list(cast(Any, old.get_values())))
        return ir.Attribute.parse(text_of(old), context=self.context)

    def location(self, old: LocationAttr) -> Any:
        known = self.locations.get(old)
        if known is None:
            known = self.locations[old] = self.convert_location(old)
        return known

    def convert_location(self, old: LocationAttr) -> Any:
        if isinstance(old, NameLoc):
            child = self.location(old.location) if isinstance(old.location, LocationAttr) else None
            return ir.Location.name(old.desc.data, child, context=self.context)
        if isinstance(old, FileLineColLoc):
            return ir.Location.file(old.filename.data, old.line.data, old.column.data, context=self.context)
        if isinstance(old, CallSiteLoc):
            callee, caller = cast(LocationAttr, old.callee), cast(LocationAttr, old.caller)
            return ir.Location.callsite(self.location(callee), [self.location(caller)], context=self.context)
        if isinstance(old, FusedLoc):
            ends = range_ends(old)
            if ends is not None:
                places = [number.data for place in ends for number in (place.line, place.column)]
                return ir.Location.file(ends[0].filename.data, *places, context=self.context)
            parts = cast("ArrayAttr[LocationAttr]", old.locations)
            return ir.Location.fused([self.location(part) for part in parts], context=self.context)
        return ir.Location.unknown(self.context)


def text_of(attribute: Attribute) -> str:
    """An attribute or type in MLIR's syntax."""
    stream = StringIO()
    Printer(stream).print_attribute(attribute)
    return stream.getvalue()


CONVERTERS: dict[type, Callable[[Writer, Any], Any]] = {
    StringAttr: lambda writer, old: ir.StringAttr.get(old.data),
    IntegerAttr: lambda writer, old: (
        ir.IntegerAttr.get(writer.type(old.type), old.value.data)
        if isinstance(old.type, IntegerType) and old.type.width.data > 1
        else ir.Attribute.parse(text_of(old), context=writer.context)
    ),
    UnitAttr: lambda writer, old: ir.UnitAttr.get(),
    ArrayAttr: lambda writer, old: ir.ArrayAttr.get([writer.attribute(item) for item in old]),
    DictionaryAttr: lambda writer, old: ir.DictAttr.get({k: writer.attribute(v) for k, v in old.data.items()}),
    SymbolRefAttr: lambda writer, old: (
        ir.FlatSymbolRefAttr.get(old.root_reference.data)
        if not old.nested_references.data
        else ir.Attribute.parse(text_of(old), context=writer.context)
    ),
    FunctionType: lambda writer, old: ir.TypeAttr.get(
        ir.FunctionType.get([writer.type(t) for t in old.inputs], [writer.type(t) for t in old.outputs])
    ),
}
