"""Batch normalization: training, inference and gradient."""

from __future__ import annotations

from abc import ABC

from xdsl.irdl import IRDLOperation, irdl_op_definition, operand_def, prop_def, result_def, traits_def
from xdsl.traits import Pure

from eggshard.dialects.stablehlo.base import FLOAT_ATTR, INT_ATTR
from eggshard.dialects.stablehlo.checks import (
    check_dim,
    check_element,
    check_same_type,
    check_shape,
    element_of,
    shape_of,
)
from eggshard.dialects.stablehlo.kinds import FLOAT, TensorOf

FLOATS = TensorOf(FLOAT)


class BatchNormOp(IRDLOperation, ABC):
    """What the three have in common: everything but the operand and what has its type is one value per feature."""

    epsilon = prop_def(FLOAT_ATTR)
    feature_index = prop_def(INT_ATTR)

    traits = traits_def(Pure())

    def verify_(self) -> None:
        shape = shape_of(self.operands[0])
        feature = self.feature_index.value.data
        check_dim("feature_index", feature, len(shape))
        whole = {"operand", "grad_output", "grad_operand", "result", "output"}
        definition = self.get_irdl_definition()
        names = [name for name, _ in (*definition.operands, *definition.results)]
        for name, value in zip(names, (*self.operands, *self.results), strict=True):
            if name in whole:
                check_same_type(name, value, self.operands[0], "operand")
            else:
                check_element(name, value, element_of(self.operands[0]), "operand")
                check_shape(name, shape_of(value), (shape[feature],), "one value per feature")


@irdl_op_definition
class BatchNormGradOp(BatchNormOp):
    """The gradients of batch_norm_training."""

    name = "stablehlo.batch_norm_grad"

    operand = operand_def(FLOATS)
    scale = operand_def(FLOATS)
    mean = operand_def(FLOATS)
    variance = operand_def(FLOATS)
    grad_output = operand_def(FLOATS)
    grad_operand = result_def(FLOATS)
    grad_scale = result_def(FLOATS)
    grad_offset = result_def(FLOATS)


@irdl_op_definition
class BatchNormInferenceOp(BatchNormOp):
    """Normalizes by a given mean and variance per feature."""

    name = "stablehlo.batch_norm_inference"

    operand = operand_def(FLOATS)
    scale = operand_def(FLOATS)
    offset = operand_def(FLOATS)
    mean = operand_def(FLOATS)
    variance = operand_def(FLOATS)
    result = result_def(FLOATS)


@irdl_op_definition
class BatchNormTrainingOp(BatchNormOp):
    """Normalizes by the mean and variance of the batch per feature, and returns both."""

    name = "stablehlo.batch_norm_training"

    operand = operand_def(FLOATS)
    scale = operand_def(FLOATS)
    offset = operand_def(FLOATS)
    output = result_def(FLOATS)
    batch_mean = result_def(FLOATS)
    batch_var = result_def(FLOATS)
