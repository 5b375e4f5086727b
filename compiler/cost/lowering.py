"""
From ops to nodes (`lowered.py`), following XLA's clean-up before fusion.

Equal ops are merged, reshapes are views, products want their operands as [batch, rows, contracted] and
[batch, contracted, columns], all_reduces that wait together are one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Block, Operation, SSAValue

from eggshard.cost.builder import Builder, Handler, Uneven
from eggshard.cost.lowered import Kind, Lowered, bytes_of, rank_of, shape_of
from eggshard.dialects.stablehlo.dense import DenseElements

LIBRARY_REDUCE = 4096
"""Elements from which on a reduction is a library call, whose operand is in memory."""


def lower(block: Block, held: Uneven | None = None, gathered: Uneven | None = None, widens: bool = False) -> Lowered:
    """
    The nodes of a block of a per-device program (dialects `stablehlo`, `chlo` and `spmd`).

    `held` are arguments that come with dimensions that do not divide, `gathered` results that leave so: they are padded
    to the first number of bytes before the program's part is cut out, or gathered to it, and lie there with the second.
    With `widens` floats of less than 32 bits are computed, and kept until they are returned, in 32.
    """
    return Builder(HANDLERS, widens).block(block, held or {}, gathered or {})


def lower_ops(ops: Sequence[Operation], returned: Sequence[SSAValue]) -> tuple[Lowered, dict[SSAValue, int]]:
    """The nodes of a list of ops, and the node of each value; all_reduces are left alone."""
    builder = Builder(HANDLERS)
    for op in ops:
        builder.lower(op)
    builder.finish(returned, {})
    return builder.out, builder.values


def _constant(b: Builder, op: Operation, operands: list[int]) -> None:
    elements = op.properties["value"]
    splat = isinstance(elements, DenseElements) and elements.is_splat
    spread = splat and rank_of(op.results[0].type) > 0
    b.merged(op, Kind.SOURCE if spread else Kind.CONSTANT, operands)


def _scalar(b: Builder, op: Operation, operands: list[int]) -> None:
    b.merged(op, Kind.CONSTANT, operands)


def _source(b: Builder, op: Operation, operands: list[int]) -> None:
    b.merged(op, Kind.SOURCE, operands)


def _view(b: Builder, op: Operation, operands: list[int]) -> None:
    b.merged(op, Kind.VIEW, operands)


def _broadcast(b: Builder, op: Operation, operands: list[int]) -> None:
    same = bytes_of(op.operands[0].type) == bytes_of(op.results[0].type)
    b.merged(op, Kind.VIEW if same else Kind.SOURCE, operands)


def _convert(b: Builder, op: Operation, operands: list[int]) -> None:
    if op.operands[0].type == op.results[0].type:
        b.values[op.results[0]] = operands[0]
    else:
        b.merged(op, Kind.ELEMENTWISE, operands)


def _transpose(b: Builder, op: Operation, operands: list[int]) -> None:
    permutation: Any = op.properties["permutation"]
    shape = shape_of(op.operands[0])
    moved = [dim for dim in permutation.get_values() if shape[dim] > 1]
    product = b.out.nodes[operands[0]]
    if len(shape) == 2 and product.kind is Kind.LIBRARY and product.op is not None and _is_product(product.op):
        # The product of the transposed operands in the other order.
        product.late = True
        b.merged(op, Kind.VIEW, operands)
        return
    b.merged(op, Kind.VIEW if moved == sorted(moved) else Kind.SHAPE, operands)


def _is_product(op: Operation) -> bool:
    return op.name == "stablehlo.dot_general" and op.results[0].has_one_use()


def _gather(b: Builder, op: Operation, operands: list[int]) -> None:
    b.merged(op, Kind.SHAPE, operands, dear=True)


def _reduce(b: Builder, op: Operation, operands: list[int]) -> None:
    kind = op.operands[0].type
    if len(op.results) > 1 or not isinstance(kind, TensorType):
        b.library(op, operands)
    elif bytes_of(kind) == bytes_of(op.results[0].type):
        b.merged(op, Kind.VIEW, operands[:1])
    elif kind.element_count() >= LIBRARY_REDUCE and str(kind.element_type).startswith(("f", "bf")):
        node = b.add(Kind.LIBRARY, op.results[0].type, operands[:1], op, absorbs=True)
        b.values[op.results[0]] = node
    else:
        b.values[op.results[0]] = b.add(Kind.REDUCE, op.results[0].type, operands, op, dear=True)


def _dot(b: Builder, op: Operation, operands: list[int]) -> None:
    """Transposes of matrices fold into the product; those of tensors of more dimensions are copies."""
    numbers: Any = op.properties.get("dot_dimension_numbers")
    if numbers is None:
        b.library(op, operands)
        return
    n = numbers.data
    sides = [
        (n.lhs_batching_dimensions, n.lhs_contracting_dimensions, False),
        (n.rhs_batching_dimensions, n.rhs_contracting_dimensions, True),
    ]
    read = []
    for node, value, (batch, contracted, first) in zip(operands, op.operands, sides, strict=True):
        rank = len(shape_of(value))
        free = [dim for dim in range(rank) if dim not in batch and dim not in contracted]
        order = [*batch, *contracted, *free] if first else [*batch, *free, *contracted]
        read.append(b.permuted(node, value, order, folds=rank == 2))
    b.library(op, read)


def _convolution(b: Builder, op: Operation, operands: list[int]) -> None:
    """[batch, space, features] with [space, input, output], copied into that order where they are in another."""
    numbers: Any = op.properties["dimension_numbers"]
    n = numbers.data
    left = (n.input_batch_dimension, *n.input_spatial_dimensions, n.input_feature_dimension)
    right = (*n.kernel_spatial_dimensions, n.kernel_input_feature_dimension, n.kernel_output_feature_dimension)
    out = (n.output_batch_dimension, *n.output_spatial_dimensions, n.output_feature_dimension)
    read = [
        b.permuted(operands[0], op.operands[0], left, folds=False),
        b.permuted(operands[1], op.operands[1], right, folds=False),
    ]
    b.library(op, read)
    b.values[op.results[0]] = b.permuted(b.values[op.results[0]], op.results[0], out, folds=False)


def _in_place(b: Builder, op: Operation, operands: list[int]) -> None:
    if len(op.results) > 1:
        b.library(op, operands)
    else:
        b.values[op.results[0]] = b.add(Kind.IN_PLACE, op.results[0].type, operands, op)


def _select_and_scatter(b: Builder, op: Operation, operands: list[int]) -> None:
    """Expanded: a window reduction that carries positions (an integer per dimension), then a scatter of them."""
    whole, windows = op.operands[0], op.operands[1]
    rank = len(shape_of(whole))
    extent, count = max(1, _elements(whole)) * 4, max(1, _elements(windows)) * 4
    iotas = [b.add(Kind.LIBRARY, whole.type, []) for _ in range(rank)]
    for iota in iotas:
        b.out.nodes[iota].bytes = extent
    window = b.add(Kind.LIBRARY, windows.type, [operands[0], *iotas])
    parts = [b.add(Kind.PART, windows.type, [window]) for _ in range(rank)]
    for part in parts:
        b.out.nodes[part].bytes = count
    zeros = b.add(Kind.SOURCE, op.results[0].type, [])
    b.values[op.results[0]] = b.add(Kind.IN_PLACE, op.results[0].type, [zeros, operands[1], *parts], op)


def _elements(value: SSAValue) -> int:
    return value.type.element_count() if isinstance(value.type, TensorType) else 0


def _barrier(b: Builder, op: Operation, operands: list[int]) -> None:
    b.values.update(zip(op.results, operands, strict=True))


def _all_reduce(b: Builder, op: Operation, operands: list[int]) -> None:
    """One call per tensor; `combining` joins them."""
    for result, operand in zip(op.results, operands, strict=False):
        b.values[result] = b.add(Kind.LIBRARY, result.type, [operand], op)


def _loop(b: Builder, op: Operation, operands: list[int]) -> None:
    """The loop itself, and a node for each value that it carries."""
    body = b.inner(op.regions[-1].block)
    outside = [b.read(value) for value in body.captured]
    node = b.add(Kind.LOOP, op.operands[0].type, [*operands, *outside], op, body=body)
    b.out.nodes[node].bytes = 0
    for index, result in enumerate(op.results):
        b.values[result] = b.add(Kind.PART, result.type, [node], op, carries=index)


HANDLERS: dict[str, Handler] = {
    "all_reduce": _all_reduce,
    "broadcast_in_dim": _broadcast,
    "constant": _constant,
    "convert": _convert,
    "convolution": _convolution,
    "device_index": _scalar,
    "dot_general": _dot,
    "dynamic_update_slice": _in_place,
    "gather": _gather,
    "iota": _source,
    "optimization_barrier": _barrier,
    "partition_id": _scalar,
    "reduce": _reduce,
    "reshape": _view,
    "scatter": _in_place,
    "select_and_scatter": _select_and_scatter,
    "transpose": _transpose,
    "while": _loop,
}
