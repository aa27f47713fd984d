"""The numbers behind the lessons: the interval, the file that keeps them, the world they are measured in."""

from __future__ import annotations

import json
from importlib import import_module

import numpy as np
import pytest

from lessons.evidence import kept
from lessons.evidence.__main__ import LESSONS
from lessons.evidence.interval import Interval, t95
from lessons.small_world import IMPRESSIONS, make_world

# 95% of Student's t lies between minus and plus these, by degrees of freedom; from the table in any textbook.
TABLE = {1: 12.706, 2: 4.303, 4: 2.776, 7: 2.365, 9: 2.262, 15: 2.131, 30: 2.042}


@pytest.mark.parametrize(("freedom", "expected"), TABLE.items())
def test_students_t_is_that_of_the_table(freedom, expected):
    assert t95(freedom + 1) == pytest.approx(expected, abs=6e-4)


def test_an_interval_needs_two_values():
    with pytest.raises(ValueError, match="two values or more"):
        Interval.of([1.0])


def test_an_interval_by_hand():
    one = Interval.of([1.0, 2.0, 3.0])
    assert (one.mean, one.n) == (2.0, 3)
    assert one.half == pytest.approx(4.3027 / np.sqrt(3), rel=1e-4)
    assert not one.holds
    assert str(Interval(-0.5, 0.25, 4)) == "−0.5000 ± 0.2500"


def test_what_moves_both_runs_of_a_seed_drops_out():
    luck = np.array([0.1, -0.3, 0.2, 0.05])
    assert Interval.paired(luck + 0.01, luck).half == pytest.approx(0, abs=1e-12)


def test_19_of_20_intervals_hold_the_truth():
    rng = np.random.default_rng(13)
    within = [abs(one.mean - 2) < one.half for one in (Interval.of(2 + rng.standard_normal(5)) for _ in range(1000))]
    assert 0.93 < np.mean(within) < 0.97


def test_seeds_that_are_there_are_not_measured_again(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(kept, "FIGURES", tmp_path)
    asked = []

    def measure(seed):
        asked.append(seed)
        return {"auc": 0.5 + seed, "curve": [1.0, seed]}

    kept.keep("99", measure, range(2))
    kept.keep("99", measure, range(3))
    assert asked == [0, 1, 2]
    assert kept.load("99")["auc"].tolist() == [0.5, 1.5, 2.5]
    assert kept.load("99")["curve"].shape == (3, 2)
    assert "seed 2: measured" in capsys.readouterr().out


@pytest.mark.parametrize("number", LESSONS)
def test_the_committed_numbers_are_whole_and_say_what_made_them(number):
    file = json.loads(kept.path_of(number).read_text(encoding="utf-8"))
    seeds = import_module(f"lessons.evidence.lesson_{number}").SEEDS
    assert sorted(map(int, file["runs"])) == list(range(seeds))
    assert file["made by"] == f"python -m lessons.evidence {number}"
    assert all(len(found) == seeds for found in kept.load(number).values())


def test_a_bug_ends_lower_than_the_right_gradients_from_some_seeds_and_breaks_from_others():
    ends = kept.load("15")
    right, bug = ends["right, η = 0.05"], ends["p (1 − p) in attention, η = 0.05"]
    assert 0 < np.sum((bug >= 0) & (bug < right)) < len(right) / 2
    assert np.sum(bug < 0) > 0  # minus 1 is NaN
    assert np.all(right >= 0)


def test_a_small_world_is_its_seed(tmp_path):
    first, again, other = (
        make_world(tmp_path / name, seed, ("train", "dev")) for name, seed in (("a", 3), ("b", 3), ("c", 4))
    )
    files = [(tmp_path / name / "train" / "behaviors.tsv").read_bytes() for name in "abc"]
    assert files[0] == files[1] != files[2]
    assert first.train.news.titles == again.train.news.titles != other.train.news.titles
    for split, impressions in ((first.train, IMPRESSIONS["train"]), (first.dev, IMPRESSIONS["dev"])):
        candidates, clicked = split.behaviors.candidates, split.behaviors.clicked
        assert candidates.count == impressions
        clicks = np.add.reduceat(clicked.astype(int), candidates.offsets[:-1])
        assert clicks.min() >= 1  # some are clicked, and never all
        assert (clicks < candidates.lengths).all()
