"""A large behaviors.tsv read by several processes, each a piece of it.

Reading is Python, and one Python process uses one core. So the file is cut between two lines. This process reads the first piece,
others (`python -m nrms_np.data.pieces`) read the next ones, each as soon as it has read the one before, and their arrays are
joined. Where a piece meets anything that is wrong, all is read again by one process, which tells what and on which line.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import IO

import numpy as np

from nrms_np.data.behaviors import COLUMNS, NAMES_IN_HEADERS, Behaviors, Dropped, has_labels, parse
from nrms_np.data.news import News
from nrms_np.data.table import LONGEST_LINE, Row, open_binary, skip_header, table_rows
from nrms_np.errors import NrmsError
from nrms_np.packed import Packed, offsets_of

SMALLEST = 1 << 24
"""Bytes: another process needs half a second to start, and reads a piece of this size in one."""
LARGEST = 1 << 28
"""Bytes: a process holds what it has read of a piece, so more memory for larger ones; each piece costs a start of one."""


class Piece:
    """The lines of a file between two places, where lines start."""

    def __init__(self, file: IO[bytes], first: int, last: int) -> None:
        file.seek(first)
        self._file, self._left = file, last - first

    def readline(self, most: int, /) -> bytes:
        """The next line; empty at the end of the piece."""
        if self._left <= 0:
            return b""
        line = self._file.readline(most)
        self._left -= len(line)
        return line


def read_in_pieces(path: Path, news: News, history_length: int, processes: int) -> Behaviors | None:
    """What `read_behaviors` returns, which has these arguments.

    None where one process should read: the file is small or packed, no process can be started, or something is wrong in it.
    """
    size = path.stat().st_size if path.is_file() else 0
    processes = min(processes, size // SMALLEST)
    if processes < 2 or path.suffix.lower() == ".gz" or not sys.executable or sys.platform == "emscripten":
        return None
    ids = "\n".join(news.ids).encode()
    others: list[subprocess.Popen[bytes]] = []
    try:
        with open_binary(path) as file, ThreadPoolExecutor(processes - 1) as pool:
            first_place, *places = pairwise(cuts(file, size, max(processes, -(-size // LARGEST))))
            labelled, columns = _first_row(path, file, news)

            def by_another(first: int, last: int) -> Behaviors:
                other = _start([path.resolve(), first, last, history_length, int(labelled), columns])
                others.append(other)
                return _answer(other, ids)

            def by_this(first: int, last: int) -> Behaviors:
                rows = table_rows(path, Piece(file, first, last), columns_of(columns))
                return parse(path, rows, news, history_length, (), labelled)

            answers = [pool.submit(by_another, *each) for each in places]
            try:
                rows, notes = _after_header(path, Piece(file, *first_place))
                first_piece = parse(path, rows, news, history_length, notes)
                # This process works from the end on what the others have not begun.
                own = {n: by_this(*places[n]) for n in reversed(range(len(places))) if answers[n].cancel()}
                rest = (own[n] if n in own else answer.result() for n, answer in enumerate(answers))
                return joined([first_piece, *rest])
            finally:
                for answer in answers:
                    answer.cancel()
                for other in others:
                    other.kill()
    except (NrmsError, OSError):
        return None


def cuts(file: IO[bytes], size: int, pieces: int) -> list[int]:
    """Where each piece starts, and the end: after a line that is not blank, so that blank lines are found where they stand."""
    places = [0]
    for number in range(1, pieces):
        file.seek(size * number // pieces)
        file.readline(LONGEST_LINE)
        while (line := file.readline(LONGEST_LINE)) and not line.strip():
            pass
        if places[-1] < file.tell() < size:
            places.append(file.tell())
    return [*places, size]


def _after_header(path: Path, lines: Piece) -> tuple[Iterator[Row], list[str]]:
    return skip_header(path, table_rows(path, lines, COLUMNS, len(COLUMNS)), NAMES_IN_HEADERS, len(COLUMNS))


def _first_row(path: Path, file: IO[bytes], news: News) -> tuple[bool, int]:
    """Whether candidates have labels, and how many columns there are: all rows are like the first one."""
    rows, _ = _after_header(path, Piece(file, 0, path.stat().st_size))
    _, cells = next(rows)
    return has_labels(cells[4].split(), news), len(cells)


def columns_of(count: int) -> list[str]:
    """The names of the columns of a file with so many: those after the known ones have none."""
    return [*COLUMNS, *[""] * (count - len(COLUMNS))]


def _start(told: list[object]) -> subprocess.Popen[bytes]:
    """Another process that reads a piece."""
    package = Path(__file__).resolve().parents[2]
    paths = os.pathsep.join(filter(None, [str(package), os.environ.get("PYTHONPATH")]))
    return subprocess.Popen(
        [sys.executable, "-m", "nrms_np.data.pieces", *map(str, told)], env={**os.environ, "PYTHONPATH": paths},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def _answer(other: subprocess.Popen[bytes], ids: bytes) -> Behaviors:
    """What it read. Raises NrmsError where it could not."""
    arrays, _ = other.communicate(ids)
    if other.returncode:
        raise NrmsError("another process could not read its piece.")
    return unpacked(arrays)


def main() -> None:
    """Read the news ids and a piece of a file, write its impressions."""
    path, (first, last, history_length, labelled, columns) = Path(sys.argv[1]), map(int, sys.argv[2:])
    ids = sys.stdin.buffer.read().decode().split("\n")
    news = News(ids, ids, ids, ids)
    with open(path, "rb") as file:
        rows = table_rows(path, Piece(file, first, last), columns_of(columns))
        try:
            found = parse(path, rows, news, history_length, (), bool(labelled))
        except NrmsError:
            sys.exit(1)
    sys.stdout.buffer.write(packed(found))


def packed(behaviors: Behaviors) -> bytes:
    """Impressions as the bytes of arrays. Ids hold no line feed: they stood in one line."""
    dropped = behaviors.dropped
    into = BytesIO()
    np.savez(
        into,
        texts=np.frombuffer("\n".join([*behaviors.impression_ids, *behaviors.users]).encode(), np.uint8),
        clicks=behaviors.histories.index, history_lengths=behaviors.histories.lengths,
        candidates=behaviors.candidates.index, candidate_counts=behaviors.candidates.lengths,
        clicked=np.zeros(0, bool) if behaviors.clicked is None else behaviors.clicked,
        counts=np.array([dropped.clicks, dropped.candidates, dropped.impressions, behaviors.history_clicks]),
        times=behaviors.seconds,
    )  # fmt: skip
    return into.getvalue()


def unpacked(arrays: bytes) -> Behaviors:
    """The impressions again."""
    with np.load(BytesIO(arrays)) as file:
        found = dict(file)
    count = len(found["candidate_counts"])
    texts = found["texts"].tobytes().decode().split("\n") if count else []
    clicks, candidates, impressions, history_clicks = found["counts"].tolist()
    return Behaviors(
        texts[:count],
        texts[count:],
        Packed(found["clicks"], offsets_of(found["history_lengths"])),
        Packed(found["candidates"], offsets_of(found["candidate_counts"])),
        found["clicked"] if len(found["clicked"]) or not len(found["candidates"]) else None,
        Dropped(clicks, candidates, impressions),
        history_clicks=history_clicks,
        times=found["times"],
    )


def joined(parts: list[Behaviors]) -> Behaviors:
    """The impressions of all parts, in their order; the notes are those of the first."""

    def packs(of_parts: list[Packed]) -> Packed:
        lengths = np.concatenate([each.lengths for each in of_parts])
        return Packed(np.concatenate([each.index for each in of_parts]), offsets_of(lengths))

    labels = [part.clicked for part in parts if part.clicked is not None]
    return Behaviors(
        [name for part in parts for name in part.impression_ids],
        [user for part in parts for user in part.users],
        packs([part.histories for part in parts]),
        packs([part.candidates for part in parts]),
        np.concatenate(labels) if parts[0].clicked is not None else None,
        Dropped(*(sum(each) for each in zip(*(astuple(part.dropped) for part in parts), strict=True))),
        parts[0].notes,
        sum(part.history_clicks for part in parts),
        np.concatenate([part.seconds for part in parts]),
    )


if __name__ == "__main__":
    main()
