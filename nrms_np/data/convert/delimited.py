"""Rows of CSV and TSV, with the line of each, also of those that cannot be taken apart."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from itertools import chain, compress, islice
from pathlib import Path
from typing import IO

import numpy as np
import pandas as pd

from nrms_np.data.convert.cells import CHUNK, Cells, Chunk
from nrms_np.data.convert.tally import counted
from nrms_np.errors import DataError

BLOCK = 16_000_000
"""Bytes that are read at once."""


def read_delimited(
    path: Path, file: IO[bytes], delimiter: str, wide: int, places: Mapping[str, int]
) -> Iterator[Chunk]:
    """Read all rows below the header, which is one line.

    Without quotes a line is a row, and pandas reads it; from the first quote on the csv module reads, which takes several times as
    long but knows the line of each row where cells have several lines.

    wide: how many cells a row has.    places: of the columns that are wanted, by role.
    """
    file.readline()
    done, mark = 1, delimiter.encode()
    while block := file.readlines(BLOCK):
        joined = b"".join(block)
        if b'"' in joined:
            yield from _read_quoted(path, chain(block, file), delimiter, wide, places, done)
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


def _read_quoted(
    path: Path, lines: Iterable[bytes], delimiter: str, wide: int, places: Mapping[str, int], done: int
) -> Iterator[Chunk]:
    """The rest of the rows, those below `done` lines."""
    reader = csv.reader((_one_line(line).decode("utf-8") for line in lines), delimiter=delimiter)
    while True:
        rows, numbers, broken, end = [], [], [], reader.line_num
        try:
            for row in islice(reader, CHUNK):
                start, end = end + 1, reader.line_num
                if len(row) == wide:
                    rows.append(row)
                    numbers.append(done + start)
                elif len(row) > 1 or "".join(row).strip():  # a blank line is no row
                    broken.append((done + start, _found(len(row), wide)))
        except csv.Error as error:
            raise DataError(path, f"the row cannot be read ({error}).", done + end + 1) from error
        if not rows and not broken:
            return
        yield Chunk(numbers, {role: [row[place] for row in rows] for role, place in places.items()}, broken)


def _found(cells: int, wide: int) -> str:
    return f"{counted(cells, 'cell', 'cells')} where the header has {wide}"


def _one_line(line: bytes) -> bytes:
    """A line without carriage returns inside, which some readers take for its end."""
    return line if line.find(b"\r", 0, -2) < 0 else line[:-2].replace(b"\r", b" ") + line[-2:]
