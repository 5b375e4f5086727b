"""What fuses, what is in memory, and where buffers lie: small cases by hand."""

from __future__ import annotations

import numpy as np
import pytest
from xdsl.dialects.builtin import ModuleOp

from eggshard.cost.buffers import Buffer, arena_bytes, most_live
from eggshard.cost.fusion import materialised
from eggshard.cost.intervals import block_intervals
from eggshard.cost.lowered import TUPLE_ENTRY, Kind
from eggshard.cost.lowering import lower
from eggshard.cost.memory import predicted_memory
from eggshard.dialects.assembly import Parser, make_context
from eggshard.partitioning.program import main_function

T = "tensor<16x16xf32>"
KIB = 1024
"""Bytes of one such tensor."""


def program(body: str, arguments: int = 2, results: int = 1) -> ModuleOp:
    """A function of square matrices %a0, %a1, ..; `body` ends with its return."""
    types = ", ".join([T] * results)
    given = ", ".join(f"%a{i}: {T}" for i in range(arguments))
    text = (
        f'sharding.mesh @m = <["d"=8]>\nfunc.func public @main({given}) -> ({types}) attributes {{spmd.mesh = @m}} {{\n'
    )
    return Parser(make_context(), f"{text}{body}\n}}", "test").parse_module()


def dot(result: str, left: str, right: str) -> str:
    return f"{result} = stablehlo.dot_general {left}, {right}, contracting_dims = [1] x [0] : ({T}, {T}) -> {T}\n"


def in_memory(module: ModuleOp) -> list[str]:
    graph = lower(main_function(module).body.block)
    ops = [graph.nodes[step.node].op for step in materialised(graph)]
    return [op.name.split(".")[1] for op in ops if op is not None]


def test_a_chain_of_elementwise_ops_is_one_buffer() -> None:
    module = program(
        f"%0 = stablehlo.add %a0, %a1 : {T}\n%1 = stablehlo.tanh %0 : {T}\n"
        f"%2 = stablehlo.negate %1 : {T}\nfunc.return %2 : {T}"
    )
    assert in_memory(module) == ["negate"]
    memory = predicted_memory(module)
    assert (memory.arguments, memory.results, memory.temporaries, memory.peak) == (2 * KIB, KIB, 0, 3 * KIB)


def test_a_dear_op_of_two_readers_is_in_memory() -> None:
    # A tanh is not computed twice, a sum with one broadcast operand is.
    body = (
        f"%0 = stablehlo.tanh %a0 : {T}\n"
        + dot("%1", "%0", "%a1")
        + f"%2 = stablehlo.add %0, %1 : {T}\nfunc.return %2 : {T}"
    )
    assert in_memory(program(body)) == ["tanh", "dot_general", "add"]


def test_what_reads_two_tensors_is_not_computed_twice() -> None:
    body = f"%0 = stablehlo.add %a0, %a1 : {T}\n" + dot("%1", "%0", "%a1")
    body += f"%2 = stablehlo.negate %0 : {T}\n%3 = stablehlo.add %1, %2 : {T}\nfunc.return %3 : {T}"
    assert in_memory(program(body)) == ["add", "dot_general", "add"]


def test_equal_ops_are_one() -> None:
    body = (
        f"%0 = stablehlo.tanh %a0 : {T}\n%1 = stablehlo.tanh %a0 : {T}\n"
        + dot("%2", "%0", "%1")
        + f"func.return %2 : {T}"
    )
    assert in_memory(program(body)) == ["tanh", "dot_general"]


def test_results_hold_temporaries_until_they_are_written() -> None:
    # A product that ends before the last begins lies where that one will be; one in between needs a place of its own.
    body = dot("%0", "%a0", "%a1") + dot("%1", "%0", "%a1") + dot("%2", "%1", "%a1") + f"func.return %2 : {T}"
    assert predicted_memory(program(body)).temporaries == KIB


def test_a_donated_argument_lends_its_memory() -> None:
    body = dot("%0", "%a0", "%a1") + f"%1 = stablehlo.subtract %a0, %0 : {T}\nfunc.return %1 : {T}"
    plain, donated = (predicted_memory(program(body), given) for given in ((), (0,)))
    assert plain.aliased == 0 and donated.aliased == KIB
    assert donated.peak == plain.peak  # the product needs a place, which was the result's before
    body = f"%1 = stablehlo.subtract %a0, %a1 : {T}\nfunc.return %1 : {T}"
    assert predicted_memory(program(body), (0,)).peak == 2 * KIB


def test_a_donated_argument_that_is_read_later_is_copied() -> None:
    body = dot("%0", "%a1", "%a1") + dot("%1", "%0", "%a0") + f"func.return %0, %1 : {T}, {T}"
    assert predicted_memory(program(body, results=2), (0,)).temporaries == KIB


def test_all_reduces_wait_for_each_other() -> None:
    def reduced(result: str, value: str) -> str:
        return f'{result} = spmd.all_reduce {value} {{axes = ["d"], kind = sum}} : {T} -> {T}\n'

    body = dot("%0", "%a0", "%a1") + reduced("%1", "%0") + dot("%2", "%a1", "%a0") + reduced("%3", "%2")
    graph = lower(main_function(program(body + f"func.return %1, %3 : {T}, {T}", results=2)).body.block)
    calls = [node for node in graph.nodes if node.kind is Kind.LIBRARY and node.bytes == 2 * TUPLE_ENTRY]
    assert len(calls) == 1 and len(calls[0].operands) == 2
    body = dot("%0", "%a0", "%a1") + reduced("%1", "%0") + dot("%2", "%1", "%a0") + reduced("%3", "%2")
    graph = lower(main_function(program(body + f"func.return %3 : {T}")).body.block)
    assert all(node.bytes > 2 * TUPLE_ENTRY for node in graph.nodes if node.kind is Kind.LIBRARY)


