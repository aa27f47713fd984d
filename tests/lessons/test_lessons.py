"""Every lesson runs in a process of its own, prints little, and draws figures like those that are committed."""

from __future__ import annotations

import ast
import contextlib
import os
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from matplotlib import font_manager  # noqa: F401  (makes the list of fonts, which is told on stderr the first time)
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import imread, imsave
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
FIGURES = ROOT / "lessons" / "figures"
LESSONS = sorted((ROOT / "lessons").glob("[0-9]*.py"))
QUICK = ("03",)  # a second or two; the others are left to `pytest -m slow`
MOST_LINES = 30  # without the captions of the figures

# Another version of Matplotlib has other letters and ticks, another processor rounds differently, and numbers are measured anew. So
# what is drawn is not compared pixel by pixel.
NEAR = 2  # pixels by which the size may differ
LEAST_INK = (
    0.6  # of the ink of the committed figure; a title and axes with nothing in them have 0.54 of the lightest one's
)

each = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.stem)


def run(lesson, figures):
    """Run a file from the project's root as a reader does."""
    environment = os.environ | {"LESSON_FIGURES": str(figures)}
    return subprocess.run(
        [sys.executable, str(lesson.relative_to(ROOT))],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


def ink(image):
    """The share of pixels, of one in nine, that differ from the one in the corner: 0 for a picture of one colour."""
    some = image[::3, ::3]
    return float((np.abs(some - some[0, 0]).max(axis=-1) > 0.02).mean())


def faults(drawn, names):
    """What is wrong with the figures in a folder, which should be those of these names."""
    found = {path.name for path in drawn.iterdir()}
    sentences = [f"{name} is missing" for name in sorted(names - found)]
    sentences += [f"{name} is not committed" for name in sorted(found - names)]
    for name in sorted(found & names):
        ours, committed = imread(drawn / name), imread(FIGURES / name)
        if np.abs(np.subtract(ours.shape, committed.shape)).max() > NEAR:
            sentences.append(f"{name} has the size {ours.shape}, committed {committed.shape}")
        if ink(ours) < LEAST_INK * ink(committed):
            sentences.append(f"{name} is empty, or nearly so")
    return sentences


def test_lessons_are_numbered_without_gaps_and_the_readme_names_each():
    assert [lesson.name[:3] for lesson in LESSONS] == [f"{number:02}_" for number in range(len(LESSONS))]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [lesson.name for lesson in LESSONS if f"](lessons/{lesson.name})" not in readme] == []


def missing(path):
    """What a file takes from modules of the project that they do not have, without running it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    modules, absent = {}, []
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or node.module.partition(".")[0] not in ("nrms_np", "lessons"):
            continue
        module = import_module(node.module)
        for name in node.names:
            with contextlib.suppress(ModuleNotFoundError):
                import_module(f"{node.module}.{name.name}")
            if not hasattr(module, name.name):
                absent.append(f"{node.module}.{name.name}")
            elif isinstance(getattr(module, name.name), ModuleType):
                modules[name.asname or name.name] = getattr(module, name.name)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            module = modules[node.value.id]
            if not hasattr(module, node.attr):
                absent.append(f"{module.__name__}.{node.attr}")
    return absent


@each
def test_what_a_lesson_takes_from_the_package_is_there(lesson):
    assert missing(lesson) == []


def test_a_name_that_is_gone_is_found(tmp_path):
    path = tmp_path / "lesson.py"
    path.write_text("from nrms_np.kernels import embedding\nlambda: embedding.gone()\n", encoding="utf-8")
    assert missing(path) == ["nrms_np.kernels.embedding.gone"]


@pytest.mark.parametrize(
    "lesson",
    [
        pytest.param(lesson, id=lesson.stem, marks=() if lesson.name[:2] in QUICK else pytest.mark.slow)
        for lesson in LESSONS
    ],
)
def test_a_lesson_runs_and_draws_its_figures(lesson, tmp_path):
    done = run(lesson, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert len([line for line in lines if not line.startswith("  ")]) <= MOST_LINES
    names = {path.name for path in FIGURES.glob(f"{lesson.name[:3]}*.png")}
    assert names
    assert names == {Path(line).name for line in lines if line.startswith("figure: ")}
    assert faults(tmp_path, names) == []


@each
def test_a_lesson_is_python_and_what_it_takes_from_the_package_exists(lesson):
    """Lessons that are not run here would else break unseen when a name changes."""
    tree = ast.parse(lesson.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module.startswith("nrms_np"):
            module = import_module(node.module)
            for alias in node.names:
                # `from package import module` finds modules that nobody has imported yet.
                assert hasattr(module, alias.name) or import_module(f"{node.module}.{alias.name}")


def test_nothing_else_is_among_the_figures():
    numbers = {lesson.name[:3] for lesson in LESSONS}
    kinds = {".png", ".json"}  # the json files keep what takes longer to measure than a lesson may take
    assert [path.name for path in FIGURES.iterdir() if path.suffix not in kinds or path.name[:3] not in numbers] == []


@each
def test_a_figure_says_in_words_what_it_shows(lesson):
    for path in FIGURES.glob(f"{lesson.name[:3]}*.png"):
        with Image.open(path) as image:
            texts = image.text
        assert len(texts["Description"]) > 40, path.name
        assert len(texts["Comment"]) > 40, path.name


def test_no_committed_figure_is_empty():
    assert [path.name for path in FIGURES.glob("*.png") if ink(imread(path)) < 0.022] == []


NAMES = {path.name for path in sorted(FIGURES.glob("0*.png"))[::9]}  # some of them
ONE = min(NAMES)


@pytest.fixture
def drawn(tmp_path):
    """A folder with some figures as they are committed."""
    for name in NAMES:
        shutil.copy(FIGURES / name, tmp_path)
    return tmp_path


def draw(path, height, width, *, axes=False):
    """A figure of this size in pixels with nothing in it, or with axes with nothing in them."""
    figure = Figure(figsize=(width / 100, height / 100), dpi=100)
    FigureCanvasAgg(figure)
    if axes:
        figure.add_subplot()
    figure.savefig(path)


def test_figures_as_they_are_committed_have_no_faults(drawn):
    assert faults(drawn, NAMES) == []


@pytest.mark.parametrize("axes", [False, True], ids=["one colour", "empty axes"])
def test_an_empty_figure_is_noticed(drawn, axes):
    for name in NAMES:
        draw(drawn / name, *imread(FIGURES / name).shape[:2], axes=axes)
    assert faults(drawn, NAMES) == [f"{name} is empty, or nearly so" for name in sorted(NAMES)]


def test_a_missing_figure_and_one_of_another_name_are_noticed(drawn):
    (drawn / ONE).rename(drawn / "03_other.png")
    assert faults(drawn, NAMES) == [f"{ONE} is missing", "03_other.png is not committed"]


@pytest.mark.parametrize(("more", "noticed"), [(NEAR, False), (NEAR + 1, True), (-NEAR - 1, True)])
def test_a_figure_of_another_size_is_noticed(drawn, more, noticed):
    image = imread(FIGURES / ONE)
    height, width = image.shape[:2]
    columns = np.clip(np.arange(width + more), 0, width - 1)  # the last column again and again, or not at all
    imsave(drawn / ONE, np.ascontiguousarray(image[:, columns]))
    sizes = f"({height}, {width + more}, 4), committed ({height}, {width}, 4)"
    assert faults(drawn, NAMES) == ([f"{ONE} has the size {sizes}"] if noticed else [])


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
