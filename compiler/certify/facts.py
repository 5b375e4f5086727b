"""
What a checker knows of a value of the per-device program.

A claim says: there are terms t_0, t_1, .. that together (by `kind`) make the tensor T of the whole program, and device
d holds a window of t_(label d). A claim without labels has one term, T itself. A window begins at an
offset of its own on each device, and may reach beyond the tensor.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute

from eggshard.certify.terms import Term

Ints = tuple[int, ...]
"""One integer per device."""

NOWHERE = 1 << 60
"""Offset of a window that holds no element of the tensor."""
NEUTRAL = -1
"""Label of a device that holds what changes nothing."""


class Window(NamedTuple):
    """
    `size` positions of a dimension, from `offsets` on; offsets are None where the term is constant along the dimension.

    `fill` is what stands at positions beyond the tensor, whatever the other dimensions' positions; None if unknown.
    """

    size: int
    offsets: Ints | None
    fill: Term | None = None

    def covers(self, size: int) -> bool:
        """Whether every device holds the whole dimension and no more."""
        return self.size == size and (self.offsets is None or not any(self.offsets))

    def inside(self, size: int) -> bool:
        """Whether no device reaches beyond the tensor."""
        return self.offsets is None or all(0 <= at and at + self.size <= size for at in self.offsets)


class Labels(NamedTuple):
    """Which term each device holds, and how terms combine. There are `terms` of them."""

    kind: str
    of: Ints
    terms: int


class Claim(NamedTuple):
    term: Term
    windows: tuple[Window, ...]
    labels: Labels | None = None


class Affine(NamedTuple):
    """An integer tensor: base of the device + sum of stride x index over the dimensions."""

    bases: Ints
    strides: Ints


class Box(NamedTuple):
    """A boolean tensor: true on devices that are `on`, where each dimension's index lies in that device's interval."""

    on: tuple[bool, ...]
    intervals: tuple[tuple[tuple[int, int], ...] | None, ...]


class Places(NamedTuple):
    """
    Positions that the program computes, as a device sees them: the whole program's positions, clamped to
    [0, limit] if there is a limit, less the device's own `bases`, column by column along dimension `dim`.

    `claim` is of the whole program's positions.
    """

    claim: Claim
    dim: int | None
    columns: tuple[tuple[Ints | None, int | None], ...]


@dataclass(frozen=True)
class Fact:
    """Everything known of a value; several claims may hold at once. `scalar` is the number that all elements are."""

    claims: tuple[Claim, ...] = ()
    scalar: tuple[Term, Labels | None] | None = None
    affine: Affine | None = None
    box: Box | None = None
    extra: object = None

    @property
    def is_known(self) -> bool:
        return bool(self.claims or self.scalar or self.affine or self.box or self.extra)


UNKNOWN = Fact()


class Unknown(Exception):
    """Why nothing follows."""


def need(condition: object, why: str | Callable[[], str]) -> None:
    if not condition:
        raise Unknown(why if isinstance(why, str) else why())


def claims_of(fact: Fact, term: Term, kind: Attribute) -> list[Claim]:
    """The claims by which a local value of this type stands for `term`."""
    if not isinstance(kind, TensorType) or not isinstance(term.type, TensorType):
        return []
    shape = kind.get_shape()
    if len(shape) != len(term.shape) or kind.element_type != term.type.element_type:
        return []
    found = [claim for claim in fact.claims if claim.term is term]
    if not found and fact.scalar is not None and term.scalar is fact.scalar[0]:
        return [Claim(term, tuple(Window(size, None) for size in shape), fact.scalar[1])]
    if not found and fact.affine is not None and term.iota is not None:
        bases, strides = fact.affine
        if strides == tuple(int(dim == term.iota) for dim in range(len(shape))):
            windows = tuple(Window(n, bases if dim == term.iota else None) for dim, n in enumerate(shape))
            return [Claim(term, windows)]
    return found


def settle(claim: Claim) -> Claim:
    """Dimensions without offsets that are whole get offset 0; fills beyond nothing are forgotten."""
    windows = []
    for window, size in zip(claim.windows, claim.term.shape, strict=True):
        windows.append(window._replace(fill=None) if window.fill and window.inside(size) else window)
    return claim._replace(windows=tuple(windows))


def fixed(claim: Claim, dim: int) -> Window:
    """The window with offsets; a dimension along which the term is constant must be whole."""
    window = claim.windows[dim]
    if window.offsets is None:
        need(window.size == claim.term.shape[dim], lambda: f"where dimension {dim} lies is not known")
    return window


def unify(windows: Sequence[Window]) -> Window:
    """The window that all agree on; fills are forgotten where they differ."""
    known = [window for window in windows if window.offsets is not None]
    if not known:
        return windows[0]._replace(fill=None)
    first = known[0]
    need(all(w.offsets == first.offsets for w in known), "its operands hold different parts of the dimension")
    return first._replace(fill=None)


def join_labels(a: Labels, b: Labels) -> Labels:
    """Terms of a + terms of b, where devices can be numbered alike."""
    need(a.kind == b.kind, "its operands are partial in different ways")
    if a == b:
        return a
    for one, other in ((a, b), (b, a)):
        on = {other.of[d] for d, label in enumerate(one.of) if label == 0}
        alone = set(one.of) <= {0, NEUTRAL} and one.terms == 1
        if alone and len(on) == 1 and NEUTRAL not in on:
            (label,) = on
            if all(one.of[d] == 0 for d, mine in enumerate(other.of) if mine == label):
                return other
    raise Unknown("its operands are sums of different terms")


def canonical(labels: Sequence[object], kind: str) -> Labels | None:
    """Labels from anything that tells terms apart; None where there is one term."""
    numbers: dict[object, int] = {}
    of = tuple(NEUTRAL if x == NEUTRAL else numbers.setdefault(x, len(numbers)) for x in labels)
    return None if len(numbers) == 1 and NEUTRAL not in of else Labels(kind, of, len(numbers))
