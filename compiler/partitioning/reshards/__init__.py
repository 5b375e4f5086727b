"""Fewer and cheaper reshards, on the whole program."""
