"""Who holds a run folder, and what is read from it."""

from __future__ import annotations

import errno
import json
import sys
from pathlib import Path

import pytest

from nrms_np.errors import ConfigError, NrmsError
from nrms_np.training import run_folder
from nrms_np.training.run_folder import RunFolder

needs_locks = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such lock")


@needs_locks
def test_only_who_holds_the_lock_removes_the_empty_folder(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    with run.locked():
        with pytest.raises(NrmsError, match="another training writes into this folder"), RunFolder(run.path).locked():
            pass
        assert run.path.is_dir()
    assert not run.path.exists()


@needs_locks
def test_a_folder_that_cannot_be_locked_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    run = RunFolder(tmp_path / "run")
    monkeypatch.setattr(run_folder.fcntl, "flock", flock)
    with pytest.raises(NrmsError, match=r"run: the run folder cannot be written \(No locks"), run.locked():
        pass


def test_what_blocks_inside_is_not_taken_for_another_training(tmp_path: Path) -> None:
    with pytest.raises(BlockingIOError), RunFolder(tmp_path / "run").locked():
        raise BlockingIOError(errno.EAGAIN, "stdout is full")


def test_a_setting_that_makes_no_sense_is_told_with_the_file(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.config.write_text(json.dumps({"heads": 0, "data": {"folder": "x", "glove": None}}), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"config\.json: heads must be a whole number, 1 or more, not 0\.$"):
        run.read_config()


def test_an_epoch_without_all_its_numbers_is_told_with_the_file(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.metrics.write_text('{"epoch": 0}\n', encoding="utf-8")
    with pytest.raises(NrmsError, match=r"metrics\.jsonl: an epoch lacks one of its numbers"):
        run.read_metrics()
