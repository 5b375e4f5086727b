"""The layouts and strategies of a partitioned program as text, by path."""

from __future__ import annotations

from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp

from eggshard.dialects.sharding import StrategyAttr
from eggshard.dialects.sharding.access import STRATEGY, argument_layout, result_layout
from eggshard.dialects.sharding.layout import Layout
from eggshard.dialects.sharding.syntax import axis_text, strategy_text
from eggshard.partitioning.program import CONTROL_FLOW, main_function, program_ops


def layout_notation(layout: Layout | None) -> str:
    """The layout as tactics write it: `-,model`, '+' between axes; '' for a scalar."""
    if layout is None:
        return ""
    return ",".join("+".join(axis_text(axis).replace('"', "") for axis in axes) or "-" for axes in layout.axes)


def argument_layouts(module: ModuleOp) -> dict[str, str]:
    """Path -> layout of every argument."""
    func = main_function(module)
    return {
        name: layout_notation(argument_layout(func, index)) for index, name in enumerate(port_names(func, "arg_attrs"))
    }


def result_layouts(module: ModuleOp) -> dict[str, str]:
    """Path -> layout of every result."""
    func = main_function(module)
    return {
        name: layout_notation(result_layout(func, index)) for index, name in enumerate(port_names(func, "res_attrs"))
    }


def strategy_list(module: ModuleOp) -> list[str]:
    """The strategy of every op of the whole program in order, '' for a replicated one."""
    found: list[str] = []
    for op in program_ops(main_function(module).body.block):
        if op.name in CONTROL_FLOW or not op.name.startswith(("stablehlo.", "chlo.")):
            continue
        attribute = op.attributes.get(STRATEGY)
        found.append(strategy_text(attribute.data) if isinstance(attribute, StrategyAttr) else "")
    return found


def port_names(func: FuncOp, key: str) -> list[str]:
    """The paths of all arguments or results; numbers where a program has no names; repeated ones numbered."""
    from eggshard.annotation import names_of

    count = len(func.function_type.inputs if key == "arg_attrs" else func.function_type.outputs)
    names = names_of(func, key) or [""] * count
    seen: set[str] = set()
    unique: list[str] = []
    for index, name in enumerate(names):
        name = name or f"{'arg' if key == 'arg_attrs' else 'result'}{index}"
        while name in seen:
            name += "'"
        seen.add(name)
        unique.append(name)
    return unique
