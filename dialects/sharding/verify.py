"""Checks the layouts that hang on ops and functions as discardable attributes, which no op's own verifier sees."""

from __future__ import annotations

from collections.abc import Iterator

from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute, Operation
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.sharding.access import LAYOUT, NAME, STRATEGY, attached_layouts, meshes_of
from eggshard.dialects.sharding.attributes import LayoutAttr, StrategyAttr
from eggshard.dialects.sharding.checks import check_layout, check_strategy, rank_of
from eggshard.dialects.sharding.layout import Layout, Mesh, Strategy
from eggshard.dialects.sharding.syntax import symbol_text


def verify_layouts(module: Operation) -> None:
    """Raises VerifyException unless every layout and strategy attached under `module` fits its mesh and its tensor."""
    meshes = meshes_of(module)
    sound: set[tuple[Layout, int | None]] = set()
    for op in module.walk():
        for where, attribute, type in _attached(op):
            rank = None if type is None else rank_of(type)
            if isinstance(attribute, LayoutAttr) and (attribute.data, rank) in sound:
                continue
            try:
                value = _value(attribute)
                _check(value, meshes, rank)
            except VerifyException as error:
                raise VerifyException(f"{where}: {error}") from None
            if isinstance(value, Layout):
                sound.add((value, rank))


def _value(attribute: Attribute) -> Layout | Strategy:
    if not isinstance(attribute, LayoutAttr | StrategyAttr):
        raise VerifyException(f"{attribute} is no layout")
    return attribute.data


def _check(value: Layout | Strategy, meshes: dict[str, Mesh], rank: int | None) -> None:
    mesh = meshes.get(value.mesh)
    if mesh is None:
        names = ", ".join(symbol_text(name) for name in meshes) or "none"
        raise VerifyException(f"mesh {symbol_text(value.mesh)} is not defined (meshes: {names})")
    if isinstance(value, Strategy):
        check_strategy(value, mesh)
    else:
        check_layout(value, mesh, rank)


def _attached(op: Operation) -> Iterator[tuple[str, Attribute, Attribute | None]]:
    """(where, attribute, type of the value it describes) for each layout or strategy that `op` carries."""
    if isinstance(op, FuncOp):
        yield from _attached_to_function(op)
    layouts = attached_layouts(op)
    if layouts is not None and not op.results and len(layouts) == 1:
        # An op without results may still say on which devices it runs.
        yield f"layout of {op.name}", layouts[0], None
    elif layouts is not None:
        if len(layouts) != len(op.results):
            raise VerifyException(f"{op.name} has {len(op.results)} results and {len(layouts)} layouts")
        for i, (layout, result) in enumerate(zip(layouts, op.results, strict=True)):
            yield f"result {i} of {op.name}", layout, result.type
    if (strategy := op.attributes.get(STRATEGY)) is not None:
        yield f"strategy of {op.name}", strategy, None


def _attached_to_function(func: FuncOp) -> Iterator[tuple[str, Attribute, Attribute]]:
    sides = (
        ("argument", func.arg_attrs, func.function_type.inputs),
        ("result", func.res_attrs, func.function_type.outputs),
    )
    for side, dictionaries, types in sides:
        for i, (attrs, type) in enumerate(zip(dictionaries or (), types, strict=False)):
            if (layout := attrs.data.get(LAYOUT)) is not None:
                name = attrs.data.get(NAME)
                yield f"{side} {i if name is None else name} of {symbol_text(func.sym_name.data)}", layout, type
