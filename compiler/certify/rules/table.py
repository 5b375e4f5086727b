"""Op -> the rules that may say something of it, the cheap ones first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from xdsl.ir import Operation

from eggshard.certify.rules import (
    collectives,
    constants,
    contraction,
    convolution,
    elementwise,
    indexing,
    movement,
    ordered,
    positions,
)
from eggshard.certify.site import Site
from eggshard.certify.terms import ELEMENTWISE

Rule = Callable[[Site], Iterator[Any]]

RULES: dict[str, tuple[Rule, ...]] = {
    "spmd.all_gather": (collectives.all_gather,),
    "spmd.all_reduce": (collectives.all_reduce,),
    "spmd.all_to_all": (collectives.all_to_all,),
    "spmd.collective_permute": (collectives.collective_permute,),
    "spmd.device_index": (positions.device_index,),
    "spmd.reduce_scatter": (collectives.reduce_scatter,),
    "spmd.slice": (collectives.slice_own,),
    "stablehlo.all_gather": (collectives.all_gather,),
    "stablehlo.all_reduce": (collectives.all_reduce, ordered.reduced),
    "stablehlo.all_to_all": (collectives.all_to_all,),
    "stablehlo.collective_permute": (collectives.collective_permute,),
    "stablehlo.reduce_scatter": (collectives.reduce_scatter, ordered.reduced),
    "stablehlo.add": (positions.add,),
    "stablehlo.and": (positions.both, indexing.joined),
    "stablehlo.broadcast_in_dim": (movement.uniform, movement.broadcast, positions.broadcast, indexing.spread),
    "stablehlo.compare": (positions.compare, indexing.compared, ordered.compare),
    "stablehlo.concatenate": (movement.concatenate_window, movement.concatenate_tensor),
    "stablehlo.constant": (constants.constant,),
    "stablehlo.convert": (positions.convert,),
    "stablehlo.divide": (positions.divide,),
    "stablehlo.dot_general": (contraction.dot_general,),
    "stablehlo.dynamic_slice": (movement.dynamic_slice_window, indexing.dynamic_slice),
    "stablehlo.iota": (positions.iota,),
    "stablehlo.maximum": (positions.maximum, indexing.at_least),
    "stablehlo.minimum": (positions.minimum, indexing.at_most),
    "stablehlo.multiply": (positions.multiply,),
    "stablehlo.pad": (movement.pad_window, movement.pad_tensor),
    "stablehlo.partition_id": (positions.partition_id,),
    "stablehlo.reduce": (contraction.reduce,),
    "stablehlo.remainder": (positions.remainder,),
    "stablehlo.reshape": (movement.uniform, movement.reshape, positions.reshape, indexing.reshaped),
    "stablehlo.reverse": (movement.reverse,),
    "stablehlo.select": (movement.select_window, indexing.kept, ordered.select),
    "stablehlo.slice": (movement.uniform, movement.slice_window, movement.slice_tensor),
    "stablehlo.subtract": (positions.subtract, indexing.less),
    "stablehlo.bitcast_convert": (ordered.bitcast,),
    "stablehlo.convolution": (convolution.convolution,),
    "stablehlo.dynamic_update_slice": (indexing.dynamic_update_slice,),
    "stablehlo.gather": (indexing.gather,),
    "stablehlo.scatter": (indexing.scatter,),
    "stablehlo.xor": (ordered.xor,),
    "chlo.top_k": (contraction.along_one,),
    "stablehlo.reduce_window": (convolution.reduce_window,),
    "stablehlo.select_and_scatter": (convolution.select_and_scatter,),
    "stablehlo.sort": (contraction.along_one,),
    "stablehlo.transpose": (movement.uniform, movement.transpose),
}


def rules_for(op: Operation) -> Iterator[Rule]:
    """The op's own rules, that of elementwise ops, else the one for any op."""
    yield from RULES.get(op.name, ())
    if op.name in ELEMENTWISE:
        yield elementwise.elementwise
    elif op.name not in RULES or op.name in GENERAL:
        yield contraction.anything


GENERAL = frozenset(
    f"stablehlo.{name}"
    for name in (
        "convolution dynamic_slice dynamic_update_slice gather iota reduce reduce_window scatter "
        "select_and_scatter sort"
    ).split()
)
"""Ops with rules of their own of which the whole may also be the same on every device."""
