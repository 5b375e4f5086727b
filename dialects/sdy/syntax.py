"""How the values of `sdy` are written: Shardy's own assembly, character by character."""

from __future__ import annotations

import re
from collections.abc import Sequence

from xdsl.parser import AttrParser

from eggshard.dialects.sdy.values import (
    AllToAllParam,
    AxisPropagation,
    EdgeValue,
    PropagationStep,
    Sharding,
    ShardingRule,
)
from eggshard.dialects.sharding.layout import Axis, Mesh
from eggshard.dialects.sharding.syntax import (
    axes_text,
    axis_text,
    dims_text,
    factor_name,
    mesh_text,
    parse_axes,
    parse_axis,
    parse_dims,
    parse_mesh,
    symbol_text,
)

_FACTOR = re.compile(r"z_([1-9][0-9]*)|([i-z])")


def sharding_text(sharding: Sharding) -> str:
    """`<@mesh, [{"a", ?}p1, {}], replicated={"b"}, unreduced={"c"}>`."""
    mesh = f"mesh<{mesh_text(sharding.mesh)}>" if isinstance(sharding.mesh, Mesh) else symbol_text(sharding.mesh)
    parts = [mesh, dims_text(sharding.dims)]
    if sharding.replicated:
        parts.append(f"replicated={{{axes_text(sharding.replicated)}}}")
    if sharding.unreduced:
        kind = "" if sharding.kind == "sum" else sharding.kind
        parts.append(f"unreduced={kind}{{{axes_text(sharding.unreduced)}}}")
    return f"<{', '.join(parts)}>"


def shardings_text(shardings: Sequence[Sharding]) -> str:
    """`[<@mesh, [{"a"}]>, <@mesh, [{}]>]`."""
    return f"[{', '.join(map(sharding_text, shardings))}]"


def axis_list_text(axes: Sequence[Axis]) -> str:
    """`{"a", "b":(1)2}`."""
    return f"{{{axes_text(axes)}}}"


def axis_lists_text(lists: Sequence[Sequence[Axis]]) -> str:
    """`[{"a"}, {}]`."""
    return f"[{', '.join(map(axis_list_text, lists))}]"


def all_to_all_text(params: Sequence[AllToAllParam]) -> str:
    """`[{"a"}: 0->1, {"b"}: 2->3]`."""
    return f"[{', '.join(f'{axis_list_text(p.axes)}: {p.source}->{p.target}' for p in params)}]"


def rule_text(rule: ShardingRule) -> str:
    """`([i, k], [k, j])->([i, j]) {i=8, j=16, k=8} reduction={k}, custom`."""

    def tensors(mappings: Sequence[Sequence[Sequence[int]]]) -> str:
        return ", ".join("[" + ", ".join("".join(map(factor_name, dim)) for dim in dims) + "]" for dims in mappings)

    text = f"({tensors(rule.operands)})->({tensors(rule.results)})"
    if rule.sizes:
        text += " {" + ", ".join(f"{factor_name(f)}={size}" for f, size in enumerate(rule.sizes)) + "}"
    special = {
        "reduction": rule.reduction,
        "need_replication": rule.need_replication,
        "permutation": rule.permutation,
        "blocked_propagation": rule.blocked,
    }
    for keyword, factors in special.items():
        if factors:
            text += f" {keyword}={{{', '.join(map(factor_name, factors))}}}"
    return text + (", custom" if rule.custom else "")


def edges_text(steps: Sequence[PropagationStep]) -> str:
    """`[{step-0 = [{"a" = operand-0 -> [result-0]}]}]`."""

    def detail(entry: AxisPropagation) -> str:
        targets = ", ".join(f"{target.kind}-{target.number}" for target in entry.targets)
        return f"{{{axis_text(entry.axis)} = {entry.source.kind}-{entry.source.number} -> [{targets}]}}"

    return "[" + ", ".join(f"{{step-{s.step} = [{', '.join(map(detail, s.details))}]}}" for s in steps) + "]"


def parse_sharding(parser: AttrParser) -> Sharding:
    """What `sharding_text` writes; the axis lists may come in either order."""
    with parser.in_angle_brackets():
        mesh = parse_mesh_or_name(parser)
        parser.parse_punctuation(",")
        dims = parse_dims(parser)
        lists: dict[str, tuple[Axis, ...]] = {}
        kind = "sum"
        while parser.parse_optional_punctuation(","):
            keyword = parser.parse_keyword_in(("replicated", "unreduced"))
            if keyword in lists:
                parser.raise_error(f"{keyword} is given twice")
            parser.parse_punctuation("=")
            if keyword == "unreduced":
                kind = parser.parse_optional_keyword_in(("sum", "max", "min")) or "sum"
            lists[keyword] = parse_axes(parser) or parser.raise_error(f"no axes are {keyword}; leave the list out")
    return Sharding(mesh, dims, lists.get("replicated", ()), lists.get("unreduced", ()), kind)


def parse_mesh_or_name(parser: AttrParser) -> str | Mesh:
    """`@mesh`, or `mesh<["a"=2]>` for a mesh written in place."""
    if parser.parse_optional_keyword("mesh") is None:
        return parser.parse_symbol_name().data
    with parser.in_angle_brackets():
        return parse_mesh(parser)


