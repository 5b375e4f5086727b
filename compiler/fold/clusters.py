"""
Elementwise classes that are better partitioned as one.

Two levels: exact clusters lose nothing; connected ones are maximal, and a plan under them is an upper bound only.

**What exact clusters rest on.** Let S be elementwise ops of one shape such that one value x that costs anything to
move enters S, one op t of S is used outside, and every op of S lies on a way from x to t. Take any assignment of
layouts, and let l be the layout in S under which a device has fewest elements, say that of op m. Give all of S layout
l. No op computes more, no result is larger. Reshards: x goes to l, t from l to the layout that it had. Along the ways
from x to m and from m to t there were reshards that led from x's layout to l and from l to t's; they are gone, and by
the triangle inequality they cost at least as much, if

1. the cost of a reshard is a function of the two layouts times the bytes of the value, and direct is not dearer than
   by way of a third layout; a value may be resharded from any layout in which it is there already, so that what else
   uses x or t pays no more than before;
2. no value between x and t has fewer bytes than x or t: a chain goes from narrow to wide to narrow, and breaks where
   moving it in the middle would be cheaper, as at a convert to bf16 or at a predicate;
3. the time of an op is its own factor times the elements that a device has;
4. every op of S accepts every layout that another one has: partial sums pass linear ops only, so a linear op whose
   operand may be partial is not joined with one that needs the whole sum;
5. literals and broadcasts of scalars are made in any layout wherever they are used.

Scalars have one layout unless partial, and are joined wherever they meet.

With a second costly value entering S the claim is false: in y = a + b, z = y * c it can be best to move y, where a and
b lie in one layout and c and z's user in another. With a second use of a value inside S it is false too: that use may
have paid for the layout in which the rest of S is computed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from eggshard.fold.folding import Folding, Inside, Literal, Role
from eggshard.fold.sites import Site, Where, computed, producer_of, sites_of


@dataclass(frozen=True)
class Cluster:
    """
    Classes that get one layout in each block.

    `classes` are in program order; most clusters are a single class, of whatever kind. `inputs` are the roles of
    operands from outside, literals left out; `visible` the classes whose results are used outside.
    """

    classes: tuple[int, ...]
    family: int | None
    inputs: tuple[Role, ...]
    visible: tuple[int, ...]


def clusters(folding: Folding, *, exact: bool = True) -> list[Cluster]:
    """All op classes that depend on an argument, in clusters, in the order of their first classes."""
    sites = sites_of(folding)
    if exact:
        scalars = {c: site for c, site in sites.items() if not site.shape and not site.partial}
        order = [c for c in _in_order(folding, sites) if c not in scalars]
        groups = _Exact(sites).groups(order) + _joined(scalars)
    else:
        groups = _joined(sites)
    inside = {c for group in groups for c in group}
    groups += [[c.index] for c in computed(folding) if c.index not in inside]
    users = _users(folding)
    return [_cluster(folding, group, users) for group in sorted(map(sorted, groups))]


def _in_order(folding: Folding, sites: dict[int, Site]) -> list[int]:
    """Producers before the users that are in their block."""
    order = [c for family in folding.families for c in family.classes if c in sites]
    return order + [c for c in sites if folding.classes[c].family is None]


def _users(folding: Folding) -> dict[int, set[int]]:
    """Class -> the classes that use its results in the same block; -1 for any other use."""
    users: dict[int, set[int]] = defaultdict(set)
    for c in folding.classes:
        for role in c.operands:
            producer = producer_of(folding, c, role)
            if producer is not None:
                users[producer].add(c.index)
            elif isinstance(role, Inside):
                users[role.cls].add(-1)
    for family in folding.families:
        for index, _ in family.exits:
            users[index].add(-1)
    return users


def _cluster(folding: Folding, group: list[int], users: dict[int, set[int]]) -> Cluster:
    members = set(group)
    inputs: dict[Role, None] = {}
    for index in group:
        c = folding.classes[index]
        for role in c.operands:
            if not isinstance(role, Literal) and producer_of(folding, c, role) not in members:
                inputs[role] = None
    visible = tuple(index for index in group if not users[index] <= members)
    return Cluster(tuple(group), folding.classes[group[0]].family, tuple(inputs), visible)


# -- exact ----------------------------------------------------------------------------------------------------------


@dataclass
class _Group:
    """A cluster in the making: what enters it, its one class with uses outside, and its narrowest value inside."""

    classes: list[int]
    entries: dict[Where, int]
    exit: int
    narrowest: int


WIDEST = 1 << 30
"""More bits than any element has."""


class _Exact:
    """Joins each class with the groups above it, as long as one value enters and one leaves."""

    def __init__(self, sites: dict[int, Site]) -> None:
        self.sites = sites
        self.group_of: dict[int, _Group] = {}

    def groups(self, order: Iterable[int]) -> list[list[int]]:
        """The groups, once every class has been taken in, producers first."""
        for c in order:
            group = _Group([c], dict(self.sites[c].operands), c, WIDEST)
            self.group_of[c] = group
            while self._absorb(group):
                pass
        return [group.classes for c, group in self.group_of.items() if c == group.exit]

    def _absorb(self, group: _Group) -> bool:
        """Takes in the groups that end in what enters this one, if then a single value enters."""
        above = [g for g in (self._above(group, where) for where in group.entries) if g is not None]
        entries: dict[Where, int] = {}
        for where, width in group.entries.items():
            upper = next((g for g in above if g.exit == where), None)
            entries.update({where: width} if upper is None else upper.entries)
        narrowest = min([group.narrowest, *(min(g.narrowest, self.sites[g.exit].width) for g in above)])
        ends = max([self.sites[group.exit].width, *entries.values()])
        if not above or len(entries) > 1 or narrowest < ends:
            return False
        group.entries, group.narrowest = entries, narrowest
        for upper in above:
            group.classes += upper.classes
            for c in upper.classes:
                self.group_of[c] = group
        return True

    def _above(self, group: _Group, where: Where) -> _Group | None:
        """The group that makes an entry, if nothing but `group` uses it and both allow the same layouts."""
        if not isinstance(where, int) or where not in self.group_of:
            return None
        upper, site = self.group_of[where], self.sites[where]
        if upper.exit != where or site.visible or not site.users <= set(group.classes):
            return None
        return upper if _same_layouts(self.sites, site, group.classes, upper.classes) else None


def _same_layouts(sites: dict[int, Site], site: Site, *groups: Iterable[int]) -> bool:
    """Whether all classes of some groups have `site`'s shape, and accept the layouts that it may have."""
    members = [sites[c] for group in groups for c in group]
    if any(member.shape != site.shape or member.partial != site.partial for member in members):
        return False
    return not site.partial or all(member.scaling for member in members)


# -- connected --------------------------------------------------------------------------------------------------------


def _joined(sites: dict[int, Site]) -> list[list[int]]:
    """Classes of one shape, one width and one kind of layouts, joined wherever one uses another."""
    root: dict[int, int] = {c: c for c in sites}

    def find(c: int) -> int:
        while root[c] != c:
            root[c] = c = root[root[c]]
        return c

    for c, site in sites.items():
        for user in sorted(site.users & sites.keys()):
            other = sites[user]
            if (site.shape, site.width, site.partial) == (other.shape, other.width, other.partial):
                low, high = sorted((find(c), find(user)))
                root[high] = low
    groups: dict[int, list[int]] = defaultdict(list)
    for c in sites:
        groups[find(c)].append(c)
    return list(groups.values())
