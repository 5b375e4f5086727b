"""Our `sdy` against jaxlib's: equal text for equal programs, and the same programs refused."""

from __future__ import annotations

import re
from io import StringIO
from typing import Any

import pytest
from jax._src.interpreters.mlir import make_ir_context
from jaxlib.mlir import ir
from xdsl.printer import Printer
from xdsl.utils.exceptions import ParseError, VerifyException

from eggshard.dialects.assembly import parse_module

CONTEXT = make_ir_context()
IDS = ", ".join(map(str, [1, 0, *range(2, 64)]))
MESHES = f"""
sdy.mesh @m = <["a"=2, "b"=4, "c"=8]>
sdy.mesh @reordered = <["a"=2, "b"=4, "c"=8], device_ids=[{IDS}]>
sdy.mesh @other = <["x"=2, "b"=4]>
sdy.mesh @single = <[], device_ids=[3]>
sdy.mesh @empty = <[]>
"""
T = "tensor<16x8xf32>"


def theirs(text: str) -> str | None:
    """What Shardy prints, None if it refuses."""
    with CONTEXT, ir.Location.unknown():
        try:
            return str(ir.Module.parse(text))
        except ir.MLIRError:
            return None


def ours(text: str) -> str | None:
    try:
        module = parse_module(text)
        module.verify()
    except (ParseError, VerifyException):
        return None
    out = StringIO()
    Printer(out).print_op(module)
    return out.getvalue()


def normal(text: str | None) -> str | None:
    """Without what xDSL's printer writes differently for any dialect."""
    return text and re.sub(r"builtin\.module|func\.return", lambda m: m[0].split(".")[1], text).strip()


def function(body: str, argument: str = "", type: str = T) -> str:
    signature = f"@f(%arg0: {type}{argument and ' '}{argument}) -> {type}"
    return f"{MESHES}func.func {signature} {{\n{body}\nreturn %arg0 : {type}\n}}\n"


def sharded(sharding: str) -> str:
    return f"{{sdy.sharding = #sdy.sharding{sharding}}}"


def check(text: str, accepted: bool) -> None:
    expected = theirs(text)
    assert (expected is not None) == accepted, "the case is wrong about Shardy"
    assert normal(ours(text)) == normal(expected)


SHARDINGS: list[tuple[str, bool]] = [
    ('<@m, [{"a"}, {}]>', True),
    ('<@m, [{"a", ?}p1, {?}p0], replicated={"b":(1)2}, unreduced={"c"}>', True),
    ('<@m, [{"a"}, {}], unreduced={"c"}, replicated={"b"}>', True),
    ('<@m, [{"b":(2)2, "b":(1)2}, {}]>', True),
    ('<@m, [{"c":(1)2}, {"c":(2)2}]>', True),
    ('<@m, [{}, {}], replicated={"c":(1)2, "c":(4)2}>', True),
    ('<mesh<["a"=2]>, [{"a"}, {}]>', True),
    ('<mesh<["a"=2], device_ids=[1, 0]>, [{"a"}, {}]>', True),
    ('<mesh<["a"=2], device_ids=[0, 1]>, [{"a"}, {}]>', True),
    ("<mesh<[], device_ids=[2]>, []>", True),
    ("<@single, []>", True),
    ("<@empty, [{}, {}]>", True),
    ("<@single, [{}, {}]>", False),
    ("<@empty, []>", False),
    ("<@nowhere, [{}, {}]>", False),
    ("<@m, [{}]>", False),
    ('<@m, [{"x"}, {}]>', False),
    ('<@m, [{"a"}, {"a"}]>', False),
    ('<@m, [{"a"}, {}], replicated={"a"}>', False),
    ('<@m, [{"a"}, {}], unreduced={"a"}>', False),
    ('<@m, [{"b":(1)4}, {}]>', False),
    ('<@m, [{"b":(3)2}, {}]>', False),
    ('<@m, [{"b":(0)2}, {}]>', False),
    ('<@m, [{"b":(1)1}, {}]>', False),
    ('<@m, [{"c":(1)3}, {}]>', False),
    ('<@m, [{"c":(1)2, "c":(2)2}, {}]>', False),
    ('<@m, [{"c":(1)4}, {"c":(2)2}]>', False),
    ('<@m, [{"c"}, {"c":(1)2}]>', False),
    ("<@m, [{}p1, {}]>", False),
    ('<@m, [{"a"}p01, {}]>', False),
    ('<@m, [{"a"}q, {}]>', False),
    ('<@m, [{?, "a"}, {}]>', False),
    ('<@m, [{}, {}], replicated={"b", "a"}>', False),
    ('<@m, [{}, {}], unreduced={"b", "a"}>', False),
    ('<@m, [{}, {}], replicated={"c":(2)2, "c":(1)2}>', False),
    ("<@m, [{}, {}], replicated={}>", False),
    ('<@m, [{}, {}], replicated={"a"}, replicated={"b"}>', False),
    ('<@m, [{}, {}], sharded={"a"}>', False),
]


