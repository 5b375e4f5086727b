"""How a conflict of layouts around an op is settled, piece by piece."""

from __future__ import annotations

from eggshard.dialects.sharding.layout import Axis, Mesh
from eggshard.partitioning.factors import extend
from eggshard.partitioning.strategy import Tensor, choose, reshard_bytes
from eggshard.rules.rule import Rule

A, B = Axis("a"), Axis("b")
MESH = Mesh((("a", 2), ("b", 4)))


def test_what_is_fixed_is_only_made_longer() -> None:
    assert extend({0: (A,)}, {0: (A, B)}) == {0: (A, B)}
    assert extend({0: (A,)}, {0: (B, A)}) == {0: (A,)}


def test_an_axis_tiles_one_factor() -> None:
    assert extend({0: (A,)}, {1: (A,)}) == {0: (A,)}
    assert extend({0: (A,)}, {1: (B, A)}) == {0: (A,), 1: (B,)}


def test_bytes_of_reshards() -> None:
    """Reduced whole, a tensor is sent twice; scattered once; sliced never; gathered, what was missing."""
    assert reshard_bytes(64, ((),), ((),), 2, MESH) == 128
    assert reshard_bytes(64, ((),), ((A,),), 2, MESH) == 64
    assert reshard_bytes(64, ((),), ((A,),), 1, MESH) == 0
    assert reshard_bytes(64, ((A,),), ((A, B),), 1, MESH) == 0
    assert reshard_bytes(64, ((A,),), ((),), 1, MESH) == 64


def test_a_small_operand_is_gathered_rather_than_a_large_result_reduced() -> None:
    """`([i, k], [k, j])->([i, j])`, where both operands are cut along k, and an axis is wanted along i and j."""
    rule = Rule((((0,), (1,)), ((1,), (2,))), (((0,), (2,)),), (64, 4, 64), reduction=frozenset([1]))
    operands = [Tensor(64 * 4 * 4, ((A,), (B,))), Tensor(4 * 64 * 4, ((B,), (A,)))]
    results = [Tensor(64 * 64 * 4, ((A,), ()))]
    assert choose(rule, frozenset(range(3)), operands, results, MESH, {}, False) == {0: (A,)}
    assert choose(rule, frozenset(range(3)), operands, results, MESH, {1: (B,)}, False) == {0: (A,), 1: (B,)}
