"""`train --small` from the first byte to REPORT.md, on a small set with fingerprints of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from nrms_np.train import main
from tests.helpers.clicks import SMALL_MODEL, write_clicks
from tests.helpers.mind_server import MindServer, content, mind_small, status, zip_of, zips

FILES = [f"{split}/{name}.tsv" for split in ("train", "dev") for name in ("news", "behaviors")]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, bytes]:
    folder = write_clicks(tmp_path / "theirs")
    return {name: (folder / name).read_bytes() for name in FILES}


def assert_trained(out: Path) -> None:
    for name in ("config.json", "metrics.jsonl", "model.npz", "checkpoint.npz", "learning_curve.png", "REPORT.md"):
        assert (out / name).is_file(), name
    report = (out / "REPORT.md").read_text(encoding="utf-8")
    for word in ("AUC", "nDCG@10", "learning_curve.png", "train/behaviors.tsv"):
        assert word in report


def test_zips_put_in_place_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "data" / "mind-small"
    folder.mkdir(parents=True)
    for split in ("train", "dev"):
        members = {f"MINDsmall_{split}/{name}": files[f"{split}/{name}"] for name in ("news.tsv", "behaviors.tsv")}
        (folder / f"MINDsmall_{split}.zip").write_bytes(zip_of(members))
    with mind_small(files):
        assert main(["--small", "--epochs", "1", "--quiet", *SMALL_MODEL]) == 0
    assert {name: (folder / name).read_bytes() for name in FILES} == files
    assert_trained(tmp_path / "runs" / "mind-small")
    assert "best epoch" in capsys.readouterr().out


def test_fetched_from_the_second_source_when_the_first_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.chdir(tmp_path)
    with MindServer() as server:
        for split in ("train", "dev"):
            members = {name: files[f"{split}/{name}"] for name in ("news.tsv", "behaviors.tsv")}
            server.answers[f"/closed/MINDsmall_{split}.zip"] = status(409)
            server.answers[f"/open/MINDsmall_{split}.zip"] = content(zip_of(members))
        with mind_small(files, zips(server, "closed"), zips(server, "open")):
            assert main(["--small", "--epochs", "1", "--out", str(tmp_path / "run"), *SMALL_MODEL]) == 0
    assert_trained(tmp_path / "run")
    assert "closed" in "".join(capsys.readouterr())
