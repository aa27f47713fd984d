"""An explanation as one HTML file that needs no network.

The page is whole as it stands. A script of a few lines shows another candidate where one is pointed at.
"""

from __future__ import annotations

import html
import json
from pathlib import Path

from nrms_np.evaluation.weights import Piece
from nrms_np.explain import style
from nrms_np.explain.impression import Candidate, Click, Explanation
from nrms_np.explain.titles import units
from nrms_np.files import write_text
from nrms_np.palette import BLACK, DARK, LIGHT, WHITE, Palette, css, ramp, text_on
from nrms_np.plain import one_line


def _turn(palette: Palette) -> float:
    """The weight from which text on the shade has the other colour."""
    first = text_on(ramp(palette, 0))
    return next(step / 1000 for step in range(1001) if text_on(ramp(palette, step / 1000)) != first)


LIGHT_TURN, DARK_TURN = _turn(LIGHT), _turn(DARK)

_STYLE = f"""
{css()}
* {{ box-sizing: border-box; }}
body {{ font: 16px/1.45 system-ui, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; color: var(--ink);
  background: var(--paper); margin: 0 auto; max-width: 1320px; padding: 24px clamp(14px, 3vw, 36px); overflow-wrap: break-word; }}
h1 {{ font-size: 24px; line-height: 1.25; margin: 0 0 20px; }}
h2 {{ font-size: 18px; margin: 0 0 4px; }}
p {{ margin: 0 0 6px; }}
ol {{ list-style: none; margin: 14px 0 0; padding: 0; }}
a {{ color: var(--weight); }}
main {{ display: grid; grid-template-columns: minmax(0, 5fr) minmax(0, 7fr); gap: 48px; align-items: start; }}
.caption, .category, .label {{ color: var(--grey); font-size: 13px; }}
.number {{ font-variant-numeric: tabular-nums; text-align: right; white-space: nowrap; }}
.title {{ display: block; line-height: 1.3; }}
.unit {{ display: inline-block; max-width: 100%; vertical-align: top; }}
.word {{ display: inline-flex; flex-direction: column; align-items: center; max-width: 100%; }}
.word small {{ font-size: 12px; line-height: 1.15; padding: 0 1px; color: var(--weight); user-select: none; }}
.word span {{ background: rgb(var(--weight-rgb) / var(--w)); padding: 1px 2px; border-radius: 3px; max-width: 100%;
  color: {BLACK}; }}
.word .deep {{ color: {WHITE}; }}
.unknown {{ border-bottom: 2px dotted var(--grey); }}
.candidate {{ display: grid; grid-template-columns: 1.5em 0.9em 3.7em minmax(0, 1fr); gap: 0 6px; align-items: baseline;
  width: 100%; min-height: 44px; padding: 7px 8px; font: inherit; color: inherit; background: none; text-align: start;
  cursor: pointer; border: 2px solid transparent; border-radius: 6px; }}
.candidate.chosen {{ border-color: var(--ink); }}
.candidate:focus-visible {{ outline: 2px solid var(--weight); outline-offset: 1px; }}
.candidate:not(.chosen) .word span {{ background: none; color: inherit; border-color: transparent; }}
.candidate:not(.chosen) small {{ visibility: hidden; }}
.click {{ display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 4px 24px; padding: 10px 0;
  border-top: 1px solid rgb(128 128 128 / 0.35); }}
.numbers {{ display: grid; grid-template-columns: 3.2em minmax(0, 1fr) 4.2em; gap: 2px 8px;
  align-items: center; align-content: start; }}
.bar {{ position: relative; height: 12px; }}
.bar::before {{ content: ""; position: absolute; left: calc(100% * (0 - var(--low)) / var(--span)); top: -4px; bottom: -4px;
  border-left: 1px dotted var(--grey); }}
.bar i {{ position: absolute; top: 0; bottom: 0; left: calc(100% * (min(var(--v), 0) - var(--low)) / var(--span));
  width: calc(100% * max(var(--v), -1 * var(--v)) / var(--span)); box-shadow: inset 0 0 0 2px var(--ink); }}
.alone i {{ background: var(--ink); }}
.weight {{ grid-column: 2 / 4; color: var(--weight); }}
.back {{ display: none; }}
@media (prefers-color-scheme: dark) {{ .word span {{ color: {WHITE}; }} .word .pale {{ color: {BLACK}; }} }}
@media (min-width: 900px) {{ #clicks {{ position: sticky; top: 0; max-height: 100vh; overflow-y: auto; padding: 0 6px 8px 0; }} }}
@media (max-width: 899px) {{ main {{ grid-template-columns: minmax(0, 1fr); gap: 32px; }} .back {{ display: block; }}
  .candidate:not(.chosen) small {{ display: none; }} }}
@media (max-width: 600px) {{ .click {{ grid-template-columns: minmax(0, 1fr); }}
  .candidate {{ padding: 7px 4px; }} }}
"""

