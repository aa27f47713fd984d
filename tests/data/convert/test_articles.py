"""Articles of which the id or the title is no text, or is not there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nrms_np.data.convert.articles import read_articles
from nrms_np.data.convert.summary import facts_of, table_of
from nrms_np.data.convert.tables import open_table

ROLES = {"id": "id", "title": "title"}


def test_an_id_or_a_title_that_is_no_text_drops_the_article(tmp_path: Path) -> None:
    same = [
        ("a6", '{"en": "Six"}'),
        ("a7", '["Seven"]'),
        ("a8", '["Eight" he said]'),
        ("a9", "[1917]"),
    ]  # as in a CSV cell
    found = [
        *same,
        ("a1", {"en": "One"}),
        ("a2", ["Two"]),
        ("a3", "Three"),
        (["a4"], "Four"),
        ("a1", "One again"),
        (5, 6),
    ]
    lines = [json.dumps({"id": one, "title": title}) for one, title in found]
    path = tmp_path / "articles.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    articles, tally = read_articles(open_table(path), ROLES)
    assert articles.ids == ["a8", "a9", "a3", "a1", "5"]
    assert [line.split("\t")[3] for line in articles.lines] == [
        '["Eight" he said]',
        "[1917]",
        "Three",
        "One again",
        "6",
    ]
    problem = "of the article is a list or a JSON object, but must be a text"
    assert tally.places == {
        f"the title {problem}": [
            f"{path}, line {line}: {one!r}" for line, one in ((1, "a6"), (2, "a7"), (5, "a1"), (6, "a2"))
        ],
        f"the id {problem}": [f"{path}, line 8: \"['a4']\""],
    }


@pytest.mark.parametrize(("titles", "told"), [
    (["One", "", "Three"], "1 news item has no title, the first: {}, line 3: 'a1'"),
    (["One", "  ", ""], "2 news have no title, the first: {}, line 3: 'a1'"),
])  # fmt: skip
def test_articles_without_title_are_counted_and_the_first_is_named(
    tmp_path: Path, titles: list[str], told: str
) -> None:
    path = tmp_path / "articles.csv"
    path.write_text("id,title\n" + "".join(f"a{i},{title}\n" for i, title in enumerate(titles)), encoding="utf-8")
    articles, _ = read_articles(open_table(path), ROLES)
    facts = facts_of([], articles, [], {"shape": "rows", "candidates_drawn": False})
    assert told.format(path) in table_of(facts).splitlines()
