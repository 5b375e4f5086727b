"""A loop over the slices of tensors along one dimension."""

from __future__ import annotations

from typing import Self

from xdsl.dialects.builtin import IntegerAttr, TensorType, i64
from xdsl.ir import Attribute
from xdsl.irdl import (
    AttrSizedOperandSegments,
    AttrSizedResultSegments,
    BaseAttr,
    IRDLOperation,
    irdl_op_definition,
    opt_prop_def,
    prop_def,
    region_def,
    traits_def,
    var_operand_def,
    var_result_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import RecursiveMemoryEffect

from eggshard.dialects.stablehlo.base import INT_ATTR, TENSOR
from eggshard.dialects.stablehlo.checks import (
    check_dim,
    check_length,
    check_region,
    check_shape,
    check_types,
    shape_of,
    terminator_types,
    type_of,
)
from eggshard.dialects.stablehlo.syntax import print_attributes

SEGMENTS = ("operandSegmentSizes", "resultSegmentSizes")
INLINE = ("dimension", *SEGMENTS)
"""The properties that the pretty syntax does not write as attributes."""


@irdl_op_definition
class ScanOp(IRDLOperation):
    """
    Applies `body` to the slices of `inputs` along `dimension`, one after the other.

    `body` takes a slice of each input and the carries, which are `inits` at first, and returns a slice of each output
    and the new carries.
    ```
    %y, %c = chlo.scan(%x) inits (%i) dimension=1  attributes {is_reverse = true} {
    ^bb0(%slice: tensor<2xf32>, %carry: tensor<2xf32>):
      ...
      stablehlo.return %out, %next : tensor<2xf32>, tensor<2xf32>
    } : (tensor<2x3xf32>, tensor<2xf32>) -> (tensor<2x3xf32>, tensor<2xf32>)
    ```
    """

    name = "chlo.scan"

    inputs = var_operand_def(TENSOR)
    inits = var_operand_def(TENSOR)
    dimension = prop_def(INT_ATTR)
    scan_dim_size = opt_prop_def(INT_ATTR)
    is_reverse = opt_prop_def(BaseAttr(IntegerAttr))
    is_associative = opt_prop_def(BaseAttr(IntegerAttr))
    body = region_def("single_block")
    outputs = var_result_def(TENSOR)
    carries = var_result_def(TENSOR)

    irdl_options = (AttrSizedOperandSegments(as_property=True), AttrSizedResultSegments(as_property=True))

    traits = traits_def(RecursiveMemoryEffect())

    def verify_(self) -> None:
        dim, size = self.dimension.value.data, None if self.scan_dim_size is None else self.scan_dim_size.value.data
        slices: list[Attribute] = []
        for i, value in enumerate(self.inputs):
            shape = shape_of(value)
            check_dim("dimension", dim, len(shape))
            size = shape[dim] if size is None else size
            required = (*shape[:dim], size, *shape[dim + 1 :])
            check_shape(f"input {i}", shape, required, "as long as the scan")
            slices.append(TensorType(type_of(value).element_type, (*shape[:dim], *shape[dim + 1 :])))
        check_length("carries", self.carries, len(self.inits), "one per init")
        check_region("body", self.body, (*slices, *(init.type for init in self.inits)), None)
        returned = terminator_types("body", self.body)
        check_length("body's results", returned, len(self.results), "one per result")
        outputs = [self._stacked(type, dim, size) for type in returned[: len(self.outputs)]]
        found = [result.type for result in self.results]
        check_types("scan", "gives", found, [*outputs, *returned[len(self.outputs) :]])

    @staticmethod
    def _stacked(type: Attribute, dim: int, size: int | None) -> Attribute:
        """The type of as many tensors of `type` as the scan is long, stacked along `dim`."""
        assert isinstance(type, TensorType)
        shape = type.get_shape()
        return TensorType(type.element_type, (*shape[:dim], -1 if size is None else size, *shape[dim:]))

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        inputs = parser.parse_comma_separated_list(parser.Delimiter.PAREN, parser.parse_unresolved_operand)
        parser.parse_keyword("inits")
        inits = parser.parse_comma_separated_list(parser.Delimiter.PAREN, parser.parse_unresolved_operand)
        parser.parse_keyword("dimension")
        parser.parse_punctuation("=")
        properties: dict[str, Attribute] = {"dimension": IntegerAttr(parser.parse_integer(), i64)}
        given = parser.parse_optional_attr_dict_with_keyword()
        attributes = {} if given is None else dict(given.data)
        for key in ("scan_dim_size", "is_reverse", "is_associative"):
            if key in attributes:
                properties[key] = attributes.pop(key)
        region = parser.parse_region()
        parser.parse_punctuation(":")
        pos = parser.pos
        function = parser.parse_function_type()
        operands = parser.resolve_operands([*inputs, *inits], function.inputs.data, pos)
        outputs = len(function.outputs.data) - len(inits)
        op = cls.build(
            operands=[operands[: len(inputs)], operands[len(inputs) :]],
            result_types=[function.outputs.data[:outputs], function.outputs.data[outputs:]],
            properties=properties,
            attributes=attributes,
            regions=[region],
        )
        return op

    def print(self, printer: Printer) -> None:
        with printer.in_parens():
            printer.print_list(self.inputs, printer.print_ssa_value)
        printer.print_string(" inits ")
        with printer.in_parens():
            printer.print_list(self.inits, printer.print_ssa_value)
        printer.print_string(f" dimension={self.dimension.value.data} ")
        if self.attributes or self.properties.keys() - set(INLINE):
            printer.print_string(" attributes")
            print_attributes(printer, self, INLINE, {})
        printer.print_string(" ")
        printer.print_region(self.body)
        printer.print_string(" : ")
        printer.print_function_type(self.operand_types, self.result_types)
