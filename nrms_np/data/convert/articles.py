"""The news of a newsroom: one row per article."""

from __future__ import annotations

import json
from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from nrms_np.data.convert.cells import UNWRITABLE, text_of
from nrms_np.data.convert.tables import Table
from nrms_np.data.convert.tally import Tally
from nrms_np.errors import DataError


@dataclass(frozen=True)
class Articles:
    """One entry per article.

    ids:   n strings.    lines: n lines of news.tsv.    row: the place of each id.
    untitled: how many have no title.    first_untitled: the line of the first of them, and its id.
    """

    ids: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    row: dict[str, int] = field(default_factory=dict)
    untitled: int = 0
    first_untitled: str = ""


def read_articles(table: Table, columns: Mapping[str, str]) -> tuple[Articles, Tally]:
    """Read all articles; of an id that stands twice the first row is used.

    columns: the table's column for id and title, and as far as there are such for category, subcategory and abstract.
    Returns them and what was dropped. Raises DataError when no row can be used, and what the table raises.
    """
    tally, articles, untitled, first_untitled = Tally(f"rows of {table.name}"), Articles(), 0, ""
    ids, lines, row = articles.ids, articles.lines, articles.row
    for chunk in table.chunks(columns):
        tally.read += len(chunk.lines) + len(chunk.broken)
        for line, problem in chunk.broken:
            tally.drop("the row cannot be read", 1, [f"{table.place(line)}: {problem}"])
        empty = [None] * len(chunk.lines)
        cells = [chunk.cells.get(role, empty) for role in ("id", "category", "subcategory", "title", "abstract")]
        for line, name, *texts in zip(chunk.lines, *cells, strict=True):
            news_id = text_of(name)
            if problem := _problem(name, texts[2], row):
                tally.drop(problem, 1, [f"{table.place(line)}: {news_id[:80]!r}"])
                continue
            row[news_id] = len(ids)
            ids.append(news_id)
            category, subcategory, title, abstract = (one_line(text_of(text)) for text in texts)
            if not title:
                untitled += 1
                first_untitled = first_untitled or f"{table.place(line)}: {news_id!r}"
            lines.append(f"{news_id}\t{category}\t{subcategory}\t{title}\t{abstract}\t\t[]\t[]\n")
    tally.used = len(ids)
    if not ids:
        raise DataError(table.path, f"none of its {tally.read:,} rows can be used: {tally.why_all()}.")
    return replace(articles, untitled=untitled, first_untitled=first_untitled), tally


def _problem(name: Any, title: Any, known: Container[str]) -> str:
    """Why an article with these cells for id and title cannot be used; empty where it can."""
    news_id = text_of(name)
    for role, cell in (("id", name), ("title", title)):
        if isinstance(cell, list | dict) or (isinstance(cell, str) and _is_json(cell.strip())):
            return f"the {role} of the article is a list or a JSON object, but must be a text"
    if not news_id:
        return "the article has no id"
    if len(news_id.split()) > 1:
        return "the id of the article has a space in it, which MIND's format cannot hold"
    if UNWRITABLE.search(news_id):
        return "the id of the article has half a letter in it, which UTF-8 cannot hold"
    return "the id of the article stood before; its first row is used" if news_id in known else ""


def _is_json(text: str) -> bool:
    """Whether a text is a JSON object, or a list of texts or of objects: no headline, though [1917] may be one."""
    if not text.startswith(('{"', '["', "[{")):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def one_line(text: str) -> str:
    """A text whose tabs, line ends and rows of spaces have become single spaces, in letters that UTF-8 can write."""
    return " ".join(text.split()).encode("utf-8", "replace").decode("utf-8")
