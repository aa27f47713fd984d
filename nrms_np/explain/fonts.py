"""Which installed fonts can write some texts, for pictures: a browser finds them by itself, Matplotlib must be told."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

DEFAULT = "DejaVu Sans"
"""Comes with Matplotlib: Latin, Greek, Cyrillic, Arabic and some more."""

_BOXES = ("LastResort", "AdobeBlank")
"""Fonts that claim to have every letter, and draw a box or nothing for it."""

_SCRIPTS = {"CJK": "Han"}
"""Where the name of a script is not the first word of its letters' names in Unicode."""


class Fonts(NamedTuple):
    """families: names for Matplotlib, tried in this order for each letter.    missing: the characters that no font has."""

    families: list[str]
    missing: frozenset[str]


def find_fonts(texts: Iterable[str]) -> Fonts:
    """The fewest installed fonts that can write these texts, as far as there are such."""
    from matplotlib import __version_info__, font_manager

    chars = {char for text in texts for char in text if not char.isspace()}
    undrawn = {char for char in chars if __version_info__ < (3, 11) and _is_shaped(char)}
    missing = _lacking(font_manager.findfont(DEFAULT), chars - undrawn)
    families = [DEFAULT]
    if missing:
        paths = sorted(map(Path, font_manager.findSystemFonts()), key=_order)
        lacking = {path: _lacking(path, missing) for path in paths if not path.stem.startswith(_BOXES)}
        while lacking:
            best = min(lacking, key=lambda path: len(missing & lacking[path]))
            if missing <= lacking[best]:
                break
            missing &= lacking[best]
            font_manager.fontManager.addfont(best)
            families.append(font_manager.FontProperties(fname=best).get_name())
    return Fonts(families, frozenset(missing | undrawn))


def _is_shaped(char: str) -> bool:
    """Whether a letter changes its form or place beside others, as Arabic and Hindi ones do; Matplotlib does it from 3.11 on."""
    return unicodedata.bidirectional(char) in ("R", "AL") or unicodedata.category(char) == "Mc"


def _lacking(path: str | Path, chars: set[str]) -> set[str]:
    """The characters that a font has no outlines for; all of them where the file cannot be read."""
    from matplotlib.ft2font import FT2Font

    try:
        font = FT2Font(str(path))
    except (OSError, RuntimeError):  # what FreeType cannot open or scale
        return chars
    return {char for char in chars if not font.scalable or not font.get_char_index(ord(char))}


def _order(path: Path) -> tuple[bool, bool, int, str]:
    """Plain fonts without serifs first: those look like the default one."""
    return "Regular" not in path.stem, "Sans" not in path.stem, len(path.stem), path.name


def script(char: str) -> str:
    """The name of a letter's script, such as Thai; "symbols" for what is no letter and no mark on one."""
    if unicodedata.category(char)[0] not in "LM":
        return "symbols"
    first = unicodedata.name(char, "unnamed").replace("-", " ").split()[0]
    return _SCRIPTS.get(first, first.capitalize())
