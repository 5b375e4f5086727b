"""Propagation of layouts through a module: user priority over op priority over the strategies of a single step."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from xdsl.dialects.builtin import ModuleOp

from eggshard.propagation.calls import unflatten_calls
from eggshard.propagation.constants import merge_constants
from eggshard.propagation.engine import Engine
from eggshard.propagation.factors import Step
from eggshard.propagation.graph import LEVELS
from eggshard.propagation.groups import GROUP, join_groups, sync_groups
from eggshard.propagation.prepare import CALL, MANUAL, PREPARED, name_manual_axes, prepare
from eggshard.propagation.priorities import by_user_priority
from eggshard.propagation.program import build_graph
from eggshard.propagation.writeback import Writer


class Mode(Enum):
    """How much of the stack to use: each mode is the one below it, run several times."""

    USER_PRIORITY = "user-priority"
    OP_PRIORITY = "op-priority"
    AGGRESSIVE = "aggressive"
    BASIC = "basic"


def propagate(
    module: ModuleOp,
    mode: Mode = Mode.USER_PRIORITY,
    conservative: bool = False,
    on_round: Callable[[], None] | None = None,
    bare: bool = False,
) -> None:
    """
    Gives every value the layout that follows from those that are given, as `sharding.layout` attributes.

    What was given closed does not change; open dimensions may get more axes. `conservative` does not cut axes into
    parts, nor propagate along dimensions that would need data from neighbours. `on_round` is called after each round of
    user priority, with the layouts so far in the module. `bare` leaves out what comes before and after propagation
    (`prepare`): constants are then shared, and constraints are ops like others. So it is for a program that shows that
    this was done already.
    """
    names = {op.name for op in module.walk()}
    if MANUAL in names:
        name_manual_axes(module)
    bare = bare or not PREPARED.isdisjoint(names)
    if not bare:
        prepare(module, names)
    if GROUP in names:
        sync_groups(module)
    graph = build_graph(module, conservative)
    if GROUP in names:
        join_groups(module, graph)
    engine = Engine(graph)
    writer = Writer(graph)
    step = Step(aggressive=mode is not Mode.BASIC, conservative=conservative)
    levels = range(LEVELS) if mode in (Mode.USER_PRIORITY, Mode.OP_PRIORITY) else (LEVELS - 1,)

    def round() -> None:
        for level in levels:
            engine.run(level, step)
        if on_round is not None:
            writer.write(engine)
            on_round()

    if mode is Mode.USER_PRIORITY:
        by_user_priority(engine, round)
    else:
        round()
    writer.write(engine)
    if not bare:
        if CALL in names:
            unflatten_calls(module)
        merge_constants(module)
