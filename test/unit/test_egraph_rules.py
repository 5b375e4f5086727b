"""Each ruleset of the e-graph: it fires on a small case, and not where its condition fails."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from xdsl.ir import Operation

from eggshard.dialects.assembly import parse_module
from eggshard.egraph.codes import PARTIAL, Code
from eggshard.egraph.explore import Node, Step, explore
from eggshard.egraph.rows import Table, table_of
from eggshard.partitioning.program import main_function

SUM = PARTIAL["sum"]
MAX = PARTIAL["max"]


def moves(sizes: tuple[int, ...], shape: tuple[int, ...], name: str, columns: Sequence[int] = ()) -> set[Step]:
    """The steps of one name between layouts of a tensor; `columns` are terms other than sums that it may hold."""
    return {step for step in explore(sizes, [], [], [shape], {0: columns}).steps[0] if step.name == name}


def targets(found: set[Step], source: Code, axis: int | None = None) -> set[Code]:
    return {step.target for step in found if step.source == source and axis in (None, step.axis)}


def op_of(text: str) -> Operation:
    """The op before the return of a function."""
    last = main_function(parse_module(text)).body.block.last_op
    assert last is not None
    owner = last.operands[0].owner
    assert isinstance(owner, Operation)
    return owner


def one(types: Sequence[str], body: str, result: str) -> Operation:
    arguments = ", ".join(f"%{index}: tensor<{kind}>" for index, kind in enumerate(types))
    return op_of(f"func.func @main({arguments}) -> tensor<{result}> {{\n{body}\nreturn %r : tensor<{result}>\n}}")


def shapes(op: Operation) -> list[tuple[int, ...]]:
    return [tuple(value.type.get_shape()) for value in op.operands]  # type: ignore[attr-defined]


def strategies(op: Operation, sizes: tuple[int, ...]) -> tuple[Table, list[tuple[int, ...]]]:
    """The table of an op and its strategies: a row per axis, and the order."""
    table = table_of(op)
    kinds = list(dict.fromkeys(shapes(op)))
    node = Node(0, tuple(~kinds.index(shape) for shape in shapes(op)))
    return table, explore(sizes, [node], [(table, 0)], kinds, {}).strategies[0]


def factors(op: Operation, sizes: tuple[int, ...]) -> set[tuple[int, ...]]:
    """Per strategy the factor of each axis: -1 nothing, -2 partial sums pass."""
    table, found = strategies(op, sizes)
    return {tuple(table.rows[row].factor for row in rows) for *rows, _ in found}


DOT = one(
    ["8x8xf32", "8x8xf32"],
    "%r = stablehlo.dot_general %0, %1, contracting_dims = [1] x [0] "
    ": (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32>",
    "8x8xf32",
)


def test_gather_joins_what_the_minor_axis_cuts() -> None:
    found = moves((2, 2), (8, 8), "AllGather")
    assert targets(found, (1, 2, 0)) == {(0, 2, 0), (1, 0, 0)}
    assert targets(found, (1, 1, 0)) == {(1, 0, 0)}, "not the major one: what it joins is not contiguous"
    assert targets(found, (1, 1, 1)) == {(0, 1, 0)}


def test_gather_needs_an_axis_that_cuts() -> None:
    found = moves((2, 2), (8, 8), "AllGather")
    assert not targets(found, (0, 0, 0))
    assert targets(found, (SUM, 1, 0)) == {(SUM, 0, 0)}, "terms are not gathered"


def test_slice_cuts_at_the_minor_end() -> None:
    found = moves((2, 2), (8, 8), "Slice")
    assert targets(found, (0, 0, 0)) == {(1, 0, 0), (2, 0, 0), (0, 1, 0), (0, 2, 0)}
    assert targets(found, (1, 0, 0), axis=1) == {(1, 1, 0), (1, 2, 0)}, "not (1, 1, 1): the new axis is the minor one"
    assert targets(found, (0, 1, 0), axis=0) == {(1, 1, 1), (2, 1, 0)}


def test_slice_cuts_no_finer_than_elements_and_no_terms() -> None:
    found = moves((2, 2), (2, 8), "Slice")
    assert targets(found, (1, 0, 0), axis=1) == {(1, 2, 0)}
    assert targets(found, (SUM, 0, 0)) == {(SUM, 1, 0), (SUM, 2, 0)}
    assert not moves((4,), (3,), "Slice"), "three elements are not cut in four"


def test_all_to_all_moves_an_axis_from_end_to_end() -> None:
    found = moves((2, 2), (8, 8), "AllToAll")
    assert targets(found, (1, 0, 0)) == {(2, 0, 0)}
    assert targets(found, (1, 1, 0)) == {(1, 2, 0)}, "the major one stays"
    assert targets(found, (1, 2, 0), axis=0) == {(2, 2, 1)}, "it arrives as the minor one"


def test_all_to_all_needs_another_dimension() -> None:
    assert not moves((2, 2), (8,), "AllToAll")
    assert not moves((4,), (8, 3), "AllToAll"), "three elements are not cut in four"
    assert not targets(moves((2, 2), (8, 8), "AllToAll"), (SUM, 0, 0))


@pytest.mark.parametrize("terms", [SUM, MAX])
def test_reduce_ends_partial_sums_and_others(terms: int) -> None:
    whole = moves((2, 2), (8, 8), "AllReduce", [MAX])
    assert targets(whole, (terms, 1, 0)) == {(0, 1, 0)}
    cut = moves((2, 2), (8, 8), "ReduceScatter", [MAX])
    assert targets(cut, (terms, 0, 0)) == {(1, 0, 0), (2, 0, 0)}
    assert targets(cut, (terms, 1, 0)) == {(1, 1, 1), (2, 1, 0)}, "what was cut before is the major one"


def test_reduce_needs_terms_and_elements() -> None:
    for name in ("AllReduce", "ReduceScatter"):
        assert not any(max(step.source[:-1]) < min(PARTIAL.values()) for step in moves((2, 2), (8, 8), name))
        assert not any(MAX in step.source for step in moves((2, 2), (8, 8), name)), "no op makes terms of a maximum"
    assert not moves((4,), (3, 3), "ReduceScatter")
    assert targets(moves((4,), (3, 3), "AllReduce"), (SUM, 0)) == {(0, 0)}


def test_permute_changes_orders_and_places() -> None:
    found = moves((2, 2), (8, 8), "Permute")
    assert targets(found, (1, 1, 0)) == {(1, 1, 1)}
    assert targets(found, (1, 1, 1)) == {(1, 1, 0)}
    assert targets(found, (1, 2, 0)) == {(2, 1, 0)}
    assert targets(found, (1, 0, 0)) == {(0, 1, 0)}


def test_permute_needs_axes_of_one_size_without_terms() -> None:
    found = moves((4, 2), (8, 8), "Permute")
    assert not targets(found, (1, 2, 0)) and not targets(found, (1, 0, 0))
    assert targets(found, (1, 1, 0)) == {(1, 1, 1)}, "the shares are as large in either order"
    assert not targets(moves((2, 2), (8, 8), "Permute"), (SUM, 1, 0))


def test_layouts_of_leaves_are_those_of_their_kind() -> None:
    """A leaf may lie in any layout: every strategy finds its operands."""
    assert factors(DOT, (2,)) == {(-2,), (-1,), (0,), (1,), (2,)}


def test_layouts_finer_than_a_tensor_are_no_ones() -> None:
    narrow = one(
        ["8x3xf32", "3x8xf32"],
        "%r = stablehlo.dot_general %0, %1, contracting_dims = [1] x [0] "
        ": (tensor<8x3xf32>, tensor<3x8xf32>) -> tensor<8x8xf32>",
        "8x8xf32",
    )
    summed = {next(iter(table_of(narrow).rule.reduction))}  # type: ignore[union-attr]
    assert not summed & {factor for (factor,) in factors(narrow, (4,))}
    assert summed & {factor for (factor,) in factors(narrow, (2,))}


def test_build_needs_all_operands() -> None:
    """An op whose operand nothing makes is not there."""
    table = table_of(DOT)
    shape = (8, 8)
    chain = [Node(0, (~0, ~0)), Node(1, (0, ~0))]
    assert set(explore((2,), chain, [(table, 0)] * 2, [shape], {}).strategies) == {0, 1}
    broken = [Node(0, (~0, ~0)), Node(1, (7, ~0))]
    assert set(explore((2,), broken, [(table, 0)] * 2, [shape], {}).strategies) == {0}


def test_local_takes_every_pair_of_factors() -> None:
    found = factors(DOT, (2, 2))
    assert found == {(a, b) for a in (-2, -1, 0, 1, 2) for b in (-2, -1, 0, 1, 2)}


def test_local_orders_axes_that_share_a_factor() -> None:
    table, found = strategies(DOT, (2, 2))
    rows = {row.factor: index for index, row in enumerate(table.rows)}
    assert {(rows[0], rows[0], 0), (rows[0], rows[0], 1)} <= set(found)
    assert (rows[0], rows[1], 0) in found and (rows[0], rows[1], 1) not in found


def test_local_cuts_a_factor_no_finer_than_it_is() -> None:
    found = factors(DOT, (8, 2))
    assert (0, -1) in found and (-1, 0) in found and (0, 1) in found
    assert (0, 0) not in found, "eight rows are not cut in sixteen"


@pytest.mark.parametrize(("size", "fires"), [(2, True), (3, True), (4, False)])
def test_local_cuts_shared_dimensions_evenly(size: int, fires: bool) -> None:
    """Of 24 = 6 x 4 elements a shard is whole rows, or the merged dimension's shards would not be the split one's."""
    merge = one(["6x4xf32"], "%r = stablehlo.reshape %0 : (tensor<6x4xf32>) -> tensor<24xf32>", "24xf32")
    assert any(factor >= 0 for (factor,) in factors(merge, (size,))) == fires


def test_local_cuts_only_the_major_part_of_a_dimension() -> None:
    merge = one(["6x4xf32"], "%r = stablehlo.reshape %0 : (tensor<6x4xf32>) -> tensor<24xf32>", "24xf32")
    table = table_of(merge)
    assert [row.operands for row in table.rows if row.factor >= 0] == [(1,)]


CASES = {
    "add": ("%r = stablehlo.add %0, %0 : tensor<4x4xf32>", {frozenset({0, 1})}),
    "product": ("%r = stablehlo.multiply %0, %0 : tensor<4x4xf32>", {frozenset({0}), frozenset({1})}),
    "quotient": ("%r = stablehlo.divide %0, %0 : tensor<4x4xf32>", {frozenset({0})}),
    "maximum": ("%r = stablehlo.maximum %0, %0 : tensor<4x4xf32>", set()),
    "exponential": ("%r = stablehlo.exponential %0 : tensor<4x4xf32>", set()),
    "transpose": (
        "%r = stablehlo.transpose %0, dims = [1, 0] : (tensor<4x4xf32>) -> tensor<4x4xf32>",
        {frozenset({0})},
    ),
    "wider": ("%r = stablehlo.convert %0 : (tensor<4x4xf32>) -> tensor<4x4xf64>", {frozenset({0})}),
    "narrower": ("%r = stablehlo.convert %0 : (tensor<4x4xf32>) -> tensor<4x4xbf16>", set()),
    "to integers": ("%r = stablehlo.convert %0 : (tensor<4x4xf32>) -> tensor<4x4xi32>", set()),
}


@pytest.mark.parametrize("name", CASES)
def test_local_passes_partial_sums_through_linear_ops_alone(name: str) -> None:
    body, wanted = CASES[name]
    result = body.rpartition("tensor<")[2].removesuffix(">")
    op = one(["4x4xf32"], body, result)
    table, found = strategies(op, (2,))
    carried = {table.rows[row].carried for row, _ in found if table.rows[row].factor == -2}
    assert carried == wanted
    for row, _ in found:
        if SUM in table.rows[row].operands:
            assert table.rows[row].results == (SUM,)


def test_local_sums_make_terms_of_their_kind_alone() -> None:
    def reduce(op: str, init: str) -> Any:
        return one(
            ["4x8xf32"],
            f"%c = stablehlo.constant dense<{init}> : tensor<f32>\n"
            f"%r = stablehlo.reduce(%0 init: %c) applies stablehlo.{op} across dimensions = [1] "
            ": (tensor<4x8xf32>, tensor<f32>) -> tensor<4xf32>",
            "4xf32",
        )

    largest = table_of(reduce("maximum", "0xFF800000"))
    assert {row.results for row in largest.rows} == {(0,), (1,), (MAX,)}, "no terms of a sum go through a maximum"
    total = table_of(reduce("add", "0.0"))
    assert {row.results for row in total.rows} == {(0,), (1,), (SUM,)}
    shifted = table_of(reduce("add", "1.0"))
    assert all(row.factor != -2 for row in shifted.rows), "the one would be added by every device"
