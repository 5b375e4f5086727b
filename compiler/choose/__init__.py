"""Chooses one strategy for every node of a problem with pairwise costs and memory intervals."""
