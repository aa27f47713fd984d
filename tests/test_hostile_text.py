"""Titles, ids and names of folders that would steer a terminal, turn text round or end a table: every output of every command."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.clicks import SMALL_MODEL
from tests.helpers.tiny_run import DEV, TRAIN

ROOT = Path(__file__).resolve().parents[1]
HOSTILE = "\x1b[2J\x07red \u202e|`dnuora`|\r<script>alert(1)</script>"
IDS = {name: f"N{number}\x1b[31m|`" for number, name in enumerate(["N1", "N2", "N3", "N4", "N5", "N6", "N7"])}
HARMFUL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of a hostile name with data in it, trained on once."""
    folder = tmp_path_factory.mktemp("hostile") / "da`ta|\x1b[31m"
    for split, rows in (("train", TRAIN), ("dev", DEV)):
        (folder / split).mkdir(parents=True)
        news = [f"{name}\tca|t\x07\t\t{HOSTILE} {name[:2]} word\t\n" for name in IDS.values()]
        (folder / split / "news.tsv").write_text("".join(news), encoding="utf-8", newline="\n")
        lines = []
        for impression, user, history, candidates in rows:
            history = " ".join(IDS[name] for name in history.split())
            shown = " ".join(IDS[token[:2]] + token[2:] for token in candidates.split())
            lines.append(f"{impression}\x1b\tU\u202e{user}\t11/9/2019 9:00:00 AM\t{history}\t{shown}\n")
        (folder / split / "behaviors.tsv").write_text("".join(lines), encoding="utf-8", newline="\n")
    done = run("train", "--data", folder, "--epochs", "1", "--out", folder / "run", *SMALL_MODEL)
    assert done.returncode == 0, done.stderr
    return folder


def run(command: str, *options: object) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", f"nrms_np.{command}", *map(str, options)],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, timeout=120,
    )  # fmt: skip
    # Decoded by hand: text mode would turn \r into a line end.
    out, errors = done.stdout.decode(), done.stderr.decode()
    assert not HARMFUL.search(out), out
    assert not HARMFUL.search(errors), errors
    return subprocess.CompletedProcess(done.args, done.returncode, out, errors)


def test_the_terminal_shows_it_escaped(place):
    shown = run("recommend", place / "run", "--data", place, "--history", IDS["N1"], "--top", 3)
    assert shown.returncode == 0, shown.stderr
    assert r"\x1b[2J\x07red \u202e|`dnuora`|\r<script>" in shown.stdout
    assert run("evaluate", place / "run").returncode == 0
    assert run("runs", place, "--out", place / "runs.png").returncode == 0
    missing = run("explain", place / "run", "--data", place, "--impression", "\x1b[5m", "--out", place / "why.html")
    assert missing.returncode == 1
    assert r"\x1b[5m" in missing.stderr


def test_pictures_and_pages_show_it_escaped(place):
    for name in ("why.html", "why.png"):
        done = run("explain", place / "run", "--data", place, "--impression", "11\x1b", "--out", place / name)
        assert done.returncode == 0, done.stderr
    page = (place / "why.html").read_text(encoding="utf-8")
    assert not HARMFUL.search(page)
    assert "<script>alert" not in page
    assert r"\x1b" in page


def test_the_report_is_whole_markdown(place):
    report = (place / "run/REPORT.md").read_text(encoding="utf-8")
    assert not HARMFUL.search(report)
    assert (
        r"``" in report.partition("Folder: ")[2].partition("\n")[0]
    )  # the name holds a backtick, so its fence is longer
    widths = {line.count("|") - line.count(r"\|") for line in report.splitlines() if line.startswith("| word dim")}
    assert widths == {3}


def test_files_for_programs_keep_everything(place):
    done = run("evaluate", place / "run", "--scores", place / "scores.tsv", "--submission", place / "ranks.zip")
    assert done.returncode == 0, done.stderr
    ids = [line.partition("\t")[0] for line in (place / "scores.tsv").read_text(encoding="utf-8").splitlines()]
    assert ids == [f"{row[0]}\x1b" for row in DEV]
