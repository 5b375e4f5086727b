"""Random meshes and shardings in Shardy's syntax."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

Shape = tuple[int, ...]

AXIS_NAMES = "abcd"


@dataclass(frozen=True)
class Habits:
    """How often a random sharding has each feature."""

    open: float = 0.5
    priority: float = 0.0
    sub_axis: float = 0.15
    replicated: float = 0.08


class Layouts:
    """Shardings over one random mesh of one to four axes."""

    def __init__(self, random: Random, habits: Habits) -> None:
        self.random = random
        self.habits = habits
        count = random.choice((1, 2, 2, 2, 3, 3, 4))
        self.sizes = {AXIS_NAMES[i]: random.choice((2, 2, 2, 2, 3, 4, 4, 4, 6, 8, 12)) for i in range(count)}

    def mesh(self) -> str:
        axes = ", ".join(f'"{name}"={size}' for name, size in self.sizes.items())
        return f"sdy.mesh @mesh = <[{axes}]>"

    def sharding(self, shape: Shape, open: bool | None = None) -> str:
        """`<@mesh, [{"a"}, {?}], replicated={"b"}>` for a tensor of that shape; axes mostly fit the dimensions."""
        free = self._pieces()
        dims = [self._dim(size, free, open) for size in shape]
        replicated = [axis for axis in free if self.random.random() < self.habits.replicated]
        tail = f", replicated={{{', '.join(self._sorted(replicated))}}}" if replicated else ""
        return f"<@mesh, [{', '.join(dims)}]{tail}>"

    def _pieces(self) -> list[str]:
        """Every axis once, whole or as one of its parts, in random order."""
        pieces = []
        for name, size in self.sizes.items():
            parts = [f'"{name}":({pre}){part}' for pre, part in _parts(size)]
            sub = parts and self.random.random() < self.habits.sub_axis
            pieces.append(self.random.choice(parts) if sub else f'"{name}"')
        self.random.shuffle(pieces)
        return pieces

    def _dim(self, size: int, free: list[str], open: bool | None) -> str:
        axes: list[str] = []
        span = 1
        while free and self.random.random() < (0.45 if not axes else 0.2):
            axis = free[-1]
            fits = size % (span * self._size(axis)) == 0
            if not fits and self.random.random() < 0.9:
                self.random.shuffle(free)
                break
            axes.append(free.pop())
            span *= self._size(axis)
        is_open = self.random.random() < self.habits.open if open is None else open
        inner = ", ".join([*axes, *(["?"] if is_open else [])])
        priority = ""
        if (axes or is_open) and self.random.random() < self.habits.priority:
            priority = f"p{self.random.choice((0, 1, 1, 2, 3))}"
        return f"{{{inner}}}{priority}"

    def _size(self, axis: str) -> int:
        return int(axis.rsplit(")", 1)[1]) if ")" in axis else self.sizes[axis.strip('"')]

    def _sorted(self, axes: list[str]) -> list[str]:
        return sorted(axes, key=lambda axis: list(self.sizes).index(axis[1]))


def _parts(size: int) -> list[tuple[int, int]]:
    """(pre, size) of every proper part of an axis."""
    return [
        (pre, part)
        for pre in range(1, size)
        for part in range(2, size)
        if size % (pre * part) == 0 and not (pre == 1 and part == size)
    ]
