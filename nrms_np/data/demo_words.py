"""The plain words of the demo corpus: for each topic the subjects, verbs and objects that belong to it alone."""

from __future__ import annotations

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

# An opener makes the reader curious or bores him; how much is said in demo_headlines.py.
HOOKS = ("Exclusive:", "Revealed:", "Must Read:")
DULL = ("Archive:", "Opinion:", "Reader Letter:")
NEUTRAL = ("Report:", "Update:", "Local News:")


def _parts(text: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(phrase.strip() for phrase in part.split(",")) for part in text.split("/"))


def _topics() -> dict[str, tuple[tuple[str, ...], ...]]:
    entries = (line.partition(":") for line in _TEXT.replace("\n /", " /").strip().split("\n"))
    return {topic: _parts(text) for topic, _, text in entries}


PLAIN: dict[str, tuple[tuple[str, ...], ...]] = _topics()
TOPICS: tuple[str, ...] = tuple(PLAIN)
