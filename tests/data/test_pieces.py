"""A log that several processes read is the log that one reads, its faults too."""

from __future__ import annotations

from dataclasses import fields
from itertools import pairwise

import numpy as np
import pytest

from nrms_np.data import pieces
from nrms_np.data.behaviors import COLUMNS, parse, read_behaviors
from nrms_np.data.news import News
from nrms_np.data.pieces import Piece, cuts, joined, packed, read_in_pieces, unpacked
from nrms_np.data.table import table_rows
from nrms_np.errors import DataError

IDS = [f"N{i}" for i in range(30)]
NEWS = News(IDS, IDS, IDS, IDS)
HEADER = "impression_id\tuser_id\ttime\thistory\timpressions\textra\n"


def line(number, rng, labels=True):
    """Some of the news is unknown, some histories are empty, ids are not ASCII."""
    clicks = " ".join(f"N{i}" for i in rng.integers(0, 33, rng.integers(0, 9)))
    shown = " ".join(f"N{i}" + f"-{rng.integers(2)}" * labels for i in rng.integers(0, 33, rng.integers(1, 6)))
    return f"{number}\tÜ{number % 7}\t11/{1 + number % 9}/2019 9:00:00 AM\t{clicks}\t{shown}\tmore\n"


def written(folder, labels=True, count=120, wrong=None):
    rng = np.random.default_rng(5)
    lines = [line(number, rng, labels) for number in range(count)]
    if wrong is not None:
        lines[100] = wrong
    path = folder / "behaviors.tsv"
    path.write_text(HEADER + "".join(lines) + "\n\n", encoding="utf-8")
    return path


def assert_same(one, other):
    for field in fields(one):
        ours, theirs = getattr(one, field.name), getattr(other, field.name)
        for mine, yours in zip(ours, theirs, strict=True) if isinstance(ours, tuple) else [(ours, theirs)]:
            if isinstance(mine, np.ndarray):
                assert mine.dtype == yours.dtype, field.name
                np.testing.assert_array_equal(mine, yours, field.name)
            else:
                assert mine == yours, field.name


@pytest.mark.parametrize("labels", [True, False])
@pytest.mark.parametrize("count", [2, 3, 40])
def test_pieces_join_to_the_whole(tmp_path, labels, count):
    path = written(tmp_path, labels)
    whole = read_behaviors(path, NEWS, 5)
    with open(path, "rb") as file:
        places = cuts(file, path.stat().st_size, count)
        parts = []
        for first, last in pairwise(places):
            names = [*COLUMNS, ""]
            rows = table_rows(path, Piece(file, first, last), names)
            notes = ["the header row of behaviors.tsv is skipped"] if first == 0 and next(rows) else []
            parts.append(parse(path, rows, NEWS, 5, notes, labels))
    assert len(parts) == min(count, len(places) - 1)
    assert len(parts) > 1
    assert_same(joined([parts[0], *(unpacked(packed(part)) for part in parts[1:])]), whole)


@pytest.mark.parametrize("largest", [1 << 28, 1500])  # one piece for each process, and several
def test_other_processes_read_the_same(tmp_path, monkeypatch, largest):
    monkeypatch.setattr(pieces, "SMALLEST", 100)
    monkeypatch.setattr(pieces, "LARGEST", largest)
    path = written(tmp_path)
    found = read_in_pieces(path, NEWS, 5, 3)
    assert found is not None
    assert_same(found, read_behaviors(path, NEWS, 5))


@pytest.mark.parametrize("wrong", ["\n", "7\tU\t\tN1\tN1-0 N2-7\tmore\n"])
def test_a_fault_is_told_as_one_process_tells_it(tmp_path, monkeypatch, wrong):
    monkeypatch.setattr(pieces, "SMALLEST", 1000)
    path = written(tmp_path, wrong=wrong)
    assert read_in_pieces(path, NEWS, 5, 2) is None
    with pytest.raises(DataError, match="line 102"):
        read_behaviors(path, NEWS, 5, processes=2)


def test_a_small_file_and_a_packed_one_are_left_to_one_process(tmp_path, monkeypatch):
    path = written(tmp_path)
    assert read_in_pieces(path, NEWS, 5, 8) is None
    monkeypatch.setattr(pieces, "SMALLEST", 1)
    assert read_in_pieces(path.rename(tmp_path / "behaviors.tsv.gz"), NEWS, 5, 8) is None
    assert read_in_pieces(tmp_path / "none.tsv", NEWS, 5, 8) is None
