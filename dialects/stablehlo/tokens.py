"""Side effects in order, and communication with the host."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from xdsl.ir import Attribute
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
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.stablehlo.base import ARRAY_ATTR, INT_ATTR, STRING_ATTR, TENSOR
from eggshard.dialects.stablehlo.checks import check_length
from eggshard.dialects.stablehlo.collectives import check_pairs
from eggshard.dialects.stablehlo.dense import DenseElements
from eggshard.dialects.stablehlo.structures import ChannelHandleAttr
from eggshard.dialects.stablehlo.syntax import SAME, PrettyOp, Signature
from eggshard.dialects.stablehlo.types import TokenType

DEVICE_TO_DEVICE, DEVICE_TO_HOST, HOST_TO_DEVICE = 1, 2, 3
"""What the type of a channel handle means."""


@irdl_op_definition
class CreateTokenOp(PrettyOp):
    """
    A token that waits for nothing.

    `%t = stablehlo.create_token : !stablehlo.token`
    """

    name = "stablehlo.create_token"

    SIGNATURE: ClassVar[Signature] = SAME

    output = result_def(TokenType)

    traits = traits_def(Pure())


@irdl_op_definition
class AfterAllOp(PrettyOp):
    """
    A token that waits for all inputs.

    `%t = stablehlo.after_all %t0, %t1 : !stablehlo.token`
    """

    name = "stablehlo.after_all"

    SIGNATURE: ClassVar[Signature] = SAME

    inputs = var_operand_def(TokenType)
    result = result_def(TokenType)

    traits = traits_def(Pure())


def check_ends_in_token(types: Sequence[Attribute]) -> None:
    """Tensors, or tuples of them, and then a token."""
    if not types or not isinstance(types[-1], TokenType) or any(isinstance(type, TokenType) for type in types[:-1]):
        raise VerifyException(f"results are of types {', '.join(map(str, types))}, only the last must be a token")


def check_channel(op: SendOp | RecvOp, host: int) -> None:
    """The channel leads to the host or to another device, as is_host_transfer says; pairs are for devices only."""
    transfer = op.is_host_transfer is not None and op.is_host_transfer.value.data != 0
    kind, wanted = op.channel_handle.data.type, host if transfer else DEVICE_TO_DEVICE
    if kind != wanted:
        raise VerifyException(f"channel_handle has type {kind}, must be {wanted} if is_host_transfer is {transfer}")
    if op.source_target_pairs is not None:
        check_pairs(op.source_target_pairs)


@irdl_op_definition
class InfeedOp(IRDLOperation):
    """Reads from the infeed of the host; the last result is a token."""

    name = "stablehlo.infeed"

    token = operand_def(TokenType)
    infeed_config = opt_prop_def(STRING_ATTR)
    layout = opt_prop_def(ARRAY_ATTR)
    result = var_result_def()

    def verify_(self) -> None:
        check_ends_in_token(self.result_types)
        if self.layout is not None:
            check_length("layout", self.layout.data, len(self.result) - 1, "one per result but the token")


@irdl_op_definition
class OutfeedOp(IRDLOperation):
    """Writes to the outfeed of the host."""

    name = "stablehlo.outfeed"

    inputs = var_operand_def(TENSOR)
    token = operand_def(TokenType)
    outfeed_config = opt_prop_def(STRING_ATTR)
    result = result_def(TokenType)


@irdl_op_definition
class SendOp(IRDLOperation):
    """Sends to a channel."""

    name = "stablehlo.send"

    inputs = var_operand_def(TENSOR)
    token = operand_def(TokenType)
    channel_handle = prop_def(ChannelHandleAttr)
    is_host_transfer = opt_prop_def(INT_ATTR)
    source_target_pairs = opt_prop_def(DenseElements)
    result = result_def(TokenType)

    def verify_(self) -> None:
        check_channel(self, DEVICE_TO_HOST)


@irdl_op_definition
class RecvOp(IRDLOperation):
    """Receives from a channel; the last result is a token."""

    name = "stablehlo.recv"

    token = operand_def(TokenType)
    channel_handle = prop_def(ChannelHandleAttr)
    is_host_transfer = opt_prop_def(INT_ATTR)
    source_target_pairs = opt_prop_def(DenseElements)
    result = var_result_def()

    def verify_(self) -> None:
        check_ends_in_token(self.result_types)
        check_channel(self, HOST_TO_DEVICE)
