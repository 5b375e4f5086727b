"""
A reshard as a chain of collectives, partial terms included.

Along a partial axis a tensor is sliced by a reduce_scatter. So the chain is found as if partial axes that the target
does not keep were replicated, and then its slices over them reduce.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from eggshard.dialects.sharding.axes import compatible, contains, digits, merged, subtract
from eggshard.dialects.sharding.layout import Axis, Dim, Layout, Mesh, Partial
from eggshard.partitioning.chain import Chain
from eggshard.partitioning.steps import AllReduce, AllSlice, AxesPerDim, MakePartial, ReduceScatter, Step


def decompose(
    source: Layout, target: Layout, mesh: Mesh, shape: tuple[int, ...] | None = None, even: bool = True
) -> list[Step]:
    """
    The collectives that take a tensor from `source` to `target`, in order; [] if nothing is to do.

    Both layouts are on `mesh`, or on meshes that differ in the order of devices only. `shape` is that of the whole
    tensor: if it is given and divides at both ends, it divides after every step (at worst by gathering before slicing).
    Without `even` the chain is Shardy's, which may need padding in between.
    An axis that is partial at both ends with the same kind stays so throughout. Openness and priorities are ignored,
    and so are axes of size 1.
    """
    source, target = _plain(source, mesh), _plain(target, mesh)
    kept, reduced = _common(source.partial, target.partial, mesh), _lost(source.partial, target.partial, mesh)
    steps = _Reducer(source, kept, reduced, mesh).convert(_whole_chain(source, target, mesh, shape, even))
    made = _lost(target.partial, source.partial, mesh)
    layout = steps[-1].layout if steps else replace(source, partial=kept)
    for kind in dict.fromkeys(partial.kind for partial in made):
        axes = merged((partial.axis for partial in made if partial.kind == kind), mesh)
        layout = replace(layout, partial=_canonical((*layout.partial, *(Partial(a, kind) for a in axes)), mesh))
        steps.append(MakePartial(layout, axes, kind))
    return steps


def _plain(layout: Layout, mesh: Mesh) -> Layout:
    """`layout` without axes of size 1, openness, priorities and replicated axes."""
    dims = tuple(Dim(tuple(a for a in axes if mesh.size(a) > 1)) for axes in layout.axes)
    partial = tuple(p for p in layout.partial if mesh.size(p.axis) > 1)
    return Layout(layout.mesh, dims, (), partial)


def _pieces(partials: Sequence[Partial], others: Sequence[Partial], mesh: Mesh) -> list[Partial]:
    """`partials` cut so that each piece lies inside or outside each of `others` that it has common digits with."""
    pieces: list[Partial] = []
    for axis, kind in partials:
        cut_by = [other.axis for other in others if compatible(axis, other.axis, mesh)]
        pieces += [Partial(piece, kind) for piece in digits([axis], cut_by, mesh)]
    return pieces


def _is_in(piece: Partial, partials: Sequence[Partial], mesh: Mesh) -> bool:
    return any(p.kind == piece.kind and contains(p.axis, piece.axis, mesh) for p in partials)


def _common(a: Sequence[Partial], b: Sequence[Partial], mesh: Mesh) -> tuple[Partial, ...]:
    """What is partial, with the same kind, in both."""
    return _canonical([piece for piece in _pieces(a, b, mesh) if _is_in(piece, b, mesh)], mesh)


def _lost(a: Sequence[Partial], b: Sequence[Partial], mesh: Mesh) -> tuple[Partial, ...]:
    """What is partial in `a` and not, with that kind, in `b`."""
    return _canonical([piece for piece in _pieces(a, b, mesh) if not _is_in(piece, b, mesh)], mesh)


def _canonical(partials: Sequence[Partial], mesh: Mesh) -> tuple[Partial, ...]:
    """In mesh order, pieces of one axis joined where kinds agree."""
    order = {name: i for i, (name, _) in enumerate(mesh.axes)}
    ranked = sorted(partials, key=lambda p: (order[p.axis.name], p.axis.pre))
    kinds = dict.fromkeys(p.kind for p in ranked)
    joined = [
        Partial(axis, kind) for kind in kinds for axis in merged((p.axis for p in ranked if p.kind == kind), mesh)
    ]
    return tuple(sorted(joined, key=lambda p: (order[p.axis.name], p.axis.pre)))


def _whole_chain(source: Layout, target: Layout, mesh: Mesh, shape: tuple[int, ...] | None, even: bool) -> list[Step]:
    """The chain of the dimensions; gathers and slices alone if the best chain cuts `shape` where both ends do not."""
    steps = Chain(source, target, mesh, shape).find()
    if shape is None or not even or all(_divides(shape, layout, mesh) for layout in (step.layout for step in steps)):
        return steps
    if _divides(shape, source, mesh) and _divides(shape, target, mesh):
        return Chain(source, target, mesh, shape).gather_and_slice()
    return steps


def _divides(shape: tuple[int, ...], layout: Layout, mesh: Mesh) -> bool:
    return not any(size % mesh.span(axes) for size, axes in zip(shape, layout.axes, strict=True))


class _Reducer:
    """Turns a chain for dimensions into one for partial terms too: `kept` stay partial, `left` are combined."""

    def __init__(self, source: Layout, kept: tuple[Partial, ...], reduced: tuple[Partial, ...], mesh: Mesh) -> None:
        self.mesh = mesh
        self.mesh_name = source.mesh
        self.axes = [list(axes) for axes in source.axes]
        self.kept = kept
        self.left = reduced
        self.steps: list[Step] = []

    def convert(self, chain: list[Step]) -> list[Step]:
        """Terms are combined where the chain slices over their axis, else after its slices, before anything is sent."""
        if chain and isinstance(chain[0], AllSlice):
            self._slice(chain[0].axes)
            chain = chain[1:]
        self._all_reduce(self.left)
        return self.steps + [replace(step, layout=replace(step.layout, partial=self.kept)) for step in chain]

    def _slice(self, axes: AxesPerDim) -> None:
        sliced = [axis for dim_axes in axes for axis in dim_axes]
        self._all_reduce([p for p in self.left if not all(compatible(p.axis, axis, self.mesh) for axis in sliced)])
        for turn, kind in _turns(axes, self.left, self.mesh):
            for dim, more in enumerate(turn):
                self.axes[dim] += more
            if kind is None:
                self.steps.append(AllSlice(self._layout(), turn))
                continue
            over = [axis for dim_axes in turn for axis in dim_axes]
            self.left = tuple(Partial(a, p.kind) for p in self.left for a in subtract([p.axis], over, self.mesh))
            self.steps.append(ReduceScatter(self._layout(), turn, kind))

    def _all_reduce(self, partials: Sequence[Partial]) -> None:
        for kind in dict.fromkeys(p.kind for p in partials):
            reduced = [p for p in partials if p.kind == kind]
            self.left = tuple(p for p in self.left if p not in reduced)
            self.steps.append(AllReduce(self._layout(), merged((p.axis for p in reduced), self.mesh), kind))

    def _layout(self) -> Layout:
        axes = tuple(merged(dim_axes, self.mesh) for dim_axes in self.axes)
        return Layout.of(self.mesh_name, axes, _canonical((*self.kept, *self.left), self.mesh))


def _turns(axes: AxesPerDim, partial: Sequence[Partial], mesh: Mesh) -> list[tuple[AxesPerDim, str | None]]:
    """
    The slices of one step in turns: those that only slice (kind None) and those that reduce, a turn per kind.

    Within a dimension the order of axes is that of the slices, so a turn takes the leading axes of every dimension.
    """
    cut_by = [p.axis for p in partial]
    rest = [list(digits(dim_axes, cut_by, mesh)) for dim_axes in axes]
    turns: list[tuple[AxesPerDim, str | None]] = []
    kinds = [None, *dict.fromkeys(p.kind for p in partial)]
    while any(rest):
        for kind in kinds:
            taken: list[tuple[Axis, ...]] = []
            for dim_axes in rest:
                count = 0
                while count < len(dim_axes) and _kind(dim_axes[count], partial, mesh) == kind:
                    count += 1
                taken.append(merged(dim_axes[:count], mesh))
                del dim_axes[:count]
            if any(taken):
                turns.append((tuple(taken), kind))
    return turns


def _kind(axis: Axis, partial: Sequence[Partial], mesh: Mesh) -> str | None:
    return next((p.kind for p in partial if contains(p.axis, axis, mesh)), None)
