"""Where the exercises and their solutions are, and what can be read from them without running them."""

from __future__ import annotations

import ast
import os
from dataclasses import dataclass
from pathlib import Path

LESSONS = Path(__file__).resolve().parent
SOLUTIONS = LESSONS / "solutions"
EXERCISES = LESSONS / "exercises"
ROOT = LESSONS.parent


@dataclass(frozen=True)
class Exercise:
    """The exercises of one lesson. name: the file's name without .py, such as 03_equation_1."""

    name: str

    @property
    def number(self) -> str:
        """Two digits."""
        return self.name[:2]

    @property
    def title(self) -> str:
        """The lesson in words: "equation 1"."""
        return self.name[3:].replace("_", " ")

    @property
    def file(self) -> str:
        """The file's name, the same in both folders."""
        return f"{self.name}.py"

    def solution(self) -> str:
        """The text of the solution."""
        return (SOLUTIONS / self.file).read_text(encoding="utf-8")

    def functions(self) -> dict[str, ast.FunctionDef]:
        """The functions that the reader writes, by name, in the file's order."""
        tree = ast.parse(self.solution())
        return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}

    def arguments(self, function: str) -> list[str]:
        """The names of a function's arguments."""
        return [argument.arg for argument in self.functions()[function].args.args]


def all_exercises() -> list[Exercise]:
    """The exercises of all lessons, in order."""
    return [Exercise(path.stem) for path in sorted(SOLUTIONS.glob("[0-9][0-9]_*.py"))]


def shown(path: Path) -> str:
    """A path as the reader would type it, where that is shorter."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
