"""Reads hardware files, the catalogue's and users' own."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

from eggshard.diagnostics import DiagnosticError
from eggshard.hardware.description import DTYPES, Hardware, Link

SPECS = Path(__file__).parent / "specs"
LARGEST_FILE = 1 << 20
"""Bytes; a hardware file is a page of text."""

Json = Any


def known_hardware() -> list[str]:
    """The names in the catalogue."""
    return sorted(path.stem for path in SPECS.glob("*.json"))


def load_hardware(name_or_path: str | Path) -> Hardware:
    """
    The hardware of that name in the catalogue, or of a file (anything with a '/' or that ends in .json).

    Raises DiagnosticError, one line long, that names the file, the key, what was found and what is required.
    """
    text = str(name_or_path)
    if "/" not in text and not text.endswith(".json"):
        known = known_hardware()
        if text in known:
            return _read(SPECS / f"{text}.json")
        near = difflib.get_close_matches(text.lower(), known, n=1, cutoff=0.0)
        raise DiagnosticError(
            f'hardware "{_line(text)}" is none of {", ".join(known)}',
            location="--hardware",
            hint=f"{near[0]}, or the path of a hardware file" if near else None,
        )
    return _read(Path(text))


def _read(path: Path) -> Hardware:
    where = _line(str(path), 4096)
    try:
        if path.exists() and not path.is_dir() and not path.is_file():
            raise DiagnosticError("is no regular file", location=where)
        if path.is_file() and path.stat().st_size > LARGEST_FILE:
            raise DiagnosticError(f"has {path.stat().st_size} bytes, required at most {LARGEST_FILE}", location=where)
        data = json.loads(path.read_bytes().decode("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        if isinstance(error, OSError):
            reason = error.strerror or str(error)
        elif isinstance(error, UnicodeDecodeError):
            reason = "not UTF-8"
        else:
            reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise DiagnosticError(f"cannot be read as JSON: {reason}", location=where) from None
    return _Reader(where).hardware(data, path.stem)


class _Reader:
    """Checks one file; every method takes the key path that a message shall name."""

    def __init__(self, where: str):
        self.where = where

    def error(self, key: str, found: str, required: str) -> DiagnosticError:
        return DiagnosticError(f'key "{key}" is {found}, required {required}', location=self.where)

    def hardware(self, data: Json, stem: str) -> Hardware:
        if not isinstance(data, dict):
            raise DiagnosticError(f"holds {_kind(data)}, required an object", location=self.where)
        self.only(data, "", set(FIELDS) | set(NOTES))
        links = self.links(data)
        names = [link.name for link in links]
        flops = self.rates(data)
        axes = self.mapping(data.get("axes", {}), "axes", lambda v, k: self.one_of(v, k, names))
        sources = data.get("sources", [])
        if not isinstance(sources, list) or not all(isinstance(entry, str) for entry in sources):
            raise self.error("sources", _kind(sources), "a list of strings")
        attained = self.fraction(data, "memory_attained", "memory_attained")
        memory = self.positive(self.needed(data, "memory_bytes"), "memory_bytes")
        return Hardware(
            name=self.text(data.get("name", stem), "name"),
            title=self.text(data.get("title", data.get("name", stem)), "title"),
            sources=tuple(sources),
            flops=tuple(flops.items()),
            vector_flops=self.positive(data.get("vector_flops", min(flops.values())), "vector_flops"),
            memory_bytes=int(memory),
            memory_bandwidth=attained
            * self.positive(self.needed(data, "memory_bytes_per_second"), "memory_bytes_per_second"),
            launch_seconds=self.seconds(data, "launch_seconds", "launch_seconds"),
            collective_seconds=self.seconds(data, "collective_seconds", "collective_seconds"),
            links=tuple(links),
            axes=tuple(axes.items()),
            cores=self.cores(data.get("cores", 0)),
        )

    def rates(self, data: dict[str, Json]) -> dict[str, float]:
        """Attained FLOP/s by dtype."""
        peak = self.mapping(self.needed(data, "flops"), "flops", self.positive)
        if not peak:
            raise self.error("flops", "empty", f"a rate for at least one of {', '.join(DTYPES)}")
        for name in peak:
            self.one_of(name, "flops", DTYPES)
        attained = data.get("attained", 1.0)
        if isinstance(attained, dict):
            shares = self.mapping(attained, "attained", self.share)
            return {name: rate * shares.get(name, 1.0) for name, rate in peak.items()}
        share = self.share(attained, "attained")
        return {name: rate * share for name, rate in peak.items()}

    def links(self, data: dict[str, Json]) -> list[Link]:
        given = self.needed(data, "links")
        if not isinstance(given, list) or not given:
            raise self.error("links", _kind(given), "a list of at least one link, innermost first")
        links = [self.link(entry, f"links[{index}]") for index, entry in enumerate(given)]
        for index, (inner, outer) in enumerate(pairwise(links), 1):
            if inner.devices is None or (outer.devices is not None and outer.devices <= inner.devices):
                found = "unbounded" if inner.devices is None else str(inner.devices)
                raise self.error(f"links[{index - 1}].devices", found, f"fewer than those of links[{index}]")
        return links

    def cores(self, value: Json) -> int:
        if type(value) is not int or not 0 <= value <= 1 << 20:
            raise self.error("cores", _show(value), "the number of cores that all devices share, 0 for none")
        return value

    def link(self, data: Json, key: str) -> Link:
        if not isinstance(data, dict):
            raise self.error(key, _kind(data), "an object")
        self.only(data, f"{key}.", LINK_FIELDS)
        devices = data.get("devices")
        if devices is not None and (type(devices) is not int or devices < 1):
            raise self.error(f"{key}.devices", _show(devices), "a whole number of at least 1, or null for no limit")
        torus = data.get("torus", 0)
        if type(torus) is not int or not 0 <= torus <= 8:
            raise self.error(f"{key}.torus", _show(torus), "the number of dimensions of the torus, 0 for none")
        copies = data.get("copies", False)
        if not isinstance(copies, bool):
            raise self.error(f"{key}.copies", _show(copies), "true or false")
        rate = self.positive(self.needed(data, "bytes_per_second", f"{key}."), f"{key}.bytes_per_second")
        return Link(
            name=self.text(self.needed(data, "name", f"{key}."), f"{key}.name"),
            devices=devices,
            bytes_per_second=rate * self.fraction(data, "attained", f"{key}.attained"),
            seconds=self.seconds(data, "seconds", f"{key}.seconds"),
            torus=torus > 0,
            dimensions=max(1, torus),
            copies=copies,
            strided=self.positive(data.get("strided", 1.0), f"{key}.strided"),
        )

    def needed(self, data: dict[str, Json], key: str, prefix: str = "") -> Json:
        if key not in data:
            raise self.error(f"{prefix}{key}", "missing", FIELDS.get(key, LINK_FIELDS.get(key, "a value")))
        return data[key]

    def only(self, data: dict[str, Json], prefix: str, known: Any) -> None:
        for key in data:
            if key not in known:
                near = difflib.get_close_matches(key, list(known), n=1, cutoff=0.0)[0]
                raise self.error(f"{prefix}{_line(key)}", "unknown", f"a known key (the nearest: {near})")

    def mapping(self, value: Json, key: str, read: Callable[[Json, str], Any]) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.error(key, _kind(value), "an object")
        return {name: read(entry, f"{key}.{_line(name)}") for name, entry in value.items()}

    def positive(self, value: Json, key: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1e30:
            raise self.error(key, _show(value), "a number above 0")
        return float(value)

    def share(self, value: Json, key: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
            raise self.error(key, _show(value), "a fraction above 0 and at most 1")
        return float(value)

    def fraction(self, data: dict[str, Json], name: str, key: str) -> float:
        return self.share(data.get(name, 1.0), key)

    def seconds(self, data: dict[str, Json], name: str, key: str) -> float:
        value = data.get(name, 0.0)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1e6:
            raise self.error(key, _show(value), "a number of seconds of at least 0")
        return float(value)

    def text(self, value: Json, key: str) -> str:
        if not isinstance(value, str) or not value:
            raise self.error(key, _show(value), "a string that is not empty")
        return value

    def one_of(self, value: Json, key: str, known: Any) -> str:
        if value not in known:
            raise self.error(key, _show(value), f"one of {', '.join(known)}")
        return str(value)


NOTES = {"note"}
FIELDS = {
    "name": "a string",
    "title": "a string",
    "sources": "a list of strings",
    "flops": 'an object of FLOP/s by dtype, as {"bf16": 1e15}',
    "attained": "a fraction, or an object of them by dtype",
    "vector_flops": "a number above 0",
    "memory_bytes": "a number of bytes",
    "memory_bytes_per_second": "a number above 0",
    "memory_attained": "a fraction",
    "launch_seconds": "a number of seconds",
    "collective_seconds": "a number of seconds",
    "links": "a list of at least one link, innermost first",
    "axes": "an object of link names by mesh axis",
    "cores": "a number of cores",
}
LINK_FIELDS = {
    "name": "a string",
    "devices": "a whole number, or null",
    "bytes_per_second": "a number above 0",
    "attained": "a fraction",
    "seconds": "a number of seconds",
    "torus": "a number of dimensions",
    "copies": "true or false",
    "strided": "a number above 0",
}


def _line(text: str, length: int = 80) -> str:
    """The text on one line, not too long."""
    plain = text if text.isprintable() else json.dumps(text)[1:-1]
    return plain if len(plain) <= length else plain[: length - 3] + "..."


def _kind(value: Json) -> str:
    """What a JSON value is, in words."""
    if isinstance(value, dict):
        return "an object" if value else "an empty object"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    return _show(value)


def _show(value: Json) -> str:
    """A JSON value, short and on one line."""
    if isinstance(value, dict | list):
        return _kind(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 10**18:
        return "a number beyond 10^18"
    text = json.dumps(value, ensure_ascii=True)
    return text if len(text) <= 40 else text[:37] + "..."
