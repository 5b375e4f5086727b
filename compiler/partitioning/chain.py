"""
The chain of collectives between two layouts that have no partial terms.

The order follows from what a collective costs: slices first, for they send nothing and make everything after them
smaller; then at most one collective permute, which sends each share once; then all_to_alls, which keep the share's
size; gathers last. Where several chains do, the choice is that of Shardy's `reshard-to-collectives`, so that both agree
step by step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import combinations
from math import gcd

from eggshard.dialects.sharding.axes import compatible, digits, interval, merged, part
from eggshard.dialects.sharding.layout import Axis, Layout, Mesh
from eggshard.partitioning.steps import AllGather, AllSlice, AllToAll, AxesPerDim, CollectivePermute, Move, Step

Lists = list[list[Axis]]


class Chain:
    """
    The way from `source` to `target`, as far as it has been found; `steps` holds it.

    Per dimension the current axes are `done + have`: `done` agrees with the target, `have` does not and must go, `want`
    is what the target has after `done`. All three consist of digits: two of them are equal or disjoint. The chain is
    complete when `have` and `want` are empty.
    """

    def __init__(self, source: Layout, target: Layout, mesh: Mesh, shape: tuple[int, ...] | None = None) -> None:
        """`shape` is that of the whole tensor; without it every dimension is taken to divide by any axes."""
        self.mesh = mesh
        self.shape = shape
        self.mesh_name = source.mesh
        self.target_name = target.mesh
        self.rank = source.rank
        self.steps: list[Step] = []
        cut_by = [axis for layout in (source, target) for axes in layout.axes for axis in axes]
        # "x":(1)2 and "x":(1)3 have no common digits: such layouts share at most whole entries.
        self.aligned = all(compatible(a, b, mesh) for a, b in combinations(cut_by, 2))
        cut_by = cut_by if self.aligned else []
        self.have: Lists = [list(digits(axes, cut_by, mesh)) for axes in source.axes]
        self.want: Lists = [list(digits(axes, cut_by, mesh)) for axes in target.axes]
        self.done: Lists = [[] for _ in self.have]
        for done, have, want in zip(self.done, self.have, self.want, strict=True):
            while have and want and have[0] == want[0]:
                done.append(have.pop(0))
                want.pop(0)
        self._index_wants()

    def find(self) -> list[Step]:
        """
        Completes the chain.

        Two rounds do if of any two axis sizes one divides the other; else what is left is gathered and sliced.
        """
        for _ in range(2 if self.aligned else 0):
            if self._complete():
                break
            self._slice()
            self._permute()
            self._exchange(in_order=True)
            self._exchange(in_order=False)
            self._gather(lambda axis: axis not in self.wanted)
        return self.steps if self._complete() else self.gather_and_slice()

    def gather_and_slice(self) -> list[Step]:
        """Completes the chain so that no dimension is ever cut into more shards than at one of its ends."""
        self._gather(lambda axis: True)
        if self.mesh_name != self.target_name:
            self.mesh_name = self.target_name
            self.steps.append(CollectivePermute(self._layout()))
        if any(self.want):
            wanted, self.want = self.want, [[] for _ in self.want]
            for done, want in zip(self.done, wanted, strict=True):
                done += want
            self.steps.append(AllSlice(self._layout(), self._merged(wanted)))
        return self.steps

    # What the state means.

    def _complete(self) -> bool:
        return self.mesh_name == self.target_name and not any(self.have) and not any(self.want)

    def _held(self) -> set[Axis]:
        return {axis for have in self.have for axis in have}

    def _index_wants(self) -> None:
        self.wanted = {axis: (dim, i) for dim, want in enumerate(self.want) for i, axis in enumerate(want)}

    def _layout(self) -> Layout:
        axes = zip(self.done, self.have, strict=True)
        return Layout.of(self.mesh_name, tuple(merged(done + have, self.mesh) for done, have in axes))

    def _merged(self, lists: Iterable[list[Axis]]) -> AxesPerDim:
        return tuple(merged(axes, self.mesh) for axes in lists)

    def _counts(self) -> list[int]:
        """How many shards each dimension has now."""
        return [self._span(done + have) for done, have in zip(self.done, self.have, strict=True)]

    def _span(self, axes: Iterable[Axis]) -> int:
        return self.mesh.span(tuple(axes))

    def _fit(self, axis: Axis, room: int) -> tuple[Axis, Axis | None, int] | None:
        """
        The major part of `axis` that fits into `room` shards, what is left of it, and the room left.

        None if there is no room, or if neither of size and room divides the other.
        """
        size = self.mesh.size(axis)
        if room <= 1 or (size % room and room % size):
            return None
        if room >= size:
            return axis, None, room // size
        start, end = interval(axis, self.mesh)
        middle = start * room
        return part(axis.name, start, middle, self.mesh), part(axis.name, middle, end, self.mesh), 1

    def _spread(self, available: list[Axis], dims: Iterable[int], room: list[int], to_front: bool) -> Lists:
        """
        Takes from `available` what fits into the room of `dims`, into `have`; returns what each dimension got.

        An axis too large is split; its rest goes back to the front of `available`.
        """
        got: Lists = [[] for _ in room]
        split: list[Axis] = []
        for dim in dims:
            for axis in tuple(available):
                fit = self._fit(axis, room[dim])
                if fit is None:
                    continue
                taken, rest, room[dim] = fit
                available.remove(axis)
                got[dim].append(taken)
                if rest is not None:
                    available.insert(0, rest)
                    split.append(taken)
            self.have[dim] = got[dim] + self.have[dim] if to_front else self.have[dim] + got[dim]
        self.want = [list(digits(want, split, self.mesh)) for want in self.want]
        return got

    # 1. all_slice

    def _slice(self) -> None:
        """
        Slices over axes that the target wants and the source lacks.

        Each dimension has room for as many more shards as the target has there; an axis is sliced where the target
        wants it if there is room, else where there is, to be moved later.
        """
        room = [
            self._span(want) // gcd(self._span(have), self._span(want))
            for have, want in zip(self.have, self.want, strict=True)
        ]
        sliced: Lists = [[] for _ in self.have]
        for dim in range(self.rank):
            for axis in self._ahead(dim, room):
                self.have[dim].append(axis)
                sliced[dim].append(axis)
        left: list[Axis] = []
        held = self._held()
        for dim in range(self.rank):
            left += self._slice_in_place(dim, held, room, sliced[dim])
        for axes, more in zip(sliced, self._spread(left, range(self.rank), room, to_front=False), strict=True):
            axes += more
        self._index_wants()
        if any(sliced):
            self.steps.append(AllSlice(self._layout(), self._merged(sliced)))

    def _slice_in_place(self, dim: int, held: set[Axis], room: list[int], sliced: list[Axis]) -> list[Axis]:
        """Slices `dim` over wanted axes that are free, into `sliced`, while there is room; returns those left over."""
        kept: list[Axis] = []
        left: list[Axis] = []
        for axis in self.want[dim]:
            if axis in held:
                kept.append(axis)
                continue
            fit = self._fit(axis, room[dim])
            if fit is None:
                kept.append(axis)
                left.append(axis)
                continue
            taken, rest, room[dim] = fit
            sliced.append(taken)
            if kept or self.have[dim]:
                held.add(taken)
                self.have[dim].append(taken)
                kept.append(taken)
            else:
                self.done[dim].append(taken)
            if rest is not None:
                kept.append(rest)
                left.append(rest)
        self.want[dim] = kept
        return left

    def _ahead(self, dim: int, room: list[int]) -> list[Axis]:
        """
        Axes to slice on `dim` although another dimension wants them, since axes of `dim` move there anyway.

        [{"x"}, {}] to [{}, {"x", "y"}]: slicing "y" on the first dimension lets one all_to_all bring both in order,
        where slicing it on the second needs a permute. Only if `dim` gives all its misplaced axes and takes none, the
        other dimension holds no misplaced axis, the axes to move are in order, and the tensor's dimension divides.
        """
        have = self.have[dim]
        if not have or self.want[dim] or have[-1] not in self.wanted:
            return []
        there = self.wanted[have[-1]][0]
        want, held = self.want[there], self._held()
        start = want.index(have[-1]) + 1
        if self.have[there] or start == len(want) or want[start] in held:
            return []
        common = 0
        while common < min(len(have), start) and have[-1 - common] == want[start - 1 - common]:
            common += 1
        if any(self.wanted.get(axis, (None, 0))[0] == there for axis in have[: len(have) - common]):
            return []
        end = start
        while end < len(want) and want[end] not in held:
            end += 1
        added = want[start:end]
        if self.shape is not None and self.shape[dim] % self._span(self.done[dim] + have + added):
            return []
        room[there] //= self._span(have[len(have) - common :] + added)
        return added

    # 2. collective_permute

    def _permute(self) -> None:
        """Replaces misplaced axes by wanted ones where that saves an all_to_all or puts axes in order for one."""
        if self._permute_helps():
            saved = [[list(axes) for axes in lists] for lists in (self.done, self.have, self.want)]
            counts = self._counts()
            self._exchange_names()
            if self._counts() != counts:
                # Sizes that do not divide one another left a gap, so this is no permutation.
                self.done, self.have, self.want = saved
                self._index_wants()
                return
        elif self.mesh_name == self.target_name:
            return
        self.mesh_name = self.target_name
        self.steps.append(CollectivePermute(self._layout()))

    def _permute_helps(self) -> bool:
        held = self._held()
        leaving: Axis | None = None
        missing: Axis | None = None
        for dim, (have, want) in enumerate(zip(self.have, self.want, strict=True)):
            if have and want and self._divides(have[0], want[0]):
                return True
            missing = next((axis for axis in reversed(want) if axis not in held), missing)
            seen: set[int] = set()
            last: tuple[int, int] | None = None
            for axis in have:
                place = self.wanted.get(axis)
                if place is not None:
                    follows = last is not None and place == (last[0], last[1] + 1)
                    if (place[0] == dim or place[0] in seen) and not follows:
                        return True
                    seen.add(place[0])
                elif last is not None and not want:
                    return True
                else:
                    leaving = axis
                last = place
        return leaving is not None and missing is not None and self._divides(leaving, missing)

    def _divides(self, a: Axis, b: Axis) -> bool:
        small, large = sorted((self.mesh.size(a), self.mesh.size(b)))
        return large % small == 0

    def _exchange_names(self) -> None:
        """
        Gives every dimension as many shards as it has, over axes as near to the target as possible.

        First wanted axes in their places, then wanted axes anywhere at the minor end (an all_to_all moves them on),
        then axes that will be gathered at the major end, where they were if possible.
        """
        room = [self._span(have) for have in self.have]
        missing: list[Axis] = []
        leaving: Lists = []
        for dim, (have, want, done) in enumerate(zip(self.have, self.want, self.done, strict=True)):
            before = room[dim]
            while want and (fit := self._fit(want[0], room[dim])) is not None:
                taken, rest, room[dim] = fit
                done.append(taken)
                want[:1] = [] if rest is None else [rest]
            missing += want
            leaving.append(self._behind([a for a in have if a not in self.wanted], before // room[dim]))
        self.have = [[] for _ in self.have]
        self._spread(missing, range(self.rank), room, to_front=False)
        for dim, axes in enumerate(leaving):
            self._spread(axes, [dim], room, to_front=True)
        self._spread([axis for axes in leaving for axis in axes], range(self.rank), room, to_front=True)
        self._index_wants()

    def _behind(self, axes: list[Axis], replaced: int) -> list[Axis]:
        """`axes` with the major part of size `replaced`, whose place is taken, behind the rest."""
        axes, front = list(axes), []
        while axes and (fit := self._fit(axes[0], replaced)) is not None:
            taken, rest, replaced = fit
            front.append(taken)
            axes[:1] = [] if rest is None else [rest]
        return axes + front

    # 3. all_to_all

    def _exchange(self, in_order: bool) -> None:
        """Moves axes from the minor end of a dimension to where they are wanted (`in_order`: if they fit at once)."""
        for dim in range(self.rank):
            while (move := self._move(dim, in_order)) is not None:
                self.steps.append(AllToAll(self._layout(), (move,)))

    def _move(self, source: int, in_order: bool) -> Move | None:
        have = self.have[source]
        if not have or have[-1] not in self.wanted:
            return None
        target = self.wanted[have[-1]][0]
        count = 0
        while count < len(have) and self.wanted.get(have[-1 - count], (None, 0))[0] == target:
            count += 1
        axes = have[len(have) - count :]
        if target == source or (in_order and axes != self.want[target][:count]):
            return None
        del have[len(have) - count :]
        for axis in axes:
            if not self.have[target] and self.want[target][0] == axis:
                self.done[target].append(self.want[target].pop(0))
            else:
                self.have[target].append(axis)
        return Move(merged(axes, self.mesh), source, target)

    # 4. all_gather

    def _gather(self, goes: Callable[[Axis], bool]) -> None:
        """Gathers the minor axes of each dimension for which `goes` holds."""
        gathered: Lists = []
        for have in self.have:
            keep = len(have)
            while keep and goes(have[keep - 1]):
                keep -= 1
            gathered.append(have[keep:])
            del have[keep:]
        if any(gathered):
            self.steps.append(AllGather(self._layout(), self._merged(gathered)))
