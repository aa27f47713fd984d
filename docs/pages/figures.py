"""The figures of the lessons inside a page: drawn as SVG whose colours are the page's, so that they follow it into the dark.

The build and the browser both put `show` in the place of `course.show`; what it drew waits in `drawn` until it is taken.
"""

from __future__ import annotations

import html
import io
import re
from typing import Any, NamedTuple

from nrms_np.palette import LIGHT, Palette

TEXT = re.compile(r'<g id="text_\d+">.*?</g>\n {2,}</g>|<g id="text_\d+">.*?</g>', re.S)
NUMBERED = re.compile(r' id="\w+?_\d+"')
COLOUR = re.compile(r"#[0-9a-f]{6}")
XLINK = ' xmlns:xlink="http://www.w3.org/1999/xlink"'


class Drawn(NamedTuple):
    """A figure as HTML, and the drawing it was made from."""

    name: str
    html: str
    drawing: Any


drawn: list[Drawn] = []


def show(drawing: Any, name: str, *, caption: str = "", alt: str = "") -> None:
    """Take the place of `course.show`, and of `course.save`, which knows no caption."""
    caption = f"<figcaption>{html.escape(caption)}</figcaption>" if caption else ""
    page = f'<figure class="drawn" id="figure-{name}">{svg(drawing, name, alt or name.replace("_", " "))}{caption}</figure>'
    drawn.append(Drawn(name, page, drawing))


def svg(drawing: Any, name: str, alt: str) -> str:
    """A drawing as one SVG element that stands in a page; alt is its text equivalent. Its ids begin with its name."""
    import matplotlib

    written = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "path", "svg.hashsalt": "course"}):
        drawing.savefig(written, format="svg", facecolor="none", metadata={"Date": None})
    text = written.getvalue()
    text = text[text.index("<svg") :].replace(XLINK, "").replace("xlink:href", "href")
    text = re.sub(r"<metadata>.*?</metadata>\n? *|<!--.*?-->\n? *", "", text, flags=re.S)
    text = re.sub(r"(\d{2,}\.\d{2})\d+", r"\1", text)
    text = TEXT.sub(lambda letters: letters[0].replace("#ffffff", "var(--on-weight)"), text)
    text = NUMBERED.sub("", text)
    text = re.sub(r'( id="|href="#|url\(#)', rf"\g<1>{name}-", text)
    text = COLOUR.sub(lambda colour: _of_page(colour[0]), text)
    width, height = re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"', text).groups()  # type: ignore[union-attr]
    size = f'style="aspect-ratio: {width} / {height}; max-width: {float(width) * 100 / 72:.0f}px"'
    text = re.sub(r'width="[\d.]+pt" height="[\d.]+pt"', size, text, count=1)
    return text.replace("<svg", f'<svg role="img" aria-label="{html.escape(alt)}" fill="currentColor"', 1).strip()


def _of_page(colour: str) -> str:
    """The page's name of a colour of `palette.LIGHT`, or of its ramp of weights; any other stays."""
    for name, value in LIGHT._asdict().items():
        if value.lower() == colour:
            return f"var(--{name})"
    share = _share(LIGHT, colour)
    return colour if share is None else f"rgb(var(--weight-rgb) / {share:.2f})"


def _share(palette: Palette, colour: str) -> float | None:
    """How far from paper to the weights' blue a colour is; None where it is not on the way."""
    ends = zip(_channels(palette.paper), _channels(palette.weight), _channels(colour), strict=True)
    shares = [(between - first) / (last - first) for first, last, between in ends]
    return sum(shares) / 3 if max(shares) - min(shares) < 0.03 and min(shares) >= 0 and max(shares) <= 1 else None


def _channels(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
