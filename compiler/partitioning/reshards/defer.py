"""
Reduces a sum of partial values once.

reduce(a) + reduce(b) = reduce(a + b), and linear ops of one operand commute with the reduction, so that the reductions
of all terms of a sum can be moved below it. They are moved only if they meet another there.
"""

from __future__ import annotations

from xdsl.dialects.builtin import AnyFloat, IntegerType, ModuleOp, TensorType
from xdsl.ir import Block, Operation, OpResult, SSAValue

from eggshard.dialects.sharding import ReshardOp, layouts_of, set_layouts
from eggshard.dialects.sharding.layout import Layout, Mesh
from eggshard.partitioning.factors import legal, project, unproject
from eggshard.partitioning.identity import identity
from eggshard.partitioning.local import tensor_type
from eggshard.partitioning.localize.simple import is_splat
from eggshard.partitioning.localize.table import tileable
from eggshard.partitioning.program import the_mesh
from eggshard.partitioning.reshards.edit import (
    blocks,
    defining_reshard,
    erase,
    reshard_after,
    reshard_operand,
    run_under,
    single_use,
)
from eggshard.rules.table import rule_of

SUMS = frozenset({"stablehlo.add", "stablehlo.subtract"})
UNARY = frozenset(
    {"stablehlo.transpose", "stablehlo.reshape", "stablehlo.negate", "stablehlo.convert", "stablehlo.reduce"}
)
SCALED = frozenset({"stablehlo.multiply", "stablehlo.divide"})


def defer_reductions(module: ModuleOp) -> None:
    """Moves reductions of partial terms below the sums, and out of the loops, that combine them."""
    found = the_mesh(module)
    if found is None:
        return
    name, mesh = found
    for block in blocks(module):
        for op in list(block.ops):
            if op.name in SUMS and op.parent is not None:
                _merge(op, name, mesh)
    for block in blocks(module):
        for op in list(block.ops):
            if op.name == "stablehlo.while":
                _leave_loop(op, name, mesh)


def _merge(op: Operation, name: str, mesh: Mesh) -> None:
    """add(reduce(a), reduce(b)) -> reduce(add(a, b))"""
    chains = [_chain(operand) for operand in op.operands]
    left, right = chains
    if left is None or right is None:
        return
    if any(term.kind != "sum" for term in left[0].source.data.partial):
        return
    outcome = [_layout_below(reshard, links, mesh) for reshard, links in (left, right)]
    if outcome[0] is None or outcome[0] != outcome[1]:
        return
    targets = layouts_of(op)
    target = targets[0] if targets else Layout.of(name, outcome[0].axes)
    for reshard, links in (left, right):
        _sink(reshard, links, name, mesh)
    made = run_under(op, {0: outcome[0], 1: outcome[0]}, mesh, name)
    assert made is not None, "a sum runs under any layout"
    because = left[0].because.data if left[0].because is not None else None
    reshard_after(op, made, target, because)


def _chain(value: SSAValue) -> tuple[ReshardOp, list[Operation]] | None:
    """The reduction above `value`, and the linear ops between them, top first; nothing else may use any of it."""
    links: list[Operation] = []
    while single_use(value):
        reshard = defining_reshard(value)
        if reshard is not None:
            return (reshard, links[::-1]) if reshard.source.data.partial else None
        if not isinstance(value, OpResult):
            return None
        op = value.op
        index = _linear_operand(op)
        if index is None:
            return None
        links.append(op)
        value = op.operands[index]
    return None


def _linear_operand(op: Operation) -> int | None:
    """The operand in which `op` is linear and through which to look for a reduction."""
    if op.name in UNARY:
        if op.name == "stablehlo.convert" and not _between_floats(op):
            return None
        return None if op.name == "stablehlo.reduce" and not _is_plain_sum(op) else 0
    if op.name in SCALED:
        if op.name == "stablehlo.divide" and isinstance(tensor_type(op.results[0]).element_type, IntegerType):
            return None  # quotients of integers are rounded
        for index in (0, 1) if op.name == "stablehlo.multiply" else (0,):
            if _leads_to_reduction(op.operands[index]):
                return index
    return None


def _leads_to_reduction(value: SSAValue) -> bool:
    while single_use(value) and isinstance(value, OpResult):
        if isinstance(value.op, ReshardOp):
            return bool(value.op.source.data.partial)
        if value.op.name not in UNARY:
            return False
        value = value.op.operands[0]
    return False


