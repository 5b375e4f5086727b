"""Our own whole-program view of shardings: meshes, layouts, strategies, reshards."""

from xdsl.ir import Dialect

from eggshard.dialects.sharding.access import (
    argument_layout,
    layout_of,
    layouts_of,
    mesh_of,
    meshes_of,
    result_layout,
    set_argument_layouts,
    set_layout,
    set_layouts,
    set_result_layouts,
)
from eggshard.dialects.sharding.attributes import LayoutAttr, MeshAttr, StrategyAttr
from eggshard.dialects.sharding.ops import ConstraintOp, MeshOp, ReshardOp
from eggshard.dialects.sharding.verify import verify_layouts

ShardingDialect = Dialect("sharding", [MeshOp, ConstraintOp, ReshardOp], [MeshAttr, LayoutAttr, StrategyAttr])

__all__ = [
    "ConstraintOp",
    "LayoutAttr",
    "MeshAttr",
    "MeshOp",
    "ReshardOp",
    "ShardingDialect",
    "StrategyAttr",
    "argument_layout",
    "layout_of",
    "layouts_of",
    "mesh_of",
    "meshes_of",
    "result_layout",
    "set_argument_layouts",
    "set_layout",
    "set_layouts",
    "set_result_layouts",
    "verify_layouts",
]
