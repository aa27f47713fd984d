"""The colours of all figures and pages, each with one meaning, on white and on dark paper.

The three kinds of colour blindness tell them apart, and none stands alone: weights are also numbers, query, key and value also
letters, a baseline is dotted, a gradient dashed. What was clicked is a ● in ink, never a colour.
"""

from __future__ import annotations

from typing import NamedTuple


class Palette(NamedTuple):
    """Colours as #RRGGBB.

    paper: the background.    ink: text, and what a figure is about.    grey: baselines, what was not chosen, remarks.
    weight: attention weights, as the end of a ramp from paper that always goes from 0 to 1.    query, key, value: of attention.
    gradient: derivatives and nothing else.
    """

    paper: str
    ink: str
    grey: str
    weight: str
    query: str
    key: str
    value: str
    gradient: str


LIGHT = Palette("#FFFFFF", "#1B1F24", "#6B7280", "#0B63C5", "#0B7F60", "#6B1278", "#C08A00", "#B02E0C")
DARK = Palette("#14171C", "#E8EAED", "#8B949E", "#7FB2FF", "#3DF0B4", "#BF55F2", "#F2D13C", "#F2592E")

BLACK, WHITE = "#000000", "#FFFFFF"


def ramp(palette: Palette, weight: float) -> str:
    """The colour of a weight from 0 to 1: as far from paper to `palette.weight`."""
    ends = zip(_channels(palette.paper), _channels(palette.weight), strict=True)
    return "#" + "".join(f"{round(first + weight * (last - first)):02X}" for first, last in ends)


def text_on(colour: str) -> str:
    """Black or white, whichever is easier to read on this colour.

    One of the two always has a contrast of 4.58 or more. Ink on light paper, softer than black, would not have it everywhere.
    """
    return max(BLACK, WHITE, key=lambda text: contrast(text, colour))


def contrast(one: str, other: str) -> float:
    """How far two colours are apart in lightness, from 1 to 21, as WCAG 2 defines it; 4.5 is the least for text."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def css() -> str:
    """The palette as CSS variables --paper, --ink, ..., the dark one where the reader's system is dark.

    --weight-rgb has the three numbers of --weight, for `rgb(var(--weight-rgb) / 0.3)`, which on paper is the ramp.
    """
    light, dark = (f":root {{ color-scheme: light dark; {_variables(palette)} }}" for palette in (LIGHT, DARK))
    return f"{light}\n@media (prefers-color-scheme: dark) {{ {dark} }}"


def _variables(palette: Palette) -> str:
    red, green, blue = _channels(palette.weight)
    colours = "; ".join(f"--{name}: {colour}" for name, colour in palette._asdict().items())
    return f"{colours}; --weight-rgb: {red} {green} {blue}"


def _channels(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def _luminance(colour: str) -> float:
    """WCAG's relative luminance: the channels made linear, and weighed as the eye does."""
    linear = [
        (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4) for c in (n / 255 for n in _channels(colour))
    ]
    return sum(share * c for share, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
