from __future__ import annotations

import numpy as np

from nrms_np.data.demo.scale import WORDS, Texts, word
from nrms_np.data.vocabulary import tokenize


def test_made_up_words_differ() -> None:
    assert len({word(rank) for rank in range(WORDS)}) == WORDS


def test_made_up_titles_are_as_long_as_those_of_mind() -> None:
    texts = Texts(3000, seed=4)
    lengths = [len(tokenize(texts.title(row))) for row in range(3000)]
    assert 11.5 < np.mean(lengths) < 12.1
    assert max(lengths) <= 30
    assert texts.title(17) == Texts(3000, seed=4).title(17)
