"""A wrong array as a small table, with the number framed that the check's sentence names."""

from __future__ import annotations

import html

import numpy as np

from lessons.checks.compare import Wrong

MOST = (6, 8)
"""Rows and columns that are shown of a larger array, around the framed number."""


def table(function: str, wrong: Wrong) -> str:
    """The array that a function of the reader's returned, as HTML. The wrong number must have a place: it is not alone."""
    matrix = wrong.place[:-2]  # of an array of three axes or more, the one that the number is in
    got, close = np.atleast_2d(wrong.got[matrix]), np.atleast_2d(wrong.close[matrix])
    worst = (*(0,) * (2 - len(wrong.place)), *wrong.place)[-2:]
    rows, columns = (_around(at, length, most) for at, length, most in zip(worst, got.shape, MOST, strict=True))
    body = ""
    for i in rows:
        cells = "".join(_cell(got[i, j], bool(close[i, j]), wrong.said if (i, j) == worst else None) for j in columns)
        body += f'<tr>{f"""<th scope="row">{i}</th>""" if len(wrong.place) > 1 else "<td></td>"}{cells}</tr>'
    head = "".join(f'<th scope="col">{j}</th>' for j in columns)
    part = "" if (len(rows), len(columns)) == got.shape else " in part,"
    name = html.escape(wrong.name)
    inner = f"{name}[{', '.join(map(str, matrix))}] of " if matrix else ""
    place = f"{name}[{', '.join(map(str, wrong.place))}]"
    others = " Underlined: these are wrong too." if np.count_nonzero(~close) > 1 else ""
    caption = (
        f"{inner}{name} {wrong.got.shape},{part} as <code>{function}</code> returned it. Framed: {place}, with what is "
        f"expected.{others}"
    )
    return (
        f'<figure class="wrong" tabindex="0"><table><caption>{caption}</caption>'
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table></figure>"
    )


def _around(at: int, length: int, most: int) -> range:
    start = min(max(at - most // 2, 0), max(length - most, 0))
    return range(start, min(start + most, length))


def _cell(number: np.generic, right: bool, said: tuple[str, str] | None) -> str:
    if said:
        expected, got = (text.replace("-", "−") for text in said)
        return f'<td class="worst">{got}<span>expected {expected}</span></td>'
    text = (f"{number:.3g}" if number.dtype.kind == "f" else str(number)).replace("-", "−")
    return f"<td>{text}</td>" if right else f'<td class="off">{text}</td>'
