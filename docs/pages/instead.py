"""What a lesson tells a reader of files, told to a reader of its page: exercises below, answers one click away.

The answers to the questions called "Further" are pages of their own, made from lessons/further/.
"""

from __future__ import annotations

import re
from pathlib import Path

from pages.course import ROOT

CHECK = re.compile(r"``python\s+-m\s+lessons\.check\s+\d\d\s+(\w+)[^`]*``")
FURTHER = re.compile(r"``lessons/further/(\d\d)\.md``")
EXERCISES = "Exercises\n---------\n"
BELOW = "Write them in the boxes below and press Check; nothing has to be installed. In the project's folder on your machine:\n"


def for_the_page(text: str) -> str:
    """The lesson with the page's own ways beside the commands."""
    text = CHECK.sub(lambda found: f"{found[0]} (`here <#exercise-{found[1]}>`__)", text)
    text = FURTHER.sub(r":doc:`lessons/further/\1.md </further/\1>`", text)
    return text.replace(EXERCISES, f"{EXERCISES}\n{BELOW}")


def answers() -> dict[str, str]:
    """The pages of answers by their numbers, in Markdown; a list of lessons does not name them."""
    files = sorted(Path(ROOT, "lessons", "further").glob("*.md"))
    return {file.stem: f"---\norphan: true\n---\n{file.read_text(encoding='utf-8')}" for file in files}
