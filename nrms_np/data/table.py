"""Text files as lines and as columns, with an error that names the line where the file is broken."""

from __future__ import annotations

import gzip
import zlib
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import IO, Protocol

from nrms_np.data.unpack import open_packed
from nrms_np.errors import DataError
from nrms_np.files import check_is_file

LONGEST_LINE = 1 << 26
"""A longer line is no row of a log, and must not fill the memory."""

Row = tuple[int, list[str]]
"""The number of a line, counted from 1, and the strings in its columns."""


def plain_or_gz(path: str | Path) -> Path:
    """The file itself; where it is not there but stands packed in its place, as news.tsv.gz, that one."""
    path = Path(path)
    packed = path.with_name(path.name + ".gz")
    return packed if packed.is_file() and not path.exists() else path


def open_binary(path: str | Path) -> IO[bytes]:
    """Open a file for reading, one that ends in .gz unpacked; raises DataError when that is not possible."""
    try:
        check_is_file(path)
        return open_packed(path) if Path(path).suffix.lower() == ".gz" else open(path, "rb")
    except FileNotFoundError:
        raise DataError(path, "there is no such file; check the name and the folder.") from None
    except IsADirectoryError:
        raise DataError(path, "this is a folder, but a file is needed here.") from None
    except OSError as error:
        raise DataError(path, f"the file cannot be read ({error.strerror}).") from error


class Lines(Protocol):
    """What lines are read from: a file, or a piece of one."""

    def readline(self, most: int, /) -> bytes:
        """The next line, of `most` bytes at most; empty at the end."""


def numbered_lines(path: str | Path, file: Lines) -> Iterator[tuple[int, bytes]]:
    r"""Yield the lines of a text file with their numbers, without line end (\n or \r\n) and byte order mark.

    Lines are counted from 1. Blank lines are allowed only at the end of the file, where they are left out: so the
    numbers have no gaps.
    Raises DataError for a blank line before another line, for a file without any line, and for a damaged .gz file.
    """
    number = blank = 0
    try:
        for number, line in enumerate(iter(partial(file.readline, LONGEST_LINE), b""), start=1):
            if len(line) == LONGEST_LINE:
                problem = f"the line is longer than {LONGEST_LINE >> 20} MiB; is this the right file?"
                raise DataError(path, problem, number)
            line = line.rstrip(b"\r\n")
            if number == 1:
                line = line.removeprefix(BOM_UTF8)
            if not line:
                blank = blank or number
                continue
            if blank:
                raise DataError(path, "the line is blank; remove it.", blank)
            yield number, line
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(path, f"the packed file is damaged after line {number:,} ({error}); pack it again.") from None
    if number == 0 or blank == 1:
        raise DataError(path, "the file is empty.")


def read_table(path: str | Path, columns: Sequence[str], needed: int = 0) -> Iterator[Row]:
    """Read a tab-separated UTF-8 file, row by row; quotes are ordinary characters.

    columns: the names of the columns, for error messages.
    needed:  how many of them there must be at least; the first row then decides how many all rows have. 0: exactly `columns`.
    Raises DataError for a file that cannot be read, is empty, is not UTF-8, or has a row of another number of columns.
    """
    with open_binary(path) as file:
        yield from table_rows(path, file, columns, needed)


def table_rows(path: str | Path, file: Lines, columns: Sequence[str], needed: int = 0) -> Iterator[Row]:
    """The rows of an open file, as `read_table` reads them."""
    width = 0 if needed else len(columns)
    for number, line in numbered_lines(path, file):
        try:
            cells = line.decode("utf-8").split("\t")
        except UnicodeDecodeError as error:
            found = f"byte {error.start + 1} of the line (0x{line[error.start]:02x}) is not UTF-8"
            raise DataError(path, f"{found}; save the file as UTF-8.", number) from None
        count = len(cells)
        if count != width:
            if width or count < needed:
                as_first = ", as in the first row" if needed and width else ""
                right = f"{width or f'{needed} or more'} are needed{as_first}, separated by tabs ({', '.join(columns)})"
                raise DataError(path, f"this row has {count} column{'s' * (count != 1)}, but {right}.", number)
            width = count
        yield number, cells


def skip_header(
    path: str | Path, rows: Iterator[Row], columns: Sequence[str], needed: int
) -> tuple[Iterator[Row], list[str]]:
    """Leave out the first row where it names the columns instead of holding data.

    It does so only if its first cell and another one are usual names of columns; real ids are none.

    columns: for each column, separated by spaces, the names of it that are usual, in small letters and with _ between words.
    needed:  how many columns are read, the first ones; the others may be called anything but what the first ones lack.
    Returns (rows, notes): the rows of data, and what a user should be told.
    Raises DataError when the row names the columns in another order, and when there is no row after it.
    """
    number, cells = next(rows)
    place_of = {name: place for place, names in enumerate(columns) for name in names.split()}
    words = ["_".join(cell.lower().replace("_", " ").replace("-", " ").split()) for cell in cells]
    found = {place: place_of[word] for place, word in enumerate(words) if word in place_of}
    if 0 not in found or len(found) == 1:
        return chain([(number, cells)], rows), []
    for place, right in found.items():
        lacked = right < needed and found.get(right) != right
        if place != right and (place < needed or lacked):
            problem = f"this header row has {cells[place]!r} as column {place + 1}, but it must be column {right + 1}"
            raise DataError(path, f"{problem}; reorder the columns of the file.", number)
    first = next(rows, None)
    if first is None:
        raise DataError(path, "the file is empty but for a header row.")
    return chain([first], rows), [f"the header row of {Path(path).name} is skipped"]
