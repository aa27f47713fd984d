"""`python -m lessons.check`: what it answers to right, wrong and broken answers."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from lessons import course, exercise_files
from lessons.blanks import blank_of
from lessons.check import main
from lessons.checks import limit
from lessons.checks.progress import FILE
from lessons.exercise_files import LESSONS, SOLUTIONS, Exercise, all_exercises
from tests.lessons.sample import checks_02, checks_03

SAMPLE = Path(__file__).parent / "sample"
WORDS = Exercise("02_word_embeddings")
WEIGHTS = Exercise("03_equation_1")


@pytest.fixture(autouse=True)
def two_lessons(monkeypatch):
    """A course of two lessons."""
    monkeypatch.setattr(exercise_files, "SOLUTIONS", SAMPLE)
    monkeypatch.setattr("lessons.checks.lesson_02.TASKS", checks_02.TASKS)
    monkeypatch.setattr("lessons.checks.lesson_03.TASKS", checks_03.TASKS)


def write(folder, exercise, *changes):
    """Write a solution with some of its text changed; every text to change must be there."""
    source = exercise.solution()
    for before, after in changes:
        assert before in source
        source = source.replace(before, after)
    (folder / exercise.file).write_text(source, encoding="utf-8")


@pytest.fixture
def ask(tmp_path, capsys):
    """Run the command on the files of tmp_path: (exit code, what was printed, with single spaces)."""

    def run(*arguments):
        code = main(list(arguments), folder=tmp_path)
        printed = capsys.readouterr()
        assert "Traceback" not in printed.out + printed.err
        return code, " ".join(printed.out.split())

    return run


# Softmax's backward in the shape the reader is most likely to get wrong.
SIGMOID = ("p * (dp - (p * dp).sum(axis=1, keepdims=True))", "dp * p * (1 - p)")


def test_a_right_answer_is_done_and_the_exit_code_is_zero(ask, tmp_path):
    write(tmp_path, WEIGHTS)
    code, out = ask("03")
    assert code == 0
    assert out.count(" done softmax") == 2
    assert "3 of 3 done." in out


def test_a_wrong_number_is_named_with_its_index_and_both_values(ask, tmp_path):
    write(tmp_path, WORDS, ("np.add.at(d_table, rows, dx)", "np.add.at(d_table, rows, dx)\n    d_table[5, 1] = 77.0"))
    code, out = ask("02")
    assert code == 1
    assert "wrong embedding_backward" in out
    assert "d_table[5, 1] is wrong: expected " in out
    assert "got 77. 1 of 18 numbers are wrong." in out
    assert "3 of 4 done." in out


def test_the_shape_of_any_array_comes_before_the_numbers_of_another(ask, tmp_path):
    write(tmp_path, WEIGHTS, ("return dx, x.T @ dS @ x", "return 3 * dx, (x.T @ dS @ x)[:2]"))
    assert "dQ has the shape (2, 3), expected (3, 3)." in ask("03")[1]


def test_an_answer_that_is_nearly_right_is_told_how(ask, tmp_path):
    write(
        tmp_path, WEIGHTS, ("return dx, x.T @ dS @ x", "return dx, (x.T @ dS @ x).T"), ("return p * (", "return -p * (")
    )
    out = ask("03")[1]
    assert "It is the right answer, transposed." in out
    assert "Only the sign is wrong." in out
    write(tmp_path, WEIGHTS, ("return p * (", "return 2 * p * ("))
    assert "All of it is 2 times the right answer." in ask("03")[1]


def test_the_hint_comes_with_the_second_failure_and_goes_when_the_function_is_right(ask, tmp_path):
    write(tmp_path, WEIGHTS, SIGMOID)
    assert "Hint:" not in ask("03")[1]
    second = ask("03")[1]
    assert second.count("Hint:") == 1
    assert "through the sum below the line" in second
    write(tmp_path, WEIGHTS)
    assert "Hint:" not in ask("03")[1]
    write(tmp_path, WEIGHTS, SIGMOID)
    assert "Hint:" not in ask("03")[1]


def test_what_the_readers_code_prints_is_marked_as_such(ask, tmp_path):
    write(tmp_path, WEIGHTS, ("    exps = np.exp(", "    print('shape', a.shape)\n    exps = np.exp("))
    assert "done softmax_forward Printed by your code: shape (3, 5) shape (3, 3)" in ask("03")[1]


def test_a_first_failure_says_that_a_hint_follows(ask, tmp_path):
    write(tmp_path, WEIGHTS, SIGMOID)
    first, second = ask("03")[1], ask("03")[1]
    assert "(After the next wrong try there is a hint.)" in first
    assert "(After" not in second


def test_a_second_hint_comes_with_the_fourth_failure(ask, tmp_path, monkeypatch):
    task = replace(checks_03.TASKS["softmax_backward"], more="The whole way.")
    monkeypatch.setitem(checks_03.TASKS, "softmax_backward", task)
    write(tmp_path, WEIGHTS, SIGMOID)
    assert ["And: The whole way." in ask("03")[1] for _ in range(4)] == [False, False, False, True]


def test_failures_are_counted_for_each_function_alone(ask, tmp_path):
    write(tmp_path, WEIGHTS, SIGMOID)
    ask("03")
    write(tmp_path, WEIGHTS, ("dS @ x @ Q.T + ", ""))
    assert "Hint:" not in ask("03")[1]


def test_a_blank_is_no_failure_and_leaves_no_file(ask, tmp_path):
    (tmp_path / WEIGHTS.file).write_text(blank_of(WEIGHTS), encoding="utf-8")
    for _ in range(3):
        code, out = ask("03")
        assert code == 1
        assert out.count("Still blank") == 3
        assert "Hint:" not in out
    assert not (tmp_path / FILE).exists()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "7", '{"03_equation_1": 3}', '{"03_equation_1": {"softmax_backward": "x"}}', "\0\ud800"]
)
def test_a_broken_progress_file_does_not_matter(ask, tmp_path, text):
    (tmp_path / FILE).write_text(text, encoding="utf-8", errors="surrogatepass")
    write(tmp_path, WEIGHTS, SIGMOID)
    assert ask("03")[0] == 1
    assert "Hint:" in ask("03")[1]


def test_a_progress_file_that_cannot_be_written_does_not_matter(ask, tmp_path):
    (tmp_path / FILE).mkdir()
    write(tmp_path, WEIGHTS)
    assert ask("03")[0] == 0


BROKEN = [
    ("return dx, x.T @ dS @ x", "return dx, x @ dS @ x", "x @ dS does not fit: the shapes are (5, 3) and (5, 5)"),
    (
        "return dx, x.T @ dS @ x",
        "return dx, np.copy(x) @ dS",
        "a matrix product does not fit: the sizes that should be equal are 5 and 3",
    ),
    ("return p * (", "return np.max(p[:0]) * (", "This array has no number: an empty title"),
    ("exps = np.exp(", "exps = np.expp(", "line 13: AttributeError: module 'numpy' has no attribute 'expp'"),
    ("return dx, x.T @ dS @ x", "return dx", "It returned one value, expected are 2: dx, dQ."),
    ("return dx, x.T @ dS @ x", "pass", "It returned None: is there a `return dx, dQ`?"),
    ("return dx, x.T @ dS @ x", "return dx, 'dQ'", "dQ is a str, expected is a NumPy array of shape (3, 3)."),
    ("return dx, x.T @ dS @ x", "return dx, None", "dQ is None"),
    ("dx = dS @", "dS *= 2\n    dx = dS @", "It changed its argument dS"),
    ("return p * (dp - (p * dp).sum(axis=1, keepdims=True))", "return list(p)", "da is a list"),
    ("return p * (", "return np.nan * (", "got nan"),
    (
        "return p * (dp - (p * dp).sum(axis=1, keepdims=True))",
        "return dp.astype(np.float32)",
        "da has the dtype float32",
    ),
    ("return exps / exps", "return (exps / exps", "line 14: SyntaxError: '(' was never closed"),
    ("return exps / exps.sum(axis=1, keepdims=True)", "raise SystemExit", "line 14: SystemExit"),
    ("exps = np.exp(a - a.max(axis=1, keepdims=True))", "return softmax_forward(a)", "line 13: RecursionError"),
    ("def softmax_backward(dp: np.ndarray, p", "def softmax_backward(p: np.ndarray, dp", "arguments should be (dp, p)"),
    ("def softmax_backward", "def softmax_back", "There is no function softmax_backward in "),
    ("import numpy as np", "import numpy as np\n1 / 0", "line 4: ZeroDivisionError: division by zero"),
    ("import numpy as np", "import nunpy as np", "line 3: ModuleNotFoundError: No module named 'nunpy'"),
    ("import numpy as np", "import numpy as np\x00", "SyntaxError"),
]


@pytest.mark.parametrize(("before", "after", "said"), BROKEN, ids=[after for _, after, _ in BROKEN])
def test_whatever_the_readers_code_does_ends_in_a_sentence(ask, tmp_path, before, after, said):
    write(tmp_path, WEIGHTS, (before, after))
    code, out = ask("03")
    assert code == 1
    assert said in out
    assert "lessons/checks" not in out


@pytest.mark.parametrize(
    "loop",
    ["while True:\n        pass", "while True:\n        try:\n            a + a\n        except:\n            pass"],
    ids=["bare", "that catches everything"],
)
def test_a_loop_without_an_end_is_stopped_and_the_others_are_checked(ask, tmp_path, monkeypatch, loop):
    monkeypatch.setattr(limit, "SECONDS", 0.2)
    write(tmp_path, WEIGHTS, ("    exps = np.exp(", f"    {loop}\n    exps = np.exp("))
    code, out = ask("03")
    assert code == 1
    assert "wrong softmax_forward softmax_forward did not finish within 0.2 s. It was stopped in line 1" in out
    assert "2 of 3 done." in out
    write(tmp_path, WEIGHTS, ("import numpy as np", "import numpy as np\nwhile True:\n    pass"))
    assert "03_equation_1.py did not finish within 0.2 s. It was stopped in line" in ask("03")[1]


def test_the_limit_leaves_alone_what_the_course_does_and_what_is_done_in_time(monkeypatch):
    monkeypatch.setattr(limit, "SECONDS", 0.001)
    monkeypatch.setattr(limit, "AGAIN", 0.001)
    for _ in range(10):
        with limit.limited("the reader's.py"):
            exec(compile("1 + 1", "the reader's.py", "exec"))
            sum(number for number in range(50_000))  # far longer than the limit


def test_each_result_is_printed_when_it_is_known_and_an_interruption_says_what_ran(tmp_path, monkeypatch, capsys):
    def interrupted(_):
        assert "done   softmax_forward" in capsys.readouterr().out
        raise KeyboardInterrupt

    tasks = checks_03.TASKS
    monkeypatch.setitem(tasks, "softmax_backward", replace(tasks["softmax_backward"], check=interrupted))
    write(tmp_path, WEIGHTS)
    with pytest.raises(KeyboardInterrupt):
        main(["03"], folder=tmp_path)
    assert "softmax_backward was running" in capsys.readouterr().out


def test_a_function_that_calls_a_blank_one_is_told_so(ask, tmp_path):
    write(tmp_path, WEIGHTS, ("    exps = np.exp(", "    raise NotImplementedError\n    exps = np.exp("),
          ("    return p * (", "    p = softmax_forward(p)\n    return p * ("))  # fmt: skip
    for _ in range(3):
        out = ask("03")[1]
        assert "blank softmax_forward" in out
        assert "waits softmax_backward" in out
        assert "It calls softmax_forward, which is still blank" in out
        assert "Hint:" not in out  # nothing is counted: nothing is known about it


def test_a_function_that_calls_one_with_a_gap_waits_for_it(ask, tmp_path):
    write(tmp_path, WEIGHTS, ("    exps = np.exp(a - a.max(axis=1, keepdims=True))", "    exps = ..."),
          ("    return p * (", "    p = softmax_forward(p)\n    return p * ("))  # fmt: skip
    assert "waits softmax_backward It calls softmax_forward, which is still blank (line 14)." in ask("03")[1]


def test_where_one_array_is_wrong_the_right_ones_are_named(ask, tmp_path):
    write(tmp_path, WEIGHTS, ("return dx, x.T @ dS @ x", "return dx + 1, x.T @ dS @ x"))
    assert "dQ is right." in ask("03")[1]


def test_a_file_that_is_not_there_can_be_made_again(ask):
    code, out = ask("03")
    assert code == 1
    assert "There is no file" in out
    assert "`python -m lessons.blanks 03` makes it again" in out


def test_the_progress_over_the_course_counts_what_is_done(ask, tmp_path):
    for exercise in all_exercises():
        (tmp_path / exercise.file).write_text(blank_of(exercise), encoding="utf-8")
    write(tmp_path, WEIGHTS, SIGMOID)
    code, out = ask()
    assert code == 1
    assert "02 word embeddings 0 of 4 .... next: title_rows" in out
    assert "03 equation 1 2 of 3 ##. next: softmax_backward" in out
    assert out.endswith(" 2 of 7")
    (tmp_path / WORDS.file).write_text("def f(:\n", encoding="utf-8")
    assert "02_word_embeddings.py, line 1: SyntaxError" in ask()[1]


def test_the_progress_is_complete_when_all_is_done(ask, tmp_path):
    for exercise in all_exercises():
        write(tmp_path, exercise)
    code, out = ask()
    assert code == 0
    assert out.endswith(" 7 of 7")


def test_several_lessons_are_done_only_when_each_is(ask, tmp_path):
    write(tmp_path, WORDS)
    write(tmp_path, WEIGHTS)
    assert ask("2", "03")[0] == 0
    write(tmp_path, WORDS, ("row_of.get(word, 0)", "row_of.get(word, 1)"))
    assert ask("2", "03")[0] == 1


def test_the_command_runs_in_a_process_of_its_own():
    root = LESSONS.parent
    before = sorted(SOLUTIONS.rglob("*.json"))
    command = [sys.executable, "-m", "lessons.check", "--solutions"]
    done = subprocess.run([*command, "03"], cwd=root, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"(\d+) of \1 done\.", done.stdout)
    assert sorted(SOLUTIONS.rglob("*.json")) == before
    whole = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert (whole.returncode, whole.stderr) == (0, "")
    assert re.search(r"(\d+) of \1$", whole.stdout.strip())
    wrong = subprocess.run([*command, "99"], cwd=root, capture_output=True, text=True, check=False)
    assert wrong.returncode == 2
    assert "there is no lesson 99; the lessons are 00 to " in wrong.stderr


def test_one_function_is_checked_alone_and_its_failures_are_counted(ask, tmp_path):
    write(tmp_path, WEIGHTS, SIGMOID)
    assert ask("03", "softmax_forward")[0] == 0
    code, out = ask("03", "softmax_backward", "scores_backward", "02")
    assert code == 1
    assert "1 of 2 done." in out
    assert "There is no file" in out
    assert "Hint:" in ask("3", "softmax_backward")[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["softmax_forward"],
            "the number of the lesson comes before the name of a function, as in 03 softmax_forward.",
        ),
        (
            ["03", "softmax"],
            "lesson 03 asks for softmax_forward, softmax_backward, scores_backward; there is no softmax.",
        ),
        (["7"], "there is no lesson 7; the lessons are 02 to 03."),
    ],
)
def test_what_cannot_be_asked_for_is_told(ask, capsys, arguments, said):
    with pytest.raises(SystemExit):
        ask(*arguments)
    assert said in capsys.readouterr().err


def test_derive_takes_the_exercises_of_the_lesson_that_calls_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(exercise_files, "EXERCISES", tmp_path)
    monkeypatch.setattr(Exercise, "functions", lambda _: {"derive_it": None})
    for name, shown in ((WEIGHTS.name, WEIGHTS), ("03_a_cell", WORDS)):  # the first where it cannot be told
        exec("derive('derive_it')", {"derive": course.derive, "__file__": f"lessons/{name}.py"})
        assert shown.file in capsys.readouterr().out


def test_derive_says_whether_the_formula_is_right(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(exercise_files, "EXERCISES", tmp_path)
    for changes, said in (
        ((), "yours is right, read on."),
        ((SIGMOID,), "`python -m lessons.check 03 softmax_backward`"),
    ):
        write(tmp_path, WEIGHTS, *changes)
        course.derive("softmax_backward")
        assert said in capsys.readouterr().out
    (tmp_path / WEIGHTS.file).unlink()
    course.derive("softmax_backward")
    assert f"write it in {tmp_path / WEIGHTS.file}" in capsys.readouterr().out
