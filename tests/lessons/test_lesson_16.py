"""Lesson 16: what it keeps for those without PyTorch, and, where PyTorch is, that its exercises mean PyTorch's own layouts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lessons.checks.run import load
from lessons.exercise_files import SOLUTIONS, all_exercises
from lessons.small_world import small_config
from nrms_np.layers.self_attention import projected_attention_forward
from nrms_np.parameters import parameter_shapes

ROOT = Path(__file__).resolve().parents[2]
EXERCISE = next(exercise for exercise in all_exercises() if exercise.number == "16")


def test_what_is_kept_compares_every_array_and_both_trainings():
    found = json.loads((ROOT / "lessons" / "figures" / "16_with_pytorch.json").read_text(encoding="utf-8"))
    assert set(found["errors"]) == {"kernels", "layers"}
    for errors in found["errors"].values():
        assert set(errors) == set(parameter_shapes(small_config(), words=9))
        assert 0 < max(errors.values()) < 1e-10
    ours, theirs = (np.array(found["losses"][of]) for of in ("ours", "PyTorch"))
    assert len(ours) == len(theirs) > 50
    assert 0 < np.abs(ours - theirs).max() < 1e-8
    assert ours[-1] < ours[0] - 0.2  # something was learned


@pytest.mark.slow
def test_without_pytorch_the_lesson_says_so_and_shows_what_was_kept(tmp_path):
    hidden = "import runpy, sys; sys.modules['torch'] = None; sys.path.insert(0, 'lessons'); "
    code = f"{hidden}runpy.run_path('lessons/16_with_pytorch.py')"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=os.environ | {"LESSON_FIGURES": str(tmp_path)},
        capture_output=True, text=True, encoding="utf-8", timeout=120, check=True,
    )  # fmt: skip
    assert "PyTorch is not installed here" in done.stdout
    assert {path.name for path in tmp_path.iterdir()} == {"16_gradients.png", "16_beside.png"}


def test_the_layout_of_the_exercise_is_pytorchs():
    torch = pytest.importorskip("torch")
    to_multihead = load(EXERCISE, SOLUTIONS / EXERCISE.file)[0].to_multihead
    rng = np.random.default_rng(16)
    H, d, T = 3, 2, 5
    D = H * d
    x, Q, K, V = rng.standard_normal((T, D)), *rng.standard_normal((3, D, D))
    theirs = torch.nn.MultiheadAttention(D, H, bias=False, dtype=torch.float64)
    theirs.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in to_multihead(Q, K, V).items()})
    rows = torch.from_numpy(x)[:, None]  # (T, 1, D): the batch is its second axis
    h, _ = theirs(rows, rows, rows)
    ours, _ = projected_attention_forward(x, Q, K, V, H, 1 / np.sqrt(d))
    assert np.allclose(h.detach().numpy()[:, 0], ours, atol=1e-12)
