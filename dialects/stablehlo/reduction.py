"""Reductions of whole dimensions, with any body."""

from __future__ import annotations

from typing import Self

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute, Block, Operation, Region
from xdsl.irdl import (
    IRDLOperation,
    SameVariadicOperandSize,
    irdl_op_definition,
    prop_def,
    region_def,
    traits_def,
    var_operand_def,
    var_result_def,
)
from xdsl.parser import Parser, UnresolvedOperand
from xdsl.printer import Printer
from xdsl.traits import RecursiveMemoryEffect
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.stablehlo.base import INTS_ATTR, TENSOR
from eggshard.dialects.stablehlo.binary import AddOp, AndOp, MaximumOp, MinimumOp, MultiplyOp, OrOp, XorOp
from eggshard.dialects.stablehlo.checks import (
    check_dims,
    check_element,
    check_length,
    check_reducer,
    check_scalar,
    check_shape,
    element_of,
    integers,
    shape_of,
)
from eggshard.dialects.stablehlo.control_flow import ReturnOp
from eggshard.dialects.stablehlo.syntax import i64_array, parse_attributes, parse_integers, print_attributes, print_list

SHORT_BODIES: dict[str, type[Operation]] = {
    op.name: op for op in (AddOp, AndOp, MaximumOp, MinimumOp, MultiplyOp, OrOp, XorOp)
}
"""The commutative ops: a body that is one of them is printed as `applies stablehlo.add`."""


def short_body(body: Region, dims_element: Attribute) -> str | None:
    """The name of the op that alone is the body, applied to scalars of type `dims_element` in order."""
    block = body.blocks.first
    if block is None or len(block.args) != 2 or block.args[0].type != TensorType(dims_element, ()):
        return None
    op = block.first_op
    if op is None or op.name not in SHORT_BODIES or op.attributes or op.next_op is not block.last_op:
        return None
    last = block.last_op
    if not isinstance(last, ReturnOp) or last.attributes or tuple(last.operands) != tuple(op.results):
        return None
    types = {*op.operand_types, *op.result_types}
    return op.name if tuple(op.operands) == tuple(block.args) and len(types) == 1 else None


