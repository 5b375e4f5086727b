"""What a device's memory holds when it holds most."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation, OpResult

from eggshard.annotation import linked
from eggshard.choose.problem import Ints, Problem
from eggshard.dialects.sharding.layout import Mesh
from eggshard.egraph.codes import layout_of_code
from eggshard.partitioning.program import main_function, source_line
from eggshard.planning.apply import way_of
from eggshard.planning.backward import backward_of
from eggshard.planning.outline import Outline, Tensor
from eggshard.planning.strategies import Space, key_of
from eggshard.planning.variables import Decision
from eggshard.plans import Peak, Share
from eggshard.plans.parts import CATEGORIES
from eggshard.report.layouts import layout_notation, port_names

NAMED = 24
"""How many of the largest tensors are named."""
OPTIMIZER = re.compile(r"opt|opt_?state|optim.*|.*adam.*|mu|nu|moment.*|velocity|trace", re.IGNORECASE)
PARAMETERS = re.compile(r".*(param|weight|variable).*|.*_stats|model", re.IGNORECASE)
"""Keys of paths that say what an argument is."""


def usage_by_step(problem: Problem, choice: Ints) -> Ints:
    """Bytes that a choice holds at each step."""
    used = problem.usages[problem.offsets[:-1] + choice]
    change = np.zeros(int(problem.intervals.max(initial=0)) + 1, np.int64)
    live = problem.intervals[:, 0] < problem.intervals[:, 1]
    np.add.at(change, problem.intervals[live, 0], used[live])
    np.subtract.at(change, problem.intervals[live, 1], used[live])
    usage: Ints = change.cumsum()
    return usage


def peak_of(
    module: ModuleOp, outline: Outline, space: Space, decision: Decision, problem: Problem, choice: Ints, mesh: Mesh
) -> Peak:
    """The peak of a choice and what makes it up; `module` is the program before it is rewritten."""
    usage = usage_by_step(problem, choice)
    step = int(usage.argmax())
    used = problem.usages[problem.offsets[:-1] + choice]
    live = (problem.intervals[:, 0] <= step) & (step < problem.intervals[:, 1]) & (used > 0)
    tell = _Teller(module, outline, space, decision, choice, mesh)
    shares = [tell.share(int(number), int(used[number])) for number in np.flatnonzero(live)]
    total: Counter[str] = Counter(dict.fromkeys(CATEGORIES, 0))
    for share in shares:
        total[share.category] += share.bytes
    largest = sorted(shares, key=lambda share: (-share.bytes, share.what))[:NAMED]
    at = next((number for number, site in enumerate(outline.sites) if site.position >= step), None)
    return Peak(int(usage[step]), dict(total), tuple(largest), "the end" if at is None else tell.site(at))


def described(op: Operation, line: str = "") -> str:
    """`dot_general, gpt2.py:88`."""
    return ", ".join(filter(None, (op.name.split(".", 1)[-1], source_line(op.location) or line)))


class _Teller:
    """Says of a variable what it stands for."""

    def __init__(
        self, module: ModuleOp, outline: Outline, space: Space, decision: Decision, choice: Ints, mesh: Mesh
    ) -> None:
        func = main_function(module)
        self.outline, self.space, self.decision, self.choice, self.mesh = outline, space, decision, choice, mesh
        self.names = port_names(func, "arg_attrs")
        self.results = port_names(func, "res_attrs")
        self.updated = set(linked(func).values())
        self.lines = {site: source_line(tree.island.root.location) for tree in outline.islands for site in tree.sites}
        self.backward = backward_of(outline, bool(self.updated))

    def share(self, number: int, size: int) -> Share:
        variable = self.decision.variables[number]
        if variable.site >= 0:
            results = [t for t in self.outline.sites[variable.site].results if t >= 0]
            kept = any(self.backward.keeps(t, self.outline.tensors[t]) for t in results)
            category = "activations" if kept else "temporaries"
            return Share(size, category, self.site(variable.site), self.made(variable.site))
        tensor = self.outline.tensors[variable.tensor]
        layout = self.layout(variable.tensor, int(variable.places[self.choice[number]]))
        what = self.what(tensor)
        if variable.copy:
            return Share(size, "temporaries", f"a copy of {what}", layout)
        return Share(size, self.category(variable.tensor, tensor), what, layout)

    def site(self, number: int) -> str:
        """The op that a site is; a piece of a rewritten tree has no line yet but that of the tree."""
        site = self.outline.sites[number]
        way = way_of(number, self.space, self.decision, self.choice)
        return described(site.ways[max(0, way)].op, self.lines.get(number, ""))

    def what(self, tensor: Tensor) -> str:
        """The path of an argument or result, or the op that makes a tensor."""
        if tensor.argument >= 0:
            return self.names[tensor.argument]
        if tensor.result >= 0:
            return self.results[tensor.result]
        if tensor.maker is not None:
            return self.site(tensor.maker[0])
        value = tensor.values[0]
        op = value.op if isinstance(value, OpResult) else value.owner.parent_op()
        return "a value" if op is None else described(op)

    def made(self, site: int) -> str:
        """The layout in which a site makes its first result."""
        first = self.outline.sites[site].results[0]
        place = int(self.space.states(site).makes[self.choice[self.decision.of_site[site]], 0])
        return "" if first < 0 else self.layout(first, place)

    def layout(self, tensor: int, place: int) -> str:
        kind = self.space.kinds[key_of(self.outline, tensor)]
        return "" if place < 0 else layout_notation(layout_of_code(kind.codes[place], len(kind.shape), "", self.mesh))

    def category(self, number: int, tensor: Tensor) -> str:
        if tensor.argument >= 0:
            return category_of_argument(self.names[tensor.argument], tensor.argument in self.updated)
        if tensor.result >= 0:
            return "results"
        return "activations" if self.backward.keeps(number, tensor) else "temporaries"


def category_of_argument(path: str, updated: bool) -> str:
    """
    By name: JAX knows no difference between parameters and the optimizer's state.

    What the program returns updated is state (`updated`); what is neither that nor named as parameters is data.
    """
    keys = path.split("/")
    if any(map(OPTIMIZER.fullmatch, keys)):
        return "optimizer state"
    return "parameters" if updated or any(map(PARAMETERS.fullmatch, keys)) else "batch inputs"
