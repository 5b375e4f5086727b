"""
The fast way through a large JSON file whose weight is in arrays of rows of integers.

The standard reader makes a Python object of each number: seconds for the millions that a problem has. Here every such
array is parsed by whole-array arithmetic over its bytes, and only the rest of the text goes to the standard reader.
What is not plainly right is not judged here: `Odd` is raised, and the caller reads the text again by the strict way,
which either finds it valid after all or says what is wrong.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from eggshard.choose.problem import Ints

Bytes = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.int32] | npt.NDArray[np.int64]

BLOCK = 1 << 20
"""Bytes and numbers handled at once, so that temporaries stay in cache."""

DIGITS = 19
"""The most digits that a 64-bit integer can have."""

MARGIN = 24
"""Bytes that stand before the first number: three words are read backwards from a number's end."""

STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
TOKEN = re.compile(rb'["\[]')
SPACE = b" \t\r\n"
OPEN, CLOSE, COMMA, MINUS = b"[],-"


class Odd(Exception):
    """The text is not what the fast way expects."""


@dataclass(frozen=True)
class Rows:
    """An array of rows of integers, flat: row k is values[offsets[k] : offsets[k + 1]]."""

    values: Ints
    offsets: Ints


def scan(text: bytes) -> Any:
    """What `json.loads` makes of the text, except that every array is `Rows`. Raises `Odd`."""
    arrays: list[Rows] = []
    rest: list[bytes] = []
    position = 0
    while token := TOKEN.search(text, position):
        start = token.start()
        if text[start] != OPEN:
            string = STRING.match(text, start)
            if not string:
                raise Odd
            end = string.end()
            rest.append(text[position:end])
        else:
            # Rows of integers hold neither a string nor an object, so the next quote or brace is outside.
            quote = text.find(b'"', start)
            after = text.find(b"}", start, quote if quote >= 0 else len(text))
            end = text.rfind(b"]", start, after if after >= 0 else quote) + 1
            if end <= start:
                raise Odd
            rest.append(text[position:start])
            rest.append(b"[%d]" % len(arrays))
            arrays.append(parse_rows(text, start, end))
        position = end
    rest.append(text[position:])
    try:
        skeleton = json.loads(b"".join(rest), object_pairs_hook=_without_duplicates)
    except (ValueError, RecursionError):
        raise Odd from None
    return _with_arrays(skeleton, arrays)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(found := dict(pairs)) != len(pairs):
        raise Odd
    return found


def _with_arrays(value: Any, arrays: list[Rows]) -> Any:
    if isinstance(value, list):
        return arrays[value[0]]
    if isinstance(value, dict):
        return {key: _with_arrays(inner, arrays) for key, inner in value.items()}
    return value


def parse_rows(text: bytes, start: int, end: int) -> Rows:
    """Parses `[[1, 2], [3], []]`, which is text[start:end]. Raises `Odd` where it is anything else."""
    if start < MARGIN or any(text.find(space, start, end) >= 0 for space in (b" ", b"\n", b"\t")):
        text, start = b"[" * MARGIN + _compact(text[start:end]), MARGIN
        end = len(text)
    buffer = np.frombuffer(text, np.uint8, end)
    marks = _marks(buffer, start)
    characters = buffer[marks]
    if not len(marks) or characters[0] != OPEN or characters[-1] != CLOSE:
        raise Odd
    special = np.flatnonzero(characters != COMMA)
    gaps = np.diff(marks) - 1
    number_follows = gaps > 0
    _check(characters, special, number_follows)
    values = _numbers(buffer, marks[1:][number_follows], gaps[number_follows])
    kinds = characters[special]
    minus = special[kinds == MINUS]
    # The number after mark k is the one with this index.
    index = np.cumsum(number_follows) - 1 if len(minus) else None
    if index is not None:
        values[index[minus]] *= -1
    opening, closing = special[kinds == OPEN][1:], special[kinds == CLOSE][:-1]
    # Marks that no number follows are few: counting them up to a bracket gives the numbers up to it.
    silent = np.flatnonzero(~number_follows)
    before = closing - np.searchsorted(silent, closing)
    if len(opening) != len(closing):
        raise Odd
    return Rows(values, np.concatenate([[0], before]).astype(np.int64))


def _compact(text: bytes) -> bytes:
    """The text without the white space that stands beside a bracket or a comma; what is left of it is an error."""
    text = text.translate(bytes.maketrans(SPACE, b" " * len(SPACE)))
    while b"  " in text:
        text = text.replace(b" " * 8, b" ").replace(b"  ", b" ")
    for mark in (b"[", b"]", b","):
        text = text.replace(b" " + mark, mark).replace(mark + b" ", mark)
    return text


