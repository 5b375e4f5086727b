"""Between Shardy's shardings and our layouts: the same thing, but that a layout names its mesh and a kind per axis."""

from __future__ import annotations

from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.sdy.values import Sharding
from eggshard.dialects.sharding.layout import Layout, Mesh, Partial

KINDS = ("sum", "max", "min")
"""The reductions that Shardy can write."""


def to_layout(sharding: Sharding) -> Layout:
    """The layout that `sharding` describes; its mesh must be a name (`import-sdy` lifts meshes written in place)."""
    assert not isinstance(sharding.mesh, Mesh), "a mesh written in place has no name"
    partial = tuple(Partial(axis, sharding.kind) for axis in sharding.unreduced)
    return Layout(sharding.mesh, sharding.dims, sharding.replicated, partial)


def to_sharding(layout: Layout) -> Sharding:
    """The inverse of `to_layout`; VerifyException if the partial terms combine in ways that Shardy cannot write."""
    kinds = dict.fromkeys(partial.kind for partial in layout.partial) or {"sum": None}
    kind = next(iter(kinds))
    if len(kinds) > 1 or kind not in KINDS:
        raise VerifyException(
            f"layout has partial terms of kind {' and '.join(kinds)}; Shardy writes one of {', '.join(KINDS)}"
        )
    unreduced = tuple(partial.axis for partial in layout.partial)
    return Sharding(layout.mesh, layout.dims, layout.replicated, unreduced, kind)
