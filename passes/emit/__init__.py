"""Stage emit: StableHLO that XLA runs."""
