"""
Checks that a per-device program computes the model.

Shares no code with propagation, the search, partitioning or the passes over collectives: see README.md.
"""
