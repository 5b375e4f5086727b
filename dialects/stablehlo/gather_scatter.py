"""Reads and writes at computed indices."""

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
from xdsl.traits import Pure, RecursiveMemoryEffect

from eggshard.dialects.stablehlo.base import INTEGER, INTEGERS, TENSOR
from eggshard.dialects.stablehlo.structures import GatherDimensionNumbersAttr, ScatterDimensionNumbersAttr


@irdl_op_definition
class GatherOp(IRDLOperation):
    """Collects slices of slice_sizes from the operand, at indices that start_indices holds."""

    name = "stablehlo.gather"

    operand = operand_def(TENSOR)
    start_indices = operand_def(TENSOR)
    dimension_numbers = prop_def(GatherDimensionNumbersAttr)
    slice_sizes = prop_def(INTEGERS)
    indices_are_sorted = opt_prop_def(INTEGER)
    result = result_def(TENSOR)

    traits = traits_def(Pure())


@irdl_op_definition
class DynamicGatherOp(IRDLOperation):
    """A gather whose slice sizes are known only when the program runs."""

    name = "stablehlo.dynamic_gather"

    operand = operand_def(TENSOR)
    start_indices = operand_def(TENSOR)
    slice_sizes = operand_def(TENSOR)
    dimension_numbers = prop_def(GatherDimensionNumbersAttr)
    indices_are_sorted = opt_prop_def(INTEGER)
    result = result_def(TENSOR)

    traits = traits_def(Pure())


@irdl_op_definition
class ScatterOp(IRDLOperation):
    """Combines slices of updates into the inputs, at indices that scatter_indices holds."""

    name = "stablehlo.scatter"

    inputs = var_operand_def(TENSOR)
    scatter_indices = operand_def(TENSOR)
    updates = var_operand_def(TENSOR)
    scatter_dimension_numbers = prop_def(ScatterDimensionNumbersAttr)
    indices_are_sorted = opt_prop_def(INTEGER)
    unique_indices = opt_prop_def(INTEGER)
    update_computation = region_def("single_block")
    result = var_result_def(TENSOR)

    irdl_options = (SameVariadicOperandSize(),)

    traits = traits_def(RecursiveMemoryEffect())


@irdl_op_definition
class TorchIndexSelectOp(IRDLOperation):
    """
    Collects the slices along `dim` that index names, for each index of the batch dimensions.

    `%r = stablehlo.torch_index_select %x, %i, dim = 0, batch_dims = 0 : (tensor<5x3xf32>, tensor<2xi32>) -> tensor<2x3xf32>`
    """

    name = "stablehlo.torch_index_select"

    operand = operand_def(TENSOR)
    index = operand_def(TENSOR)
    dim = prop_def(INTEGER)
    batch_dims = prop_def(INTEGER)
    result = result_def(TENSOR)

    traits = traits_def(Pure())
