"""What the demo corpus shows its readers."""

from __future__ import annotations

from nrms_np.data.demo_clicks import User
from nrms_np.data.demo_draw import Draw, Weighted
from nrms_np.data.demo_headlines import APPEAL, Headline
from nrms_np.data.demo_words import TOPICS

# A few news are shown more often than others, as on a front page, and editors prefer what gets clicks.
FRONT_PAGE = (8, 4, 2, 1, 1, 1)
PREFERENCE = {APPEAL: 5, 0.0: 3, -APPEAL: 1}
# In a thousand places of a page so many are chosen for the reader: by topic, and by words alone.
BY_TOPIC_PERMILLE, BY_WORDS_PERMILLE = 120, 230


class Shelf:
    """The news that can be shown, sorted by topic and by decoy.

    A page is chosen by an editor who knows the reader's topics and by a clumsy robot that only matches words: to a friend of
    space it shows "Rockets win", because the word occurs in space news. These are the candidates that a bag of words gets wrong.
    """

    def __init__(self, news: list[Headline], pool: list[int], draw: Draw) -> None:
        often = [draw.choice(FRONT_PAGE) * PREFERENCE[news[row].appeal] for row in pool]
        self.pool = pool
        self.all = Weighted(often)
        self.topics = {topic: self._masked(often, [news[row].topic == topic for row in pool]) for topic in TOPICS}
        self.decoys = {topic: self._masked(often, [news[row].decoy == topic for row in pool]) for topic in TOPICS}

    @staticmethod
    def _masked(often: list[int], wanted: list[bool]) -> Weighted:
        return Weighted([weight * keep for weight, keep in zip(often, wanted, strict=True)])

    def page(self, reader: User, count: int, draw: Draw) -> list[int]:
        """`count` different rows of news to show to a reader, in no particular order."""
        places: dict[int, None] = {}
        liked = list(reader.liking)
        while len(places) < count:
            lot = draw.below(1000)
            if lot < BY_TOPIC_PERMILLE:
                source = self.topics[draw.choice(liked)]
            elif lot < BY_TOPIC_PERMILLE + BY_WORDS_PERMILLE:
                source = self.decoys[draw.choice(liked)]
            else:
                source = self.all
            places[source.one(draw)] = None
        return [self.pool[place] for place in places]
