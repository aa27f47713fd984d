"""The users of the demo corpus: what they like, what they clicked before, and how likely they are to click now.

    P(click) = sigmoid(BIAS + INTEREST · (how much the user likes the topic) + (appeal of the headline))

Because this probability is known, so is the best ranking anyone could make of an impression: the one by P(click). Its AUC is
the most that a model can reach; it is below 1 because clicks are drawn.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from nrms_np.data.demo.draw import Draw, Weighted
from nrms_np.data.demo.headlines import TOPICS, Headline
from nrms_np.data.demo.towns import liked_topic, local_topic

BIAS = -5.0
INTEREST = 5.0
# How much a user likes the topics of his interest, strongest first: one topic (half of the users), two or three.
LIKING = ((1.0,), (1.0,), (1.0, 0.9), (1.0, 0.9, 0.8))
# Some topics have more friends than others; in the order of TOPICS.
FRIENDS = (34, 27, 22, 17, 13, 10, 8, 7, 6, 5, 4, 4, 4)
# How long histories are: the shortest and longest, and how many users in a thousand have such a one.
LENGTHS = ((0, 0, 20), (1, 1, 15), (2, 5, 30), (6, 12, 320), (13, 25, 430), (26, 49, 130), (55, 100, 55))
STRAY_PERMILLE = 60
# So many users in a thousand click local news (towns.py), not what they like.
LOCAL_PERMILLE = 500


class Taste(NamedTuple):
    """What a user likes and what tells so.

    liking: how much he likes each topic; others 0.
    clicks: the topics he clicked so far, and how often relative to each other.
    rival:  the topic that each single click of his speaks for as much as for the one he likes; "" if there is none.
    """

    liking: dict[str, float]
    clicks: dict[str, float]
    rival: str


class User(NamedTuple):
    """A name, a taste, and the rows of the news clicked before, oldest first."""

    name: str
    taste: Taste
    history: list[int]


def permille(user: User, headline: Headline) -> int:
    """P(click) in thousandths, a whole number so that no rounding of the machine can change a draw."""
    log_odds = BIAS + INTEREST * user.taste.liking.get(headline.topic, 0.0) + headline.appeal
    return round(1000 / (1 + math.exp(-log_odds)))


def users(names: Sequence[str], news: Sequence[Headline], draw: Draw) -> list[User]:
    """Users with a history among `news`."""
    by_topic: dict[str, list[int]] = {}
    for row, headline in enumerate(news):
        by_topic.setdefault(headline.topic, []).append(row)
    return [_user(name, by_topic, draw) for name in names]


def _user(name: str, by_topic: dict[str, list[int]], draw: Draw) -> User:
    taste = _local_taste(draw) if draw.chance(LOCAL_PERMILLE) else _topics_taste(draw)
    shortest, longest, _ = LENGTHS[Weighted([permille for *_, permille in LENGTHS]).one(draw)]
    length = shortest + draw.below(longest - shortest + 1)
    # Tastes change: what a user clicked before his last 50 clicks says nothing about him any more.
    older = _clicks(_topics_taste(draw), length - 50, by_topic, draw)
    return User(name, taste, older + _clicks(taste, min(length, 50), by_topic, draw))


def _topics_taste(draw: Draw) -> Taste:
    strengths = draw.choice(LIKING)
    topics = Weighted(FRIENDS).some(draw, len(strengths))
    liking = {TOPICS[topic]: strength for topic, strength in zip(topics, strengths, strict=True)}
    return Taste(liking, clicks=liking, rival="")


def _local_taste(draw: Draw) -> Taste:
    home, work = draw.below(2), draw.below(2)
    clicks = {local_topic(home, "home"): 1.0, local_topic(work, "work"): 1.0}
    return Taste({liked_topic(home, work): 1.0}, clicks, rival=liked_topic(home, 1 - work))


def _clicks(taste: Taste, length: int, by_topic: dict[str, list[int]], draw: Draw) -> list[int]:
    topics = list(taste.clicks)
    weighted = Weighted([round(10 * strength) for strength in taste.clicks.values()])
    clicks = []
    for _ in range(length):
        topic = draw.choice(TOPICS) if draw.chance(STRAY_PERMILLE) else topics[weighted.one(draw)]
        clicks.append(draw.choice(by_topic[topic]))
    return clicks