def parse_shardings(parser: AttrParser) -> tuple[Sharding, ...]:
    return tuple(parser.parse_comma_separated_list(parser.Delimiter.SQUARE, lambda: parse_sharding(parser)))


def parse_axis_lists(parser: AttrParser) -> tuple[tuple[Axis, ...], ...]:
    return tuple(parser.parse_comma_separated_list(parser.Delimiter.SQUARE, lambda: parse_axes(parser)))


def parse_all_to_all(parser: AttrParser) -> tuple[AllToAllParam, ...]:
    return tuple(parser.parse_comma_separated_list(parser.Delimiter.SQUARE, lambda: parse_all_to_all_param(parser)))


def parse_all_to_all_param(parser: AttrParser) -> AllToAllParam:
    axes = parse_axes(parser)
    parser.parse_punctuation(":")
    source = parser.parse_integer(allow_boolean=False)
    parser.parse_punctuation("->")
    return AllToAllParam(axes, source, parser.parse_integer(allow_boolean=False))


def parse_rule(parser: AttrParser) -> ShardingRule:
    """What `rule_text` writes."""
    operands = _parse_mappings(parser)
    parser.parse_punctuation("->")
    results = _parse_mappings(parser)
    sizes = (
        parser.parse_optional_comma_separated_list(parser.Delimiter.BRACES, lambda: _parse_factor_size(parser)) or []
    )
    if [factor for factor, _ in sizes] != list(range(len(sizes))):
        expected = ", ".join(map(factor_name, range(len(sizes))))
        parser.raise_error(f"factor sizes are out of order; expected {expected}")
    reduction = _parse_special(parser, "reduction")
    need_replication = _parse_special(parser, "need_replication")
    permutation = _parse_special(parser, "permutation")
    blocked = _parse_special(parser, "blocked_propagation")
    custom = parser.parse_optional_punctuation(",") is not None
    if custom:
        parser.parse_keyword("custom")
    factor_sizes = tuple(size for _, size in sizes)
    return ShardingRule(operands, results, factor_sizes, reduction, need_replication, permutation, blocked, custom)


def _parse_mappings(parser: AttrParser) -> tuple[tuple[tuple[int, ...], ...], ...]:
    return tuple(parser.parse_comma_separated_list(parser.Delimiter.PAREN, lambda: parse_tensor_mapping(parser)))


def parse_tensor_mapping(parser: AttrParser) -> tuple[tuple[int, ...], ...]:
    """`[i, jk]`."""
    return tuple(parser.parse_comma_separated_list(parser.Delimiter.SQUARE, lambda: parse_factors(parser)))


def parse_factors(parser: AttrParser) -> tuple[int, ...]:
    """`jk` or `z_1z_2`."""
    word = parser.parse_identifier()
    factors: list[int] = []
    position = 0
    while position < len(word):
        match = _FACTOR.match(word, position)
        if match is None:
            parser.raise_error(f"{word} names no factors; factors are i to z, z_1, z_2, ...")
        factors.append(int(match[1]) + 17 if match[1] else ord(match[2]) - ord("i"))
        position = match.end()
    return tuple(factors)


def _parse_factor(parser: AttrParser) -> int:
    factors = parse_factors(parser)
    return factors[0] if len(factors) == 1 else parser.raise_error("expected a single factor")


def _parse_factor_size(parser: AttrParser) -> tuple[int, int]:
    factor = _parse_factor(parser)
    parser.parse_punctuation("=")
    return factor, parser.parse_integer(allow_boolean=False)


def _parse_special(parser: AttrParser, keyword: str) -> tuple[int, ...]:
    if parser.parse_optional_keyword(keyword) is None:
        return ()
    parser.parse_punctuation("=")
    return tuple(parser.parse_comma_separated_list(parser.Delimiter.BRACES, lambda: _parse_factor(parser)))


def parse_edges(parser: AttrParser) -> tuple[PropagationStep, ...]:
    """What `edges_text` writes."""
    return tuple(parser.parse_comma_separated_list(parser.Delimiter.SQUARE, lambda: _parse_step(parser)))


def _parse_step(parser: AttrParser) -> PropagationStep:
    with parser.in_braces():
        parser.parse_keyword("step")
        parser.parse_punctuation("-")
        step = parser.parse_integer(allow_boolean=False, allow_negative=False)
        parser.parse_punctuation("=")
        details = parser.parse_comma_separated_list(parser.Delimiter.SQUARE, lambda: _parse_axis_propagation(parser))
    return PropagationStep(step, tuple(details))


def _parse_axis_propagation(parser: AttrParser) -> AxisPropagation:
    with parser.in_braces():
        axis = parse_axis(parser)
        parser.parse_punctuation("=")
        source = parse_edge_value(parser)
        parser.parse_punctuation("->")
        targets = parser.parse_comma_separated_list(parser.Delimiter.SQUARE, lambda: parse_edge_value(parser))
    return AxisPropagation(axis, source, tuple(targets))


def parse_edge_value(parser: AttrParser) -> EdgeValue:
    kind = parser.parse_keyword_in(("operand", "result"))
    parser.parse_punctuation("-")
    return EdgeValue(kind, parser.parse_integer(allow_boolean=False, allow_negative=False))
