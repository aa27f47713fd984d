"""Made-up words and texts with the word frequencies of news titles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nrms_np.data.demo.draw import Spread, segments
from nrms_np.packed import Packed, offsets_of

WORDS = 42_000
# Zipf's law with a bend: the frequency of the word of rank r falls as 1 / (r + 2)^0.9, and faster beyond rank 3000.
FLAT, POWER, BEND, POWER_BEYOND = 2, 0.9, 3_000, 1.6
TITLE_LENGTHS = ((3, 6, 70), (7, 9, 215), (10, 11, 215), (12, 14, 270), (15, 18, 180), (19, 22, 40), (23, 30, 10))
ABSTRACT_WORDS = 108
_CONSONANTS, _VOWELS = "bdfghjklmnprstvwyzc", "aeiou"


class Texts:
    """Titles and abstracts of `count` news."""

    def __init__(self, count: int, seed: int) -> None:
        generator = np.random.default_rng([seed, 30])
        self.words = [word(rank) for rank in range(WORDS)]
        lengths = segments(TITLE_LENGTHS, count, generator)
        zipf = Spread(frequencies())
        self.titles = Packed(zipf.places(int(lengths.sum()), generator), offsets_of(lengths))
        # Nobody reads the abstracts: they are stretches of one long text and only make the file as large as MIND's.
        self.text = [self.words[rank] for rank in zipf.places(100_000, generator).tolist()]
        self.starts = generator.integers(len(self.text) - 2 * ABSTRACT_WORDS, size=count)

    def title(self, row: int) -> str:
        """The title of a news item, its words capitalised."""
        return " ".join(self.words[rank].capitalize() for rank in self.titles.sequence(row).tolist())

    def abstract(self, row: int) -> str:
        """The abstract of a news item."""
        start = int(self.starts[row])
        return " ".join(self.text[start : start + ABSTRACT_WORDS + start % ABSTRACT_WORDS])


def frequencies() -> NDArray[np.float64]:
    """(WORDS,) how often each word occurs, relative to the others."""
    rank = np.arange(1, WORDS + 1, dtype=np.float64)
    common = (rank + FLAT) ** -POWER
    rare = (BEND + FLAT) ** -POWER * (rank / BEND) ** -POWER_BEYOND
    return np.where(rank <= BEND, common, rare)


def word(rank: int) -> str:
    """A word that can be spoken, another one for each rank; common words are short."""
    syllables = ""
    rank += 1
    while rank:
        rank, consonant = divmod(rank, len(_CONSONANTS))
        rank, vowel = divmod(rank, len(_VOWELS))
        syllables += _CONSONANTS[consonant] + _VOWELS[vowel]
    return syllables