@pytest.mark.parametrize(("sharding", "accepted"), SHARDINGS)
def test_shardings(sharding: str, accepted: bool) -> None:
    check(function("", sharded(sharding)), accepted)


@pytest.mark.parametrize(
    ("type", "sharding", "accepted"),
    [
        ("!stablehlo.token", "<@m, []>", True),
        ("!stablehlo.token", "<@m, [{}]>", False),
        ("!stablehlo.token", '<@m, [], replicated={"a"}>', False),
        ("tensor<*xf32>", "<@m, [{}, {}]>", False),
        ("tensor<?x?xf32>", '<@m, [{}, {"a"}]>', True),
        ("tuple<tensor<4xf32>>", '<@m, [{"a"}]>', True),
        ("tuple<tensor<4xf32>, tensor<4xf32>>", '<@m, [{"a"}]>', False),
    ],
)
def test_shardings_of_other_types(type: str, sharding: str, accepted: bool) -> None:
    check(function("", sharded(sharding), type), accepted)


MESH_CASES: list[tuple[str, bool]] = [
    ('sdy.mesh @p = <["a"=2, "b"=1]>', True),
    ('sdy.mesh @p = <["a"=3, "b"=2], device_ids=[0, 2, 4, 1, 3, 5]>', True),
    ('sdy.mesh @p = <["a b"=2]> {note = 1 : i32}', True),
    ('sdy.mesh @"odd name" = <["say \\"a\\""=2]>', True),
    ('sdy.mesh @p = <["a"=0]>', False),
    ('sdy.mesh @p = <["a"=2, "a"=2]>', False),
    ('sdy.mesh @p = <["a"=2], device_ids=[2, 1]>', False),
    ('sdy.mesh @p = <["a"=2], device_ids=[1]>', False),
    ('sdy.mesh @p = <["a"=2], device_ids=[0, -1]>', False),
    ("sdy.mesh @p = <[], device_ids=[1, 0]>", False),
    ('sdy.mesh @p = <["a"=2]>\nsdy.mesh @p = <["a"=2]>', False),
    ('func.func @f() {\nsdy.mesh @p = <["a"=1]>\nreturn\n}', False),
]


@pytest.mark.parametrize(("text", "accepted"), MESH_CASES)
def test_meshes(text: str, accepted: bool) -> None:
    check(text, accepted)


