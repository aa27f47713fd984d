"""The three shapes of a click log, each read into impressions and clicks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from nrms_np.arrays import BoolArray, IntArray
from nrms_np.data.convert.articles import Articles
from nrms_np.data.convert.cells import (
    CLICKED,
    NO_TIME,
    Chunk,
    Numbers,
    clicked_of,
    distinct_texts,
    known_of,
    list_of,
    text_of,
    times_of,
)
from nrms_np.data.convert.columns import columns_option, need
from nrms_np.data.convert.drawing import draw_candidates
from nrms_np.data.convert.log import Clicks, Impressions, Rows, grouped
from nrms_np.data.convert.tables import Table
from nrms_np.data.convert.tally import Tally
from nrms_np.errors import DataError

SHAPES = {
    "rows": "one row per shown article",
    "lists": "one row per impression, with lists of the shown and the clicked",
    "clicks": "clicks only, one row per click (if a column tells what was not clicked, name it: --columns clicks.clicked=COLUMN)",
}

SAME_INSTANT = "impression: same user and time, no column named clicks.impression"
"""Said of one row per shown article without such a column."""

NEEDED = {
    "rows": ("time", "user", "news", "clicked"),
    "lists": ("time", "user", "shown", "clicked"),
    "clicks": ("time", "user", "news"),
}
"""The roles that columns must have; an impression's id is used where there is one, but not for clicks only."""

UNREADABLE = "the row cannot be read"
BAD_TIME = "the time cannot be read (ISO 8601, seconds or milliseconds since 1970, or as 11/9/2019 9:00:00 AM)"
NO_USER = "the row has no user, or one with a tab, a line end or half a letter in it"
NO_IMPRESSION = "the row has no impression id, or one with a tab, a line end or half a letter in it"
BAD_CLICKED = "clicked is neither 0 nor 1"
BAD_LIST = "a list cannot be read (ids with spaces or commas between, or JSON)"
NOT_IN_NEWS = "the news file lacks the article"
TWICE = "the article is already in the impression"
NO_CLICK = "nothing was clicked in the impression"
NO_CANDIDATE = "nothing is shown, or nothing that the news file has"
REPEATED = "the same row stood before"
JOINED = "the row belongs to an impression that stood before, which has its candidates too"
CLICKED_BEFORE = (
    "the user had clicked the article before; beside drawn candidates that would tell (histories keep the click)"
)
NOTHING_TO_DRAW = "no candidate to draw: in the 24 hours before, others clicked nothing else (histories keep the click)"


class Log(NamedTuple):
    """A log that was read.

    impressions: those with a click.    clicks: for histories.    last: the time of the last impression, with a click or not.
    users, names: the strings behind the numbers of users and impressions.    tallies: what was dropped.
    """

    impressions: Impressions
    clicks: Clicks
    last: int
    users: list[str]
    names: list[str]
    tallies: list[Tally]


