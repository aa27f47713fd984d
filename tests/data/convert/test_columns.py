"""Columns by their usual names and by what the user says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nrms_np.data.convert.columns import find_columns, named_columns, need
from nrms_np.data.convert.tables import Table
from nrms_np.errors import DataError

LOG = Path("log.csv")


@pytest.mark.parametrize(("kind", "found", "expected"), [
    ("news", ["article_id", "Headline", "section", "body"], {"id": "article_id", "title": "Headline", "category": "section"}),
    ("news", ["article_id", "title", "subtitle", "category", "category_str"],
     {"id": "article_id", "title": "title", "category": "category_str", "abstract": "subtitle"}),
    ("news", ["content", "title"], {"title": "title"}),  # the text of the article, not its id
    ("clicks", ["impressionId", "TS", "user id", "news-id", "Clicked"],
     {"time": "TS", "user": "user id", "news": "news-id", "impression": "impressionId", "clicked": "Clicked"}),
    ("clicks", ["impression_time", "user_id", "article_ids_inview", "article_ids_clicked"],
     {"time": "impression_time", "user": "user_id", "shown": "article_ids_inview", "clicked": "article_ids_clicked"}),
])  # fmt: skip
def test_usual_names(kind: str, found: list[str], expected: dict[str, str]) -> None:
    assert find_columns(LOG, kind, found, {}) == expected


def test_what_the_user_says_goes_first() -> None:
    named = named_columns("clicks.time=seen at, clicks.news=item")
    assert named == {"clicks.time": "seen at", "clicks.news": "item"}
    found = ["time", "seen at", "user", "item", "news"]
    assert find_columns(LOG, "clicks", found, named) == {"time": "seen at", "user": "user", "news": "item"}
    # A column that is named as one thing is not found as another.
    assert find_columns(LOG, "clicks", ["time", "user", "news"], {"clicks.impression": "time"})["impression"] == "time"
    assert "time" not in find_columns(LOG, "clicks", ["time", "user", "news"], {"clicks.impression": "time"})


def test_a_column_named_of_one_table_is_found_in_the_other() -> None:
    named = named_columns("news.id=article_id,news.title=headline,clicks.time=ts")
    columns = find_columns(LOG, "clicks", ["ts", "user_id", "article_id"], named)
    assert columns == {"time": "ts", "user": "user_id", "news": "article_id"}


@pytest.mark.parametrize("text", ["", "clicks.time", "time=ts", "time=", "clicks.time=a,clicks.time=b"])
def test_what_is_no_column(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not ROLE=COLUMN|named twice"):
        named_columns(text)


def test_an_empty_name_says_that_there_is_no_such_column() -> None:
    named = named_columns("clicks.clicked=,clicks.time=ts")
    found = find_columns(LOG, "clicks", ["ts", "user", "news", "clicked"], named)
    assert found == {"time": "ts", "user": "user", "news": "news"}


@pytest.mark.parametrize(
    ("kind", "end"), [("csv", r" \(the first row must hold names\)\.$"), ("jsonl", r"place of the news\.$")]
)
def test_all_that_is_missing_is_named_at_once_with_the_line_to_repeat(kind: str, end: str) -> None:
    table = Table(LOG, "log", kind, ["who", "seen at"])
    told = (
        "log.csv: no column is known to be the user or the news of the clicks; its columns are 'who', 'seen at'. Say which: "
        "--columns 'clicks.time=seen at,clicks.user=COLUMN,clicks.news=COLUMN', or, "
    )
    with pytest.raises(DataError, match=f"^{re.escape(told)}.*{end}"):
        need(table, "clicks", {"time": "seen at"}, ("time", "user", "news"), {"clicks.time": "seen at"})
    with pytest.raises(DataError, match=r"Say which: --columns news.id=COLUMN,news.title=COLUMN( \(|\.$)"):
        need(table, "news", {}, ("id", "title"), {})
