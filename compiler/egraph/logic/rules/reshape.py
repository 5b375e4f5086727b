"""
Reshapes that split or merge dimensions move through products and sums, and cancel: reshape(a b) = a reshape(b).

A dimension that is split is a group of indices (`dims.py`), so that in a tree they vanish, as transposes do; leaves and
the result are reshaped instead. Only where the borders of dimensions match, and only if there is a product, a sum or
another reshape behind, which is read nowhere else.
"""

RULES = ""
