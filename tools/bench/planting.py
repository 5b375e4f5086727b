"""Mistakes that people make in partitioned programs, one function each: what was done, or None if nothing fits."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from xdsl.dialects.builtin import DenseArrayBase, TensorType, i64
from xdsl.ir import Block, Operation, Region

from eggshard.dialects import stablehlo
from eggshard.dialects.stablehlo import DenseElements

Mutation = Callable[[Any, Random, Any], "str | None"]
REDUCTIONS = ("stablehlo.all_reduce", "stablehlo.reduce_scatter")
GROUPED = (*REDUCTIONS, "stablehlo.all_gather", "stablehlo.all_to_all")


def some(module: Any, random: Random, *names: str, fits: Callable[[Operation], bool] = lambda op: True) -> Any:
    """An op of one of the names."""
    found = [op for op in module.walk() if op.name in names and fits(op)]
    return random.choice(found) if found else None


def drop_all_reduce(module: Any, random: Random, mesh: Any) -> str | None:
    op = some(module, random, "stablehlo.all_reduce")
    if op is None:
        return None
    op.results[0].replace_all_uses_with(op.operands[0])
    op.detach()
    return "dropped"


def double_all_reduce(module: Any, random: Random, mesh: Any) -> str | None:
    op = some(module, random, "stablehlo.all_reduce")
    if op is None:
        return None
    again = op.clone()
    op.parent.insert_op_after(again, op)
    op.results[0].replace_all_uses_with(again.results[0])
    again.operands[0] = op.results[0]
    return "doubled"


def wrong_group(module: Any, random: Random, mesh: Any) -> str | None:
    """Devices of other groups, or other axes with groups as large."""
    op = some(module, random, *GROUPED)
    if op is None:
        return None
    groups = op.properties["replica_groups"]
    rows, width = groups.type.get_shape()
    ids = list(range(rows * width))
    random.shuffle(ids)
    if random.random() < 0.5:
        ids = [row + rows * column for row in range(rows) for column in range(width)]
    data = b"".join(i.to_bytes(8, "little", signed=True) for i in ids)
    if data == groups.data:
        return None
    op.properties["replica_groups"] = DenseElements(groups.type, data)
    return f"{op.name} over {ids}"


def swap_in_group(module: Any, random: Random, mesh: Any) -> str | None:
    """Two devices of a group change places."""
    op = some(module, random, *GROUPED, fits=lambda op: op.name != "stablehlo.all_reduce")
    if op is None:
        return None
    groups = op.properties["replica_groups"]
    data = groups.data
    if len(data) < 16:
        return None
    op.properties["replica_groups"] = DenseElements(groups.type, data[8:16] + data[:8] + data[16:])
    return str(op.name)


def wrong_dimension(module: Any, random: Random, mesh: Any) -> str | None:
    """A reduce_scatter or all_gather along another dimension; reshaped to what its users expect."""
    op = some(module, random, "stablehlo.reduce_scatter", "stablehlo.all_gather")
    if op is None:
        return None
    name = "scatter_dimension" if "scatter_dimension" in op.properties else "all_gather_dim"
    given, due = op.operands[0].type, op.results[0].type
    was = op.properties[name].value.data
    before, after = list(given.get_shape()), list(due.get_shape())
    others = [d for d in range(len(before)) if d != was]
    if name == "scatter_dimension":
        others = [d for d in others if before[d] * after[was] % before[was] == 0]
    if not others:
        return None
    dim = random.choice(others)
    shape = list(before)
    shape[dim] = before[dim] * after[was] // before[was]
    op.properties[name] = type(op.properties[name])(dim, i64)
    made = type(op).create(
        operands=list(op.operands),
        result_types=[TensorType(due.element_type, shape)],
        properties=dict(op.properties),
        regions=[region.clone() for region in op.regions],
    )
    back = stablehlo.ReshapeOp.create(operands=[made.results[0]], result_types=[due])
    op.parent.insert_op_before(made, op)
    op.parent.insert_op_before(back, op)
    op.results[0].replace_all_uses_with(back.results[0])
    op.detach()
    return f"{op.name} {was} -> {dim}"


def slice_offset(module: Any, random: Random, mesh: Any) -> str | None:
    """A slice begins one element earlier or later, or at the device's place along something else."""
    op = some(module, random, "stablehlo.slice", "stablehlo.dynamic_slice")
    if op is None:
        return None
    if op.name == "stablehlo.dynamic_slice":
        starts = op.operands[1:]
        if len(starts) > 1 and random.random() < 0.5:
            op.operands[1], op.operands[2] = op.operands[2], op.operands[1]
            return "starts swapped"
        place = random.randrange(len(starts)) + 1
        op.operands[place] = constant_like(op, op.operands[place].type, random.choice((0, 1, 2)))
        return "start constant"
    starts, limits = (list(op.properties[n].get_values()) for n in ("start_indices", "limit_indices"))
    shape = op.operands[0].type.get_shape()
    by = random.choice((-1, 1))
    dims = [d for d in range(len(shape)) if starts[d] + by >= 0 and limits[d] + by <= shape[d]]
    if not dims:
        return None
    dim = random.choice(dims)
    starts[dim], limits[dim] = starts[dim] + by, limits[dim] + by
    op.properties["start_indices"] = DenseArrayBase.from_list(i64, starts)
    op.properties["limit_indices"] = DenseArrayBase.from_list(i64, limits)
    return f"slice by {by}"