def shape_of(table: Table, columns: Mapping[str, str], named: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The shape of a log, a key of SHAPES, by the columns it has, and those that it uses.

    named: what the user said of columns, with `columns.ROLES` as keys.
    Raises DataError where a column is missing, and where a log seems to be of clicks only because one was not recognised.
    """
    shape = "lists" if "shown" in columns else "rows" if "clicked" in columns else "clicks"
    need(table, "clicks", columns, NEEDED[shape], named)
    if shape == "clicks" and "clicks.clicked" not in named:
        _check_clicks_only(table, columns, named)
    wanted = NEEDED[shape] + ("impression",) * (shape != "clicks")
    return shape, {role: name for role, name in columns.items() if role in wanted}


def _check_clicks_only(table: Table, columns: Mapping[str, str], named: Mapping[str, str]) -> None:
    """Raise DataError where a column without a role looks as if it told what was clicked."""
    used = columns.values()
    unused = {name: name for name in table.columns if name not in used and table.columns.count(name) == 1}
    if not unused:
        return
    first = next(table.chunks(unused))
    for name in unused:
        texts = sorted(set(distinct_texts(first.cells[name])[1]))
        if {CLICKED.get(text.casefold()) for text in texts} == {0, 1} and (clicked_of(first.cells[name]) >= 0).all():
            yes, no = (columns_option(named, {"clicks.clicked": one}) for one in (name, ""))
            raise DataError(
                table.path,
                f"column {name!r} holds only {' and '.join(texts)}; if it tells what was clicked, name it with {yes}; if this is a "
                f"log of clicks only, say so with {no}",
            )


def read_log(table: Table, columns: Mapping[str, str], shape: str, articles: Articles, seed: int) -> Log:
    """Read a log of any shape; `seed` decides which candidates are drawn for clicks only.

    Raises DataError when nothing in it can be used, and what the table raises.
    """
    users, names, tally = Numbers(), Numbers(), Tally(f"rows of {table.name}")
    tallies = [tally]
    if shape == "lists":
        tallies.append(Tally(f"candidates in {table.name}"))
        impressions, clicks, last = _read_lists(table, columns, articles, users, names, *tallies)
    else:
        rows = _read_rows(table, columns, articles, users, names, tally)
        last = int(rows.times.max(initial=NO_TIME))
        if shape == "rows":
            impressions, clicks = grouped(rows)
            last = int(impressions.times.max(initial=NO_TIME))
            tally.drop(TWICE, len(rows.news) - len(impressions.clicked))
            impressions, gone = _with_a_click(impressions)
            tally.drop(NO_CLICK, int(gone.sum()))
            tally.used = len(impressions.clicked)
        else:
            clicks = Clicks(rows.users, rows.times, rows.news)
            repeated = pd.DataFrame(clicks._asdict()).duplicated().to_numpy()
            tally.drop(REPEATED, int(repeated.sum()))
            clicks = Clicks(*(values[~repeated] for values in clicks))
            impressions, again = draw_candidates(clicks, len(articles.ids), seed)
            tally.used = impressions.candidates.count
            tally.drop(CLICKED_BEFORE, again)
            tally.drop(NOTHING_TO_DRAW, len(clicks.news) - again - tally.used)
    if not impressions.candidates.count:
        raise DataError(table.path, f"none of its {tally.read:,} rows can be used: mostly, {tally.why_all()}.")
    if not names:  # the log has no ids: impressions are numbered in the order of time
        impressions = impressions._replace(names=np.arange(impressions.candidates.count))
        return Log(impressions, clicks, last, list(users), [str(i + 1) for i in impressions.names], tallies)
    return Log(impressions, clicks, last, list(users), list(names), tallies)


def _with_a_click(impressions: Impressions) -> tuple[Impressions, IntArray]:
    """The impressions in which something was clicked, and how many candidates each of the others had."""
    offsets = impressions.candidates.offsets
    clicks = np.diff(np.concatenate([[0], np.cumsum(impressions.clicked)])[offsets])
    return impressions.take(np.flatnonzero(clicks)), impressions.candidates.lengths[clicks == 0]


def _keep(table: Table, chunk: Chunk, tally: Tally, faults: Sequence[tuple[str, str, BoolArray]]) -> BoolArray:
    """(n,) which rows have no fault; the others are counted under their first one.

    faults: the role whose cell is shown, the reason, and (n,) which rows have it.
    """
    tally.read += len(chunk.lines) + len(chunk.broken)
    tally.drop(UNREADABLE, len(chunk.broken), (f"{table.place(line)}: {problem}" for line, problem in chunk.broken))
    good = np.ones(len(chunk.lines), dtype=bool)
    for role, reason, bad in faults:
        rows = np.flatnonzero(good & bad)
        good[rows] = False
        _drop(table, chunk, tally, role, reason, rows)
    return good


def _drop(table: Table, chunk: Chunk, tally: Tally, role: str, reason: str, rows: IntArray) -> None:
    """Count these rows of a chunk as dropped, and say where they stand and what is in their cell of this role."""
    cells = chunk.cells[role]
    places = (f"{table.place(chunk.lines[i])}: {text_of(cells[i])[:80]!r}" for i in rows.tolist())
    tally.drop(reason, len(rows), places)


_OTHER_MARKS = re.compile(r"[|;]")


def _run_together(ids: Sequence[str], known: Mapping[str, int]) -> bool:
    """Whether an id that the news file lacks falls apart at | or ; into ids that it has, or has such a mark at its end."""
    return any(
        one not in known and any(not piece or piece in known for piece in _OTHER_MARKS.split(one))
        for one in ids
        if _OTHER_MARKS.search(one)
    )


def _read_rows(
    table: Table, columns: Mapping[str, str], articles: Articles, users: Numbers, names: Numbers, tally: Tally
) -> Rows:
    """One row per shown article, or per click where there is no column `clicked`."""
    parts: list[tuple[Any, ...]] = []
    for chunk in table.chunks(columns):
        cells = chunk.cells
        user, time, news = users.of(cells["user"]), times_of(cells["time"]), known_of(cells["news"], articles.row)
        faults = [("time", BAD_TIME, time == NO_TIME), ("user", NO_USER, user < 0)]
        clicked: IntArray = np.ones(len(user), dtype=np.int64)
        name: IntArray = np.zeros(len(user), dtype=np.int64)
        if "clicked" in columns:
            clicked = clicked_of(cells["clicked"])
            faults.append(("clicked", BAD_CLICKED, clicked < 0))
        if "impression" in columns:
            name = names.of(cells["impression"])
            faults.append(("impression", NO_IMPRESSION, name < 0))
        good = _keep(table, chunk, tally, [*faults, ("news", NOT_IN_NEWS, news < 0)])
        parts.append((name[good].astype(np.int32), user[good].astype(np.int32), time[good], news[good].astype(np.int32),
                      clicked[good] == 1))  # fmt: skip
    rows = Rows(*(np.concatenate(values) for values in zip(*parts, strict=True)))
    if "impression" not in columns:  # what a user is shown in one instant is one impression
        return rows._replace(impressions=np.unique(rows.times, return_inverse=True)[1])
    return rows


def _read_lists(
    table: Table,
    columns: Mapping[str, str],
    articles: Articles,
    users: Numbers,
    names: Numbers,
    tally: Tally,
    inside: Tally,
) -> tuple[Impressions, Clicks, int]:
    """One row per impression, with lists; what was clicked was shown too, also where the log does not say so."""
    parts: list[tuple[Any, ...]] = []
    heads: list[tuple[Any, ...]] = []
    count, last = 0, NO_TIME
    for chunk in table.chunks(columns):
        cells = chunk.cells
        user, time = users.of(cells["user"]), times_of(cells["time"])
        shown, clicked = ([list_of(cell) for cell in cells[role]] for role in ("shown", "clicked"))
        faults = [("time", BAD_TIME, time == NO_TIME), ("user", NO_USER, user < 0)]
        for role, lists in (("shown", shown), ("clicked", clicked)):
            bad = [one is None or _run_together(one, articles.row) for one in lists]
            faults.append((role, BAD_LIST, np.array(bad, dtype=bool)))
        both = zip(shown, clicked, strict=True)
        content = np.array([hash((*(page or ()), None, *(hits or ()))) for page, hits in both], dtype=np.int64)
        name: IntArray = np.zeros(len(user), dtype=np.int64)
        if "impression" in columns:
            name = names.of(cells["impression"])
            faults.append(("impression", NO_IMPRESSION, name < 0))
        rows = np.flatnonzero(_keep(table, chunk, tally, faults))
        tokens: list[str] = []
        labels: list[bool] = []
        lengths: list[int] = []
        for i in rows:
            page, hit = shown[i] or [], dict.fromkeys(clicked[i] or [])
            all_shown = page + [one for one in hit if one not in page]
            tokens += all_shown
            labels += [token in hit for token in all_shown]
            lengths.append(len(all_shown))
        last = max(last, int(time[rows].max(initial=NO_TIME)))
        news, owner = known_of(tokens, articles.row), np.repeat(np.arange(len(rows)), lengths)
        inside.read += len(news)
        some = np.bincount(owner[news >= 0], minlength=len(rows)) > 0
        _drop(table, chunk, tally, "shown", NO_CANDIDATE, rows[~some])
        kept = some[owner]
        inside.drop(NOT_IN_NEWS, int((~kept).sum()))
        parts.append(((np.cumsum(some) - 1 + count)[owner[kept]], news[kept], np.array(labels, dtype=bool)[kept]))
        rows = rows[some]
        heads.append((name[rows], user[rows], time[rows], content[rows]))
        count += len(rows)
    name, user, time, content = (np.concatenate(values) for values in zip(*heads, strict=True))
    owner, news, is_clicked = (np.concatenate(values) for values in zip(*parts, strict=True))

    repeated = pd.DataFrame({"name": name, "user": user, "time": time, "content": content}).duplicated().to_numpy()
    tally.drop(REPEATED, int(repeated.sum()))
    gone = repeated[owner]
    inside.drop(REPEATED, int(gone.sum()))
    inside.drop(NOT_IN_NEWS, int((~gone & (news < 0)).sum()))
    kept = ~gone & (news >= 0)
    owner, news = owner[kept], news[kept]
    number = name if "impression" in columns else np.arange(count)
    impressions, clicks = grouped(Rows(number[owner], user[owner], time[owner], news, is_clicked[kept]))
    inside.drop(TWICE, len(news) - len(impressions.clicked))
    tally.drop(JOINED, count - int(repeated.sum()) - impressions.candidates.count)
    impressions, without = _with_a_click(impressions)
    tally.drop(NO_CLICK, len(without))
    inside.drop(NO_CLICK, int(without.sum()))
    tally.used, inside.used = impressions.candidates.count, len(impressions.clicked)
    return impressions, clicks, last
