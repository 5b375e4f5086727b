"""
Choice problems of the kinds that sharding real models poses, made from a seed.

    python -m eggshard.tools.bench.choice_families unet --nodes 20000 --seed 3 --tightness 0.2 > problem.json

A tensor's strategies are layouts: for each axis of a mesh the dimension it shards, or none. A node's cost is that of
its own collectives, its usage the bytes of its shard. A table holds the cost of resharding: nothing between equal
layouts. Some nodes follow a neighbour (their table allows one partner for each strategy), and some pairs exclude each
other (10^18). Forward values live until their gradient is computed, as in training.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from eggshard.choose.problem import Problem

Links = list[tuple[int, int]]

FORBIDDEN = 10**18


def transformer(nodes: int, rng: np.random.Generator) -> Links:
    """Layers of a dozen nodes: a chain with a residual stream, branches that join, weights that hang on."""
    links: Links = []
    stream = 0
    for base in range(1, nodes, 12):
        last = min(base + 12, nodes)
        for v in range(base, last):
            links.append((v - 1 if v > base else stream, v))
            if v % 3 == 0 and v > base + 2:
                links.append((int(rng.integers(base, v - 1)), v))
        if last - 1 > base:
            links.append((stream, last - 1))
        stream = last - 1
    return links


def unet(nodes: int, rng: np.random.Generator) -> Links:
    """A chain down and up again: what goes down at a depth joins what comes up at it."""
    half = nodes // 2
    links = [(v - 1, v) for v in range(1, nodes)]
    links += [(v, nodes - 1 - v) for v in range(0, half - 1, 4)]
    links += [(int(v), int(v + rng.integers(2, 9))) for v in rng.integers(0, max(1, nodes - 9), nodes // 5)]
    return [(a, b) for a, b in links if a < b < nodes]


def graph_network(nodes: int, rng: np.random.Generator) -> Links:
    """Rounds of message passing: many equal branches off a few shared tables, joined again."""
    links: Links = []
    hub = 0
    for base in range(1, nodes, 40):
        last = min(base + 40, nodes)
        for v in range(base, last):
            links.append((hub if v % 5 == 0 else max(hub, v - 1), v))
            if v % 11 == 0 and v - 6 > hub:
                links.append((v - 6, v))
        hub = int(rng.integers(base, last))
    return [(a, b) for a, b in links if a != b]


FAMILIES: dict[str, Callable[[int, np.random.Generator], Links]] = {
    "transformer": transformer,
    "unet": unet,
    "graph_network": graph_network,
}


def generate(
    family: str, nodes: int, seed: int, strategies: float = 10.0, tightness: float = 0.3, infinite: bool = True
) -> Problem:
    """
    A problem of a family.

    `strategies` is about how many a node has; `tightness` goes from 0, a limit that a greedy choice just keeps, to 1,
    where the memory of the cheapest strategies fits. With `infinite` some tables have entries of 10^18.
    """
    rng = np.random.default_rng([seed, nodes, *family.encode()])
    links = sorted(set(FAMILIES[family](nodes, rng)))
    axes = int(rng.integers(1, 4)) if strategies < 8 else int(rng.integers(2, 4))
    sizes = rng.choice([2, 4, 8], axes)
    # A layout: per axis the dimension (1..3) that it shards, or 0.
    layouts = np.array(list(itertools.product(range(4), repeat=axes)))
    kept = [_layouts(rng, len(layouts), strategies) for _ in range(nodes)]
    follower = rng.random(nodes) < 0.35
    parent: dict[int, int] = {}
    for a, b in links:
        parent.setdefault(b, a)
    for v in range(1, nodes):
        if follower[v] and v in parent:  # as many strategies as the one it follows, transposed or not
            kept[v] = kept[parent[v]]
    bytes_of = np.exp(rng.normal(13, 2.0, nodes)).astype(np.int64) // 64 * 64 + 64
    shards = np.prod(np.where(layouts > 0, sizes, 1), axis=1)
    costs, usages = [], []
    for v in range(nodes):
        partial = rng.integers(0, 4, axes)
        spent = np.sum((layouts[kept[v]] == partial) & (partial > 0), axis=1)
        noise = rng.integers(0, 5, len(kept[v]))
        costs.append(spent * (bytes_of[v] // 8) + noise * int(rng.integers(0, 50)))
        usages.append(bytes_of[v] // shards[kept[v]])
    tables = []
    for a, b in links:
        if follower[b] and parent[b] == a and infinite:
            table = np.full((len(kept[a]), len(kept[b])), FORBIDDEN)
            np.fill_diagonal(table, rng.integers(0, 3) * (bytes_of[b] // 100))
        else:
            differs = layouts[kept[a]][:, None, :] != layouts[kept[b]][None, :, :]
            table = (differs * (bytes_of[a] // 4)).sum(axis=2)
            if infinite and rng.random() < 0.1:
                table[rng.random(table.shape) < 0.15] = FORBIDDEN
                table[np.arange(min(table.shape)), np.arange(min(table.shape))] = 0
        tables.append(table.ravel())
    problem = Problem(
        name=f"{family}-{nodes}-{seed}",
        offsets=np.cumsum([0, *map(len, costs)], dtype=np.int64),
        costs=np.concatenate(costs).astype(np.int64),
        usages=np.concatenate(usages).astype(np.int64),
        intervals=_intervals(nodes, links, rng),
        edge_nodes=np.array(links, np.int64).reshape(-1, 2),
        edge_offsets=np.cumsum([0, *map(len, tables)], dtype=np.int64),
        edge_costs=np.concatenate(tables).astype(np.int64) if tables else np.zeros(0, np.int64),
        limit=0,
    )
    return _limited(problem, parent, follower if infinite else np.zeros(nodes, bool), tightness)


def _layouts(rng: np.random.Generator, count: int, strategies: float) -> Any:
    wanted = int(np.clip(rng.geometric(1.0 / max(1.0, strategies)), 1, min(count, 4 * strategies)))
    return np.sort(rng.choice(count, wanted, replace=False))


def _intervals(nodes: int, links: Links, rng: np.random.Generator) -> Any:
    """From where a value is made to its last use; a third also waits for its gradient on the way back."""
    last = np.arange(nodes) + 1
    for a, b in links:
        last[a] = max(last[a], b + 1)
    kept = rng.random(nodes) < 0.33
    last = np.where(kept, 2 * nodes - np.arange(nodes), last)
    starts = np.arange(nodes)
    # Weights are there from the start.
    starts[rng.random(nodes) < 0.05] = 0
    empty = rng.random(nodes) < 0.05
    return np.column_stack((starts, np.where(empty, starts, last))).astype(np.int64)


def _limited(problem: Problem, parent: dict[int, int], follower: Any, tightness: float) -> Problem:
    """The problem with a limit between the peak of a greedy choice of little memory and that of a cheap one."""
    small, cheap = np.zeros(problem.nodes, np.int64), np.zeros(problem.nodes, np.int64)
    for v in range(problem.nodes):
        part = slice(int(problem.offsets[v]), int(problem.offsets[v + 1]))
        if follower[v] and v in parent:
            small[v], cheap[v] = small[parent[v]], cheap[parent[v]]
        else:
            small[v], cheap[v] = np.argmin(problem.usages[part]), np.argmin(problem.costs[part])
    low, high = _peak(problem, small), _peak(problem, cheap)
    limit = int(low + (max(low, high) - low) * tightness)
    return Problem(**{**vars(problem), "limit": limit})


def _peak(problem: Problem, choice: Any) -> int:
    from eggshard.choose.evaluate import evaluate

    return evaluate(problem, choice).peak


def written(problem: Problem) -> dict[str, Any]:
    """The problem in the contest's format."""

    def rows(values: Any, offsets: Any) -> list[list[int]]:
        return [values[a:b].tolist() for a, b in itertools.pairwise(offsets.tolist())]

    nodes = {"intervals": problem.intervals.tolist()}
    nodes |= {"costs": rows(problem.costs, problem.offsets), "usages": rows(problem.usages, problem.offsets)}
    edges = {"nodes": problem.edge_nodes.tolist(), "costs": rows(problem.edge_costs, problem.edge_offsets)}
    return {"problem": {"name": problem.name, "nodes": nodes, "edges": edges, "usage_limit": problem.limit}}


def save(problem: Problem, path: Path) -> None:
    """Writes .json or .json.gz."""
    text = json.dumps(written(problem), separators=(",", ":"))
    path.write_bytes(gzip.compress(text.encode(), 1) if path.suffix == ".gz" else text.encode())


def main(argv: Sequence[str] | None = None) -> int:
    """Prints one problem."""
    parser = argparse.ArgumentParser(
        prog="python -m eggshard.tools.bench.choice_families",
        description=(__doc__ or "").strip(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("family", choices=sorted(FAMILIES))
    add("--nodes", type=int, default=5000)
    add("--seed", type=int, default=0)
    add("--strategies", type=float, default=10.0, help="of a node, about (default 10)")
    add("--tightness", type=float, default=0.3, help="0: barely feasible, 1: memory hardly matters (default 0.3)")
    add("--finite", action="store_true", help="without infinite costs")
    args = parser.parse_args(argv)
    problem = generate(args.family, args.nodes, args.seed, args.strategies, args.tightness, not args.finite)
    json.dump(written(problem), sys.stdout)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
