"""The exercises: solutions pass, blanks fail kindly, and nothing is needed that a later lesson teaches."""

from __future__ import annotations

import ast
import re
from importlib import import_module

import pytest

from lessons import blanks
from lessons.checks.progress import Progress
from lessons.checks.run import check_exercise
from lessons.exercise_files import EXERCISES, LESSONS, SOLUTIONS, Exercise, all_exercises

ALL = all_exercises()
TO_REPAIR = next(exercise for exercise in ALL if "# bug:" in exercise.solution())
TO_WRITE = [exercise for exercise in ALL if exercise != TO_REPAIR]
NAMES = [exercise.name for exercise in ALL]

each = pytest.mark.parametrize("exercise", ALL, ids=NAMES)

# The lesson that teaches what a module of the package does.
TAUGHT_IN = {
    "nrms_np.layers.embedding": 2,
    "nrms_np.layers.dropout": 2,
    "nrms_np.layers.softmax": 3,
    "nrms_np.layers.self_attention": 4,
    "nrms_np.layers.additive_attention": 5,
}
FROM_PYTHON = {"numpy", "json", "collections.abc"}

# All that the exercises import from the package.
FROM_THE_PACKAGE = {
    "04_equation_2": {"softmax_forward"},
    "05_equations_3_to_5": {"softmax_backward", "softmax_forward"},
    "06_news_encoder": {
        "AdditiveCache", "DropoutCache", "EmbeddingCache", "ProjectedCache",
        "additive_attention_backward", "additive_attention_forward", "dropout_backward", "dropout_forward",
        "embedding_backward", "embedding_forward", "projected_attention_backward", "projected_attention_forward",
    },
    "07_equations_6_to_7": {"ProjectedCache", "projected_attention_backward", "projected_attention_forward"},
    "08_equations_8_to_10": {"additive_attention_forward", "projected_attention_forward"},
}  # fmt: skip


def imports_of(source):
    """Pairs of a module and a name that is taken from it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            yield from ((node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)


def test_there_are_exercises_for_each_lesson():
    assert sorted(path.stem for path in LESSONS.glob("[0-9]*.py")) == NAMES


@each
def test_there_are_at_most_four_functions_and_each_has_a_check_and_a_hint(exercise):
    tasks = import_module(f"lessons.checks.lesson_{exercise.number}").TASKS
    assert list(tasks) == list(exercise.functions())
    assert 1 <= len(tasks) <= 4
    assert all(len(task.hint) > 20 for task in tasks.values())


@each
def test_every_solution_passes(exercise):
    results = check_exercise(exercise, SOLUTIONS)
    assert [(result.state, result.problem) for result in results] == [("done", "")] * len(results)


@pytest.mark.parametrize("exercise", TO_WRITE, ids=lambda exercise: exercise.name)
def test_every_blank_fails_and_says_in_which_line_to_write(exercise, tmp_path):
    blank = blanks.blank_of(exercise)
    (tmp_path / exercise.file).write_text(blank, encoding="utf-8")
    for result in check_exercise(exercise, tmp_path):
        assert result.state == "blank"
        line = int(re.search(r"line (\d+)", result.problem)[1])
        assert blank.splitlines()[line - 1] == "    raise NotImplementedError"


def test_every_function_of_the_bug_museum_fails_and_a_place_is_named(tmp_path):
    (tmp_path / TO_REPAIR.file).write_text(blanks.blank_of(TO_REPAIR), encoding="utf-8")
    problems = [result.problem for result in check_exercise(TO_REPAIR, tmp_path) if result.state == "wrong"]
    assert len(problems) == len(TO_REPAIR.functions())
    for problem, start in zip(problems, ("da[", "dx[", "d_table[2, ", "auc is wrong"), strict=True):
        assert problem.startswith(start)


@each
def test_the_committed_blanks_are_those_made_from_the_solutions(exercise):
    found = (EXERCISES / exercise.file).read_text(encoding="utf-8")
    if found != blanks.blank_of(exercise) and exercise.name in Progress.read(EXERCISES).lessons():
        pytest.skip(f"you have worked on {exercise.file}")
    assert found == blanks.blank_of(exercise), f"run `python -m lessons.blanks {exercise.number}`"


@pytest.mark.parametrize("exercise", TO_WRITE, ids=lambda exercise: exercise.name)
def test_a_blank_keeps_names_arguments_and_docstrings_and_no_other_line_of_a_function(exercise):
    functions = {node.name: node for node in ast.parse(blanks.blank_of(exercise)).body if hasattr(node, "args")}
    assert list(functions) == list(exercise.functions())
    for name, function in functions.items():
        solution = exercise.functions()[name]
        assert ast.dump(function.args) == ast.dump(solution.args)
        assert ast.get_docstring(function) == ast.get_docstring(solution)
        assert [ast.unparse(statement) for statement in function.body[1:]] == ["raise NotImplementedError"]


def test_the_blank_of_the_bug_museum_does_not_show_what_was_changed():
    blank, solution = blanks.blank_of(TO_REPAIR), TO_REPAIR.solution()
    assert "bug:" not in blank
    mended = [line.split("# bug:")[0].strip() for line in solution.splitlines() if "# bug:" in line]
    assert len(mended) == len(TO_REPAIR.functions())
    assert all(line not in blank for line in mended)


@each
def test_an_exercise_needs_nothing_from_its_own_lesson_or_a_later_one(exercise):
    taken = set(imports_of(exercise.solution()))
    of_package = {(module, name) for module, name in taken if module not in FROM_PYTHON}
    assert all(TAUGHT_IN[module] < int(exercise.number) for module, _ in of_package)
    assert {name for _, name in of_package} == FROM_THE_PACKAGE.get(exercise.name, set())
    assert not {name for _, name in of_package} & set(exercise.functions())


def test_blanks_are_made_anew_but_work_is_not_overwritten_unless_asked_for(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(blanks, "EXERCISES", tmp_path)
    assert blanks.main([]) == 0
    assert sorted(path.stem for path in tmp_path.glob("*.py")) == NAMES
    mine = tmp_path / "03_equation_1.py"
    mine.write_text("# my work", encoding="utf-8")
    progress = Progress.read(tmp_path)
    progress.failed("03_equation_1", "softmax_forward")
    progress.write()
    assert blanks.main([]) == 0
    assert mine.read_text(encoding="utf-8") == "# my work"
    assert "03_equation_1.py holds your work" in capsys.readouterr().out
    assert blanks.main(["3"]) == 0
    assert mine.read_text(encoding="utf-8") == blanks.blank_of(Exercise("03_equation_1"))
