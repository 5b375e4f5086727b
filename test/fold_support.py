"""What the tests of folding share: programs made of blocks, and a check that owes nothing to how folding works."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from xdsl.dialects.builtin import ModuleOp, StringAttr
from xdsl.dialects.func import FuncOp
from xdsl.ir import Operation, SSAValue

from eggshard.dialects.assembly import make_context, parse_module
from eggshard.fold import FoldedClass, Folding, Inside, Literal, Own, Shared, fold
from eggshard.partitioning.program import main_function
from eggshard.passes import pipeline

VECTOR = "tensor<8xf32>"


class Program:
    """Text of a StableHLO function, line by line; every value is a `tensor<8xf32>` unless said otherwise."""

    def __init__(self, **arguments: str) -> None:
        self.arguments = arguments
        self.lines: list[str] = []

    def op(self, name: str, *operands: str, rest: str = "", type: str = "", result: str = VECTOR) -> str:
        """An op's result; `type` is its whole type where it is not `(operands alike) -> result`."""
        value = f"%v{len(self.lines)}"
        spelled = type or f"({', '.join([VECTOR] * len(operands))}) -> {result}"
        self.lines.append(f'{value} = "stablehlo.{name}"({", ".join(operands)}) {rest} : {spelled}')
        return value

    def constant(self, number: float) -> str:
        return self.op("constant", rest=f"<{{value = dense<{number}> : {VECTOR}}}>", type=f"() -> {VECTOR}")

    def returning(self, *values: str, types: Sequence[str] = ()) -> FuncOp:
        """The parsed function; arguments are called %name, with `__` in place of `/`."""
        spelled = ", ".join(
            f'%{name}: {type} {{sharding.name = "{name.replace("__", "/")}"}}' for name, type in self.arguments.items()
        )
        kinds = list(types) or [VECTOR] * len(values)
        body = "\n".join([*self.lines, f"func.return {', '.join(values)} : {', '.join(kinds)}"])
        return main_function(parse_module(f"func.func @main({spelled}) -> ({', '.join(kinds)}) {{\n{body}\n}}"))


def layers(count: int, *names: str, type: str = VECTOR) -> dict[str, str]:
    """Arguments params__layer_I__NAME."""
    return {f"params__layer_{i}__{name}": type for i in range(count) for name in names}


def imported(fn: Callable[..., Any], args: Sequence[Any]) -> FuncOp:
    """A JAX function as it comes out of import."""
    from eggshard.frontends.load import from_jax

    module: ModuleOp = from_jax(fn, args).module
    pipeline.run(module, make_context(), pipeline.IMPORT)
    return main_function(module)


def without_names(function: FuncOp) -> FuncOp:
    """The function with its arguments' names taken away."""
    copy = function.clone()
    assert copy.arg_attrs is not None
    kept = [{k: v for k, v in attributes.data.items() if k != "sharding.name"} for attributes in copy.arg_attrs]
    copy.arg_attrs = type(copy.arg_attrs)([type(a)(k) for a, k in zip(copy.arg_attrs, kept, strict=True)])
    return copy


def name_of(function: FuncOp, value: SSAValue) -> str:
    """An argument's path."""
    assert function.arg_attrs is not None
    name = function.arg_attrs.data[value.index].data["sharding.name"]  # type: ignore[attr-defined]
    assert isinstance(name, StringAttr)
    return name.data


def checked(function: FuncOp, **options: bool) -> Folding:
    """The folding, after everything that it claims has been held against the program."""
    before = str(function)
    folding = fold(function, **options)
    assert str(function) == before
    check(folding)
    return folding


def unique(folding: Folding) -> int:
    """How many classes of ops depend on an argument."""
    return sum(1 for c in folding.classes if not c.is_argument and c.representative not in folding.literals)


def class_of(folding: Folding, op: Operation) -> FoldedClass:
    return folding.classes[folding.class_of[op]]


# -- the check --------------------------------------------------------------------------------------------------------


def check(folding: Folding) -> None:
    """Every claim of a folding, read off the IR."""
    ops = list(folding.block.ops)
    members = [node for c in folding.classes for node in c.members.values()]
    assert len(members) == len(set(members))
    assert {op for op in ops if op not in folding.duplicate_of} == {n for n in members if isinstance(n, Operation)}
    assert set(folding.block.args) <= set(members)
    assert list(folding.representative_of) == ops
    literal: set[Operation] = set()
    for op in ops:
        if op in folding.literals:
            literal.add(op)
            assert all(value.owner in literal for value in operands_of(op)), op
    for op, original in folding.duplicate_of.items():
        assert original not in folding.duplicate_of
        assert same(op, original) and folding.class_of[op] == folding.class_of[original]
        mine, theirs = ([canonical(folding, v) for v in operands_of(o)] for o in (op, original))
        assert mine == theirs or (op.name in ("stablehlo.add", "stablehlo.multiply") and mine == theirs[::-1]), op
    for c in folding.classes:
        check_class(folding, c)
    for family in folding.families:
        assert family.length > 1
        assert set(family.classes) == {c.index for c in folding.classes if c.family == family.index}
        assert all(0 <= b < family.length for i in family.classes for b in folding.classes[i].members)
        check_crossings(folding, family.index)
    for bodies in folding.bodies.values():
        for body in bodies:
            check(body)


