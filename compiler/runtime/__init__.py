"""Runs emitted programs on XLA through jax."""
