"""Batch normalization: training, inference and gradient."""

from __future__ import annotations

from xdsl.irdl import IRDLOperation, irdl_op_definition, operand_def, prop_def, result_def, traits_def
from xdsl.traits import Pure

from eggshard.dialects.stablehlo.base import FLOAT, INTEGER, TENSOR


@irdl_op_definition
class BatchNormGradOp(IRDLOperation):
    """The gradients of batch_norm_training."""

    name = "stablehlo.batch_norm_grad"

    operand = operand_def(TENSOR)
    scale = operand_def(TENSOR)
    mean = operand_def(TENSOR)
    variance = operand_def(TENSOR)
    grad_output = operand_def(TENSOR)
    epsilon = prop_def(FLOAT)
    feature_index = prop_def(INTEGER)
    grad_operand = result_def(TENSOR)
    grad_scale = result_def(TENSOR)
    grad_offset = result_def(TENSOR)

    traits = traits_def(Pure())


@irdl_op_definition
class BatchNormInferenceOp(IRDLOperation):
    """Normalizes by a given mean and variance per feature."""

    name = "stablehlo.batch_norm_inference"

    operand = operand_def(TENSOR)
    scale = operand_def(TENSOR)
    offset = operand_def(TENSOR)
    mean = operand_def(TENSOR)
    variance = operand_def(TENSOR)
    epsilon = prop_def(FLOAT)
    feature_index = prop_def(INTEGER)
    result = result_def(TENSOR)

    traits = traits_def(Pure())


@irdl_op_definition
class BatchNormTrainingOp(IRDLOperation):
    """Normalizes by the mean and variance of the batch per feature, and returns both."""

    name = "stablehlo.batch_norm_training"

    operand = operand_def(TENSOR)
    scale = operand_def(TENSOR)
    offset = operand_def(TENSOR)
    epsilon = prop_def(FLOAT)
    feature_index = prop_def(INTEGER)
    output = result_def(TENSOR)
    batch_mean = result_def(TENSOR)
    batch_var = result_def(TENSOR)

    traits = traits_def(Pure())