LOOP = """
%z = stablehlo.constant dense<0> : tensor<i32>
%one = stablehlo.constant dense<1> : tensor<i32>
%n = stablehlo.constant dense<4> : tensor<i32>
%i, %stack = stablehlo.while(%k = %z, %s = %a0) : tensor<i32>, {T}
cond {{
  %more = stablehlo.compare LT, %k, %n : (tensor<i32>, tensor<i32>) -> tensor<i1>
  stablehlo.return %more : tensor<i1>
}} do {{
  %row = stablehlo.slice %a1 [0:1, 0:16] : ({T}) -> tensor<1x16xf32>
  %next = stablehlo.dynamic_update_slice %s, %row, %k, %z : ({T}, tensor<1x16xf32>, tensor<i32>, tensor<i32>) -> {T}
  %up = stablehlo.add %k, %one : tensor<i32>
  stablehlo.return %up, %next : tensor<i32>, {T}
}}
func.return %stack : {T}
"""


def test_a_loop_writes_into_what_it_carries() -> None:
    memory = predicted_memory(program(LOOP.format(T=T)))
    # The carry lies in the result's memory, and no round makes another one.
    assert memory.temporaries < KIB


def test_narrow_floats_are_wide_on_a_cpu() -> None:
    chain = dot("%0", "%a0", "%a1") + dot("%1", "%0", "%a1") + dot("%2", "%1", "%a1") + dot("%3", "%2", "%a1")
    text = str(program(f"{chain}%4 = stablehlo.negate %3 : {T}\nfunc.return %4 : {T}")).replace("f32", "bf16")
    module = Parser(make_context(), text, "test").parse_module()
    wide, narrow = predicted_memory(module), predicted_memory(module, widens=False)
    assert wide.results == narrow.results == KIB // 2
    assert (wide.temporaries, narrow.temporaries) == (2 * KIB, KIB // 2)


def test_arena_packs_what_does_not_live_together() -> None:
    apart = [Buffer(1000, 0, 1), Buffer(1000, 2, 3)]
    together = [Buffer(1000, 0, 2), Buffer(1000, 2, 3)]
    assert arena_bytes(apart) == 1000
    assert arena_bytes(together) == 1024 + 1000  # aligned
    assert arena_bytes([Buffer(1000, 0, 2), Buffer(1000, 2, 3, [0])]) == 1000  # taken over in place
    assert most_live(together) == (2000, 2)


def test_arena_is_at_least_what_lives_at_once_and_at_most_the_sum() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        firsts = rng.integers(0, 40, 30)
        buffers = [Buffer(int(rng.integers(1, 50)) * 64, int(f), int(f + rng.integers(0, 10))) for f in firsts]
        peak, _ = most_live(buffers)
        assert peak <= arena_bytes(buffers) <= sum(buffer.bytes for buffer in buffers)


def test_intervals_in_program_order() -> None:
    body = (
        dot("%0", "%a0", "%a1") + f"%1 = stablehlo.negate %0 : {T}\n" + dot("%2", "%1", "%0") + f"func.return %2 : {T}"
    )
    found = block_intervals(main_function(program(body)).body.block)
    rows = list(zip(found.first.tolist(), found.last.tolist(), found.in_memory.tolist(), strict=True))
    assert sorted(rows[:2]) == [(0, 3, True), (0, 3, True)]  # arguments live to the end
    assert rows[2:] == [(0, 3, True), (1, 3, True), (2, 3, True)]


def test_intervals_of_what_fuses() -> None:
    body = f"%0 = stablehlo.add %a0, %a1 : {T}\n%1 = stablehlo.negate %0 : {T}\nfunc.return %1 : {T}"
    found = block_intervals(main_function(program(body)).body.block)
    assert found.in_memory.tolist()[-2:] == [False, True]


def test_intervals_breadth_first() -> None:
    # The last product depends on arguments alone: it is made at the start and kept.
    body = dot("%0", "%a0", "%a1") + dot("%1", "%0", "%a1") + dot("%2", "%a1", "%a0")
    body += f"%3 = stablehlo.add %1, %2 : {T}\nfunc.return %3 : {T}"
    block = main_function(program(body)).body.block
    found = block_intervals(block, breadth=True)
    place = dict(zip(found.values, found.first.tolist(), strict=True))
    ops = list(block.ops)
    assert place[ops[2].results[0]] < place[ops[1].results[0]]


@pytest.mark.parametrize("rows", [64, 128, 512])
def test_monotone_in_size(rows: int) -> None:
    def peak(size: int) -> int:
        text = str(program(dot("%0", "%a0", "%a1") + dot("%1", "%0", "%a1") + f"func.return %1 : {T}"))
        return predicted_memory(
            Parser(make_context(), text.replace("16x16", f"{size}x{size}"), "test").parse_module()
        ).peak

    assert peak(rows) > peak(rows // 2)