def _is_plain_sum(op: Operation) -> bool:
    """A sum from zero of one tensor is linear in it."""
    rule = rule_of(op)
    kind = op.results[0].type
    if rule is None or rule.kind != "sum" or len(op.results) != 1 or not isinstance(kind, TensorType):
        return False
    return is_splat(op.operands[1], identity("sum", kind.element_type))


def _between_floats(op: Operation) -> bool:
    kinds = [value.type for value in (op.operands[0], op.results[0])]
    return all(isinstance(kind, TensorType) and isinstance(kind.element_type, AnyFloat) for kind in kinds)


def _layout_below(reshard: ReshardOp, links: list[Operation], mesh: Mesh) -> Layout | None:
    """The layout of the partial value after `links`; None if one of them cannot run on it."""
    layout = reshard.source.data
    for op in links:
        if op.name in SCALED and reshard.source.data.axes != reshard.target.data.axes:
            return None
        rule = rule_of(op)
        if rule is None:
            return None
        rule = rule.local
        index = _linear_operand(op)
        assert index is not None
        wish = project(layout.axes, rule.operands[index], rule.sizes, mesh)
        tiling = legal(wish, rule, tileable(op, rule), mesh)
        if unproject(tiling, rule.operands[index], mesh) != layout.axes or rule.reduction & tiling.keys():
            return None
        layout = Layout.of(layout.mesh, unproject(tiling, rule.results[0], mesh), layout.partial)
    return Layout.of(layout.mesh, layout.axes, layout.partial)


def _sink(reshard: ReshardOp, links: list[Operation], name: str, mesh: Mesh) -> None:
    """Drops the reduction from above `links`, which now run on partial values."""
    indices = [_linear_operand(op) for op in links]
    layout = reshard.source.data
    reshard.result.replace_all_uses_with(reshard.input)
    erase(reshard)
    for op, index in zip(links, indices, strict=True):
        assert index is not None
        made = run_under(op, {index: layout}, mesh, name)
        assert made is not None, "checked by _layout_below"
        layout = made


def _leave_loop(loop: Operation, name: str, mesh: Mesh) -> None:
    """
    carry' = carry + reduce(x) in a loop  ->  the carry is partial, and reduced once after the loop

    If nothing else in the loop looks at the carry, which may become wider: it is reduced and cut after the loop.
    """
    condition, body = (region.block for region in loop.regions)
    last = body.last_op
    assert last is not None
    layouts = list(layouts_of(loop) or ())
    for index, returned in enumerate(last.operands):
        found = _accumulation(body, index, returned)
        if found is None or not layouts or any(True for _ in condition.args[index].uses):
            continue
        add, reshard, links = found
        source = _layout_below(reshard, links, mesh)
        if source is None or any(t.kind != "sum" for t in source.partial):
            continue
        target = layouts[index]
        because = reshard.because.data if reshard.because is not None else None
        _sink(reshard, links, name, mesh)
        made = run_under(add, {0: source, 1: source}, mesh, name)
        assert made == source, "a sum runs under any layout"
        layouts[index] = source
        _start_partial(loop, index, target, source)
        reshard_after(loop, source, target, because, index)
    if layouts:
        set_layouts(loop, layouts)


def _accumulation(body: Block, index: int, returned: SSAValue) -> tuple[Operation, ReshardOp, list[Operation]] | None:
    """The add of `carry + linear(reduce(x))`, its reduction and the ops between, if the loop returns that carry."""
    carry = body.args[index]
    if not isinstance(returned, OpResult) or returned.op.name != "stablehlo.add" or not single_use(carry):
        return None
    add = returned.op
    others = [value for value in add.operands if value is not carry]
    if len(others) != 1 or not single_use(returned):
        return None
    chain = _chain(others[0])
    return None if chain is None else (add, *chain)


def _start_partial(loop: Operation, index: int, whole: Layout, partial: Layout) -> None:
    """The starting value counts once; a zero may count on every device."""
    kind = loop.operands[index].type
    assert isinstance(kind, TensorType)
    zero = is_splat(loop.operands[index], identity("sum", kind.element_type))
    target = Layout.of(partial.mesh, partial.axes) if zero else partial
    if target != whole:
        reshard_operand(loop, index, whole, target, "start of a sum over a loop")