def check_class(folding: Folding, c: FoldedClass) -> None:
    assert c.members[c.representative_block] is c.representative
    assert c.family is not None or list(c.members) == [0]
    assert c.family is None or len(c.members) > 1
    for b, node in c.members.items():
        assert folding.class_of[node] == c.index and folding.block_of[node] == b
        assert (node in folding.literals) == (c.representative in folding.literals)
        if isinstance(node, SSAValue):
            assert isinstance(c.representative, SSAValue) and node.type == c.representative.type
            continue
        assert isinstance(c.representative, Operation) and same(node, c.representative, c.varying)
        row = [canonical(folding, value) for value in operands_of(node)]
        assert len(row) == len(c.operands)
        if b in c.swapped:
            row.reverse()
        for position, value in enumerate(row):
            check_operand(folding, c, b, position, value)
    for position, role in enumerate(c.operands):
        if isinstance(role, Own) or (isinstance(role, Literal) and role.value is None):
            values = [operands_of(node) for node in c.members.values() if isinstance(node, Operation)]
            if not c.swapped:
                assert len({row[position] for row in values}) == len(values)


def check_operand(folding: Folding, c: FoldedClass, b: int, position: int, value: SSAValue) -> None:
    role = c.operands[position]
    place = folding.class_of[node_of(folding, value)]
    if (b, position) in c.exceptions:
        assert c.exceptions[b, position] is value
        assert isinstance(role, Inside) and b + role.shift not in folding.classes[role.cls].members
    elif isinstance(role, Inside):
        assert place == role.cls and folding.block_of[node_of(folding, value)] == b + role.shift
        assert folding.classes[place].family == c.family
        assert (result_of(value) if node_of(folding, value) is value.owner else 0) == role.result
    elif isinstance(role, Shared):
        assert role.value is value
    elif isinstance(role, Literal):
        assert value.owner in folding.literals and role.value in (None, value)
    else:
        assert value.owner not in folding.literals
        assert folding.classes[place].family is None or folding.classes[place].family != c.family


def check_crossings(folding: Folding, index: int) -> None:
    family = folding.families[index]
    crossings = {
        (role.cls, role.result, role.shift, i, position)
        for i in family.classes
        for position, role in enumerate(folding.classes[i].operands)
        if isinstance(role, Inside) and role.shift
    }
    assert {(x.producer, x.result, x.shift, x.consumer, x.operand) for x in family.crossings} == crossings


def same(one: Operation, other: Operation, varying: frozenset[str] = frozenset()) -> bool:
    """Equal in everything but the operands themselves."""

    def kept(op: Operation) -> dict[str, Any]:
        return {key: value for key, value in op.properties.items() if key not in varying}

    return (
        one.name == other.name
        and kept(one) == kept(other)
        and one.attributes == other.attributes
        and [v.type for v in operands_of(one)] == [v.type for v in operands_of(other)]
        and [v.type for v in one.results] == [v.type for v in other.results]
        and len(one.regions) == len(other.regions)
        and all(
            a.is_structurally_equivalent(b, dict(zip(operands_of(one), operands_of(other), strict=True)))
            for a, b in zip(one.regions, other.regions, strict=True)
        )
    )


def operands_of(op: Operation) -> list[SSAValue]:
    """Operands and captured values, in order."""
    found = list(op.operands)
    inside = {result for inner in op.walk() if inner is not op for result in inner.results}
    inside |= {arg for inner in op.walk() for region in inner.regions for block in region.blocks for arg in block.args}
    captured: dict[SSAValue, None] = {}
    for inner in op.walk():
        if inner is not op:
            captured.update((value, None) for value in inner.operands if value not in inside)
    return found + list(captured)


def canonical(folding: Folding, value: SSAValue) -> SSAValue:
    owner = value.owner
    if isinstance(owner, Operation) and owner in folding.duplicate_of:
        return folding.duplicate_of[owner].results[result_of(value)]
    return value


def node_of(folding: Folding, value: SSAValue) -> Operation | SSAValue:
    """The op that makes a value in the folded block; a value from outside stands for itself."""
    owner = value.owner
    return owner if isinstance(owner, Operation) and owner in folding.class_of else value


def result_of(value: SSAValue) -> int:
    owner = value.owner
    return list(owner.results).index(value) if isinstance(owner, Operation) else 0  # type: ignore[arg-type]
