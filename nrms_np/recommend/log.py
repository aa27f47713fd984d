"""What the log of a split says: what a user clicked, and when news were first shown."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from nrms_np.data.dataset import Split
from nrms_np.data.news import News
from nrms_np.data.table import read_table
from nrms_np.errors import DataError, NrmsError

MIND_TIME = "%m/%d/%Y %I:%M:%S %p"


def history_of_user(split: Split, user: str) -> list[str]:
    """The clicked ids before a user's last impression in the log, of those with a candidate that news.tsv has; oldest first.

    Raises DataError when no such impression is this user's.
    """
    users = split.behaviors.users
    if user not in users:
        path = split.folder / "behaviors.tsv"
        raise DataError(path, f"no impression is of a user {user!r}; give the second column of one of its rows.")
    last = len(users) - 1 - users[::-1].index(user)
    return [split.news.ids[row] for row in split.behaviors.histories.sequence(last).tolist()]


def ids_in_file(path: Path, news: News) -> list[str]:
    """The news ids of a file, one a line. Raises DataError for one that the split lacks."""
    ids = []
    for line, (news_id,) in read_table(path, ("id",)):
        if news_id not in news.row:
            raise DataError(path, f"the news {news_id!r} is not in the split's news.tsv.", line)
        ids.append(news_id)
    return ids


def parse_time(text: str) -> datetime:
    """A time as MIND writes it, 11/15/2019 8:30:00 AM, or in ISO format; UTC unless it says another zone.

    Raises NrmsError for another format.
    """
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        try:
            time = datetime.strptime(text, MIND_TIME)
        except ValueError:
            raise NrmsError(f"{text!r} is not a time; write it as 2019-11-15 08:30 or 11/15/2019 8:30:00 AM.") from None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def shown_since(split: Split, since: datetime) -> list[str]:
    """The news that were first shown in the impressions of a split at this time or later, in the order of news.tsv.

    News never shown are not among them. Raises DataError where a time of the file is not as MIND writes it.
    """
    times, candidates = split.behaviors.seconds, split.behaviors.candidates
    if np.isnan(times).any():
        impression = split.behaviors.impression_ids[int(np.isnan(times).argmax())]
        problem = f"the time of the impression {impression!r} is not written as 11/15/2019 8:30:00 AM; --since needs all times."
        raise DataError(split.folder / "behaviors.tsv", problem)
    first = np.full(len(split.news.ids), np.inf)
    np.minimum.at(first, candidates.index, np.repeat(times, candidates.lengths))
    late = (first >= since.timestamp()) & np.isfinite(first)
    return [split.news.ids[row] for row in np.flatnonzero(late)]
