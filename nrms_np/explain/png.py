"""An explanation as a picture, 680 units wide and as high as it needs to be; two pixels a unit.

Everything is drawn on one set of axes whose units are those of a page, counted from the upper left corner, because the shades
behind words must stand where the words are.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from nrms_np.evaluation.weights import Piece, text_of
from nrms_np.explain import style
from nrms_np.explain.fonts import Fonts, find_fonts, script
from nrms_np.explain.impression import Candidate, Explanation
from nrms_np.explain.titles import lines, right_to_left, units
from nrms_np.files import whole_file
from nrms_np.palette import LIGHT, ramp, text_on
from nrms_np.plain import one_line

WIDTH, MARGIN = 680, 18
MOST_ROWS = 24
"""Of clicks and of candidates; the page shows all."""

TITLE, LABEL, SMALL = 16, 13, 12  # heights of letters
LINE, NUMBERED = 19, 35  # heights of a line of text without and with numbers below its words
NUMBERS, BARS = 380, (440, 600)
"""Where the column of numbers begins, and its bars begin and end."""


def write_png(path: Path, explanation: Explanation) -> list[str]:
    """Draw the picture; raises OSError where the file cannot be written.

    Returns the scripts that no installed font has: titles in them are shown by their ids, and other symbols are left out.
    """
    texts = [style.headline(explanation), *(one.title for one in explanation.candidates)]
    texts += [text_of(click.pieces) for click in explanation.clicks]
    fonts = find_fonts(texts)
    lacking = fonts.missing
    if lacking:  # ids stand in for titles
        texts += [one.news_id for one in explanation.candidates] + [one.news_id for one in explanation.clicks]
        fonts = find_fonts(texts)
    page = _Page(fonts)
    _draw_candidates(page, explanation)
    _draw_clicks(page, explanation)
    with whole_file(path) as temporary:
        page.save(temporary)
    return sorted({script(char) for char in lacking})


def heaviest(explanation: Explanation) -> list[int]:
    """The clicks that are drawn: those that move the chosen candidate most, in the order of time."""
    lost = abs(explanation.lost[:, explanation.chosen])
    return sorted((-lost).argsort(kind="stable")[:MOST_ROWS].tolist())


def best(candidates: list[Candidate], chosen: int) -> list[Candidate]:
    """The candidates that are drawn: the chosen one, those clicked, and the highest ranks, as many as fit, by their ranks."""
    first = sorted(candidates, key=lambda one: (one.rank != candidates[chosen].rank, not one.clicked, one.rank))
    return sorted(first[:MOST_ROWS], key=lambda one: one.rank)


class _Page:
    """Axes in the units of a page, and y, where the next thing is drawn."""

    def __init__(self, fonts: Fonts) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self.fonts = fonts
        self.figure: Any = Figure(figsize=(WIDTH / 100, 1), dpi=200, facecolor=LIGHT.paper)
        canvas: Any = FigureCanvasAgg(self.figure)
        self.measure = canvas.get_renderer().get_text_width_height_descent
        self.axes: Any = self.figure.add_axes((0, 0, 1, 1))
        self.axes.axis("off")
        self.y = float(MARGIN)

    def save(self, path: Path) -> None:
        """Write the picture, cut below the last thing drawn."""
        height = self.y + MARGIN
        self.figure.set_size_inches(WIDTH / 100, height / 100)
        self.axes.set(xlim=(0, WIDTH), ylim=(height, 0))
        self.figure.savefig(path, format="png", dpi=200, metadata={"Software": None})

    @cache  # noqa: B019  a page lives no longer than its picture
    def width(self, text: str, size: float) -> float:
        """The width of a text without spaces at its ends, which Matplotlib would not measure."""
        from matplotlib.font_manager import FontProperties

        font = FontProperties(family=self.fonts.families, size=0.72 * size)
        return float(self.measure(text, font, ismath=False)[0]) / 2

    def write(self, x: float, y: float, text: str, size: float = LABEL, color: str = LIGHT.ink, **look: Any) -> None:
        """Write a text whose line is centred at y."""
        self.axes.text(
            x, y, one_line(text), size=0.72 * size, color=color, family=self.fonts.families, va="center_baseline",
            parse_math=False, **look,
        )  # fmt: skip

    def drawable(self, text: str) -> str:
        """A text without letters that no font has."""
        return "".join(char for char in text if char not in self.fonts.missing)

    def text(self, x: float, y: float, text: str, room: float, size: float = LABEL, color: str = LIGHT.ink) -> float:
        """Write a text into lines `room` wide, without letters that no font has; returns the height."""
        text = self.drawable(text)
        from_right, height = right_to_left(text), LINE * size / LABEL
        found = lines(units([Piece(text, None)]), lambda piece: self.width(piece.text, size), self._space(size), room)
        for row, line in enumerate(found):
            # A line is written at once, so that Matplotlib can order and join its letters.
            words = "".join(" " * unit.space + "".join(piece.text for piece in unit.pieces) for unit in line)
            place, side = (x + room, "right") if from_right else (x, "left")
            self.write(place, y + (row + 0.5) * height, words, size, color, ha=side)
        return height * len(found)

    def words(self, x: float, y: float, pieces: list[Piece], room: float) -> float:
        """Write a title into lines, with the shade of each word and its weight below it; returns the height."""
        from_right = right_to_left("".join(piece.text for piece in pieces))
        found = lines(units(pieces), self._width_of_word, self._space(LABEL), room)
        for row, line in enumerate(found):
            at, middle = 0.0, y + row * NUMBERED + LINE / 2
            for unit in line:
                at += unit.space * self._space(LABEL)
                for piece in unit.pieces:
                    wide = self._width_of_word(piece)
                    self._word(x + (room - at - wide if from_right else at), middle, piece, wide)
                    at += wide
        return NUMBERED * len(found)

    def _space(self, size: float) -> float:
        return self.width("a b", size) - self.width("ab", size)

    def _width_of_word(self, piece: Piece) -> float:
        text = self.width(piece.text, LABEL)
        return text if piece.weight is None else 4 + max(text, self.width(style.percent(piece.weight), SMALL))

    def _word(self, left: float, y: float, piece: Piece, wide: float) -> None:
        centre, color = left + wide / 2, LIGHT.ink
        if piece.weight is not None:
            shade = ramp(LIGHT, piece.weight)
            self.axes.barh(y, wide - 1.5, 18, left=left + 0.75, color=shade)
            self.write(centre, y + 17, style.percent(piece.weight), SMALL, LIGHT.weight, ha="center")
            color = text_on(shade)
        if not piece.known:
            self.axes.plot([left + 2, left + wide - 2], [y + 9] * 2, ":", color=LIGHT.grey, linewidth=1)
        self.write(centre, y, piece.text, color=color, ha="center", zorder=3)

    def paragraph(self, text: str, size: float = LABEL, after: float = 4, color: str = LIGHT.ink) -> None:
        """Write a text over the whole width at y, and go below it."""
        self.y += self.text(MARGIN, self.y, text, WIDTH - 2 * MARGIN, size, color) + after

    def title(self, pieces: list[Piece], news_id: str) -> list[Piece]:
        """A title as far as there are fonts for it: without symbols that none has, or its id where letters are missing."""
        lacking = self.fonts.missing.intersection(text_of(pieces))
        if scripts := sorted({script(char) for char in lacking} - {"symbols"}):
            return [Piece(f"{self.drawable(news_id)} (no font for {', '.join(scripts)})".strip(), None)]
        left = [piece._replace(text=self.drawable(piece.text)) for piece in pieces]
        return [piece for piece in left if piece.text]


def _draw_candidates(page: _Page, explanation: Explanation) -> None:
    chosen = explanation.candidates[explanation.chosen]
    candidates = best(explanation.candidates, explanation.chosen)
    page.paragraph(style.headline(explanation), TITLE)
    count = (
        f" {len(candidates)} of {len(explanation.candidates)} are shown."
        if len(candidates) < len(explanation.candidates)
        else ""
    )
    page.paragraph(
        style.candidates_caption(explanation) + " The explained one is framed." + count, after=8, color=LIGHT.grey
    )
    left = MARGIN + 110
    for one in candidates:
        framed = one is chosen
        page.y += 6 * framed
        middle = page.y + LINE / 2
        page.write(MARGIN + 24, middle, f"{one.rank}", ha="right")
        page.write(MARGIN + 32, middle, "●" if one.clicked else "")
        page.write(left - 12, middle, style.number(one.score), ha="right")
        title, room = page.title(one.pieces, one.news_id), WIDTH - MARGIN - 8 - left
        high = page.words(left, page.y, title, room) if framed else page.text(left, page.y, text_of(title), room)
        if framed:
            frame = [MARGIN - 6, WIDTH - MARGIN + 6, page.y - 5, page.y + high + 3]
            page.axes.plot(
                [frame[i] for i in (0, 1, 1, 0, 0)], [frame[i] for i in (2, 2, 3, 3, 2)], color=LIGHT.ink, linewidth=1.5
            )
        page.y += high + (10 if framed else 4)


def _draw_clicks(page: _Page, explanation: Explanation) -> None:
    chosen, clicks = explanation.candidates[explanation.chosen], explanation.clicks
    page.y += 14
    name = text_of(page.title(chosen.pieces, chosen.news_id))
    page.paragraph(f"Which clicks moved “{name}”", TITLE)
    titles = [page.title(click.pieces, click.news_id) for click in clicks]
    if clicks:
        page.paragraph(style.finding(explanation, explanation.chosen, titles))
    drawn = heaviest(explanation)
    captions = style.clicks_caption(explanation)
    if len(drawn) < len(clicks):
        captions.append(f"The {len(drawn)} of {len(clicks)} clicks that move it most, oldest first.")
    for caption in captions:
        page.paragraph(caption, color=LIGHT.grey)
    alone, lost = (array[:, explanation.chosen] for array in (explanation.alone, explanation.lost))
    low, high = style.scale(alone, lost)
    left, right = BARS

    def place(value: float) -> float:
        return left + (value - low) / (high - low) * (right - left)

    for i in drawn:
        page.y += 6
        page.axes.plot([MARGIN, WIDTH - MARGIN], [page.y] * 2, color=LIGHT.grey, linewidth=0.4)
        page.y += 6
        top = page.y
        tall = page.words(MARGIN, top, titles[i], NUMBERS - 14 - MARGIN)
        page.axes.plot([place(0)] * 2, [top, top + 2 * LINE], ":", color=LIGHT.grey, linewidth=0.8)
        cells = (("alone", alone[i], LIGHT.ink), ("lost", lost[i], LIGHT.paper), ("weight", clicks[i].weight, None))
        for row, (kind, value, fill) in enumerate(cells):
            y = top + (row + 0.5) * LINE
            page.write(NUMBERS, y, kind, color=LIGHT.grey)
            if fill is None:
                page.write(WIDTH - MARGIN, y, f"{value:.1%}", color=LIGHT.weight, ha="right")
                continue
            page.write(WIDTH - MARGIN, y, style.number(value), ha="right")
            page.axes.barh(
                y, place(value) - place(0), 9, left=place(0), color=fill, edgecolor=LIGHT.ink, linewidth=1, zorder=2
            )
        page.y += max(tall, 3 * LINE)
