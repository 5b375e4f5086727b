"""Convolutions: batch, groups and features as in a product; spatial dimensions whole, with halos, or cut by the kernel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from xdsl.dialects.builtin import DenseArrayBase
from xdsl.ir import Operation

from eggshard.certify.facts import NOWHERE, Claim, Fact, Ints, Unknown, Window, need, unify
from eggshard.certify.numbers import is_zero
from eggshard.certify.rules.contraction import chunks, terms_of
from eggshard.certify.site import Site, rows, same_properties
from eggshard.certify.terms import Node

CHANGED = ("padding", "lhs_dilation", "feature_group_count", "batch_group_count")


class Geometry:
    """The window of a convolution in each spatial dimension."""

    def __init__(self, op: Operation, rank: int):
        self.stride = _numbers(op, "window_strides", rank)
        self.grow = _numbers(op, "lhs_dilation", rank)
        self.hole = _numbers(op, "rhs_dilation", rank)
        padding = op.properties.get("padding")
        flat = rows(padding) if padding is not None else [0] * (2 * rank)
        self.padding = list(zip(flat[::2], flat[1::2], strict=True))
        reversal = op.properties.get("window_reversal")
        self.turned = [bool(x) for x in cast(Any, reversal).get_values()] if reversal is not None else [False] * rank


def _numbers(op: Operation, name: str, rank: int) -> list[int]:
    found = op.properties.get(name)
    return [1] * rank if found is None else [int(x) for x in cast("DenseArrayBase[Any]", found).get_values()]


def convolution(site: Site) -> Iterator[Fact]:
    """The result's dimensions one by one."""
    for node in site.nodes():
        if same_properties(site.op, node.op, *CHANGED):
            for lhs, rhs in site.readings(node):
                try:
                    yield Fact((_convolved(site, node, lhs, rhs),))
                except Unknown:
                    continue


def _convolved(site: Site, node: Node, lhs: Claim, rhs: Claim) -> Claim:
    n: Any = cast(Any, site.op.properties["dimension_numbers"]).data
    need(lhs.labels is None or rhs.labels is None, "both operands are partial")
    rank = len(n.input_spatial_dimensions)
    here, whole = Geometry(site.op, rank), Geometry(node.op, rank)
    result: dict[int, Window] = {}
    parts: list[Ints | None] = _features(site, node, n, lhs, rhs, result)
    for place in range(rank):
        a, b = n.input_spatial_dimensions[place], n.kernel_spatial_dimensions[place]
        window, part = _spatial(site, here, whole, place, lhs, rhs, a, b, n.output_spatial_dimensions[place])
        result[n.output_spatial_dimensions[place]] = window
        parts.append(part)
    windows = tuple(result[dim]._replace(fill=None) for dim in range(len(result)))
    need(tuple(w.size for w in windows) == site.result_shape(), "sizes differ")
    given = lhs.labels or rhs.labels
    need(given is None or given.kind == "sum", "an operand's terms are not of a sum")
    return Claim(node.results[0], windows, terms_of(parts, given, "sum"))


def _features(site: Site, node: Node, n: Any, lhs: Claim, rhs: Claim, result: dict[int, Window]) -> list[Ints | None]:
    batch, features = lhs.windows[n.input_batch_dimension], lhs.windows[n.input_feature_dimension]
    inner = rhs.windows[n.kernel_input_feature_dimension]
    outer = rhs.windows[n.kernel_output_feature_dimension]
    groups = [_integer(op, "feature_group_count") for op in (node.op, site.op)]
    batches = [_integer(op, "batch_group_count") for op in (node.op, site.op)]
    size = lhs.term.shape[n.input_feature_dimension]
    outputs = rhs.term.shape[n.kernel_output_feature_dimension]
    if groups[0] == batches[0] == 1:
        need(groups[1] == batches[1] == 1, "groups differ")
        result[n.output_batch_dimension], result[n.output_feature_dimension] = batch, outer
        window = unify([features, inner])
        need(window.offsets is not None or window.size == size, "which features it holds is not known")
        beyond = features.fill if is_zero(features.fill) and is_zero(inner.fill) else None
        return [chunks(window._replace(fill=beyond), size, "sum")]
    need(inner.covers(rhs.term.shape[n.kernel_input_feature_dimension]), "features of a group are cut")
    if batches[0] == 1:
        per_group, made = size // groups[0], outputs // groups[0]
        result[n.output_batch_dimension] = batch
        need(batches[1] == 1, "groups differ")
        _grouped(features, outer, per_group, made, groups[1])
        result[n.output_feature_dimension] = outer
        return [None]
    need(groups[0] == groups[1] == 1 and features.covers(size), "groups and features are cut")
    examples = lhs.term.shape[n.input_batch_dimension]
    per_group, made = examples // batches[0], outputs // batches[0]
    need(batch.covers(examples) or per_group == 1, "a group of examples is cut")
    _grouped(batch, outer, per_group, made, batches[1])
    result[n.output_batch_dimension] = Window(per_group, (0,) * site.devices)
    result[n.output_feature_dimension] = outer
    return [None]


def _grouped(source: Window, outer: Window, per_group: int, made: int, count: int) -> None:
    """Both sides hold the same groups, whole."""
    need(source.offsets is not None and outer.offsets is not None, "which groups it holds is not known")
    need(source.size == count * per_group and outer.size == count * made, "group counts differ")
    for a, b in zip(source.offsets or (), outer.offsets or (), strict=True):
        need(a % per_group == 0 and b % made == 0 and a // per_group == b // made, "sides hold different groups")


def _integer(op: Operation, name: str) -> int:
    return int(cast(Any, op.properties[name]).value.data) if name in op.properties else 1


def _spatial(
    site: Site, here: Geometry, whole: Geometry, place: int, lhs: Claim, rhs: Claim, a: int, b: int, out: int
) -> tuple[Window, Ints | None]:
    """The window of the result, and which part of the kernel's positions each device sums over, if not all."""
    window, kernel, result = lhs.windows[a], rhs.windows[b], site.result_shape()[out]
    size, span = lhs.term.shape[a], rhs.term.shape[b]
    stride, hole, (low, _) = whole.stride[place], whole.hole[place], whole.padding[place]
    same = here.padding[place] == whole.padding[place] and here.grow[place] == whole.grow[place]
    if window.covers(size) and kernel.covers(span) and same:
        return Window(result, (0,) * site.devices), None
    need(here.padding[place] == (0, 0) and here.grow[place] == whole.grow[place] == 1, "it is padded on each device")
    need(not whole.turned[place], "a reversed window is cut")
    need(window.offsets is not None and NOWHERE not in window.offsets, "where it lies is not known")
    need(window.inside(size) or is_zero(window.fill), "what lies beyond the tensor is not masked")
    offsets = window.offsets or ()
    if kernel.covers(span):
        need(all((at + low) % stride == 0 for at in offsets), "windows do not begin where the model's do")
        return Window(result, tuple((at + low) // stride for at in offsets)), None
    need(kernel.offsets is not None, "which part of the kernel it holds is not known")
    need(
        all(at == k * hole - low for at, k in zip(offsets, kernel.offsets or (), strict=True)),
        "input and kernel differ",
    )
    return Window(result, (0,) * site.devices), chunks(kernel, span, "sum")
