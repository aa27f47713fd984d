"""A small disk that fills up: what it takes is told, and what was there before stays readable."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from nrms_np.errors import DiskFullError
from nrms_np.npz import read_arrays, write_arrays
from nrms_np.train import main as train
from tests.helpers.clicks import SMALL_MODEL, write_clicks

pytestmark = pytest.mark.slow


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder with room for a mebibyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if not sys.platform.startswith("linux") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_file_that_does_not_fit_leaves_the_old_one(small_disk):
    path = small_disk / "model.npz"
    write_arrays(path, {"a": np.zeros(1000)})
    with pytest.raises(DiskFullError, match=r"model.npz: there is no room for this file \(3.8 MiB are needed\)"):
        write_arrays(path, {"a": np.zeros(500_000)})
    assert (read_arrays(path, "broken")["a"] == np.zeros(1000)).all()
    assert [each.name for each in small_disk.iterdir()] == ["model.npz"]


def test_a_training_on_a_disk_that_fills_up_can_go_on_when_there_is_room(small_disk, tmp_path):
    folder = str(write_clicks(tmp_path / "clicks"))
    command = ["--data", folder, "--out", str(small_disk / "run"), "--epochs", "2", "--quiet", *SMALL_MODEL]
    assert train(command) == 0
    stone = small_disk / "stone"
    free = 2**20 - sum(each.stat().st_size for each in small_disk.rglob("*") if each.is_file())
    stone.write_bytes(b"x" * max(0, free - 64 * 1024))  # less than the next checkpoint and its pictures take
    with pytest.raises(DiskFullError, match="there is no room for this file"):
        for epochs in range(3, 30):
            stone.write_bytes(stone.read_bytes() + b"x" * 8192)
            train(
                ["--resume", "--out", str(small_disk / "run"), "--epochs", str(epochs), "--patience", "99", "--quiet"]
            )
    read_arrays(small_disk / "run/checkpoint.npz", "broken")
    assert not list(small_disk.rglob("*.part"))
    stone.unlink()
    assert train(["--resume", "--out", str(small_disk / "run"), "--epochs", "30", "--patience", "99", "--quiet"]) == 0
