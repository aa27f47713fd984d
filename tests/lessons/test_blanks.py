"""What becomes of a solution's lines: the three levels of exercises, and the task that is written above them."""

from __future__ import annotations

import ast
import re

import pytest

from lessons import exercise_files
from lessons.blanks import blank_of
from lessons.checks.run import Task, check_exercise
from lessons.exercise_files import Exercise, all_exercises

SOLUTION = '''"""Exercises of lesson 03: levels."""

import numpy as np


def page(x):
    """Blank page."""
    return x


def line(x, y):
    """Fill the blank."""
    c = np.concatenate(
        [x, y]
    )  # blank: over three lines
    a, b = x.T, y[..., None]  # blank: both, turned
    a += 2 * b  # blank
    if a.size == b.size:
        print(a)  # blank: say it
    return a @ b  # blank: the product
'''

BUG = '''

def bug(x):
    """Find the bug."""
    y = 2 * x  # bug: y = 3 * x
    return y
'''


@pytest.fixture
def made(tmp_path, monkeypatch):
    """The blank of a solution, as text."""

    def make(source):
        (tmp_path / "03_levels.py").write_text(source, encoding="utf-8")
        monkeypatch.setattr(exercise_files, "SOLUTIONS", tmp_path)
        return blank_of(Exercise("03_levels"))

    return make


def test_each_function_becomes_what_its_lines_say(made):
    blank = made(SOLUTION + BUG)
    assert "    raise NotImplementedError\n\n\ndef line" in blank
    assert '    """Fill the blank."""\n    c = ...  # over three lines\n    a, b = ' in blank
    assert "    a, b = ...  # both, turned\n    a += ...  # your code\n" in blank
    assert "        ...  # say it\n    return ...  # the product\n" in blank
    assert "    if a.size == b.size:\n" in blank
    assert "    y = 3 * x\n    return y\n" in blank
    assert "blank:" not in blank
    assert "bug:" not in blank
    ast.parse(blank)


def test_the_task_says_what_there_is_to_do(made):
    about = ast.get_docstring(ast.parse(made(SOLUTION + BUG)))
    assert about.endswith(
        "`bug` runs and is wrong: find the bug and mend it.\nPut your code in the place of each "
        "`raise NotImplementedError` and each `...`, then run `python -m lessons.check 03`."
    )
    only_bugs = made('"""About."""\n' + BUG)
    assert "Each function runs and is wrong. Find its bug and mend it, then run" in only_bugs


def test_a_blank_line_counts_as_blank_with_its_number(made, tmp_path, monkeypatch):
    blank = made(SOLUTION + BUG)
    folder = tmp_path / "exercises"
    folder.mkdir()
    (folder / "03_levels.py").write_text(blank, encoding="utf-8")
    tasks = dict.fromkeys(("page", "line", "bug"), Task(lambda function: function(*[None] * 2), "a hint"))
    monkeypatch.setattr("lessons.checks.lesson_03.TASKS", tasks)
    results = {result.function: result for result in check_exercise(Exercise("03_levels"), folder, ["line"])}
    assert list(results) == ["line"]
    assert results["line"].state == "blank"
    numbers = [n for n, text in enumerate(blank.splitlines(), start=1) if "..." in text.split("#")[0]]
    assert results["line"].problem == f"Still blank: write it in line {' and line '.join(map(str, numbers[1:]))}."


@pytest.mark.parametrize("exercise", all_exercises(), ids=lambda exercise: exercise.name)
def test_no_mark_in_the_solutions_is_left_in_the_blanks(exercise):
    assert not re.search(r"# (blank|bug)\b", blank_of(exercise))
