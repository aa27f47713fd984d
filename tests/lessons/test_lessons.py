"""Every lesson runs in a process of its own, prints little, and draws the figures that are committed."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib import font_manager  # noqa: F401  (makes the list of fonts, which is told on stderr the first time)
from matplotlib.image import imread
from numpy.lib.stride_tricks import sliding_window_view

ROOT = Path(__file__).resolve().parents[2]
FIGURES = ROOT / "lessons" / "figures"
LESSONS = sorted((ROOT / "lessons").glob("[0-9]*.py"))
MOST_LINES = 25

# Another version of Matplotlib has other letters and ticks, and moves what stands beside them by a pixel or two. So a pixel
# counts as changed if nothing within REACH of it is like it. Between versions 3.9 and 3.11 the figures of lessons 00 to 09
# differ in up to 0.74 % of their pixels, but in up to 0.02 % by colour: letters and axes are black, what is shown is not.
REACH, LEAST = 4, 10  # pixels; steps of 255
LIMITS = {"all": 0.01, "colours": 0.0004}

each = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.stem)


def run(lesson, figures):
    """Run a file from the project's root as a reader does."""
    environment = os.environ | {"LESSON_FIGURES": str(figures)}
    command = [sys.executable, str(lesson.relative_to(ROOT) if lesson.is_relative_to(ROOT) else lesson)]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=120, check=False
    )


def around(image, choose):
    """For each pixel and colour the largest (np.max) or smallest (np.min) value within REACH."""
    padded = np.pad(image, ((REACH, REACH), (REACH, REACH), (0, 0)), mode="edge")
    rows = choose(sliding_window_view(padded, 2 * REACH + 1, axis=0), axis=-1)
    return choose(sliding_window_view(rows, 2 * REACH + 1, axis=1), axis=-1)


def share_without_like(a, b):
    """The share of pixels of a that differ by more than LEAST from all of b around them."""
    excess = np.maximum(a - around(b, np.max), around(b, np.min) - a)
    return float((excess.max(axis=-1) > LEAST).mean())


def differences(drawn, committed):
    """What in two figures differs by more than its limit, as shares of the pixels: nothing, if they are the same."""
    a, b = (255 * imread(path)[..., :3] for path in (drawn, committed))
    assert np.abs(np.subtract(a.shape, b.shape)).max() <= 2, f"{drawn.name} is {a.shape}, committed {b.shape}"
    height, width = np.minimum(a.shape, b.shape)[:2]
    a, b = a[:height, :width], b[:height, :width]
    views = {"all": (a, b), "colours": (a[..., :2] - a[..., 1:], b[..., :2] - b[..., 1:])}
    shares = {name: max(share_without_like(a, b), share_without_like(b, a)) for name, (a, b) in views.items()}
    return {name: share for name, share in shares.items() if share > LIMITS[name]}


def test_there_are_fifteen_lessons():
    assert [lesson.name[:3] for lesson in LESSONS] == [f"{number:02}_" for number in range(15)]


@each
def test_a_lesson_runs_and_its_figures_are_those_that_are_committed(lesson, tmp_path):
    done = run(lesson, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert len(lines) <= MOST_LINES
    drawn = {path.name for path in tmp_path.iterdir()}
    assert drawn
    assert drawn == {path.name for path in FIGURES.glob(f"{lesson.name[:3]}*.png")}
    assert drawn == {Path(line).name for line in lines if line.startswith("figure: ")}
    for name in drawn:
        assert differences(tmp_path / name, FIGURES / name) == {}, name


def test_nothing_else_is_among_the_figures():
    numbers = {lesson.name[:3] for lesson in LESSONS}
    others = {path.name for path in FIGURES.iterdir() if path.suffix != ".png" or path.name[:3] not in numbers}
    assert others == {"12_measured.json", "13_ablations.json"}


# What is changed in a copy of a lesson, and the figure in which it must be seen.
CHANGED = {
    "the curve for K = 4 drawn for K = 5": (
        "09_the_click.py", "left.plot(s, np.log(np.exp(s) + K) - s,", "left.plot(s, np.log(np.exp(s) + K + (K == 4)) - s,",
        "09_loss_and_gradient.png"),
    "a bar 10 % too long": (
        "05_equations_3_to_5.py", "right.bar(words, alpha,", "right.bar(words, 1.1 * alpha,", "05_pooling.png"),
    "a weight of 0.55 drawn as 0.58": (
        "03_equation_1.py", "course.draw_weights(axes, alpha,", "course.draw_weights(axes, alpha + 0.03 * (alpha > 0.5),",
        "03_weights.png"),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGED)
def test_a_changed_figure_is_noticed(change, tmp_path, monkeypatch):
    name, old, new, figure = CHANGED[change]
    source = (ROOT / "lessons" / name).read_text(encoding="utf-8")
    assert source.count(old) == 1
    (tmp_path / name).write_text(source.replace(old, new), encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "lessons"))  # where the copy finds course.py
    done = run(tmp_path / name, tmp_path / "figures")
    assert (done.returncode, done.stderr) == (0, "")
    assert differences(tmp_path / "figures" / figure, FIGURES / figure)


@pytest.mark.parametrize(
    "lesson", [path for path in LESSONS if "02" <= path.name[:2] <= "09"], ids=lambda path: path.stem
)
def test_a_lesson_checks_its_gradients_and_shows_a_check_that_fails(lesson):
    """A wrong backward is checked inside `try`, the line after it is reached only if nobody noticed, and the error is caught."""
    checks = {"check_gradients", "assert_gradient"}

    def calls(tree):
        return {
            node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }

    tree = ast.parse(lesson.read_text(encoding="utf-8"))
    tries = [node for node in ast.walk(tree) if isinstance(node, ast.Try)]
    failures = [
        node for node in tries if any(getattr(handler.type, "id", "") == "GradientError" for handler in node.handlers)
    ]
    assert failures
    for node in failures:
        *checked, last = node.body
        assert checks & calls(ast.Module(checked, []))
        assert isinstance(last, ast.Raise)
    in_failures = {id(child) for node in failures for child in ast.walk(node)}
    passing = [
        node for node in tree.body if id(node) not in in_failures and not any(t in ast.walk(node) for t in failures)
    ]
    assert checks & calls(ast.Module(passing, []))
