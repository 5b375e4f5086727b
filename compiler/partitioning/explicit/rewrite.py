"""One op, brought onto axes of its factors."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import Operation, SSAValue
from xdsl.rewriter import InsertPoint, Rewriter

from eggshard.dialects.sdy import AllReduceOp, AxisRefListAttr, to_sharding
from eggshard.dialects.sharding import ReshardOp, layout_of, set_layout
from eggshard.dialects.sharding.axes import merged, subtract
from eggshard.dialects.sharding.checks import rank_of
from eggshard.dialects.sharding.layout import Layout, Mesh
from eggshard.partitioning.explicit.partial import inserted
from eggshard.propagation.prefixes import Axes
from eggshard.propagation.projection import FactorAxes, Projection, to_layout
from eggshard.rules.rule import FactorDims, Rule


class OpRewriter:
    """
    Lays out one op, with reshards around it where that is a change.

    `layouts` are those of the operands and the results, `tensors` their view from the factors.
    """

    def __init__(
        self,
        op: Operation,
        rule: Rule,
        layouts: Sequence[Layout | None],
        tensors: Sequence[Projection],
        mesh_name: str,
        meshes: dict[str, Mesh],
    ) -> None:
        self.op = op
        self.rule = rule
        self.layouts = layouts
        self.tensors = tensors
        self.mesh_name = mesh_name
        self.mesh = meshes[mesh_name]
        self.meshes = meshes

    def lay_out(self, axes: Sequence[Axes]) -> None:
        """Tiles every factor by its entry in `axes`."""
        count = len(self.op.operands)
        for index in range(count):
            if self.changes(index, axes, self.rule.operands[index]):
                operand, new = self.op.operands[index], self.layout(index, self.rule.operands[index])
                before = layout_of(operand) or Layout.replicate(new.mesh, new.rank)
                point = InsertPoint.before(self.op)
                self.op.operands[index] = inserted(ReshardOp(operand, before, new), point)
        after = self.op
        for index in range(len(self.op.results)):
            if self.changes(count + index, axes, self.rule.results[index]):
                after = self.move_result(index, after)
        self.all_reduce(axes)

    def move_result(self, index: int, after: Operation) -> Operation:
        """Makes a result as its factors are tiled by now, and moves it from there to its layout."""
        result = self.op.results[index]
        new = self.layout(len(self.op.operands) + index, self.rule.results[index])
        old = layout_of(result) or Layout.replicate(new.mesh, new.rank)
        reshard = self.insert_on(result, ReshardOp(result, new, old), after)
        set_layout(result, new)
        return reshard

    def tile_result(self, factor: int, axes: Axes) -> None:
        """Tiles the only result's `factor` by `axes`."""
        self.tensors[-1].factors[factor].axes = axes
        self.move_result(0, self.op)

    def keep_partial(self) -> None:
        """Sums only where the results say that they are partial, along the axes that operands have."""
        first = layout_of(self.op.results[0])
        if first is not None and first.partial:
            operands = self.tensors[: len(self.op.operands)]
            self.all_reduce(
                [
                    next((tensor.factors[factor].axes for tensor in operands if factor in tensor.factors), ())
                    for factor in range(len(self.rule.sizes))
                ]
            )

    def changes(self, place: int, axes: Sequence[Axes], dims: FactorDims) -> bool:
        """Gives a tensor the common axes; whether that, or the order of devices, is another one than it has."""
        changed = False
        factors = self.tensors[place].factors
        for factor in (factor for dim in dims for factor in dim):
            tiling = factors.get(factor, FactorAxes((), True))
            if factor not in factors or tiling.axes != axes[factor] or tiling.overflow:
                factors[factor] = FactorAxes(axes[factor], tiling.closed, tiling.minor)
                changed = True
        layout = self.layouts[place]
        if layout is not None and any(layout.axes):
            changed = changed or self.meshes[layout.mesh].device_ids != self.mesh.device_ids
        return changed

    def layout(self, place: int, dims: FactorDims) -> Layout:
        return to_layout(self.tensors[place], dims, self.rule.sizes, self.mesh_name, self.mesh)

    def insert_on(self, result: SSAValue, new: Operation, after: Operation) -> Operation:
        """Puts `new`, which reads `result`, behind `after`, between `result` and its other uses."""
        Rewriter.insert_op(new, InsertPoint.after(after))
        result.replace_uses_with_if(new.results[0], lambda use: use.operation is not new)
        return new

    def all_reduce(self, axes_of: Sequence[Axes]) -> None:
        """Sums over the axes of reduction factors that the results do not keep partial."""
        over = [axis for factor in sorted(self.rule.reduction) for axis in axes_of[factor]]
        first = layout_of(self.op.results[0])
        kept = [partial.axis for partial in first.partial] if first is not None else []
        order = {name: position for position, (name, _) in enumerate(self.mesh.axes)}
        left = sorted(subtract(over, kept, self.mesh), key=lambda axis: (order[axis.name], axis.pre))
        axes = merged(left, self.mesh)
        after = self.op
        for result in self.op.results if axes else ():
            layout = layout_of(result) or Layout.replicate(self.mesh_name, rank_of(result.type) or 0)
            after = self.insert_on(result, AllReduceOp(result, AxisRefListAttr(axes), to_sharding(layout)), after)
