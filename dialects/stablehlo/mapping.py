"""A function of scalars, mapped over tensors."""

from __future__ import annotations

from xdsl.dialects.builtin import TensorType
from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    prop_def,
    region_def,
    result_def,
    traits_def,
    var_operand_def,
)
from xdsl.traits import RecursiveMemoryEffect
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.stablehlo.base import INTS_ATTR, TENSOR
from eggshard.dialects.stablehlo.checks import check_region, check_shape, element_of, integers, shape_of


@irdl_op_definition
class MapOp(IRDLOperation):
    """Applies `computation`, a function of scalars, to the elements of the inputs."""

    name = "stablehlo.map"

    inputs = var_operand_def(TENSOR)
    dimensions = prop_def(INTS_ATTR)
    computation = region_def("single_block")
    result = result_def(TENSOR)

    traits = traits_def(RecursiveMemoryEffect())

    def verify_(self) -> None:
        if not self.inputs:
            raise VerifyException("map has no inputs, must have at least one")
        shape = shape_of(self.inputs[0])
        for i, value in enumerate((*self.inputs, self.result)):
            check_shape(f"input {i}" if i < len(self.inputs) else "result", shape_of(value), shape, "like input 0")
        if integers(self.dimensions) != tuple(range(len(shape))):
            raise VerifyException(f"dimensions are {list(integers(self.dimensions))}, must be 0 to {len(shape) - 1}")
        scalars = [TensorType(element_of(value), ()) for value in self.inputs]
        check_region("computation", self.computation, scalars, (TensorType(element_of(self.result), ()),))
