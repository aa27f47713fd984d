"""The demo corpus as a whole: which news there are, who is shown what in train and in dev.

The news stand in the order of their age. Histories are of the oldest, the impressions of train show the middle part, and
those of dev show the newest of the middle part and news that train does not have at all:

    rows   0 ........... OLDER ........... FRESH ........... TRAIN_NEWS ........... ALL_NEWS
           histories     shown in train    also in dev       shown in dev alone
"""

from __future__ import annotations

from typing import NamedTuple

from nrms_np.data.demo_clicks import Impression, User, impression, users
from nrms_np.data.demo_draw import Draw
from nrms_np.data.demo_headlines import Headline, headlines
from nrms_np.data.demo_shelf import Shelf

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
    readers = users([f"U{number + 1}" for number in range(TRAIN_USERS + NEW_USERS)], news, OLDER, Draw(seed, 2))
    train = _train(news, readers[:TRAIN_USERS], Draw(seed, 3))
    dev = _dev(news, _with_clicks(readers, train.impressions), Draw(seed, 4))
    return Corpus(news, train, dev)


def _train(news: list[Headline], readers: list[User], draw: Draw) -> Part:
    pool = list(range(OLDER, TRAIN_NEWS))
    # Each user in turn, so that every one of them is there.
    shown = _impressions(news, [readers[place % TRAIN_USERS] for place in range(TRAIN_IMPRESSIONS)], pool, draw)
    return Part(list(range(TRAIN_NEWS)), shown)


def _dev(news: list[Headline], readers: list[User], draw: Draw) -> Part:
    pool = list(range(FRESH, ALL_NEWS))
    # As many users that train does not have as users it has.
    audience = readers[TRAIN_USERS - NEW_USERS :]
    shown = _impressions(news, [draw.choice(audience) for _ in range(DEV_IMPRESSIONS)], pool, draw)
    known = {row for one in shown for row in [*one.user.history, *one.shown]}
    return Part(sorted(known), shown)


def _impressions(news: list[Headline], readers: list[User], pool: list[int], draw: Draw) -> list[Impression]:
    shelf = Shelf(news, pool, draw)
    return [impression(reader, news, shelf.page(reader, 8 + draw.below(13), draw), draw) for reader in readers]


def _with_clicks(readers: list[User], impressions: list[Impression]) -> list[User]:
    """The users with what they clicked in `impressions` added to their histories."""
    histories = {reader.name: list(reader.history) for reader in readers}
    for one in impressions:
        histories[one.user.name] += [row for row, clicked in zip(one.shown, one.clicked, strict=True) if clicked]
    return [reader._replace(history=histories[reader.name]) for reader in readers]
