"""Text files as lines and as columns, with an error that names the line where the file is broken."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from nrms_np.errors import DataError


def open_binary(path: str | Path) -> IO[bytes]:
    """Open a file for reading; raises DataError when that is not possible."""
    try:
        return open(path, "rb")
    except FileNotFoundError:
        raise DataError(path, "there is no such file; check the name and the folder.") from None
    except IsADirectoryError:
        raise DataError(path, "this is a folder, but a file is needed here.") from None
    except OSError as error:
        raise DataError(path, f"the file cannot be read ({error.strerror}).") from error


def numbered_lines(path: str | Path, file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    r"""Yield the lines of a text file with their numbers, without line end (\n or \r\n) and byte order mark.

    Lines are counted from 1. Blank lines are allowed only at the end of the file, where they are left out: so the
    numbers have no gaps.
    Raises DataError for a blank line before another line, and for a file without any line.
    """
    number = blank = 0
    for number, line in enumerate(file, start=1):
        line = line.rstrip(b"\r\n")
        if number == 1:
            line = line.removeprefix(BOM_UTF8)
        if not line:
            blank = blank or number
            continue
        if blank:
            raise DataError(path, "the line is blank; remove it.", blank)
        yield number, line
    if number == 0 or blank == 1:
        raise DataError(path, "the file is empty.")


def read_table(path: str | Path, columns: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Read a tab-separated UTF-8 file without header, row by row; quotes are ordinary characters.

    columns: the names of all columns of the file; every row must have exactly so many.
    Yields (line, cells): the number of each line, counted from 1, and the strings in its columns.
    Raises DataError for a file that cannot be read, is empty, is not UTF-8, or has a row of another number of columns.
    """
    with open_binary(path) as file:
        for number, line in numbered_lines(path, file):
            try:
                cells = line.decode("utf-8").split("\t")
            except UnicodeDecodeError as error:
                found = f"byte {error.start + 1} of the line (0x{line[error.start]:02x}) is not UTF-8"
                raise DataError(path, f"{found}; save the file as UTF-8.", number) from None
            count = len(cells)
            if count != len(columns):
                needed = f"{len(columns)} are needed, separated by tabs ({', '.join(columns)})"
                raise DataError(path, f"this row has {count} column{'s' * (count != 1)}, but {needed}.", number)
            yield number, cells
