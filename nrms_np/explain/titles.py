"""How a title in pieces may be set: where a line may end, and from which side it is read."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import NamedTuple

from nrms_np.evaluation.weights import Piece
from nrms_np.plain import one_line


class Unit(NamedTuple):
    """Pieces that stay on one line, as a word and the comma after it.    space: whether one stands before them."""

    space: bool
    pieces: list[Piece]


def units(pieces: Sequence[Piece]) -> list[Unit]:
    """Cut a title where a line may end: at spaces, and between two words that touch, as Chinese, Japanese and Thai ones do."""
    found: list[Unit] = []
    space, before = False, None
    for piece in pieces:
        # A word is a piece as it is; only what stands between words has spaces.
        texts = [piece.text] if piece.weight is not None else re.split(r"(\s+)", piece.text)
        for part in (piece._replace(text=text) for text in texts if text):
            if part.text.isspace():
                space = True
                continue
            part = part._replace(text=one_line(part.text))
            touches = before is not None and _is_word(before, -1) and _is_word(part, 0)
            if space or touches or not found:
                found.append(Unit(space, []))
            found[-1].pieces.append(part)
            space, before = False, part
    return found


def _is_word(piece: Piece, end: int) -> bool:
    """Whether the piece is a word, and not a mark such as a comma that the model counts as one; end: 0 or -1."""
    return piece.weight is not None and unicodedata.category(piece.text[end])[0] in "LMN"


def lines(found: Sequence[Unit], width: Callable[[Piece], float], space: float, room: float) -> list[list[Unit]]:
    """Put units into lines at most `room` wide; one that is wider than a line is cut anywhere.

    width: of a piece.    space: the width of a space.
    """
    result: list[list[Unit]] = []
    used = 0.0
    for unit in itertools.chain.from_iterable(_fitting(unit, width, room) for unit in found):
        wide = sum(map(width, unit.pieces))
        if result and used + unit.space * space + wide <= room:
            result[-1].append(unit)
            used += unit.space * space + wide
        else:
            result.append([unit._replace(space=False)])
            used = wide
    return result


def _fitting(unit: Unit, width: Callable[[Piece], float], room: float) -> list[Unit]:
    """The unit, or parts of it as long as a line can be where it is wider; each part of a word has the word's weight."""
    if sum(map(width, unit.pieces)) <= room:
        return [unit]
    found: list[Unit] = []
    for piece in unit.pieces:
        text = ""
        for letter in _letters(piece.text):
            if text and width(piece._replace(text=text + letter)) > room:
                found.append(Unit(unit.space and not found, [piece._replace(text=text)]))
                text = ""
            text += letter
        found.append(Unit(unit.space and not found, [piece._replace(text=text)]))
    return found


def _letters(text: str) -> list[str]:
    """The letters of a text, each with the marks on it."""
    found: list[str] = []
    for char in text:
        if found and unicodedata.category(char)[0] == "M":
            found[-1] += char
        else:
            found.append(char)
    return found


def right_to_left(text: str) -> bool:
    """Whether a text is read from the right: what its first letter says, by Unicode's rule P2."""
    strong = (kind for kind in map(unicodedata.bidirectional, text) if kind in ("L", "R", "AL"))
    return next(strong, "L") != "L"
