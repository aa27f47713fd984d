"""Make the exercises from the solutions: `python -m lessons.blanks`, or `python -m lessons.blanks 03` to begin one again.

A function keeps its first lines and its docstring; what becomes of its body, its lines say. There are three levels:

    dx += dY @ Q.T  # bug: dx = dY @ Q.T            find the bug: what stands after `# bug:` takes the place of the line
    dx = dY @ Q.T  # blank: as the word that looks  fill the blank: becomes `dx = ...  # as the word that looks`
    dx = dY @ Q.T                                   blank page: without any such line the body becomes `raise NotImplementedError`

`# blank` alone says `# your code`. Of `return dx` there stays `return ...`, of what is no assignment only `...`. A statement over
several lines has its mark in the last one.
"""

from __future__ import annotations

import argparse
import ast
import re
from pathlib import Path

from lessons.checks.progress import Progress
from lessons.exercise_files import EXERCISES, Exercise, all_exercises, shown
from nrms_np.command import run_command

BUG = re.compile(r"  # bug: (?P<what>.*)$")
BLANK = re.compile(r"  # blank(?:: (?P<what>.*))?$")
KEPT = re.compile(r"^ *(?:[^=#()]+ [-+*/@]?= |return )?")
SIMPLE = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Return, ast.Expr)

TO_WRITE = "Put your code in the place of each {blanks}"
TO_REPAIR = "Each function runs and is wrong. Find its bug and mend it"
SOME_TO_REPAIR = "{names} {runs} and {are} wrong: find the bug and mend it"


def level_of(lines: list[str]) -> str:
    """What a function of these lines asks for: bug, blank or page."""
    for level, mark in (("bug", BUG), ("blank", BLANK)):
        if any(mark.search(line) for line in lines):
            return level
    return "page"


def blank_of(exercise: Exercise) -> str:
    """The text of the file that the reader gets."""
    source = exercise.solution()
    lines = source.splitlines()
    to_repair: list[str] = []
    blanks: set[str] = set()
    for name, function in reversed(exercise.functions().items()):
        first, last = _body(function)
        body = lines[first:last]
        level = level_of(body)
        if level == "page":
            blanks.add("`raise NotImplementedError`")
            lines[first:last] = ["    raise NotImplementedError"]
            continue
        if level == "bug":
            to_repair.insert(0, name)
        else:
            blanks.add("`...`")
        _replace_marked(lines, function)
    about = ast.parse(source)
    task = f"{_task(to_repair, blanks)}, then run `python -m lessons.check {exercise.number}`."
    opening = f'"""{(ast.get_docstring(about) or "").rstrip()}\n\n{task}\n"""'
    return "\n".join([opening, *lines[about.body[0].end_lineno :]]) + "\n"


def untouched(exercise: Exercise, folder: Path) -> set[str]:
    """The functions in the file of this folder that are still as the reader got them, a planted bug included."""
    given, found = (
        {node.name: ast.dump(node) for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
        for text in (blank_of(exercise), (folder / exercise.file).read_text(encoding="utf-8"))
    )
    return {name for name in exercise.functions() if found.get(name) == given[name]}


def _replace_marked(lines: list[str], function: ast.FunctionDef) -> None:
    """Put what the marks say in the place of the statements that end with them."""
    statements = [node for node in ast.walk(function) if isinstance(node, SIMPLE)]
    for node in sorted(statements, key=lambda node: -node.lineno):
        last = node.end_lineno or node.lineno
        if bug := BUG.search(lines[last - 1]):
            lines[node.lineno - 1 : last] = [" " * node.col_offset + bug["what"]]
        elif blank := BLANK.search(lines[last - 1]):
            kept = KEPT.match(lines[node.lineno - 1])
            assert kept is not None
            lines[node.lineno - 1 : last] = [f"{kept[0]}...  # {blank['what'] or 'your code'}"]


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
