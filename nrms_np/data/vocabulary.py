"""From titles to rows of the word embedding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from nrms_np.data.tokens import NEWEST, RULES, tokenize
from nrms_np.errors import ConfigError, NrmsError
from nrms_np.packed import Packed

# The brackets keep it apart from every token: no token contains one.
UNKNOWN = "[unknown]"

LONGEST_WORD = 100
"""A longer run of letters is no word, and each word of a saved model takes the room of the longest."""


class Vocabulary:
    """The words that have a row of their own in the word embedding.

    words:  word i is row i; words[0] is UNKNOWN, a trained row shared by all other words.
    tokens: the name of the rule by which titles are cut into words, one of `tokens.RULES`.
    row:    the row of each word.
    """

    def __init__(self, words: list[str], tokens: str = NEWEST) -> None:
        if tokens not in RULES:
            raise ConfigError(f"tokens must be {' or '.join(RULES)}, not {tokens!r}.")
        if not words or words[0] != UNKNOWN:
            raise ValueError(f"the first word of a vocabulary must be {UNKNOWN!r}")
        self.words, self.tokens = words, tokens
        self.row = {word: i for i, word in enumerate(words)}
        if len(self.row) != len(words):
            raise ValueError("a word stands twice in the vocabulary")

    @classmethod
    def from_titles(cls, titles: Iterable[str], minimum_count: int = 1, tokens: str = NEWEST) -> Vocabulary:
        """Collect the words that occur `minimum_count` times or more: most frequent first, ties by the alphabet.

        Runs of more than LONGEST_WORD letters are left out, and so become the unknown word.
        """
        return cls([UNKNOWN], tokens).grown(titles, minimum_count)

    def grown(self, titles: Iterable[str], minimum_count: int = 1) -> Vocabulary:
        """The words of this one in their rows, then those of `from_titles` that it lacks."""
        counts = Counter(word for title in _several(titles) for word in tokenize(title, self.tokens))
        words = (word for word in counts if len(word) <= LONGEST_WORD and word not in self.row)
        new = [word for word in words if counts[word] >= minimum_count]
        return Vocabulary(self.words + sorted(new, key=lambda word: (-counts[word], word)), self.tokens)

    def __len__(self) -> int:
        return len(self.words)

    def missing(self, titles: Iterable[str]) -> list[str]:
        """List the words of these titles that have no row yet, by the alphabet."""
        return sorted({word for title in _several(titles) for word in tokenize(title, self.tokens)} - self.row.keys())

    def encode(self, titles: Iterable[str], title_length: int) -> Packed:
        """Turn titles into sequences of rows of the word embedding.

        titles:       one string per title; a title without any token becomes a sequence of length 0.
        title_length: only the first `title_length` tokens of a title are kept.
        Returns (n titles): int32 rows, 0 where the vocabulary lacks the word. Raises NrmsError for one string in place of a list.
        """
        return Packed.from_lists(
            [self.row.get(token, 0) for token in tokenize(title, self.tokens)[:title_length]]
            for title in _several(titles)
        )


def _several(titles: Iterable[str]) -> Iterable[str]:
    """The titles; a string, whose letters would be taken for titles, is refused."""
    if isinstance(titles, str):
        raise NrmsError(f"a list of titles is needed, not one string; write [{titles!r}].")
    return titles
