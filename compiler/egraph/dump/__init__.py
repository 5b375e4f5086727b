"""
The e-graph as a person reads it: xDSL's `equivalence` dialect.

A class is a tensor in a layout. Its e-nodes are ops under a strategy, collectives from other layouts of the tensor,
and, where the program may be written otherwise, ops of other forms. Where something was chosen, e-nodes have costs in
picoseconds, and each class that the plan makes says by which of them (`min_cost_index`).
"""
