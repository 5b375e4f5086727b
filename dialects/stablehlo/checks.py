"""What verifiers ask about shapes, dimension numbers and regions; each raises VerifyException in one sentence."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import Any, cast

from xdsl.dialects.builtin import DYNAMIC_INDEX, ComplexType, DenseArrayBase, IntegerType, TensorType
from xdsl.ir import Attribute, Block, Region, SSAValue
from xdsl.utils.exceptions import VerifyException

from eggshard.dialects.stablehlo.kinds import COMPLEX, FLOAT, INTEGER, QUANTIZED, kind_of

Shape = Sequence[int]


def type_of(value: SSAValue) -> TensorType[Any]:
    """The type of a value that a constraint has found to be a tensor."""
    return cast(TensorType[Any], value.type)


def shape_of(value: SSAValue) -> tuple[int, ...]:
    return type_of(value).get_shape()


def element_of(value: SSAValue) -> Attribute:
    return cast(Attribute, type_of(value).element_type)


def integers(array: DenseArrayBase[Any]) -> tuple[int, ...]:
    """The values of `array<i64: ...>`."""
    return array.get_values()


def text(shape: Shape) -> str:
    """`[2, ?]`."""
    return f"[{', '.join('?' if size == DYNAMIC_INDEX else str(size) for size in shape)}]"


def sizes_match(a: int, b: int) -> bool:
    """Whether two sizes can be the same when the program runs."""
    return a == b or a == DYNAMIC_INDEX or b == DYNAMIC_INDEX


def shapes_match(a: Shape, b: Shape) -> bool:
    """Whether two shapes can be the same when the program runs."""
    return a == b or (len(a) == len(b) and all(map(sizes_match, a, b)))


def elements_match(a: Attribute, b: Attribute) -> bool:
    """Whether two element types are the same; quantized ones may differ in their parameters."""
    return a is b or a == b or (kind_of(a) is QUANTIZED and kind_of(b) is QUANTIZED)


def bit_width(element: Attribute) -> int:
    """The bits of an element; of its storage if it is quantized."""
    if isinstance(element, ComplexType):
        return 2 * bit_width(element.element_type)
    if kind_of(element) is QUANTIZED:
        return cast(int, cast(Any, element).storage_width)
    return cast(int, cast(Any, element).bitwidth)


def promotable(source: Attribute, target: Attribute) -> bool:
    """Whether a reduction may accumulate elements of type `source` in type `target`."""
    if elements_match(source, target):
        return True
    kind = kind_of(source)
    return kind is kind_of(target) and kind in INTEGER | FLOAT | COMPLEX and bit_width(source) <= bit_width(target)


def check_element(what: str, value: SSAValue, required: Attribute, like: str) -> None:
    """`value` has elements of type `required`, the type of `like`."""
    if not elements_match(element := element_of(value), required):
        raise VerifyException(f"{what} has elements of type {element}, must be {required} like {like}")


def check_shape(what: str, shape: Shape, required: Shape, why: str) -> None:
    if not shapes_match(shape, required):
        raise VerifyException(f"{what} has shape {text(shape)}, must have shape {text(required)}, {why}")


def check_same_type(what: str, value: SSAValue, required: SSAValue, like: str) -> None:
    """`value` has the type of `required` up to sizes known only when the program runs."""
    found, wanted = type_of(value), type_of(required)
    if found is wanted or found == wanted:
        return
    check_element(what, value, wanted.element_type, like)
    check_shape(what, found.get_shape(), wanted.get_shape(), f"like {like}")


def check_rank(what: str, value: SSAValue, rank: int, why: str = "") -> None:
    if (found := len(shape_of(value))) != rank:
        raise VerifyException(f"{what} has rank {found}, must have rank {rank}{why}")


def check_scalar(what: str, value: SSAValue, element: Attribute, like: str) -> None:
    """`value` is a tensor of rank 0 with elements of type `element`."""
    check_rank(what, value, 0)
    check_element(what, value, element, like)


def check_dim(what: str, dim: int, rank: int) -> None:
    if not 0 <= dim < rank:
        raise VerifyException(f"{what} is {dim}, must be a dimension of a tensor of rank {rank}")


def check_dims(what: str, dims: Sequence[int], rank: int) -> None:
    """`dims` are different dimensions of a tensor of rank `rank`."""
    for dim in dims:
        if not 0 <= dim < rank:
            raise VerifyException(f"{what} {list(dims)} has {dim}, which is no dimension of a tensor of rank {rank}")
    if len(set(dims)) != len(dims):
        raise VerifyException(f"{what} {list(dims)} names a dimension twice")


def check_sorted(what: str, dims: Sequence[int]) -> None:
    if any(a > b for a, b in pairwise(dims)):
        raise VerifyException(f"{what} {list(dims)} is not sorted")


def check_disjoint(what: str, first: Sequence[int], second: Sequence[int]) -> None:
    if common := sorted(set(first) & set(second)):
        raise VerifyException(f"{what} have dimension {common[0]} in common")


def check_length(what: str, values: Collection[object], required: int, why: str) -> None:
    if len(values) != required:
        raise VerifyException(f"{what} has {len(values)} values, must have {required}, {why}")


def check_integer(what: str, element: Attribute, index: bool = False) -> None:
    """`element` is an integer type other than i1."""
    kind = kind_of(element)
    if kind not in INTEGER and not (index and kind.name == "INDEX"):
        raise VerifyException(f"{what} has elements of type {element}, must be integers")


def is_boolean_scalar(type: Attribute) -> bool:
    return (
        isinstance(type, TensorType)
        and not type.shape.data
        and isinstance(type.element_type, IntegerType)
        and type.element_type.width.data == 1
    )


def check_shape_operand(what: str, value: SSAValue, rank: int | None, of: str) -> None:
    """`value` holds one size or index for each of `rank` dimensions; None if the rank is open."""
    check_integer(what, element_of(value), index=True)
    check_rank(what, value, 1)
    if rank is not None and not sizes_match(shape_of(value)[0], rank):
        raise VerifyException(f"{what} has {shape_of(value)[0]} elements, must have {rank}, one per dimension of {of}")


def terminator_types(name: str, region: Region) -> tuple[Attribute, ...]:
    """The types that the region's stablehlo.return gives."""
    block = region.blocks.first
    last = None if block is None else block.last_op
    if last is None or last.name != "stablehlo.return":
        raise VerifyException(f"region {name} must end in stablehlo.return")
    return tuple(last.operand_types)


