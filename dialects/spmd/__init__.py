"""What one device runs: local shapes and collectives named by mesh axes."""

from xdsl.ir import Dialect

from eggshard.dialects.spmd.attributes import KINDS, AxesAttr
from eggshard.dialects.spmd.ops import (
    MESH,
    AllGatherOp,
    AllReduceOp,
    AllToAllOp,
    CollectiveOp,
    CollectivePermuteOp,
    DeviceIndexOp,
    PerDeviceOp,
    ReduceScatterOp,
    SliceOp,
    mesh_around,
)

SpmdDialect = Dialect(
    "spmd",
    [AllGatherOp, AllReduceOp, AllToAllOp, CollectivePermuteOp, DeviceIndexOp, ReduceScatterOp, SliceOp],
    [AxesAttr],
)

__all__ = [
    "KINDS",
    "MESH",
    "AllGatherOp",
    "AllReduceOp",
    "AllToAllOp",
    "AxesAttr",
    "CollectiveOp",
    "CollectivePermuteOp",
    "DeviceIndexOp",
    "PerDeviceOp",
    "ReduceScatterOp",
    "SliceOp",
    "SpmdDialect",
    "mesh_around",
]
