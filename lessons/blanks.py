"""Make the exercises from the solutions: `python -m lessons.blanks`, or `python -m lessons.blanks 03` to begin one again.

A function keeps its first lines and its docstring, and its body becomes `raise NotImplementedError`. A function with a line

    dx += dY @ Q.T  # bug: dx = dY @ Q.T

keeps its body, and what stands after `# bug:` takes the place of the line: that function is to be repaired.
"""

from __future__ import annotations

import argparse
import ast
import re

from lessons.checks.progress import Progress
from lessons.exercise_files import EXERCISES, Exercise, all_exercises, shown
from nrms_np.command import run_command

BUG = re.compile(r"^( *).*  # bug: (.*)$")

TO_WRITE = (
    "Put your code in the place of each `raise NotImplementedError`, then run `python -m lessons.check {number}`."
)
TO_REPAIR = "Each function runs and is wrong. Find its bug and mend it, then run `python -m lessons.check {number}`."


def blank_of(exercise: Exercise) -> str:
    """The text of the file that the reader gets."""
    source = exercise.solution()
    lines = source.splitlines()
    task = TO_WRITE
    for function in reversed(exercise.functions().values()):
        first, last = _body(function)
        body = lines[first:last]
        if any(BUG.match(line) for line in body):
            task = TO_REPAIR
            lines[first:last] = [BUG.sub(r"\1\2", line) for line in body]
        else:
            lines[first:last] = ["    raise NotImplementedError"]
    about = ast.parse(source)
    opening = f'"""{(ast.get_docstring(about) or "").rstrip()}\n\n{task.format(number=exercise.number)}\n"""'
    return "\n".join([opening, *lines[about.body[0].end_lineno :]]) + "\n"


def _body(function: ast.FunctionDef) -> tuple[int, int]:
    """The lines of a function after its docstring, as a slice."""
    return function.body[0].end_lineno or 0, function.end_lineno or 0


def main(arguments: list[str] | None = None) -> int:
    """Write the blanks. Without a lesson's number, files that the reader has worked on are left alone."""
    parser = argparse.ArgumentParser(prog="python -m lessons.blanks", description="Make the exercises' blanks.")
    parser.add_argument("lesson", nargs="*", help="two digits, such as 03; what you wrote in its file is lost")
    chosen = [number.zfill(2) for number in parser.parse_args(arguments).lesson]
    known = [exercise.number for exercise in all_exercises()]
    unknown = [number for number in chosen if number not in known]
    if unknown:
        parser.error(f"there is no lesson {unknown[0]}; the lessons are {known[0]} to {known[-1]}.")
    worked_on = Progress.read(EXERCISES).lessons()
    for exercise in all_exercises():
        if exercise.number in chosen or (not chosen and exercise.name not in worked_on):
            (EXERCISES / exercise.file).write_text(blank_of(exercise), encoding="utf-8")
        elif not chosen:
            print(f"{shown(EXERCISES / exercise.file)} holds your work and is left as it is.")
    return 0


if __name__ == "__main__":
    run_command(main)
