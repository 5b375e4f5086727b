"""Shardy's dialect, read and written in its own syntax."""

from xdsl.ir import Dialect

from eggshard.dialects.sdy.access import sharding_of
from eggshard.dialects.sdy.annotations import (
    ConstantOp,
    DataFlowEdgeOp,
    FuncDataFlowEdgeOp,
    MeshOp,
    PropagationBarrierOp,
    ReshardOp,
    ShardingConstraintOp,
    ShardingGroupOp,
)
from eggshard.dialects.sdy.attributes import (
    AllToAllParamListAttr,
    AxisRefListAttr,
    ListOfAxisRefListsAttr,
    ManualAxesAttr,
    MeshAttr,
    OpShardingRuleAttr,
    PropagationEdgesAttr,
    TensorShardingAttr,
    TensorShardingPerValueAttr,
)
from eggshard.dialects.sdy.collectives import (
    AllGatherOp,
    AllReduceOp,
    AllSliceOp,
    AllToAllOp,
    CollectivePermuteOp,
    ReduceScatterOp,
    ReplicatedToUnreducedOp,
    ShardedToUnreducedOp,
)
from eggshard.dialects.sdy.convert import to_layout, to_sharding
from eggshard.dialects.sdy.part_attributes import (
    AllToAllParamAttr,
    AxisRefAttr,
    DimensionShardingAttr,
    DimMappingAttr,
    MeshAxisAttr,
    SubAxisInfoAttr,
    TensorMappingAttr,
)
from eggshard.dialects.sdy.regions import ManualComputationOp, NamedComputationOp, ReturnOp
from eggshard.dialects.sdy.verify import verify_shardings

SdyDialect = Dialect(
    "sdy",
    [
        AllGatherOp,
        AllReduceOp,
        AllSliceOp,
        AllToAllOp,
        CollectivePermuteOp,
        ConstantOp,
        DataFlowEdgeOp,
        FuncDataFlowEdgeOp,
        ManualComputationOp,
        MeshOp,
        NamedComputationOp,
        PropagationBarrierOp,
        ReduceScatterOp,
        ReplicatedToUnreducedOp,
        ReshardOp,
        ReturnOp,
        ShardedToUnreducedOp,
        ShardingConstraintOp,
        ShardingGroupOp,
    ],
    [
        AllToAllParamAttr,
        AllToAllParamListAttr,
        AxisRefAttr,
        AxisRefListAttr,
        DimMappingAttr,
        DimensionShardingAttr,
        ListOfAxisRefListsAttr,
        ManualAxesAttr,
        MeshAttr,
        MeshAxisAttr,
        OpShardingRuleAttr,
        PropagationEdgesAttr,
        SubAxisInfoAttr,
        TensorMappingAttr,
        TensorShardingAttr,
        TensorShardingPerValueAttr,
    ],
)

__all__ = [*(op.__name__ for op in SdyDialect.operations), *(attr.__name__ for attr in SdyDialect.attributes)]
__all__ += ["SdyDialect", "sharding_of", "to_layout", "to_sharding", "verify_shardings"]
