"""Which e-nodes the plan takes."""

from __future__ import annotations

from eggshard.dialects.sharding.ops import ReshardOp
from eggshard.egraph.dump.classes import Classes


def mark(classes: Classes) -> None:
    """Every class that the plan makes: by an op, or by the collectives on the way from where the tensor is."""
    for tensor, found in enumerate(classes.outline.tensors):
        if found.result >= 0 or not classes.shown[tensor]:
            continue
        home = classes.search.decision.home[tensor]
        kept = -1 if home < 0 else classes.lies(home)
        if found.maker is None:
            classes.classes[tensor, kept].taken = 0
        there = [layout for (t, layout), members in classes.classes.items() if t == tensor and members.taken >= 0]
        if not there:
            continue  # made in other forms alone
        copies = [v for v, variable in enumerate(classes.search.decision.variables) if variable.copy]
        wanted = [kept, *(classes.lies(v) for v in copies if classes.search.decision.variables[v].tensor == tensor)]
        for use in found.uses:
            wanted.append(_read(classes, use.site, use.way, use.operand, use.feeds))
        for layout in wanted:
            if layout >= 0:
                _walk(classes, tensor, there, layout)


def _read(classes: Classes, site: int, way: int, operand: int, feeds: int) -> int:
    """The layout in which the plan reads a tensor there; -1 where it does not."""
    if feeds >= 0:
        return classes.lies(classes.search.decision.home[feeds])
    assert classes.choice is not None
    return int(classes.space.states(site).reads(way, operand)[classes.choice[classes.search.decision.of_site[site]]])


def _walk(classes: Classes, tensor: int, there: list[int], target: int) -> None:
    """Marks the cheapest way from layouts that the plan has to one that it reads."""
    kind = classes.kind(tensor)
    at = min(there, key=lambda layout: float(kind.seconds[layout, target]))
    while at != target:
        left = kind.seconds[at, target]
        steps = [
            kind.index[s.target]
            for s in kind.steps
            if kind.index[s.source] == at
            and kind.index[s.target] != at
            and kind.once[at, kind.index[s.target]] + kind.seconds[kind.index[s.target], target] <= left * (1 + 1e-9)
            and kind.seconds[kind.index[s.target], target] < left
        ]
        before, at = at, steps[0]
        members = classes.classes[tensor, at]
        if members.taken < 0:
            source = classes.classes[tensor, before].result
            members.taken = next(
                n
                for n, value in enumerate(members.values)
                if isinstance(value.owner, ReshardOp) and value.owner.input is source
            )
        there.append(at)
