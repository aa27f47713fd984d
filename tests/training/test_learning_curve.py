"""The picture of learning curves: its title, its panels, its labels."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib.figure
import pytest

from nrms_np.palette import LIGHT
from nrms_np.training.learning_curve import apart, draw_learning_curve, draw_learning_curves, finding

ROWS = [
    {"epoch": i, "auc": auc, "loss": loss} for i, (auc, loss) in enumerate([(0.51, 1.6), (0.8624, 1.1), (0.8, 0.9)])
]
OTHER = [{"epoch": i, "auc": 0.6 + i / 1000, "loss": 1.3} for i in range(5)]
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The figures that were written, in order."""
    figures: list[Any] = []
    save = matplotlib.figure.Figure.savefig

    def keep(figure: Any, *args: Any, **options: Any) -> None:
        figures.append(figure)
        save(figure, *args, **options)

    monkeypatch.setattr(matplotlib.figure.Figure, "savefig", keep)
    return figures


def test_the_title_says_the_finding() -> None:
    assert finding({"NRMS": ROWS}) == "Best dev AUC 0.862 at epoch 1"
    assert finding({"a": OTHER, "b": ROWS}) == "Best dev AUC 0.862 at epoch 1 (b)"
    falling = [{**row, "auc": 0.5 - row["epoch"] / 10} for row in ROWS]
    assert finding({"NRMS": falling}) == "No epoch beat the model before training: dev AUC 0.500"
    assert finding({"NRMS": ROWS[:1]}) == "Best dev AUC 0.510 at epoch 0"


def test_one_run_has_two_panels_with_the_levels_in_the_upper_one(drawn: list[Any], tmp_path: Path) -> None:
    draw_learning_curve(tmp_path / "a.png", ROWS, {"random": 0.5, "popularity": 0.502})
    assert (tmp_path / "a.png").read_bytes().startswith(PNG)
    above, below = drawn[0].axes
    assert above.get_position().y0 > below.get_position().y1
    assert drawn[0].get_suptitle() == "Best dev AUC 0.862 at epoch 1"
    curve, ring, *levels = above.lines
    assert list(curve.get_ydata()) == [0.51, 0.8624, 0.8]
    assert (list(ring.get_xdata()), list(ring.get_ydata())) == ([1], [0.8624])
    assert [(line.get_linestyle(), line.get_color()) for line in levels] == [(":", LIGHT.grey)] * 2
    assert list(below.lines[0].get_ydata()) == [1.6, 1.1, 0.9]
    assert {text.get_text() for text in above.texts} == {"NRMS 0.862", "random 0.500", "popularity 0.502"}
    # Labels stand right of the panel and not on each other.
    drawn[0].canvas.draw()
    boxes = sorted((text.get_window_extent() for text in above.texts), key=lambda box: box.y0)
    assert all(box.x0 >= above.get_window_extent().x1 for box in boxes)
    assert all(lower.y1 <= upper.y0 for lower, upper in pairwise(boxes))


def test_the_best_of_several_runs_is_in_ink_the_others_in_grey(drawn: list[Any], tmp_path: Path) -> None:
    runs = {"$a_1$": OTHER, "best": ROWS, "a name longer than there is room for": OTHER[:2]}
    draw_learning_curves(tmp_path / "a.png", runs, {})
    above, below = drawn[0].axes
    colors = {text.get_text(): text.get_color() for text in above.texts}
    assert colors == {
        "best 0.862": LIGHT.ink,
        "$a_1$ 0.604": LIGHT.grey,
        "a name longer than there… 0.601": LIGHT.grey,
    }
    assert [text.get_text() for text in below.texts] == ["best"]
    assert len(below.lines) == 3


def test_labels_are_moved_apart_and_stay_in_the_panel() -> None:
    assert apart([], 1, 0, 9) == []
    assert apart([1, 5], 1, 0, 9) == [1, 5]
    assert apart([4, 4, 4], 1, 0, 9) == [3, 4, 5]
    assert apart([0, 0, 9, 9], 1, 0, 9) == [0, 1, 8, 9]
    assert apart([1, 1.2, 2.1], 1, 0, 9) == pytest.approx([0.4333, 1.4333, 2.4333], abs=1e-3)
    placed = apart([0.1, 0.2, 0.3, 0.9, 1.4, 7], 1, 0, 9)
    assert all(upper - lower >= 1 - 1e-9 for lower, upper in pairwise(placed))
    assert placed[0] >= 0