def entry(region: Region) -> Block:
    """The block of a region that a constraint has found to have one."""
    block = region.blocks.first
    assert block is not None
    return block


def check_region(
    name: str, region: Region, arguments: Sequence[Attribute], results: Sequence[Attribute] | None
) -> None:
    """The region takes `arguments` and returns `results`, up to sizes; None if any results will do."""
    check_types(f"region {name}", "takes", tuple(arg.type for arg in entry(region).args), arguments)
    returned = terminator_types(name, region)
    if results is not None:
        check_types(f"region {name}", "returns", returned, results)


def check_types(what: str, verb: str, found: Sequence[Attribute], required: Sequence[Attribute]) -> None:
    """Lists of types are the same up to sizes."""
    if found == required or (len(found) == len(required) and all(map(types_match, found, required))):
        return
    raise VerifyException(f"{what} {verb} {types_text(found)}, must be {types_text(required)}")


def types_text(types: Sequence[Attribute]) -> str:
    return f"({', '.join(map(str, types))})"


def types_match(a: Attribute, b: Attribute) -> bool:
    """Whether two types are the same up to sizes known only when the program runs."""
    if a is b or a == b:
        return True
    return (
        isinstance(a, TensorType)
        and isinstance(b, TensorType)
        and elements_match(a.element_type, b.element_type)
        and shapes_match(a.get_shape(), b.get_shape())
    )


def check_reducer(name: str, region: Region, elements: Sequence[Attribute]) -> list[Attribute]:
    """
    The region combines two lists of scalars, accumulated and new, into one; returns the types it accumulates in.

    Each is the type in `elements`, or a wider one of its kind.
    """
    arguments = [argument.type for argument in entry(region).args]
    if len(arguments) != 2 * len(elements):
        raise VerifyException(f"region {name} takes {len(arguments)} values, must take {2 * len(elements)}")
    returned = terminator_types(name, region)
    if len(returned) != len(elements):
        raise VerifyException(f"region {name} returns {len(returned)} values, must return {len(elements)}")
    for i, type in enumerate((*arguments, *returned)):
        accumulated = returned[i % len(elements)]
        if not isinstance(type, TensorType) or type.shape.data:
            raise VerifyException(f"region {name} has {type} among its arguments and results, must be scalars")
        if not types_match(type, accumulated):
            raise VerifyException(f"region {name} takes {type} where it returns {accumulated}")
        if not promotable(elements[i % len(elements)], type.element_type):
            raise VerifyException(
                f"region {name} cannot accumulate {elements[i % len(elements)]} in {type.element_type}"
            )
    return [cast(TensorType[Any], type).element_type for type in returned]
