"""What follows from the layouts that a program was given."""

from eggshard.propagation.propagate import Mode, propagate

__all__ = ["Mode", "propagate"]
