"""The headlines of the demo corpus, from a small grammar.

    headline := [opener] core [place] [time]
    core     := a frame with an ambiguous pair (demo_pairs.py)  or  subject verb object (demo_words.py)

The topic depends on the core alone, the appeal on the opener alone.
"""

from __future__ import annotations

from typing import NamedTuple

from nrms_np.data.demo_draw import Draw
from nrms_np.data.demo_pairs import BLOCKS
from nrms_np.data.demo_words import DULL, HOOKS, NEUTRAL, PLACES, PLAIN, TIMES, TOPICS

# How much an opener adds to the log-odds of a click.
APPEAL = 1.4
PAIR_PERMILLE = 520


class Headline(NamedTuple):
    """A title and what is known about it.

    topic:  one of TOPICS.
    decoy:  the other topic that its words stand for in other pairs; "" for a plain headline, whose words have one topic.
    title:  as it stands in news.tsv.
    appeal: what its opener adds to the log-odds of a click.
    """

    topic: str
    decoy: str
    title: str
    appeal: float


def headlines(count: int, draw: Draw) -> list[Headline]:
    """`count` headlines, no title twice."""
    found: dict[str, Headline] = {}
    while len(found) < count:
        headline = _headline(draw)
        found.setdefault(headline.title, headline)
    return list(found.values())


def _headline(draw: Draw) -> Headline:
    topic, decoy, core = _pair_core(draw) if draw.chance(PAIR_PERMILLE) else _plain_core(draw)
    opener, appeal = _opener(draw)
    title = f"{opener} {core}".strip()
    # Short headlines always get a place or a time, so that titles have about 6 to 14 words.
    if draw.chance(300) or len(title.split()) < 5:
        title += " in " + draw.choice(PLACES)
    if draw.chance(300) or len(title.split()) < 6:
        title += " " + draw.choice(TIMES)
    return Headline(topic, decoy, title, appeal)


def _pair_core(draw: Draw) -> tuple[str, str, str]:
    block = draw.choice(BLOCKS)
    name, context = draw.below(2), draw.below(2)
    core = draw.choice(block.frames[context]).format(block.names[name])
    return block.topic(name, context), block.topic(name, 1 - context), core


def _plain_core(draw: Draw) -> tuple[str, str, str]:
    topic = draw.choice(TOPICS)
    return topic, "", " ".join(draw.choice(phrases) for phrases in PLAIN[topic])


def _opener(draw: Draw) -> tuple[str, float]:
    openers, appeal = draw.choice(((HOOKS, APPEAL), (DULL, -APPEAL), (NEUTRAL, 0.0), (("",), 0.0), (("",), 0.0)))
    return draw.choice(openers), appeal
