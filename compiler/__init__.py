"""The per-device compiler for partitioned models: `eggshard`."""
