"""Calls of what is defined elsewhere, and tuples."""

from __future__ import annotations

from xdsl.dialects.builtin import DictionaryAttr, SymbolRefAttr
from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    result_def,
    traits_def,
    var_operand_def,
    var_region_def,
    var_result_def,
)
from xdsl.traits import Pure

from eggshard.dialects.stablehlo.base import ARRAY, INTEGER, STRING


@irdl_op_definition
class CustomCallOp(IRDLOperation):
    """
    Calls what the target name means to the backend.

    `%r = stablehlo.custom_call @foo(%x) {api_version = 2 : i32} : (tensor<4xf32>) -> tensor<4xf32>`
    """

    name = "stablehlo.custom_call"

    inputs = var_operand_def()
    call_target_name = prop_def(STRING)
    has_side_effect = opt_prop_def(INTEGER)
    backend_config = opt_prop_def()
    api_version = opt_prop_def(INTEGER)
    called_computations = opt_prop_def(ARRAY)
    operand_layouts = opt_prop_def(ARRAY)
    result_layouts = opt_prop_def(ARRAY)
    output_operand_aliases = opt_prop_def(ARRAY)
    result = var_result_def()


@irdl_op_definition
class CompositeOp(IRDLOperation):
    """
    Calls the op `name`, which the function `decomposition` defines in terms of other ops.

    `%r = stablehlo.composite "my.op" %x {decomposition = @impl} : (tensor<f32>) -> tensor<f32>`
    """

    name = "stablehlo.composite"

    inputs = var_operand_def()
    name_ = prop_def(STRING, prop_name="name")
    composite_attributes = opt_prop_def(DictionaryAttr)
    decomposition = prop_def(SymbolRefAttr)
    version = opt_prop_def(INTEGER)
    composite_regions = var_region_def("single_block")
    result = var_result_def()


@irdl_op_definition
class TupleOp(IRDLOperation):
    """
    Makes a tuple.

    `%t = stablehlo.tuple %x, %y : tuple<tensor<f32>, tensor<i32>>`
    """

    name = "stablehlo.tuple"

    val = var_operand_def()
    result = result_def()

    traits = traits_def(Pure())


@irdl_op_definition
class GetTupleElementOp(IRDLOperation):
    """
    Takes one element of a tuple.

    `%x = stablehlo.get_tuple_element %t[0] : (tuple<tensor<f32>, tensor<i32>>) -> tensor<f32>`
    """

    name = "stablehlo.get_tuple_element"

    operand = operand_def()
    index = prop_def(INTEGER)
    result = result_def()

    traits = traits_def(Pure())
