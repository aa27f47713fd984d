"""Tokens and the rows of their words."""

from __future__ import annotations

import numpy as np
import pytest

from nrms_np.data.vocabulary import UNKNOWN, Vocabulary, tokenize


def test_a_title_is_split_into_lower_case_words_and_punctuation_marks() -> None:
    assert tokenize("Who's NEW? U.S. wins, 3-1 | MSN") == (
        ["who", "s", "new", "?", "u", ".", "s", ".", "wins", ",", "3", "1", "|", "msn"]
    )


def test_a_title_without_letters_has_no_tokens() -> None:
    assert tokenize(" -- () ") == []


def test_words_are_ordered_by_frequency_and_then_by_the_alphabet() -> None:
    vocabulary = Vocabulary.from_titles(["d b c c", "A c b"])
    assert vocabulary.words == [UNKNOWN, "c", "b", "a", "d"]


def test_rare_words_are_left_out_and_encoded_as_the_unknown_word() -> None:
    vocabulary = Vocabulary.from_titles(["x y x", "y z"], minimum_count=2)
    assert vocabulary.words == [UNKNOWN, "x", "y"]
    assert vocabulary.encode(["z y", "never x"], title_length=5).to_lists() == [[0, 2], [0, 1]]


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
