"""Side effects in order, and communication with the host."""

from __future__ import annotations

from xdsl.irdl import (
    IRDLOperation,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    result_def,
    traits_def,
    var_operand_def,
    var_result_def,
)
from xdsl.traits import Pure

from eggshard.dialects.stablehlo.base import ARRAY, INTEGER, STRING, TENSOR
from eggshard.dialects.stablehlo.dense import DenseElements
from eggshard.dialects.stablehlo.structures import ChannelHandleAttr
from eggshard.dialects.stablehlo.types import TokenType


@irdl_op_definition
class CreateTokenOp(IRDLOperation):
    """
    A token that waits for nothing.

    `%t = stablehlo.create_token : !stablehlo.token`
    """

    name = "stablehlo.create_token"

    output = result_def(TokenType)

    traits = traits_def(Pure())


@irdl_op_definition
class AfterAllOp(IRDLOperation):
    """
    A token that waits for all inputs.

    `%t = stablehlo.after_all %t0, %t1 : !stablehlo.token`
    """

    name = "stablehlo.after_all"

    inputs = var_operand_def()
    result = result_def(TokenType)

    traits = traits_def(Pure())


@irdl_op_definition
class InfeedOp(IRDLOperation):
    """Reads from the infeed of the host."""

    name = "stablehlo.infeed"

    token = operand_def(TokenType)
    infeed_config = opt_prop_def(STRING)
    layout = opt_prop_def(ARRAY)
    result = var_result_def()


@irdl_op_definition
class OutfeedOp(IRDLOperation):
    """Writes to the outfeed of the host."""

    name = "stablehlo.outfeed"

    inputs = var_operand_def(TENSOR)
    token = operand_def(TokenType)
    outfeed_config = opt_prop_def(STRING)
    result = result_def(TokenType)


@irdl_op_definition
class SendOp(IRDLOperation):
    """Sends to a channel."""

    name = "stablehlo.send"

    inputs = var_operand_def(TENSOR)
    token = operand_def(TokenType)
    channel_handle = prop_def(ChannelHandleAttr)
    is_host_transfer = opt_prop_def(INTEGER)
    source_target_pairs = opt_prop_def(DenseElements)
    result = result_def(TokenType)


@irdl_op_definition
class RecvOp(IRDLOperation):
    """Receives from a channel; the last result is a token."""

    name = "stablehlo.recv"

    token = operand_def(TokenType)
    channel_handle = prop_def(ChannelHandleAttr)
    is_host_transfer = opt_prop_def(INTEGER)
    source_target_pairs = opt_prop_def(DenseElements)
    result = var_result_def()
