"""Draw docs/model.svg, the first picture of README.md: from words to news to a user to a score.

Run: python docs/draw_model.py

The titles and the score are those of the course's story (lessons/story.py). Letters are 17 px of a picture 500 px wide, so that
they are still 12 px on a phone, which shows it 358 px wide. The colours are the palette's, dark where the reader's system is dark.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from lessons import story
from nrms_np.palette import DARK, LIGHT, Palette

PICTURE = Path(__file__).with_name("model.svg")
WIDTH, HEIGHT = 500, 458
COLUMNS = (147, 284, 424)  # the middles of two clicked titles and of the candidate
BOXES, VECTOR = ((148, 56), (96, 56), (140, 56)), (58, 36)
WORDS, NEWS, USER, SCORE, CAPTION = 66, 186, 296, 376, 424
BETWEEN = (COLUMNS[0] + COLUMNS[1]) / 2
MEETING = (BETWEEN + COLUMNS[2]) / 2


def picture() -> str:
    """The picture as SVG text."""
    scores, _ = story.model().forward(story.batch())
    titles = [*story.HISTORY, story.CANDIDATES[story.CLICKED]]
    parts = [_text(x, 24, name, "grey") for x, name in ((BETWEEN, "clicked"), (COLUMNS[2], "candidate"))]
    stages = (("words", WORDS), ("news", NEWS), ("user", USER), ("score", SCORE))
    parts += [_text(8, y + 6, name, "grey", "start") for name, y in stages]
    for x, box, title, name in zip(COLUMNS, BOXES, titles, ("r₁", "r₂", "r"), strict=True):
        parts += [_box(x, WORDS, *box), *_lines(x, WORDS, title)]
        parts += [_arrow((x, WORDS + 30), (x, NEWS - 20)), _text(x + 8, 135, "attend", "ink", "start")]
        parts += [_box(x, NEWS, *VECTOR), _text(x, NEWS + 6, name, "ink")]
    for x, side in zip(COLUMNS[:2], (-14, 14), strict=True):
        parts.append(_arrow((x, NEWS + 20), (BETWEEN + side, USER - 20)))
    parts.append(_text(BETWEEN, NEWS + 44, "attend", "ink"))
    parts += [_box(BETWEEN, USER, *VECTOR), _text(BETWEEN, USER + 6, "u", "ink")]
    parts.append(_arrow((BETWEEN + 20, USER + 20), (MEETING - 34, SCORE - 20)))
    parts.append(_arrow((COLUMNS[2], NEWS + 20), (MEETING + 40, SCORE - 20)))
    parts += [_box(MEETING, SCORE, 136, 36), _text(MEETING, SCORE + 6, f"u · r = {scores[0, 0]:.2f}", "ink")]
    parts.append(_text(8, CAPTION, "attend: each looks at all of them (equations 1-2, 6-7),", "grey", "start"))
    parts.append(_text(8, CAPTION + 22, "then they are pooled into one vector (3-5, 8-10)", "grey", "start"))
    return "\n".join([_head(titles), *parts, "</svg>"]) + "\n"


def _head(titles: list[str]) -> str:
    described = (
        f"Two clicked titles, {titles[0]} and {titles[1]}, and a candidate, {titles[2]}: attend turns the words of each into "
        "one news vector. Attend again turns those of the clicked news into one user vector. User times candidate is the score."
    )
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img"
     aria-labelledby="title desc" font-family="system-ui, 'Segoe UI', 'DejaVu Sans', Helvetica, Arial, sans-serif" font-size="17">
<title id="title">NRMS from words to news to a user to a score</title>
<desc id="desc">{described}</desc>
<style>
  {_colours(LIGHT)}
  @media (prefers-color-scheme: dark) {{ {_colours(DARK)} }}
</style>
<rect class="page" width="{WIDTH}" height="{HEIGHT}"/>"""


def _colours(palette: Palette) -> str:
    return (
        f".page {{ fill: {palette.paper} }} .ink, .head {{ fill: {palette.ink} }} .grey {{ fill: {palette.grey} }} "
        f".box, .arrow {{ fill: none; stroke: {palette.ink}; stroke-width: 2 }}"
    )


def _text(x: float, y: float, words: str, colour: str, anchor: str = "middle") -> str:
    return f'<text class="{colour}" x="{x:g}" y="{y:g}" text-anchor="{anchor}">{words}</text>'


def _lines(x: float, y: float, title: str) -> list[str]:
    """A title on two lines, the longer one as short as it can be."""
    words = title.split()
    ways = [(" ".join(words[:n]), " ".join(words[n:])) for n in range(1, len(words))]
    above, below = min(ways, key=lambda way: max(map(len, way)))
    return [_text(x, y - 4, above, "ink"), _text(x, y + 17, below, "ink")]


def _box(x: float, y: float, width: float, height: float) -> str:
    return f'<rect class="box" x="{x - width / 2:g}" y="{y - height / 2:g}" width="{width}" height="{height}" rx="5"/>'


def _arrow(start: tuple[float, float], end: tuple[float, float]) -> str:
    """A straight arrow, its head turned along it."""
    (x, y), (dx, dy) = end, (end[0] - start[0], end[1] - start[1])
    length = (dx**2 + dy**2) ** 0.5
    dx, dy = dx / length, dy / length
    back = x - 11 * dx, y - 11 * dy
    points = (x, y), (back[0] - 6 * dy, back[1] + 6 * dx), (back[0] + 6 * dy, back[1] - 6 * dx)
    head = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
    line = f"M{start[0]:.1f} {start[1]:.1f}L{back[0]:.1f} {back[1]:.1f}"
    return f'<path class="arrow" d="{line}"/><polygon class="head" points="{head}"/>'


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
    print(f"figure: {PICTURE.relative_to(ROOT)}")