def constant_like(before: Operation, kind: Any, value: int) -> Any:
    width = max(1, kind.element_type.width.data // 8)
    data = value.to_bytes(width, "little")
    op = stablehlo.ConstantOp.create(result_types=[kind], properties={"value": DenseElements(kind, data)})
    assert before.parent is not None
    before.parent.insert_op_before(op, before)
    return op.results[0]


def other_reduction(module: Any, random: Random, mesh: Any) -> str | None:
    """Sum for max, max for sum, product for sum."""
    op = some(module, random, *REDUCTIONS, "stablehlo.reduce", fits=lambda op: len(op.results) == 1)
    inner = None if op is None else next(iter(op.regions[0].block.ops))
    classes = [stablehlo.AddOp, stablehlo.MaximumOp, stablehlo.MinimumOp, stablehlo.MultiplyOp]
    if inner is None or type(inner) not in classes:
        return None
    made = random.choice([c for c in classes if c is not type(inner)])
    swap(inner, made)
    return f"{op.name}: {inner.name} -> {made.name}"


def swap(op: Operation, made: Any) -> None:
    """Another op of the same operands and results in its place."""
    new = made.create(operands=list(op.operands), result_types=[r.type for r in op.results])
    assert op.parent is not None
    op.parent.insert_op_before(new, op)
    for old, result in zip(op.results, new.results, strict=True):
        old.replace_all_uses_with(result)
    op.detach()


def wrong_scale(module: Any, random: Random, mesh: Any) -> str | None:
    """A constant number is that of the device's part, or the whole's."""
    op = some(module, random, "stablehlo.constant", fits=lambda op: op.properties["value"].is_splat)  # type: ignore[attr-defined]
    if op is None or str(op.results[0].type.element_type) != "f64":
        return None
    import struct

    (was,) = struct.unpack("<d", op.properties["value"].data)
    factor = random.choice([n for _, n in mesh.axes] or [2])
    now = was * factor if random.random() < 0.5 else was / factor
    if now == was:
        return None
    op.properties["value"] = DenseElements(op.results[0].type, struct.pack("<d", now))
    return f"{was} -> {now}"


def wrong_integer(module: Any, random: Random, mesh: Any) -> str | None:
    """A position, size or stride is off by one."""

    def fits(op: Operation) -> bool:
        value: Any = op.properties["value"]
        return value.is_splat and str(value.type.element_type) in ("i32", "i64")

    op = some(module, random, "stablehlo.constant", fits=fits)
    if op is None:
        return None
    value = op.properties["value"]
    was = int.from_bytes(value.data, "little", signed=True)
    now = was + random.choice((-1, 1))
    if abs(now) >= 1 << (8 * len(value.data) - 1):
        return None
    op.properties["value"] = DenseElements(value.type, now.to_bytes(len(value.data), "little", signed=True))
    return f"{was} -> {now}"


def missing_mask(module: Any, random: Random, mesh: Any) -> str | None:
    op = some(module, random, "stablehlo.select")
    if op is None:
        return None
    op.results[0].replace_all_uses_with(op.operands[1])
    op.detach()
    return "select dropped"


def halo(module: Any, random: Random, mesh: Any) -> str | None:
    """A neighbour sends the row beside the one that is due, or to the wrong side."""
    op = some(module, random, "stablehlo.collective_permute")
    if op is None:
        return None
    made = op.operands[0].owner
    if random.random() < 0.5 and isinstance(made, Operation) and made.name == "stablehlo.slice":
        starts, limits = (list(made.properties[n].get_values()) for n in ("start_indices", "limit_indices"))  # type: ignore[attr-defined]
        shape = made.operands[0].type.get_shape()  # type: ignore[attr-defined]
        for dim, size in enumerate(shape):
            by = -1 if starts[dim] else 1
            if (starts[dim], limits[dim]) != (0, size) and limits[dim] + by <= size and starts[dim] + by >= 0:
                starts[dim], limits[dim] = starts[dim] + by, limits[dim] + by
                made.properties["start_indices"] = DenseArrayBase.from_list(i64, starts)
                made.properties["limit_indices"] = DenseArrayBase.from_list(i64, limits)
                return "row off by one"
        return None
    pairs = op.properties["source_target_pairs"]
    data = pairs.data
    turned = b"".join(data[i + 8 : i + 16] + data[i : i + 8] for i in range(0, len(data), 16))
    op.properties["source_target_pairs"] = DenseElements(pairs.type, turned)
    return "other side"


def stale_carry(module: Any, random: Random, mesh: Any) -> str | None:
    op = some(module, random, "stablehlo.while")
    if op is None:
        return None
    block = op.regions[1].block
    last = block.last_op
    index = random.randrange(len(last.operands))
    if last.operands[index] is block.args[index]:
        return None
    last.operands[index] = block.args[index]
    return f"carry {index}"


def in_a_branch(module: Any, random: Random, mesh: Any) -> str | None:
    """Only the first device takes part in a collective."""
    op = some(module, random, *REDUCTIONS, "stablehlo.all_gather", fits=lambda op: len(op.results) == 1)
    if op is None:
        return None
    from xdsl.dialects.builtin import IntegerType, Signedness

    kind: Any = TensorType(IntegerType(32, Signedness.UNSIGNED), [])
    number = stablehlo.PartitionIdOp.create(result_types=[kind])
    op.parent.insert_op_before(number, op)
    zero = constant_like(op, kind, 0)
    first = stablehlo.CompareOp.create(
        operands=[number.results[0], zero],
        result_types=[TensorType(IntegerType(1), [])],
        properties={
            "comparison_direction": stablehlo.ComparisonDirectionAttr("EQ"),
            "compare_type": stablehlo.ComparisonTypeAttr("UNSIGNED"),
        },
    )
    op.parent.insert_op_before(first, op)
    inner = op.clone()
    yes = Block([inner, stablehlo.ReturnOp.create(operands=[inner.results[0]])])
    result = op.results[0].type
    other = stablehlo.ConstantOp.create(
        result_types=[result], properties={"value": DenseElements(result, bytes(element_size(result)))}
    )
    no = Block([other, stablehlo.ReturnOp.create(operands=[other.results[0]])])
    branch = stablehlo.IfOp.create(
        operands=[first.results[0]], result_types=[result], regions=[Region(yes), Region(no)]
    )
    op.parent.insert_op_before(branch, op)
    op.results[0].replace_all_uses_with(branch.results[0])
    op.detach()
    return str(inner.name)


def element_size(kind: Any) -> int:
    from eggshard.dialects.stablehlo.dense import element_bytes

    return element_bytes(kind.element_type)


def other_operand(module: Any, random: Random, mesh: Any) -> str | None:
    """An operand is another value of the same type."""
    op = some(module, random, *(op.name for op in module.walk() if op.name.startswith("stablehlo.") and op.operands))
    if op is None or op.parent is None:
        return None
    place = random.randrange(len(op.operands))
    before, known = op.prev_op, []
    while before is not None:
        known += [r for r in before.results if r.type == op.operands[place].type and r is not op.operands[place]]
        before = before.prev_op
    if not known:
        return None
    op.operands[place] = random.choice(known)
    return str(op.name)


MUTATIONS: dict[str, Mutation] = {
    "all_reduce dropped": drop_all_reduce,
    "all_reduce doubled": double_all_reduce,
    "wrong axis or group": wrong_group,
    "devices swapped in a group": swap_in_group,
    "wrong dimension": wrong_dimension,
    "slice offset": slice_offset,
    "sum for max": other_reduction,
    "wrong scale": wrong_scale,
    "integer off by one": wrong_integer,
    "missing mask": missing_mask,
    "halo off by one or turned": halo,
    "stale loop carry": stale_carry,
    "collective in a branch": in_a_branch,
    "another value": other_operand,
}
