"""Rows of CSV and TSV, with the line of each, also of those that cannot be taken apart."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from itertools import chain, compress
from typing import IO

import numpy as np
import pandas as pd

from nrms_np.data.convert.cells import CHUNK, Cells, Chunk
from nrms_np.data.convert.tally import counted

BLOCK = 16_000_000
"""Bytes that are read at once."""

MOST_LINES = 1000
"""So many lines a row may have: the text of a long article, but not all that follows a quote that never ends."""


def read_delimited(
    file: IO[bytes], delimiter: str, wide: int, places: Mapping[str, int], quotes: bool
) -> Iterator[Chunk]:
    """Read all rows below the header, which is one line.

    Without quotes a line is a row, and pandas reads it; from the first quote on the csv module reads, which takes several times as
    long but knows the line of each row where cells have several lines.

    wide: how many cells a row has.    places: of the columns that are wanted, by role.
    quotes: whether a cell may stand in quotes; else these are ordinary characters, as in MIND's files.
    """
    file.readline()
    done, mark = 1, delimiter.encode()
    while block := file.readlines(BLOCK):
        joined = b"".join(block)
        if quotes and b'"' in joined:
            yield from _read_quoted(chain(block, file), delimiter, wide, places, done)
            return
        if joined.count(b"\r") > joined.count(b"\r\n"):
            block = [_one_line(line) for line in block]
        counts = np.array([line.count(mark) for line in block]) + 1
        for i in np.flatnonzero(counts == 1):
            counts[i] -= block[i].isspace()  # a blank line is no row
        good = (counts == wide).tolist()
        broken = [
            (done + i + 1, _found(counts[i], wide)) for i in np.flatnonzero((counts != wide) & (counts > 0)).tolist()
        ]
        lines = np.flatnonzero(good) + done + 1
        done += len(block)
        cells: dict[str, Cells] = {role: [] for role in places}
        if len(lines):
            rows = pd.read_csv(
                BytesIO(b"".join(compress(block, good))), sep=delimiter, header=None, names=range(wide), index_col=False,
                usecols=sorted(set(places.values())), dtype=object, na_filter=False, quoting=csv.QUOTE_NONE,
            )  # fmt: skip
            cells = {role: rows[place].to_numpy() for role, place in places.items()}
        yield Chunk(lines, cells, broken)


class _Lines:
    """Lines for a csv reader, of which those of a row that cannot be read can be given once more.

    before: how many lines of the file stand before the row.    row: its lines so far.
    """

    def __init__(self, lines: Iterable[bytes], before: int) -> None:
        self._lines = (_one_line(line).decode("utf-8") for line in lines)
        self._again: list[str] = []
        self.row: list[str] = []
        self.before = before

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if len(self.row) == MOST_LINES:
            raise csv.Error
        line = self._again.pop() if self._again else next(self._lines, None)
        if line is None:
            if self.row:
                raise csv.Error
            raise StopIteration
        self.row.append(line)
        return line

    def begin(self) -> None:
        """A new row begins."""
        self.before += len(self.row)
        self.row.clear()

    def put_back(self) -> None:
        """All lines of the row but its first come again."""
        self._again += reversed(self.row[1:])
        del self.row[1:]


def _read_quoted(
    lines: Iterable[bytes], delimiter: str, wide: int, places: Mapping[str, int], done: int
) -> Iterator[Chunk]:
    """The rest of the rows, those below `done` lines.

    One quote too many would swallow all rows up to the next one. So a row of several lines must be written by the rules, and its
    lines must not all look like rows; else its first line is a row by itself, read or broken, and reading goes on with the second.
    """
    source = _Lines(lines, done)
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    while True:
        rows: list[list[str]] = []
        numbers: list[int] = []
        broken: list[tuple[int, str]] = []
        while len(rows) + len(broken) < CHUNK:
            source.begin()
            problem = ""
            try:
                row = next(reader, None)
            except csv.Error:
                row = []
                reader = csv.reader(source, delimiter=delimiter, strict=True)
            if row is None:
                break
            many = len(source.row) > 2 and all(line.count(delimiter) == wide - 1 for line in source.row)
            if (many or len(row) != wide) and "".join(source.row).strip():  # a blank line is no row
                source.put_back()
                row, problem = _read_alone(source.row[0], delimiter)
                problem = problem or ("" if len(row) == wide else _found(len(row), wide))
            if problem:
                broken.append((source.before + 1, problem))
            elif len(row) == wide:
                rows.append(row)
                numbers.append(source.before + 1)
        if not rows and not broken:
            return
        yield Chunk(numbers, {role: [row[place] for row in rows] for role, place in places.items()}, broken)


def _read_alone(line: str, delimiter: str) -> tuple[list[str], str]:
    """The cells of a row that is this line, and what is wrong with it."""

    def only() -> Iterator[str]:
        yield line
        raise csv.Error(f"a quote in it does not end within {MOST_LINES:,} lines, as the format wants")

    try:
        return next(csv.reader(only(), delimiter=delimiter)), ""
    except csv.Error as error:
        return [], str(error)


def _found(cells: int, wide: int) -> str:
    return f"{counted(cells, 'cell', 'cells')} where the header has {wide}"


def _one_line(line: bytes) -> bytes:
    """A line without carriage returns inside, which some readers take for its end."""
    return line if line.find(b"\r", 0, -2) < 0 else line[:-2].replace(b"\r", b" ") + line[-2:]
