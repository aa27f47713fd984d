"""The demo corpus as a whole: which news there are and who is shown what in train and in dev.

The news stand in the order of their age. Histories are of the oldest, the impressions of train show the middle part, and
those of dev show the newest of the middle part and news that train does not have at all:

    rows   0 ........... OLDER ........... FRESH ........... TRAIN_NEWS ........... ALL_NEWS
           histories     shown in train    also in dev       shown in dev alone
"""

from __future__ import annotations

from typing import NamedTuple

from nrms_np.data.demo.draw import Draw
from nrms_np.data.demo.headlines import Headline, headlines
from nrms_np.data.demo.impressions import Impression, impressions
from nrms_np.data.demo.users import User, users

OLDER, FRESH, TRAIN_NEWS, ALL_NEWS = 800, 1400, 2200, 2800
TRAIN_USERS, NEW_USERS = 4600, 250
TRAIN_IMPRESSIONS, DEV_IMPRESSIONS = 5000, 1000


class Part(NamedTuple):
    """One split: the rows of the news its news.tsv has, and its impressions in the order of time."""

    news: list[int]
    impressions: list[Impression]


class Corpus(NamedTuple):
    """All headlines, and the two splits."""

    headlines: list[Headline]
    train: Part
    dev: Part


def corpus(seed: int) -> Corpus:
    """The demo corpus of a seed, always the same one."""
    news = headlines(ALL_NEWS, Draw(seed, 1))
    everyone = users([f"U{number + 1}" for number in range(TRAIN_USERS + NEW_USERS)], news, OLDER, Draw(seed, 2))
    # Each user in turn, so that every one of them is there.
    audience = [everyone[place % TRAIN_USERS] for place in range(TRAIN_IMPRESSIONS)]
    train = impressions(audience, news, range(OLDER, TRAIN_NEWS), Draw(seed, 3))
    # As many users that train does not have as users it has.
    some, draw = _with_clicks(everyone, train)[TRAIN_USERS - NEW_USERS :], Draw(seed, 4)
    audience = [draw.choice(some) for _ in range(DEV_IMPRESSIONS)]
    dev = impressions(audience, news, range(FRESH, ALL_NEWS), draw)
    known = {row for one in dev for row in [*one.user.history, *one.shown]}
    return Corpus(news, Part(list(range(TRAIN_NEWS)), train), Part(sorted(known), dev))


def _with_clicks(everyone: list[User], shown: list[Impression]) -> list[User]:
    """The users with what they clicked in `shown` added to their histories."""
    histories = {user.name: list(user.history) for user in everyone}
    for one in shown:
        histories[one.user.name] += one.rows_clicked()
    return [user._replace(history=histories[user.name]) for user in everyone]
