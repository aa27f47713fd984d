"""The project's docstrings as reST: arguments become a list, drawings stay as they are, stars and bars are letters."""

from __future__ import annotations

import re

ARGUMENT = re.compile(
    r"^(?![A-Z][a-z])(?P<names>\w+(?:, \w+)*): +(?P<text>.*)$"
)  # a capitalised word begins a sentence
LITERAL = re.compile(r"(``.+?``|:\w+:`.+?`|`[^`]+`)")
DIRECTIVE = re.compile(r"^\s*\.\. |^\s*:\w+:|^[=\-~]{3,}|^ *[-*] |^ *\d+\. ")
GAP = re.compile(r"(?<![: ]) {3,}")  # between two arguments in one line; spaces after a colon only line texts up


def as_rest(lines: list[str]) -> list[str]:
    """The lines of a docstring, each paragraph as what it is."""
    out: list[str] = []
    within = False  # a directive, whose indented lines belong to it
    for paragraph in paragraphs(lines):
        if paragraph[0].startswith(".. "):
            out += paragraph
            within = True
        elif paragraph[0].startswith(" ") and within:
            out += paragraph
        elif paragraph[0].startswith(" "):
            out += ["::", "", *(f"    {line}" for line in paragraph)]
            within = False
        else:
            within = False
            out += _text(paragraph)
        out.append("")
    return out


def paragraphs(lines: list[str]) -> list[list[str]]:
    """The lines between the empty ones."""
    found: list[list[str]] = [[]]
    for line in lines:
        if line.strip():
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return [paragraph for paragraph in found if paragraph]


def _text(paragraph: list[str]) -> list[str]:
    if any(DIRECTIVE.match(line) for line in paragraph):
        return paragraph
    out: list[str] = []
    fields = False
    for line in paragraph:
        if ARGUMENT.match(line) or (fields and line.startswith(" ")):
            parts = GAP.split(line.strip()) if not line.startswith(" ") else [line.strip()]
            for part in parts:
                argument = ARGUMENT.match(part)
                if argument and not line.startswith(" "):
                    if out and not fields:
                        out.append("")
                    out.append(f":{argument['names']}: {escaped(argument['text'])}")
                    fields = True
                elif fields and part.startswith(("Returns ", "Raises ")):
                    out += ["", escaped(part)]
                    fields = False
                else:
                    out.append(f"    {escaped(part)}")
        else:
            if fields:
                out.append("")
            fields = False
            out.append(escaped(line.strip()))
    return out


def escaped(text: str) -> str:
    """Stars and bars outside of code as letters; words in stars, as in *need*, stay emphasised."""
    parts = LITERAL.split(text)
    for place in range(0, len(parts), 2):
        plain = re.sub(
            r"\*\*|(?<=\s)\*(?=\s)|(?<![*\w])\*(?=\w+\b(?!\*))(?![^*]*\w\*)",
            lambda stars: "\\*" * len(stars[0]),
            parts[place],
        )
        parts[place] = plain.replace("|", r"\|")
    return "".join(parts)
