"""The command runs: the table, what it says of unfinished and broken runs, the picture."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from nrms_np.config import Config
from nrms_np.errors import NrmsError
from nrms_np.runs import main, read_runs, table
from nrms_np.training.run_folder import RunFolder

ROOT = Path(__file__).resolve().parents[1]
PNG = b"\x89PNG\r\n\x1a\n"


def write(folder: Path, aucs: list[float], done: bool = True, **settings: object) -> RunFolder:
    """A run folder with these AUCs of its epochs; its other metrics are a little lower."""
    run = RunFolder(folder)
    run.path.mkdir(parents=True, exist_ok=True)
    run.write_config(Config(**settings), {"folder": "/logs/demo", "glove": None})  # type: ignore[arg-type]
    for epoch, auc in enumerate(aucs):
        row = {"epoch": epoch, "step": 9 * epoch, "loss": 1.5 - auc, "auc": auc, "mrr": auc - 0.1, "ndcg@5": auc - 0.2}
        row |= {"ndcg@10": auc - 0.3, "train_seconds": 50.0 * (epoch > 0), "eval_seconds": 2.0}
        run.add_metrics(row | {"samples_per_second": 10.0, "peak_rss_mb": 100.0})
    if done:
        run.report.write_text("done", encoding="utf-8")
    return run


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    folder = tmp_path / "runs"
    write(folder / "demo", [0.5, 0.8, 0.7999])
    write(folder / "demo-2", [0.5, 0.7, 0.8504], seed=3, heads=4)
    write(folder / "half", [0.5123], done=False, seed=3)
    write(folder / "new", [], done=False)
    broken = write(folder / "torn", [0.5, 0.6])
    broken.metrics.write_text(broken.metrics.read_text(encoding="utf-8")[:-20], encoding="utf-8")
    lacking = write(folder / "lacking", [0.5])
    lacking.metrics.write_text(json.dumps({"epoch": 0, "auc": None}) + "\n", encoding="utf-8")
    write(folder / "strange", [0.5]).config.write_text("{}", encoding="utf-8")
    (folder / "no run").mkdir()
    return folder


def test_the_table_has_the_best_first_and_only_the_settings_that_differ(runs: Path) -> None:
    lines = table(read_runs(runs), 80)
    assert max(map(len, lines)) <= 80
    assert lines[0].split() == ["run", "AUC", "MRR", "nDCG@5", "nDCG@10", "epoch", "time"]
    assert lines[1].split() == ["demo-2", "0.850", "0.750", "0.650", "0.550", "2", "106", "s"]
    assert lines[2] == "    heads 4, seed 3"
    assert lines[3].split() == ["demo", "0.800", "0.700", "0.600", "0.500", "1", "106", "s"]
    assert lines[4] == "    heads 16, seed 0"
    assert lines[5].split() == ["half", "0.512", "0.412", "0.312", "0.212", "0", "2", "s"]
    assert lines[6] == "    unfinished, heads 16, seed 3"
    assert lines[7:] == [
        "lacking", "    broken", "new", "    unfinished, heads 16, seed 0", "strange", "    broken", "torn", "    broken",
    ]  # fmt: skip


def test_a_wide_terminal_has_the_settings_beside_the_numbers(runs: Path) -> None:
    lines = table(read_runs(runs), 100)
    assert lines[0].endswith("time  settings that differ")
    assert lines[1].endswith("106 s  heads 4, seed 3")
    assert len(lines) == 8
    assert lines[4].startswith("lacking ")
    assert lines[4].endswith("  broken")


def test_long_names_and_many_settings_are_wrapped(tmp_path: Path) -> None:
    write(tmp_path / ("name " * 12), [0.5], seed=1, heads=1, head_dim=1, query_dim=1, word_dim=1, dropout=0.1, epochs=1)
    write(tmp_path / "b", [0.6])
    lines = table(read_runs(tmp_path), 80)
    assert max(map(len, lines)) <= 80
    assert " ".join(lines).count("name") == 12
    assert "query dim 1" in " ".join(line.strip() for line in lines)


def test_a_narrow_terminal_and_a_name_of_spaces_have_their_table_too(runs: Path) -> None:
    write(runs / " ", [0.6])
    lines = table(read_runs(runs), 40)
    assert lines[1].split() == ["demo-2", "0.850", "0.750", "0.650", "0.550", "2", "106", "s"]
    assert any(line.split()[:2] == ["0.600", "0.500"] for line in lines)
    assert max(map(len, lines)) <= 53


def test_runs_that_do_not_differ_have_no_settings(tmp_path: Path) -> None:
    write(tmp_path / "a", [0.5, 0.6])
    write(tmp_path / "b", [0.5, 0.7])
    assert len(table(read_runs(tmp_path), 80)) == 3
    assert [run.name for run in read_runs(tmp_path / "a")] == ["a"]  # a run itself


def test_the_command_prints_reasons_and_draws(runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(runs)]) == 0
    printed = capsys.readouterr().out
    assert "an epoch lacks one of its numbers" in " ".join(printed.split())
    assert f"wrote {runs / 'runs.png'}" in printed
    assert (runs / "runs.png").read_bytes().startswith(PNG)
    assert main([str(runs), "--quiet", "--out", str(tmp_path / "b.png")]) == 0
    assert "wrote" not in capsys.readouterr().out
    assert (tmp_path / "b.png").exists()


def test_a_run_that_diverged_says_so_and_stands_last(tmp_path: Path) -> None:
    write(tmp_path / "a", [0.5, 0.6])
    write(tmp_path / "new", [], done=False)
    run = write(tmp_path / "wild", [0.5, 0.9])
    rows = run.read_metrics()
    rows[1]["loss"] = 35.0
    run.metrics.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    lines = table(read_runs(tmp_path), 80)
    assert [line.split()[0] for line in lines if not line.startswith(" ")] == ["run", "a", "new", "wild"]
    assert lines[-1].endswith("diverged")


def test_a_run_on_drawn_candidates_says_so_as_long_as_its_data_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "conversion.json").write_text('{"candidates_drawn": true}', encoding="utf-8")
    for name, folder in (("a", "log"), ("b", "gone")):
        write(tmp_path / "runs" / name, [0.5, 0.6]).write_config(
            Config(), {"folder": str(tmp_path / folder), "glove": None}
        )
    drawn, gone = read_runs(tmp_path / "runs")
    assert (drawn.states, gone.states) == (["candidates drawn"], [])
    main([str(tmp_path / "runs"), "--quiet"])
    assert "candidates drawn: the candidates that were not clicked were drawn" in capsys.readouterr().out


def test_what_a_run_went_on_from_is_a_setting(tmp_path: Path) -> None:
    write(tmp_path / "a", [0.5, 0.6])
    write(tmp_path / "b", [0.5, 0.7]).write_config(Config(), {"folder": "/logs/demo", "glove": None, "from": "/runs/a"})
    assert [line.partition(" s  ")[2] for line in table(read_runs(tmp_path), 80)[1:]] == ["from a", "from none"]


def test_no_runs_are_one_sentence(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(NrmsError, match=r"there are no runs here; python -m nrms_np.train makes one\.$"):
            main([str(folder)])


def test_no_help_has_a_doubled_percent_sign() -> None:
    code = """
import contextlib, importlib, io
for name in ("train", "evaluate", "recommend.__main__", "explain.__main__", "runs", "data.demo.__main__", "data.download"):
    with contextlib.redirect_stdout(io.StringIO()) as text, contextlib.suppress(SystemExit):
        importlib.import_module(f"nrms_np.{name}").parse(["--help"])
    print(name, "usage" in text.getvalue(), "%%" in text.getvalue())
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.count(" True False\n") == 7, done.stdout
