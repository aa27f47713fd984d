"""What the checks of 00 to 07 tell a reader who made a mistake that many make: the words that help, not only the numbers."""

from __future__ import annotations

import pytest

from lessons.checks.run import check_exercise
from lessons.exercise_files import all_exercises

TOLD = [
    ("02", "embedding_backward", "np.add.at(d_table, rows, dx)",
     "d_table += (rows[:, None] == np.arange(len(table))).T @ dx", "without F"),
    ("04", "one_head_forward", "np.sqrt(Q.shape[1])", "np.sqrt(Q.shape[0])", "1/√D, the width of a word, gives"),
    ("04", "one_head_forward", "np.sqrt(Q.shape[1])", "1.0", "1, no scale at all, gives"),
    ("06", "attend_forward", "np.sqrt(Q.shape[1] // heads)", "np.sqrt(Q.shape[1])", "all heads together, gives"),
    ("06", "attend_backward", "np.sqrt(Q.shape[1] // heads)", "1.0", "1, no scale at all, gives"),
    ("06", "attend_backward", "return dx, dict(", "return 2 * dx, dict(", 'gradients["pool.q"] are right.'),
    ("06", "attend_backward", "strict=True))", "strict=True)) | {names[0]: 0 * Q}", 'gradients["attention.Q"]['),
]  # fmt: skip


@pytest.mark.parametrize(("number", "function", "right", "wrong", "said"), TOLD)
def test_the_mistake_is_named(tmp_path, number, function, right, wrong, said):
    exercise = next(each for each in all_exercises() if each.number == number)
    before, name, after = exercise.solution().partition(f"def {function}(")
    assert right in after
    (tmp_path / exercise.file).write_text(before + name + after.replace(right, wrong, 1), encoding="utf-8")
    (result,) = check_exercise(exercise, tmp_path, [function])
    assert result.state == "wrong"
    assert said in result.problem
