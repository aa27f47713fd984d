"""Logs read into impressions, and what of them is dropped."""

from __future__ import annotations

from pathlib import Path

from nrms_np.data.convert.articles import Articles
from nrms_np.data.convert.columns import find_columns
from nrms_np.data.convert.shapes import JOINED, NO_CANDIDATE, NOT_IN_NEWS, REPEATED, TWICE, Log, read_log, shape_of
from nrms_np.data.convert.tables import open_table
from tests.helpers.own_log import START, write_csv

IDS = [f"a{i}" for i in range(9)]


def read(path: Path) -> Log:
    """Read a log on the articles a0 to a8; what was read is used or dropped."""
    table = open_table(path)
    shape, columns = shape_of(table, find_columns(path, "clicks", table.columns, {}))
    log = read_log(table, columns, shape, Articles(IDS, [], {name: i for i, name in enumerate(IDS)}), 0)
    for tally in log.tallies:
        assert tally.read == tally.used + sum(tally.dropped.values()), tally
    return log


def test_rows_of_one_impression_with_other_lists_are_joined(tmp_path: Path) -> None:
    rows = [(f"i{i}", START + 60 * i, "u", "a1 a2", "a2") for i in range(3)]
    rows += [rows[2], ("i2", START + 120, "u", "a3 a1 a4", "a4"), ("i1", START + 60, "u", "a98", "a99")]
    header = ["impression", "time", "user", "shown", "clicked"]
    log = read(write_csv(tmp_path / "log.csv", header, rows))
    assert [tally.dropped for tally in log.tallies] == [
        {REPEATED: 1, NO_CANDIDATE: 1, JOINED: 1}, {REPEATED: 2, NOT_IN_NEWS: 2, TWICE: 1},
    ]  # fmt: skip
    assert [log.names[name] for name in log.impressions.names] == ["i0", "i1", "i2"]
    assert log.impressions.candidates.to_lists() == [[1, 2], [1, 2], [1, 2, 3, 4]]
    assert log.impressions.clicked.astype(int).tolist() == [0, 1, 0, 1, 0, 1, 0, 1]
    # Without ids they are two impressions of one instant.
    log = read(write_csv(tmp_path / "log.csv", header[1:], [row[1:] for row in rows]))
    assert [tally.dropped for tally in log.tallies] == [{REPEATED: 1, NO_CANDIDATE: 1}, {REPEATED: 2, NOT_IN_NEWS: 2}]
    assert log.impressions.candidates.to_lists() == [[1, 2]] * 3 + [[3, 1, 4]]
