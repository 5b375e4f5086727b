"""A machine as the cost model sees it: rates of one device, and the links between devices."""

from __future__ import annotations

from dataclasses import dataclass, replace

DTYPES = ("f64", "f32", "bf16", "f16", "f8", "i8")
"""The element types with a rate of their own; `dtype_class` says which of them another type runs as."""

FALLBACKS = {"f16": "bf16", "bf16": "f16", "f8": "bf16", "i8": "bf16", "f64": "f32", "f32": "f64"}
"""Where a file gives no rate for a type, it runs as this one; then as f32, then as whatever the file has first."""


@dataclass(frozen=True)
class Link:
    """
    What joins groups of `devices` neighbours (None: any number).

    `bytes_per_second` is what one device sends one way, attained, all its ports of this link together; `seconds` the
    latency of one message. A `torus` link has `dimensions` rings, and the rate is that of one ring, both ways round.
    With `copies` devices share a memory and exchange by copying: the rate counts bytes read and written. Bytes that do
    not lie in one piece, exchanged along an inner dimension, take `strided` times as long.
    """

    name: str
    devices: int | None
    bytes_per_second: float
    seconds: float
    torus: bool = False
    dimensions: int = 1
    copies: bool = False
    strided: float = 1.0


@dataclass(frozen=True)
class Hardware:
    """
    One device and its links, innermost first.

    `flops` are attained rates of contractions by dtype, in FLOP/s; `vector_flops` that of elementwise arithmetic;
    `memory_bandwidth` attained bytes/s; `launch_seconds` the cost of starting one kernel, `collective_seconds` that of
    starting one collective. `axes` names the link of a mesh axis where the file says it. Where devices are threads of
    one machine, `cores` are what they share, and all rates and seconds those of one core (0: each device is its own).
    """

    name: str
    title: str
    sources: tuple[str, ...]
    flops: tuple[tuple[str, float], ...]
    vector_flops: float
    memory_bytes: int
    memory_bandwidth: float
    launch_seconds: float
    collective_seconds: float
    links: tuple[Link, ...]
    axes: tuple[tuple[str, str], ...] = ()
    cores: int = 0

    def among(self, devices: int) -> Hardware:
        """
        One of so many devices, as fast as it is while all of them work.

        On shared cores only the work of all devices together counts: sharding makes nothing faster that way, but what
        is replicated is done as often as there are devices.
        """
        waits = devices / self.cores if self.cores else 1.0
        if waits <= 1.0:
            return self
        return replace(
            self,
            flops=tuple((dtype, rate / waits) for dtype, rate in self.flops),
            vector_flops=self.vector_flops / waits,
            memory_bandwidth=self.memory_bandwidth / waits,
            launch_seconds=self.launch_seconds * waits,
            collective_seconds=self.collective_seconds * waits,
            links=tuple(
                replace(link, bytes_per_second=link.bytes_per_second / waits, seconds=link.seconds * waits)
                for link in self.links
            ),
            cores=0,
        )

    def flops_per_second(self, dtype: str) -> float:
        """Attained rate of contractions in `dtype`, one of DTYPES; by fallback where the file has none."""
        rates = dict(self.flops)
        for name in (dtype, FALLBACKS[dtype], "f32"):
            if name in rates:
                return rates[name]
        return next(iter(rates.values()))


def dtype_class(element_type: str) -> str:
    """Which of DTYPES an MLIR element type runs as: `ui8` as i8, `complex<f32>` and `i32` as f32."""
    name = element_type.strip()
    if name.startswith("complex"):
        return "f64" if "f64" in name else "f32"
    if name in DTYPES:
        return name
    if name.startswith(("f8", "f4", "f6")):
        return "f8"
    if name in ("ui8", "i4", "ui4", "i2", "ui2"):
        return "i8"
    return "f64" if name in ("i64", "ui64") else "f32"
