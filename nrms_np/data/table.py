"""Text files as lines and as columns, with an error that names the line where the file is broken.

`pandas.read_csv` fills short rows with empty cells and does not say on which line a byte is not UTF-8, so each line is
checked before pandas splits it.
"""

from __future__ import annotations

import csv
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import IO

import pandas as pd

from nrms_np.errors import DataError

# Enough rows that the cost of a call to pandas does not count, few enough that their text needs little memory.
_ROWS_PER_BLOCK = 2_000


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
    r"""Give the lines of a text file with their numbers, without line end (\n or \r\n) and byte order mark.

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


def read_table(path: str | Path, columns: Sequence[str], used: Sequence[str]) -> Iterator[tuple[int, pd.DataFrame]]:
    """Read a tab-separated UTF-8 file without header, block by block; quotes are ordinary characters.

    columns: the names of all columns of the file; every row must have exactly so many.
    used:    the columns to return.
    Yields (line, frame): the number of the block's first line and its rows as strings; row i stands on line `line + i`.
    Raises DataError for a file that cannot be read, is empty, is not UTF-8, or has a row of another number of columns.
    """
    with open_binary(path) as file:
        lines = numbered_lines(path, file)
        while block := list(islice(lines, _ROWS_PER_BLOCK)):
            for number, line in block:
                _check_row(path, number, line, columns)
            yield block[0][0], _split_columns([line for _, line in block], columns, used)


def _check_row(path: str | Path, number: int, line: bytes, columns: Sequence[str]) -> None:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError as error:
        found = f"byte {error.start + 1} of the line (0x{line[error.start]:02x}) is not UTF-8"
        raise DataError(path, f"{found}; save the file as UTF-8.", number) from None
    count = line.count(b"\t") + 1
    if count != len(columns):
        needed = f"{len(columns)} are needed, separated by tabs ({', '.join(columns)})"
        raise DataError(path, f"this row has {count} column{'s' * (count != 1)}, but {needed}.", number)


def _split_columns(lines: list[bytes], columns: Sequence[str], used: Sequence[str]) -> pd.DataFrame:
    return pd.read_csv(
        BytesIO(b"\n".join(lines)),
        sep="\t",
        header=None,
        names=list(columns),
        usecols=list(used),
        dtype=str,
        encoding="utf-8",
        keep_default_na=False,
        quoting=csv.QUOTE_NONE,
        # Otherwise pandas would also end a row at a lone carriage return inside a title.
        lineterminator="\n",
    )
