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
NAMES = [exercise.name for exercise in ALL]
MOST_FUNCTIONS = 12

each = pytest.mark.parametrize("exercise", ALL, ids=NAMES)

# The lesson that teaches what a module of the package does.
TAUGHT_IN = {
    "nrms_np.layers.embedding": 2,
    "nrms_np.layers.dropout": 2,
    "nrms_np.layers.softmax": 3,
    "nrms_np.layers.self_attention": 4,
    "nrms_np.layers.additive_attention": 5,
    "nrms_np.layers.click": 9,
    "nrms_np.packed": 12,
}
FROM_PYTHON = {"numpy", "json", "collections.abc"}


def imports_of(source):
    """Pairs of a module and a name that is taken from it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            yield from ((node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)


def lines_of(source, function):
    """The lines of a function of a file."""
    tree = ast.parse(source)
    node = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function)
    return source.splitlines()[node.lineno - 1 : node.end_lineno]


def levels(exercise):
    """The level of each function."""
    source = exercise.solution()
    return {name: blanks.level_of(lines_of(source, name)) for name in exercise.functions()}


def test_there_are_exercises_for_each_lesson():
    assert sorted(path.stem for path in LESSONS.glob("[0-9]*.py")) == NAMES


@each
def test_there_are_not_too_many_functions_and_each_has_a_check_and_a_hint(exercise):
    tasks = import_module(f"lessons.checks.lesson_{exercise.number}").TASKS
    assert list(tasks) == list(exercise.functions())
    assert 1 <= len(tasks) <= MOST_FUNCTIONS
    assert all(len(task.hint) > 20 for task in tasks.values())


@each
def test_every_solution_passes(exercise):
    results = check_exercise(exercise, SOLUTIONS)
    assert [(result.state, result.problem) for result in results] == [("done", "")] * len(results)


@each
def test_every_blank_fails_and_says_where_to_write_or_what_is_wrong(exercise, tmp_path):
    blank = blanks.blank_of(exercise)
    (tmp_path / exercise.file).write_text(blank, encoding="utf-8")
    lines, level = blank.splitlines(), levels(exercise)
    for result in check_exercise(exercise, tmp_path):
        assert "Traceback" not in result.problem
        if level[result.function] == "bug":
            assert (result.state in ("wrong", "waits"), bool(result.problem)) == (True, True)
            continue
        assert result.state == "blank", (result.function, result.problem)
        to_write = "    raise NotImplementedError" if level[result.function] == "page" else "..."
        for number in re.findall(r"line (\d+)", result.problem):
            assert to_write in lines[int(number) - 1]
            assert lines[int(number) - 1] in lines_of(blank, result.function)


@each
def test_the_committed_blanks_are_those_made_from_the_solutions(exercise):
    found = (EXERCISES / exercise.file).read_text(encoding="utf-8")
    if found != blanks.blank_of(exercise) and exercise.name in Progress.read(EXERCISES).lessons():
        pytest.skip(f"you have worked on {exercise.file}")
    assert found == blanks.blank_of(exercise), f"run `python -m lessons.blanks {exercise.number}`"


@each
def test_a_blank_keeps_names_arguments_and_docstrings_and_no_line_that_the_reader_is_to_write(exercise):
    blank, solution = blanks.blank_of(exercise), exercise.solution()
    functions = {node.name: node for node in ast.parse(blank).body if isinstance(node, ast.FunctionDef)}
    assert list(functions) == list(exercise.functions())
    for name, level in levels(exercise).items():
        function, solved = functions[name], exercise.functions()[name]
        assert ast.dump(function.args) == ast.dump(solved.args)
        assert ast.get_docstring(function) == ast.get_docstring(solved)
        if level == "page":
            assert [ast.unparse(statement) for statement in function.body[1:]] == ["raise NotImplementedError"]
            continue
        left = {line.split("  # ")[0].strip() for line in lines_of(blank, name)}
        for line in lines_of(solution, name):
            if blanks.BUG.search(line) or blanks.BLANK.search(line):
                assert line.split("  # b")[0].strip() in {")"} or line.split("  # b")[0].strip() not in left
        assert not any("# bug" in line or "# blank" in line for line in lines_of(blank, name))


@each
def test_an_exercise_needs_nothing_from_its_own_lesson_or_a_later_one(exercise):
    taken = {(module, name) for module, name in imports_of(exercise.solution()) if module not in FROM_PYTHON}
    assert all(TAUGHT_IN[module] < int(exercise.number) for module, _ in taken), taken
    # Lessons 10 and 13 write again, for the whole, what stands in the package; what they ask for is never among what they take.
    assert not {name for _, name in taken} & set(exercise.functions())


def test_what_a_lesson_stops_for_is_asked_for_by_its_own_exercises_and_no_others():
    """`course.derive` is told a name only, so the name has to be enough."""
    asked = [(exercise.number, name) for exercise in ALL for name in exercise.functions()]
    for lesson in LESSONS.glob("[0-9]*.py"):
        for name in re.findall(r'course\.derive\("(\w+)"\)', lesson.read_text(encoding="utf-8")):
            assert [number for number, function in asked if function == name] == [lesson.name[:2]], name


def test_no_derivation_has_the_name_of_another():
    names = [name for exercise in ALL for name in exercise.functions() if name.startswith("derive_")]
    assert sorted(set(names)) == sorted(names)


def test_the_course_has_exercises_of_all_three_levels():
    found = [level for exercise in ALL for level in levels(exercise).values()]
    assert set(found) >= {"page", "bug"}


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
