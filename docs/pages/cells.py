"""The cells of a lesson in its page: what only draws is folded away, and where the text asks for a guess, so is the answer.

All folds are `<details>`, which open without a script. The whole code stays in the page, and all of it runs. And the letters that
the lesson explains at its beginning are marked, so that the page can keep them in sight.
"""

from __future__ import annotations

import ast
from itertools import groupby
from operator import itemgetter
from typing import Any

from docutils import nodes

ASKS = "Predict first:"
"""How a paragraph above a cell begins, in italics, where its output is to be guessed before it is read."""
SHOWS = {"course.show", "course.save"}
DERIVES = "course.derive("
"""How a cell begins that asks whether the reader's own formula is right; below it stands ours."""
PLACES = (nodes.comment, nodes.target)


def arrange(app: Any, doctree: nodes.document) -> None:
    """Sphinx calls it for each document as it is read; those that are no lessons have no such cells."""
    if not app.env.docname.startswith("lessons/"):
        return
    for code in list(doctree.findall(lambda node: isinstance(node, nodes.literal_block))):
        if code.get("language") == "Python":
            asked = _hide_where_asked(code)
            code.replace_self(nodes.container("", *_folded(code, asked), classes=["cell"]))
    if letters := _letters(doctree):
        letters["classes"].append("letters")


def pieces(code: str, asked: bool = False) -> list[tuple[str, str]]:
    """Cut the code into pieces that join to it again, each after its kind: "" for what is read first.

    The others are folded: "drawing", the calls of `course.show`, and "assert" where asked, since it tells what was to be guessed.
    """
    lines = code.splitlines(keepends=True)
    kinds = [""] * len(lines)
    for statement in ast.parse(code).body:
        kind = "drawing" if _shows(statement) else "assert" if asked and isinstance(statement, ast.Assert) else ""
        for place in range(statement.lineno - 1, statement.end_lineno or statement.lineno):
            kinds[place] = kind
    together = groupby(zip(kinds, lines, strict=True), key=itemgetter(0))
    return [(kind, "".join(line for _, line in group)) for kind, group in together]


def _shows(statement: ast.stmt) -> bool:
    value = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(value, ast.Call) and ast.unparse(value.func) in SHOWS


def _folded(code: nodes.Element, asked: bool) -> list[nodes.Node]:
    found: list[nodes.Node] = []
    for kind, text in pieces(code.astext(), asked):
        block = code.deepcopy()
        block.children = []
        block += nodes.Text(text)
        block.rawsource = text
        if kind:
            count = len(text.splitlines())
            summary = f"{kind}, {count} line{'s' * (count > 1)}"
            found += [_html(f'<details class="folded"><summary>{summary}</summary>'), block, _html("</details>")]
        elif text.strip():
            found.append(block)
    return found


def _hide_where_asked(code: nodes.Element) -> bool:
    """Fold what answers a question that the text asks: an output to guess and what is said about it, a formula to derive.

    Returns whether a guess was asked for.
    """
    around = code.parent.children
    place = around.index(code)
    above = next((node for node in reversed(around[:place]) if not isinstance(node, nodes.comment)), None)
    end = place + 1
    while end < len(around) and _is_output(around[end]):
        end += 1
    asked = above is not None and _asks(above)
    if above is not None and asked:
        above["classes"].append("ask")
        while end < len(around) and _tells(around[end]):
            end += 1
        _fold(code.parent, place + 1, end, "predict", "Predict first, then show")
    elif code.astext().startswith(DERIVES):
        first = end
        while end < len(around) and isinstance(around[end], (nodes.paragraph, nodes.math_block, *PLACES)):
            if _asks(around[end]):
                break
            end += 1
        _fold(code.parent, first, end, "derive", "Derive first, then show")
    return asked


def _asks(node: nodes.Node) -> bool:
    return isinstance(node, nodes.paragraph) and bool(node.children) and node[0].astext() == ASKS


def _tells(node: nodes.Node) -> bool:
    """Whether this speaks of what came out: text that asks no next question and leads to no next cell."""
    text = isinstance(node, nodes.paragraph) and not _asks(node) and not node.astext().endswith(":")
    return text or isinstance(node, nodes.comment)


def _fold(parent: nodes.Element, first: int, end: int, kind: str, summary: str) -> None:
    """Fold some children; nothing where they are only places that links lead to."""
    if any(not isinstance(node, PLACES) for node in parent.children[first:end]):
        parent.insert(end, _html("</details>"))
        parent.insert(first, _html(f'<details class="{kind}"><summary>{summary}</summary>'))


def _is_output(node: nodes.Node) -> bool:
    if isinstance(node, nodes.raw):
        return node.astext().lstrip().startswith('<figure class="drawn"')
    return isinstance(node, nodes.comment) or "sphx-glr-script-out" in getattr(node, "attributes", {}).get(
        "classes", ()
    )


def _letters(doctree: nodes.document) -> nodes.Element | None:
    """The table of letters in front of a lesson, or the list or paragraph that begins with "Letters"."""
    section = next(iter(doctree.findall(nodes.section)), None)
    named = False
    for node in section.children if section else ():
        if isinstance(node, nodes.section):
            break
        if isinstance(node, nodes.table) or (named and isinstance(node, nodes.bullet_list)):
            return node
        named = isinstance(node, nodes.paragraph) and node.astext().startswith("Letters")
        if named and not node.astext().endswith(":"):
            return node
    return None


def _html(text: str) -> nodes.raw:
    return nodes.raw("", text, format="html")
