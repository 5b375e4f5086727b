"""Matrix products of groups of different sizes."""

from __future__ import annotations

from xdsl.irdl import IRDLOperation, irdl_op_definition, operand_def, opt_prop_def, prop_def, result_def, traits_def
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.chlo.attributes import (
    PrecisionAttr,
    RaggedDotDimensionNumbers,
    RaggedDotDimensionNumbersAttr,
)
from eggshard.dialects.stablehlo.base import ARRAY_ATTR, TENSOR
from eggshard.dialects.stablehlo.checks import (
    check_dims,
    check_disjoint,
    check_length,
    check_shape,
    shape_of,
    sizes_match,
)
from eggshard.dialects.stablehlo.contraction import check_pairs
from eggshard.dialects.stablehlo.kinds import INTEGER, TensorOf

Ints = tuple[int, ...]


@irdl_op_definition
class RaggedDotOp(IRDLOperation):
    """
    A matrix product in which one dimension of lhs is cut into groups, `group_sizes` long.

    A free dimension: each group of lhs meets its own matrix of rhs (mixture of experts). A contracting dimension: each
    group gives its own product, stacked in front of the result. A batching dimension: as without groups.
    """

    name = "chlo.ragged_dot"

    lhs = operand_def(TENSOR)
    rhs = operand_def(TENSOR)
    group_sizes = operand_def(TensorOf(INTEGER))
    ragged_dot_dimension_numbers = prop_def(RaggedDotDimensionNumbersAttr)
    precision_config = opt_prop_def(ARRAY_ATTR)
    result = result_def(TENSOR)

    traits = traits_def(Pure())

    def verify_(self) -> None:
        dims = self.ragged_dot_dimension_numbers.data
        lhs, rhs = shape_of(self.lhs), shape_of(self.rhs)
        _check_dimension_numbers(lhs, rhs, dims)
        ragged = dims.lhs_ragged_dimensions[0]
        fixed = (*dims.lhs_batching_dimensions, *dims.lhs_contracting_dimensions)
        self._check_groups(lhs, rhs, dims, _before(ragged, len(lhs), dims))
        taken = (*dims.rhs_batching_dimensions, *dims.rhs_contracting_dimensions, *dims.rhs_group_dimensions)
        groups = shape_of(self.group_sizes)[-1:] if ragged in dims.lhs_contracting_dimensions else ()
        batch = tuple(lhs[dim] for dim in dims.lhs_batching_dimensions)
        free = tuple(size for dim, size in enumerate(lhs) if dim not in fixed)
        others = tuple(size for dim, size in enumerate(rhs) if dim not in taken)
        check_shape("result", shape_of(self.result), (*groups, *batch, *free, *others), "that of the product")
        if self.precision_config is not None and self.precision_config.data:
            check_length("precision_config", self.precision_config.data, 2, "one per factor")
            for precision in self.precision_config.data:
                if not isinstance(precision, PrecisionAttr):
                    raise VerifyException(f"precision_config has {precision}, must be #chlo<precision ...>")

    def _check_groups(self, lhs: Ints, rhs: Ints, dims: RaggedDotDimensionNumbers, before: Ints) -> None:
        """Sizes are given once for all, or for each index of the dimensions `before` the ragged one."""
        sizes = shape_of(self.group_sizes)
        if len(sizes) != 1:
            required = (*(lhs[dim] for dim in before), *(sizes[-1:] or (0,)))
            check_shape("group_sizes", sizes, required, "one size per group for each index before the ragged dimension")
        if dims.rhs_group_dimensions and not sizes_match(rhs[dims.rhs_group_dimensions[0]], sizes[-1]):
            found = rhs[dims.rhs_group_dimensions[0]]
            raise VerifyException(f"group dimension of rhs has size {found}, must be {sizes[-1]} like group_sizes")


def _check_dimension_numbers(lhs: Ints, rhs: Ints, dims: RaggedDotDimensionNumbers) -> None:
    for side, shape, batching, contracting in (
        ("lhs", lhs, dims.lhs_batching_dimensions, dims.lhs_contracting_dimensions),
        ("rhs", rhs, dims.rhs_batching_dimensions, dims.rhs_contracting_dimensions),
    ):
        check_dims(f"{side}_batching_dimensions", batching, len(shape))
        check_dims(f"{side}_contracting_dimensions", contracting, len(shape))
        check_disjoint(f"{side}_batching_dimensions and {side}_contracting_dimensions", batching, contracting)
    check_pairs("batching", lhs, rhs, dims.lhs_batching_dimensions, dims.rhs_batching_dimensions)
    check_pairs("contracting", lhs, rhs, dims.lhs_contracting_dimensions, dims.rhs_contracting_dimensions)
    check_length("lhs_ragged_dimensions", dims.lhs_ragged_dimensions, 1, "the dimension cut into groups")
    check_dims("lhs_ragged_dimensions", dims.lhs_ragged_dimensions, len(lhs))
    fixed = (*dims.lhs_batching_dimensions, *dims.lhs_contracting_dimensions)
    if dims.lhs_ragged_dimensions[0] in fixed:
        check_length(
            "rhs_group_dimensions", dims.rhs_group_dimensions, 0, "as a batching or contracting dimension is cut"
        )
    else:
        check_length("rhs_group_dimensions", dims.rhs_group_dimensions, 1, "as a free dimension is cut")
        check_dims("rhs_group_dimensions", dims.rhs_group_dimensions, len(rhs))
        others = (*dims.rhs_batching_dimensions, *dims.rhs_contracting_dimensions)
        check_disjoint("rhs_group_dimensions and the other dimensions of rhs", dims.rhs_group_dimensions, others)


def _before(ragged: int, rank: int, dims: RaggedDotDimensionNumbers) -> Ints:
    """The dimensions of lhs that stand before the ragged one when the product is written batch, free, contracting."""
    batching, contracting = dims.lhs_batching_dimensions, dims.lhs_contracting_dimensions
    if ragged in batching:
        return batching[: batching.index(ragged)]
    if ragged in contracting:
        return (*batching, *contracting[: contracting.index(ragged)])
    return (*batching, *(dim for dim in range(ragged) if dim not in (*batching, *contracting)))
