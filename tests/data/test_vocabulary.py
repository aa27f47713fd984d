"""Tokens and the rows of their words."""

from __future__ import annotations

import numpy as np
import pytest

from nrms_np.data.vocabulary import LONGEST_WORD, UNKNOWN, Vocabulary
from nrms_np.errors import ConfigError, NrmsError


def test_words_are_ordered_by_frequency_and_then_by_the_alphabet() -> None:
    vocabulary = Vocabulary.from_titles(["d b c c", "A c b"])
    assert vocabulary.words == [UNKNOWN, "c", "b", "a", "d"]


def test_rare_words_are_left_out_and_encoded_as_the_unknown_word() -> None:
    vocabulary = Vocabulary.from_titles(["x y x", "y z"], minimum_count=2)
    assert vocabulary.words == [UNKNOWN, "x", "y"]
    assert vocabulary.encode(["z y", "never x"], title_length=5).to_lists() == [[0, 2], [0, 1]]


def test_a_run_of_letters_without_an_end_is_no_word() -> None:
    vocabulary = Vocabulary.from_titles([f"{'a' * LONGEST_WORD} {'b' * (LONGEST_WORD + 1)}"])
    assert vocabulary.words == [UNKNOWN, "a" * LONGEST_WORD]


def test_only_the_first_tokens_of_a_title_are_kept_and_an_empty_title_has_length_0() -> None:
    vocabulary = Vocabulary([UNKNOWN, "a", "b", "c"])
    titles = vocabulary.encode(["c b a b", "", "a"], title_length=3)
    assert titles.to_lists() == [[3, 2, 1], [], [1]]
    assert titles.index.dtype == np.int32
    assert titles.offsets.dtype == np.intp


def test_no_titles_at_all_can_be_encoded() -> None:
    assert Vocabulary([UNKNOWN]).encode([], title_length=3).count == 0


def test_the_words_that_a_vocabulary_lacks_are_listed_once_by_the_alphabet() -> None:
    assert Vocabulary([UNKNOWN, "b"]).missing(["d b", "C d"]) == ["c", "d"]


@pytest.mark.parametrize("words", [[], ["a", UNKNOWN], [UNKNOWN, "a", "a"]])
def test_a_list_that_is_no_vocabulary_is_refused(words: list[str]) -> None:
    with pytest.raises(ValueError, match="vocabulary"):
        Vocabulary(words)


def test_a_grown_vocabulary_keeps_its_rows() -> None:
    old = Vocabulary([UNKNOWN, "b", "a"], tokens="mind")
    grown = old.grown(["c d d a b a", "e e"], minimum_count=2)
    assert grown.words == [UNKNOWN, "b", "a", "d", "e"]
    assert grown.tokens == "mind"


def test_a_vocabulary_cuts_titles_by_its_own_rule() -> None:
    old, new = (Vocabulary.from_titles(["東京"], tokens=rule) for rule in ("mind", "unicode"))
    assert old.words == [UNKNOWN, "東京"]
    assert new.words == [UNKNOWN, "京", "東"]
    assert old.encode(["東京"], 9).to_lists() == [[1]]
    assert new.encode(["東京"], 9).to_lists() == [[2, 1]]
    assert old.missing(["京東"]) == ["京東"]
    assert new.missing(["京東"]) == []
    with pytest.raises(ConfigError, match="tokens must be unicode or mind, not 'letters'"):
        Vocabulary([UNKNOWN], tokens="letters")


@pytest.mark.parametrize(
    "use", [Vocabulary.from_titles, Vocabulary([UNKNOWN]).missing, lambda t: Vocabulary([UNKNOWN]).encode(t, 5)]
)
def test_one_string_is_not_read_as_a_list_of_letters(use) -> None:
    with pytest.raises(NrmsError, match=r"a list of titles is needed, not one string; write \['Rockets win'\]\."):
        use("Rockets win")
