"""The two commands and the benchmarks."""
