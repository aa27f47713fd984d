"""The demo corpus as a whole: which news there are, who is shown what in train and in dev, and its files.

The news stand in the order of their age. Histories are of the oldest, local news before all others; the impressions of train show
the middle part, and those of dev show the newest of the middle part and news that train does not have at all:

    rows   0 ........... OLDER ........... FRESH ........... TRAIN_NEWS ........... ALL_NEWS
           histories     shown in train    also in dev       shown in dev alone
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nrms_np.data.demo.draw import Draw
from nrms_np.data.demo.files import behaviors_line, clock, news_line, write_lines
from nrms_np.data.demo.headlines import Headline, headlines
from nrms_np.data.demo.impressions import Impression, impressions
from nrms_np.data.demo.towns import local_news
from nrms_np.data.demo.truth import TRUTH, mean_auc, truth_line
from nrms_np.data.demo.users import User, users

OLDER, FRESH, TRAIN_NEWS, ALL_NEWS = 900, 1500, 2300, 2900
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
    local = local_news(Draw(seed, 5))
    news = local + headlines(ALL_NEWS - len(local), Draw(seed, 1))
    everyone = users([f"U{number + 1}" for number in range(TRAIN_USERS + NEW_USERS)], news[:OLDER], Draw(seed, 2))
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


def write(folder: Path, seed: int) -> str:
    """Write the demo corpus of a seed into a folder; returns the summary.

    Raises NrmsError when a file cannot be written.
    """
    made = corpus(seed)
    for name, part, first_day, days in (("train", made.train, 9, 6), ("dev", made.dev, 15, 1)):
        write_lines(folder / name / "news.tsv", _news(made, part))
        write_lines(folder / name / "behaviors.tsv", _behaviors(part, first_day, days))
    shown = enumerate(made.dev.impressions, start=1)
    write_lines(folder / "dev" / TRUTH, (truth_line(str(number), one.permille) for number, one in shown))
    return _summary(folder, made)


def _news(made: Corpus, part: Part) -> Iterator[str]:
    for row in part.news:
        headline = made.headlines[row]
        yield news_line(row, headline.topic, "pair" if headline.decoy else "plain", headline.title)


def _behaviors(part: Part, first_day: int, days: int) -> Iterator[str]:
    for place, one in enumerate(part.impressions):
        time = clock(place, len(part.impressions), first_day, days)
        yield behaviors_line(place, time, one.user.name, one.user.history, one.shown, one.clicked)


def _summary(folder: Path, made: Corpus) -> str:
    dev = made.dev.impressions
    clicks = Counter(row for one in made.train.impressions for row in one.rows_clicked())
    popularity = mean_auc([[clicks[row] for row in one.shown] for one in dev], [one.clicked for one in dev])
    best = mean_auc([one.permille for one in dev], [one.clicked for one in dev])
    pairs = np.mean([headline.decoy != "" for headline in made.headlines])
    local = np.mean([one.user.taste.rival != "" for one in made.train.impressions])
    lines = [
        f"wrote {folder}",
        f"{'':>6} {'news':>8} {'users':>8} {'impressions':>12} {'clicks':>8} {'candidates':>11}",
        _counts("train", made.train),
        _counts("dev", made.dev),
        f"{pairs:.0%} of the headlines have a topic that only a pair of words tells",
        f"{local:.0%} of the impressions are of users whose liked topic only a pair of clicks tells",
        f"dev AUC of popularity (clicks in train)      {popularity:.4f}",
        f"dev AUC of the best possible ranking         {best:.4f}",
    ]
    return "\n".join(lines)


def _counts(name: str, part: Part) -> str:
    users = len({one.user.name for one in part.impressions})
    clicks = sum(sum(one.clicked) for one in part.impressions)
    shown = sum(len(one.shown) for one in part.impressions)
    return f"{name:>6} {len(part.news):8,} {users:8,} {len(part.impressions):12,} {clicks:8,} {shown:11,}"
