"""Ranges of a file as locations. xDSL has only positions, so a range is its two ends, fused."""

from __future__ import annotations

from xdsl.dialects.builtin import ArrayAttr, FileLineColLoc, FusedLoc, IntAttr, LocationAttr, StringAttr
from xdsl.ir import Attribute

RANGE = StringAttr("range")
"""The metadata of a fused location that is a range."""


def position(filename: str, line: int, column: int) -> FileLineColLoc:
    """`"file":1:2`."""
    return FileLineColLoc(StringAttr(filename), IntAttr(line), IntAttr(column))


def file_range(start: FileLineColLoc, end_line: int, end_column: int) -> FusedLoc:
    """`"file":1:2 to 3:4`."""
    ends = ArrayAttr[Attribute]([start, position(start.filename.data, end_line, end_column)])
    return FusedLoc(ends, RANGE)


def range_ends(location: LocationAttr) -> tuple[FileLineColLoc, FileLineColLoc] | None:
    """Where a range starts and ends; None if the location is another."""
    if not isinstance(location, FusedLoc) or location.metadata != RANGE:
        return None
    parts = location.locations
    if not isinstance(parts, ArrayAttr) or len(parts) != 2:
        return None
    start, end = parts
    return (start, end) if isinstance(start, FileLineColLoc) and isinstance(end, FileLineColLoc) else None
