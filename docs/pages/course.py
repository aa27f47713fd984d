"""What the pages need to know of each lesson; read from its text, nothing is run."""

from __future__ import annotations

import ast
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
for folder in (ROOT, ROOT / "lessons"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from lessons.contents import about_of, minutes  # noqa: E402
from lessons.equations import EQUATIONS, Equation  # noqa: E402

REMARKS = {
    "11": "A browser has no Numba: here the run of twelve epochs takes about a minute.",
    "13": "A browser has no Numba: here the loops run as plain Python, and the times are those recorded.",
    "14": "The two models were trained when this page was made, since here it would take very long. All else runs.",
    "16": "A browser has no PyTorch: here the lesson shows the numbers that were kept.",
    "17": "A page is one process: what more ranks did is recorded.",
}
"""What is another in a browser than on a machine of one's own, by the number of the lesson."""


class Lesson(NamedTuple):
    """A lesson. uses: dotted names of what it imports from the package."""

    number: str
    stem: str
    title: str
    minutes: int
    uses: tuple[str, ...]

    @property
    def page(self) -> str:
        """The name of its document."""
        return f"lessons/{self.stem}"

    @property
    def equations(self) -> list[Equation]:
        """The equations that it teaches."""
        return [equation for equation in EQUATIONS if equation.lesson == f"lessons/{self.stem}.py"]


@cache
def all_lessons() -> list[Lesson]:
    """In order."""
    return [_lesson(path) for path in sorted((ROOT / "lessons").glob("[0-9][0-9]_*.py"))]


def lessons_using(name: str) -> list[Lesson]:
    """The lessons that import a function or anything else of the package, by its dotted name."""
    return [lesson for lesson in all_lessons() if name in lesson.uses]


def equations_of(name: str) -> list[Equation]:
    """The equations that a function computes or differentiates."""
    return [equation for equation in EQUATIONS if name in (*equation.forwards, *equation.backwards)]


def _lesson(path: Path) -> Lesson:
    about = about_of(path)
    return Lesson(
        path.name[:2],
        path.stem,
        about.splitlines()[0].partition(": ")[2],
        minutes(about) or 0,
        tuple(name for name in imported(path) if name.startswith("nrms_np.")),
    )


def imported(path: Path) -> list[str]:
    """Dotted names of what a file imports anywhere."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return sorted(set(found))
