"""Docstrings as the pages show them."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "docs"))

from pages.docstrings import as_rest


def test_every_argument_is_a_field_of_its_own_however_its_text_is_lined_up():
    found = as_rest(
        [
            "in_lanes:     (D, 3·H·d) side by side.",
            "pair_offsets: (n + 1,) where pairs start.    alpha:  (pairs, H) weights,",
            "              of the last call.",
            "Returns (rows, D).",
        ]
    )
    assert [line.strip() for line in found if line] == [
        ":in_lanes: (D, 3·H·d) side by side.",
        ":pair_offsets: (n + 1,) where pairs start.",
        ":alpha: (pairs, H) weights,",
        "of the last call.",
        "Returns (rows, D).",
    ]


def test_stars_and_bars_are_letters_and_words_in_stars_are_not():
    assert as_rest(["*args and |x| of *the* word, ``a*b``"]) == [r"\*args and \|x\| of *the* word, ``a*b``", ""]
