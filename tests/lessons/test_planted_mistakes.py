"""The checks of the exercises are checked: mistakes that readers make must each be refused."""

from __future__ import annotations

from importlib import import_module

import pytest

from lessons.blanks import level_of
from lessons.checks.run import check_exercise
from lessons.exercise_files import all_exercises

ENOUGH = 100
SLIPS = ("NameError", "UnboundLocalError", "AttributeError")
"""What says that a mistake was planted wrongly: every check refuses code that raises one of these."""

MISTAKES = [
    (exercise.number, *mistake)
    for exercise in all_exercises()
    for mistake in import_module(f"tests.lessons.mistakes.lesson_{exercise.number}").MISTAKES
]


@pytest.mark.parametrize(("number", "function", "right", "wrong"), MISTAKES)
def test_a_mistake_is_refused(tmp_path, number, function, right, wrong):
    exercise = next(each for each in all_exercises() if each.number == number)
    solution = exercise.solution()
    start = solution.index(f"def {function}(")
    assert right in solution[start:]
    (tmp_path / exercise.file).write_text(
        solution[:start] + solution[start:].replace(right, wrong, 1), encoding="utf-8"
    )
    (result,) = check_exercise(exercise, tmp_path, [function])
    assert result.state == "wrong"
    assert not any(slip in result.problem for slip in SLIPS), result.problem


def test_a_mistake_is_planted_in_every_function():
    planted = {(number, function) for number, function, _, _ in MISTAKES}
    asked = {(each.number, function) for each in all_exercises() for function in each.functions()}
    assert planted <= asked
    bugs_stand_in_the_blank = {
        (each.number, function)
        for each in all_exercises()
        for function, node in each.functions().items()
        if level_of(each.solution().splitlines()[node.lineno - 1 : node.end_lineno]) == "bug"
    }
    assert asked - planted <= bugs_stand_in_the_blank


def test_a_hundred_mistakes_are_planted():
    assert len(set(MISTAKES)) >= ENOUGH
