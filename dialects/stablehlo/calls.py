"""Calls of what is defined elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self, cast

from xdsl.dialects.builtin import (
    ArrayAttr,
    BoolAttr,
    DictionaryAttr,
    FunctionType,
    IntegerAttr,
    StringAttr,
    SymbolRefAttr,
    TensorType,
    TupleType,
)
from xdsl.ir import Attribute, TypeAttribute
from xdsl.irdl import irdl_op_definition, opt_prop_def, prop_def, var_operand_def, var_region_def, var_result_def
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import SymbolTable
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.stablehlo.base import ARRAY_ATTR, INT_ATTR, STRING_ATTR
from eggshard.dialects.stablehlo.checks import check_length, check_types, types_match
from eggshard.dialects.stablehlo.dense import DenseElements
from eggshard.dialects.stablehlo.structures import OutputOperandAliasAttr
from eggshard.dialects.stablehlo.syntax import PrettyOp

TYPED_FFI = 4
"""The api_version whose backend_config is a dictionary."""


def check_layouts(what: str, layouts: ArrayAttr[Any], types: Sequence[Attribute]) -> None:
    """A permutation of the dimensions for each tensor."""
    check_length(what, layouts.data, len(types), "one per value")
    for layout, type in zip(layouts.data, types, strict=True):
        rank = len(type.get_shape()) if isinstance(type, TensorType) else 0
        if not isinstance(layout, DenseElements) or sorted(layout.integers()) != list(range(rank)):
            raise VerifyException(f"{what} has {layout}, must be a permutation of {rank} dimensions for {type}")


def element(type: Attribute, indices: Sequence[int]) -> Attribute:
    """What stands in a nested tuple type at `indices`."""
    for index in indices:
        if not isinstance(type, TupleType) or not 0 <= index < len(type.types.data):
            raise VerifyException(f"output_operand_aliases has tuple index {index}, must be an element of {type}")
        type = type.types.data[index]
    return type


@irdl_op_definition
class CustomCallOp(PrettyOp):
    """
    Calls what the target name means to the backend.

    `%r = stablehlo.custom_call @foo(%x) {api_version = 2 : i32} : (tensor<4xf32>) -> tensor<4xf32>`
    """

    name = "stablehlo.custom_call"

    DEFAULTS: ClassVar[Mapping[str, Attribute]] = {
        "api_version": IntegerAttr(1, 32),
        "called_computations": ArrayAttr(()),
        "has_side_effect": BoolAttr.from_bool(False),
        "output_operand_aliases": ArrayAttr(()),
    }

    inputs = var_operand_def()
    call_target_name = prop_def(STRING_ATTR)
    has_side_effect = opt_prop_def(INT_ATTR)
    backend_config = opt_prop_def()
    api_version = opt_prop_def(INT_ATTR)
    called_computations = opt_prop_def(ARRAY_ATTR)
    operand_layouts = opt_prop_def(ARRAY_ATTR)
    result_layouts = opt_prop_def(ARRAY_ATTR)
    output_operand_aliases = opt_prop_def(ARRAY_ATTR)
    result = var_result_def()

    def verify_(self) -> None:
        if (self.operand_layouts is None) != (self.result_layouts is None):
            raise VerifyException("only one of operand_layouts and result_layouts is given, must be both or none")
        if self.operand_layouts is not None and self.result_layouts is not None:
            results = tuple(self.result_types)
            if len(results) == 1 and isinstance(results[0], TupleType):
                results = results[0].types.data
            check_layouts("operand_layouts", self.operand_layouts, tuple(self.operand_types))
            check_layouts("result_layouts", self.result_layouts, results)
        version = 1 if self.api_version is None else self.api_version.value.data
        if not 0 <= version <= TYPED_FFI:
            raise VerifyException(f"api_version is {version}, must be from 0 to {TYPED_FFI}")
        wanted = DictionaryAttr if version == TYPED_FFI else StringAttr
        if self.backend_config is not None and not isinstance(self.backend_config, wanted):
            raise VerifyException(
                f"backend_config is {self.backend_config}, must be a {wanted.name} for api_version {version}"
            )
        for alias in () if self.output_operand_aliases is None else self.output_operand_aliases.data:
            self.verify_alias(alias)

    def verify_alias(self, alias: Attribute) -> None:
        """The output and the operand that share memory have one type."""
        if not isinstance(alias, OutputOperandAliasAttr) or not 0 <= alias.data.operand_index < len(self.inputs):
            raise VerifyException(f"output_operand_aliases has {alias}, must name one of {len(self.inputs)} operands")
        operand = element(self.inputs[alias.data.operand_index].type, alias.data.operand_tuple_indices)
        whole = (
            self.result_types[0]
            if len(self.result) == 1
            else TupleType(ArrayAttr(cast(list[TypeAttribute], list(self.result_types))))
        )
        output = element(whole, alias.data.output_tuple_indices)
        if not types_match(operand, output):
            raise VerifyException(
                f"output_operand_aliases has an output of type {output}, must be {operand} as operand"
            )

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        properties: dict[str, Attribute] = {"call_target_name": parser.parse_symbol_name()}
        return cls.parse_rest(parser, parser.parse_op_args_list(), properties)

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_symbol_name(self.call_target_name.data)
        printer.print_operands(self.operands)
        self.print_rest(printer, ("call_target_name",))


@irdl_op_definition
class CompositeOp(PrettyOp):
    """
    Calls the op `name`, which the function `decomposition` defines in terms of other ops.

    `%r = stablehlo.composite "my.op" %x {decomposition = @impl} : (tensor<f32>) -> tensor<f32>`
    """

    name = "stablehlo.composite"

    DEFAULTS: ClassVar[Mapping[str, Attribute]] = {
        "composite_attributes": DictionaryAttr({}),
        "version": IntegerAttr(0, 32),
    }

    inputs = var_operand_def()
    name_ = prop_def(STRING_ATTR, prop_name="name")
    composite_attributes = opt_prop_def(DictionaryAttr)
    decomposition = prop_def(SymbolRefAttr)
    version = opt_prop_def(INT_ATTR)
    composite_regions = var_region_def()
    result = var_result_def()

    def verify_(self) -> None:
        namespace, dot, op = self.name_.data.partition(".")
        if not (namespace and dot and op):
            raise VerifyException(f"name is {self.name_.data!r}, must be an op name with its namespace, as my.op")
        if self.version is not None and self.version.value.data < 0:
            raise VerifyException(f"version is {self.version.value.data}, must not be negative")
        self.verify_decomposition()

    def verify_decomposition(self) -> None:
        """The function is there and has the types of this op; nothing is known of an op outside a module."""
        scope = self.parent_op()
        while scope is not None and not scope.has_trait(SymbolTable):
            scope = scope.parent_op()
        if scope is None:
            return
        target = SymbolTable.lookup_symbol(scope, self.decomposition)
        signature = None if target is None else target.get_attr_or_prop("function_type")
        if not isinstance(signature, FunctionType):
            raise VerifyException(f"decomposition {self.decomposition} is no function of this module")
        check_types("composite", "takes", self.operand_types, signature.inputs.data)
        check_types("composite", "returns", self.result_types, signature.outputs.data)

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        properties: dict[str, Attribute] = {"name": StringAttr(parser.parse_str_literal())}
        operands = parser.parse_optional_undelimited_comma_separated_list(
            parser.parse_optional_unresolved_operand, parser.parse_unresolved_operand
        )
        return cls.parse_rest(parser, operands or [], properties)

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        printer.print_string_literal(self.name_.data)
        if self.operands:
            printer.print_string(" ")
            printer.print_list(self.operands, printer.print_ssa_value)
        self.print_rest(printer, ("name",))
