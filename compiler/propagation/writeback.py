"""Writes layouts from the engine into the module."""

from __future__ import annotations

from xdsl.dialects.builtin import ArrayAttr
from xdsl.dialects.func import FuncOp
from xdsl.ir import BlockArgument, Operation, OpResult, SSAValue

from eggshard.dialects.sharding import LayoutAttr, set_argument_layouts, set_layout, set_result_layouts
from eggshard.dialects.sharding.access import LAYOUTS
from eggshard.dialects.sharding.carrier import CarriesLayouts
from eggshard.dialects.sharding.layout import Layout
from eggshard.propagation.dataflow import BODIES
from eggshard.propagation.engine import Engine
from eggshard.propagation.graph import Graph

Places = dict[Operation, list[tuple[int, int]]]
"""Per function or op pairs of index and slot."""


class Writer:
    """Knows where each slot is written, and what was written last, so that a round costs what it changes."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.attributes: dict[int, LayoutAttr] = {}
        self.written = [0] * len(graph.layouts)
        self.ops: Places = {}
        self.arguments: Places = {}
        self.bodies: list[tuple[SSAValue, int]] = []
        hidden = {value.op for value in graph.hidden if isinstance(value, OpResult)}
        for value, slot in graph.slot_of.items():
            if value in graph.hidden or (isinstance(value, OpResult) and value.op in hidden):
                continue
            if isinstance(value, OpResult):
                self.ops.setdefault(value.op, []).append((value.index, slot))
            elif isinstance(value, BlockArgument):
                parent = value.block.parent_op()
                if isinstance(parent, FuncOp):
                    self.arguments.setdefault(parent, []).append((value.index, slot))
                elif parent is not None and parent.name in BODIES:
                    self.bodies.append((value, slot))
        self.promises: Places = {}
        for result in graph.results:
            self.promises.setdefault(result.function, []).append((result.index, result.slot))
        for function, index, slot in graph.returned:
            self.promises.setdefault(function, []).append((index, slot))

    def write(self, engine: Engine) -> None:
        """Brings the module up to date."""
        held, written = engine.held, self.written
        for op, places in self.ops.items():
            for _, slot in places:
                if held[slot] != written[slot]:
                    self._write_op(op, places, engine)
                    break
        for places_of, put in ((self.arguments, set_argument_layouts), (self.promises, set_result_layouts)):
            for function, places in places_of.items():
                layouts = {i: engine.get(slot) for i, slot in places if held[slot] != written[slot]}
                assert isinstance(function, FuncOp)
                if layouts:
                    put(function, {i: layout for i, layout in layouts.items() if layout is not None})
        for argument, slot in self.bodies:
            layout = engine.get(slot)
            if layout is not None and held[slot] != written[slot]:
                set_layout(argument, layout)
        self.written = list(held)

    def _write_op(self, op: Operation, places: list[tuple[int, int]], engine: Engine) -> None:
        """An op of several results gets layouts for all; those that nothing is known of are open."""
        known = [engine.get(slot) for _, slot in places]
        if op.get_trait(CarriesLayouts) is not None:
            for result, layout in zip(op.results, known, strict=True):
                if layout is not None:
                    set_layout(result, layout)
            return
        mesh = next((layout.mesh for layout in known if layout is not None), None)
        if mesh is None:
            op.attributes.pop(LAYOUTS, None)
            return
        op.attributes[LAYOUTS] = ArrayAttr(
            self._attribute(engine, engine.held[slot])
            if engine.held[slot]
            else LayoutAttr(Layout.replicate(mesh, self.graph.ranks[slot], open=True))
            for _, slot in places
        )

    def _attribute(self, engine: Engine, number: int) -> LayoutAttr:
        """The attribute of a numbered layout, the same object each time."""
        found = self.attributes.get(number)
        if found is None:
            layout = engine.layouts[number]
            assert layout is not None
            found = self.attributes[number] = LayoutAttr(layout)
        return found
