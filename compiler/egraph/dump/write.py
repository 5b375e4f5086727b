"""The classes as ops, in the place of a program."""

from __future__ import annotations

import re

from xdsl.dialects.builtin import ArrayAttr, IntAttr, ModuleOp, StringAttr, UnrealizedConversionCastOp
from xdsl.dialects.equivalence import ClassOp, GraphOp, YieldOp
from xdsl.dialects.func import ReturnOp
from xdsl.ir import Operation, Region, SSAValue

from eggshard.dialects.sharding.access import LAYOUTS
from eggshard.dialects.sharding.attributes import LayoutAttr
from eggshard.egraph.codes import KIND_OF, Code, live_axes
from eggshard.egraph.dump.chosen import mark
from eggshard.egraph.dump.classes import Classes, Place
from eggshard.planning.search import Search


def dump(module: ModuleOp, search: Search, tensors: str | None = None) -> None:
    """
    Puts the e-graph of a program into the place of its main function's body.

    Nothing may be written into the module yet. Of tensors whose name does not match `tensors` (a regular expression)
    only what others read is shown, and not how it comes about.
    """
    classes = Classes(module, search, re.compile(tensors or ""))
    classes.fill()
    last = classes.func.body.block.last_op
    assert last is not None
    if classes.choice is not None:
        mark(classes)
    _write(classes, [_yielded(classes, index, value) for index, value in enumerate(last.operands)])


def _yielded(classes: Classes, index: int, value: SSAValue) -> SSAValue:
    """A result of the program, in the layout that it was given, or replicated."""
    tensor = classes.outline.of.get(value, -1)
    if tensor < 0:
        return classes.constant(value)
    layout = classes.kind(tensor).index[(0,) * (len(live_axes(classes.mesh)) + 1)]
    if classes.choice is not None:
        homes = {t.result: n for n, t in enumerate(classes.outline.tensors) if t.result >= 0}
        homes |= dict(classes.outline.linked_results)
        layout = classes.lies(classes.search.decision.home[homes[index]])
    return classes.classes[tensor, layout].result


def _write(classes: Classes, yielded: list[SSAValue]) -> None:
    """The classes, each after its first e-node, and the graph in the place of the function's body."""
    for place, members in classes.classes.items():
        if not members.values:
            if not members.result.uses and members.result not in yielded:
                continue
            op: Operation = UnrealizedConversionCastOp.get([], [members.result.type])
            classes.block.add_op(op)
            members.values.append(op.results[0])
        made = ClassOp(*members.values, min_cost_index=None if members.taken < 0 else IntAttr(members.taken))
        made.attributes["tensor"] = StringAttr(classes.names[place[0]])
        made.attributes[LAYOUTS] = ArrayAttr([LayoutAttr(classes.layout(place))])
        made.result.name_hint = _hint(classes, place)
        members.result.replace_all_uses_with(made.result)
        yielded[:] = [made.result if value is members.result else value for value in yielded]
        last = members.values[-1].owner
        assert isinstance(last, Operation)
        classes.block.insert_op_after(made, last)
    types = [value.type for value in yielded]
    classes.block.add_op(YieldOp(*yielded))
    body = classes.func.body.block
    for old in reversed(list(body.ops)):
        old.detach()
        old.erase(safe_erase=False)
    graph = GraphOp(types, Region(classes.block))
    body.add_ops([graph, ReturnOp(*graph.results)])


def _hint(classes: Classes, place: Place) -> str:
    """`x.0r`: the first axis cuts dimension 0 of %x, the second does nothing."""
    name = re.sub(r"[^\w$]", "_", classes.names[place[0]].removeprefix("%"))
    code = classes.kind(place[0]).codes[place[1]]
    return f"{'v' if name[0].isdigit() else ''}{name}.{letters(code)}"


def letters(code: Code) -> str:
    """A layout in short: per axis r (replicated), the dimension that it cuts, or the first letter of its reduction."""
    columns = "".join("r" if c == 0 else KIND_OF[c][0] if c in KIND_OF else str(c - 1) for c in code[:-1])
    return columns + (".turned" if code[-1] else "")
