"""How axes, dimensions, meshes and layouts are written; Shardy's notation, so that `sdy` uses the same functions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from math import prod

from xdsl.parser import AttrParser

from eggshard.dialects.sharding.layout import Axis, Dim, Layout, Mesh, Partial, Strategy

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_$.]*")
_PRIORITY = re.compile(r"p(0|[1-9][0-9]*)")


def quoted(name: str) -> str:
    """`name` as a string literal, escaped as MLIR does: a quote is \\22."""
    if '"' in name or "\\" in name or not (name.isascii() and name.isprintable()):
        name = "".join(_escaped(byte) for byte in name.encode())
    return f'"{name}"'


def _escaped(byte: int) -> str:
    character = chr(byte)
    if character == "\\":
        return "\\\\"
    return character if 32 <= byte < 127 and character != '"' else f"\\{byte:02X}"


def symbol_text(name: str) -> str:
    """`@mesh`, quoted where the name is no identifier."""
    return f"@{name}" if _IDENTIFIER.fullmatch(name) else f"@{quoted(name)}"


def axis_text(axis: Axis) -> str:
    """`"x"` or `"x":(2)4`."""
    return f"{quoted(axis.name)}:({axis.pre}){axis.size}" if axis.size else quoted(axis.name)


def axes_text(axes: Iterable[Axis]) -> str:
    """`"x", "y":(1)2`."""
    return ", ".join(map(axis_text, axes))


def dim_text(dim: Dim) -> str:
    """`{"x", ?}p1`."""
    entries = [axis_text(axis) for axis in dim.axes] + (["?"] if dim.open else [])
    priority = "" if dim.priority is None else f"p{dim.priority}"
    return "{" + ", ".join(entries) + "}" + priority


def dims_text(dims: Iterable[Dim]) -> str:
    """`[{"x"}, {?}]`."""
    return "[" + ", ".join(map(dim_text, dims)) + "]"


def mesh_text(mesh: Mesh) -> str:
    """`["a"=2, "b"=4]`, followed by `, device_ids=[..]` where the order of devices is not the plain one."""
    axes = ", ".join(f"{quoted(name)}={size}" for name, size in mesh.axes)
    ids = "" if mesh.device_ids is None else f", device_ids=[{', '.join(map(str, mesh.device_ids))}]"
    return f"[{axes}]{ids}"


def layout_text(layout: Layout) -> str:
    """`<@mesh, [{"data"}, {?}], replicated={"d"}, partial={sum: "e"}>`."""
    parts = [symbol_text(layout.mesh), dims_text(layout.dims)]
    if layout.replicated:
        parts.append(f"replicated={{{axes_text(layout.replicated)}}}")
    if layout.partial:
        terms = ", ".join(f"{partial.kind}: {axis_text(partial.axis)}" for partial in layout.partial)
        parts.append(f"partial={{{terms}}}")
    return f"<{', '.join(parts)}>"


def strategy_text(strategy: Strategy) -> str:
    """`<@m, {data: i, model: j}>`, `<@m, {data: i}, carries={model: [0, 1]}>`; a sub-axis or odd name is quoted."""
    tiles = ", ".join(f"{_key_text(axis)}: {factor_name(factor)}" for axis, factor in strategy.tiles)
    carried = ", ".join(f"{_key_text(axis)}: {list(operands)}" for axis, operands in strategy.carries)
    carries = f", carries={{{carried}}}" if carried else ""
    return f"<{symbol_text(strategy.mesh)}, {{{tiles}}}{carries}>"


def _key_text(axis: Axis) -> str:
    return axis.name if not axis.size and _IDENTIFIER.fullmatch(axis.name) else axis_text(axis)


def factor_name(factor: int) -> str:
    """i, j, ..., z, z_1, z_2, ...: the letters of the field for the indices of a loop nest."""
    return chr(ord("i") + factor) if factor < 18 else f"z_{factor - 17}"


def factor_index(name: str) -> int | None:
    """The inverse of `factor_name`; None if `name` is no factor's."""
    if len(name) == 1 and "i" <= name <= "z":
        return ord(name) - ord("i")
    return int(name[2:]) + 17 if re.fullmatch(r"z_[1-9][0-9]*", name) else None


def parse_axis(parser: AttrParser) -> Axis:
    axis = parse_optional_axis(parser)
    return axis if axis is not None else parser.raise_error('expected an axis, as in "x" or "x":(2)4')


def parse_optional_axis(parser: AttrParser) -> Axis | None:
    name = parser.parse_optional_str_literal()
    if name is None:
        return None
    if parser.parse_optional_punctuation(":") is None:
        return Axis(name)
    parser.parse_punctuation("(")
    pre = parser.parse_integer(allow_boolean=False, allow_negative=False)
    parser.parse_punctuation(")")
    return Axis(name, pre, parser.parse_integer(allow_boolean=False, allow_negative=False))


