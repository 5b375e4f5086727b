"""Our text of StableHLO against MLIR's: each reads what the other prints, for every op of the dialect."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from jax._src.interpreters.mlir import make_ir_context
from jaxlib.mlir import ir
from xdsl.dialects.builtin import ModuleOp
from xdsl.printer import Printer
from xdsl.utils.exceptions import ParseError

from eggshard.dialects.assembly import Parser, make_context, parse_module
from eggshard.dialects.stablehlo import OPS

FOLDER = Path(__file__).parents[1] / "filecheck" / "dialects" / "stablehlo"
VALID = sorted(path for path in FOLDER.glob("*.mlir") if not path.stem.endswith("_invalid"))
INVALID = sorted(FOLDER.glob("*_invalid.mlir"))
# jaxlib has no dialect for quantized types.
KNOWN_TO_JAXLIB = [path for path in VALID if path.stem != "quantization"]


@pytest.fixture(scope="module")
def mlir() -> Any:
    return make_ir_context()


def ours(text: str) -> ModuleOp:
    module = parse_module(text, make_context(), "test.mlir")
    module.verify()
    return module


def generic(module: ModuleOp) -> str:
    stream = StringIO()
    Printer(stream, print_generic_format=True).print_op(module)
    return stream.getvalue()


def mlir_texts(text: str, mlir: Any) -> tuple[str, str]:
    """How MLIR prints a module, pretty and generic."""
    module = ir.Module.parse(text, mlir)
    return str(module), module.operation.get_asm(print_generic_op_form=True)


@pytest.mark.parametrize("path", KNOWN_TO_JAXLIB, ids=lambda path: path.stem)
def test_mlir_reads_what_we_print(path: Path, mlir: Any) -> None:
    text = path.read_text()
    pretty, generic_text = mlir_texts(text, mlir)
    module = ours(text)
    assert mlir_texts(str(module), mlir)[0] == pretty
    assert mlir_texts(generic(module), mlir) == (pretty, generic_text)


@pytest.mark.parametrize("path", KNOWN_TO_JAXLIB, ids=lambda path: path.stem)
def test_we_read_what_mlir_prints(path: Path, mlir: Any) -> None:
    pretty, generic_text = mlir_texts(path.read_text(), mlir)
    assert mlir_texts(str(ours(pretty)), mlir)[0] == pretty
    assert mlir_texts(generic(ours(generic_text)), mlir) == (pretty, generic_text)


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_our_text_is_a_fixed_point(path: Path) -> None:
    module = ours(path.read_text())
    assert str(ours(str(module))) == str(module)
    assert generic(ours(generic(module))) == generic(module)


def test_every_op_is_tested() -> None:
    found = {op.name for path in VALID for op in ours(path.read_text()).walk()}
    assert set(OPS) <= found


def test_every_op_has_an_invalid_case() -> None:
    text = "".join(path.read_text() for path in INVALID)
    words = set(text.replace('"', " ").replace("(", " ").split())
    assert set(OPS) <= words


ATTRIBUTES = [
    "#stablehlo<comparison_direction LT>",
    "#stablehlo<comparison_type TOTALORDER>",
    "#stablehlo<precision DEFAULT>",
    "#stablehlo<fft_type RFFT>",
    "#stablehlo<transpose ADJOINT>",
    "#stablehlo<rng_distribution UNIFORM>",
    "#stablehlo<rng_algorithm PHILOX>",
    "#stablehlo.dot<>",
    "#stablehlo.dot<rhs_contracting_dimensions = [0], lhs_contracting_dimensions = [1]>",
    "#stablehlo.gather<>",
    "#stablehlo.gather<offset_dims = [1], index_vector_dim = 1>",
    "#stablehlo.scatter<scatter_dims_to_operand_dims=[1,2]>",
    "#stablehlo.channel_handle<handle = 0, type = 0>",
    "#stablehlo.result_accuracy<atol = 1.0e-05, rtol = 0.0, ulps = 10, "
    "mode = #stablehlo.result_accuracy_mode<TOLERANCE>>",
    "#stablehlo.result_accuracy<mode = #stablehlo.result_accuracy_mode<HIGHEST>>",
    "#stablehlo.result_accuracy_mode<DEFAULT>",
    "#stablehlo.bounds<?, 4>",
    "#stablehlo.output_operand_alias<output_tuple_indices = [0], operand_index = 0, operand_tuple_indices = []>",
    "#stablehlo.dot_algorithm<lhs_precision_type = tf32, rhs_precision_type = tf32, accumulation_type = f32, "
    "lhs_component_count = 1, rhs_component_count = 1, num_primitive_operations = 3, "
    "allow_imprecise_accumulation = false>",
    "#stablehlo.conv<[b, f, 0, 1]x[o, i, 0, 1]->[b, f, 0, 1]>",
    "#stablehlo.conv<[1, b, 0, f]x[0, 1, i, o]->[b, 1, f, 0]>",
    '#stablehlo.axis_ref<name = "x", sub_axis_info = (1)2>',
    '#stablehlo.mesh_axis<name = "x", size = 2>',
    '#stablehlo.mesh<axes = [#stablehlo.mesh_axis<name = "x", size = 2>], device_ids = dense<[1, 0]> : tensor<2xi64>>',
    '#stablehlo.replica_group_mesh_axes<mesh = @m, axes = [#stablehlo.axis_ref<name = "x">]>',
    "!stablehlo.token",
    "!stablehlo.future<tensor<2xf32>, tensor<3xf32>>",
    "tuple<tensor<2xf32>, !stablehlo.token>",
    "tensor<2x?xf32, #stablehlo.bounds<?, 4>>",
    *(
        f"tensor<2x{element}>"
        for element in ("i4", "ui2", "f4E2M1FN", "f6E2M3FN", "f8E8M0FNU", "complex<f64>", "index")
    ),
]


@pytest.mark.parametrize("text", ATTRIBUTES)
def test_attributes_print_as_in_mlir(text: str, mlir: Any) -> None:
    printed = str(ir.Attribute.parse(text, mlir))
    for source in (text, printed):
        attribute = Parser(make_context(), source).parse_attribute()
        # Meshes inside a mesh attribute are printed in full, which MLIR reads as well.
        assert str(ir.Attribute.parse(str(attribute), mlir)) == printed


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("#stablehlo<comparison_direction XX>", "must be one of EQ, NE, GE, GT, LE, LT"),
        ("#stablehlo.dot<foo = [1]>", "has no field foo"),
        ("#stablehlo.dot<lhs_batching_dimensions = [1], lhs_batching_dimensions = [1]>", "twice"),
        ("#stablehlo.channel_handle<handle = 1>", "lacks type"),
        ("#stablehlo.conv<[b, 0]x[i, o, 0]->[b, f, 0]>", "dimension label f is missing"),
        ("#stablehlo.conv<[b, f, 1]x[i, o, 0]->[b, f, 0]>", "dimension label 0 is missing"),
        ("#stablehlo.conv<[b, f, x]x[i, o, 0]->[b, f, 0]>", "must be b, f or a spatial index"),
        ("!quant.uniform<f32:f32, 1.0>", "storage must be an integer type"),
        ("!quant.uniform<i8<-200:100>:f32, 1.0>", "must be inside -128:127"),
    ],
)
def test_a_malformed_attribute_is_refused(text: str, message: str) -> None:
    with pytest.raises(Exception, match=message):
        Parser(make_context(), text).parse_attribute()


def test_a_location_may_be_named_before_it_is_defined() -> None:
    text = """
