"""Which part of a train step is its backward pass and its update: what is kept for it are activations."""

from __future__ import annotations

from xdsl.dialects.builtin import ArrayAttr, CallSiteLoc, FusedLoc, NameLoc
from xdsl.ir import Attribute, Operation

from eggshard.planning.outline import Outline

BACKWARD = "transpose("
"""What JAX writes into the name of an op that a gradient is made by."""


def backward_sites(outline: Outline, trains: bool) -> set[int]:
    """
    The sites of the backward pass, by the names that JAX gave to ops.

    In a program without such names, where it `trains` (returns updated state), all on which no other result depends.
    """
    named = {number for number, site in enumerate(outline.sites) if is_backward(site.op)}
    if named or not trains:
        return named
    forward = _ancestors(outline)
    return {number for number in range(len(outline.sites)) if number not in forward} if forward else set()


def is_backward(op: Operation) -> bool:
    """Whether the name that JAX gave to an op says so."""
    return _named(op.location)


def _named(location: Attribute) -> bool:
    if isinstance(location, NameLoc):
        return BACKWARD in location.desc.data or _named(location.location)
    if isinstance(location, CallSiteLoc):
        return _named(location.callee) or _named(location.caller)
    if isinstance(location, FusedLoc):
        parts = location.locations
        return isinstance(parts, ArrayAttr) and any(map(_named, parts))
    return False


def _ancestors(outline: Outline) -> set[int]:
    """Sites that results other than updated state depend on."""
    feeders: dict[int, list[int]] = {}
    for number, tensor in enumerate(outline.tensors):
        for use in tensor.uses:
            if use.feeds >= 0:
                feeders.setdefault(use.feeds, []).append(number)
    found: set[int] = set()
    seen: set[int] = set()
    todo = [number for number, tensor in enumerate(outline.tensors) if tensor.result >= 0]
    while todo:
        number = todo.pop()
        if number in seen:
            continue
        seen.add(number)
        todo += feeders.get(number, [])
        maker = outline.tensors[number].maker
        if maker is not None and maker[0] not in found:
            found.add(maker[0])
            todo += [t for way in outline.sites[maker[0]].ways for t in way.operands if t >= 0]
    return found
