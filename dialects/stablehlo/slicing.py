"""Slices: static, and at offsets known only when the program runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Self

from xdsl.dialects.builtin import DYNAMIC_INDEX
from xdsl.ir import Attribute, SSAValue
from xdsl.irdl import irdl_op_definition, operand_def, prop_def, result_def, traits_def, var_operand_def
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.stablehlo.base import INTS_ATTR, TENSOR
from eggshard.dialects.stablehlo.checks import (
    check_element,
    check_integer,
    check_length,
    check_rank,
    check_same_type,
    check_scalar,
    check_shape,
    element_of,
    integers,
    shape_of,
)
from eggshard.dialects.stablehlo.syntax import DIMS, Key, PrettyOp, i64_array, print_operand_list


@irdl_op_definition
class SliceOp(PrettyOp):
    """
    Takes every strides[i]-th element from start_indices[i] up to limit_indices[i].

    `%r = stablehlo.slice %x [0:2, 1:4:2] : (tensor<3x4xf32>) -> tensor<2x2xf32>`
    """

    name = "stablehlo.slice"

    operand = operand_def(TENSOR)
    start_indices = prop_def(INTS_ATTR)
    limit_indices = prop_def(INTS_ATTR)
    strides = prop_def(INTS_ATTR)
    result = result_def(TENSOR)

    traits = traits_def(Pure())

    def verify_(self) -> None:
        shape = shape_of(self.operand)
        starts, limits, strides = integers(self.start_indices), integers(self.limit_indices), integers(self.strides)
        for what, values in (("start_indices", starts), ("limit_indices", limits), ("strides", strides)):
            check_length(what, values, len(shape), "one per dimension of operand")
        for i, (size, start, limit, stride) in enumerate(zip(shape, starts, limits, strides, strict=True)):
            if not 0 <= start <= limit:
                raise VerifyException(f"slice of dimension {i} is {start}:{limit}, must begin at 0 or later and go up")
            if limit > size != DYNAMIC_INDEX:
                raise VerifyException(f"slice of dimension {i} ends at {limit}, must not pass its size {size}")
            if stride < 1:
                raise VerifyException(f"slice of dimension {i} has stride {stride}, must be at least 1")
        sizes = [-(-(limit - start) // stride) for start, limit, stride in zip(starts, limits, strides, strict=True)]
        check_element("result", self.result, element_of(self.operand), "operand")
        check_shape("result", shape_of(self.result), sizes, "the size of the slice")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        def parse_range() -> tuple[int, int, int]:
            start = parser.parse_integer()
            parser.parse_punctuation(":")
            limit = parser.parse_integer()
            stride = parser.parse_integer() if parser.parse_optional_punctuation(":") is not None else 1
            return start, limit, stride

        operand = parser.parse_unresolved_operand()
        ranges = parser.parse_comma_separated_list(parser.Delimiter.SQUARE, parse_range)
        starts, limits, strides = zip(*ranges, strict=True) if ranges else ((), (), ())
        properties: dict[str, Attribute] = {
            "start_indices": i64_array(starts),
            "limit_indices": i64_array(limits),
            "strides": i64_array(strides),
        }
        return cls.parse_rest(parser, [operand], properties)

    def print(self, printer: Printer) -> None:
        print_operand_list(printer, self.operands)
        ranges = zip(integers(self.start_indices), integers(self.limit_indices), integers(self.strides), strict=True)
        texts = [f"{start}:{limit}" + (f":{stride}" if stride != 1 else "") for start, limit, stride in ranges]
        printer.print_string(f" [{', '.join(texts)}]")
        self.print_rest(printer, ("start_indices", "limit_indices", "strides"))


def check_start_indices(indices: Sequence[SSAValue], rank: int) -> None:
    """One integer scalar, all of one type, for each dimension."""
    check_length("start_indices", indices, rank, "one per dimension of operand")
    for i, index in enumerate(indices):
        check_integer(f"start index {i}", element_of(index))
        check_scalar(f"start index {i}", index, element_of(indices[0]), "start index 0")


@irdl_op_definition
class DynamicSliceOp(PrettyOp):
    """
    Takes a slice of slice_sizes at start_indices, moved so that it lies inside the operand.

    `%r = stablehlo.dynamic_slice %x, %i, sizes = [2] : (tensor<4xf32>, tensor<i32>) -> tensor<2xf32>`
    """

    name = "stablehlo.dynamic_slice"

    KEYS: ClassVar[tuple[Key, ...]] = (Key("sizes", "slice_sizes", DIMS),)

    operand = operand_def(TENSOR)
    start_indices = var_operand_def(TENSOR)
    slice_sizes = prop_def(INTS_ATTR)
    result = result_def(TENSOR)

    traits = traits_def(Pure())

    def verify_(self) -> None:
        shape, sizes = shape_of(self.operand), integers(self.slice_sizes)
        check_start_indices(self.start_indices, len(shape))
        check_length("slice_sizes", sizes, len(shape), "one per dimension of operand")
        for i, (size, whole) in enumerate(zip(sizes, shape, strict=True)):
            if size < 0 or (size > whole and whole != DYNAMIC_INDEX):
                raise VerifyException(f"slice of dimension {i} has size {size}, must be from 0 to {whole}")
        check_element("result", self.result, element_of(self.operand), "operand")
        check_shape("result", shape_of(self.result), sizes, "the slice sizes")


@irdl_op_definition
class DynamicUpdateSliceOp(PrettyOp):
    """
    Replaces the slice of the shape of update at start_indices, moved so that it lies inside the operand.

    `%r = stablehlo.dynamic_update_slice %x, %u, %i : (tensor<4xf32>, tensor<2xf32>, tensor<i32>) -> tensor<4xf32>`
    """

    name = "stablehlo.dynamic_update_slice"

    operand = operand_def(TENSOR)
    update = operand_def(TENSOR)
    start_indices = var_operand_def(TENSOR)
    result = result_def(TENSOR)

    traits = traits_def(Pure())

    def verify_(self) -> None:
        shape, update = shape_of(self.operand), shape_of(self.update)
        check_start_indices(self.start_indices, len(shape))
        check_element("update", self.update, element_of(self.operand), "operand")
        check_rank("update", self.update, len(shape), " like operand")
        for i, (size, whole) in enumerate(zip(update, shape, strict=True)):
            if size > whole and whole != DYNAMIC_INDEX:
                raise VerifyException(f"update dimension {i} has size {size}, must be at most {whole} as in operand")
        check_same_type("result", self.result, self.operand, "operand")
