"""The two towns of the demo corpus: pairs of clicks that tell what a user likes only together.

Half of the users click local news: those of the town they live in, and those of the town they work in. Who lives and works in the
same town likes food; who commutes to the other town likes cars. Homes and works are crossed:

                            works in Ashby   works in Norton
        lives in Ashby           food             cars
        lives in Norton          cars             food

Each of the four kinds of local news is clicked equally often by the friends of food and of cars. So no click says anything about
which of the two a user likes, and no sum of clicks does either. It is the exclusive or of pairs.py one level up, over the clicks
of a history instead of the words of a title: self-attention over the history sees pairs of clicks, a sum of clicks does not.
"""

from __future__ import annotations

from itertools import product

from nrms_np.data.demo.draw import Draw
from nrms_np.data.demo.headlines import TIMES, Headline

TOWNS = ("Ashby", "Norton")
# What they like who live and work in the same town, and who commute.
STAYING, COMMUTING = "food", "cars"

# Local news are a town, a subject and a verb with its object.
_TEXT = {
    "home": (
        ("Kindergarten", "Primary School", "Playground", "Swimming Pool", "Library"),
        ("Closes for Repairs", "Looks for Volunteers", "Gets New Paint", "Invites Its Neighbors", "Asks for Silence"),
    ),
    "work": (
        ("Office Park", "Paper Mill", "Shipyard", "Industrial Estate", "Warehouse"),
        ("Hires Extra Staff", "Changes Working Hours", "Extends the Canteen", "Signs a Wage Agreement", "Adds a Shift"),
    ),
}


def liked_topic(home: int, work: int) -> str:
    """What a user likes who lives in town 0 or 1 and works in town 0 or 1: the exclusive or of the two."""
    return (STAYING, COMMUTING)[home ^ work]


def local_topic(town: int, sphere: str) -> str:
    """The topic in news.tsv of local news for those who live in town 0 or 1 ("home"), or who work there ("work")."""
    return f"{TOWNS[town].lower()}-{sphere}"


def local_news(draw: Draw) -> list[Headline]:
    """The local news of both towns."""
    return [
        Headline(local_topic(town, sphere), "", f"{TOWNS[town]} {subject} {verb} {draw.choice(TIMES)}", 0.0)
        for town, (sphere, (subjects, verbs)) in product((0, 1), _TEXT.items())
        for subject, verb in product(subjects, verbs)
    ]
