"""The news of a MIND split: the file news.tsv."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from nrms_np.data.table import read_table
from nrms_np.errors import DataError

_COLUMNS = ("id", "category", "subcategory", "title", "abstract", "url", "title entities", "abstract entities")


@dataclass(frozen=True)
class News:
    """One entry per news item in each list, in the order of the file; the place in the lists is the news row."""

    ids: list[str]
    categories: list[str]
    subcategories: list[str]
    titles: list[str]

    @cached_property
    def row(self) -> dict[str, int]:
        """The news row of each id."""
        return {news_id: i for i, news_id in enumerate(self.ids)}


def read_news(path: str | Path) -> News:
    """Read a news.tsv: 8 columns, no header; an empty title is kept.

    Raises DataError for a file that cannot be read, a row with another number of columns, bytes that are not UTF-8, and
    a news id that is empty or stands twice.
    """
    news = News([], [], [], [])
    for _, (news_id, category, subcategory, title, *_) in read_table(path, _COLUMNS):
        news.ids.append(news_id)
        news.categories.append(category)
        news.subcategories.append(subcategory)
        news.titles.append(title)
    _check_ids(path, news)
    return news


def _check_ids(path: str | Path, news: News) -> None:
    if "" in news.row:
        raise DataError(path, "this row has no news id.", news.ids.index("") + 1)
    if len(news.row) == len(news.ids):
        return
    # `row` holds the last place of each id, so an id at another place stands twice.
    first = next(i for i, news_id in enumerate(news.ids) if news.row[news_id] != i)
    second = news.ids.index(news.ids[first], first + 1)
    found = f"the news id {news.ids[first]!r} already stands on line {first + 1}"
    raise DataError(path, f"{found}; remove one of the two rows.", second + 1)
