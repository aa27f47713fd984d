"""The course's contents, as README.md shows them: `python -m lessons.contents` prints the table, `--write` puts it there.

Titles and minutes are those that the lessons say themselves, the pieces those that `lessons.mine` builds a model of.
"""

from __future__ import annotations

import argparse
import ast
import re
from pathlib import Path

from lessons.exercise_files import LESSONS, ROOT, Exercise
from lessons.mine.pieces import FAST, asked_for
from nrms_np.command import run_command

START, END = "<!-- contents -->\n", "<!-- /contents -->"


def contents() -> str:
    """The table in Markdown; links start at the root of the repository."""
    lines = ["| | lesson | minutes | of your own NRMS |", "|---|---|---|---|"]
    total = 0
    pieces = asked_for() | {FAST: list(Exercise(_lesson(FAST).stem).functions())}
    for path in sorted(LESSONS.glob("[0-9][0-9]_*.py")):
        number, about = path.name[:2], about_of(path)
        title = about.splitlines()[0].partition(": ")[2]
        length = minutes(about)
        total += length or 0
        names = [f"`{stem}`" for stem in _stems(pieces.get(number, []))]
        own = f"[{', '.join(names)}](lessons/exercises/{path.name})" if names else ""
        lines.append(f"| {number} | [{title}](lessons/{path.name}) | {length or ''} | {own} |")
    lines.append(f"| | | about {round(total / 60)} hours | |")
    return "\n".join(lines) + "\n"


def _lesson(number: str) -> Path:
    return next(LESSONS.glob(f"{number}_*.py"))


def about_of(path: Path) -> str:
    """The text at the top of a lesson."""
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""


def minutes(about: str) -> int | None:
    """How long a lesson takes with its exercises, from its own sentence; None where it has none.

    About 65 minutes, 35 of them for the exercises: 65.    About 50 minutes, and an hour for the exercises: 110.
    """
    found = re.search(r"About [^.]*(?:minutes|hour)[^.]*", about)
    if found is None:
        return None
    sentence = re.sub(r", (?:\w+ ){1,2}of them[^,.]*", "", found[0]).replace("an hour", "1 hour")
    return sum(int(number) * (60 if unit else 1) for number, unit in re.findall(r"(\d+)( hour)?", sentence))


def _stems(names: list[str]) -> list[str]:
    """One name for a forward and its backward, without the ending; a name that stands alone is left whole."""
    stems = {name: re.sub("_(forward|backward)$", "", name) for name in names}
    both = [stem for stem in stems.values() if {f"{stem}_forward", f"{stem}_backward"} <= set(names)]
    return list(dict.fromkeys(stem if stem in both else name for name, stem in stems.items()))


def main(arguments: list[str] | None = None) -> int:
    """Print the table, or write it into README.md."""
    parser = argparse.ArgumentParser(prog="python -m lessons.contents", description="The contents of the course.")
    parser.add_argument("--write", action="store_true", help="put the table into README.md")
    if not parser.parse_args(arguments).write:
        print(contents(), end="")
        return 0
    readme = ROOT / "README.md"
    before, _, rest = readme.read_text(encoding="utf-8").partition(START)
    after = rest.partition(END)[2]
    readme.write_text(f"{before}{START}{contents()}{END}{after}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    run_command(main)
