"""A forward and its backward side by side: in each row a forward line, and what the backward makes of it.

The comment above a line of a backward names the forward line it differentiates, so nothing has to be said twice. The forward is
read downwards and the backward upwards; on a phone one of them is shown at a time, each in the order in which it runs.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from typing import Any, NamedTuple

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer


class Line(NamedTuple):
    """A line of a forward, with the line breaks it has. targets: what is assigned in it."""

    code: str
    targets: frozenset[str]


def side_by_side(forward: Any, backward: Any) -> str:
    """The two functions as an HTML table."""
    name = forward.__name__.removesuffix("_forward")
    choice = "".join(
        f'<label><input type="radio" name="{name}" value="{side}"{" checked" if side == "forward" else ""}> {side}</label>'
        for side in ("forward", "backward")
    )
    body = "".join(
        f"<tr><td>{_set(line.code)}</td><td>{''.join(map(_set, parts))}</td></tr>"
        for line, parts in aligned(forward, backward)
    )
    return (
        f'<div class="sides"><fieldset><legend>{name}</legend>{choice}</fieldset><table><caption>Line by line: the forward runs '
        "downwards, the backward upwards.</caption><thead><tr>"
        f'<th scope="col">forward ↓</th><th scope="col">backward ↑</th></tr></thead><tbody>{body}</tbody></table></div>'
    )


def aligned(forward: Any, backward: Any) -> list[tuple[Line, list[str]]]:
    """Each line of the forward with the parts of the backward that belong to it, the one that runs last on top.

    What the backward does before its first comment stands beside the forward's end, and its own end beside the forward's head.
    """
    lines = forward_lines(forward)
    beside: list[tuple[Line, list[str]]] = [(line, []) for line in lines]
    head, *parts, end = parts_of(backward)
    for comment, code in parts:
        beside[_place(comment, lines)][1].insert(0, comment + code)
    beside[-1][1].append(head[1])
    beside[0][1].append(end[1])
    return beside


def forward_lines(function: Any) -> list[Line]:
    """The head of a function and each of its statements; of a loop the head, and then those in it."""
    source, definition = _parsed(function)
    found = [Line(_cut(source, definition.lineno, definition.body[0].lineno - 1), frozenset())]

    def add(statements: list[ast.stmt]) -> None:
        for statement in statements:
            within = getattr(statement, "body", [])
            last = within[0].lineno - 1 if within else statement.end_lineno or statement.lineno
            targets = frozenset(
                ast.unparse(each)
                for target in getattr(statement, "targets", [])
                for each in (target.elts if isinstance(target, ast.Tuple) else [target])
            )
            found.append(Line(_cut(source, statement.lineno, last), targets))
            add(within)

    add(definition.body[1:])  # the first is the docstring
    return found


def parts_of(function: Any) -> list[tuple[str, str]]:
    """A backward in parts, each a comment and the code below it: first what stands above all comments, last how it ends."""
    source, definition = _parsed(function)
    parts = [("", "")]
    for line in source[definition.body[0].end_lineno or 0 :]:
        text = line.strip()
        if text.startswith("#"):
            parts.append((line, ""))
        elif text.startswith("return ") and parts[-1][1]:
            parts.append(("", line))
        else:
            parts[-1] = (parts[-1][0], parts[-1][1] + line)
    return parts if not parts[-1][0] else [*parts, ("", "")]


def _place(comment: str, lines: list[Line]) -> int:
    """Which line a comment names: by what is assigned, by what it is made of, else the end."""
    name, _, value = comment.strip("# \n").partition(" = ")
    by_target = [place for place, line in enumerate(lines) if name in line.targets]
    by_value = [place for place, line in enumerate(lines) if place and value and value in line.code]
    return (by_target or by_value or [len(lines) - 1])[-1]


def _parsed(function: Any) -> tuple[list[str], ast.FunctionDef]:
    source = textwrap.dedent(inspect.getsource(function))
    (definition,) = ast.parse(source).body
    assert isinstance(definition, ast.FunctionDef)
    return source.splitlines(keepends=True), definition


def _cut(source: list[str], first: int, last: int) -> str:
    return "".join(source[first - 1 : last])


def _set(code: str) -> str:
    if not code.strip():
        return ""
    html = highlight(code.rstrip(), PythonLexer(stripnl=False), HtmlFormatter(nowrap=True))
    return f'<div class="highlight"><pre tabindex="0">{html}</pre></div>'
