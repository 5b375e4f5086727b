"""
Equal blocks held together: members of a class in all blocks of its family decide alike.

A tied choice is a choice of the whole problem too, only not always the best one: two equal layers may want column then
row layouts. It is found quickly, since the ties leave one block to decide about, and the search goes on from there.
"""

from __future__ import annotations

import numpy as np
from xdsl.ir import Operation, OpResult, SSAValue

from eggshard.choose.problem import Ints
from eggshard.fold import Folding
from eggshard.planning.outline import Outline, Tensor
from eggshard.planning.variables import Decision

Key = tuple[object, ...]


def tied(outline: Outline, decision: Decision, folding: Folding) -> Ints | None:
    """
    For each variable the first member of its class, which it is to follow; None if nothing repeats.

    Variables without a counterpart, as copies that only the first or last block has, stay free.
    """
    groups: dict[Key, list[int]] = {}
    copies: dict[int, int] = {}
    for number, variable in enumerate(decision.variables):
        if variable.site >= 0:
            key = _op_key(outline.sites[variable.site].op, folding)
            part: Key = ("site",)
        else:
            key = _tensor_key(outline.tensors[variable.tensor], outline, folding)
            nth = copies.get(variable.tensor, 0)
            copies[variable.tensor] = nth + variable.copy
            part = ("copy", nth) if variable.copy else ("home",)
        if key is not None:
            groups.setdefault((*part, variable.strategies, *key), []).append(number)
    follows = np.arange(len(decision.variables))
    for members in groups.values():
        follows[members] = members[0]
    return follows if any(len(members) > 1 for members in groups.values()) else None


def _op_key(op: Operation, folding: Folding) -> Key | None:
    number = folding.class_of.get(op)
    return None if number is None or len(folding.classes[number].members) < 2 else ("op", number)


def _tensor_key(tensor: Tensor, outline: Outline, folding: Folding) -> Key | None:
    """By what makes it, or by the argument that it is."""
    if tensor.maker is not None:
        site, result = tensor.maker
        key = _op_key(outline.sites[site].op, folding)
        return None if key is None else (*key, result)
    value: SSAValue | None = tensor.values[0] if tensor.values else None
    if value is None or isinstance(value, OpResult):
        return None
    number = folding.class_of.get(value)
    return None if number is None or len(folding.classes[number].members) < 2 else ("argument", number)
