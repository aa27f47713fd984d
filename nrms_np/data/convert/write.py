"""MIND's files: news.tsv and behaviors.tsv of each split, in a folder that appears whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from nrms_np.arrays import IntArray
from nrms_np.data.convert.articles import Articles
from nrms_np.data.convert.split import Part
from nrms_np.errors import DiskFullError, NrmsError
from nrms_np.files import FULL

_BLOCK = 50_000  # impressions whose lines are made at once


def check_free(out: Path) -> None:
    """Raise NrmsError where something stands already in the place of the folder to write."""
    if out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise NrmsError(
            f"{out}: something is there already, and nothing is overwritten; give --out a folder that is new or empty."
        )


@contextmanager
def whole_folder(out: Path) -> Iterator[Path]:
    """Give a temporary folder beside `out`, which becomes `out` at the end; after an error nothing is left of it.

    Raises NrmsError where `out` holds something, DiskFullError when the disk is full, OSError where it cannot be written.
    """
    out = out.resolve()
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as place:
            made = Path(place, out.name)  # a folder in it, because the temporary one is closed to others
            made.mkdir()
            yield made
            check_free(out)
            if out.is_dir():
                out.rmdir()
            os.rename(made, out)
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise DiskFullError(
            f"{out}: there is no room for this folder: {error.strerror}. Make room, or choose another place; nothing is left of it."
        ) from error


def write_part(folder: Path, part: Part, articles: Articles) -> None:
    """Write news.tsv and behaviors.tsv of a split into a folder that is made."""
    folder.mkdir()
    with (folder / "news.tsv").open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(articles.lines[row] for row in part.news)
    with (folder / "behaviors.tsv").open("w", encoding="utf-8", newline="\n", errors="replace") as file:
        for start in range(0, part.impressions.candidates.count, _BLOCK):
            file.writelines(_lines(part, slice(start, start + _BLOCK), articles.ids))


def _lines(part: Part, block: slice, ids: Sequence[str]) -> Iterator[str]:
    one = part.impressions
    rows = range(*block.indices(one.candidates.count))
    before = _cells(part.histories.offsets[rows.start : rows.stop + 1], part.histories.index, ids)
    tokens = 2 * one.candidates.index + one.clicked
    shown = _cells(one.candidates.offsets[rows.start : rows.stop + 1], tokens, ids, labels=True)
    who = zip(one.names[block].tolist(), one.users[block].tolist(), mind_times(one.times[block]), strict=True)
    for (name, user, time), history, page in zip(who, before, shown, strict=True):
        yield f"{part.names[name]}\t{part.users[user]}\t{time}\t{history}\t{page}\n"


def _cells(offsets: IntArray, numbers: IntArray, ids: Sequence[str], labels: bool = False) -> Iterator[str]:
    """The sequences between these offsets as cells: ids with spaces between; with labels the numbers are 2 · row + label."""
    places = (offsets - offsets[0]).tolist()
    some = numbers[offsets[0] : offsets[-1]].tolist()
    words = [f"{ids[number >> 1]}-{number & 1}" for number in some] if labels else [ids[number] for number in some]
    for start, end in pairwise(places):
        yield " ".join(words[start:end])


def mind_times(times: IntArray) -> list[str]:
    """Microseconds since 1970 as MIND writes times: 11/9/2019 9:00:00 AM."""
    moments = times.astype("datetime64[us]")
    days = moments.astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    years = months.astype("datetime64[Y]")
    seconds = (moments - days).astype(np.int64) // 1_000_000
    parts = (
        (months - years).astype(int) + 1, (days - months).astype(int) + 1, years.astype(int) + 1970,
        seconds // 3600, seconds // 60 % 60, seconds % 60,
    )  # fmt: skip
    return [
        f"{month}/{day}/{year} {(hour + 11) % 12 + 1}:{minute:02d}:{second:02d} {'AM' if hour < 12 else 'PM'}"
        for month, day, year, hour, minute, second in zip(*(part.tolist() for part in parts), strict=True)
    ]
