"""One op on its way to a device: what it reads and makes, before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute, Operation

from eggshard.dialects.sharding.layout import Axis, Layout, Partial, local_shape
from eggshard.partitioning.factors import Tiling
from eggshard.partitioning.local import Local, Tensor
from eggshard.rules.rule import Rule


@dataclass
class Site:
    """
    The op at the anchor of `local`.

    Its operands are local values already, laid out as `reads`; `operand_types` and `result_types` are those of the
    whole tensors. A handler emits local ops and returns the local results, or returns None after it has adjusted the
    op itself, whose results then only take their local types.
    """

    local: Local
    op: Operation
    rule: Rule
    tiling: Tiling
    reads: tuple[Layout, ...]
    makes: tuple[Layout, ...]
    operand_types: tuple[Attribute, ...]
    result_types: tuple[Attribute, ...]

    def operand_shape(self, index: int) -> tuple[int, ...]:
        """Shape of the whole operand."""
        kind = self.operand_types[index]
        assert isinstance(kind, TensorType)
        return kind.get_shape()

    def result_shape(self, index: int = 0) -> tuple[int, ...]:
        """Shape of the whole result."""
        kind = self.result_types[index]
        assert isinstance(kind, TensorType)
        return kind.get_shape()

    def local_type(self, index: int = 0) -> Tensor:
        """Type of the local result."""
        return localized(self.result_types[index], self.makes[index], self.local)

    def axes(self, factor: int) -> tuple[Axis, ...]:
        return self.tiling.get(factor, ())

    def padded(self, factor: int) -> bool:
        """Whether the last shards along `factor` hold elements that the whole tensor does not have."""
        return factor in self.tiling and self.rule.sizes[factor] % self.local.mesh.span(self.tiling[factor]) != 0

    def tile(self, factor: int) -> int:
        """Elements of one shard along `factor`."""
        return -(-self.rule.sizes[factor] // self.local.mesh.span(self.axes(factor)))

    def mask_operand(self, index: int, factors: Sequence[int], fill: bytes) -> None:
        """Replaces the padding of an operand along `factors` by `fill`."""
        for dim, dim_factors in enumerate(self.rule.operands[index]):
            for factor in dim_factors:
                if factor in factors and self.padded(factor):
                    value = self.op.operands[index]
                    masked = self.local.mask(value, dim, self.axes(factor), self.rule.sizes[factor], fill)
                    self.op.operands[index] = masked

    def partial_axes(self) -> tuple[Axis, ...]:
        """The axes along which the results are partial."""
        terms: tuple[Partial, ...] = self.makes[0].partial if self.makes else ()
        return tuple(term.axis for term in terms)


def localized(kind: Attribute, layout: Layout, local: Local) -> Tensor:
    """The type that one device holds of a tensor."""
    assert isinstance(kind, TensorType)
    return TensorType(kind.element_type, local_shape(kind.get_shape(), layout, local.mesh))
