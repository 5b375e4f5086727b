"""
The whole program as terms: values that are equal by construction are one term.

Nothing here knows of devices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from xdsl.dialects.builtin import ModuleOp, TensorType
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue

IDENTITIES = frozenset({"sdy.sharding_constraint", "sharding.constraint", "sdy.propagation_barrier"})
"""Ops that only say where a value lies."""
UNEQUAL = frozenset(
    f"stablehlo.{n}" for n in "rng infeed outfeed send recv custom_call partition_id replica_id".split()
)
"""Ops of which two with equal operands need not be equal."""
LOOPS_AND_BRANCHES = frozenset({"stablehlo.while", "stablehlo.case", "stablehlo.if"})
UNIFORM_MAKERS = frozenset(f"stablehlo.{n}" for n in "broadcast_in_dim broadcast reshape transpose slice".split())
"""Ops that make a tensor of one number from a tensor of one number, which is their first and only operand."""

ELEMENTWISE = frozenset(
    [
        f"stablehlo.{name}"
        for name in (
            "abs add and atan2 bitcast_convert cbrt ceil clamp compare complex convert cosine "
            "count_leading_zeros divide exponential exponential_minus_one floor imag is_finite log "
            "log_plus_one logistic maximum minimum multiply negate not or popcnt power real "
            "reduce_precision remainder round_nearest_afz round_nearest_even rsqrt select shift_left "
            "shift_right_arithmetic shift_right_logical sign sine sqrt subtract tan tanh xor"
        ).split()
    ]
    + [f"chlo.{name}" for name in "acos acosh asin asinh atan atanh cosh erf erf_inv erfc sinh square tan".split()]
    + [f"chlo.{name}" for name in "digamma lgamma is_inf is_neg_inf is_pos_inf next_after polygamma zeta".split()]
)
"""Ops that make each element from the elements at its place alone."""


class Term:
    """
    One value of the whole program.

    `scalar` is set where all elements are equal: the rank-0 term that they are. `iota` is the dimension whose index the
    elements are, None for others. `data` are the bytes of a rank-0 constant. `scouted` is set
    while a loop is looked at whose carry begins as zero, to find out what it becomes.
    """

    __slots__ = ("data", "iota", "scalar", "scouted", "shape", "type")

    def __init__(self, type: Attribute, scalar: Term | None = None, iota: int | None = None, data: bytes | None = None):
        self.type = type
        self.data = data
        self.scouted = False
        self.shape: tuple[int, ...] = type.get_shape() if isinstance(type, TensorType) else ()
        self.scalar = self if isinstance(type, TensorType) and not self.shape else scalar
        self.iota = iota

    @property
    def element(self) -> Attribute:
        found: Attribute = cast("TensorType[Any]", self.type).element_type
        return found

    @property
    def is_generic(self) -> bool:
        """Whether a device may know it without knowing which term it is."""
        return self.scalar is not None or self.iota is not None


@dataclass(eq=False)
class Node:
    """One op of the whole program over terms; `regions` hold the blocks of control flow."""

    op: Operation
    operands: tuple[Term, ...]
    results: tuple[Term, ...]
    regions: tuple[Body, ...] = ()


@dataclass(eq=False)
class Body:
    """A block of control flow: its arguments, the control flow in it in order, and what it returns."""

    arguments: tuple[Term, ...]
    nodes: list[Node] = field(default_factory=list)
    returned: tuple[Term, ...] = ()


class Terms:
    """All terms, and which ops use them; shared by the whole program and the constants of the devices."""

    def __init__(self) -> None:
        self.made: dict[Any, tuple[Term, ...]] = {}
        self.uses: dict[tuple[str, int, Term], list[Node]] = {}
        self.generic: dict[str, list[Node]] = {}

    def scalar(self, op: Operation, operands: tuple[Term, ...]) -> Term:
        """The rank-0 term of an elementwise op of rank-0 terms, or of a constant."""
        kind = TensorType(cast("TensorType[Any]", op.results[0].type).element_type, [])
        if op.name == "stablehlo.constant":
            data: bytes = cast(Any, op.properties["value"]).data
            return self._intern(("constant", kind, data), lambda: (Term(kind, None, None, data),))[0]
        return self._intern((op.name, properties(op), operands, kind), lambda: (Term(kind),))[0]

    def uniform(self, kind: Attribute, scalar: Term) -> Term:
        if isinstance(kind, TensorType) and not kind.get_shape():
            return scalar
        return self._intern(("uniform", kind, scalar), lambda: (Term(kind, scalar),))[0]

    def _intern(self, key: Any, make: Any) -> tuple[Term, ...]:
        found = self.made.get(key)
        if found is None:
            found = self.made[key] = make()
        return found

    def node(self, op: Operation, operands: tuple[Term, ...]) -> tuple[Term, ...]:
        """The terms that an op without control flow makes."""
        kinds = [result.type for result in op.results]
        if op.name == "stablehlo.constant" and cast(Any, op.properties["value"]).is_splat:
            return (self.uniform(kinds[0], self.scalar(op, ())),)
        if op.name == "stablehlo.reshape" and kinds[0] == operands[0].type:
            return operands
        if len(operands) == 1 and op.name in UNIFORM_MAKERS and operands[0].scalar is not None:
            return (self.uniform(kinds[0], operands[0].scalar),)
        if op.name in ELEMENTWISE and all(term.scalar is not None for term in operands) and same_widths(op):
            scalars = tuple(cast(Term, term.scalar) for term in operands)
            return (self.uniform(kinds[0], self.scalar(op, scalars)),)
        if op.name in UNEQUAL:
            made = tuple(Term(kind) for kind in kinds)
        else:
            key = (op.name, properties(op), operands, tuple(kinds), regions_key(op))
            iota = cast(Any, op.properties["iota_dimension"]).value.data if op.name == "stablehlo.iota" else None
            made = self._intern(key, lambda: tuple(Term(kind, None, iota) for kind in kinds))
        self.index(Node(op, operands, made))
        return made

    def uses_of(self, name: str, terms: Sequence[Term]) -> list[Node]:
        """The ops of that name with an operand among the terms."""
        found = (self.uses.get((name, place, term), ()) for place in range(3) for term in terms)
        return list(dict.fromkeys(node for nodes in found for node in nodes))

    def index(self, node: Node) -> None:
        generic = True
        for place, term in enumerate(node.operands):
            known = self.uses.setdefault((node.op.name, place, term), [])
            if any(other.results == node.results for other in known):
                return
            known.append(node)
            generic = generic and term.is_generic
        if generic:
            self.generic.setdefault(node.op.name, []).append(node)


class Whole:
    """Reads a whole program; `body` is its main function."""

    def __init__(self, module: ModuleOp, terms: Terms):
        self.terms = terms
        self.functions = {op.sym_name.data: op for op in module.ops if isinstance(op, FuncOp)}
        bodied = [function for function in self.functions.values() if function.body.blocks]
        main = self.functions.get("main") or bodied[0]
        self.arguments = tuple(Term(argument.type) for argument in main.body.block.args)
        self.body = Body(self.arguments)
        self.block(main.body.block, {}, self.arguments, self.body)

    def block(self, block: Block, env: dict[SSAValue, Term], arguments: tuple[Term, ...], body: Body) -> None:
        env.update(zip(block.args, arguments, strict=True))
        for op in block.ops:
            operands = tuple(env[value] for value in op.operands)
            if op is block.last_op:
                body.returned = operands
                return
            env.update(zip(op.results, self.op(op, operands, env, body), strict=True))

    def op(self, op: Operation, operands: tuple[Term, ...], env: dict[SSAValue, Term], body: Body) -> tuple[Term, ...]:
        if op.name == "func.call":
            callee = self.functions[cast(Any, op.properties["callee"]).root_reference.data]
            inner = Body(operands, body.nodes)
            self.block(callee.body.block, {}, operands, inner)
            return inner.returned
        if op.name in IDENTITIES or op.name == "stablehlo.optimization_barrier":
            return operands
        if op.name not in LOOPS_AND_BRANCHES:
            return self.terms.node(op, operands)
        bodies = []
        for region in op.regions:
            inner = Body(tuple(Term(argument.type) for argument in region.block.args))
            self.block(region.block, env, inner.arguments, inner)
            bodies.append(inner)
        made = tuple(Term(result.type) for result in op.results)
        body.nodes.append(Node(op, operands, made, tuple(bodies)))
        return made


def properties(op: Operation) -> tuple[tuple[str, Attribute], ...]:
    """What the op is besides its operands."""
    return tuple(sorted(op.properties.items()))


def same_widths(op: Operation) -> bool:
    """Whether results have the elements of operands one by one, which a bitcast need not."""
    return op.name != "stablehlo.bitcast_convert" or rank(op.operands[0]) == rank(op.results[0])


def rank(value: SSAValue) -> int:
    return len(value.type.get_shape()) if isinstance(value.type, TensorType) else 0


def regions_key(op: Operation) -> Any:
    """The functions of scalars that an op has, equal where they are written alike; they may capture nothing."""
    return tuple(region_key(region) for region in op.regions)


def region_key(region: Region) -> Any:
    numbers: dict[SSAValue, int] = {}
    parts: list[Any] = []
    for block in region.blocks:
        for argument in block.args:
            numbers[argument] = len(numbers)
            parts.append(argument.type)
        for op in block.ops:
            used = tuple(numbers.get(value, id(value)) for value in op.operands)
            parts.append((op.name, used, properties(op), tuple(r.type for r in op.results), regions_key(op)))
            for result in op.results:
                numbers[result] = len(numbers)
    return tuple(parts)
