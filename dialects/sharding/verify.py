"""Checks the layouts that hang on ops and functions as discardable attributes, which no op's own verifier sees."""

from __future__ import annotations

from collections.abc import Iterator

from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute, Operation
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.sharding.access import LAYOUT, NAME, STRATEGY, attached_layouts, meshes_of
from eggshard.dialects.sharding.attributes import LayoutAttr, StrategyAttr
from eggshard.dialects.sharding.checks import check_layout, check_strategy, rank_of
from eggshard.dialects.sharding.layout import Mesh, Strategy
from eggshard.dialects.sharding.syntax import symbol_text


def verify_layouts(module: Operation) -> None:
    """Raises VerifyException unless every layout and strategy attached under `module` fits its mesh and its tensor."""
    meshes = meshes_of(module)
    for op in module.walk():
        for where, attribute, type in _attached(op):
            try:
                _check_attached(attribute, meshes, type)
            except VerifyException as error:
                raise VerifyException(f"{where}: {error}") from None


def _check_attached(attribute: Attribute, meshes: dict[str, Mesh], type: Attribute | None) -> None:
    if not isinstance(attribute, LayoutAttr | StrategyAttr):
        raise VerifyException(f"{attribute} is no layout")
    value = attribute.data
    mesh = meshes.get(value.mesh)
    if mesh is None:
        names = ", ".join(symbol_text(name) for name in meshes) or "none"
        raise VerifyException(f"mesh {symbol_text(value.mesh)} is not defined (meshes: {names})")
    if isinstance(value, Strategy):
        check_strategy(value, mesh)
    else:
        check_layout(value, mesh, None if type is None else rank_of(type))


def _attached(op: Operation) -> Iterator[tuple[str, Attribute, Attribute | None]]:
    """(where, attribute, type of the value it describes) for each layout or strategy that `op` carries."""
    if isinstance(op, FuncOp):
        sides = (
            ("argument", op.arg_attrs, op.function_type.inputs),
            ("result", op.res_attrs, op.function_type.outputs),
        )
        for side, dictionaries, types in sides:
            for i, (attrs, type) in enumerate(zip(dictionaries or (), types, strict=False)):
                if (layout := attrs.data.get(LAYOUT)) is not None:
                    name = attrs.data.get(NAME)
                    yield f"{side} {i if name is None else name} of {symbol_text(op.sym_name.data)}", layout, type
    layouts = attached_layouts(op)
    if layouts is not None:
        if len(layouts) != len(op.results):
            raise VerifyException(f"{op.name} has {len(op.results)} results and {len(layouts)} layouts")
        for i, (layout, result) in enumerate(zip(layouts, op.results, strict=True)):
            yield f"result {i} of {op.name}", layout, result.type
    if (strategy := op.attributes.get(STRATEGY)) is not None:
        yield f"strategy of {op.name}", strategy, None
