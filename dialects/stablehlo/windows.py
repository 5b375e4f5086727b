"""Reductions over sliding windows, and their adjoint."""

from __future__ import annotations

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

from eggshard.dialects.stablehlo.base import INTEGERS, TENSOR
from eggshard.dialects.stablehlo.dense import DenseElements


@irdl_op_definition
class ReduceWindowOp(IRDLOperation):
    """Combines the elements of each window with a function of scalars."""

    name = "stablehlo.reduce_window"

    inputs = var_operand_def(TENSOR)
    init_values = var_operand_def(TENSOR)
    window_dimensions = prop_def(INTEGERS)
    window_strides = opt_prop_def(INTEGERS)
    base_dilations = opt_prop_def(INTEGERS)
    window_dilations = opt_prop_def(INTEGERS)
    padding = opt_prop_def(DenseElements)
    body = region_def("single_block")
    result = var_result_def(TENSOR)

    irdl_options = (SameVariadicOperandSize(),)

    traits = traits_def(RecursiveMemoryEffect())


@irdl_op_definition
class SelectAndScatterOp(IRDLOperation):
    """Finds the element of each window that `select` prefers, and combines source into it with `scatter`."""

    name = "stablehlo.select_and_scatter"

    operand = operand_def(TENSOR)
    source = operand_def(TENSOR)
    init_value = operand_def(TENSOR)
    window_dimensions = opt_prop_def(INTEGERS)
    window_strides = opt_prop_def(INTEGERS)
    padding = opt_prop_def(DenseElements)
    select = region_def("single_block")
    scatter = region_def("single_block")
    result = result_def(TENSOR)

    traits = traits_def(RecursiveMemoryEffect())
