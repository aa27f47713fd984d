"""Cells of a table as numbers: every distinct text is looked at once, however many rows have it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from math import isnan
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nrms_np.arrays import IntArray
from nrms_np.data.times import seconds_of

NO_TIME = int(np.iinfo(np.int64).min)
"""In place of a time that cannot be read."""

Cells = Sequence[Any] | NDArray[np.object_]
"""The values of one column: strings, or what JSON and Parquet have."""

CHUNK = 200_000
"""Rows that are read at once, as a rule; of Parquet, which has lists, a tenth."""


class Chunk(NamedTuple):
    """Some rows of a table.

    lines:  of each row, counted from 1; for Parquet the number of the row.
    cells:  by role, a value per row: a string, or what JSON and Parquet have: numbers, times, lists, None.
    broken: rows that could not be taken apart, as (line, what is wrong with it).
    """

    lines: Sequence[int] | IntArray
    cells: dict[str, Cells]
    broken: list[tuple[int, str]]


SECOND = 1_000_000
"""Times are microseconds since 1970 in UTC."""

DAY = 86_400 * SECOND

CLICKED = {"0": 0, "1": 1, "0.0": 0, "1.0": 1, "false": 0, "true": 1}
"""What a cell may say of one shown article."""

_NUMBER = re.compile(r"\d+(\.\d*)?")


def text_of(cell: Any) -> str:
    """A cell as a string without spaces around it; nothing is the empty string."""
    if isinstance(cell, str):
        return cell.strip()
    if cell is None or cell != cell:  # not a number
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))  # a column of whole numbers with a gap has become one of fractions
    return cell.isoformat() if isinstance(cell, datetime) else str(cell)


def distinct_texts(cells: Cells) -> tuple[IntArray, list[str]]:
    """The distinct cells as strings, and the place of each cell among them, -1 for None."""
    try:
        codes, distinct = pd.factorize(pd.Series(cells, dtype=object))
    except TypeError:  # lists cannot be hashed
        codes, distinct = pd.factorize(pd.Series([text_of(cell) for cell in cells], dtype=object))
    return codes, [text_of(cell) for cell in distinct]


UNWRITABLE = re.compile("[\t\r\n\ud800-\udfff]")
"""What no id may hold: tabs, line ends, and halves of a letter (lone surrogates, which JSON can hold and UTF-8 cannot)."""


def numbers_of(cells: Cells, number: Callable[[str], int]) -> IntArray:
    """(n,) int64, the number of each cell's text; that of the empty string is -1."""
    codes, texts = distinct_texts(cells)
    return np.array([number(text) if text else -1 for text in texts] + [-1], dtype=np.int64)[codes]


class Numbers(dict[str, int]):
    """Numbers for strings, given in the order in which they are first met."""

    def of(self, cells: Cells) -> IntArray:
        """(n,) int64, the number of each cell; -1 for an empty one, and for one that is UNWRITABLE."""
        return numbers_of(cells, lambda text: -1 if UNWRITABLE.search(text) else self.setdefault(text, len(self)))


def known_of(cells: Cells, numbers: Mapping[str, int]) -> IntArray:
    """(n,) int64, the number of each cell, -1 for one that has none."""
    return numbers_of(cells, lambda text: numbers.get(text, -1))


def clicked_of(cells: Cells) -> IntArray:
    """(n,) int64, 1 for clicked, 0 for not clicked, -1 for what is neither."""
    return numbers_of(cells, lambda text: CLICKED.get(text.casefold(), -1))


def times_of(cells: Cells) -> IntArray:
    """(n,) int64, microseconds since 1970 in UTC, NO_TIME where a time cannot be read.

    Understood are ISO 8601, with an offset or in UTC, the seconds or milliseconds since 1970, and MIND's 11/9/2019 9:00:00 AM.
    """
    codes, texts = distinct_texts(cells)
    return np.append(_times(texts), NO_TIME)[codes]


def _times(texts: Sequence[str]) -> IntArray:
    times = np.full(len(texts), NO_TIME, dtype=np.int64)
    written: dict[int, str] = {}
    for i, text in enumerate(texts):
        value = float(text) if _NUMBER.fullmatch(text) else None
        if "/" in text:
            seconds = seconds_of(text)
            times[i] = NO_TIME if isnan(seconds) else int(seconds) * SECOND
        elif value is None:
            # "now" and such words are times for pandas; ours begin with a digit. BigQuery writes UTC as a word.
            written[i] = text.removesuffix(" UTC") if text[:1].isdigit() else ""
        elif len(text) in (8, 14) and text[:2] in ("19", "20"):  # 20230501 and 20230501123000
            written[i] = text if len(text) == 8 else f"{text[:8]}T{text[8:]}"
        elif value < 1e13:  # a second of 1e11 would be in the year 5138, a millisecond of 1e13 in 2286
            times[i] = round(value * (SECOND if value < 1e11 else SECOND // 1000))
    read = pd.to_datetime(pd.Series([*written.values()], dtype=object), format="ISO8601", utc=True, errors="coerce")
    micros = read.astype("datetime64[us, UTC]").astype("int64").to_numpy()
    times[np.fromiter(written, dtype=np.int64)] = np.where(read.isna().to_numpy(), NO_TIME, micros)
    return times


def list_of(cell: Any) -> list[str] | None:
    """The texts of a list in a cell: separated by spaces or commas, or JSON; None for a malformed one."""
    if isinstance(cell, str):
        cell = cell.strip()
        if cell.startswith("[") != cell.endswith("]") or cell.startswith("{"):
            return None
        if not cell.startswith("["):
            return re.split(r"\s*,\s*|\s+", cell.strip(", ")) if cell else []
        try:
            cell = json.loads(cell if '"' in cell else cell.replace("'", '"'))  # single quotes: as Python prints a list
        except (ValueError, RecursionError):
            return None
    if not isinstance(cell, list):
        return [text] if (text := text_of(cell)) else []
    texts = [text_of(one) for one in cell]
    return None if "" in texts or any(isinstance(one, list | dict) for one in cell) else texts
