"""Trainings that are killed at random moments, and killed again while they resume, end in the same model bit for bit."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from nrms_np.npz import read_arrays
from tests.helpers.clicks import SMALL_MODEL, write_clicks

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")]
ROOT = Path(__file__).resolve().parents[2]
RUNS, KILLS_EACH = 5, 8
COMMAND = [
    "--epochs", "16", "--patience", "99", "--checkpoint-minutes", "0.0001", "--backend", "layers", "--quiet", *SMALL_MODEL,
]  # fmt: skip


def start(folder: Path, out: Path, *more: str) -> subprocess.Popen[bytes]:
    with errors_of(out).open("ab") as errors:
        return subprocess.Popen(
            [sys.executable, "-m", "nrms_np.train", "--data", str(folder), "--out", str(out), *COMMAND, *more],
            env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.DEVNULL, stderr=errors,
        )  # fmt: skip


def errors_of(out: Path) -> Path:
    """The file that gets what a run writes on stderr."""
    return out.with_name(out.name + "-errors.txt")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clicks(tmp_path_factory.mktemp("endurance") / "clicks")


@pytest.fixture(scope="module")
def whole(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """A run that nobody disturbed, and how many seconds it took."""
    out = tmp_path_factory.mktemp("whole") / "run"
    began = time.monotonic()
    process = start(folder, out)
    assert process.wait(timeout=300) == 0, errors_of(out).read_text()
    return out, time.monotonic() - began


@pytest.mark.parametrize("run", range(RUNS))
def test_a_killed_run_ends_as_if_nothing_had_happened(folder, whole, tmp_path, run):
    chance = random.Random(run)
    undisturbed, seconds = whole
    kills = begun = 0
    while kills < KILLS_EACH or begun == 0:
        out = tmp_path / f"run-{begun}"
        while True:
            # The same command every time: it begins where there is nothing yet.
            process = start(folder, out, "--resume")
            try:
                # A run that was killed often enough may end.
                process.wait(timeout=chance.uniform(0.3, 0.95) * seconds if kills < KILLS_EACH else 300)
                break
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                kills += 1
        begun += 1
        assert process.returncode == 0, errors_of(out).read_text()
        for name in ("model.npz", "checkpoint.npz"):
            expected, found = read_arrays(undisturbed / name, "broken"), read_arrays(out / name, "broken")
            assert expected.keys() == found.keys()
            for key in expected:
                if key != "progress/seconds":
                    np.testing.assert_array_equal(found[key], expected[key], err_msg=f"{name}: {key}")
    assert kills == KILLS_EACH
