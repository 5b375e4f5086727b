"""Matrix products and their generalisations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Self

from xdsl.dialects.builtin import ArrayAttr
from xdsl.ir import Attribute
from xdsl.irdl import irdl_op_definition, operand_def, opt_prop_def, prop_def, result_def, traits_def
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.stablehlo.attributes import PrecisionAttr
from eggshard.dialects.stablehlo.base import ARRAY_ATTR, STRING_ATTR, TENSOR
from eggshard.dialects.stablehlo.checks import (
    check_dims,
    check_disjoint,
    check_length,
    check_rank,
    check_shape,
    shape_of,
    sizes_match,
    text,
)
from eggshard.dialects.stablehlo.structures import (
    DotAlgorithmAttr,
    DotDimensionNumbers,
    DotDimensionNumbersAttr,
    parse_dims,
    print_dims,
)
from eggshard.dialects.stablehlo.syntax import (
    PRECISION,
    STRING_VALUE,
    Key,
    PrettyOp,
    parse_items,
    print_operand_list,
)


def check_precision(config: ArrayAttr[Any] | None) -> None:
    """One precision per operand at most."""
    if config is None:
        return
    if len(config.data) > 2:
        raise VerifyException(f"precision_config has {len(config.data)} values, must have one per operand at most")
    for precision in config.data:
        if not isinstance(precision, PrecisionAttr):
            raise VerifyException(f"precision_config has {precision}, must be #stablehlo<precision ...>")


def check_pairs(what: str, lhs: tuple[int, ...], rhs: tuple[int, ...], a: tuple[int, ...], b: tuple[int, ...]) -> None:
    """Dimensions `a` of shape `lhs` and `b` of shape `rhs` pair up with equal sizes."""
    check_length(f"rhs_{what}_dimensions", b, len(a), f"as lhs_{what}_dimensions")
    for i, j in zip(a, b, strict=True):
        if not sizes_match(lhs[i], rhs[j]):
            raise VerifyException(
                f"{what} dimension {j} of rhs has size {rhs[j]}, must be {lhs[i]} like dimension {i} of lhs"
            )


@irdl_op_definition
class DotGeneralOp(PrettyOp):
    """
    Sums products over the contracting dimensions, for each index of the batching dimensions.

    `%r = stablehlo.dot_general %x, %y, contracting_dims = [1] x [0], precision = [DEFAULT, DEFAULT]
    : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>`
    """

    name = "stablehlo.dot_general"

    lhs = operand_def(TENSOR)
    rhs = operand_def(TENSOR)
    dot_dimension_numbers = prop_def(DotDimensionNumbersAttr)
    precision_config = opt_prop_def(ARRAY_ATTR)
    algorithm = opt_prop_def(DotAlgorithmAttr)
    result = result_def(TENSOR)

    traits = traits_def(Pure())

    def verify_(self) -> None:
        lhs, rhs, dims = shape_of(self.lhs), shape_of(self.rhs), self.dot_dimension_numbers.data
        free: list[int] = []
        for side, shape, batching, contracting in (
            ("lhs", lhs, dims.lhs_batching_dimensions, dims.lhs_contracting_dimensions),
            ("rhs", rhs, dims.rhs_batching_dimensions, dims.rhs_contracting_dimensions),
        ):
            check_dims(f"{side}_batching_dimensions", batching, len(shape))
            check_dims(f"{side}_contracting_dimensions", contracting, len(shape))
            check_disjoint(f"{side}_batching_dimensions and {side}_contracting_dimensions", batching, contracting)
            used = {*batching, *contracting}
            free += (size for i, size in enumerate(shape) if i not in used)
        check_pairs("batching", lhs, rhs, dims.lhs_batching_dimensions, dims.rhs_batching_dimensions)
        check_pairs("contracting", lhs, rhs, dims.lhs_contracting_dimensions, dims.rhs_contracting_dimensions)
        check_precision(self.precision_config)
        sizes = (*(lhs[dim] for dim in dims.lhs_batching_dimensions), *free)
        check_shape("result", shape_of(self.result), sizes, "the batching, lhs and rhs dimensions that are left")

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        def parse_pair(parser: Parser) -> tuple[tuple[int, ...], tuple[int, ...]]:
            lhs = parse_dims(parser)
            # The lexer takes an `x` that stands alone as an identifier.
            parser.parse_keyword("x")
            return lhs, parse_dims(parser)

        def parse_algorithm(parser: Parser) -> Attribute:
            return DotAlgorithmAttr(DotAlgorithmAttr.parse_parameter(parser))

        readers: dict[str, Callable[[Parser], Any]] = {
            "batching_dims": parse_pair,
            "contracting_dims": parse_pair,
            "precision": PRECISION.parse,
            "algorithm": parse_algorithm,
        }
        operands, values = parse_items(parser, readers)
        lhs_batching, rhs_batching = values.get("batching_dims", ((), ()))
        lhs_contracting, rhs_contracting = values.get("contracting_dims", ((), ()))
        numbers = DotDimensionNumbers(lhs_batching, rhs_batching, lhs_contracting, rhs_contracting)
        properties: dict[str, Attribute] = {"dot_dimension_numbers": DotDimensionNumbersAttr(numbers)}
        for word, prop in (("precision", "precision_config"), ("algorithm", "algorithm")):
            if word in values:
                properties[prop] = values[word]
        return cls.parse_rest(parser, operands, properties)

    def print(self, printer: Printer) -> None:
        print_operand_list(printer, self.operands)
        dims = self.dot_dimension_numbers.data
        if dims.lhs_batching_dimensions or dims.rhs_batching_dimensions:
            printer.print_string(", batching_dims = ")
            print_dims(printer, dims.lhs_batching_dimensions)
            printer.print_string(" x ")
            print_dims(printer, dims.rhs_batching_dimensions)
        printer.print_string(", contracting_dims = ")
        print_dims(printer, dims.lhs_contracting_dimensions)
        printer.print_string(" x ")
        print_dims(printer, dims.rhs_contracting_dimensions)
        if self.precision_config is not None:
            printer.print_string(", precision = ")
            PRECISION.print(printer, self.precision_config)
        if self.algorithm is not None:
            printer.print_string(", algorithm = ")
            self.algorithm.print_parameter(printer)
        self.print_rest(printer, ("dot_dimension_numbers", "precision_config", "algorithm"))


@irdl_op_definition
class DotOp(PrettyOp):
    """
    The product of vectors and matrices: contracts the last dimension of lhs with the first of rhs.

    `%r = stablehlo.dot %x, %y : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>`
    """

    name = "stablehlo.dot"

    KEYS: ClassVar[tuple[Key, ...]] = (Key("precision", "precision_config", PRECISION),)

    lhs = operand_def(TENSOR)
    rhs = operand_def(TENSOR)
    precision_config = opt_prop_def(ARRAY_ATTR)
    result = result_def(TENSOR)

    traits = traits_def(Pure())

    def verify_(self) -> None:
        lhs, rhs = shape_of(self.lhs), shape_of(self.rhs)
        for what, shape in (("lhs", lhs), ("rhs", rhs)):
            if len(shape) not in (1, 2):
                raise VerifyException(f"{what} has rank {len(shape)}, must be a vector or a matrix")
        if not sizes_match(lhs[-1], rhs[0]):
            raise VerifyException(f"rhs has shape {text(rhs)}, its first size must be {lhs[-1]}, the last of lhs")
        check_precision(self.precision_config)
        check_shape("result", shape_of(self.result), (*lhs[:-1], *rhs[1:]), "the dimensions that are left")


def einsum_terms(config: str, operands: int) -> tuple[list[str], str]:
    """`ij,jk->ik` as (["ij", "jk"], "ik")."""
    inputs, arrow, output = config.replace(" ", "").partition("->")
    terms = inputs.split(",")
    if not arrow or len(terms) != operands:
        raise VerifyException(f"einsum_config is {config!r}, must have {operands} terms before '->' and one after")
    if missing := sorted(set(output) - set(inputs) - {"."}):
        raise VerifyException(f"einsum_config {config!r} has {missing[0]!r} in its result only")
    return terms, output


def check_einsum(config: str, op: PrettyOp) -> None:
    """The letters of each term are the dimensions of its operand; a letter has one size."""
    terms, output = einsum_terms(config, len(op.operands))
    if "." in config:
        # An ellipsis stands for any number of dimensions.
        return
    sizes: dict[str, int] = {}
    for i, (term, value) in enumerate(zip((*terms, output), (*op.operands, *op.results), strict=True)):
        what = f"operand {i}" if i < len(terms) else "result"
        check_rank(what, value, len(term), f", one dimension per letter of {term!r}")
        for letter, size in zip(term, shape_of(value), strict=True):
            if not sizes_match(sizes.setdefault(letter, size), size):
                raise VerifyException(f"{what} has size {size} in dimension {letter!r}, must be {sizes[letter]}")


@irdl_op_definition
class EinsumOp(PrettyOp):
    """
    A product of two tensors in Einstein notation.

    `%r = stablehlo.einsum %x, %y, config = "ij,jk->ik" : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>`
    """

    name = "stablehlo.einsum"

    KEYS: ClassVar[tuple[Key, ...]] = (Key("config", "einsum_config", STRING_VALUE),)

    lhs = operand_def(TENSOR)
    rhs = operand_def(TENSOR)
    einsum_config = prop_def(STRING_ATTR)
    result = result_def(TENSOR)

    traits = traits_def(Pure())

    def verify_(self) -> None:
        check_einsum(self.einsum_config.data, self)


@irdl_op_definition
class UnaryEinsumOp(PrettyOp):
    """
    A sum or permutation of one tensor in Einstein notation.

    `%r = stablehlo.unary_einsum %x, config = "ij->i" : (tensor<2x3xf32>) -> tensor<2xf32>`
    """

    name = "stablehlo.unary_einsum"

    KEYS: ClassVar[tuple[Key, ...]] = (Key("config", "einsum_config", STRING_VALUE),)

    operand = operand_def(TENSOR)
    einsum_config = prop_def(STRING_ATTR)
    result = result_def(TENSOR)

    traits = traits_def(Pure())

    def verify_(self) -> None:
        check_einsum(self.einsum_config.data, self)
