"""Convolutions and pooling: features as in a product; spatial dimensions whole, with halos, or cut by the kernel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from xdsl.dialects.builtin import DenseArrayBase
from xdsl.ir import Operation

from eggshard.certify.facts import NOWHERE, Claim, Fact, Ints, Unknown, Window, need, unify
from eggshard.certify.numbers import is_neutral, is_zero, kind_of
from eggshard.certify.rules.contraction import chunks, terms_of
from eggshard.certify.site import Site, integers, rows, same_properties
from eggshard.certify.terms import Node, regions_key

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
        return [_contracted(features, inner, size)]
    if batches[0] == 1:
        need(inner.covers(rhs.term.shape[n.kernel_input_feature_dimension]), "features of a group are cut")
        per_group, made = size // groups[0], outputs // groups[0]
        result[n.output_batch_dimension] = batch
        need(batches[1] == 1, "groups differ")
        _grouped(features, outer, per_group, made, groups[1])
        result[n.output_feature_dimension] = outer
        return [None]
    need(groups[0] == groups[1] == 1, "examples and features have groups")
    examples = lhs.term.shape[n.input_batch_dimension]
    per_group, made = examples // batches[0], outputs // batches[0]
    need(batch.covers(examples) or per_group == 1, "a group of examples is cut")
    _grouped(batch, outer, per_group, made, batches[1])
    result[n.output_batch_dimension] = Window(per_group, (0,) * site.devices)
    result[n.output_feature_dimension] = outer
    return [_contracted(features, inner, size)]


def _contracted(features: Window, inner: Window, size: int) -> Ints | None:
    """Which input features each device sums over, if not all."""
    window = unify([features, inner])
    need(window.offsets is not None or window.size == size, "which features it holds is not known")
    beyond = features.fill if is_zero(features.fill) and is_zero(inner.fill) else None
    return chunks(window._replace(fill=beyond), size, "sum")


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


def reduce_window(site: Site) -> Iterator[Fact]:
    """Dimensions without a window as they are, others whole, or with a halo of what changes nothing."""
    kind = kind_of(site.op.regions[0]) if len(site.op.results) == 1 else None
    for node in site.nodes():
        if not same_properties(site.op, node.op, "padding") or regions_key(site.op) != regions_key(node.op):
            continue
        for claims in site.readings(node):
            try:
                yield Fact((_pooled(site, node, claims, kind),))
            except Unknown:
                continue


def _pooled(site: Site, node: Node, claims: tuple[Claim, ...], kind: str | None) -> Claim:
    need(kind is not None and len(claims) == 2, "its body is no known reduction")
    operand, start = claims
    neutral = is_neutral(str(kind), start.term.scalar)
    need(
        start.labels is None and (operand.labels is None or (neutral and operand.labels.kind == kind)), "it is partial"
    )
    rank = len(operand.windows)
    sizes = integers(site.op, "window_dimensions")
    here, whole = Geometry(site.op, rank), Geometry(node.op, rank)
    base = _numbers(node.op, "base_dilations", rank)
    windows = []
    for dim, window in enumerate(operand.windows):
        size, result, (low, high) = operand.term.shape[dim], site.result_shape()[dim], whole.padding[dim]
        same = here.padding[dim] == whole.padding[dim]
        if sizes[dim] == whole.stride[dim] == base[dim] == 1 and (low, high) == (0, 0) and same:
            windows.append(window)
        elif window.covers(size) and same:
            windows.append(Window(result, (0,) * site.devices))
        else:
            need(here.padding[dim] == (0, 0) and base[dim] == 1 and neutral, "it is padded on each device")
            need(window.offsets is not None and NOWHERE not in window.offsets, "where it lies is not known")
            need(window.inside(size) or is_neutral(str(kind), window.fill), "what lies beyond is not masked")
            stride = whole.stride[dim]
            need(all((at + low) % stride == 0 for at in window.offsets or ()), "windows begin elsewhere")
            windows.append(Window(result, tuple((at + low) // stride for at in window.offsets or ())))
    return Claim(node.results[0], tuple(w._replace(fill=None) for w in windows), operand.labels)


def select_and_scatter(site: Site) -> Iterator[Fact]:
    """Dimensions without a window as they are, others whole."""
    for node in site.nodes():
        if not same_properties(site.op, node.op) or regions_key(site.op) != regions_key(node.op):
            continue
        for operand, source, start in site.readings(node):
            if any(claim.labels is not None for claim in (operand, source, start)):
                continue
            rank = len(operand.windows)
            shape, geometry = Geometry(node.op, rank), _numbers(node.op, "window_dimensions", rank)
            windows = []
            try:
                for dim, (a, b) in enumerate(zip(operand.windows, source.windows, strict=True)):
                    if geometry[dim] == shape.stride[dim] == 1 and shape.padding[dim] == (0, 0):
                        windows.append(unify([a, b]))
                        continue
                    need(a.covers(operand.term.shape[dim]) and b.covers(source.term.shape[dim]), "a window is cut")
                    windows.append(Window(operand.term.shape[dim], (0,) * site.devices))
            except Unknown:
                continue
            yield Fact((Claim(node.results[0], tuple(windows)),))
