"""Sorting along a dimension."""

from __future__ import annotations

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

from eggshard.dialects.stablehlo.base import INTEGER, TENSOR


@irdl_op_definition
class SortOp(IRDLOperation):
    """Sorts the slices of the inputs along one dimension, all by the order that `comparator` gives."""

    name = "stablehlo.sort"

    inputs = var_operand_def(TENSOR)
    dimension = opt_prop_def(INTEGER)
    is_stable = opt_prop_def(INTEGER)
    comparator = region_def("single_block")
    result = var_result_def(TENSOR)

    traits = traits_def(RecursiveMemoryEffect())