# (op, sharding of its operand or None, accepted)
COLLECTIVES: list[tuple[str, str | None, bool]] = [
    ('sdy.all_gather [{"b"}, {}] %arg0 out_sharding=<@m, [{"a"}, {}]>', '<@m, [{"a", "b"}, {}]>', True),
    ('sdy.all_gather [{"c":(4)2}, {}] %arg0 out_sharding=<@m, [{"c":(1)4}, {}]>', '<@m, [{"c"}, {}]>', True),
    ('sdy.all_gather [{"a"}, {}] %arg0 out_sharding=<@m, [{}, {}], unreduced={"b"}>', '<@m, [{"a"}, {}]>', True),
    ("sdy.all_gather [{}, {}] %arg0 out_sharding=<@m, [{}, {}]>", None, False),
    ('sdy.all_gather [{"a"}, {}] %arg0 out_sharding=<@m, [{"b"}, {}]>', '<@m, [{"a", "b"}, {}]>', False),
    ('sdy.all_gather [{"b"}, {}] %arg0 out_sharding=<@m, [{}, {}]>', '<@m, [{"a", "b"}, {}]>', False),
    ('sdy.all_gather [{"a"}] %arg0 out_sharding=<@m, [{}, {}]>', '<@m, [{"a"}, {}]>', False),
    ('sdy.all_gather [{"a"}, {"a"}] %arg0 out_sharding=<@m, [{}, {}]>', '<@m, [{"a"}, {}]>', False),
    ('sdy.all_gather [{"c":(2)2}, {}] %arg0 out_sharding=<@m, [{}, {}]>', '<@m, [{"c"}, {}]>', False),
    ('sdy.all_gather [{"c":(1)2, "c":(2)4}, {}] %arg0 out_sharding=<@m, [{}, {}]>', '<@m, [{"c"}, {}]>', False),
    ('sdy.all_gather [{"b"}, {}] %arg0 out_sharding=<@m, [{}, {}]>', '<@other, [{"b"}, {}]>', False),
    ('sdy.all_slice [{"a"}, {"c":(4)2}] %arg0 out_sharding=<@m, [{"a"}, {"c"}]>', '<@m, [{}, {"c":(1)4}]>', True),
    ('sdy.all_slice [{"a"}, {}] %arg0 out_sharding=<@m, [{"a"}, {}]>', None, True),
    ('sdy.all_slice [{"a"}, {}] %arg0 out_sharding=<@m, [{}, {"a"}]>', "<@m, [{}, {}]>", False),
    ('sdy.all_slice [{"a"}, {}] %arg0 out_sharding=<@m, [{"a", "b"}, {}]>', '<@m, [{"b"}, {}]>', False),
    ('sdy.all_to_all [{"b"}: 0->1] %arg0 out_sharding=<@m, [{"a"}, {"c", "b"}]>', '<@m, [{"a", "b"}, {"c"}]>', True),
    ('sdy.all_to_all [{"a"}: 0->1] %arg0 out_sharding=<@m, [{}, {"a"}], unreduced={"b"}>', '<@m, [{"a"}, {}]>', True),
    ("sdy.all_to_all [] %arg0 out_sharding=<@m, [{}, {}]>", "<@m, [{}, {}]>", False),
    ('sdy.all_to_all [{"a"}: 0->0] %arg0 out_sharding=<@m, [{"a"}, {}]>', '<@m, [{"a"}, {}]>', False),
    ('sdy.all_to_all [{"a"}: 2->0] %arg0 out_sharding=<@m, [{"a"}, {}]>', '<@m, [{}, {"a"}]>', False),
    ('sdy.all_to_all [{"a"}: 0->-1] %arg0 out_sharding=<@m, [{}, {"a"}]>', '<@m, [{"a"}, {}]>', False),
    (
        'sdy.all_to_all [{"a"}: 1->0, {"b"}: 0->1] %arg0 out_sharding=<@m, [{"a"}, {"b"}]>',
        '<@m, [{"b"}, {"a"}]>',
        False,
    ),
    ('sdy.all_to_all [{"b", "a"}: 0->1] %arg0 out_sharding=<@m, [{}, {"b", "a"}]>', '<@m, [{"a"}, {}]>', False),
    ('sdy.collective_permute %arg0 out_sharding=<@m, [{"c":(1)2}, {}]>', '<@m, [{"a"}, {}]>', True),
    ('sdy.collective_permute %arg0 out_sharding=<@reordered, [{"a"}, {}]>', '<@m, [{"a"}, {}]>', True),
    ('sdy.collective_permute %arg0 out_sharding=<@m, [{}, {"a"}]>', '<@m, [{"a"}, {}]>', False),
    ('sdy.collective_permute %arg0 out_sharding=<@other, [{"x"}, {}]>', '<@m, [{"a"}, {}]>', False),
    ("sdy.collective_permute %arg0 out_sharding=<@m, [{}, {}]>", None, False),
    ('sdy.all_reduce {"a"} %arg0 out_sharding=<@m, [{}, {}]>', None, True),
    ("sdy.all_reduce {} %arg0 out_sharding=<@m, [{}, {}]>", "<@m, [{}, {}]>", True),
    (
        'sdy.all_reduce {"a"} %arg0 out_sharding=<@m, [{"c"}, {}], unreduced={"b"}>',
        '<@m, [{"c"}, {}], unreduced={"a", "b"}>',
        True,
    ),
    ('sdy.all_reduce {"a"} %arg0 out_sharding=<@m, [{}, {}], replicated={"a"}>', "<@m, [{}, {}]>", True),
    ('sdy.all_reduce {"a"} %arg0 out_sharding=<@m, [{}, {}]>', '<@m, [{}, {}], replicated={"a"}>', False),
    ('sdy.all_reduce {"a"} %arg0 out_sharding=<@m, [{"a"}, {}]>', '<@m, [{"a"}, {}]>', False),
    ('sdy.all_reduce {"b", "a"} %arg0 out_sharding=<@m, [{}, {}]>', "<@m, [{}, {}]>", False),
    ('sdy.all_reduce {"a"} %arg0 out_sharding=<@m, [{}, {}], unreduced={"a"}>', "<@m, [{}, {}]>", False),
    ('sdy.all_reduce {"a"} %arg0 out_sharding=<@reordered, [{}, {}]>', "<@m, [{}, {}]>", False),
    ('sdy.all_reduce {"a"} %arg0 out_sharding=<@m, [{}, {"b"}]>', "<@m, [{}, {}]>", False),
    ('sdy.reduce_scatter [{"a"}, {}] %arg0 out_sharding=<@m, [{"b", "a"}, {}]>', '<@m, [{"b"}, {}]>', True),
    ('sdy.reduce_scatter [{"a"}, {}] %arg0 out_sharding=<@m, [{"a"}, {}]>', None, True),
    ('sdy.reduce_scatter [{"a"}, {}] %arg0 out_sharding=<@m, [{"a", "b"}, {}]>', '<@m, [{"b"}, {}]>', False),
    (
        'sdy.replicated_to_unreduced {"b":(1)2} %arg0 out_sharding=<@m, [{}, {}], unreduced={"b"}>',
        '<@m, [{}, {}], unreduced={"b":(2)2}>',
        True,
    ),
    ("sdy.replicated_to_unreduced {} %arg0 out_sharding=<@m, [{}, {}]>", "<@m, [{}, {}]>", False),
    (
        'sdy.replicated_to_unreduced {"b", "a"} %arg0 out_sharding=<@m, [{}, {}], unreduced={"a", "b"}>',
        "<@m, [{}, {}]>",
        False,
    ),
    (
        'sdy.replicated_to_unreduced {"a"} %arg0 out_sharding=<@m, [{}, {}], unreduced={"a", "b"}>',
        "<@m, [{}, {}]>",
        False,
    ),
    (
        'sdy.replicated_to_unreduced {"a"} %arg0 out_sharding=<@m, [{}, {}], unreduced={"a"}>',
        '<@m, [{"a"}, {}]>',
        False,
    ),
    ('sdy.replicated_to_unreduced {"a"} %arg0 out_sharding=<@m, [{}, {}], unreduced={"a"}>', None, False),
    (
        'sdy.sharded_to_unreduced [{"b":(2)2}, {}] %arg0 '
        'out_sharding=<@m, [{"b":(1)2}, {}], unreduced={"a", "b":(2)2}>',
        '<@m, [{"b"}, {}], unreduced={"a"}>',
        True,
    ),
    ("sdy.sharded_to_unreduced [{}, {}] %arg0 out_sharding=<@m, [{}, {}]>", "<@m, [{}, {}]>", True),
    ('sdy.sharded_to_unreduced [{"a"}, {}] %arg0 out_sharding=<@m, [{}, {}]>', '<@m, [{"a"}, {}]>', False),
    ('sdy.sharded_to_unreduced [{"a"}, {}] %arg0 out_sharding=<@m, [{}, {}], unreduced={"a"}>', None, False),
]


