"""Tensors made from nothing."""

from __future__ import annotations

from xdsl.irdl import IRDLOperation, irdl_op_definition, prop_def, result_def, traits_def
from xdsl.traits import Pure

from eggshard.dialects.stablehlo.base import INTEGER, TENSOR
from eggshard.dialects.stablehlo.dense import DenseElements


@irdl_op_definition
class ConstantOp(IRDLOperation):
    """
    A tensor known at compile time.

    `%c = stablehlo.constant dense<1.000000e+00> : tensor<4xf32>`
    """

    name = "stablehlo.constant"

    value = prop_def(DenseElements)
    output = result_def(TENSOR)

    traits = traits_def(Pure())


@irdl_op_definition
class IotaOp(IRDLOperation):
    """
    Counts 0, 1, 2, ... along one dimension.

    `%i = stablehlo.iota dim = 0 : tensor<4xi32>`
    """

    name = "stablehlo.iota"

    iota_dimension = prop_def(INTEGER)
    output = result_def(TENSOR)

    traits = traits_def(Pure())
