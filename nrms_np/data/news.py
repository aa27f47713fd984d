"""The news of a MIND split: the file news.tsv."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from nrms_np.data.table import plain_or_gz, read_table, skip_header
from nrms_np.errors import DataError

_COLUMNS = ("id", "category", "subcategory", "title", "abstract", "url", "title entities", "abstract entities")
_NEEDED = 4
_NAMES_IN_HEADERS = (
    "id news_id newsid nid article_id item_id doc_id",
    "category cat topic section",
    "subcategory sub_category subcat subtopic subsection",
    "title headline news_title",
    "abstract summary body",
    "url link",
    "title_entities",
    "abstract_entities",
)


@dataclass(frozen=True)
class News:
    """One entry per news item in each list, in the order of the file; the place in the lists is the news row."""

    ids: list[str]
    categories: list[str]
    subcategories: list[str]
    titles: list[str]
    notes: tuple[str, ...] = ()
    """What a user should be told about the file."""

    @cached_property
    def row(self) -> dict[str, int]:
        """The news row of each id."""
        return {news_id: i for i, news_id in enumerate(self.ids)}


def read_news(path: str | Path) -> News:
    """Read a news.tsv, or news.tsv.gz in its place: MIND's 8 columns, or the first 4 of them; an empty title is kept.

    A header row is skipped, and `notes` says so.
    Raises DataError for a file that cannot be read, a row with another number of columns, bytes that are not UTF-8, and
    a news id that is empty or stands twice.
    """
    path = plain_or_gz(path)
    rows, notes = skip_header(path, read_table(path, _COLUMNS, _NEEDED), _NAMES_IN_HEADERS, _NEEDED)
    news = News([], [], [], [], tuple(notes))
    for _, (news_id, category, subcategory, title, *_) in rows:
        news.ids.append(news_id)
        news.categories.append(category)
        news.subcategories.append(subcategory)
        news.titles.append(title)
    _check_ids(path, news, first_line=1 + len(notes))  # a skipped header row has a note
    return news


def _check_ids(path: str | Path, news: News, first_line: int) -> None:
    if "" in news.row:
        raise DataError(path, "this row has no news id.", news.ids.index("") + first_line)
    if len(news.row) == len(news.ids):
        return
    # `row` holds the last place of each id, so an id at another place stands twice.
    first = next(i for i, news_id in enumerate(news.ids) if news.row[news_id] != i)
    second = news.ids.index(news.ids[first], first + 1)
    found = f"the news id {news.ids[first]!r} already stands on line {first + first_line}"
    raise DataError(path, f"{found}; remove one of the two rows.", second + first_line)
