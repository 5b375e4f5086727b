"""What an op function sees of the op it executes: its attributes, its result types, and its regions as functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from xdsl.dialects.builtin import DenseArrayBase, IntegerAttr, UnitAttr
from xdsl.ir import Attribute, Block, BlockArgument, Operation, OpResult, SSAValue

from eggshard.interpreter.values import Array, Lanes, Value, dtype_of, elements, shape_of

if TYPE_CHECKING:
    from eggshard.interpreter.machine import Frame

Kernel = Callable[..., Any]
"""`kernel(call, *operands) -> Array | tuple[Value, ...]`: one op on one device."""

Table = dict[str, Kernel]
"""Op name -> kernel; each file of op functions has one at its foot."""

LockstepKernel = Callable[["Frame", Operation, "list[Lanes]"], "list[Lanes]"]
"""One op on all devices at once: control flow, calls and collectives."""

LockstepTable = dict[str, LockstepKernel]


class Call:
    """One op executed on one device."""

    __slots__ = ("device", "frame", "op")

    def __init__(self, frame: Frame, op: Operation, device: int):
        self.frame = frame
        self.op = op
        self.device = device

    def attribute(self, name: str) -> Any:
        """The attribute (inherent or not), or None."""
        return attribute_of(self.op, name)

    def integer(self, name: str, default: int = 0) -> int:
        attribute = self.attribute(name)
        return default if attribute is None else int(attribute.value.data)

    def flag(self, name: str) -> bool:
        """A boolean, or a unit attribute, which is true by being there."""
        attribute = self.attribute(name)
        return attribute is not None and (isinstance(attribute, UnitAttr) or bool(attribute.value.data))

    def integers(self, name: str, default: tuple[int, ...] = ()) -> tuple[int, ...]:
        """An `array<i64: ..>`, `array<i1: ..>` or `dense<..> : tensor<nxi64>`."""
        attribute = self.attribute(name)
        return default if attribute is None else integers_of(attribute)

    def numbers(self, name: str) -> Array | None:
        """An attribute `dense<..>` as an array."""
        attribute = self.attribute(name)
        return None if attribute is None else elements(attribute)

    def data(self, name: str, default: Any = None) -> Any:
        """The plain value of an enum, a structure or a string."""
        attribute = self.attribute(name)
        return default if attribute is None else attribute.data

    def dtype(self, result: int = 0) -> np.dtype[Any]:
        return dtype_of(self.op.results[result].type)

    def shape(self, result: int = 0) -> tuple[int, ...]:
        return shape_of(self.op.results[result].type)

    def body(self, region: int | str = 0) -> Body:
        """A region as a function of arrays."""
        index = region if isinstance(region, int) else self.op.regions.index(getattr(self.op, region))
        return Body(self.frame, self.op, self.op.regions[index].block, self.device)


def attribute_of(op: Operation, name: str) -> Any:
    found = op.properties.get(name)
    return op.attributes.get(name) if found is None else found


def integers_of(attribute: Attribute) -> tuple[int, ...]:
    if isinstance(attribute, DenseArrayBase):
        return tuple(int(v) for v in attribute.get_values())
    if isinstance(attribute, IntegerAttr):
        return (int(attribute.value.data),)
    return tuple(int(v) for v in elements(attribute).reshape(-1))


class Body:
    """
    A region of an op such as reduce, sort or scatter, as a function of arrays.

    Its block is written for scalars. Where it holds only elementwise ops, it is run once on whole arrays (`map`), which
    is what makes the interpreter fast enough for models; otherwise once per element.
    """

    def __init__(self, frame: Frame, op: Operation, block: Block, device: int):
        self.op = op
        self.block = block
        self.frame = frame.on_one_device(op, device)
        self.device = device

    def __call__(self, *arguments: Value) -> tuple[Value, ...]:
        """Runs the block once on values of its own argument types."""
        return self._run(self.frame, arguments)

    def _run(self, frame: Frame, arguments: tuple[Value, ...]) -> tuple[Value, ...]:
        device = self.device
        count = frame.program.device_count
        lanes: list[Lanes] = []
        for argument in arguments:
            lane: Lanes = [None] * count
            lane[device] = argument
            lanes.append(lane)
        return tuple(result[device] for result in frame.run_block(self.block, lanes))

    def map(self, *arrays: Array) -> tuple[Array, ...]:
        """Applies the block, a function of scalars, to the elements of arrays that broadcast against each other."""
        from eggshard.interpreter.tables import is_elementwise

        shape = np.broadcast_shapes(*(a.shape for a in arrays))
        if is_elementwise(self.block):
            results = self._run(self.frame.unchecked(), arrays)
            return tuple(r if r.shape == shape else np.broadcast_to(r, shape) for r in results)
        spread = [np.broadcast_to(a, shape) for a in arrays]
        terminator = self.block.last_op
        assert terminator is not None
        outputs = [np.empty(shape, dtype_of(value.type)) for value in terminator.operands]
        for index in np.ndindex(shape):
            for output, value in zip(outputs, self(*(np.asarray(a[index]) for a in spread)), strict=True):
                output[index] = value
        return tuple(outputs)

    @property
    def returned_argument(self) -> int | None:
        """The index of the argument that the block does nothing but return, else None."""
        last = self.block.last_op
        if last is None or self.block.first_op is not last or len(last.operands) != 1:
            return None
        (value,) = last.operands
        return value.index if isinstance(value, BlockArgument) and value.block is self.block else None

    @property
    def binary(self) -> str | None:
        """The name of the op if the block is `return op(first, second)` in either order, else None."""
        last = self.block.last_op
        if last is None or len(last.operands) != 1 or len(self.block.args) != 2:
            return None
        made = source(last.operands[0])
        if not isinstance(made, OpResult) or made.op.name not in COMMUTATIVE or made.op.parent is not self.block:
            return None
        return made.op.name if {source(value) for value in made.op.operands} == set(self.block.args) else None


def source(value: SSAValue) -> SSAValue:
    """The value behind marks that only say where it lies; JAX puts them into the bodies of collectives."""
    while isinstance(value, OpResult) and value.op.name in MARKS:
        value = value.op.operands[0]
    return value


MARKS = frozenset({"sdy.sharding_constraint", "sharding.constraint"})
COMMUTATIVE = frozenset(f"stablehlo.{name}" for name in ("add", "multiply", "maximum", "minimum", "and", "or", "xor"))
