"""What the log of a split says: what a user clicked, and when news were first shown."""

from __future__ import annotations

from math import isnan
from pathlib import Path

import numpy as np

from nrms_np.data.dataset import Split
from nrms_np.data.news import News
from nrms_np.data.table import read_table
from nrms_np.data.times import seconds_of
from nrms_np.errors import DataError, NrmsError


def history_of_user(split: Split, user: str) -> list[str]:
    """The ids that a user clicked up to the end of the log, oldest first: the last impression's history, and all clicks beside it.

    Last is the one of the latest time, or of the last row where a time cannot be read. In MIND a history stays as it is through a
    split, so clicks of impressions with this history come after it. Clicks of earlier histories that are not in it were cut off
    from it: they come before.

    Impressions without a candidate that news.tsv has do not count; a split without labels tells the history alone.
    Raises DataError when no impression is this user's.
    """
    behaviors = split.behaviors
    rows = [row for row, name in enumerate(behaviors.users) if name == user]
    if not rows:
        problem = f"no impression is of a user {user!r}; give the second column of one of its rows"
        cure = 'try --split train, or --history "" for a reader without clicks.'
        raise DataError(split.folder / "behaviors.tsv", f"{problem}, {cure}")
    if not np.isnan(behaviors.seconds[rows]).any():
        rows.sort(key=behaviors.seconds.__getitem__)
    history = behaviors.histories.sequence(rows[-1]).tolist()
    before: dict[int, None] = {}
    after: dict[int, None] = {}
    if behaviors.clicked is not None:
        for row in rows:
            start, end = behaviors.candidates.offsets[row : row + 2]
            clicks = behaviors.candidates.index[start:end][behaviors.clicked[start:end]].tolist()
            same = behaviors.histories.sequence(row).tolist() == history
            (after if same else before).update(dict.fromkeys(clicks))
    newer = [click for click in after if click not in history]
    older = [click for click in before if click not in history and click not in after]
    return [split.news.ids[click] for click in [*older, *history, *newer]]


def ids_in_file(path: Path, news: News) -> list[str]:
    """The news ids of a file, one a line. Raises DataError for one that the split lacks."""
    ids = []
    for line, (news_id,) in read_table(path, ("id",)):
        if news_id not in news.row:
            raise DataError(path, f"the news {news_id!r} is not in the split's news.tsv.", line)
        ids.append(news_id)
    return ids


def parse_time(text: str) -> float:
    """The seconds since 1970 of a time as MIND writes it, 11/15/2019 8:30:00 AM, or as the converter reads it: ISO or a number.

    Raises NrmsError for another format.
    """
    if not isnan(seconds := seconds_of(text)):
        return seconds
    from nrms_np.data.convert.cells import NO_TIME, SECOND, times_of  # only now: pandas takes a second to load

    if (time := int(times_of([text])[0])) == NO_TIME:
        raise NrmsError(
            f"{text!r} is not a time; write it as 2019-11-15 08:30, 11/15/2019 8:30:00 AM, or in seconds since 1970."
        )
    return time / SECOND


def shown_since(split: Split, since: float) -> list[str]:
    """The news that were first shown in the impressions of a split at this time or later, in the order of news.tsv.

    since: in seconds since 1970.    News never shown are not among them.
    Raises DataError where a time of the file is not as MIND writes it.
    """
    times, candidates = split.behaviors.seconds, split.behaviors.candidates
    if np.isnan(times).any():
        impression = split.behaviors.impression_ids[int(np.isnan(times).argmax())]
        problem = f"the time of the impression {impression!r} is not written as 11/15/2019 8:30:00 AM; --since needs all times."
        raise DataError(split.folder / "behaviors.tsv", problem)
    first = np.full(len(split.news.ids), np.inf)
    np.minimum.at(first, candidates.index, np.repeat(times, candidates.lengths))
    late = (first >= since) & np.isfinite(first)
    return [split.news.ids[row] for row in np.flatnonzero(late)]
