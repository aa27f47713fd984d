"""Sizes, letters and colours of all figures, and the two kinds of paper: `figure` for plots, `canvas` for drawings.

Sizes are CSS pixels of a page on which a figure is 680 wide. The file has twice as many, for screens that show them.
"""

from __future__ import annotations

import textwrap

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nrms_np.palette import LIGHT, contrast

INK, GREY, PAPER = LIGHT.ink, LIGHT.grey, LIGHT.paper
WEIGHT, QUERY, KEY, VALUE, GRADIENT = LIGHT.weight, LIGHT.query, LIGHT.key, LIGHT.value, LIGHT.gradient
CLICKED = "●"

WIDTH = 680
TITLE, LABEL, SMALL = 16, 13, 12
"""The sizes of letters, in pixels; none is smaller."""

TITLE_LETTERS = 78  # of a title fit beside each other where the figure is 680 wide
TITLE_LINE = 22
DASHES = (0, (4, 2.5))


def points(pixels: float) -> float:
    """Matplotlib's unit of letters and lines."""
    return pixels * 0.72


STYLE = {
    "figure.dpi": 100,
    "figure.facecolor": PAPER,
    "font.size": points(LABEL),
    "axes.titlesize": points(LABEL),
    "axes.titlelocation": "left",
    "axes.labelsize": points(LABEL),
    "xtick.labelsize": points(SMALL),
    "ytick.labelsize": points(SMALL),
    "legend.fontsize": points(SMALL),
    "legend.frameon": False,
    "text.color": INK,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": matplotlib.cycler(color=[INK, GREY]),
    "lines.linewidth": points(2),
}


def figure(title: str, height: int = 340, width: int = WIDTH) -> Figure:
    """Paper for plots, with the finding as its title.    height: without the title's. Axes come from `.subplots()`."""
    matplotlib.rcParams.update(STYLE)
    lines = title_lines(title, width)
    total = height + TITLE_LINE * len(lines)
    drawing = Figure(figsize=(width / 100, total / 100), layout="constrained")
    drawing.suptitle("\n".join(lines), x=4 / width, ha="left", fontsize=points(TITLE))
    return drawing


def canvas(title: str, height: int, width: int = WIDTH) -> Axes:
    """Paper for drawings: axes in pixels, (0, 0) at the upper left below the title, y downward. The figure is `.figure`."""
    matplotlib.rcParams.update(STYLE)
    lines = title_lines(title, width)
    above = TITLE_LINE * len(lines) + 8
    drawing = Figure(figsize=(width / 100, (height + above) / 100))
    axes = drawing.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_xlim(0, width)
    axes.set_ylim(height, -above)
    axes.axis("off")
    axes.text(4, 4 - above, "\n".join(lines), fontsize=points(TITLE), ha="left", va="top")
    return axes


def title_lines(title: str, width: int = WIDTH) -> list[str]:
    """The title cut into lines that fit."""
    return textwrap.wrap(title, TITLE_LETTERS * width // WIDTH)


def number(value: float, digits: int = 2, plus: bool = False) -> str:
    """A number with a real minus sign; whole numbers without decimals where digits is 0."""
    return f"{round(value, digits) + 0.0:{'+' if plus else ''}.{digits}f}".replace("-", "−")  # + 0.0: no −0.00


def readable(colour: str) -> str:
    """The colour for letters: ink in place of one that is for fills and lines only."""
    return colour if contrast(colour, PAPER) >= 4.5 else INK


def write(axes: Axes, x: float, y: float, text: str, colour: str = INK, size: float = LABEL, **more: object) -> None:
    """Letters centred at a place, or as `ha` and `va` say. On white paper a colour that only lines can have becomes ink."""
    style = {"color": readable(colour), "fontsize": points(size), "ha": "center", "va": "center"}
    axes.text(x, y, text, **(style | more))  # type: ignore[arg-type]


def beside(
    axes: Axes,
    place: tuple[float, float],
    shift: tuple[float, float],
    text: str,
    colour: str = INK,
    size: float = LABEL,
    **more: object,
) -> None:
    """Letters at so many pixels to the right of a place and above it, whatever the axes' unit."""
    style = {"color": readable(colour), "fontsize": points(size), "annotation_clip": False}
    offset = (points(shift[0]), points(shift[1]))
    axes.annotate(text, place, xytext=offset, textcoords="offset points", **(style | more))  # type: ignore[arg-type]