def parse_axes(parser: AttrParser) -> tuple[Axis, ...]:
    """`{"x", "y"}`."""
    return tuple(parser.parse_comma_separated_list(parser.Delimiter.BRACES, lambda: parse_axis(parser)))


def parse_dim(parser: AttrParser) -> Dim:
    """`{"x", ?}p1`: the question mark stands last."""
    axes: list[Axis] = []
    is_open = False
    parser.parse_punctuation("{")
    if parser.parse_optional_punctuation("}") is None:
        while True:
            if parser.parse_optional_punctuation("?"):
                is_open = True
                break
            axes.append(parse_axis(parser))
            if parser.parse_optional_punctuation(",") is None:
                break
        parser.parse_punctuation("}")
    return Dim(tuple(axes), is_open, _parse_optional_priority(parser))


def _parse_optional_priority(parser: AttrParser) -> int | None:
    word = parser.parse_optional_identifier()
    if word is None:
        return None
    match = _PRIORITY.fullmatch(word)
    return int(match[1]) if match else parser.raise_error(f"expected a priority, as in p1, not {word}")


def parse_dims(parser: AttrParser) -> tuple[Dim, ...]:
    return tuple(parser.parse_comma_separated_list(parser.Delimiter.SQUARE, lambda: parse_dim(parser)))


def parse_mesh(parser: AttrParser) -> Mesh:
    """`["a"=2, "b"=4], device_ids=[..]` without the angle brackets; device ids 0, 1, 2, ... are left out."""
    axes = parser.parse_comma_separated_list(parser.Delimiter.SQUARE, lambda: _parse_mesh_axis(parser))
    ids: tuple[int, ...] | None = None
    if parser.parse_optional_punctuation(","):
        parser.parse_keyword("device_ids")
        parser.parse_punctuation("=")
        ids = tuple(parser.parse_comma_separated_list(parser.Delimiter.SQUARE, parser.parse_integer))
        if axes and ids == tuple(range(prod(size for _, size in axes))):
            ids = None
    return Mesh(tuple(axes), ids)


def _parse_mesh_axis(parser: AttrParser) -> tuple[str, int]:
    name = parser.parse_str_literal()
    parser.parse_punctuation("=")
    return name, parser.parse_integer(allow_boolean=False, allow_negative=True)


def parse_layout(parser: AttrParser) -> Layout:
    """What `layout_text` writes."""
    with parser.in_angle_brackets():
        mesh = parser.parse_symbol_name().data
        parser.parse_punctuation(",")
        dims = parse_dims(parser)
        replicated: tuple[Axis, ...] = ()
        partial: tuple[Partial, ...] = ()
        while parser.parse_optional_punctuation(","):
            if parser.parse_keyword_in(("replicated", "partial")) == "replicated":
                parser.parse_punctuation("=")
                replicated = parse_axes(parser)
            else:
                parser.parse_punctuation("=")
                terms = parser.parse_comma_separated_list(parser.Delimiter.BRACES, lambda: _parse_partial(parser))
                partial = tuple(terms)
    return Layout(mesh, dims, replicated, partial)


def _parse_partial(parser: AttrParser) -> Partial:
    kind = parser.parse_identifier()
    parser.parse_punctuation(":")
    return Partial(parse_axis(parser), kind)


def parse_strategy(parser: AttrParser) -> Strategy:
    """What `strategy_text` writes."""
    with parser.in_angle_brackets():
        mesh = parser.parse_symbol_name().data
        parser.parse_punctuation(",")
        tiles = parser.parse_comma_separated_list(parser.Delimiter.BRACES, lambda: _parse_tile(parser))
        carries: list[tuple[Axis, tuple[int, ...]]] = []
        if parser.parse_optional_punctuation(","):
            parser.parse_keyword("carries")
            parser.parse_punctuation("=")
            carries = parser.parse_comma_separated_list(parser.Delimiter.BRACES, lambda: _parse_carry(parser))
    return Strategy(mesh, tuple(tiles), tuple(carries))


def _parse_key(parser: AttrParser) -> Axis:
    word = parser.parse_optional_identifier()
    axis = parse_axis(parser) if word is None else Axis(word)
    parser.parse_punctuation(":")
    return axis


def _parse_carry(parser: AttrParser) -> tuple[Axis, tuple[int, ...]]:
    axis = _parse_key(parser)
    return axis, tuple(parser.parse_comma_separated_list(parser.Delimiter.SQUARE, parser.parse_integer))


def _parse_tile(parser: AttrParser) -> tuple[Axis, int]:
    axis = _parse_key(parser)
    name = parser.parse_identifier()
    if (factor := factor_index(name)) is None:
        parser.raise_error(f"{name} is no factor; factors are i to z, z_1, z_2, ...")
    return axis, factor
