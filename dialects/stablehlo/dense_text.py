"""The text of a constant's elements, between `dense<` and `>`, as MLIR prints and reads it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from math import prod
from typing import TYPE_CHECKING

from xdsl.dialects.builtin import AnyFloat, ComplexType, IntegerType, Signedness, i1
from xdsl.ir import Attribute

from eggshard.dialects.stablehlo.float_formats import encode, format_of
from eggshard.dialects.stablehlo.float_text import float_text

if TYPE_CHECKING:
    from eggshard.dialects.stablehlo.dense import DenseElements

PUNCTUATION = ("", "[", "]", "(", ")", ",")
LARGEST_LIST = 100
"""Constants of more elements are printed as one string of hexadecimal digits."""

TOKEN = re.compile(r"[][(),]|[^\s\][(),]+")
INTEGER = re.compile(r"-?[0-9]+|0[xX][0-9a-fA-F]+")
FLOAT = re.compile(r"[-+]?[0-9]+\.[0-9]*(?:[eE][-+]?[0-9]+)?")
HEX = re.compile(r"0[xX][0-9a-fA-F]+")


class LiteralError(Exception):
    """Why the text of a constant is refused."""


def elements_text(elements: DenseElements) -> str:
    """`1.000000e+00` for a splat, `[[1, 2], [3, 4]]`, or `"0x01..."` for many elements."""
    if not elements.data:
        return ""
    if elements.is_splat:
        return next(element_texts(elements.data, elements.type.element_type))
    shape = elements.shape
    if prod(shape) > LARGEST_LIST:
        return f'"0x{elements.data.hex().upper()}"'
    texts = element_texts(elements.data, elements.type.element_type)

    def nested(sizes: tuple[int, ...]) -> str:
        return f"[{', '.join(nested(sizes[1:]) for _ in range(sizes[0]))}]" if sizes else next(texts)

    return nested(shape)


def element_texts(data: bytes, element_type: Attribute) -> Iterator[str]:
    """The text of each element."""
    if isinstance(element_type, ComplexType):
        parts = element_texts(data, element_type.element_type)
        for real in parts:
            yield f"({real},{next(parts)})"
        return
    size, text = scalar_text(element_type)
    for start in range(0, len(data), size):
        yield text(data[start : start + size])


def scalar_text(element_type: Attribute) -> tuple[int, Callable[[bytes], str]]:
    """How many bytes a scalar takes, and the function that prints it."""
    from eggshard.dialects.stablehlo.dense import element_bytes

    size = element_bytes(element_type)
    if isinstance(element_type, AnyFloat):
        float_type = element_type
        return size, lambda raw: float_text(int.from_bytes(raw, "little"), float_type)
    if element_type == i1:
        return size, lambda raw: "true" if raw[0] else "false"
    signed = not (isinstance(element_type, IntegerType) and element_type.signedness.data is Signedness.UNSIGNED)
    return size, lambda raw: str(int.from_bytes(raw, "little", signed=signed))


def parse_elements(text: str, shape: tuple[int, ...], element_type: Attribute) -> bytes:
    """
    The bytes of the elements that `text` lists: one element for a splat.

    Raises LiteralError if the text is malformed, of another shape, or out of range.
    """
    if not text:
        if prod(shape):
            raise LiteralError(f"literal has no elements, but the type has {prod(shape)}")
        return b""
    if text.startswith('"'):
        return parse_hex_string(text, shape, element_type)
    scalars, inferred, is_complex = flatten(text)
    if is_complex != isinstance(element_type, ComplexType):
        raise LiteralError(f"elements are {'' if is_complex else 'not '}complex, but the type is {element_type}")
    if inferred and inferred != shape:
        raise LiteralError(f"literal has shape {list(inferred)}, but the type has shape {list(shape)}")
    scalar_type = element_type.element_type if isinstance(element_type, ComplexType) else element_type
    to_bytes = scalar_parser(scalar_type)
    return b"".join([to_bytes(scalar) for scalar in scalars])


def parse_hex_string(text: str, shape: tuple[int, ...], element_type: Attribute) -> bytes:
    """The bytes of `"0x0123..."`."""
    from eggshard.dialects.stablehlo.dense import element_bytes

    if not (text.startswith('"0x') and text.endswith('"')):
        raise LiteralError('a string of elements must be hexadecimal digits after "0x')
    try:
        data = bytes.fromhex(text[3:-1])
    except ValueError:
        raise LiteralError("the hexadecimal string of elements has a bad digit or half a byte") from None
    size = element_bytes(element_type)
    if len(data) not in (size, size * prod(shape)):
        raise LiteralError(
            f"string of elements holds {len(data)} bytes, must hold {size} or {prod(shape)} times {size}"
        )
    if element_type == i1 and data.strip(b"\0\1"):
        return data.translate(bytes([0]) + bytes([1]) * 255)
    return data


def flatten(text: str) -> tuple[list[str], tuple[int, ...], bool]:
    """The scalars of a literal in order (two for each complex element), its shape, and whether it is complex."""
    literal = Literal(text)
    shape = literal.item()
    if literal.next():
        raise LiteralError("literal goes on after its last element")
    is_complex = literal.pairs > 0
    if is_complex and len(literal.scalars) != 2 * literal.pairs:
        raise LiteralError("some elements are complex and some are not")
    return literal.scalars, shape, is_complex


class Literal:
    """The nested lists of a literal, read once from left to right."""

    def __init__(self, text: str) -> None:
        self.tokens = iter(TOKEN.findall(text))
        self.scalars: list[str] = []
        self.pairs = 0

    def next(self) -> str:
        return next(self.tokens, "")

    def item(self, token: str | None = None) -> tuple[int, ...]:
        """Reads one list or element, which begins with `token` if that is read already; returns its shape."""
        token = self.next() if token is None else token
        if token == "[":
            return self.list()
        if token == "(":
            self.pair()
        elif token in PUNCTUATION:
            raise LiteralError(f"an element is missing before '{token}'" if token else "an element is missing")
        else:
            self.scalars.append(token)
        return ()

    def list(self) -> tuple[int, ...]:
        token = self.next()
        if token == "]":
            return (0,)
        shape = self.item(token)
        count = 1
        while (token := self.next()) == ",":
            count += 1
            if (other := self.item()) != shape:
                raise LiteralError(f"lists of shape {list(shape)} and {list(other)} stand side by side")
        if token != "]":
            raise LiteralError(f"',' or ']' is missing{token and ' before ' + token}")
        return (count, *shape)

    def pair(self) -> None:
        real, comma, imaginary, end = self.next(), self.next(), self.next(), self.next()
        if real in PUNCTUATION or comma != "," or imaginary in PUNCTUATION or end != ")":
            raise LiteralError("a complex element must be (real, imaginary)")
        self.pairs += 1
        self.scalars += (real, imaginary)


def scalar_parser(scalar_type: Attribute) -> Callable[[str], bytes]:
    """The function from the text of a scalar to its bytes."""
    from eggshard.dialects.stablehlo.dense import element_bytes

    size = element_bytes(scalar_type)
    if isinstance(scalar_type, AnyFloat):
        return float_parser(scalar_type, size)
    if isinstance(scalar_type, IntegerType):
        return integer_parser(scalar_type, size)
    return integer_parser(IntegerType(64), size)


def float_parser(float_type: AnyFloat, size: int) -> Callable[[str], bytes]:
    float_format = format_of(float_type)
    if float_format is None:
        raise LiteralError(f"constants of type {float_type} are not supported")
    bits = float_format.bits

    def parse(text: str) -> bytes:
        if FLOAT.fullmatch(text):
            if float_format.unsigned and text.startswith("-"):
                raise LiteralError(f"element {text} is negative, but {float_type} has no sign")
            return encode(float_type, float(text)).to_bytes(size, "little")
        if not HEX.fullmatch(text):
            raise LiteralError(f"element {text} is not a float (a float has a point, as 1. or 1.0e+30)")
        value = int(text, 16)
        if value >> bits:
            raise LiteralError(f"element {text} has more than the {bits} bits of {float_type}")
        return value.to_bytes(size, "little")

    return parse


def integer_parser(integer_type: IntegerType, size: int) -> Callable[[str], bytes]:
    width = integer_type.width.data
    signless = integer_type.signedness.data is Signedness.SIGNLESS
    signed = integer_type.signedness.data is not Signedness.UNSIGNED
    # A signless integer may be written as signed or as unsigned.
    low = -(1 << (width - 1)) if signed else 0
    high = 1 << (width if signless or not signed else width - 1)

    def parse(text: str) -> bytes:
        if width == 1 and text in ("true", "false"):
            return b"\1" if text == "true" else b"\0"
        if not INTEGER.fullmatch(text):
            raise LiteralError(f"element {text} is not an integer")
        value = int(text, 0) if text[:2] in ("0x", "0X") else int(text)
        if not low <= value < high:
            raise LiteralError(f"element {text} is out of the range of {integer_type}")
        if width == 1:
            return b"\1" if value else b"\0"
        if signed and value >= 1 << (width - 1):
            value -= 1 << width
        return value.to_bytes(size, "little", signed=signed)

    return parse
