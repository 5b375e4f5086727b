"""Reductions over sliding windows, and their adjoint."""

from __future__ import annotations

from xdsl.dialects.builtin import TensorType, i1
from xdsl.irdl import (
    IRDLOperation,
    SameVariadicOperandSize,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    region_def,
    result_def,
    traits_def,
    var_operand_def,
    var_result_def,
)
from xdsl.traits import RecursiveMemoryEffect
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.stablehlo.base import INTS_ATTR, TENSOR
from eggshard.dialects.stablehlo.checks import (
    check_element,
    check_length,
    check_reducer,
    check_region,
    check_scalar,
    check_shape,
    element_of,
    integers,
    shape_of,
)
from eggshard.dialects.stablehlo.dense import DenseElements
from eggshard.dialects.stablehlo.window import window_of


@irdl_op_definition
class ReduceWindowOp(IRDLOperation):
    """Combines the elements of each window with a function of scalars."""

    name = "stablehlo.reduce_window"

    inputs = var_operand_def(TENSOR)
    init_values = var_operand_def(TENSOR)
    window_dimensions = prop_def(INTS_ATTR)
    window_strides = opt_prop_def(INTS_ATTR)
    base_dilations = opt_prop_def(INTS_ATTR)
    window_dilations = opt_prop_def(INTS_ATTR)
    padding = opt_prop_def(DenseElements)
    body = region_def("single_block")
    result = var_result_def(TENSOR)

    irdl_options = (SameVariadicOperandSize(),)

    traits = traits_def(RecursiveMemoryEffect())

    def verify_(self) -> None:
        if not self.inputs:
            raise VerifyException("reduce_window has no inputs, must have at least one")
        shape, sizes = shape_of(self.inputs[0]), integers(self.window_dimensions)
        check_length("window_dimensions", sizes, len(shape), "one per dimension of input 0")
        window = window_of(sizes, self.window_strides, self.padding, self.base_dilations, self.window_dilations)
        check_length("results", self.result, len(self.inputs), "one per input")
        accumulated = check_reducer("body", self.body, [element_of(value) for value in self.inputs])
        positions = window.positions(shape)
        for i, value in enumerate(self.inputs):
            check_shape(f"input {i}", shape_of(value), shape, "like input 0")
            check_scalar(f"init value {i}", self.init_values[i], element_of(value), f"input {i}")
            check_shape(f"result {i}", shape_of(self.result[i]), positions, "the positions of the window")
            check_element(f"result {i}", self.result[i], accumulated[i], "the results of body")


@irdl_op_definition
class SelectAndScatterOp(IRDLOperation):
    """Finds the element of each window that `select` prefers, and combines source into it with `scatter`."""

    name = "stablehlo.select_and_scatter"

    operand = operand_def(TENSOR)
    source = operand_def(TENSOR)
    init_value = operand_def(TENSOR)
    window_dimensions = opt_prop_def(INTS_ATTR)
    window_strides = opt_prop_def(INTS_ATTR)
    padding = opt_prop_def(DenseElements)
    select = region_def("single_block")
    scatter = region_def("single_block")
    result = result_def(TENSOR)

    traits = traits_def(RecursiveMemoryEffect())

    def verify_(self) -> None:
        shape, element = shape_of(self.operand), element_of(self.operand)
        sizes = (1,) * len(shape) if self.window_dimensions is None else integers(self.window_dimensions)
        check_length("window_dimensions", sizes, len(shape), "one per dimension of operand")
        window = window_of(sizes, self.window_strides, self.padding, None, None)
        check_element("source", self.source, element, "operand")
        check_shape("source", shape_of(self.source), window.positions(shape), "the positions of the window")
        check_scalar("init_value", self.init_value, element, "operand")
        scalar = TensorType(element, ())
        check_region("select", self.select, (scalar, scalar), (TensorType(i1, ()),))
        accumulated = check_reducer("scatter", self.scatter, [element])
        check_shape("result", shape_of(self.result), shape, "like operand")
        check_element("result", self.result, accumulated[0], "the result of scatter")
