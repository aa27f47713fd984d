"""Where titles may be broken into lines, and from which side they are read."""

from __future__ import annotations

from nrms_np.evaluation.weights import Piece, text_of
from nrms_np.explain.titles import lines, right_to_left, units


def word(text: str) -> Piece:
    return Piece(text, 0.5)


def between(text: str) -> Piece:
    return Piece(text, None)


def shape(pieces: list[Piece]) -> list[str]:
    """The units as text, a space before those that have one."""
    return [" " * unit.space + text_of(unit.pieces) for unit in units(pieces)]


def test_a_line_ends_at_spaces_and_never_before_punctuation() -> None:
    pieces = [
        word("Rockets"),
        between(" "),
        word("win"),
        word(","),
        between(" – ("),
        word("again"),
        between(")"),
        word("!"),
    ]
    assert shape(pieces) == ["Rockets", " win,", " –", " (again)!"]
    assert shape([between("  “"), word("A"), between("-"), word("B"), between("” ")]) == [" “A-B”"]
    assert shape([]) == []


def test_a_line_may_end_between_words_that_touch() -> None:
    assert shape([word("火"), word("箭"), word("赢"), word(","), word("球")]) == ["火", "箭", "赢,球"]
    assert shape([word("กา"), word("รณ์")]) == ["กา", "รณ์"]  # the second ends with a mark on its last letter


def test_lines_are_as_full_as_they_can_be() -> None:
    found = units(
        [word("aa"), between(" "), word("bbb"), between(" "), word("c"), word(","), between(" "), word("dddd")]
    )
    texts = [[text_of(unit.pieces) for unit in line] for line in lines(found, lambda piece: len(piece.text), 1, 6)]
    assert texts == [["aa", "bbb"], ["c,"], ["dddd"]]
    assert not any(line[0].space for line in lines(found, lambda piece: len(piece.text), 1, 6))
    assert len(lines(found, lambda piece: len(piece.text), 1, 100)) == 1


def test_what_is_wider_than_a_line_is_cut_but_not_before_a_mark() -> None:
    found = units([word("ab"), between(" "), word("c" * 7), between(" "), word("नननि")])
    cut = lines(found, lambda piece: len(piece.text), 1, 3)
    assert [text_of(unit.pieces) for line in cut for unit in line] == ["ab", "ccc", "ccc", "c", "नन", "नि"]


def test_the_first_letter_decides_the_direction() -> None:
    assert right_to_left("«مرحبا» BBC")
    assert right_to_left("12 שלום")
    assert not right_to_left("BBC مرحبا")
    assert not right_to_left("123")


def test_what_turns_or_hides_text_is_shown_escaped() -> None:
    found = units([Piece("\x1b[2Jgone", 0.5), Piece(" \u202e", None), Piece("dnuora", 0.5)])
    assert [text_of(unit.pieces) for unit in found] == [r"\x1b[2Jgone", r"\u202ednuora"]