func.func @f(%x: tensor<4xf32> loc("x")) {
  %0 = stablehlo.abs %x : tensor<4xf32> loc(#loc2)
  func.return loc(#loc3)
}
#loc1 = loc("model.py":3:4 to :9)
#loc2 = loc("name"(#loc1))
#loc3 = loc(fused<"why">[#loc1, #loc2])
"""
    stream = StringIO()
    Printer(stream, print_debuginfo=True).print_op(ours(text))
    found = stream.getvalue()
    assert """stablehlo.abs %x : tensor<4xf32> loc("name"(fused<"range">["model.py":3:4, "model.py":3:9]))""" in found
    assert """func.return loc(fused<"why">[fused<"range">["model.py":3:4, "model.py":3:9], "name"(""" in found


@pytest.mark.parametrize(
    ("op", "message"),
    [
        ("%0 = stablehlo.transpose %x, permutation = [0] : (tensor<4xf32>) -> tensor<4xf32>", "or dims = ..."),
        (
            "%0 = stablehlo.transpose %x, dims = [0], dims = [0] : (tensor<4xf32>) -> tensor<4xf32>",
            "expected an operand",
        ),
        ("%0 = stablehlo.iota dim = 0 {iota_dimension = 0 : i64} : tensor<4xi32>", "iota_dimension is given twice"),
        ("%0 = stablehlo.complex %x, %x : tensor<4xf32>", "write the signature in full"),
        ("%0 = stablehlo.constant 1 : i32", "value must be dense"),
        ("%0 = stablehlo.reduce_precision %x, format = m5e10 : tensor<4xf32>", "e<exponent bits>m<mantissa bits>"),
        ("%0 = stablehlo.nonsense %x : tensor<4xf32>", "stablehlo.nonsense is not registered"),
    ],
)
def test_malformed_assembly_is_refused_where_it_stands(op: str, message: str) -> None:
    text = f"func.func @f(%x: tensor<4xf32>) {{\n  {op}\n  func.return\n}}\n"
    with pytest.raises(ParseError, match=message) as error:
        ours(text)
    assert "test.mlir:2:" in str(error.value)
