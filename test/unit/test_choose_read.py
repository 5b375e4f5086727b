"""Choice problems are read exactly, and what is wrong with one is said in a line."""

from __future__ import annotations

import copy
import gzip
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from choose_support import EXAMPLE, problem_of, tiny, write, written

from eggshard.choose.problem import Problem
from eggshard.choose.read import load_problem, load_solution
from eggshard.choose.scan import Odd, Rows, scan
from eggshard.diagnostics import DiagnosticError


def same(a: Problem, b: Problem) -> bool:
    arrays = ("offsets", "costs", "usages", "intervals", "edge_nodes", "edge_offsets", "edge_costs")
    return a.limit == b.limit and all(np.array_equal(getattr(a, name), getattr(b, name)) for name in arrays)


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("layout", [{"separators": (",", ":")}, {}, {"indent": 2}, {"indent": "\t"}])
def test_reads_what_was_written(tmp_path: Path, seed: int, layout: dict[str, Any]) -> None:
    problem = tiny(seed)
    path = tmp_path / "p.json"
    path.write_text(json.dumps(written(problem), **layout))
    assert same(load_problem(str(path)), problem)


def test_gzip_is_told_by_content(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    text = json.dumps(EXAMPLE).encode()
    path.write_bytes(gzip.compress(text[:100]) + gzip.compress(text[100:]))
    problem = load_problem(str(path))
    assert (problem.name, problem.nodes, problem.edges, problem.limit) == ("example", 5, 5, 50)


def test_whole_range_of_64_bits(tmp_path: Path) -> None:
    costs = [2**63 - 1, -(2**63), 10**18, 0, -1, 123456789, 12345678, 1234567890123456789]
    problem = problem_of([8], costs, [0] * 8, [(0, 1)], [], 2**63 - 1)
    assert same(load_problem(write(tmp_path / "p.json", written(problem))), problem)


def test_an_edge_to_itself_is_folded(tmp_path: Path) -> None:
    problem = problem_of([2], [1, 2], [0, 0], [(0, 1)], [(0, 0, [10, 99, 99, 20])], 5)
    read = load_problem(write(tmp_path / "p.json", written(problem)))
    assert read.edges == 0
    assert read.costs.tolist() == [11, 22]


def test_an_infinite_edge_to_itself_stays_infinite(tmp_path: Path) -> None:
    problem = problem_of([1], [10**18], [0], [(0, 1)], [(0, 0, [-5]), (0, 0, [10**18])], 5)
    assert load_problem(write(tmp_path / "p.json", written(problem))).costs.tolist() == [10**18]


def test_no_nodes_at_all(tmp_path: Path) -> None:
    problem = load_problem(write(tmp_path / "p.json", written(problem_of([], [], [], [], [], 3))))
    assert (problem.nodes, problem.edges) == (0, 0)


def test_other_keys_are_ignored(tmp_path: Path) -> None:
    whole = {"made_by": ["a", {"b": [[1.5]]}], "problem": EXAMPLE["problem"]}
    assert load_problem(write(tmp_path / "p.json", whole)).nodes == 5


def changed(*steps: Any) -> Any:
    """The example with one place (the path of all steps but the last) changed; KeyError as value: taken out."""
    whole = copy.deepcopy(EXAMPLE)
    place: Any = whole
    for step in steps[:-2]:
        place = place[step]
    if steps[-1] is KeyError:
        del place[steps[-2]]
    else:
        place[steps[-2]] = steps[-1]
    return whole


P, N, E = "problem", "nodes", "edges"
REFUSED = [
    (changed(P, KeyError), 'the file has no "problem"'),
    (changed(P, N, KeyError), '"problem" has no "nodes"'),
    (changed(P, N, "usages", KeyError), '"nodes" has no "usages"'),
    (changed(P, "usage_limit", KeyError), '"problem" has no "usage_limit"'),
    (changed(P, [1]), '"problem" is a list; required: an object'),
    (changed(P, "name", 5), '"name" is 5; required: a string'),
    (changed(P, "usage_limit", -1), '"usage_limit" is -1; required: a whole number'),
    (changed(P, "usage_limit", True), '"usage_limit" is true'),
    (changed(P, "usage_limit", 1e3), '"usage_limit" is 1000.0'),
    (changed(P, "usage_limit", [[5]]), '"usage_limit" is a list'),
    (changed(P, "usage_limit", 2**63), '"usage_limit" is 9223372036854775808'),
    (changed(P, N, "costs", "many"), '"costs" of the nodes is "many"; required: a list'),
    (changed(P, N, "costs", 1, 7), "node 1: costs is 7; required: a list of integers"),
    (changed(P, N, "costs", 2, 1, "x"), 'node 2: costs holds "x"; required: integers'),
    (changed(P, N, "costs", 2, 1, False), "node 2: costs holds false"),
    (changed(P, N, "costs", 2, 1, 1.5), "node 2: costs holds 1.5"),
    (changed(P, N, "costs", 2, 1, None), "node 2: costs holds null"),
    (changed(P, N, "costs", 2, 1, 2**63), "node 2: costs holds 9223372036854775808, which does not fit 64 bits"),
    (changed(P, N, "costs", 0, []), "node 0: has no strategy; required: at least one"),
    (changed(P, N, "usages", 2, [1, 2]), "node 2: 2 usages for 3 strategies; required: one for each"),
    (changed(P, N, "usages", 2, [1, 2, -3]), "node 2: usage -3 of strategy 2; required: at least 0"),
    (changed(P, N, "usages", 4, KeyError), "5 nodes have costs but 4 have usages; required: as many"),
    (changed(P, N, "intervals", 4, KeyError), "5 nodes have costs but 4 have intervals"),
    (changed(P, N, "intervals", 3, [1, 2, 3]), "node 3: its interval has 3 entries; required: two"),
    (changed(P, N, "intervals", 3, [9, 2]), "node 3: interval [9, 2]; required: 0 <= start <= end"),
    (changed(P, N, "intervals", 3, [-1, 2]), "node 3: interval [-1, 2]"),
    (changed(P, E, N, 1, [0]), "edge 1: joins 1 nodes; required: two"),
    (changed(P, E, N, 1, [0, 5]), "edge 1: joins node 5; there are 5 nodes, counted from 0"),
    (changed(P, E, N, 1, [-1, 2]), "edge 1: joins node -1"),
    (changed(P, E, N, 1, KeyError), "4 edges have nodes but 5 have costs"),
    (changed(P, E, "costs", 3, [1, 2]), "edge 3: 2 costs; required: 3 x 1 = 3, the strategies of node 2 x those"),
    (changed(P, E, "costs", 3, [[1], 2, 3]), "edge 3: costs holds a list"),
    ([], "the file is a list; required: an object"),
    (3, "the file is 3"),
]  # fmt: skip


@pytest.mark.parametrize(("whole", "said"), REFUSED)
def test_refuses(tmp_path: Path, whole: Any, said: str) -> None:
    path = write(tmp_path / "p.json", whole)
    with pytest.raises(DiagnosticError) as raised:
        load_problem(path)
    assert said in str(raised.value)
    assert str(raised.value).startswith(f"{path}: ")
    assert "\n" not in str(raised.value)


GARBAGE = [
    (b"", "is empty"),
    (b" \n", "is empty"),
    (b'{"problem": ', "not JSON: expecting value at line 1, column 13"),
    (b"[" * 300_000, "brackets are nested too deep"),
    (b'{"problem": {"usage_limit": ' + b"9" * 5000 + b"}}", "not JSON that can be read"),
    (b'{"problem": 1, "problem": 2}', 'key "problem" appears twice'),
    (b"\x7fELF\x02\x01\x01\x00\xff", "not JSON"),
    (gzip.compress(json.dumps(EXAMPLE).encode())[:-20], "the gzip data ends too soon"),
    (gzip.compress(json.dumps(EXAMPLE).encode()) + b"more", "something that is not gzip data follows"),
    (b"\x1f\x8bnothing that gzip wrote", "damaged gzip data"),
]


@pytest.mark.parametrize(("data", "said"), GARBAGE)
def test_refuses_garbage(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "p.json"
    path.write_bytes(data)
    with pytest.raises(DiagnosticError) as raised:
        load_problem(str(path))
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_no_such_file() -> None:
    with pytest.raises(DiagnosticError, match="cannot be read: no such file"):
        load_problem("nowhere.json")


def plain(value: Any) -> Any:
    """What `scan` read, as the standard reader has it."""
    if isinstance(value, Rows):
        return [value.values[a:b].tolist() for a, b in zip(value.offsets[:-1], value.offsets[1:], strict=True)]
    return {key: plain(inner) for key, inner in value.items()} if isinstance(value, dict) else value


def test_the_fast_way_agrees_with_the_strict_one() -> None:
    """Whatever is done to a text: the fast way declines, or reads what the standard reader reads."""
    text = json.dumps(EXAMPLE).encode()
    bases = [text, text.replace(b" ", b""), json.dumps(EXAMPLE, indent=1).encode(), text.replace(b"[30, 7", b"[-30, 7")]
    pieces = [b"0", b"-", b",", b"[", b"]", b" ", b"],[", b"[]", b'"', b"9" * 15, b"}", b".", b"e"]
    rng = random.Random(0)
    read = 0
    for _ in range(4000):
        mutant = bytearray(rng.choice(bases))
        for _ in range(rng.choice((1, 1, 2))):
            at = rng.randrange(len(mutant))
            if rng.random() < 0.4:
                del mutant[at : at + rng.randint(1, 4)]
            else:
                mutant[at : at + rng.randrange(2)] = rng.choice(pieces)
        try:
            found = scan(bytes(mutant))
        except Odd:
            continue
        assert plain(found) == json.loads(mutant)
        read += 1
    assert read > 200


def test_solutions(tmp_path: Path) -> None:
    problem = load_problem(write(tmp_path / "p.json", EXAMPLE))
    file = tmp_path / "s.txt"
    file.write_text("progress\n[0, 0, 2, 1, 0]\n\n")
    assert load_solution(str(file), problem).tolist() == [0, 0, 2, 1, 0]
    assert load_solution(" [0, 1, 2, 1, 0]", problem).tolist() == [0, 1, 2, 1, 0]
    file.write_text("[\n0, 0, 2,\n1, 0]")
    assert load_solution(str(file), problem).tolist() == [0, 0, 2, 1, 0]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("[0, 0]", "2 strategies for 5 nodes; required: one for each"),
        ("[0, 0, 3, 1, 0]", "node 2: strategy 3; required: an integer from 0 to 2"),
        ("[0, 0, true, 1, 0]", "node 2: strategy true"),
        ("[0, 0, 1.0, 1, 0]", "node 2: strategy 1.0"),
        ("[0, 0, -1, 1, 0]", "node 2: strategy -1"),
        ("[0, 0", "not JSON"),
        ("nowhere.txt", "cannot be read"),
    ],
)
def test_refuses_a_solution(tmp_path: Path, given: str, said: str) -> None:
    problem = load_problem(write(tmp_path / "p.json", EXAMPLE))
    with pytest.raises(DiagnosticError) as raised:
        load_solution(given, problem)
    assert said in str(raised.value)