@pytest.mark.parametrize(("op", "sharding", "accepted"), COLLECTIVES)
def test_collectives(op: str, sharding: str | None, accepted: bool) -> None:
    check(function(f"%0 = {op} : {T}", "" if sharding is None else sharded(sharding)), accepted)


CUSTOM_CALL = '%0 = "stablehlo.custom_call"(%arg0) <{call_target_name = "f"}>'
RULES: list[tuple[str, bool]] = [
    ("([i, j])->([i, j]) {i=16, j=8}, custom", True),
    ("([i, j])->([i, k]) {i=16, j=8, k=8} reduction={j} need_replication={k} blocked_propagation={i, k}", True),
    ("([i, j])->([i, kl]) {i=16, j=8, k=2, l=4} permutation={j}", True),
    ("([i, j])->([i]) {i=16, j=8}", False),
    ("([i, j])->([i, j], [i]) {i=16, j=8}", False),
    ("([i, j])->([i, i]) {i=16, j=8}", False),
    ("([i, j])->([i, k]) {i=16, j=8}", False),
    ("([i, j])->([i, k]) {i=16, j=8, k=8} reduction={k}", False),
    ("([i, j])->([i, k]) {i=16, j=8, k=8, l=2}", False),
    ("([i, j])->([i, k]) {i=16, j=8, k=8} reduction={j} need_replication={j}", False),
    ("([i, j])->([i, k]) {i=16, j=8, k=8} need_replication={k, j}", False),
    ("([i, j])->([i, k]) {i=16, j=8, k=8} permutation={z}", False),
    ("([i, j])->([i, k]) {i=16, j=8, k=8} blocked_propagation={k, k}", False),
    ("([i, j])->([i, kl]) {i=16, j=8, k=8, l=1}", False),
    ("([i, j])->([i, k]) {i=16, k=8, j=8}", False),
    ("([i, a])->([i, k]) {i=16, k=8}", False),
    ("([i, z_0])->([i, k]) {i=16, k=8}", False),
]


