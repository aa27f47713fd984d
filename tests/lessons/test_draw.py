"""The language of the figures: where things stand, what is written, and what an editor's cell shows."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import FancyArrowPatch, Rectangle
from PIL import Image

from lessons import course
from lessons.draw import base
from nrms_np.palette import LIGHT, contrast, ramp


def texts(axes):
    return {text.get_text(): to_hex(text.get_color()).upper() for text in axes.texts}


def cells(axes):
    return [patch for patch in axes.patches if isinstance(patch, Rectangle) and patch.get_fill()]


def test_a_canvas_is_in_pixels_with_the_title_above_zero():
    axes = base.canvas("A finding", height=200)
    assert axes.figure.get_size_inches().tolist() == [6.8, 2.3]
    assert axes.get_xlim() == (0, 680)
    assert axes.get_ylim() == (200, -30)
    assert base.canvas("A long finding " * 10, height=200).get_ylim()[1] < -50


def test_an_array_says_where_its_cells_are_and_shows_numbers_words_name_and_shape():
    axes = base.canvas("Weights", height=200)
    alpha = np.array([[0.25, 0.75], [1.0, 0.0]])
    place = base.weights(axes, alpha, ["a", "b"], ["c", "d"], at=(100, 50), framed=[1, (0, 1)])
    assert (place.left, place.top, place.right, place.bottom) == (100, 50, 212, 106)
    assert place.cell(1, 0) == (128, 92)
    assert {"a", "b", "c", "d", "α (T, T)", "0.25", "0.75", "1.00", "0.00"} <= set(texts(axes))
    assert [to_hex(cell.get_facecolor()).upper() for cell in cells(axes)] == [ramp(LIGHT, w) for w in alpha.ravel()]
    assert len(axes.patches) == 4 + 2
    for weight in (0.0, 1.0):  # letters that can be read on their cell
        assert contrast(texts(axes)[f"{weight:.2f}"], ramp(LIGHT, weight)) >= 4.5


def test_a_gradient_is_red_has_a_real_minus_and_a_triangle_for_its_sign():
    axes = base.canvas("Gradient", height=200)
    base.array(axes, [-0.5, 0.25, 0.0], "dr", "(3,)", kind="gradient", at=(10, 50))
    assert {name: colour for name, colour in texts(axes).items() if name != "Gradient"} == dict.fromkeys(
        ("dr (3,)", "−0.50", "0.25", "0.00"), LIGHT.gradient
    )
    marks = [(line.get_marker(), line.get_markersize()) for line in axes.lines]
    assert [mark for mark, _ in marks] == ["v", "^"]
    assert marks[0][1] > marks[1][1]


def test_a_number_has_no_minus_where_it_is_zero():
    assert [base.number(value) for value in (-0.004, -0.006, 1.5)] == ["0.00", "−0.01", "1.50"]
    assert base.number(0.25, plus=True) == "+0.25"
    assert base.number(-3, digits=0) == "−3"


def test_an_array_without_a_place_fills_its_axes():
    drawing = base.figure("Two", 200)
    axes = drawing.subplots()
    base.array(axes, np.zeros((2, 3)), "x", "(T, D)", digits=0)
    assert axes.get_xlim() == (0, 3)
    assert axes.get_ylim() == (2, 0)
    assert not axes.axison


def test_a_colour_that_only_lines_can_have_is_never_a_letters():
    axes = base.canvas("Values", height=200)
    base.array(axes, [[1.0]], "V", "(D, d)", colour=base.VALUE, at=(10, 50))
    base.graph(axes, {"v": base.Box("values", (200, 60), True, base.VALUE)}, [])
    assert min(contrast(colour, LIGHT.paper) for colour in texts(axes).values()) >= 4.5
    assert to_hex(axes.patches[0].get_edgecolor()).upper() == base.VALUE


def test_gradients_return_below_the_arrow_from_right_to_left():
    axes = base.canvas("Graph", height=200)
    boxes = {"x": base.Box("x", (50, 100)), "y": base.Box("y", (300, 100), step=True)}
    base.graph(axes, boxes, [base.Arrow("x", "y", "(T, D)", "dx")])
    forward, back = (patch for patch in axes.patches if isinstance(patch, FancyArrowPatch))
    (x1, y1), (x2, y2) = forward._posA_posB
    (x3, y3), (x4, y4) = back._posA_posB
    assert x1 < x2
    assert x3 > x4
    assert y1 == y2 < y3 == y4
    assert to_hex(back.get_edgecolor()).upper() == LIGHT.gradient
    assert texts(axes)["dx"] == LIGHT.gradient


def test_names_at_the_ends_of_lines_do_not_stand_on_each_other():
    axes = base.figure("Lines", 200).subplots()
    axes.set_ylim(0, 1)
    base.lines(axes, [0, 1], {"a": [0, 0.5], "b": [0, 0.5], "c": [0, 0.51]}, baselines={"chance": 0.5})
    shifts = sorted(text.xyann[1] + axes.transData.transform((0, text.xy[1]))[1] * 0.72 for text in axes.texts)
    assert np.diff(shifts).min() > 0.72 * 14


@pytest.fixture
def shown(tmp_path, monkeypatch):
    """Show a figure, with or without an editor; what was returned, and the file."""

    def show(ipython=None):
        monkeypatch.setenv("LESSON_FIGURES", str(tmp_path))
        monkeypatch.setitem(sys.modules, "IPython", ipython)
        drawing = base.canvas("A finding", height=100).figure
        return course.show(drawing, "03_x", caption="α is large.", alt="A table."), tmp_path / "03_x.png"

    return show


def test_a_figure_is_written_with_its_words_and_named(shown, capsys):
    returned, path = shown(SimpleNamespace(get_ipython=lambda: None))
    assert returned is None
    assert capsys.readouterr().out == "figure: lessons/figures/03_x.png\n  α is large.\n"
    with Image.open(path) as image:
        assert image.width == 1360
        assert (image.text["Description"], image.text["Comment"]) == ("A table.", "α is large.")


def test_an_editors_cell_shows_it(shown):
    display = SimpleNamespace(Image=lambda **options: options)
    returned, path = shown(SimpleNamespace(get_ipython=lambda: object(), display=display))
    assert (returned["data"], returned["alt"], returned["width"]) == (path.read_bytes(), "A table.", 680)
