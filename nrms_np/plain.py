"""Text of other people (titles, ids, names of folders) made harmless for where it is shown.

A title may hold what a terminal obeys (ESC, carriage return, bell), what turns the reading direction of all that follows, or what
ends a table cell in Markdown. Files that programs read keep everything as it is; what people read shows it escaped.
"""

from __future__ import annotations

import re

# Control characters but for the line feed; the separators of lines and paragraphs; what sets the reading direction; halves of
# characters, which no file can hold. Joiners stay: Persian and the scripts of India are not written without them.
_HARMFUL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def escaped(text: str) -> str:
    r"""The text with each harmful character written as Python writes it, \x1b or \u202e; a line feed stays."""
    return _HARMFUL.sub(lambda match: match.group().encode("unicode_escape").decode(), text)


def one_line(text: str) -> str:
    """`escaped`, with line feeds escaped too."""
    return escaped(text).replace("\n", r"\n")


def markdown_cell(text: str) -> str:
    """The text as it is, for a cell of a table or a line of a list in Markdown: nothing in it is taken for a mark-up."""
    return re.sub(r"([\\|`*<\[])", r"\\\1", one_line(text))


def markdown_code(text: str) -> str:
    r"""The text as code in Markdown: between more backticks than it holds in a row. In a cell of a table `|` must become `\|`."""
    text = one_line(text)
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    return (
        f"{fence} {text} {fence}" if text.startswith("`") or text.endswith("`") or not text else f"{fence}{text}{fence}"
    )
