"""
Reads choice problems in the format of the IOPDDL contest, and solutions.

A problem is JSON, plain or gzip:
    {"problem": {"name": .., "nodes": {"intervals": [[..]], "costs": [[..]], "usages": [[..]]},
                 "edges": {"nodes": [[..]], "costs": [[..]]}, "usage_limit": ..}}
Everything that is refused is refused in one line that names the file, the node or the edge, and what is required.
"""

from __future__ import annotations

import json
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from eggshard.choose.problem import INFINITE, Ints, Problem
from eggshard.choose.scan import Odd, Rows, scan
from eggshard.diagnostics import DiagnosticError

SMALLEST, LARGEST = -(2**63), 2**63 - 1
GZIP = b"\x1f\x8b"


def load_problem(path: str) -> Problem:
    """
    The problem in a file, .json or .json.gz (told by its content).

    An edge from a node to itself is folded: its table's diagonal is added to the node's costs.
    Raises DiagnosticError.
    """
    try:
        text = _uncompressed(_contents(path))
        try:
            whole = scan(text)
        except Odd:
            whole = _strict(text)
        return _problem(whole, Path(path).name)
    except Refused as refused:
        raise DiagnosticError(str(refused), location=path) from None


def load_solution(given: str, problem: Problem) -> Ints:
    """
    A solution of the problem: `[0, 0, 2]` itself, the file that holds it (its last line may, alone), or '-' for stdin.

    Raises DiagnosticError.
    """
    literal = given.lstrip().startswith("[")
    where = "the solution" if literal else "stdin" if given == "-" else given
    try:
        text = given.encode() if literal else sys.stdin.buffer.read() if given == "-" else _contents(given)
        lines = text.split(b"\n")
        last = next((line for line in reversed(lines) if line.strip()), b"")
        return _choice(_strict(last if last.lstrip().startswith(b"[") else text), problem)
    except Refused as refused:
        raise DiagnosticError(str(refused), location=where) from None


class Refused(Exception):
    """What is wrong with the text that is being read."""


