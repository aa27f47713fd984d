"""Every report on a folder whose candidates were drawn says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nrms_np.data.drawn import DRAWN_LINE, drawn_line
from nrms_np.evaluate import main
from tests.helpers.tiny_run import DEV, TRAIN, write_run, write_split


@pytest.mark.parametrize(("text", "drawn"), [
    (json.dumps({"candidates_drawn": True}), True), (json.dumps({"candidates_drawn": False}), False), ("{", False), ("[1]", False),
    pytest.param("[" * 100_000, False, id="too deep"), (None, False),
])  # fmt: skip
def test_only_what_the_converter_left_says_so(tmp_path: Path, text: str | None, drawn: bool) -> None:
    if text is not None:
        (tmp_path / "conversion.json").write_text(text, encoding="utf-8")
    assert drawn_line(tmp_path) == (DRAWN_LINE if drawn else "")


@pytest.mark.parametrize("drawn", [True, False])
def test_evaluate_says_so(
    tmp_path: Path, drawn: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nrms_np.evaluation.ranking.fastest_backend", lambda: "layers")  # nothing to compile
    run = write_run(tmp_path / "run")
    for name, rows in (("train", TRAIN), ("dev", DEV)):
        write_split(tmp_path / "data" / name, rows)
    (tmp_path / "data" / "conversion.json").write_text(json.dumps({"candidates_drawn": drawn}), encoding="utf-8")
    assert main([str(run), "--data", str(tmp_path / "data"), "--threads", "1", "--quiet"]) == 0
    assert (DRAWN_LINE in capsys.readouterr().out) == drawn
