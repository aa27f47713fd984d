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

COMPILED = {"numba": "Numba", "nrms_np.kernels": "Numba", "torch": "PyTorch"}
"""Modules that no browser has, and what they need."""


class Lesson(NamedTuple):
    """A lesson. missing: what it needs and a browser does not have, else "". uses: names of the package's functions it imports."""

    number: str
    stem: str
    title: str
    minutes: int
    missing: str
    missing_in_check: str
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
    names = imported(path)
    check = ROOT / "lessons" / "checks" / f"lesson_{path.name[:2]}.py"
    return Lesson(
        path.name[:2],
        path.stem,
        about.splitlines()[0].partition(": ")[2],
        minutes(about) or 0,
        _missing(names),
        _missing(imported(check)) if check.exists() else "",
        tuple(name for name in names if name.startswith("nrms_np.")),
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


def _missing(names: list[str]) -> str:
    for name in names:
        for module, library in COMPILED.items():
            if f"{name}.".startswith(f"{module}."):
                return library
    return ""
