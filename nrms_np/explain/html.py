"""An explanation as one HTML file that needs nothing else: no script, no font, no network."""

from __future__ import annotations

from html import escape
from pathlib import Path

from nrms_np.explain import style
from nrms_np.explain.impression import Candidate, Click, Explanation, Piece
from nrms_np.files import write_text

_STYLE = f"""
  body {{ font: 16px/1.45 system-ui, "Segoe UI", Helvetica, Arial, sans-serif; color: #111; background: #fff;
         margin: 0 auto; max-width: 1500px; padding: 28px 36px; }}
  h1 {{ font-size: 26px; margin: 0 0 18px; }}
  h2 {{ font-size: 19px; margin: 0 0 2px; }}
  main {{ display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 44px; align-items: start; }}
  @media (max-width: 900px) {{ main {{ grid-template-columns: minmax(0, 1fr); }} }}
  .caption, .category {{ color: {style.GREY}; font-size: 13px; }}
  .caption {{ margin: 0 0 12px; }}
  .category {{ white-space: nowrap; }}
  table {{ border-collapse: collapse; width: 100%; }}
  td {{ padding: 4px 8px; vertical-align: baseline; border-bottom: 1px solid #eee; }}
  td.number {{ text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }}
  td.weight {{ width: 150px; min-width: 150px; vertical-align: middle; }}
  .bar {{ position: relative; height: 14px; }}
  .bar b {{ position: absolute; inset: 0 auto 0 0; background: {style.BLUE}; }}
  .bar i {{ position: absolute; top: -5px; bottom: -5px; border-left: 2px dotted {style.GREY}; }}
  .word {{ padding: 1px 2px; border-radius: 3px; }}
  .unknown {{ border-bottom: 2px dotted {style.GREY}; }}
  .clicked td {{ background: {style.ORANGE_TINT}; }}
  .mark {{ color: {style.ORANGE}; }}
"""


def write_html(path: Path, explanation: Explanation) -> None:
    """Write the page; raises OSError where the file cannot be written."""
    write_text(path, page(explanation))


def page(explanation: Explanation) -> str:
    """The page as HTML."""
    title = escape(style.headline(explanation))
    largest = max((click.weight for click in explanation.clicks), default=1.0)
    clicks = "\n".join(_click(click, largest, len(explanation.clicks)) for click in explanation.clicks)
    caption = " ".join([*style.clicks_caption(explanation), "A dotted underline: a word the model does not know."])
    candidates = "\n".join(_candidate(candidate) for candidate in explanation.candidates)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{title}</h1>
<main>
<section>
<h2>What the user clicked, oldest first</h2>
<p class="caption">{escape(caption)}</p>
<table>
{clicks}
</table>
</section>
<section>
<h2>The candidates</h2>
<p class="caption">{escape(style.candidates_caption(explanation))}</p>
<table>
{candidates}
</table>
</section>
</main>
</body>
</html>
"""


def _click(click: Click, largest: float, count: int) -> str:
    width, equal = 100 * click.weight / largest, 100 / count / largest
    title = "".join(_piece(piece, click) for piece in click.pieces)
    return (
        f'<tr><td class="number">{click.weight:.1%}</td>'
        f'<td class="weight"><div class="bar"><b style="width:{width:.1f}%"></b><i style="left:{equal:.1f}%"></i></div></td>'
        f'<td>{title} <span class="category">{escape(click.category)}</span></td></tr>'
    )


def _piece(piece: Piece, click: Click) -> str:
    text, colour = escape(piece.text), style.shade(piece, click)
    if colour is None:
        return text
    kind = "word" if piece.known else "word unknown"
    return f'<span class="{kind}" style="background:{colour}" title="{piece.weight:.1%}">{text}</span>'


def _candidate(candidate: Candidate) -> str:
    kind, mark = (' class="clicked"', "●") if candidate.clicked else ("", "")
    return (
        f'<tr{kind}><td class="number">{candidate.rank}</td><td class="mark">{mark}</td>'
        f'<td class="number">{candidate.score:.3f}</td>'
        f"<td>{escape(candidate.title)} "
        f'<span class="category">{escape(candidate.category)} {escape(candidate.news_id)}</span></td></tr>'
    )
