"""The headlines of the demo corpus, from a small grammar.

    headline := [opener] core [place] [time]
    core     := a frame with an ambiguous pair (pairs.py)  or  subject verb object, which belong to one topic

The topic depends on the core alone, the appeal on the opener alone.
"""

from __future__ import annotations

from typing import NamedTuple

from nrms_np.data.demo.draw import Draw, different
from nrms_np.data.demo.pairs import BLOCKS

# topic: subjects / verbs / objects. A plain headline is one of each.
_TEXT = """
sports: Quarterback, Home Side, Veteran Coach, Goalkeeper, Star Striker, Champion
 / Wins, Scores in, Defends, Misses, Dominates / Playoff Game, Overtime Thriller, Season Opener, Cup Final, League Title
space: Astronaut, NASA, Mars Rover, Telescope, Space Station, Lunar Probe
 / Orbits, Explores, Photographs, Approaches, Discovers / Red Planet, Distant Moon, Asteroid Belt, Black Hole, Comet Dust
technology: Smartphone Maker, Software Giant, Programmer, Robot, Chatbot, Hacker
 / Encrypts, Unveils, Patches, Reboots, Streamlines / Search Engine, Web Server, Gaming Console, Wireless Network, Video App
finance: Investor, Wall Street, Central Banker, Stockbroker, Hedge Fund, Retail Lender
 / Invests in, Sells, Bets on, Lowers, Audits / Interest Rates, Mortgage Debt, Quarterly Earnings, Pension Plan, Dividends
food: Pastry Chef, Bakery, Diner, Grandmother, Butcher, Barista
 / Bakes, Grills, Serves, Tastes, Seasons / Chocolate Cake, Spicy Noodles, Garlic Bread, Chicken Soup, Cheese Platter
health: Doctors, Nurses, Surgeons, Patients, Researchers, Pharmacists
 / Diagnose, Prevent, Treat, Study, Warn of / Flu Symptoms, Heart Disease, Chronic Pain, Sleep Disorder, Blood Pressure
travel: Tourists, Backpackers, Cruise Guests, Hotel Guests, Passengers, Hikers
 / Visit, Drift Through, Depart for, Enjoy, Return From / Island Resort, Ancient Ruins, Mountain Trail, Beach Town, Airport
movies: Director, Actress, Film Studio, Screenwriter, Oscar Winner, Stuntman
 / Films, Premieres, Casts, Rewrites, Narrates / Horror Sequel, Superhero Trilogy, Romantic Comedy, Silent Classic, Spy Drama
music: Singer, Guitarist, Orchestra, Rapper, Choir, Drummer
 / Sings, Composes, Performs, Records, Rehearses / Debut Album, Symphony, Love Ballad, Acoustic Concert, Folk Melody
cars: Mechanic, Carmaker, Test Driver, Dealership, Racing Engineer, Garage
 / Repairs, Drives, Tunes, Recalls, Restores / Hybrid Sedan, Electric Coupe, Diesel Motor, Vintage Roadster, Brake Pads
weather: Forecaster, Meteorologist, Storm Chaser, Weather Service, Radar Station, Snowplow Pilot
 / Predicts, Follows, Expects, Reports, Braces for / Heavy Snow, Gusty Winds, Freezing Fog, Summer Heatwave, Hail Showers
animals: Zookeeper, Puppy, Elephant, Kitten, Veterinarian, Owl
 / Rescues, Feeds, Chases, Adopts, Sniffs / Baby Giraffe, Stray Dog, Rabbit Litter, Wild Horse, Panda Cub
politics: Congress, Governor, Mayor, Lawmaker, President, Prime Minister
 / Vetoes, Debates, Passes, Attacks, Campaigns for / Immigration Bill, Election Law, Trade Treaty, Senate Hearing, Budget
"""

# Words around the headline that belong to no topic.
PLACES = ("Denver", "Ohio", "Texas", "London", "Seattle", "Florida", "Paris")
TIMES = ("This Week", "on Friday", "Once More", "Over the Weekend", "in November", "Today")

# An opener makes users curious or bores them; beside it what it adds to the log-odds of a click. Two headlines of five have none.
APPEAL = 1.4
OPENERS = (
    (("Exclusive:", "Revealed:", "Must Read:"), APPEAL),
    (("Archive:", "Opinion:", "Reader Letter:"), -APPEAL),
    (("Report:", "Update:", "In Brief:"), 0.0),
    (("",), 0.0),
    (("",), 0.0),
)
PAIR_PERMILLE = 520


PLAIN = {
    topic: tuple(tuple(phrase.strip() for phrase in part.split(",")) for part in parts.split("/"))
    for topic, parts in (entry.split(":") for entry in _TEXT.replace("\n /", " /").strip().split("\n"))
}
TOPICS: tuple[str, ...] = tuple(PLAIN)


class Headline(NamedTuple):
    """A title and what is known about it.

    topic:  one of TOPICS, or of local news (towns.py).
    decoy:  the other topic that its words stand for in other pairs; "" for a plain headline, whose words have one topic.
    title:  as it stands in news.tsv.
    appeal: what its opener adds to the log-odds of a click.
    """

    topic: str
    decoy: str
    title: str
    appeal: float


def headlines(count: int, draw: Draw) -> list[Headline]:
    """`count` headlines, no title twice: equal titles make equal headlines."""
    return different(count, lambda: _headline(draw))


def _headline(draw: Draw) -> Headline:
    if draw.chance(PAIR_PERMILLE):
        block = draw.choice(BLOCKS)
        name, context = draw.below(2), draw.below(2)
        topic, decoy = block.topic(name, context), block.topic(name, 1 - context)
        core = draw.choice(block.frames[context]).format(block.names[name])
    else:
        topic, decoy = draw.choice(TOPICS), ""
        core = " ".join(draw.choice(phrases) for phrases in PLAIN[topic])
    openers, appeal = draw.choice(OPENERS)
    title = f"{draw.choice(openers)} {core}".strip()
    # Short headlines always get a place or a time, so that titles have about 6 to 14 words.
    if draw.chance(300) or len(title.split()) < 5:
        title += " in " + draw.choice(PLACES)
    if draw.chance(300) or len(title.split()) < 6:
        title += " " + draw.choice(TIMES)
    return Headline(topic, decoy, title, appeal)
