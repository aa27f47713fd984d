"""The users of the demo corpus: what they like, what they clicked before, which news they are shown and which they click.

    P(click) = sigmoid(BIAS + INTEREST · (how much the user likes the topic) + (appeal of the headline))

Because this probability is known, so is the best ranking anyone could make of an impression: the one by P(click). Its AUC is
the most that a model can reach; it is below 1 because clicks are drawn.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nrms_np.data.demo.draw import Draw, Weighted, different
from nrms_np.data.demo.headlines import APPEAL, TOPICS, Headline
from nrms_np.data.demo.towns import liked_topic, local_topic

BIAS = -5.0
INTEREST = 5.0
# How much users like the topics of their interest, strongest first: one topic (half of the users), two or three.
LIKING = ((1.0,), (1.0,), (1.0, 0.9), (1.0, 0.9, 0.8))
# Some topics have more friends than others; in the order of TOPICS.
FRIENDS = Weighted((34, 27, 22, 17, 13, 10, 8, 7, 6, 5, 4, 4, 4))
# How long histories are: the shortest and longest, and how many of a thousand users have one of such a length.
LENGTHS = ((0, 0, 20), (1, 1, 15), (2, 5, 30), (6, 12, 320), (13, 25, 430), (26, 49, 130), (55, 100, 55))
STRAY_PERMILLE = 60
# How many of a thousand users click local news (towns.py), not what they like.
LOCAL_PERMILLE = 500
# A few news are shown more often than others, as on a front page, and editors prefer what gets clicks.
FRONT_PAGE = (8, 4, 2, 1, 1, 1)
PREFERENCE = {APPEAL: 5, 0.0: 3, -APPEAL: 1}
# How many of a thousand places on pages are chosen by topic, by words alone, by single clicks alone, and not for the user.
CHOSEN_BY = Weighted((120, 230, 150, 500))
BY_TOPIC, BY_WORDS, BY_CLICKS, BY_CHANCE = range(4)


class Taste(NamedTuple):
    """What a user likes and what tells so.

    liking: how much the user likes each topic; others 0.
    clicks: the topics clicked so far, and how often relative to each other.
    rival:  the topic that each single click speaks for as much as for the one that is liked; "" if there is none.
    """

    liking: dict[str, float]
    clicks: dict[str, float]
    rival: str


class User(NamedTuple):
    """A name, a taste, and the rows of the news clicked before, oldest first."""

    name: str
    taste: Taste
    history: list[int]


def click_permille(user: User, headline: Headline) -> int:
    """P(click) in thousandths, a whole number so that no rounding of the machine can change a draw."""
    log_odds = BIAS + INTEREST * user.taste.liking.get(headline.topic, 0.0) + headline.appeal
    return round(1000 / (1 + math.exp(-log_odds)))


def users(count: int, news: Sequence[Headline], draw: Draw) -> list[User]:
    """Users U1, U2 and so on, with a history among `news`."""
    by_topic: dict[str, list[int]] = {}
    for row, headline in enumerate(news):
        by_topic.setdefault(headline.topic, []).append(row)
    return [_user(f"U{number}", by_topic, draw) for number in range(1, count + 1)]


def _user(name: str, by_topic: dict[str, list[int]], draw: Draw) -> User:
    taste = _local_taste(draw) if draw.chance(LOCAL_PERMILLE) else _topics_taste(draw)
    shortest, longest, _ = LENGTHS[Weighted([permille for *_, permille in LENGTHS]).one(draw)]
    length = shortest + draw.below(longest - shortest + 1)
    # Tastes change: what users clicked before their last 50 clicks says nothing about them any more.
    older = _clicks(_topics_taste(draw), length - 50, by_topic, draw)
    return User(name, taste, older + _clicks(taste, min(length, 50), by_topic, draw))


def _topics_taste(draw: Draw) -> Taste:
    strengths = draw.choice(LIKING)
    topics = different(len(strengths), lambda: TOPICS[FRIENDS.one(draw)])
    liking = dict(zip(topics, strengths, strict=True))
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


class Impression(NamedTuple):
    """What a user was shown: rows of news, the probability of a click on each in thousandths, and what was clicked."""

    user: User
    shown: list[int]
    permille: list[int]
    clicked: list[bool]

    def rows_clicked(self) -> list[int]:
        """The rows of the news that were clicked."""
        return [row for row, clicked in zip(self.shown, self.clicked, strict=True) if clicked]


def impressions(audience: Sequence[User], news: Sequence[Headline], pool: range, draw: Draw) -> list[Impression]:
    """One impression per user of the audience, of 8 to 20 news out of the rows `pool`."""
    shelf = Shelf(news, pool, draw)
    found = []
    for user in audience:
        shown = shelf.page(user, 8 + draw.below(13), draw)
        chances = [click_permille(user, news[row]) for row in shown]
        clicked: list[bool] = []
        while all(clicked) or not any(clicked):  # each impression of MIND has a click and a non-click
            clicked = [draw.chance(chance) for chance in chances]
        found.append(Impression(user, shown, chances, clicked))
    return found


class Shelf:
    """The news that can be shown, sorted by topic and by decoy.

    A page is chosen by an editor who knows the user's topics and by two clumsy robots. One only matches words: to a friend of
    space it shows "Rockets win", because the word occurs in space news. The other only counts clicks: to a commuter it shows
    food, because others of the same town click that. These are the candidates that a bag of words or of clicks gets wrong.
    """

    def __init__(self, news: Sequence[Headline], pool: range, draw: Draw) -> None:
        often = np.array([draw.choice(FRONT_PAGE) * PREFERENCE[news[row].appeal] for row in pool])
        topics, decoys = np.array([(news[row].topic, news[row].decoy) for row in pool]).T
        self.pool = pool
        self.all = Weighted(often)
        self.topics = {topic: Weighted(often * (topics == topic)) for topic in TOPICS}
        self.decoys = {topic: Weighted(often * (decoys == topic)) for topic in TOPICS}

    def page(self, user: User, count: int, draw: Draw) -> list[int]:
        """`count` different rows of news to show to a user, in no particular order."""
        return [self.pool[place] for place in different(count, lambda: self._source(user, draw).one(draw))]

    def _source(self, user: User, draw: Draw) -> Weighted:
        chosen_by = CHOSEN_BY.one(draw)
        if chosen_by == BY_CLICKS and user.taste.rival:
            return self.topics[user.taste.rival]
        if chosen_by in (BY_CLICKS, BY_CHANCE):
            return self.all
        liked = draw.choice(list(user.taste.liking))
        return self.topics[liked] if chosen_by == BY_TOPIC else self.decoys[liked]
