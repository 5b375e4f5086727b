"""Sorting along a dimension."""

from __future__ import annotations

from xdsl.dialects.builtin import TensorType, i1
from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    opt_prop_def,
    region_def,
    traits_def,
    var_operand_def,
    var_result_def,
)
from xdsl.traits import RecursiveMemoryEffect
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.stablehlo.base import INT_ATTR, TENSOR
from eggshard.dialects.stablehlo.checks import (
    check_length,
    check_region,
    check_same_type,
    check_shape,
    element_of,
    shape_of,
)


@irdl_op_definition
class SortOp(IRDLOperation):
    """
    Sorts the slices of the inputs along one dimension, all by the order that `comparator` gives.

    `comparator` takes two scalars of each input, and tells whether the first of each pair goes before the second. A
    negative dimension counts from the last one, -1, which is the default.
    """

    name = "stablehlo.sort"

    inputs = var_operand_def(TENSOR)
    dimension = opt_prop_def(INT_ATTR)
    is_stable = opt_prop_def(INT_ATTR)
    comparator = region_def("single_block")
    result = var_result_def(TENSOR)

    traits = traits_def(RecursiveMemoryEffect())

    def verify_(self) -> None:
        if not self.inputs:
            raise VerifyException("sort has no inputs, must have at least one")
        shape = shape_of(self.inputs[0])
        dim = -1 if self.dimension is None else self.dimension.value.data
        if not -len(shape) <= dim < len(shape):
            raise VerifyException(f"dimension is {dim}, must be from {-len(shape)} to {len(shape) - 1}")
        check_length("results", self.result, len(self.inputs), "one per input")
        for i, (value, result) in enumerate(zip(self.inputs, self.result, strict=True)):
            check_shape(f"input {i}", shape_of(value), shape, "like input 0")
            check_same_type(f"result {i}", result, value, f"input {i}")
        scalars = [TensorType(element_of(value), ()) for value in self.inputs for _ in range(2)]
        check_region("comparator", self.comparator, scalars, (TensorType(i1, ()),))
