"""Which part of a train step is its backward pass and its update: what is kept for them are activations."""

from __future__ import annotations

from dataclasses import dataclass, field

from xdsl.dialects.builtin import NameLoc
from xdsl.ir import Operation

from eggshard.planning.outline import Outline, Tensor, Use

MARK = "transpose("
"""What JAX writes into the name of an op that a gradient is made by."""


@dataclass
class Backward:
    """The sites and tensors that gradients are made by, and all that depends on them."""

    sites: set[int] = field(default_factory=set)
    tensors: set[int] = field(default_factory=set)

    def keeps(self, number: int, tensor: Tensor) -> bool:
        """Whether a tensor of the forward pass is read by the backward pass."""
        return number not in self.tensors and any(self.reads(use) for use in tensor.uses)

    def reads(self, use: Use) -> bool:
        return use.feeds in self.tensors if use.feeds >= 0 else use.site in self.sites


def backward_of(outline: Outline, trains: bool) -> Backward:
    """
    The backward pass, by the names that JAX gave to ops.

    In a program without such names, where it `trains` (returns updated state), all on which no other result depends.
    """
    sites = {number for number, site in enumerate(outline.sites) if is_marked(site.op)}
    feeders = _feeders(outline)
    tensors = {
        number
        for number, tensor in enumerate(outline.tensors)
        if tensor.maker is None and len(feeders.get(number, ())) > 1 and _marked_owner(tensor)
    }  # one that a single tensor feeds is this tensor, carried through a loop unchanged
    if sites or tensors:
        return _dependent(outline, sites, tensors)
    forward = _ancestors(outline) if trains else set()
    if not forward:
        return Backward()
    return _dependent(outline, set(range(len(outline.sites))) - forward, set())


def is_marked(op: Operation) -> bool:
    """Whether the name that JAX gave to an op says so; the names below it are those of Python's functions."""
    return isinstance(op.location, NameLoc) and MARK in op.location.desc.data


def _marked_owner(tensor: Tensor) -> bool:
    owner = tensor.values[0].owner
    return isinstance(owner, Operation) and is_marked(owner)


def _dependent(outline: Outline, sites: set[int], tensors: set[int]) -> Backward:
    """These, and everything made from what they make."""
    found = Backward(set(sites), set())
    todo = list(tensors)
    for site in sites:
        todo += outline.sites[site].results
    while todo:
        number = todo.pop()
        if number < 0 or number in found.tensors:
            continue
        found.tensors.add(number)
        for use in outline.tensors[number].uses:
            if use.feeds >= 0:
                if outline.tensors[use.feeds].argument < 0:
                    todo.append(use.feeds)
            elif use.site not in found.sites:
                found.sites.add(use.site)
                todo += outline.sites[use.site].results
    return found


def _ancestors(outline: Outline) -> set[int]:
    """Sites that results other than updated state depend on."""
    feeders = _feeders(outline)
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


def _feeders(outline: Outline) -> dict[int, list[int]]:
    """Tensor -> those that feed it; state, which is updated at the very end, is fed by nothing."""
    found: dict[int, list[int]] = {}
    for number, tensor in enumerate(outline.tensors):
        for use in tensor.uses:
            if use.feeds >= 0 and outline.tensors[use.feeds].argument < 0:
                found.setdefault(use.feeds, []).append(number)
    return found
