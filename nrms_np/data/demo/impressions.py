"""The impressions of the demo corpus: which news a user is shown, and which of them he clicks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from nrms_np.data.demo.draw import Draw, Weighted
from nrms_np.data.demo.headlines import APPEAL, TOPICS, Headline
from nrms_np.data.demo.users import User, permille

# A few news are shown more often than others, as on a front page, and editors prefer what gets clicks.
FRONT_PAGE = (8, 4, 2, 1, 1, 1)
PREFERENCE = {APPEAL: 5, 0.0: 3, -APPEAL: 1}
# In a thousand places of a page so many are chosen for the user: by topic, by words alone, and by single clicks alone.
BY_TOPIC_PERMILLE, BY_WORDS_PERMILLE, BY_CLICKS_PERMILLE = 120, 230, 150


class Impression(NamedTuple):
    """What a user was shown: rows of news, the true probability of each in thousandths, and what he clicked."""

    user: User
    shown: list[int]
    permille: list[int]
    clicked: list[bool]

    def rows_clicked(self) -> list[int]:
        """The rows of the news he clicked."""
        return [row for row, clicked in zip(self.shown, self.clicked, strict=True) if clicked]


def impressions(audience: Sequence[User], news: Sequence[Headline], pool: range, draw: Draw) -> list[Impression]:
    """One impression per user of the audience, of 8 to 20 news out of the rows `pool`."""
    shelf = Shelf(news, pool, draw)
    return [_impression(user, news, shelf.page(user, 8 + draw.below(13), draw), draw) for user in audience]


def _impression(user: User, news: Sequence[Headline], shown: list[int], draw: Draw) -> Impression:
    """The clicks of a user on what he was shown: drawn again until there is a click and a non-click, as in MIND."""
    chances = [permille(user, news[row]) for row in shown]
    clicked: list[bool] = []
    while all(clicked) or not any(clicked):
        clicked = [draw.chance(chance) for chance in chances]
    return Impression(user, shown, chances, clicked)


class Shelf:
    """The news that can be shown, sorted by topic and by decoy.

    A page is chosen by an editor who knows the user's topics and by two clumsy robots. One only matches words: to a friend of
    space it shows "Rockets win", because the word occurs in space news. The other only counts clicks: to a commuter it shows
    food, because others of his town click that. These are the candidates that a bag of words or of clicks gets wrong.
    """

    def __init__(self, news: Sequence[Headline], pool: range, draw: Draw) -> None:
        often = [draw.choice(FRONT_PAGE) * PREFERENCE[news[row].appeal] for row in pool]
        weighted = [(news[row], weight) for row, weight in zip(pool, often, strict=True)]
        self.pool = pool
        self.all = Weighted(often)
        self.topics = {name: Weighted([often * (one.topic == name) for one, often in weighted]) for name in TOPICS}
        self.decoys = {name: Weighted([often * (one.decoy == name) for one, often in weighted]) for name in TOPICS}

    def page(self, user: User, count: int, draw: Draw) -> list[int]:
        """`count` different rows of news to show to a user, in no particular order."""
        places: dict[int, None] = {}
        liked = list(user.taste.liking)
        while len(places) < count:
            lot = draw.below(1000)
            if lot < BY_TOPIC_PERMILLE:
                source = self.topics[draw.choice(liked)]
            elif lot < BY_TOPIC_PERMILLE + BY_WORDS_PERMILLE:
                source = self.decoys[draw.choice(liked)]
            elif lot < BY_TOPIC_PERMILLE + BY_WORDS_PERMILLE + BY_CLICKS_PERMILLE and user.taste.rival:
                source = self.topics[user.taste.rival]
            else:
                source = self.all
            places[source.one(draw)] = None
        return [self.pool[place] for place in places]
