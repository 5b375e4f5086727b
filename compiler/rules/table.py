"""The one table: op name -> rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xdsl.ir import Attribute, Operation

from eggshard.rules.collectives import resizing_collective
from eggshard.rules.contraction import dot, dot_general, einsum, ragged_dot
from eggshard.rules.convolution import convolution
from eggshard.rules.custom_calls import custom_call
from eggshard.rules.elementwise import (
    BROADCASTING,
    ELEMENTWISE,
    POINTWISE,
    bitcast_convert,
    map_rule,
    pointwise,
    reverse,
    source,
)
from eggshard.rules.indexing import dynamic_slice, dynamic_update_slice, gather, scatter, torch_index_select
from eggshard.rules.linear_algebra import cholesky, fft, triangular_solve
from eggshard.rules.norms import batch_norm_inference, batch_norm_whole
from eggshard.rules.random import rng, rng_bit_generator
from eggshard.rules.reduction import reduce
from eggshard.rules.rule import Rule
from eggshard.rules.shapes import broadcast, broadcast_in_dim, broadcasting, reshape, transpose
from eggshard.rules.sorting import sort, top_k
from eggshard.rules.windows import concatenate, pad, reduce_window, select_and_scatter, slice_rule

CUSTOM_RULE = "sdy.sharding_rule"
"""The attribute with which a program brings its own rule for an op."""

TABLE: dict[str, Callable[[Operation], Rule | None]] = {
    **dict.fromkeys(ELEMENTWISE, pointwise),
    **dict.fromkeys(POINTWISE, pointwise),
    **dict.fromkeys(BROADCASTING, broadcasting),
    "chlo.constant": source,
    "chlo.ragged_dot": ragged_dot,
    "chlo.top_k": top_k,
    "sdy.constant": source,
    "stablehlo.all_gather": resizing_collective,
    "stablehlo.all_to_all": resizing_collective,
    "stablehlo.batch_norm_grad": batch_norm_whole,
    "stablehlo.batch_norm_inference": batch_norm_inference,
    "stablehlo.batch_norm_training": batch_norm_whole,
    "stablehlo.bitcast_convert": bitcast_convert,
    "stablehlo.broadcast": broadcast,
    "stablehlo.broadcast_in_dim": broadcast_in_dim,
    "stablehlo.cholesky": cholesky,
    "stablehlo.constant": source,
    "stablehlo.custom_call": custom_call,
    "stablehlo.dot": dot,
    "stablehlo.dot_general": dot_general,
    "stablehlo.dynamic_slice": dynamic_slice,
    "stablehlo.dynamic_update_slice": dynamic_update_slice,
    "stablehlo.einsum": einsum,
    "stablehlo.fft": fft,
    "stablehlo.gather": gather,
    "stablehlo.iota": source,
    "stablehlo.map": map_rule,
    "stablehlo.reduce": reduce,
    "stablehlo.reduce_scatter": resizing_collective,
    "stablehlo.reshape": reshape,
    "stablehlo.reverse": reverse,
    "stablehlo.rng": rng,
    "stablehlo.rng_bit_generator": rng_bit_generator,
    "stablehlo.scatter": scatter,
    "stablehlo.sort": sort,
    "stablehlo.torch_index_select": torch_index_select,
    "stablehlo.transpose": transpose,
    "stablehlo.triangular_solve": triangular_solve,
    "stablehlo.unary_einsum": einsum,
}
"""Ops that are not here, and not below, have no rule: they are replicated, and reported."""

WINDOWED: dict[str, Callable[[Operation, bool], Rule]] = {
    "stablehlo.concatenate": concatenate,
    "stablehlo.convolution": convolution,
    "stablehlo.pad": pad,
    "stablehlo.reduce_window": reduce_window,
    "stablehlo.select_and_scatter": select_and_scatter,
    "stablehlo.slice": slice_rule,
}
"""Ops whose rule is narrower under conservative propagation."""

CONTEXTUAL = frozenset(["stablehlo.dynamic_update_slice"])
"""Ops whose rule depends on what makes their operands."""

OWN = frozenset(name for name in TABLE if name.startswith("chlo.")) | {
    "stablehlo.batch_norm_grad",
    "stablehlo.batch_norm_training",
    "stablehlo.broadcast",
    "stablehlo.einsum",
    "stablehlo.map",
    "stablehlo.torch_index_select",
    "stablehlo.unary_einsum",
}
"""Ops that have a rule here and none in Shardy, which sees them only after they were taken apart."""


def rule_of(op: Operation, conservative: bool = False) -> Rule | None:
    """
    The rule of `op`; None if it has none.

    Equal ops get the same object: it is kept per signature (types and properties by identity, as
    the reader makes each of them once).
    """
    name = op.name
    if CUSTOM_RULE in op.attributes:
        return _intern(custom_rule(op))
    if name not in TABLE and name not in WINDOWED:
        return None
    if op.regions or name in CONTEXTUAL:
        return _intern(_make(op, conservative))
    parts = [v.type for v in (*op.operands, *op.results)]
    parts.extend(op.properties.values())
    key = (name, conservative, *map(id, parts))
    entry = _BY_SIGNATURE.get(key)
    if entry is None:
        if len(_BY_SIGNATURE) > 100_000:
            _BY_SIGNATURE.clear()
        _BY_SIGNATURE[key] = entry = (parts, _intern(_make(op, conservative)))
    return entry[1]


_BY_SIGNATURE: dict[tuple[Any, ...], tuple[list[Attribute], Rule | None]] = {}
"""Signature -> rule, beside the types and properties, which are kept so that their identities are not reused."""
_RULES: dict[Rule, Rule] = {}


def custom_rule(op: Operation) -> Rule:
    """The rule that the program wrote at `op`."""
    attribute: Any = op.attributes[CUSTOM_RULE]
    given = attribute.data
    return Rule(
        given.operands,
        given.results,
        given.sizes,
        reduction=frozenset(given.reduction),
        need_replication=frozenset(given.need_replication),
        permutation=frozenset(given.permutation),
        blocked=frozenset(given.blocked),
        custom=given.custom,
    )


def _make(op: Operation, conservative: bool) -> Rule | None:
    windowed = WINDOWED.get(op.name)
    return windowed(op, conservative) if windowed else TABLE[op.name](op)


def _intern(rule: Rule | None) -> Rule | None:
    return None if rule is None else _RULES.setdefault(rule, rule)