@pytest.mark.parametrize(("rule", "accepted"), RULES)
def test_rules(rule: str, accepted: bool) -> None:
    text = function(f"{CUSTOM_CALL} {{sdy.sharding_rule = #sdy.op_sharding_rule<{rule}>}} : ({T}) -> {T}")
    assert (theirs(text) is not None) == accepted, "the case is wrong about Shardy"
    assert (ours(text) is not None) == accepted


def manual(ins: str, outs: str, axes: str, argument: str = T, body: str = f"sdy.return %arg1 : {T}") -> str:
    op = f"sdy.manual_computation(%arg0) in_shardings={ins} out_shardings={outs} manual_axes={axes}"
    return f"%0 = {op} (%arg1: {argument}) {{\n{body}\n}} : ({T}) -> {T}"


PLAIN = "[<@m, [{}, {}]>]"
ON_A = '[<@m, [{"a"}, {}]>]'
LOCAL = "tensor<8x8xf32>"
REGIONS: list[tuple[str, bool]] = [
    (manual(PLAIN, PLAIN, "{}"), True),
    (manual(PLAIN, PLAIN, '{"a"}'), True),
    (manual(ON_A, ON_A, '{"a"}', LOCAL, f"sdy.return %arg1 : {LOCAL}"), True),
    (manual('[<@m, [{}, {}], replicated={"a"}>]', PLAIN, '{"a"}'), True),
    (manual('[<@other, [{"x"}, {}]>]', PLAIN, "{}"), True),
    (manual("[<@empty, [{}, {}]>]", PLAIN, '{"a"}'), True),
    (manual(PLAIN, PLAIN, '{"z"}'), False),
    (manual(ON_A, PLAIN, '{"a"}'), False),
    (manual('[<@m, [{"b", "a"}, {}]>]', PLAIN, '{"a"}'), False),
    (manual("[<@m, [{}, {}]>, <@m, [{}, {}]>]", PLAIN, "{}"), False),
    (manual(PLAIN, "[]", "{}"), False),
    (manual("[]", "[]", "{}"), False),
    (manual("[<@other, [{}, {}]>]", PLAIN, '{"b"}'), False),
    (manual(PLAIN, "[<@m, [{}]>]", "{}"), False),
    (manual('[<@m, [{"c":(1)2}, {}]>]', PLAIN, '{"c"}'), False),
    (
        manual(
            ON_A,
            ON_A,
            '{"a"}',
            LOCAL,
            f'%1 = sdy.sharding_constraint %arg1 <@m, [{{"a"}}, {{}}]> : {LOCAL}\nsdy.return %1 : {LOCAL}',
        ),
        False,
    ),
    ("sdy.manual_computation() in_shardings=[] out_shardings=[] manual_axes={} () {\nsdy.return\n} : () -> ()", True),
    (f'%0 = sdy.named_computation<"g">(%arg0) (%arg1: {T}) {{\nsdy.return %arg1 : {T}\n}} : ({T}) -> {T}', True),
    (
        f'%0 = sdy.named_computation<"g">(%arg0) in_shardings={ON_A} out_shardings={PLAIN} (%arg1: {T}) '
        f"{{\nsdy.return %arg1 : {T}\n}} {{note}} : ({T}) -> {T}",
        True,
    ),
    (f'%0 = sdy.named_computation<"g">(%arg0) (%arg1: {T}) {{\nsdy.return\n}} : ({T}) -> {T}', False),
    (f'%0 = sdy.named_computation<"g">(%arg0) (%arg1: {LOCAL}) {{\nsdy.return %arg0 : {T}\n}} : ({T}) -> {T}', False),
    (
        f'%0 = sdy.named_computation<"g">(%arg0) in_shardings=[] (%arg1: {T}) {{\nsdy.return %arg1 : {T}\n}} '
        f": ({T}) -> {T}",
        False,
    ),
]


