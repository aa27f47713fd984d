"""An explanation as a picture in the shape of a slide, 1920 × 1080 pixels.

Everything is drawn on one set of axes whose units are the pixels of the picture, counted from the upper left corner, because
the shades behind words must stand where the words are.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from nrms_np.explain import style
from nrms_np.explain.impression import Candidate, Click, Explanation
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

    canvas = FigureCanvasAgg(Figure(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=DPI))
    axes = canvas.figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, WIDTH), ylim=(HEIGHT, 0))
    axes.axis("off")
    with whole_file(path) as temporary, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")  # a box stands for it, as elsewhere
        _write(axes, MARGIN, 55, style.headline(explanation), WIDTH - 2 * MARGIN, size=17, weight="bold")
        _draw_clicks(axes, explanation)
        _draw_candidates(axes, explanation)
        canvas.figure.savefig(temporary, format="png", dpi=DPI, metadata={"Software": None})


def _write(axes: Any, x: float, y: float, text: str, room: float, size: float = 9.5, **look: Any) -> str:
    """Write a text, cut short with an ellipsis where it is wider than `room` pixels; returns what was written."""
    shown = text
    while text and _width(axes, shown, size, look.get("weight", "normal")) > room:
        text = text[:-1]
        shown = text.rstrip() + "…"
    axes.text(x, y, shown, size=size, va="center_baseline", parse_math=False, **look)
    return shown


def _width(axes: Any, text: str, size: float, weight: str = "normal") -> float:
    """The width of a text in pixels, spaces at its ends included."""
    from matplotlib.font_manager import FontProperties

    font = FontProperties(size=size, weight=weight)
    measure = axes.figure.canvas.get_renderer().get_text_width_height_descent
    # Spaces at the ends would not be measured, so the text is put between two bars.
    both, bars = (measure(t, font, ismath=False)[0] for t in (f"|{text}|", "||"))
    return float(both - bars)


def heaviest(clicks: list[Click]) -> list[Click]:
    """The clicks that fit on the slide: those of the largest weights, still in the order of time."""
    chosen = sorted(range(len(clicks)), key=lambda i: -clicks[i].weight)[:MOST_ROWS]
    return [clicks[i] for i in sorted(chosen)]


def best(candidates: list[Candidate]) -> list[Candidate]:
    """The candidates that fit on the slide: the highest ranks, and in the place of the last ones those clicked."""
    clicked = [candidate for candidate in candidates if candidate.clicked][:MOST_ROWS]
    others = [candidate for candidate in candidates if not candidate.clicked][: MOST_ROWS - len(clicked)]
    return sorted([*clicked, *others], key=lambda candidate: candidate.rank)


def _draw_clicks(axes: Any, explanation: Explanation) -> None:
    clicks, room = heaviest(explanation.clicks), RIGHT_PANEL - 2 * MARGIN
    what = "What the user clicked, oldest first"
    if len(clicks) < len(explanation.clicks):
        what += f" (the {len(clicks)} heaviest of {len(explanation.clicks)})"
    _write(axes, MARGIN, 112, what, room, size=12, weight="bold")
    for line, caption in enumerate(style.clicks_caption(explanation)):
        _write(axes, MARGIN, 143 + 23 * line, caption, room, size=8, color=style.GREY)
    if not clicks:
        return
    largest = max(click.weight for click in clicks)
    left = MARGIN + PERCENT
    for row, click in enumerate(clicks):
        y = TOP + LINE * row + LINE / 2
        _write(axes, left - 14, y, f"{click.weight:.1%}", PERCENT, ha="right")
        axes.barh(y, BAR * click.weight / largest, 20, left=left, color=style.BLUE)
        _draw_title(axes, left + BAR + 22, y, click)
    equal = left + BAR / len(explanation.clicks) / largest
    axes.plot([equal, equal], [TOP, TOP + LINE * len(clicks)], ":", color=style.GREY, linewidth=1.2)


def _draw_title(axes: Any, x: float, y: float, click: Click) -> None:
    size, room = 9.5, RIGHT_PANEL - MARGIN - x
    shown = _write(axes, x, y, "".join(piece.text for piece in click.pieces), room, size, zorder=3)
    place = 0
    for piece in click.pieces:
        start, place = place, place + len(piece.text)
        colour = style.shade(piece, click)
        if colour is not None and shown[start:place] == piece.text:
            first, last = (_width(axes, shown[:end], size) for end in (start, place))
            axes.barh(y, last - first + 3, 30, left=x + first - 1.5, color=colour)


def _draw_candidates(axes: Any, explanation: Explanation) -> None:
    candidates, room = best(explanation.candidates), WIDTH - MARGIN - RIGHT_PANEL
    what = "The candidates"
    if len(candidates) < len(explanation.candidates):
        what += f" ({len(candidates)} of {len(explanation.candidates)})"
    _write(axes, RIGHT_PANEL, 112, what, room, size=12, weight="bold")
    _write(axes, RIGHT_PANEL, 143, style.candidates_caption(explanation), room, size=8, color=style.GREY)
    for row, candidate in enumerate(candidates):
        y = TOP + LINE * row + LINE / 2
        if candidate.clicked:
            axes.barh(y, room + 16, LINE - 6, left=RIGHT_PANEL - 8, color=style.ORANGE_TINT, zorder=0.5)
            _write(axes, RIGHT_PANEL + 42, y, "●", 30, color=style.ORANGE)
        _write(axes, RIGHT_PANEL + 32, y, f"{candidate.rank}", 60, ha="right")
        _write(axes, RIGHT_PANEL + 160, y, f"{candidate.score:.3f}", 100, ha="right")
        _write(axes, RIGHT_PANEL + 178, y, candidate.title, room - 178)
