"""Reads and writes at computed indices."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import DYNAMIC_INDEX
from xdsl.ir import SSAValue
from xdsl.irdl import (
    IRDLOperation,
    SameVariadicOperandSize,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    region_def,
    result_def,
    traits_def,
    var_operand_def,
    var_result_def,
)
from xdsl.traits import Pure, RecursiveMemoryEffect
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.stablehlo.base import INT_ATTR, INTS_ATTR, SHAPE, TENSOR
from eggshard.dialects.stablehlo.checks import (
    check_dim,
    check_dims,
    check_element,
    check_integer,
    check_length,
    check_reducer,
    check_shape,
    check_shape_operand,
    check_sorted,
    element_of,
    integers,
    shape_of,
    sizes_match,
)
from eggshard.dialects.stablehlo.structures import GatherDimensionNumbersAttr, ScatterDimensionNumbersAttr


def check_indices(
    indices: SSAValue, vector_dim: int, index_map: tuple[int, ...], batching: tuple[int, ...]
) -> list[int]:
    """
    `indices` holds vectors along `vector_dim`, one component for each dimension in `index_map`; scalars if it is one
    past the last dimension. Returns the sizes of the other dimensions.
    """
    shape = shape_of(indices)
    check_integer("indices", element_of(indices), index=True)
    check_dim("index_vector_dim", vector_dim, len(shape) + 1)
    components = shape[vector_dim] if vector_dim < len(shape) else 1
    if not sizes_match(len(index_map), components):
        raise VerifyException(f"index map {list(index_map)} has {len(index_map)} dimensions, must have {components}")
    check_dims("batching dims of the indices", batching, len(shape))
    if vector_dim in batching:
        raise VerifyException(f"batching dims of the indices {list(batching)} have index_vector_dim {vector_dim}")
    return [size for dim, size in enumerate(shape) if dim != vector_dim]


def check_operand_dims(
    rank: int, window: Sequence[int], collapsed: tuple[int, ...], batching: tuple[int, ...], index_map: tuple[int, ...]
) -> None:
    """Each dimension of the operand is in the window, collapsed or batching; indices go to those not batching."""
    if rank != len(window) + len(collapsed) + len(batching):
        raise VerifyException(
            f"operand has rank {rank}, must have {len(window)} window, {len(collapsed)} collapsed and "
            f"{len(batching)} batching dimensions"
        )
    check_sorted("collapsed dims", collapsed)
    check_sorted("batching dims of the operand", batching)
    check_dims("collapsed and batching dims", (*collapsed, *batching), rank)
    check_dims("index map and batching dims", (*index_map, *batching), rank)


def check_batching(operand: SSAValue, dims: tuple[int, ...], indices: SSAValue, index_dims: tuple[int, ...]) -> None:
    """Batching dimensions of operand and indices pair up with equal sizes."""
    check_length("batching dims of the indices", index_dims, len(dims), "as of the operand")
    shape, index_shape = shape_of(operand), shape_of(indices)
    for dim, index_dim in zip(dims, index_dims, strict=True):
        if not sizes_match(shape[dim], index_shape[index_dim]):
            raise VerifyException(
                f"batching dim {index_dim} of the indices has size {index_shape[index_dim]}, must be {shape[dim]}"
            )


def interleave(batch: Sequence[int], window: Sequence[int], window_dims: Sequence[int]) -> list[int]:
    """The shape whose dimensions `window_dims` have the sizes `window`, and the others those of `batch` in order."""
    rest, inner = iter(batch), iter(window)
    return [next(inner) if dim in window_dims else next(rest) for dim in range(len(batch) + len(window))]


def check_gather(op: GatherOp | DynamicGatherOp, sizes: tuple[int, ...]) -> None:
    """All that does not depend on whether slice sizes are static."""
    dims, shape = op.dimension_numbers.data, shape_of(op.operand)
    batch = check_indices(
        op.start_indices, dims.index_vector_dim, dims.start_index_map, dims.start_indices_batching_dims
    )
    check_operand_dims(
        len(shape), dims.offset_dims, dims.collapsed_slice_dims, dims.operand_batching_dims, dims.start_index_map
    )
    check_batching(op.operand, dims.operand_batching_dims, op.start_indices, dims.start_indices_batching_dims)
    check_length("slice_sizes", sizes, len(shape), "one per dimension of operand")
    dropped = {*dims.collapsed_slice_dims, *dims.operand_batching_dims}
    for dim, (size, whole) in enumerate(zip(sizes, shape, strict=True)):
        most = min(1, whole) if dim in dropped and whole != DYNAMIC_INDEX else 1 if dim in dropped else whole
        if DYNAMIC_INDEX not in (size, most) and not 0 <= size <= most:
            raise VerifyException(f"slice of dimension {dim} has size {size}, must be from 0 to {most}")
    window = [size for dim, size in enumerate(sizes) if dim not in dropped]
    check_sorted("offset_dims", dims.offset_dims)
    check_dims("offset_dims", dims.offset_dims, len(batch) + len(window))
    check_element("result", op.result, element_of(op.operand), "operand")
    check_shape(
        "result", shape_of(op.result), interleave(batch, window, dims.offset_dims), "the indices' and the slice's"
    )


@irdl_op_definition
class GatherOp(IRDLOperation):
    """Collects slices of slice_sizes from the operand, at indices that start_indices holds."""

    name = "stablehlo.gather"

    operand = operand_def(TENSOR)
    start_indices = operand_def(SHAPE)
    dimension_numbers = prop_def(GatherDimensionNumbersAttr)
    slice_sizes = prop_def(INTS_ATTR)
    indices_are_sorted = opt_prop_def(INT_ATTR)
    result = result_def(TENSOR)

    traits = traits_def(Pure())

    def verify_(self) -> None:
        check_gather(self, integers(self.slice_sizes))


@irdl_op_definition
class DynamicGatherOp(IRDLOperation):
    """A gather whose slice sizes are known only when the program runs."""

    name = "stablehlo.dynamic_gather"

    operand = operand_def(TENSOR)
    start_indices = operand_def(SHAPE)
    slice_sizes = operand_def(SHAPE)
    dimension_numbers = prop_def(GatherDimensionNumbersAttr)
    indices_are_sorted = opt_prop_def(INT_ATTR)
    result = result_def(TENSOR)

    traits = traits_def(Pure())

    def verify_(self) -> None:
        rank = len(shape_of(self.operand))
        check_shape_operand("slice_sizes", self.slice_sizes, rank, "operand")
        check_gather(self, (DYNAMIC_INDEX,) * rank)


@irdl_op_definition
class ScatterOp(IRDLOperation):
    """Combines slices of updates into the inputs, at indices that scatter_indices holds."""

    name = "stablehlo.scatter"

    inputs = var_operand_def(TENSOR)
    scatter_indices = operand_def(SHAPE)
    updates = var_operand_def(TENSOR)
    scatter_dimension_numbers = prop_def(ScatterDimensionNumbersAttr)
    indices_are_sorted = opt_prop_def(INT_ATTR)
    unique_indices = opt_prop_def(INT_ATTR)
    update_computation = region_def("single_block")
    result = var_result_def(TENSOR)

    irdl_options = (SameVariadicOperandSize(),)

    traits = traits_def(RecursiveMemoryEffect())

    def verify_(self) -> None:
        if not self.inputs:
            raise VerifyException("scatter has no inputs, must have at least one")
        check_length("results", self.result, len(self.inputs), "one per input")
        shape, updates = shape_of(self.inputs[0]), shape_of(self.updates[0])
        self.check_updates(shape, updates)
        elements = [element_of(value) for value in self.inputs]
        accumulated = check_reducer("update_computation", self.update_computation, elements)
        for i, value in enumerate(self.inputs):
            check_shape(f"input {i}", shape_of(value), shape, "like input 0")
            check_shape(f"update {i}", shape_of(self.updates[i]), updates, "like update 0")
            check_element(f"update {i}", self.updates[i], elements[i], f"input {i}")
            check_shape(f"result {i}", shape_of(self.result[i]), shape, "like input 0")
            check_element(f"result {i}", self.result[i], accumulated[i], "the result of update_computation")

    def check_updates(self, shape: tuple[int, ...], updates: tuple[int, ...]) -> None:
        """The updates have the dimensions of the indices and of a window into `shape`."""
        dims = self.scatter_dimension_numbers.data
        batch = check_indices(
            self.scatter_indices,
            dims.index_vector_dim,
            dims.scatter_dims_to_operand_dims,
            dims.scatter_indices_batching_dims,
        )
        check_operand_dims(
            len(shape),
            dims.update_window_dims,
            dims.inserted_window_dims,
            dims.input_batching_dims,
            dims.scatter_dims_to_operand_dims,
        )
        check_batching(
            self.inputs[0], dims.input_batching_dims, self.scatter_indices, dims.scatter_indices_batching_dims
        )
        dropped = {*dims.inserted_window_dims, *dims.input_batching_dims}
        whole = [size for dim, size in enumerate(shape) if dim not in dropped]
        check_sorted("update_window_dims", dims.update_window_dims)
        check_length("shape of updates", updates, len(batch) + len(whole), "those of the indices and of the window")
        check_dims("update_window_dims", dims.update_window_dims, len(updates))
        window = [updates[dim] for dim in dims.update_window_dims]
        for dim, (size, most) in enumerate(zip(window, whole, strict=True)):
            if DYNAMIC_INDEX not in (size, most) and size > most:
                raise VerifyException(f"window dimension {dim} of updates has size {size}, must be at most {most}")
        check_shape(
            "updates", updates, interleave(batch, window, dims.update_window_dims), "the indices' and the window's"
        )


@irdl_op_definition
class TorchIndexSelectOp(IRDLOperation):
    """Collects the slices along `dim` that index names, for each index of the first batch_dims dimensions."""

    name = "stablehlo.torch_index_select"

    operand = operand_def(TENSOR)
    index = operand_def(SHAPE)
    dim = prop_def(INT_ATTR)
    batch_dims = prop_def(INT_ATTR)
    result = result_def(TENSOR)

    traits = traits_def(Pure())

    def verify_(self) -> None:
        shape, index = shape_of(self.operand), shape_of(self.index)
        dim, batch = self.dim.value.data, self.batch_dims.value.data
        check_dim("dim", dim, len(shape))
        if not 0 <= batch <= min(dim, len(index)):
            raise VerifyException(
                f"batch_dims is {batch}, must be from 0 to dim {dim} and the rank {len(index)} of index"
            )
        check_shape("index, in its batch dimensions,", index[:batch], shape[:batch], "like operand")
        check_element("result", self.result, element_of(self.operand), "operand")
        sizes = (*shape[:dim], *index[batch:], *shape[dim + 1 :])
        check_shape("result", shape_of(self.result), sizes, "the operand's, with those of index instead of dim")
