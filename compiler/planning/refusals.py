"""What a user is told where no plan can be made."""

from __future__ import annotations

from collections import Counter

from eggshard.diagnostics import DiagnosticError
from eggshard.plans import Peak
from eggshard.report.text import quantity, rounded_up

SHOWN = 3
"""How many of the largest tensors are named."""


def does_not_fit(least: Peak, memory: int, proven: bool, pinned: bool) -> DiagnosticError:
    """Nothing fits in `memory`; `least` is what the plan takes that was found to take least."""
    limit = rounded_up(least.bytes)
    found = "no partitioning fits" if proven else "no partitioning was found that fits"
    return DiagnosticError(
        f"{found} in {quantity(memory)} a device; the smallest limit found that one fits in is {limit}, of which "
        f"{', '.join(taken(least))}; the largest are {', '.join(largest(least))}, when {least.at} runs",
        location="--memory",
        hint=f"--memory {limit}, more devices{', or fewer layouts pinned' if pinned else ''}",
    )


def taken(peak: Peak) -> list[str]:
    """`parameters 12.0 KiB`, the largest first, without what takes nothing."""
    rows = sorted(peak.by_category.items(), key=lambda row: -row[1])
    return [f"{category} {quantity(size)}" for category, size in rows if size]


def largest(peak: Peak) -> list[str]:
    """The largest things at the peak, those of one name together."""
    total: Counter[tuple[str, str]] = Counter()
    for share in peak.largest:
        total[share.what, share.layout] += share.bytes
    return [
        f"{what}{f' ({layout})' if layout.strip('-,') else ''} {quantity(size)}"
        for (what, layout), size in total.most_common(SHOWN)
    ]


def out_of_memory(error: MemoryError) -> DiagnosticError:
    """This machine cannot hold what is to be decided; that says nothing about the devices."""
    said = " ".join(str(error).split())
    return DiagnosticError(
        f"this machine's own memory does not suffice to search for a plan{f' ({said})' if said else ''}",
        hint="fewer mesh axes, more layouts pinned by --shard, or --no-search in eggshard partition",
    )
