"""The mesh as users write it."""

from __future__ import annotations

from collections.abc import Mapping

from eggshard.diagnostics import DiagnosticError
from eggshard.dialects.sharding.layout import Mesh as MeshValue


class Mesh:
    """
    Named axes with sizes, major to minor: `Mesh({"data": 4, "model": 2})`.

    Raises DiagnosticError for no axes, a repeated axis or a size below 1.
    """

    def __init__(self, axes: Mapping[str, int]):
        if not axes:
            raise DiagnosticError("mesh has no axes", hint='Mesh({"data": 4, "model": 2})')
        for name, size in axes.items():
            if not name or not isinstance(size, int) or size < 1:
                raise DiagnosticError(f'mesh axis "{name}" has size {size!r}, required a whole number of at least 1')
        self.axes = dict(axes)

    @property
    def value(self) -> MeshValue:
        """The mesh as the compiler's passes know it."""
        return MeshValue(tuple(self.axes.items()))

    @property
    def device_count(self) -> int:
        return self.value.device_count

    @staticmethod
    def parse(text: str) -> Mesh:
        """`data=4,model=2`."""
        axes: dict[str, int] = {}
        for part in text.split(","):
            name, equals, size = part.strip().partition("=")
            if not equals or not name or not size.strip().isdigit():
                said = f"'{part}' is no axis of a mesh, required NAME=SIZE"
                raise DiagnosticError(said, location="--mesh", hint="--mesh data=4,model=2")
            if name in axes:
                raise DiagnosticError(f'axis "{name}" occurs twice', location="--mesh")
            axes[name] = int(size)
        return Mesh(axes)

    def __str__(self) -> str:
        return ",".join(f"{name}={size}" for name, size in self.axes.items())

    def __repr__(self) -> str:
        return f"Mesh({self.axes})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mesh) and list(self.axes.items()) == list(other.axes.items())

    def __hash__(self) -> int:
        return hash(tuple(self.axes.items()))
