"""Constants: every bit pattern is read and printed as MLIR does, and splats stay splats."""

from __future__ import annotations

import random
import struct
from typing import Any

import pytest
from jax._src.interpreters.mlir import make_ir_context
from jaxlib.mlir import ir
from xdsl.dialects.builtin import DYNAMIC_INDEX, IntegerType, TensorType, f32, i1, i64
from xdsl.utils.exceptions import ParseError, VerifyException

from eggshard.dialects.assembly import Parser, make_context
from eggshard.dialects.stablehlo import DenseElements
from eggshard.dialects.stablehlo.float_formats import FORMATS


@pytest.fixture(scope="module")
def mlir() -> Any:
    return make_ir_context()


def parse(text: str) -> DenseElements:
    attribute = Parser(make_context(), text, "test.mlir").parse_attribute()
    assert isinstance(attribute, DenseElements)
    return attribute


def in_mlir(text: str, mlir: Any) -> str:
    """How MLIR prints a constant, inside an array because jaxlib cannot hand out complex constants by themselves."""
    return str(ir.ArrayAttr.parse(f"[{text}]", mlir))[1:-1]


@pytest.mark.parametrize("name", FORMATS)
def test_bits_of_floats_print_as_in_mlir(name: str, mlir: Any) -> None:
    width = FORMATS[name].bits
    rng = random.Random(name)
    patterns = range(1 << width) if width <= 8 else [rng.getrandbits(width) for _ in range(400)]
    for bits in patterns:
        text = f"dense<0x{bits:X}> : tensor<{name}>"
        ours = parse(text)
        assert int.from_bytes(ours.data, "little") == bits
        assert str(ours) == in_mlir(text, mlir)
        assert parse(str(ours)) == ours


@pytest.mark.parametrize("name", FORMATS)
def test_decimal_floats_round_as_in_mlir(name: str, mlir: Any) -> None:
    rng = random.Random(name)
    for _ in range(300):
        exponent = round(rng.choice([45, 9, 2]) * rng.uniform(-1, 1))
        digits = rng.choice([1, 3, 6, 16])
        sign = "" if FORMATS[name].unsigned else rng.choice(["", "-"])
        text = f"dense<{sign}{rng.uniform(1, 10):.{digits}f}e{exponent}> : tensor<{name}>"
        assert str(parse(text)) == in_mlir(text, mlir)


@pytest.mark.parametrize(
    "text",
    [
        "dense<> : tensor<0xf32>",
        "dense<[[], []]> : tensor<2x0xi1>",
        "dense<1> : tensor<0xi32>",
        "dense<[true, false]> : tensor<2xi1>",
        "dense<-1> : tensor<i1>",
        "dense<[[1, 2], [3, 4]]> : tensor<2x2xi32>",
        "dense<255> : tensor<i8>",
        "dense<255> : tensor<ui8>",
        "dense<[7, -8]> : tensor<2xi4>",
        "dense<3> : tensor<i2>",
        "dense<18446744073709551615> : tensor<i64>",
        "dense<[-1, 2]> : tensor<2xindex>",
        "dense<(1.0, 2.0)> : tensor<complex<f32>>",
        "dense<[(1.0, -2.0), (0x7F800000, 0.1)]> : tensor<2xcomplex<f32>>",
        "dense<[1.0, 1.0]> : tensor<2xf32>",
        "dense<[1., 2.]> : tensor<2xf64>",
        'dense<"0x0000803F0000803F"> : tensor<2xf32>',
        'dense<"0x01000000"> : tensor<2xi32>',
        'dense<"0x010001"> : tensor<3xi1>',
        f"dense<[{', '.join(str(i) for i in range(100))}]> : tensor<100xi16>",
        f"dense<[{', '.join(str(i) for i in range(101))}]> : tensor<101xi16>",
        f"dense<[{', '.join('true' if i % 3 else 'false' for i in range(101))}]> : tensor<101xi1>",
        f"dense<[{', '.join(f'({i}.0, 1.0)' for i in range(101))}]> : tensor<101xcomplex<f32>>",
        "dense<1.0> : tensor<2xf32, #stablehlo.bounds<?>>",
    ],
)
def test_constants_print_as_in_mlir(text: str, mlir: Any) -> None:
    ours = parse(text)
    assert str(ours) == in_mlir(text, mlir)
    assert parse(str(ours)) == ours


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dense<1> : tensor<f32>", "element 1 is not a float"),
        ("dense<1.0> : tensor<i32>", "element 1.0 is not an integer"),
        ("dense<true> : tensor<i32>", "element true is not an integer"),
        ("dense<-1> : tensor<ui8>", "out of the range of ui8"),
        ("dense<300> : tensor<i8>", "out of the range of i8"),
        ("dense<0x3FC00000> : tensor<bf16>", "more than the 16 bits"),
        ("dense<[1, 2]> : tensor<3xi32>", "literal has shape"),
        ("dense<[[1, 2], [3]]> : tensor<2x2xi32>", "side by side"),
        ("dense<[1, 2> : tensor<2xi32>", "is missing"),
        ("dense<[1 2]> : tensor<2xi32>", "is missing before 2"),
        ("dense<[1,, 2]> : tensor<2xi32>", "an element is missing"),
        ("dense<(1.0, 2.0)> : tensor<f32>", "complex"),
        ("dense<[(1.0, 2.0), 1.0]> : tensor<2xcomplex<f32>>", "some elements are complex"),
        ("dense<> : tensor<2xf32>", "no elements"),
        ("dense<1.0> : tensor<?xf32>", "static shape"),
        ('dense<"0x0102"> : tensor<2xf32>', "holds 2 bytes"),
        ('dense<"0x0Z"> : tensor<i8>', "bad digit"),
        ('dense<"abc"> : tensor<i8>', "hexadecimal"),
        ("dense<1.0> : tensor<f80>", "not supported"),
        ("dense<-1.0> : tensor<f8E8M0FNU>", "has no sign"),
        ("dense<1> : tensor<!stablehlo.token>", "must be integer, float or complex"),
    ],
)
def test_a_malformed_constant_is_refused(text: str, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        parse(text)


def test_a_splat_holds_one_element_whatever_its_size() -> None:
    splat = parse("dense<0.0> : tensor<100000x100000xf32>")
    assert splat.is_splat
    assert splat.data == bytes(4)


def test_equal_elements_become_a_splat() -> None:
    type = TensorType(f32, [3])
    assert DenseElements(type, struct.pack("<3f", 2, 2, 2)) == DenseElements(type, struct.pack("<f", 2))
    assert not DenseElements(type, struct.pack("<3f", 2, 2, 3)).is_splat


def test_integers_are_read_back_with_their_sign() -> None:
    elements = DenseElements.from_integers([1, -2, 3, -4], [2, 2], i64)
    assert elements.integers() == (1, -2, 3, -4)
    assert elements.shape == (2, 2)
    assert DenseElements(TensorType(IntegerType(8), [3]), b"\xff").integers() == (-1, -1, -1)


def test_data_must_fit_the_type() -> None:
    with pytest.raises(VerifyException, match="holds 3 bytes, must hold 4 or 2 times 4"):
        DenseElements(TensorType(f32, [2]), b"abc")
    with pytest.raises(VerifyException, match="static shape"):
        DenseElements(TensorType(i1, [DYNAMIC_INDEX]), b"\1")
