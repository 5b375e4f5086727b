"""Collectives: each says which axes it works on and how its result is sharded."""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from xdsl.ir import Attribute, SSAValue
from xdsl.irdl import AnyAttr, IRDLOperation, irdl_op_definition, operand_def, prop_def, result_def, traits_def
from xdsl.parser import Parser
from xdsl.printer import Printer

from eggshard.dialects.sdy.access import ShardingIsField
from eggshard.dialects.sdy.annotations import check_same_type, parse_identity, print_attributes_and_type
from eggshard.dialects.sdy.attributes import (
    AllToAllParamListAttr,
    AxisRefListAttr,
    ListOfAxisRefListsAttr,
    TensorShardingAttr,
)
from eggshard.dialects.sdy.check_collective import (
    Ends,
    check_all_to_all,
    check_dims,
    check_reduced,
    check_renamed,
    check_replicated_to_unreduced,
    check_sharded_to_unreduced,
    ends_of,
    gathered,
    sliced,
)
from eggshard.dialects.sdy.syntax import (
    all_to_all_text,
    axis_list_text,
    axis_lists_text,
    parse_all_to_all,
    parse_axis_lists,
    parse_sharding,
    sharding_text,
)
from eggshard.dialects.sdy.values import Sharding
from eggshard.dialects.sharding.syntax import parse_axes


@dataclass(frozen=True)
class AxesSyntax:
    """The property that holds a collective's axes, and how it is read and written."""

    field: str
    parse: Callable[[Parser], Attribute]
    text: Callable[[Any], str]


def _lists(field: str) -> AxesSyntax:
    return AxesSyntax(field, lambda parser: ListOfAxisRefListsAttr(parse_axis_lists(parser)), axis_lists_text)


def _list(field: str) -> AxesSyntax:
    return AxesSyntax(field, lambda parser: AxisRefListAttr(parse_axes(parser)), axis_list_text)


class CollectiveOp(IRDLOperation, ABC):
    """`sdy.op <axes> %x out_sharding=<@mesh, [..]> : type`; `SYNTAX` says what the axes are."""

    tensor = operand_def(AnyAttr())
    out_sharding = prop_def(TensorShardingAttr)
    result = result_def(AnyAttr())

    traits = traits_def(ShardingIsField())

    SYNTAX: ClassVar[AxesSyntax | None] = None
    MAY_LACK_SHARDING: ClassVar[bool] = False
    MAY_CHANGE_MESH: ClassVar[bool] = False

    def __init__(self, tensor: SSAValue, axes: Attribute | None, out_sharding: Sharding) -> None:
        properties: dict[str, Attribute | None] = {"out_sharding": TensorShardingAttr(out_sharding)}
        if self.SYNTAX is not None:
            properties[self.SYNTAX.field] = axes
        super().__init__(operands=[tensor], result_types=[tensor.type], properties=properties)

    def verify_(self) -> None:
        check_same_type(self.tensor, self.result)
        ends = ends_of(self, self.tensor, self.out_sharding.data, self.MAY_LACK_SHARDING, self.MAY_CHANGE_MESH)
        self.check(ends)

    def check(self, ends: Ends) -> None:
        """Raises VerifyException unless the axes take the operand's sharding to the result's."""

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        properties: dict[str, Attribute] = {}
        if cls.SYNTAX is not None:
            properties[cls.SYNTAX.field] = cls.SYNTAX.parse(parser)
        operand = parser.parse_unresolved_operand()
        parser.parse_keyword("out_sharding")
        parser.parse_punctuation("=")
        properties["out_sharding"] = TensorShardingAttr(parse_sharding(parser))
        return parse_identity(cls, parser, operand, properties)

    def print(self, printer: Printer) -> None:
        printer.print_string(" ")
        if self.SYNTAX is not None:
            axes: Any = self.properties[self.SYNTAX.field]
            printer.print_string(self.SYNTAX.text(axes.data) + " ")
        printer.print_operand(self.tensor)
        printer.print_string(f" out_sharding={sharding_text(self.out_sharding.data)}")
        print_attributes_and_type(self, printer, self.result.type)


@irdl_op_definition
class AllGatherOp(CollectiveOp):
    """
    Joins shards along the minor axes of each dimension.

    `%1 = sdy.all_gather [{"b"}, {}] %0 out_sharding=<@mesh, [{"a"}, {}]> : tensor<8x8xf32>`
    """

    name = "sdy.all_gather"

    gathering_axes = prop_def(ListOfAxisRefListsAttr)

    SYNTAX: ClassVar[AxesSyntax | None] = _lists("gathering_axes")

    def check(self, ends: Ends) -> None:
        check_dims(ends, self.gathering_axes.data, gathered)


