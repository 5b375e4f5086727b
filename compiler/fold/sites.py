"""The elementwise classes of a folding, and what clustering must know of each."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from xdsl.dialects.builtin import AnyFloat, ComplexType, TensorType
from xdsl.dialects.func import FuncOp
from xdsl.ir import Operation, SSAValue

from eggshard.fold.folding import FoldedClass, Folding, Inside, Literal, Own, Role, Shared
from eggshard.rules.elementwise import ELEMENTWISE

CONSTRAINTS = frozenset(("sharding.constraint", "sdy.sharding_constraint"))
"""Elementwise by rule, but there to hold a layout."""
BROADCAST = "stablehlo.broadcast_in_dim"
SCALING = frozenset(f"stablehlo.{name}" for name in "negate real imag multiply divide".split())
"""Linear in one operand where the other one, if any, is free."""
LINEAR = SCALING | frozenset(f"stablehlo.{name}" for name in "add subtract convert select maximum minimum".split())
"""Ops that may be given partial results and pass them on, maximum and minimum those of their own kind."""
MOVING = frozenset(f"stablehlo.{name}" for name in "reshape transpose slice concatenate pad reverse".split())
"""Ops whose results are partial only if an operand is."""

Where = Hashable
"""Which value an operand is: a class index for the result of a class in the same block, else some other key."""


@dataclass
class Site:
    """
    An elementwise class.

    `width` is the bits of an element of the result, `operands` the operands that cost something to move with their
    widths. `partial`: the result may be a partial sum. `scaling`: any layout of its one costly operand, partial ones
    too, may be the result's. `users` are the elementwise classes that use the result in the same block, in every block
    alike; `visible` says that there are other uses.
    """

    shape: tuple[int, ...]
    width: int
    operands: dict[Where, int]
    partial: bool
    scaling: bool
    users: set[int] = field(default_factory=set)
    visible: bool = False


def computed(folding: Folding) -> list[FoldedClass]:
    """The op classes that depend on an argument."""
    return [c for c in folding.classes if not c.is_argument and c.representative not in folding.literals]


def sites_of(folding: Folding) -> dict[int, Site]:
    """The elementwise classes by index."""
    partial = _partial_classes(folding)
    sites = {c.index: _site(folding, c, c.index in partial) for c in computed(folding) if is_elementwise(c)}
    for c in folding.classes:
        for position, role in enumerate(c.operands):
            maker = _maker(folding, role)
            if maker not in sites:
                continue
            near = producer_of(folding, c, role) == maker and c.index in sites
            if near and folding.classes[maker].members.keys() == c.members.keys() and not _is_odd(c, position):
                sites[maker].users.add(c.index)
            else:
                sites[maker].visible = True
        for value in c.exceptions.values():
            maker = _maker(folding, Shared(value))
            if maker in sites:
                sites[maker].visible = True
    return sites


def is_elementwise(c: FoldedClass) -> bool:
    """Whether members compute each element from those at the same place, and from scalars."""
    op = c.representative
    if not isinstance(op, Operation) or len(op.results) != 1 or op.regions or not op.operands:
        return False
    shape = shape_of(op.results[0])
    shapes = [shape_of(operand) for operand in op.operands]
    if op.name == BROADCAST:
        return shapes == [()]
    return op.name in ELEMENTWISE - CONSTRAINTS and shape is not None and all(s in (shape, ()) for s in shapes)


def producer_of(folding: Folding, c: FoldedClass, role: Role) -> int | None:
    """The class that makes an operand of `c` in the same block; or outside all families, if `c` is there too."""
    if isinstance(role, Inside):
        return None if role.shift else role.cls
    maker = _maker(folding, role)
    return maker if c.family is None and maker is not None and folding.classes[maker].family is None else None


def shape_of(value: SSAValue) -> tuple[int, ...] | None:
    """The shape of a tensor."""
    return value.type.get_shape() if isinstance(value.type, TensorType) else None


def width_of(value: SSAValue) -> int:
    """Bits of one element, as it lies in memory."""
    assert isinstance(value.type, TensorType)
    element = value.type.element_type
    if isinstance(element, ComplexType):
        return 2 * _bits(element.element_type)
    return _bits(element)


def _bits(element: object) -> int:
    return max(8, int(getattr(element, "bitwidth", 32)))


def _site(folding: Folding, c: FoldedClass, partial: bool) -> Site:
    op = c.representative
    assert isinstance(op, Operation)
    operands: dict[Where, int] = {}
    positions = []
    for position, (value, role) in enumerate(zip(_row(op, c), c.operands, strict=True)):
        if not _is_free(folding, role, value):
            operands[_where(folding, c, position, role)] = width_of(value)
            positions.append(position)
    shape = shape_of(op.results[0])
    assert shape is not None
    # A quotient is linear in what is divided only.
    linear = op.name in SCALING and (op.name != "stablehlo.divide" or positions == [0])
    scaling = len(positions) == 1 and (linear or _is_float_convert(op))
    return Site(shape, width_of(op.results[0]), operands, partial, scaling)


def _row(op: Operation, c: FoldedClass) -> tuple[SSAValue, ...]:
    operands = tuple(op.operands)
    return operands[::-1] if c.representative_block in c.swapped else operands


def _where(folding: Folding, c: FoldedClass, position: int, role: Role) -> Where:
    producer = producer_of(folding, c, role)
    if producer is not None:
        return producer
    return (c.index, position) if isinstance(role, Own) else role


def _is_free(folding: Folding, role: Role, value: SSAValue) -> bool:
    """Whether the operand can be made in any layout where it is used: a scalar, its broadcast, or a literal."""
    if isinstance(role, Literal) or shape_of(value) == ():
        return True
    owner = value.owner
    return isinstance(owner, Operation) and owner.name == BROADCAST and shape_of(owner.operands[0]) == ()


def _is_float_convert(op: Operation) -> bool:
    def is_float(value: SSAValue) -> bool:
        return isinstance(value.type, TensorType) and isinstance(value.type.element_type, AnyFloat)

    return op.name == "stablehlo.convert" and is_float(op.operands[0]) and is_float(op.results[0])


def _is_odd(c: FoldedClass, position: int) -> bool:
    return any(at == position for _, at in c.exceptions)


def _maker(folding: Folding, role: Role) -> int | None:
    if isinstance(role, Inside):
        return role.cls
    if isinstance(role, Shared):
        owner = role.value.owner
        made_here = isinstance(owner, Operation) and owner in folding.class_of
        return folding.class_of.get(owner if isinstance(owner, Operation) and made_here else role.value)
    return None


def _partial_classes(folding: Folding) -> set[int]:
    """The classes whose results may be partial sums: what may sum, and what passes partial operands on."""
    found: set[int] = set()
    if not isinstance(folding.block.parent_op(), FuncOp):
        # What a loop carries may be a sum that is not complete yet.
        found.update(c.index for c in folding.classes if c.is_argument)
    classes = computed(folding)
    count = -1
    # More than one round for what comes from another block only.
    while count != len(found):
        count = len(found)
        found.update(c.index for c in classes if c.index not in found and _may_be_partial(folding, c, found))
    return found


def _may_be_partial(folding: Folding, c: FoldedClass, found: set[int]) -> bool:
    op = c.representative
    if not isinstance(op, Operation) or (op.name in ELEMENTWISE and op.name not in LINEAR):
        return False
    if op.name in LINEAR | MOVING | CONSTRAINTS or op.name == BROADCAST:
        return any(isinstance(role, Own) or _maker(folding, role) in found for role in c.operands)
    return True
