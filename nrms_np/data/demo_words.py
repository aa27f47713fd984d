"""The plain words of the demo corpus: for each topic the subjects, verbs and objects that belong to it alone."""

from __future__ import annotations

# topic: subjects / verbs / objects. A plain headline is one of each.
_TEXT = """
sports: Quarterback, Home Side, Veteran Coach, Rookie Pitcher, Goalkeeper, Star Striker, Champions, Referee
 / Wins, Scores in, Defends, Misses, Dominates, Sits Out, Trains for
 / Playoff Game, Overtime Thriller, Season Opener, Cup Final, League Title, Home Derby, Championship Match
space: Astronauts, NASA, Mars Rover, Telescope, Space Station, Lunar Probe, Astronomers, Satellite
 / Orbits, Explores, Photographs, Docks With, Discovers, Measures, Lands on
 / Red Planet, Distant Moon, Asteroid Belt, Black Hole, Comet Dust, Solar Storm, Alien World
technology: Smartphone Maker, Software Giant, Programmers, Robot, Chatbot, Hackers, Startup Engineers, Laptop
 / Encrypts, Unveils, Patches, Reboots, Streamlines, Downloads, Automates
 / Search Engine, Operating System, Gaming Console, Wireless Network, Video App, Browser Plugin, Data Center
finance: Investors, Wall Street, Central Banker, Stockbrokers, Hedge Fund, Retail Lender, Tax Adviser, Treasury
 / Invests in, Sells, Bets on, Lowers, Audits, Refinances, Values
 / Interest Rates, Mortgage Debt, Quarterly Earnings, Pension Plan, Dividend Payout, Stock Options, Merger Deal
food: Pastry Chef, Bakery, Diner, Grandmother, Butcher, Barista, Vegan Cook, Pizza Maker
 / Bakes, Grills, Serves, Tastes, Seasons, Roasts, Cooks
 / Chocolate Cake, Spicy Noodles, Garlic Bread, Chicken Soup, Cheese Platter, Apricot Pie, Potato Salad
health: Doctors, Nurses, Surgeon, Patients, Researchers, Pharmacists, Dentist, Psychologist
 / Prescribe, Diagnose, Prevent, Treat, Vaccinate Against, Cure, Warn of
 / Flu Season, Heart Disease, Chronic Pain, Sleep Disorder, Blood Pressure, Skin Allergy, Mental Stress
travel: Tourists, Backpackers, Airline, Hotel Guests, Cruise Ship, Hikers, Passengers, Innkeeper
 / Visit, Drift Through, Depart for, Book, Return From, Wander Around, Vacation in
 / Island Resort, Ancient Ruins, Mountain Trail, Beach Town, Airport Lounge, National Park, Alpine Village
movies: Director, Actress, Film Studio, Screenwriter, Oscar Winner, Stuntman, Box Office, Producer
 / Films, Premieres, Casts, Rewrites, Narrates, Screens, Auditions for
 / Horror Sequel, Superhero Trilogy, Romantic Comedy, Silent Classic, Spy Thriller, Animated Feature, Western Remake
music: Singer, Guitarist, Orchestra, Rapper, Choir, Drummer, Pop Band, Violinist
 / Sings, Composes, Performs, Records, Rehearses, Remixes, Plays
 / Debut Album, Symphony, Love Ballad, Acoustic Concert, Folk Melody, Hit Single, Opera Aria
cars: Mechanic, Carmaker, Test Driver, Dealership, Racing Engineer, Van Owner, Auto Show, Garage
 / Repairs, Drives, Tunes, Recalls, Overtakes, Parks, Restores
 / Hybrid Sedan, Electric Coupe, Diesel Engine, Vintage Roadster, Brake Pads, Luxury Convertible, Sport Wagon
weather: Forecasters, Meteorologist, Storm Chasers, Snowplow, Cold Front, Radar, Tropical Storm, Blizzard
 / Predicts, Follows, Brings, Warns About, Braces for, Clears, Hits
 / Heavy Snow, Gusty Winds, Freezing Fog, Summer Heatwave, Hail Showers, Icy Sidewalks, Coastal Flooding
animals: Zookeeper, Puppy, Elephant, Kittens, Veterinarian, Owl, Wolf Pack, Penguin
 / Rescues, Feeds, Chases, Adopts, Sniffs, Grooms, Hunts
 / Baby Giraffe, Stray Dog, Rabbit Litter, Wild Horse, Panda Cub, Garden Squirrel, Parrot
politics: Congress, Governor, Mayor, Lawmakers, President, Prime Minister, Voters, Ambassador
 / Vetoes, Debates, Elects, Impeaches, Campaigns for, Negotiates, Lobbies for
 / Immigration Bill, Election Law, Trade Treaty, Senate Hearing, Budget Amendment, Border Policy, Peace Accord
"""

# Words around the headline that belong to no topic.
PLACES = ("Denver", "Ohio", "Texas", "London", "Seattle", "Florida", "Oregon", "Toronto", "Miami", "Paris")
TIMES = (
    "This Week",
    "on Friday",
    "Once More",
    "After All",
    "Over the Weekend",
    "in November",
    "Ahead of Schedule",
    "Today",
)

# An opener makes the reader curious or bores him: how much it adds to the log-odds of a click.
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
