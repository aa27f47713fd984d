"""EB-NeRD, the click log of Ekstra Bladet: articles.parquet, and train/ and validation/ with behaviors.parquet and history.parquet.

A history is what history.parquet holds of the user, then the user's earlier clicks in behaviors.parquet. The splits are those of
the data set; each has a history.parquet of its own, which for validation reaches over the days of train.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nrms_np.data.convert.articles import Articles, read_articles
from nrms_np.data.convert.cells import NO_TIME, known_of, times_of
from nrms_np.data.convert.log import Clicks, histories
from nrms_np.data.convert.shapes import BAD_LIST, BAD_TIME, NOT_IN_NEWS, read_log
from nrms_np.data.convert.split import Part
from nrms_np.data.convert.tables import Table, open_table
from nrms_np.data.convert.tally import Tally
from nrms_np.errors import DataError

SPLITS = {"train": "train", "validation": "dev"}
ARTICLES = {"id": "article_id", "title": "title", "abstract": "subtitle", "category": "category_str"}
BEHAVIORS = {
    "impression": "impression_id", "time": "impression_time", "user": "user_id",
    "shown": "article_ids_inview", "clicked": "article_ids_clicked",
}  # fmt: skip
HISTORY = {"user": "user_id", "time": "impression_time_fixed", "news": "article_id_fixed"}
NOBODY = "the user has no impression in behaviors.parquet"


def read_ebnerd(folder: Path) -> tuple[Articles, list[Part], list[Tally]]:
    """Read the data set from a folder.

    Returns the articles, train and dev, and what was dropped.
    Raises DataError for a file that is missing, damaged or without a needed column, and where nothing can be used.
    """
    table = open_table(folder / "articles.parquet")
    _need(table, ("article_id", "title"))
    articles, tally = read_articles(table, {role: name for role, name in ARTICLES.items() if name in table.columns})
    parts, tallies = [], [tally]
    for theirs, ours in SPLITS.items():
        behaviors, history = (
            open_table(folder / theirs / name, f"{theirs}/{name}") for name in ("behaviors.parquet", "history.parquet")
        )
        _need(behaviors, BEHAVIORS.values())
        _need(history, HISTORY.values())
        log = read_log(behaviors, BEHAVIORS, "lists", articles, seed=0)
        before, counts = _read_history(history, articles, {name: i for i, name in enumerate(log.users)})
        clicks = Clicks(*(np.concatenate(pair) for pair in zip(before, log.clicks, strict=True)))
        parts.append(Part(ours, log.impressions, histories(log.impressions, clicks), log.users, log.names))
        tallies += [*log.tallies, counts]
    return articles, parts, tallies


def _need(table: Table, names: Iterable[str]) -> None:
    for name in names:
        if name not in table.columns:
            raise DataError(table.path, f"EB-NeRD's column {name!r} is missing; found are {', '.join(table.columns)}.")


def _read_history(table: Table, articles: Articles, number: Mapping[str, int]) -> tuple[Clicks, Tally]:
    """The clicks of the users that have a number."""
    tally = Tally(f"clicks in {table.name}")
    parts = [(np.zeros(0, dtype=np.int64),) * 3]
    for chunk in table.chunks(HISTORY):
        rows = zip(
            chunk.lines, known_of(chunk.cells["user"], number), chunk.cells["time"], chunk.cells["news"], strict=True
        )
        users: list[int] = []
        times: list[Any] = []
        news: list[Any] = []
        for line, user, when, what in rows:
            when, what = when or [], what or []
            tally.read += len(what)
            if len(when) != len(what):
                tally.drop(BAD_LIST, len(what), [f"{table.place(line)}: {len(what)} clicks with {len(when)} times"])
            elif user < 0:
                tally.drop(NOBODY, len(what))
            else:
                users += [user] * len(what)
                times += when
                news += what
        part = np.array(users, dtype=np.int64), times_of(times), known_of(news, articles.row)
        bad, unknown = part[1] == NO_TIME, part[2] < 0
        tally.drop(BAD_TIME, int(bad.sum()))
        tally.drop(NOT_IN_NEWS, int((unknown & ~bad).sum()))
        parts.append(tuple(values[~bad & ~unknown] for values in part))
        tally.used += len(parts[-1][0])
    return Clicks(*(np.concatenate(values) for values in zip(*parts, strict=True))), tally
