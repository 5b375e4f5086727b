"""Repeated blocks: found once, so that they are explored once."""

from eggshard.fold.find import fold
from eggshard.fold.folding import Crossing, Family, FoldedClass, Folding, Inside, Literal, Own, Role, Shared

__all__ = ["Crossing", "Family", "FoldedClass", "Folding", "Inside", "Literal", "Own", "Role", "Shared", "fold"]