_SCRIPT = """
const buttons = [...document.querySelectorAll(".candidate")], clicks = [...document.querySelectorAll(".click")];
let kept = buttons.findIndex(button => button.classList.contains("chosen"));
function show(c) {
  buttons.forEach((button, i) => { button.classList.toggle("chosen", i === c); button.setAttribute("aria-pressed", i === c); });
  document.getElementById("which").textContent = buttons[c].dataset.title;
  document.getElementById("finding").textContent = moved[c].finding;
  clicks.forEach((click, i) => ["alone", "lost"].forEach(kind => {
    const value = moved[c][kind][i];
    click.querySelector(`.${kind}`).style.setProperty("--v", value);
    click.querySelector(`.${kind} + .number`).textContent = value.toFixed(3).replace("-", "−");
  }));
}
buttons.forEach((button, c) => {
  button.onpointerenter = event => { if (event.pointerType === "mouse") show(c); };
  button.onpointerleave = () => show(kept);
  button.onfocus = () => show(kept = c);
  button.onclick = () => {
    show(kept = c);
    if (matchMedia("(max-width: 899px)").matches) document.getElementById("clicks").scrollIntoView();
  };
});
"""


def escape(text: str) -> str:
    """A text of other people for the page: no mark-up, no control characters."""
    return html.escape(one_line(text))


def write_html(path: Path, explanation: Explanation) -> None:
    """Write the page; raises OSError where the file cannot be written."""
    write_text(path, page(explanation))


def page(explanation: Explanation) -> str:
    """The page as HTML."""
    title, chosen = escape(style.headline(explanation)), explanation.chosen
    low, high = style.scale(explanation.alone, explanation.lost)
    clicks = "\n".join(_click(explanation, i, click) for i, click in enumerate(explanation.clicks))
    titles = [click.pieces for click in explanation.clicks]
    finding = [style.finding(explanation, c, titles) for c in range(len(explanation.candidates))]
    captions = style.clicks_caption(explanation)
    if explanation.clicks:
        captions[-1] += " A dotted underline: a word that the model does not know."
    candidates = "\n".join(_candidate(one, i == chosen) for i, one in enumerate(explanation.candidates))
    point = (
        " Point at one, or choose it with Tab, to see its words and which clicks moved it."
        if explanation.clicks
        else ""
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{_STYLE}</style>
</head>
<body style="--low:{low:.3f};--span:{high - low:.3f}">
<h1>{title}</h1>
<main>
<section id="candidates">
<h2>The candidates</h2>
<p class="caption">{escape(style.candidates_caption(explanation) + point)}</p>
<ol>
{candidates}
</ol>
</section>
<section id="clicks">
<h2>Which clicks moved “<span id="which" lang="" dir="auto">{escape(explanation.candidates[chosen].title)}</span>”</h2>
<p id="finding" aria-live="polite">{escape(finding[chosen])}</p>
<a class="back caption" href="#candidates">↑ the candidates</a>
{"".join(f'<p class="caption">{escape(caption)}</p>' for caption in captions)}
<ol>
{clicks}
</ol>
</section>
</main>
<script>
const moved = {_moved(explanation, finding)};
{_SCRIPT}</script>
</body>
</html>
"""


def _moved(explanation: Explanation, finding: list[str]) -> str:
    """For each candidate the two numbers of each click and the sentence about them, as JSON that may stand in a script."""
    found = [
        {
            "alone": [_rounded(value) for value in explanation.alone[:, c]],
            "lost": [_rounded(value) for value in explanation.lost[:, c]],
            "finding": finding[c],
        }
        for c in range(len(explanation.candidates))
    ]
    return json.dumps(found).replace("<", "\\u003c")  # a title must not end the script


def _rounded(value: float) -> float:
    return round(float(value), 3) + 0.0


def _title(pieces: list[Piece], category: str, news_id: str) -> str:
    # The language of a title is not known, so the page's must not hold for it; its direction is that of its letters.
    text = "".join(
        f'{" " * unit.space}<span class="unit">{"".join(map(_piece, unit.pieces))}</span>' for unit in units(pieces)
    )
    about = f'<span class="category">{escape(category)} {escape(news_id)}</span>'
    return f'<span class="title" lang="" dir="auto">{text}</span> {about}'


def _piece(piece: Piece) -> str:
    text = escape(piece.text)
    if piece.weight is None:
        return text
    kinds = [("unknown", not piece.known), ("deep", piece.weight >= LIGHT_TURN), ("pale", piece.weight >= DARK_TURN)]
    kind = " ".join(name for name, holds in kinds if holds)
    return (
        f'<span class="word"><span class="{kind}" style="--w:{piece.weight:.3f}">{text}</span>'
        f"<small>{style.percent(piece.weight)}</small></span>"
    )


def _click(explanation: Explanation, i: int, click: Click) -> str:
    bars = "".join(
        f'<span class="label">{kind}</span><span class="bar {kind}" style="--v:{_rounded(value)}"><i></i></span>'
        f'<span class="number">{style.number(value)}</span>'
        for kind, value in (
            ("alone", explanation.alone[i, explanation.chosen]),
            ("lost", explanation.lost[i, explanation.chosen]),
        )
    )
    weight = f'<span class="label">weight</span><span class="number weight">{click.weight:.1%}</span>'
    title = _title(click.pieces, click.category, click.news_id)
    return f'<li class="click"><div>{title}</div><div class="numbers">{bars}{weight}</div></li>'


def _candidate(candidate: Candidate, chosen: bool) -> str:
    kind, mark = "candidate chosen" if chosen else "candidate", "●" if candidate.clicked else ""
    return (
        f'<li><button type="button" class="{kind}" aria-pressed="{str(chosen).lower()}" data-title="{escape(candidate.title)}">'
        f'<span class="number">{candidate.rank}</span><span class="mark">{mark}</span>'
        f'<span class="number">{style.number(candidate.score)}</span>'
        f"<span>{_title(candidate.pieces, candidate.category, candidate.news_id)}</span></button></li>"
    )
