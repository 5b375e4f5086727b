"""What a partitioned program costs: seconds by a model behind a batch protocol, memory by arithmetic."""

from eggshard.cost.analytic import AnalyticCost
from eggshard.cost.batch import Category, CollectiveBatch, CollectiveKind, CostModel, OpBatch
from eggshard.cost.features import op_features

__all__ = ["AnalyticCost", "Category", "CollectiveBatch", "CollectiveKind", "CostModel", "OpBatch", "op_features"]