def _marks(buffer: Bytes, start: int) -> Positions:
    """Where the bytes that are no digits stand."""
    small: Any = np.int32 if len(buffer) < 2**31 else np.int64
    found: list[Any] = [np.zeros(0, small)]
    for low in range(start, len(buffer), BLOCK):
        block = buffer[low : low + BLOCK]
        found.append(np.flatnonzero((block - np.uint8(ord("0"))) > 9).astype(small) + small(low))
    return np.concatenate(found)


def _check(characters: Bytes, special: Ints, number_follows: npt.NDArray[np.bool_]) -> None:
    """Raises `Odd` unless the marks, and the numbers between them, make rows; `special` are the marks but commas."""
    kinds = characters[special]
    if not np.isin(kinds, [OPEN, CLOSE, MINUS]).all():
        raise Odd
    brackets = kinds[kinds != MINUS]
    # [ [ ] [ ] .. ]: an outer pair, and rows that do not nest.
    if len(brackets) < 2 or len(brackets) % 2 or brackets[0] != OPEN or brackets[-1] != CLOSE:
        raise Odd
    if (brackets[1:-1:2] != OPEN).any() or (brackets[2:-1:2] != CLOSE).any():
        raise Odd
    silent = np.flatnonzero(~number_follows)
    left, right = characters[silent], characters[silent + 1]
    allowed = np.zeros((256, 256), bool)
    for pair in (b"[[", b"],", b",[", b"]]", b"[-", b",-", b"[]"):
        allowed[pair[0], pair[1]] = True
    if not allowed[left, right].all():
        raise Odd
    # A number stands in a row: not after a closing bracket, not before an opening one or a minus, nor between the two
    # brackets of an end.
    followed = number_follows[special[:-1]]
    if followed[kinds[:-1] == CLOSE].any() or (len(followed) and followed[0]):
        raise Odd
    inner = special[1:]
    if number_follows[inner[kinds[1:] != CLOSE] - 1].any() or number_follows[inner[-1] - 1]:
        raise Odd
    # Between two rows stands exactly one comma, and a comma before a row follows a row.
    opening, closing = special[kinds == OPEN][2:], special[kinds == CLOSE][:-2]
    if len(opening) and (opening != closing + 2).any():
        raise Odd
    if len(brackets) > 2 and (special[1] != special[0] + 1 or len(characters) - 2 != special[-2]):
        raise Odd


def _numbers(buffer: Bytes, ends: Positions, lengths: Positions) -> Ints:
    """The numbers whose digits end before `ends`: eight digits at a time, in one word, by three multiplications."""
    if len(lengths) and int(lengths.max()) > DIGITS:
        raise Odd
    words = np.ndarray((max(0, len(buffer) - 7),), "<u8", buffer, 0, (1,))
    values = np.zeros(len(ends), np.int64)
    for low in range(0, len(ends), BLOCK // 8):
        end, length = ends[low : low + BLOCK // 8], lengths[low : low + BLOCK // 8]
        if ((buffer[end - length] == ord("0")) & (length > 1)).any():
            raise Odd  # JSON has no leading zeros
        value = _digits(words[end - 8], np.minimum(length, 8))
        for done in (8, 16):
            long = np.flatnonzero(length > done)
            if len(long):
                word = words[end[long] - done - 8]
                value[long] += _digits(word, np.minimum(length[long] - done, 8)) * np.uint64(10**done)
        if (value >> np.uint64(63)).any():
            raise Odd
        values[low : low + BLOCK // 8] = value
    return values


def _digits(words: npt.NDArray[np.uint64], lengths: Positions) -> npt.NDArray[np.uint64]:
    """The value of the last `lengths` (1 to 8) of eight digits; the first digit is the lowest byte."""
    # Bytes that belong to what stands before the number become the digit 0.
    shift = (np.uint64(64) - lengths.astype(np.uint64) * np.uint64(8)) & np.uint64(63)
    word = ((words & np.uint64(0x0F0F0F0F0F0F0F0F)) >> shift) << shift
    word = (word * np.uint64(10) + (word >> np.uint64(8))) & np.uint64(0x00FF00FF00FF00FF)
    word = (word * np.uint64(100) + (word >> np.uint64(16))) & np.uint64(0x0000FFFF0000FFFF)
    value: npt.NDArray[np.uint64] = (word * np.uint64(10000) + (word >> np.uint64(32))) & np.uint64(0xFFFFFFFF)
    return value
