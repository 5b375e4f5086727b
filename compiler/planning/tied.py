"""
The problem with equal blocks held together: members of a class in all blocks of its family decide alike.

A tied choice is a choice of the whole problem too, only not always the best one: two equal layers may want column then
row layouts. It is found quickly, since the ties leave one block to decide about, and the search goes on from there.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
from xdsl.ir import Operation, OpResult, SSAValue

from eggshard.choose.problem import Ints, Problem
from eggshard.fold import Folding
from eggshard.planning.outline import Outline, Tensor
from eggshard.planning.problem import FORBIDDEN
from eggshard.planning.variables import Decision

Key = tuple[object, ...]


def tied(problem: Problem, outline: Outline, decision: Decision, folding: Folding) -> Problem | None:
    """
    The problem with an identity table between each two successive members of a class; None if nothing repeats.

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
    pairs = [(a, b) for members in groups.values() for a, b in pairwise(members)]
    return _with_ties(problem, pairs) if pairs else None


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


def _with_ties(problem: Problem, pairs: list[tuple[int, int]]) -> Problem:
    tables: dict[int, Ints] = {}
    for a, _ in pairs:
        count = problem.strategies(a)
        if count not in tables:
            table = np.full((count, count), FORBIDDEN, np.int64)
            np.fill_diagonal(table, 0)
            tables[count] = table.reshape(-1)
    added = [tables[problem.strategies(a)] for a, _ in pairs]
    offsets = np.cumsum([len(table) for table in added]) + problem.edge_offsets[-1]
    return replace(
        problem,
        edge_nodes=np.concatenate([problem.edge_nodes, np.array(pairs, np.int64)]),
        edge_offsets=np.concatenate([problem.edge_offsets, offsets]),
        edge_costs=np.concatenate([problem.edge_costs, *added]),
    )
