"""An explanation as a picture in the shape of a slide, 1920 × 1080 pixels.

Everything is drawn on one set of axes whose units are the pixels of the picture, counted from the upper left corner, because
the shades behind words must stand where the words are.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from nrms_np.explain.impression import Candidate, Click, Explanation
from nrms_np.explain.style import (
    BLUE,
    GREY,
    ORANGE,
    ORANGE_TINT,
    candidates_caption,
    clicks_caption,
    headline,
    shade,
)
from nrms_np.files import whole_file

WIDTH, HEIGHT, DPI = 1920, 1080, 150
MARGIN, RIGHT_PANEL = 50, 1130
TOP, LINE = 205, 46
MOST_ROWS = 18
BAR, PERCENT = 130, 90
"""Widths of the longest bar and of the number before it."""


def write_png(path: Path, explanation: Explanation) -> None:
    """Draw the picture; raises OSError where the file cannot be written."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=DPI)
    slide = _Slide(FigureCanvasAgg(figure))
    slide.text(MARGIN, 55, headline(explanation), WIDTH - 2 * MARGIN, size=17, weight="bold")
    _draw_clicks(slide, explanation)
    _draw_candidates(slide, explanation)
    with whole_file(path) as temporary, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")  # a box stands for it, as elsewhere
        figure.savefig(temporary, format="png", dpi=DPI, metadata={"Software": None})


class _Slide:
    """A picture that knows how wide its texts are."""

    def __init__(self, canvas: Any) -> None:
        self.axes = canvas.figure.add_axes((0, 0, 1, 1))
        self.axes.set(xlim=(0, WIDTH), ylim=(HEIGHT, 0))
        self.axes.axis("off")
        self._renderer = canvas.get_renderer()

    def width(self, text: str, size: float, weight: str = "normal") -> float:
        """The width of a text in pixels, spaces at its ends included."""
        from matplotlib.font_manager import FontProperties

        font = FontProperties(size=size, weight=weight)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            # Spaces at the ends would not be measured, so the text is put between two bars.
            both, bars = (
                self._renderer.get_text_width_height_descent(t, font, ismath=False)[0] for t in (f"|{text}|", "||")
            )
        return float(both - bars)

    def fitted(self, text: str, room: float, size: float, weight: str = "normal") -> str:
        """The text, cut short with an ellipsis where it is wider than `room` pixels."""
        if self.width(text, size, weight) <= room:
            return text
        while text and self.width(text + "…", size, weight) > room:
            text = text[:-1]
        return text.rstrip() + "…"

    def text(self, x: float, y: float, text: str, room: float, size: float = 9.5, **style: Any) -> str:
        """Write a text that is at most `room` pixels wide; returns what was written."""
        shown = self.fitted(text, room, size, style.get("weight", "normal"))
        self.axes.text(x, y, shown, size=size, va="center_baseline", parse_math=False, **style)
        return shown

    def box(self, x: float, y: float, width: float, height: float, colour: str, **style: Any) -> None:
        """Fill a rectangle that is centred at height y."""
        from matplotlib.patches import Rectangle

        self.axes.add_patch(Rectangle((x, y - height / 2), width, height, facecolor=colour, linewidth=0, **style))


def heaviest(clicks: list[Click]) -> list[Click]:
    """The clicks that fit on the slide: those of the largest weights, still in the order of time."""
    chosen = sorted(range(len(clicks)), key=lambda i: -clicks[i].weight)[:MOST_ROWS]
    return [clicks[i] for i in sorted(chosen)]


def best(candidates: list[Candidate]) -> list[Candidate]:
    """The candidates that fit on the slide: the highest ranks, and in the place of the last ones those clicked."""
    clicked = [candidate for candidate in candidates if candidate.clicked][:MOST_ROWS]
    others = [candidate for candidate in candidates if not candidate.clicked][: MOST_ROWS - len(clicked)]
    return sorted([*clicked, *others], key=lambda candidate: candidate.rank)


def _draw_clicks(slide: _Slide, explanation: Explanation) -> None:
    clicks, room = heaviest(explanation.clicks), RIGHT_PANEL - 2 * MARGIN
    what = "What the user clicked, oldest first"
    if len(clicks) < len(explanation.clicks):
        what += f" (the {len(clicks)} heaviest of {len(explanation.clicks)})"
    slide.text(MARGIN, 112, what, room, size=12, weight="bold")
    for line, caption in enumerate(clicks_caption(explanation)):
        slide.text(MARGIN, 143 + 23 * line, caption, room, size=8, color=GREY)
    if not clicks:
        return
    largest = max(click.weight for click in clicks)
    left = MARGIN + PERCENT
    for row, click in enumerate(clicks):
        y = TOP + LINE * row + LINE / 2
        slide.text(left - 14, y, f"{click.weight:.1%}", PERCENT, ha="right")
        slide.box(left, y, BAR * click.weight / largest, 20, BLUE)
        _draw_title(slide, left + BAR + 22, y, click)
    equal = left + BAR / len(explanation.clicks) / largest
    slide.axes.plot([equal, equal], [TOP, TOP + LINE * len(clicks)], ":", color=GREY, linewidth=1.2)


def _draw_title(slide: _Slide, x: float, y: float, click: Click) -> None:
    size, room = 9.5, RIGHT_PANEL - MARGIN - x
    shown = slide.text(x, y, "".join(piece.text for piece in click.pieces), room, size, zorder=3)
    place = 0
    for piece in click.pieces:
        start, place = place, place + len(piece.text)
        colour = shade(piece, click)
        if colour is not None and shown.startswith("".join((shown[:start], piece.text))):
            first, last = (slide.width(shown[:end], size) for end in (start, place))
            slide.box(x + first - 1.5, y, last - first + 3, 30, colour)


def _draw_candidates(slide: _Slide, explanation: Explanation) -> None:
    candidates, right = best(explanation.candidates), WIDTH - MARGIN
    what = "The candidates"
    if len(candidates) < len(explanation.candidates):
        what += f" ({len(candidates)} of {len(explanation.candidates)})"
    slide.text(RIGHT_PANEL, 112, what, right - RIGHT_PANEL, size=12, weight="bold")
    slide.text(RIGHT_PANEL, 143, candidates_caption(explanation), right - RIGHT_PANEL, size=8, color=GREY)
    for row, candidate in enumerate(candidates):
        y = TOP + LINE * row + LINE / 2
        if candidate.clicked:
            slide.box(RIGHT_PANEL - 8, y, right - RIGHT_PANEL + 16, LINE - 6, ORANGE_TINT, zorder=0.5)
            slide.text(RIGHT_PANEL + 42, y, "●", 30, color=ORANGE)
        slide.text(RIGHT_PANEL + 32, y, f"{candidate.rank}", 60, ha="right")
        slide.text(RIGHT_PANEL + 160, y, f"{candidate.score:.3f}", 100, ha="right")
        slide.text(RIGHT_PANEL + 178, y, candidate.title, right - RIGHT_PANEL - 178)