@pytest.mark.parametrize(("op", "accepted"), REGIONS)
def test_region_ops(op: str, accepted: bool) -> None:
    check(function(op), accepted)


OPS: list[tuple[str, bool]] = [
    (f'%0 = sdy.sharding_constraint %arg0 <@m, [{{"a"}}, {{?}}]> {{note}} : {T}', True),
    (f'%0 = sdy.reshard %arg0 <@m, [{{"a"}}, {{}}]> : {T}', True),
    (f'%0 = sdy.reshard %arg0 <@m, [{{"a"}}]> : {T}', False),
    (f"sdy.sharding_group %arg0 group_id=21 {{note = 1 : i32}} : {T}", True),
    (f"%0 = sdy.constant dense<1.000000e+00> : {T}", True),
    (
        "%0 = sdy.constant {sdy.sharding = #sdy.sharding_per_value<[<@m, [{}, {}]>]>} dense<1.000000e+00> : " + T,
        True,
    ),
    (f"%0 = sdy.propagation_barrier %arg0 allowed_direction=NONE : {T}", True),
    (f"%0 = sdy.propagation_barrier %arg0 allowed_direction=BACKWARD : {T}", True),
    (f"%0 = sdy.propagation_barrier %arg0 allowed_direction=BOTH : {T}", False),
    (f"%0 = sdy.data_flow_edge %arg0 : {T}", False),
    (f"%0 = sdy.func_data_flow_edge %arg0 : {T}", False),
    (
        f"%0 = sdy.propagation_barrier %arg0 allowed_direction=NONE : {T}\n%1 = sdy.data_flow_edge %0 : {T}",
        False,
    ),
    (
        f"%0 = sdy.sharding_constraint %arg0 <@m, [{{}}, {{}}]> "
        f'{{sdy.propagation_edges = #sdy.propagation_edges<[{{step-2 = [{{"a" = operand-0 -> [result-0]}}]}}]>}} : {T}',
        True,
    ),
]


@pytest.mark.parametrize(("op", "accepted"), OPS)
def test_other_ops(op: str, accepted: bool) -> None:
    check(function(op), accepted)


@pytest.mark.parametrize(
    ("shardings", "accepted"),
    [
        ("[<@m, [{}, {}]>, <@reordered, [{}, {}]>]", True),
        ("[<@m, [{}, {}]>]", False),
        ("[]", False),
        ("[<@m, [{}, {}]>, <@m, [{}]>]", False),
    ],
)
def test_shardings_per_result(shardings: str, accepted: bool) -> None:
    attribute = f"{{sdy.sharding = #sdy.sharding_per_value<{shardings}>}}"
    op = f'%0:2 = "stablehlo.optimization_barrier"(%arg0, %arg0) {attribute} : ({T}, {T}) -> ({T}, {T})'
    text = function(op)
    assert (theirs(text) is not None) == accepted, "the case is wrong about Shardy"
    assert (ours(text) is not None) == accepted


PARTS = [
    '#sdy<axis_ref"a":(1)2>',
    '#sdy<axis_ref"a">',
    "#sdy<sub_axis_info(1)2>",
    '#sdy<mesh_axis"a"=3>',
    '#sdy<dimension_sharding{"a":(1)2, ?}p3>',
    "#sdy<tensor_mapping[iz_3, j]>",
    '#sdy<all_to_all_param{"a"}: 0->1>',
    '#sdy<axis_ref_list{"a"}>',
    '#sdy<list_of_axis_ref_lists[{"a"}, {}]>',
    '#sdy<all_to_all_param_list[{"a"}: 0->1]>',
    '#sdy<manual_axes{"a"}>',
    '#sdy.mesh<["a"=2], device_ids=[1, 0]>',
    "#sdy.op_sharding_rule<([i, j])->([ij]) {i=1, j=2}>",
]


@pytest.mark.parametrize("part", PARTS)
def test_attributes_standing_alone(part: str) -> None:
    check(function(f"%0 = sdy.reshard %arg0 <@m, [{{}}, {{}}]> {{part = {part}}} : {T}"), True)


def test_generic_form_is_read_by_shardy(tmp_path: Any) -> None:
    text = function(
        '%0 = sdy.all_to_all [{"a"}: 0->1] %arg0 out_sharding=<@m, [{}, {"a"}]> : ' + T, sharded(ON_A[1:-1])
    )
    module = parse_module(text)
    out = StringIO()
    Printer(out, print_generic_format=True).print_op(module)
    assert theirs(out.getvalue()) == theirs(text)
