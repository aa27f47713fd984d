"""The demo corpus as a whole: which news there are, who is shown what in train and in dev, and its files.

The news stand in the order of their age. Histories are of the oldest, local news before all others; the impressions of train show
the middle part, and those of dev show the newest of the middle part and news that train does not have at all:

    rows   0 ........... OLDER ........... FRESH ........... TRAIN_NEWS ........... ALL_NEWS
           histories     shown in train    also in dev       shown in dev alone
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nrms_np.data.demo.draw import Draw
from nrms_np.data.demo.files import DAYS, TRUTH, behaviors_lines, news_line, truth_line, write_lines
from nrms_np.data.demo.headlines import Headline, headlines
from nrms_np.data.demo.towns import local_news
from nrms_np.data.demo.users import Impression, impressions, users

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
    everyone = users(TRAIN_USERS + NEW_USERS, news[:OLDER], Draw(seed, 2))
    # Each user in turn, so that every one of them is there.
    audience = [everyone[place % TRAIN_USERS] for place in range(TRAIN_IMPRESSIONS)]
    train = impressions(audience, news, range(OLDER, TRAIN_NEWS), Draw(seed, 3))
    # As many users that train does not have as users it has, whose clicks in train have become history.
    clicked: dict[str, list[int]] = defaultdict(list)
    for one in train:
        clicked[one.user.name] += one.rows_clicked()
    later = [user._replace(history=user.history + clicked[user.name]) for user in everyone[TRAIN_USERS - NEW_USERS :]]
    draw = Draw(seed, 4)
    audience = [draw.choice(later) for _ in range(DEV_IMPRESSIONS)]
    dev = impressions(audience, news, range(FRESH, ALL_NEWS), draw)
    known = {row for one in dev for row in [*one.user.history, *one.shown]}
    return Corpus(news, Part(list(range(TRAIN_NEWS)), train), Part(sorted(known), dev))


def write(folder: Path, seed: int) -> str:
    """Write the demo corpus of a seed into a folder; returns the summary.

    Raises NrmsError when a file cannot be written.
    """
    made = corpus(seed)
    for name, part in (("train", made.train), ("dev", made.dev)):
        news = ((row, made.headlines[row]) for row in part.news)
        lines = (news_line(row, one.topic, "pair" if one.decoy else "plain", one.title) for row, one in news)
        write_lines(folder / name / "news.tsv", lines)
        shown = [(one.user.name, one.user.history, one.shown, one.clicked) for one in part.impressions]
        write_lines(folder / name / "behaviors.tsv", behaviors_lines(shown, len(shown), DAYS[name]))
    true = (truth_line(str(number), one.permille) for number, one in enumerate(made.dev.impressions, start=1))
    write_lines(folder / "dev" / TRUTH, true)
    return _summary(folder, made)


def _summary(folder: Path, made: Corpus) -> str:
    dev = made.dev.impressions
    clicks = Counter(row for one in made.train.impressions for row in one.rows_clicked())
    popularity = _mean_auc([[clicks[row] for row in one.shown] for one in dev], dev)
    best = _mean_auc([one.permille for one in dev], dev)
    pairs = np.mean([headline.decoy != "" for headline in made.headlines])
    local = np.mean([one.user.taste.rival != "" for one in made.train.impressions])
    return "\n".join([
        f"wrote {folder}",
        f"{'':>6} {'news':>8} {'users':>8} {'impressions':>12} {'clicks':>8} {'candidates':>11}",
        _counts("train", made.train),
        _counts("dev", made.dev),
        f"{pairs:.0%} of the headlines have a topic that only a pair of words tells",
        f"{local:.0%} of the impressions are of users whose liked topic only a pair of clicks tells",
        f"dev AUC of popularity (clicks in train)      {popularity:.4f}",
        f"dev AUC of the best possible ranking         {best:.4f}",
    ])  # fmt: skip


def _mean_auc(scores: Sequence[Sequence[int]], shown: Sequence[Impression]) -> float:
    """Over the impressions, each with a click and a non-click; ties count one half."""
    aucs = []
    for values, one in zip(scores, shown, strict=True):
        clicked = np.array(one.clicked)
        above = np.subtract.outer(np.array(values)[clicked], np.array(values)[~clicked])
        aucs.append(np.mean((above > 0) + 0.5 * (above == 0)))
    return float(np.mean(aucs))


def _counts(name: str, part: Part) -> str:
    users = len({one.user.name for one in part.impressions})
    clicks = sum(sum(one.clicked) for one in part.impressions)
    shown = sum(len(one.shown) for one in part.impressions)
    return f"{name:>6} {len(part.news):8,} {users:8,} {len(part.impressions):12,} {clicks:8,} {shown:11,}"
