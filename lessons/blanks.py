"""Make the exercises from the solutions: `python -m lessons.blanks`, or `python -m lessons.blanks 03` to begin one again.

A function keeps its first lines and its docstring; what becomes of its body, its lines say. There are three levels:

    dx += dY @ Q.T  # bug: dx = dY @ Q.T            find the bug: what stands after `# bug:` takes the place of the line
    dx = dY @ Q.T  # blank: as the word that looks  fill the blank: becomes `dx = ...  # as the word that looks`
    dx = dY @ Q.T                                   blank page: without any such line the body becomes `raise NotImplementedError`

`# blank` alone says `# your code`. Of `return dx` there stays `return ...`, of a line that is no assignment only `...`.
"""

from __future__ import annotations

import argparse
import ast
import re

from lessons.checks.progress import Progress
from lessons.exercise_files import EXERCISES, Exercise, all_exercises, shown
from nrms_np.command import run_command

BUG = re.compile(r"^( *).*  # bug: (.*)$")
BLANK = re.compile(r"^(?P<indent> *)(?P<kept>(?:[^=#()]+ [-+*/@]?= |return )?).*  # blank(?:: (?P<what>.*))?$")

TO_WRITE = "Put your code in the place of each {blanks}"
TO_REPAIR = "Each function runs and is wrong. Find its bug and mend it"
SOME_TO_REPAIR = "{names} {runs} and {are} wrong: find the bug and mend it"


def blank_of(exercise: Exercise) -> str:
    """The text of the file that the reader gets."""
    source = exercise.solution()
    lines = source.splitlines()
    to_repair, blanks = [], set()
    for name, function in reversed(exercise.functions().items()):
        first, last = _body(function)
        body = lines[first:last]
        if any(BUG.match(line) for line in body):
            to_repair.insert(0, name)
            lines[first:last] = [BUG.sub(r"\1\2", line) for line in body]
        elif any(BLANK.match(line) for line in body):
            blanks.add("`...`")
            lines[first:last] = [BLANK.sub(_with_dots, line) for line in body]
        else:
            blanks.add("`raise NotImplementedError`")
            lines[first:last] = ["    raise NotImplementedError"]
    about = ast.parse(source)
    task = f"{_task(to_repair, blanks)}, then run `python -m lessons.check {exercise.number}`."
    opening = f'"""{(ast.get_docstring(about) or "").rstrip()}\n\n{task}\n"""'
    return "\n".join([opening, *lines[about.body[0].end_lineno :]]) + "\n"


def _with_dots(line: re.Match[str]) -> str:
    return f"{line['indent']}{line['kept']}...  # {line['what'] or 'your code'}"


def _task(to_repair: list[str], blanks: set[str]) -> str:
    """What there is to do in a file, without the full stop."""
    if not blanks:
        return TO_REPAIR
    tasks = [TO_WRITE.format(blanks=" and each ".join(sorted(blanks, reverse=True)))]
    if to_repair:
        one = len(to_repair) == 1
        names = " and ".join(f"`{name}`" for name in to_repair)
        tasks.insert(0, SOME_TO_REPAIR.format(names=names, runs="runs" if one else "run", are="is" if one else "are"))
    return ".\n".join(tasks)


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
