"""Terms of a sum that are rounded before they are added: only where that is asked for, and only to floats."""

from __future__ import annotations

import pytest
from xdsl.ir import Operation

from eggshard.dialects.assembly import parse_module
from eggshard.egraph.rows import CARRY, table_of
from eggshard.partitioning.program import main_function


def convert(source: str, target: str) -> Operation:
    text = f"stablehlo.convert %x : (tensor<4x{source}>) -> tensor<4x{target}>"
    module = parse_module(
        f"func.func @main(%x: tensor<4x{source}>) -> tensor<4x{target}> {{\n"
        f"%r = {text}\nreturn %r : tensor<4x{target}>\n}}"
    )
    first = main_function(module).body.block.first_op
    assert first is not None
    return first


@pytest.mark.parametrize(
    ("source", "target", "exactly", "relaxed"),
    [
        ("bf16", "f32", True, True),
        ("f32", "f32", True, True),
        ("f32", "bf16", False, True),
        ("f64", "f32", False, True),
        ("f32", "i32", False, False),
        ("i32", "f32", False, False),
    ],
)
def test_which_converts_pass_terms_on(source: str, target: str, exactly: bool, relaxed: bool) -> None:
    op = convert(source, target)
    for relax, passes in ((False, exactly), (True, relaxed)):
        assert any(row.factor == CARRY for row in table_of(op, relax).rows) == passes


def test_other_ops_are_as_linear_as_before() -> None:
    text = "%r = stablehlo.tanh %x : tensor<4xf32>\nreturn %r : tensor<4xf32>"
    module = parse_module(f"func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {{\n{text}\n}}")
    first = main_function(module).body.block.first_op
    assert first is not None
    assert table_of(first, True).rows == table_of(first).rows
