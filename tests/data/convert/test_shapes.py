"""Logs read into impressions, and what of them is dropped."""

from __future__ import annotations

import json
from pathlib import Path

from nrms_np.data.convert.articles import Articles, read_articles
from nrms_np.data.convert.columns import find_columns
from nrms_np.data.convert.shapes import (
    JOINED,
    NO_CANDIDATE,
    NO_CLICK,
    NO_IMPRESSION,
    NO_USER,
    NOT_IN_NEWS,
    REPEATED,
    TWICE,
    Log,
    read_log,
    shape_of,
)
from nrms_np.data.convert.tables import open_table
from tests.helpers.own_log import START, write_csv

IDS = [f"a{i}" for i in range(9)]


def read(path: Path) -> Log:
    """Read a log on the articles a0 to a8; what was read is used or dropped."""
    table = open_table(path)
    shape, columns = shape_of(table, find_columns(path, "clicks", table.columns, {}), {})
    log = read_log(table, columns, shape, Articles(IDS, [], {name: i for i, name in enumerate(IDS)}), 0)
    for tally in log.tallies:
        assert tally.read == tally.used + sum(tally.dropped.values()), tally
    return log


def test_an_id_with_half_a_letter_is_dropped_and_named(tmp_path: Path) -> None:
    (tmp_path / "news.jsonl").write_text(
        '{"id": "a\\ud800", "title": "x"}\n{"id": "a\\ud83d\\ude00", "title": "x\\udfff"}\n'
    )
    articles, tally = read_articles(open_table(tmp_path / "news.jsonl"), {"id": "id", "title": "title"})
    assert articles.lines == ["a\N{GRINNING FACE}\t\t\tx?\t\t\t[]\t[]\n"]
    (places,) = tally.places.values()
    assert places == [f"{tmp_path / 'news.jsonl'}, line 1: 'a\\ud800'"]
    rows = [("i1", "u", "a1"), ("i\ud800", "u", "a1"), ("i2", "u\udc00", "a1"), ("i3", "u", "a\ud800")]
    lines = [
        json.dumps({"impression": i, "time": START, "user": user, "shown": "a2", "clicked": news})
        for i, user, news in rows
    ]
    (tmp_path / "log.jsonl").write_text("\n".join(lines))
    log = read(tmp_path / "log.jsonl")
    assert log.tallies[0].dropped == {NO_USER: 1, NO_IMPRESSION: 1, NO_CLICK: 1}
    assert log.tallies[0].places[NO_USER] == [f"{tmp_path / 'log.jsonl'}, line 3: 'u\\udc00'"]
    assert (log.users, log.names) == (["u"], ["i1", "i2", "i3"])


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
