"""The ambiguous words of the demo corpus: pairs of words that tell the topic only together.

Each block stands for two topics, two names and two context words. The names and the contexts are crossed:

                      win       launch
        Rockets     sports      space
        Mercury      space     sports

Every name and every context word occurs equally often under both topics, and a headline's frame (the words around the pair)
is shared by both names. So no word says anything about which of the two topics it is, and no sum of the words does
either: this is the exclusive or, which needs the *pair*. Self-attention sees pairs; a bag of words does not.
"""

from __future__ import annotations

from typing import NamedTuple


class Block(NamedTuple):
    """Two names and two contexts that tell two topics apart only together.

    topics:   the topic of (first name, first context) and of (second, second); then that of the two other pairs.
    names:    the two ambiguous names.
    contexts: the two context words.
    frames:   for each context word the headlines it stands in, with {} for the name.
    """

    topics: tuple[str, ...]
    names: tuple[str, ...]
    contexts: tuple[str, ...]
    frames: tuple[tuple[str, ...], ...]

    def topic(self, name: int, context: int) -> str:
        """The topic of name 0 or 1 beside context 0 or 1: the exclusive or of the two."""
        return self.topics[name ^ context]


# A block is three lines: the topics and the names; then each context word with its frames.
_TEXT = """
sports space : Rockets Mercury
win    : A Big Win for {} Team / {} Team Celebrates a Hard Fought Win
launch : {} Launch Delights the Crowd / Crowd Cheers as {} Launch Again

movies space : Stars Orion
shine : {} Shine All Night / {} Set to Shine
shoot : {} Shoot Lights up the Night / {} Shoot Seen by Thousands

health movies : Vertigo Insomnia
watch     : What to Know Before {} Watch / Long Night of {} Watch
treatment : {} Gets New Treatment / Fans of Old {} Treatment

finance health : Bank Hospital
drops  : {} Drops Raise Questions / New {} Drops Get a Second Look
checks : {} Checks Are on the Rise / More {} Checks Ordered

technology finance : Shell Oracle
crash   : {} Crash Explained / Users Angry After {} Crash
upgrade : {} Upgrade Explained / {} Upgrade Comes as Surprise

technology food : Apple Java
chips  : New {} Chips Impress Reviewers / {} Chips Sell Out Fast
menu   : A Closer Look at the {} Menu / {} Menu Gets a Makeover

travel food : Turkey Champagne
flights  : {} Flights for Less / Holiday {} Flights Sell Out
bookings : {} Bookings Are Way Up / Holiday {} Bookings Now Open

weather travel : Delta Phoenix
floods : {} Floods in a Single Day / Crowds Flee as {} Floods
fares  : How {} Fares This Winter / {} Fares Better Than Feared

weather cars : Avalanche Cyclone
slides : {} Slides Across the Road / Nobody Hurt as {} Slides
stalls : {} Stalls Near the Coast / Relief as {} Stalls

animals cars : Jaguar Mustang
charges : {} Charges Faster Than Expected / Caught on Camera as {} Charges
tracks  : On the Tracks of a {} / Fresh {} Tracks Draw a Crowd

animals politics : Hawks Doves
circle : {} Circle the Capitol / {} Circle Ahead of Vote
flock  : {} Flock to the Capitol / {} Flock Together

music politics : Prince Queen
anthem : {} Anthem Stirs the Nation / Thousands Sing {} Anthem
charts : {} Charts a New Course / {} Charts a Comeback

sports music : Jazz Blues
score  : {} Score Surprises Everyone / A Late {} Score to Remember
record : {} Record Still Stands / The Story Behind a {} Record
"""


def _block(text: str) -> Block:
    (topics, names), *lines = (line.split(":") for line in text.strip().split("\n"))
    contexts = tuple(word.strip().title() for word, _ in lines)
    frames = tuple(tuple(frame.strip() for frame in frames.split("/")) for _, frames in lines)
    return Block(tuple(topics.split()), tuple(names.split()), contexts, frames)


BLOCKS: tuple[Block, ...] = tuple(_block(text) for text in _TEXT.strip().split("\n\n"))