@irdl_op_definition
class AllSliceOp(CollectiveOp):
    """
    Keeps each device's part of every dimension, along axes that become its minor ones.

    `%1 = sdy.all_slice [{"b"}, {}] %0 out_sharding=<@mesh, [{"a", "b"}, {}]> : tensor<8x8xf32>`
    """

    name = "sdy.all_slice"

    slicing_axes = prop_def(ListOfAxisRefListsAttr)

    SYNTAX: ClassVar[AxesSyntax | None] = _lists("slicing_axes")
    MAY_LACK_SHARDING: ClassVar[bool] = True

    def check(self, ends: Ends) -> None:
        check_dims(ends, self.slicing_axes.data, sliced)


@irdl_op_definition
class AllToAllOp(CollectiveOp):
    """
    Moves axes from the minor end of one dimension to that of another.

    `%1 = sdy.all_to_all [{"b"}: 0->1] %0 out_sharding=<@mesh, [{"a"}, {"b"}]> : tensor<8x8xf32>`
    """

    name = "sdy.all_to_all"

    params = prop_def(AllToAllParamListAttr)

    SYNTAX: ClassVar[AxesSyntax | None] = AxesSyntax(
        "params", lambda parser: AllToAllParamListAttr(parse_all_to_all(parser)), all_to_all_text
    )

    def check(self, ends: Ends) -> None:
        check_all_to_all(ends, self.params.data)


@irdl_op_definition
class CollectivePermuteOp(CollectiveOp):
    """
    Sends every device's share to one other, so that axes are renamed or reordered.

    `%1 = sdy.collective_permute %0 out_sharding=<@mesh, [{"b", "a"}, {}]> : tensor<8x8xf32>`
    """

    name = "sdy.collective_permute"

    MAY_CHANGE_MESH: ClassVar[bool] = True

    def check(self, ends: Ends) -> None:
        check_renamed(ends)


@irdl_op_definition
class AllReduceOp(CollectiveOp):
    """
    Sums over axes.

    `%1 = sdy.all_reduce {"a", "b"} %0 out_sharding=<@mesh, [{}, {"c"}]> : tensor<8x8xf32>`
    """

    name = "sdy.all_reduce"

    reduction_axes = prop_def(AxisRefListAttr)

    SYNTAX: ClassVar[AxesSyntax | None] = _list("reduction_axes")
    MAY_LACK_SHARDING: ClassVar[bool] = True

    def check(self, ends: Ends) -> None:
        check_reduced(ends, self.reduction_axes.data)


@irdl_op_definition
class ReduceScatterOp(CollectiveOp):
    """
    Sums over axes and keeps each device's part along them.

    `%1 = sdy.reduce_scatter [{"b"}, {}] %0 out_sharding=<@mesh, [{"a", "b"}, {}]> : tensor<8x8xf32>`
    """

    name = "sdy.reduce_scatter"

    reduce_scatter_axes = prop_def(ListOfAxisRefListsAttr)

    SYNTAX: ClassVar[AxesSyntax | None] = _lists("reduce_scatter_axes")
    MAY_LACK_SHARDING: ClassVar[bool] = True

    def check(self, ends: Ends) -> None:
        check_dims(ends, self.reduce_scatter_axes.data, sliced)


@irdl_op_definition
class ReplicatedToUnreducedOp(CollectiveOp):
    """
    Turns equal copies along axes into terms whose sum is the tensor.

    `%1 = sdy.replicated_to_unreduced {"c"} %0 out_sharding=<@mesh, [{"a"}, {}], unreduced={"c"}> : tensor<8x8xf32>`
    """

    name = "sdy.replicated_to_unreduced"

    axes = prop_def(AxisRefListAttr)

    SYNTAX: ClassVar[AxesSyntax | None] = _list("axes")

    def check(self, ends: Ends) -> None:
        check_replicated_to_unreduced(ends, self.axes.data)


@irdl_op_definition
class ShardedToUnreducedOp(CollectiveOp):
    """
    Turns shards along axes into terms whose sum is the tensor, each zero but for its shard.

    `%1 = sdy.sharded_to_unreduced [{"b"}, {}] %0 out_sharding=<@mesh, [{"a"}, {}], unreduced={"b"}> : tensor<8x8xf32>`
    """

    name = "sdy.sharded_to_unreduced"

    axes = prop_def(ListOfAxisRefListsAttr)

    SYNTAX: ClassVar[AxesSyntax | None] = _lists("axes")

    def check(self, ends: Ends) -> None:
        check_sharded_to_unreduced(ends, self.axes.data)
