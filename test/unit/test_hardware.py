"""The hardware catalogue, links of mesh axes, and what users' own files may say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from eggshard.diagnostics import DiagnosticError
from eggshard.dialects.sharding.layout import Mesh
from eggshard.hardware import DTYPES, AxisLink, known_hardware, link_of_axis, load_hardware
from eggshard.hardware.description import dtype_class

GOOD: dict[str, Any] = {
    "flops": {"bf16": 1e15},
    "memory_bytes": 80_000_000_000,
    "memory_bytes_per_second": 3e12,
    "links": [{"name": "near", "devices": 8, "bytes_per_second": 4e11}, {"name": "far", "bytes_per_second": 5e10}],
}


def mesh(**axes: int) -> Mesh:
    return Mesh(tuple(axes.items()))


def written(folder: Path, data: Any) -> Path:
    path = folder / "mine.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    return path


def refusal(folder: Path, data: Any) -> str:
    with pytest.raises(DiagnosticError) as caught:
        load_hardware(written(folder, data))
    assert "\n" not in caught.value.message
    return str(caught.value)


def test_catalogue() -> None:
    assert known_hardware() == ["a100", "b200", "cpu", "h100", "h200", "tpu_v3", "tpu_v4", "tpu_v5e"]
    for name in known_hardware():
        hardware = load_hardware(name)
        assert hardware.name == name and hardware.sources
        assert all(hardware.flops_per_second(dtype) > 0 for dtype in DTYPES)


def test_published_figures() -> None:
    h100 = load_hardware("h100")
    assert h100.memory_bytes == 80e9
    assert h100.flops_per_second("bf16") == pytest.approx(794.5e12, rel=1e-3)  # attained, of 989 peak
    assert h100.links[0].bytes_per_second == pytest.approx(367e9, rel=1e-2)


def test_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(DiagnosticError, match="a100, b200") as caught:
        load_hardware("H10O")
    assert caught.value.hint is not None and caught.value.hint.startswith("h100")


def test_fallback_of_a_dtype_without_a_rate(tmp_path: Path) -> None:
    hardware = load_hardware(written(tmp_path, GOOD | {"flops": {"f32": 2.0, "bf16": 8.0}, "attained": {"bf16": 0.5}}))
    rates = {dtype: hardware.flops_per_second(dtype) for dtype in DTYPES}
    assert rates == {"f64": 2.0, "f32": 2.0, "bf16": 4.0, "f16": 4.0, "f8": 4.0, "i8": 4.0}


def test_dtype_classes() -> None:
    names = ["f8E4M3FN", "ui8", "i32", "i64", "complex<f32>", "complex<f64>", "bf16", "i1"]
    assert [dtype_class(n) for n in names] == ["f8", "i8", "f32", "f64", "f32", "f64", "bf16", "f32"]


def test_minor_axes_fill_the_node() -> None:
    links = link_of_axis(load_hardware("h100"), mesh(data=4, model=8))
    assert {name: link.link for name, link in links.items()} == {"data": "nic", "model": "nvlink"}
    assert list(links) == ["data", "model"]


def test_an_axis_that_leaves_the_node_has_all_its_ports() -> None:
    hardware = load_hardware("h100")
    nic = hardware.links[1].bytes_per_second
    assert link_of_axis(hardware, mesh(all=16))["all"].bytes_per_second == pytest.approx(
        min(8 * nic, hardware.links[0].bytes_per_second)
    )
    # Two of the four along "a" are in one node.
    assert link_of_axis(hardware, mesh(a=4, b=4))["a"].bytes_per_second == pytest.approx(2 * nic)


def test_one_ring_of_a_torus_per_axis() -> None:
    v5e = load_hardware("tpu_v5e")
    two, three = link_of_axis(v5e, mesh(a=4, b=4)), link_of_axis(v5e, mesh(a=4, b=4, c=2))
    assert two["a"].torus and two["a"].bytes_per_second == v5e.links[0].bytes_per_second
    assert three["a"].bytes_per_second == v5e.links[0].bytes_per_second / 2


def test_devices_that_share_cores() -> None:
    cpu = load_hardware("cpu")
    eight, one = cpu.among(8), cpu.among(1)
    assert one == cpu  # a device alone has a core
    waits = 8 / cpu.cores
    assert eight.flops_per_second("f32") == cpu.flops_per_second("f32") / waits
    assert eight.launch_seconds == cpu.launch_seconds * waits
    assert eight.links[0].bytes_per_second == cpu.links[0].bytes_per_second / waits
    assert load_hardware("h100").among(8) == load_hardware("h100")


def test_override_and_file_name_a_link(tmp_path: Path) -> None:
    given = AxisLink("mine", 1.0, 2.0)
    assert link_of_axis(load_hardware("h100"), mesh(a=2, b=2), {"a": given})["a"] == given
    hardware = load_hardware(written(tmp_path, GOOD | {"axes": {"b": "far"}}))
    assert link_of_axis(hardware, mesh(a=2, b=2))["b"].link == "far"


def test_too_many_devices(tmp_path: Path) -> None:
    hardware = load_hardware(written(tmp_path, GOOD | {"links": GOOD["links"][:1]}))
    with pytest.raises(DiagnosticError, match="mesh has 16 devices, mine joins at most 8"):
        link_of_axis(hardware, mesh(a=16))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"flops": {}}, 'key "flops" is empty, required a rate'),
        ({"flops": {"bf17": 1.0}}, "required one of f64, f32"),
        ({"flops": {"bf16": -1}}, 'key "flops.bf16" is -1, required a number above 0'),
        ({"flops": {"bf16": "fast"}}, 'key "flops.bf16" is "fast", required a number above 0'),
        ({"flops": [1]}, 'key "flops" is a list, required an object'),
        ({"attained": 1.5}, 'key "attained" is 1.5, required a fraction'),
        ({"memory_bytes": True}, 'key "memory_bytes" is true'),
        ({"memory_bytes": 10**400}, 'key "memory_bytes" is a number beyond 10^18'),
        ({"memory_bytes": float("nan")}, 'key "memory_bytes" is nan'),
        ({"launch_seconds": -1}, 'key "launch_seconds" is -1'),
        ({"links": []}, 'key "links" is an empty list'),
        ({"links": [3]}, 'key "links[0]" is 3, required an object'),
        ({"links": [{"name": "a"}]}, 'key "links[0].bytes_per_second" is missing'),
        ({"links": GOOD["links"][::-1]}, 'key "links[0].devices" is unbounded'),
        ({"axes": {"model": "nowhere"}}, 'key "axes.model" is "nowhere", required one of near, far'),
        ({"axes": {"model": []}}, 'key "axes.model" is an empty list, required one of near, far'),
        ({"memory_byte": 1}, 'key "memory_byte" is unknown, required a known key (the nearest: memory_bytes)'),
        ({"a\nb": 1}, 'key "a\\nb" is unknown'),
        ({"cores": -1}, 'key "cores" is -1, required the number of cores'),
        ({"cores": 2.0}, 'key "cores" is 2.0'),
        ({"links": [GOOD["links"][0] | {"copies": 1}]}, 'key "links[0].copies" is 1, required true or false'),
        ({"sources": "me"}, 'key "sources" is "me", required a list of strings'),
        ({"name": ""}, 'key "name" is ""'),
    ],
)
def test_a_file_that_is_wrong(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    message = refusal(tmp_path, GOOD | change)
    assert message.startswith(f"{tmp_path}/mine.json: ") and said in message


HOSTILE = ["", "[]", "3", "null", "{", '{"flops": 1e999}', "[" * 100_000, "\0", '{"a": ' * 50_000]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_files_give_one_line(tmp_path: Path, text: str) -> None:
    refusal(tmp_path, text)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_bytes(b"\xff\xfe{")
    with pytest.raises(DiagnosticError, match="not UTF-8"):
        load_hardware(tmp_path / "mine.json")


def test_missing_keys_and_files(tmp_path: Path) -> None:
    assert 'key "flops" is missing' in refusal(tmp_path, {"memory_bytes": 1, "links": GOOD["links"]})
    for path in (tmp_path, tmp_path / "none.json", "/dev/null/x.json", "a\0b.json"):
        with pytest.raises(DiagnosticError):
            load_hardware(path)