def _contents(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise Refused(f"cannot be read: {(error.strerror or str(error)).lower()}") from None
    except ValueError as error:
        raise Refused(f"cannot be read: {error}") from None


def _uncompressed(data: bytes) -> bytes:
    """The text of gzip data, which may have several members; other data as it is."""
    parts: list[bytes] = []
    while data.startswith(GZIP):
        member = zlib.decompressobj(wbits=31)
        try:
            parts.append(member.decompress(data))
        except zlib.error as error:
            raise Refused(f"damaged gzip data ({str(error).split(': ')[-1]})") from None
        if not member.eof:
            raise Refused("the gzip data ends too soon: the file is truncated")
        data = member.unused_data
    if parts and data.strip(b"\0"):
        raise Refused("something that is not gzip data follows the gzip data")
    return b"".join(parts) if parts else data


def _strict(text: bytes) -> Any:
    """What the standard reader makes of the text. Raises Refused."""
    if not text.strip():
        raise Refused("is empty; required: JSON")
    try:
        return json.loads(text, object_pairs_hook=_without_duplicates)
    except json.JSONDecodeError as error:
        raise Refused(f"not JSON: {_lower(error.msg)} at line {error.lineno}, column {error.colno}") from None
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        raise Refused(f"not JSON: byte {byte:#04x} at offset {error.start} is no {error.encoding} text") from None
    except RecursionError:
        raise Refused("not a problem: brackets are nested too deep") from None
    except ValueError as error:
        raise Refused(f"not JSON that can be read: {str(error).split(';')[0]}") from None


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise Refused(f"key {show(key)} appears twice in one object")
        found[key] = value
    return found


def show(value: Any) -> str:
    """A value of a JSON text in a few characters on one line."""
    if isinstance(value, Rows | list):
        return "a list"
    if isinstance(value, dict):
        return "an object"
    text = json.dumps(value) if not isinstance(value, int) or abs(value) < 10**30 else "a number of more than 30 digits"
    return text if len(text) <= 40 else f"{text[:37]}..."


def _problem(whole: Any, file_name: str) -> Problem:
    """The problem, all of it checked."""
    body = _member(_object(whole, "the file"), "problem", "the file")
    body = _object(body, '"problem"')
    nodes = _object(_member(body, "nodes", '"problem"'), '"nodes"')
    edges = _object(_member(body, "edges", '"problem"'), '"edges"')
    name = body.get("name", file_name)
    if not isinstance(name, str):
        raise Refused(f'"name" is {show(name)}; required: a string')
    costs = _rows(_member(nodes, "costs", '"nodes"'), "node", "costs")
    usages = _rows(_member(nodes, "usages", '"nodes"'), "node", "usages")
    intervals = _rows(_member(nodes, "intervals", '"nodes"'), "node", "interval")
    edge_nodes = _rows(_member(edges, "nodes", '"edges"'), "edge", "nodes")
    tables = _rows(_member(edges, "costs", '"edges"'), "edge", "costs")
    limit = _member(body, "usage_limit", '"problem"')
    if isinstance(limit, bool) or not isinstance(limit, int) or not 0 <= limit <= LARGEST:
        raise Refused(f'"usage_limit" is {show(limit)}; required: a whole number from 0 to {LARGEST}')
    _check_nodes(costs, usages, intervals)
    counts = np.diff(costs.offsets)
    pairs = _check_edges(edge_nodes, tables, counts)
    problem = Problem(
        name=name,
        offsets=costs.offsets,
        costs=costs.values,
        usages=usages.values,
        intervals=intervals.values.reshape(-1, 2),
        edge_nodes=pairs,
        edge_offsets=tables.offsets,
        edge_costs=tables.values,
        limit=limit,
    )
    return _without_loops(problem) if (pairs[:, 0] == pairs[:, 1]).any() else problem


def _object(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Refused(f"{what} is {show(value)}; required: an object")
    return value


def _member(holder: dict[str, Any], key: str, what: str) -> Any:
    if key not in holder:
        raise Refused(f'{what} has no "{key}"')
    return holder[key]


def _rows(value: Any, of: str, what: str) -> Rows:
    """An array of rows of 64-bit integers; `of` ("node") and `what` ("costs") name a row that is none."""
    if isinstance(value, Rows):
        return value
    if not isinstance(value, list):
        raise Refused(f'"{what}" of the {of}s is {show(value)}; required: a list with a list of integers for each {of}')
    for index, row in enumerate(value):
        if not isinstance(row, list):
            raise Refused(f"{of} {index}: {what} is {show(row)}; required: a list of integers")
        for entry in row:
            if type(entry) is not int:
                raise Refused(f"{of} {index}: {what} holds {show(entry)}; required: integers")
            if not SMALLEST <= entry <= LARGEST:
                raise Refused(f"{of} {index}: {what} holds {show(entry)}, which does not fit 64 bits")
    offsets = np.cumsum([0, *map(len, value)], dtype=np.int64)
    flat = np.fromiter((entry for row in value for entry in row), np.int64, int(offsets[-1]))
    return Rows(flat, offsets)


def _check_nodes(costs: Rows, usages: Rows, intervals: Rows) -> None:
    count = len(costs.offsets) - 1
    for rows, what in ((usages, "usages"), (intervals, "intervals")):
        if len(rows.offsets) - 1 != count:
            raise Refused(f"{count} nodes have costs but {len(rows.offsets) - 1} have {what}; required: as many")
    strategies = np.diff(costs.offsets)
    if (node := _first(strategies == 0)) is not None:
        raise Refused(f"node {node}: has no strategy; required: at least one")
    held = np.diff(usages.offsets)
    if (node := _first(held != strategies)) is not None:
        raise Refused(f"node {node}: {held[node]} usages for {strategies[node]} strategies; required: one for each")
    if (node := _first(np.diff(intervals.offsets) != 2)) is not None:
        found = int(np.diff(intervals.offsets)[node])
        raise Refused(f"node {node}: its interval has {found} entries; required: two, start and end")
    starts, ends = intervals.values[0::2], intervals.values[1::2]
    if (node := _first((starts < 0) | (ends < starts))) is not None:
        raise Refused(f"node {node}: interval [{starts[node]}, {ends[node]}]; required: 0 <= start <= end")
    if (entry := _first(usages.values < 0)) is not None:
        node = int(np.searchsorted(usages.offsets, entry, "right")) - 1
        strategy = entry - int(usages.offsets[node])
        raise Refused(f"node {node}: usage {usages.values[entry]} of strategy {strategy}; required: at least 0")


def _check_edges(edge_nodes: Rows, tables: Rows, counts: Ints) -> Ints:
    """The pair of nodes of each edge [m, 2]."""
    count = len(edge_nodes.offsets) - 1
    if len(tables.offsets) - 1 != count:
        raise Refused(f"{count} edges have nodes but {len(tables.offsets) - 1} have costs; required: as many")
    if (edge := _first(np.diff(edge_nodes.offsets) != 2)) is not None:
        raise Refused(f"edge {edge}: joins {int(np.diff(edge_nodes.offsets)[edge])} nodes; required: two")
    pairs = edge_nodes.values.reshape(-1, 2)
    unknown = (pairs < 0) | (pairs >= len(counts))
    if (edge := _first(unknown.any(axis=1))) is not None:
        node = pairs[edge][unknown[edge]][0]
        raise Refused(f"edge {edge}: joins node {node}; there are {len(counts)} nodes, counted from 0")
    first, second = counts[pairs[:, 0]], counts[pairs[:, 1]]
    sizes = np.diff(tables.offsets)
    if (edge := _first(sizes != first * second)) is not None:
        need = f"{first[edge]} x {second[edge]} = {first[edge] * second[edge]}"
        raise Refused(
            f"edge {edge}: {sizes[edge]} costs; required: {need}, "
            f"the strategies of node {pairs[edge, 0]} x those of node {pairs[edge, 1]}"
        )
    return pairs


def _without_loops(problem: Problem) -> Problem:
    """Edges from a node to itself, folded into its costs."""
    costs = problem.costs.copy()
    loops = problem.edge_nodes[:, 0] == problem.edge_nodes[:, 1]
    for edge in np.flatnonzero(loops):
        node = int(problem.edge_nodes[edge, 0])
        table = problem.edge_costs[problem.edge_offsets[edge] : problem.edge_offsets[edge + 1]]
        for strategy, extra in enumerate(table[:: problem.strategies(node) + 1].tolist()):
            entry = int(problem.offsets[node]) + strategy
            old = int(costs[entry])
            total = max(old, extra) if max(old, extra) >= INFINITE else old + extra
            if not SMALLEST <= total <= LARGEST:
                raise Refused(f"edge {edge}: with it the cost of node {node} is {total}, which does not fit 64 bits")
            costs[entry] = total
    kept = ~loops
    sizes = np.diff(problem.edge_offsets)
    return Problem(
        name=problem.name,
        offsets=problem.offsets,
        costs=costs,
        usages=problem.usages,
        intervals=problem.intervals,
        edge_nodes=problem.edge_nodes[kept],
        edge_offsets=np.concatenate([[0], np.cumsum(sizes[kept])]).astype(np.int64),
        edge_costs=problem.edge_costs[np.repeat(kept, sizes)],
        limit=problem.limit,
    )


def _choice(found: Any, problem: Problem) -> Ints:
    """A solution [n], checked against the problem."""
    if not isinstance(found, list):
        raise Refused(f"is {show(found)}; required: a list with a strategy for each node")
    if len(found) != problem.nodes:
        raise Refused(f"{len(found)} strategies for {problem.nodes} nodes; required: one for each")
    for node, strategy in enumerate(found):
        if type(strategy) is not int or not 0 <= strategy < problem.strategies(node):
            last = problem.strategies(node) - 1
            raise Refused(f"node {node}: strategy {show(strategy)}; required: an integer from 0 to {last}")
    return np.array(found, np.int64)


def _first(wrong: Any) -> int | None:
    """The index of the first that is wrong."""
    return int(np.argmax(wrong)) if wrong.any() else None
