"""StableHLO, typed."""
