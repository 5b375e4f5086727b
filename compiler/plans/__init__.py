"""The plan as a thing of its own: what was decided, what it is predicted to take, and its file."""

from eggshard.plans.parts import SCHEMA, Asked, Ended, OpPlan, Peak, Port, Prediction, Share
from eggshard.plans.plan import Plan

__all__ = ["SCHEMA", "Asked", "Ended", "OpPlan", "Peak", "Plan", "Port", "Prediction", "Share"]
