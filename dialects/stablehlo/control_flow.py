"""Branches, loops, and what ends a region."""

from __future__ import annotations

from typing import Self

from xdsl.dialects.builtin import IntegerType, TensorType, i1
from xdsl.ir import Attribute, Region
from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    operand_def,
    region_def,
    traits_def,
    var_operand_def,
    var_region_def,
    var_result_def,
)
from xdsl.parser import Parser, UnresolvedOperand
from xdsl.printer import Printer
from xdsl.traits import IsTerminator, Pure, RecursiveMemoryEffect
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.stablehlo.base import TENSOR
from eggshard.dialects.stablehlo.checks import (
    check_rank,
    check_region,
    check_types,
    element_of,
    is_boolean_scalar,
)
from eggshard.dialects.stablehlo.syntax import parse_types, print_attributes, print_operand_list


@irdl_op_definition
class CaseOp(IRDLOperation):
    """Runs the branch of number index, the last one if there is no such branch."""

    name = "stablehlo.case"

    index = operand_def(TENSOR)
    branches = var_region_def("single_block")
    result = var_result_def()

    traits = traits_def(RecursiveMemoryEffect())

    def verify_(self) -> None:
        check_rank("index", self.index, 0)
        if element_of(self.index) != IntegerType(32):
            raise VerifyException(f"index has elements of type {element_of(self.index)}, must be i32")
        if not self.branches:
            raise VerifyException("case has no branches, must have at least one")
        for i, branch in enumerate(self.branches):
            check_region(f"branch {i}", branch, (), self.result_types)


@irdl_op_definition
class IfOp(IRDLOperation):
    """Runs one of two branches."""

    name = "stablehlo.if"

    pred = operand_def(TENSOR)
    true_branch = region_def("single_block")
    false_branch = region_def("single_block")
    result = var_result_def()

    traits = traits_def(RecursiveMemoryEffect())

    def verify_(self) -> None:
        if not is_boolean_scalar(self.pred.type):
            raise VerifyException(f"pred has type {self.pred.type}, must be tensor<i1>")
        check_region("true_branch", self.true_branch, (), self.result_types)
        check_region("false_branch", self.false_branch, (), self.result_types)


@irdl_op_definition
class ReturnOp(IRDLOperation):
    """
    Ends a region, giving its values to the op around it.

    `stablehlo.return %x, %y : tensor<f32>, tensor<i32>`
    """

    name = "stablehlo.return"

    results_ = var_operand_def()

    traits = traits_def(IsTerminator())

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        operands = parser.parse_optional_undelimited_comma_separated_list(
            parser.parse_optional_unresolved_operand, parser.parse_unresolved_operand
        )
        attributes = parser.parse_optional_attr_dict()
        pos = parser.pos
        types = parse_types(parser) if operands else []
        return cls.create(operands=parser.resolve_operands(operands or [], types, pos), attributes=attributes)

    def print(self, printer: Printer) -> None:
        print_operand_list(printer, self.operands)
        print_attributes(printer, self, (), {})
        if self.operands:
            printer.print_string(" : ")
            printer.print_list(self.operand_types, printer.print_attribute)


@irdl_op_definition
class OptimizationBarrierOp(IRDLOperation):
    """
    Passes values on; nothing moves across it.

    `%r:2 = stablehlo.optimization_barrier %x, %y : tensor<f32>, tensor<i32>`
    """

    name = "stablehlo.optimization_barrier"

    operand = var_operand_def()
    result = var_result_def()

    traits = traits_def(Pure())

    def verify_(self) -> None:
        check_types("optimization_barrier", "returns", self.result_types, self.operand_types)

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        attributes = parser.parse_optional_attr_dict()
        if parser.parse_optional_punctuation("(") is not None:
            parser.parse_punctuation(")")
            return cls.create(attributes=attributes)
        operands = parser.parse_comma_separated_list(parser.Delimiter.NONE, parser.parse_unresolved_operand)
        pos = parser.pos
        types = parse_types(parser)
        return cls.create(
            operands=parser.resolve_operands(operands, types, pos), result_types=types, attributes=attributes
        )

    def print(self, printer: Printer) -> None:
        print_attributes(printer, self, (), {})
        if not self.operands:
            printer.print_string("()")
            return
        print_operand_list(printer, self.operands)
        printer.print_string(" : ")
        printer.print_list(self.operand_types, printer.print_attribute)


@irdl_op_definition
class WhileOp(IRDLOperation):
    """
    Runs body while cond holds of the carried values.

    `%r:2 = stablehlo.while(%i = %zero, %acc = %x) : tensor<i32>, tensor<4xf32> cond {...} do {...}`, where `%i` and
    `%acc` name the carried values in both regions.
    """

    name = "stablehlo.while"

    operand = var_operand_def()
    cond = region_def("single_block")
    body = region_def("single_block")
    result = var_result_def()

    traits = traits_def(RecursiveMemoryEffect())

    def verify_(self) -> None:
        carried = self.operand_types
        check_types("while", "returns", self.result_types, carried)
        check_region("cond", self.cond, carried, (TensorType(i1, ()),))
        check_region("body", self.body, carried, carried)

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        def parse_carried() -> tuple[Parser.UnresolvedArgument, UnresolvedOperand]:
            argument = parser.parse_argument(expect_type=False)
            parser.parse_punctuation("=")
            return argument, parser.parse_unresolved_operand()

        carried = parser.parse_comma_separated_list(parser.Delimiter.PAREN, parse_carried)
        pos = parser.pos
        types = parse_types(parser) if carried else []
        operands = parser.resolve_operands([operand for _, operand in carried], types, pos)
        dictionary = parser.parse_optional_attr_dict_with_keyword()
        attributes: dict[str, Attribute] = {} if dictionary is None else dict(dictionary.data)
        arguments = [argument.resolve(type) for (argument, _), type in zip(carried, types, strict=True)]
        regions: list[Region] = []
        for word in ("cond", "do"):
            parser.parse_keyword(word)
            regions.append(parser.parse_region(arguments))
        return cls.create(operands=operands, result_types=types, attributes=attributes, regions=regions)

    def print(self, printer: Printer) -> None:
        cond, body = self.cond.block, self.body.block
        printer.print_string("(")
        for i, (argument, twin, operand) in enumerate(zip(cond.args, body.args, self.operands, strict=True)):
            printer.print_string(", " if i else "")
            name = printer.print_ssa_value(argument)
            # The two regions share the names of the carried values.
            printer._ssa_values[twin] = name
            printer.print_string(" = ")
            printer.print_ssa_value(operand)
        printer.print_string(")")
        if self.operands:
            printer.print_string(" : ")
            printer.print_list(self.operand_types, printer.print_attribute)
        printer.print_op_attributes(self.attributes, print_keyword=True)
        printer._print_new_line()
        for word, region in (("cond ", self.cond), (" do ", self.body)):
            printer.print_string(word)
            printer.print_region(region, print_entry_block_args=False)
