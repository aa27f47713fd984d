"""From titles to rows of the word embedding."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from nrms_np.packed import Packed

# The brackets keep it apart from every token: no token contains one.
UNKNOWN = "[unknown]"

_TOKEN = re.compile(r"[\w]+|[.,!?;|]")


def tokenize(title: str) -> list[str]:
    """Split a title into lower-case words and the punctuation marks . , ! ? ; |, as most code for MIND does."""
    return _TOKEN.findall(title.lower())


class Vocabulary:
    """The words that have a row of their own in the word embedding.

    words: word i is row i; words[0] is UNKNOWN, a trained row shared by all other words.
    row:   the row of each word.
    """

    def __init__(self, words: list[str]) -> None:
        if not words or words[0] != UNKNOWN:
            raise ValueError(f"the first word of a vocabulary must be {UNKNOWN!r}")
        self.words = words
        self.row = {word: i for i, word in enumerate(words)}
        if len(self.row) != len(words):
            raise ValueError("a word stands twice in the vocabulary")

    @classmethod
    def from_titles(cls, titles: Iterable[str], minimum_count: int = 1) -> Vocabulary:
        """Collect the words that occur `minimum_count` times or more: most frequent first, ties by the alphabet."""
        counts = Counter(word for title in titles for word in tokenize(title))
        frequent = [word for word, count in counts.items() if count >= minimum_count]
        return cls([UNKNOWN, *sorted(frequent, key=lambda word: (-counts[word], word))])

    def __len__(self) -> int:
        return len(self.words)

    def missing(self, titles: Iterable[str]) -> list[str]:
        """List the words of these titles that have no row yet, by the alphabet."""
        return sorted({word for title in titles for word in tokenize(title)} - self.row.keys())

    def encode(self, titles: Iterable[str], title_length: int) -> Packed:
        """Turn titles into sequences of rows of the word embedding.

        titles:       one string per title; a title without any token becomes a sequence of length 0.
        title_length: only the first `title_length` tokens of a title are kept.
        Returns (n titles): int32 rows, 0 where the vocabulary lacks the word.
        """
        return Packed.from_lists(
            [self.row.get(token, 0) for token in tokenize(title)[:title_length]] for title in titles
        )
