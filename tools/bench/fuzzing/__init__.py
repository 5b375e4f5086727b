"""Random JAX programs with random layouts, and what holds their partitioned form against the whole one."""
