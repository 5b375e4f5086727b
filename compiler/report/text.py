"""Tables and quantities as people read them."""

from __future__ import annotations

from collections.abc import Sequence

UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def table(head: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str] = ()) -> str:
    """Aligned columns under their heads, two spaces in; the columns named in `right` are flush right."""
    lines = [list(head), *map(list, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]

    def cell(text: str, column: int) -> str:
        return text.rjust(widths[column]) if head[column] in right else text.ljust(widths[column])

    return "\n".join(("  " + "  ".join(cell(text, i) for i, text in enumerate(line))).rstrip() for line in lines)


def quantity(count: int) -> str:
    """Bytes in the largest unit that leaves a number of at least one: 1536 is `1.5 KiB`."""
    amount = float(count)
    for unit in UNITS:
        if amount < 1024 or unit == UNITS[-1]:
            break
        amount /= 1024
    return f"{count} B" if unit == "B" else f"{amount:.1f} {unit}"


def rounded_up(count: int) -> str:
    """At least so many bytes, as an option takes them: 1537 is `1.51KiB`."""
    power = 0
    while count >= 1024 ** (power + 1) and power < len(UNITS) - 1:
        power += 1
    hundredths = -(-count * 100 // 1024**power)
    return f"{hundredths / 100:g}{UNITS[power]}"


def plural(count: int, noun: str) -> str:
    """`1 op`, `2 ops`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def duration(seconds: float) -> str:
    """Four digits in the unit that suits them: 0.00095 is `950 us`."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if abs(seconds) >= size:
            return f"{seconds / size:.4g} {unit}"
    return f"{seconds / 1e-9:.4g} ns"
