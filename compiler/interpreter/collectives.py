"""
Collectives as functions of per-device values.

`values[device]` is what a device holds. `groups` lists the device ids that work together, in the order that decides
which shard is whose. Devices outside all groups get None. Equal work is done once: devices whose groups hold the same
objects get the same result object.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from eggshard.interpreter.folding import KINDS
from eggshard.interpreter.folding import combine as combine_terms
from eggshard.interpreter.values import Array, Lanes

Groups = Sequence[Sequence[int]]
Combine = Callable[[Sequence[Array]], Array]
"""Makes one array of the terms that the devices of a group hold."""


def combine_by_kind(kind: str) -> Combine:
    """The combining function for sum, prod, max, min, and, or, xor."""
    return lambda terms: combine_terms(KINDS[kind], terms)


def per_group(values: Lanes, groups: Groups, function: Callable[[list[Array]], Sequence[Any]]) -> Lanes:
    """`function` maps the arrays of a group to one result per member."""
    out: Lanes = [None] * len(values)
    known: dict[tuple[int, ...], Sequence[Any]] = {}
    for group in groups:
        members = [values[device] for device in group]
        key = tuple(map(id, members))
        if key not in known:
            known[key] = function(members)
        for device, result in zip(group, known[key], strict=True):
            out[device] = result
    return out


def all_gather(values: Lanes, groups: Groups, dim: int) -> Lanes:
    """Every member gets the members' arrays joined along `dim`."""

    def gathered(members: list[Array]) -> Sequence[Array]:
        return [members[0] if len(members) == 1 else np.concatenate(members, axis=dim)] * len(members)

    return per_group(values, groups, gathered)


def all_reduce(values: Lanes, groups: Groups, combine: Combine) -> Lanes:
    """Every member gets the combination of all."""
    return per_group(values, groups, lambda members: [combine(members)] * len(members))


def reduce_scatter(values: Lanes, groups: Groups, dim: int, combine: Combine) -> Lanes:
    """Member i gets the i-th of equal parts of the combination, cut along `dim`."""
    return per_group(values, groups, lambda members: np.split(combine(members), len(members), axis=dim))


def all_to_all(values: Lanes, groups: Groups, split_dim: int, concat_dim: int) -> Lanes:
    """Member i gets the i-th part (cut along `split_dim`) of every member, joined along `concat_dim`."""

    def exchanged(members: list[Array]) -> Sequence[Array]:
        parts = [np.split(member, len(members), axis=split_dim) for member in members]
        return [np.concatenate([part[i] for part in parts], axis=concat_dim) for i in range(len(members))]

    return per_group(values, groups, exchanged)


def collective_permute(values: Lanes, pairs: Sequence[tuple[int, int]], devices: Sequence[int]) -> Lanes:
    """The target of each pair gets what the source holds; of `devices` the others get zeros."""
    source_of = {target: source for source, target in pairs}
    out: Lanes = [None] * len(values)
    zeros: dict[tuple[int, ...], Array] = {}
    for device in devices:
        if device in source_of:
            out[device] = values[source_of[device]]
        else:
            own = values[device]
            out[device] = zeros.setdefault(own.shape, np.zeros(own.shape, own.dtype))
    return out


def broadcast(values: Lanes, groups: Groups) -> Lanes:
    """Every member gets what the first one holds."""
    return per_group(values, groups, lambda members: [members[0]] * len(members))


def slice_shard(values: Lanes, groups: Groups, dim: int) -> Lanes:
    """Member i keeps the i-th of equal parts of its own array, cut along `dim`."""
    out: Lanes = [None] * len(values)
    known: dict[tuple[int, int], Array] = {}
    for group in groups:
        for index, device in enumerate(group):
            own = values[device]
            if own is None:
                continue
            key = (id(own), index)
            if key not in known:
                size = own.shape[dim] // len(group)
                at = [slice(None)] * own.ndim
                at[dim] = slice(index * size, (index + 1) * size)
                known[key] = own[tuple(at)]
            out[device] = known[key]
    return out


def device_index(device_count: int, groups: Groups) -> Lanes:
    """Member i gets i, as i32."""
    out: Lanes = [None] * device_count
    known: dict[int, Array] = {}
    for group in groups:
        for index, device in enumerate(group):
            out[device] = known.setdefault(index, np.asarray(index, np.int32))
    return out
