"""The pages that work: Play and 'Build your own NRMS', as HTML with what was recorded when the site was built.

Both show something at once. play.js and mine.js load Python when the reader changes something or presses a button.
"""

from __future__ import annotations

import ast
import html
import inspect
import json
import textwrap
from collections.abc import Callable
from typing import Any, NamedTuple

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from lessons.mine.layers import LAYERS, Layer
from lessons.mine.pieces import asked_for
from nrms_np.encoder import attend_forward
from nrms_np.explain.impression import contributions
from nrms_np.layers.additive_attention import additive_attention_forward
from nrms_np.layers.click import click_score_forward
from nrms_np.layers.self_attention import projected_attention_forward
from nrms_np.layers.softmax import softmax_forward
from nrms_np.model import NRMS
from pages.course import all_lessons
from pages.mine import packages_curve
from pages.model import play_model
from pages.play import play, readers

COMPUTED_BY: dict[str, tuple[Callable[..., Any], ...]] = {
    "ranking": (NRMS.score, click_score_forward),
    "clicks": (contributions, additive_attention_forward),
    "heads": (projected_attention_forward, softmax_forward, attend_forward),
}
"""The functions of the package behind each part of Play."""


def play_page() -> str:
    """Play below its first words: its data, and the lines that compute."""
    known = readers()
    first = known[0]
    answer = play(first["clicks"], first["candidates"], file=str(play_model()))
    parts = "".join(
        f'<template data-numpy="{name}">{numpy_of(functions)}</template>' for name, functions in COMPUTED_BY.items()
    )
    return (
        f'<div id="play-here" class="play"><noscript><p class="note">This page needs JavaScript.</p></noscript>{parts}'
        f'<script type="application/json">{_json({"readers": known, "answer": answer})}</script></div>\n'
    )


def numpy_of(functions: tuple[Callable[..., Any], ...]) -> str:
    """Functions without their docstrings, each with a link to its page in the API, where the formulas stand."""
    found = ""
    for function in functions:
        module, name = function.__module__, function.__qualname__
        code = highlight(code_of(function), PythonLexer(), HtmlFormatter(nowrap=True))
        found += (
            f'<p><a href="api/{module}.html#{module}.{name}"><code>{module}.{name}</code></a></p>'
            f'<div class="highlight"><pre tabindex="0">{code}</pre></div>'
        )
    return found


def code_of(function: Callable[..., Any]) -> str:
    """The lines of a function of the package without its docstring."""
    lines = textwrap.dedent(inspect.getsource(function)).splitlines()
    (definition,) = ast.parse("\n".join(lines)).body
    assert isinstance(definition, ast.FunctionDef)
    if ast.get_docstring(definition) is not None:
        del lines[definition.body[0].lineno - 1 : definition.body[0].end_lineno]
    return "\n".join(lines) + "\n"


class Piece(NamedTuple):
    """A row of the table. names: of its functions, with "" where the exercises ask for none.    layer: its title, or ""."""

    name: str
    lesson: str
    names: tuple[str, str]
    layer: str


def pieces() -> list[Piece]:
    """All pieces that the exercises ask for, in their order."""
    layers: dict[str, Layer] = {name: layer for layer in LAYERS for name in (layer.forward, layer.backward)}
    found: dict[str, Piece] = {}
    for lesson, names in asked_for().items():
        for asked in names:
            name = asked.removesuffix("_forward").removesuffix("_backward")
            pair = tuple(each if each in names else "" for each in (f"{name}_forward", f"{name}_backward"))
            layer = layers.get(asked)
            found[name] = Piece(name, lesson, (pair[0], pair[1]), layer.title if layer else "")
    return list(found.values())


def mine_page() -> str:
    """The page 'Build your own NRMS' below its first words: the table of the pieces, the button, the curve."""
    rows = "".join(_row(piece) for piece in pieces())
    return f"""<div id="mine-here" class="mine">
<div class="scroll" tabindex="0" role="group" aria-label="the pieces"><table class="pieces">
<thead><tr><th scope="col">piece</th><th scope="col">lesson</th><th scope="col">forward</th><th scope="col">backward</th>
<th scope="col">gradient</th></tr></thead><tbody>
{rows}</tbody></table></div>
<p class="count"></p>
<noscript><p class="note">Training needs JavaScript.</p></noscript>
<script type="application/json">{_json(packages_curve())}</script></div>
"""


def _row(piece: Piece) -> str:
    stem = next(lesson.stem for lesson in all_lessons() if lesson.number == piece.lesson)
    cells = "".join(f'<td data-function="{name}">{"the package’s" if name else ""}</td>' for name in piece.names)
    return (
        f'<tr><th scope="row"><code>{piece.name.replace("_", "_<wbr>")}</code></th>'
        f'<td><a href="lessons/{stem}.html#exercises" aria-label="exercises of lesson {piece.lesson}">{piece.lesson}</a></td>'
        f'{cells}<td data-layer="{html.escape(piece.layer)}"></td></tr>\n'
    )


def _json(data: Any) -> str:
    return json.dumps(data).replace("</", "<\\/")