@irdl_op_definition
class ReduceOp(IRDLOperation):
    """
    Combines the elements along some dimensions, in any order, with a function of scalars.

    `%r = stablehlo.reduce(%x init: %c) applies stablehlo.add across dimensions = [1]
    : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>`

    A body that is more than one commutative op stands at the end, as `reducer(%l: tensor<f32>, %r: tensor<f32>) {...}`,
    with one pair of arguments for each input.
    """

    name = "stablehlo.reduce"

    inputs = var_operand_def(TENSOR)
    init_values = var_operand_def(TENSOR)
    dimensions = prop_def(INTS_ATTR)
    body = region_def("single_block")
    result = var_result_def(TENSOR)

    irdl_options = (SameVariadicOperandSize(),)

    traits = traits_def(RecursiveMemoryEffect())

    def verify_(self) -> None:
        if not self.inputs:
            raise VerifyException("reduce has no inputs, must have at least one")
        shape, dims = shape_of(self.inputs[0]), integers(self.dimensions)
        check_dims("dimensions", dims, len(shape))
        check_length("results", self.result, len(self.inputs), "one per input")
        kept = tuple(size for dim, size in enumerate(shape) if dim not in dims)
        accumulated = check_reducer("body", self.body, [element_of(value) for value in self.inputs])
        for i, value in enumerate(self.inputs):
            check_shape(f"input {i}", shape_of(value), shape, "like input 0")
            check_scalar(f"init value {i}", self.init_values[i], element_of(value), f"input {i}")
            check_shape(f"result {i}", shape_of(self.result[i]), kept, "the dimensions that are left")
            check_element(f"result {i}", self.result[i], accumulated[i], "the results of body")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        pairs = [parse_pair(parser)]
        while parser.parse_optional_punctuation(",") is not None:
            pairs.append(parse_pair(parser))
        applied = None
        pos = parser.pos
        if parser.parse_optional_keyword("applies") is not None:
            applied = SHORT_BODIES.get(parser.parse_identifier())
            if applied is None or len(pairs) != 1:
                parser.raise_error(f"applies needs one input and one of {', '.join(SHORT_BODIES)}", pos)
        parser.parse_keyword("across")
        parser.parse_keyword("dimensions")
        parser.parse_punctuation("=")
        properties: dict[str, Attribute] = {"dimensions": i64_array(parse_integers(parser))}
        attributes = parse_attributes(parser, cls, properties)
        parser.parse_punctuation(":")
        pos = parser.pos
        function = parser.parse_function_type()
        operands = [value for value, _ in pairs] + [init for _, init in pairs]
        return cls.create(
            operands=parser.resolve_operands(operands, function.inputs.data, pos),
            result_types=function.outputs.data,
            properties=properties,
            attributes=attributes,
            regions=[parse_reducer(parser) if applied is None else make_body(applied, function.inputs.data[-1])],
        )

    def print(self, printer: Printer) -> None:
        pairs = list(zip(self.inputs, self.init_values, strict=True))
        for i, (value, init) in enumerate(pairs):
            printer.print_string(", (" if i else "(")
            printer.print_ssa_value(value)
            printer.print_string(" init: ")
            printer.print_ssa_value(init)
            printer.print_string(")")
        short = short_body(self.body, element_of(self.inputs[0])) if len(pairs) == 1 else None
        if short is not None:
            printer.print_string(f" applies {short}")
        printer.print_string(" across dimensions = ")
        print_list(printer, integers(self.dimensions))
        print_attributes(printer, self, ("dimensions",), {})
        printer.print_string(" : ")
        printer.print_function_type(self.operand_types, self.result_types)
        if short is None:
            print_reducer(printer, self.body)


def parse_pair(parser: Parser) -> tuple[UnresolvedOperand, UnresolvedOperand]:
    """`(%x init: %c)`"""
    with parser.in_parens():
        value = parser.parse_unresolved_operand()
        parser.parse_keyword("init")
        parser.parse_punctuation(":")
        return value, parser.parse_unresolved_operand()


def make_body(op: type[Operation], scalar: Attribute) -> Region:
    """The body that applies `op` to its arguments."""
    block = Block(arg_types=[scalar, scalar])
    applied = op.create(operands=block.args, result_types=[scalar])
    block.add_ops([applied, ReturnOp.create(operands=applied.results)])
    return Region(block)


def parse_reducer(parser: Parser) -> Region:
    """`reducer(%l: t, %r: t) (%l1: t1, %r1: t1) {...}`: the left arguments come first in the body."""
    parser.parse_keyword("reducer")
    left: list[Parser.Argument] = []
    right: list[Parser.Argument] = []
    while parser.parse_optional_punctuation("(") is not None:
        left.append(parse_located_argument(parser))
        parser.parse_punctuation(",")
        right.append(parse_located_argument(parser))
        parser.parse_punctuation(")")
    return parser.parse_region([*left, *right])


def parse_located_argument(parser: Parser) -> Parser.Argument:
    """`%l: tensor<f32> loc(...)`, the location if it is there."""
    argument = parser.parse_argument()
    argument.location = parser.parse_optional_location()
    return argument


def print_reducer(printer: Printer, body: Region) -> None:
    printer._print_new_line()
    printer.print_string(" reducer")
    block = body.block
    half = len(block.args) // 2
    for i in range(half):
        printer.print_string("(" if i == 0 else " (")
        printer.print_block_argument(block.args[i])
        printer.print_string(", ")
        printer.print_block_argument(block.args[half + i])
        printer.print_string(")")
    printer.print_string("  ")
    printer.print_region(body, print_entry_block_args=False)
