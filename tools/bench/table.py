"""One aligned table per benchmark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def print_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Prints rows of cells under their header; columns of numbers and fractions are flush right."""
    cells = [[str(cell) for cell in row] for row in rows]
    columns = list(zip(header, *cells, strict=True))
    widths = [max(map(len, column)) for column in columns]
    right = [all(_is_number(cell) for cell in column[1:]) for column in columns]
    for row in (list(header), *cells):
        padded = (c.rjust(w) if r else c.ljust(w) for c, w, r in zip(row, widths, right, strict=True))
        print("  ".join(padded).rstrip(), flush=True)


def _is_number(cell: str) -> bool:
    return not cell or cell == "-" or cell[0] in "+-.0123456789<"
