import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nrms_np.errors import ConfigError, NrmsError
from nrms_np.train import config_of, main, parse
from nrms_np.training.run_folder import RunFolder
from tests.helpers.clicks import SMALL_MODEL, write_clicks

ROOT = Path(__file__).resolve().parents[1]


def train(*options, cwd=ROOT):
    """Run the command as a user does; returns (exit code, stdout, stderr)."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "nrms_np.train", *map(str, options)],
        cwd=cwd, env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def assert_fails(result, *parts):
    code, _, errors = result
    assert code == 1
    assert errors.startswith("error: ")
    assert errors.count("\n") == 1
    assert "Traceback" not in errors
    for part in parts:
        assert part in errors, errors


@pytest.fixture
def clicks(tmp_path):
    return write_clicks(tmp_path / "clicks")


def test_a_small_run_from_start_to_end(clicks, tmp_path, capsys):
    out = tmp_path / "run"
    assert main(["--data", str(clicks), "--epochs", "2", "--out", str(out), *SMALL_MODEL]) == 0
    printed = capsys.readouterr().out
    for word in ("random", "popularity", "untrained", "epoch 2", "nDCG@10", "best epoch"):
        assert word in printed
    assert {path.name for path in out.iterdir()} == {
        "config.json", "metrics.jsonl", "model.npz", "checkpoint.npz", "learning_curve.png", "REPORT.md", "clicks.tsv"
    }  # fmt: skip
    assert json.loads((out / "config.json").read_text())["epochs"] == 2
    assert re.search(r"\n +random +0\.500 +0\.\d{3} ", printed)
    assert re.search(r"best epoch \d: AUC 0\.\d{3}, MRR 0\.\d{3}, nDCG@5 0\.\d{3}, nDCG@10 0\.\d{3}\n", printed)


def test_presets_and_options():
    assert config_of(parse([])).heads == 16
    config = config_of(
        parse(["--preset", "recommenders", "--epochs", "9", "--attention", "bilinear", "--dropout", "0"])
    )
    assert (config.heads, config.epochs, config.attention, config.scaled, config.dropout) == (
        20,
        9,
        "bilinear",
        False,
        0,
    )


@pytest.mark.parametrize(
    "options",
    [["--epochs", "0"], ["--batch-size", "-3"], ["--learning-rate", "0"], ["--learning-rate", "nan"], ["--dropout", "1"],
     ["--negatives", "2.5"], ["--seed", "-1"], ["--threads", "0"], ["--preset", "mine"], ["--speed", "9"],
     ["--small", "--data", "x"]],
)  # fmt: skip
def test_wrong_usage_exits_with_2(options, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(options)
    assert stopped.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_no_such_folder(tmp_path):
    assert_fails(train("--data", tmp_path / "nowhere"), "nowhere", "no such folder")


@pytest.mark.parametrize("name", ["train", "train/news.tsv", "dev/behaviors.tsv"])
def test_a_missing_part(clicks, name):
    (clicks / name).rename(clicks / "elsewhere")
    assert_fails(train("--data", clicks), name)


BROKEN = {
    "too few columns": ("train/news.tsv", 3, b"N99\tsports\n", "columns"),
    "a wrong label": ("dev/behaviors.tsv", 2, b"9\tU9\t\tN1\tN1-0 N2-2\n", "N2-2"),
    "no candidates": ("train/behaviors.tsv", 1, b"9\tU9\t\tN1\t\n", "no candidates"),
    "not UTF-8": ("train/news.tsv", 4, b"N99\ta\tb\tcaf\xe9\t\t\t\t\n", "UTF-8"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_row_is_named_with_file_and_line(clicks, tmp_path, fault):
    name, line, row, word = BROKEN[fault]
    lines = (clicks / name).read_bytes().splitlines(keepends=True)
    lines.insert(line - 1, row)
    (clicks / name).write_bytes(b"".join(lines))
    out = tmp_path / "run"
    assert_fails(train("--data", clicks, "--out", out), f"{name}, line {line}:", word)
    assert not out.exists()


def test_a_split_without_labels_cannot_be_trained_on(clicks, tmp_path):
    path = clicks / "dev/behaviors.tsv"
    path.write_text(path.read_text().replace("-0", "").replace("-1", ""))
    assert_fails(train("--data", clicks, "--out", tmp_path / "run"), "dev/behaviors.tsv", "label")
    assert not (tmp_path / "run").exists()


@pytest.fixture
def stopped_run(clicks, tmp_path, monkeypatch):
    """A finished run in runs/clicks of a folder that is the working folder, and the command that made it."""
    monkeypatch.chdir(tmp_path)
    command = ["--data", str(clicks), "--epochs", "1", "--seed", "5", "--quiet", *SMALL_MODEL]
    assert main(command) == 0
    return command


def settings(run="runs/clicks"):
    return json.loads(Path(run, "config.json").read_text())


def epochs(run="runs/clicks"):
    return [json.loads(line)["epoch"] for line in Path(run, "metrics.jsonl").read_text().splitlines()]


def test_the_command_of_before_with_resume_goes_on(stopped_run):
    assert main([*stopped_run, "--resume"]) == 0  # all is done already
    assert epochs() == [0, 1]
    assert main([*stopped_run, "--resume", "--epochs", "2"]) == 0  # the last one counts
    assert epochs() == [0, 1, 2]
    assert not Path("runs/clicks-2").exists()


def test_a_run_from_before_its_preset_had_ordinary_adam_goes_on_with_lazy_adam(clicks, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command = ["--data", str(clicks), "--preset", "recommenders", "--quiet", *SMALL_MODEL]
    assert main([*command, "--lazy-adam", "--epochs", "1"]) == 0
    before = settings()
    assert before.pop("lazy_adam")
    Path("runs/clicks/config.json").write_text(json.dumps(before))  # there was no such setting
    assert main([*command, "--resume", "--epochs", "2"]) == 0
    assert epochs() == [0, 1, 2]
    assert settings()["lazy_adam"]
    with pytest.raises(ConfigError, match="--lazy-adam no: the run in runs/clicks has lazy_adam yes"):
        main([*command, "--resume", "--no-lazy-adam"])


@pytest.mark.parametrize("out", [[], ["--out", "empty"], ["--out", "missing/deep"]])
def test_resuming_begins_where_there_is_nothing_yet(clicks, tmp_path, monkeypatch, out):
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    assert main(["--resume", "--data", str(clicks), "--epochs", "1", "--quiet", *SMALL_MODEL, *out]) == 0
    assert epochs(out[1] if out else "runs/clicks") == [0, 1]


def test_without_out_the_newest_run_of_that_data_is_gone_on_with(stopped_run, clicks, tmp_path, capsys):
    assert main(stopped_run) == 0
    assert main([*stopped_run[2:], "--data", str(write_clicks(tmp_path / "others"))]) == 0
    assert {path.name for path in Path("runs").iterdir()} == {"clicks", "clicks-2", "others"}
    assert main(["--data", str(clicks), "--resume", "--epochs", "2"]) == 0
    assert "going on with the run in runs/clicks-2" in capsys.readouterr().out
    assert epochs("runs/clicks-2") == [0, 1, 2]
    assert epochs() == [0, 1]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--seed", "0"], "--seed 0: the run in runs/clicks has seed 5"),
        (["--learning-rate", "0.5"], "--learning-rate 0.5: the run in runs/clicks has learning_rate"),
        (["--preset", "recommenders"], "--heads 20: the run in runs/clicks has heads 3"),
        (["--glove", "vectors.txt"], "--glove vectors.txt: the run in runs/clicks has no --glove"),
        (["--from", "y"], "--from y: the run in runs/clicks has no --from"),
        (["--data", "data/demo"], "--data data/demo: the run in runs/clicks has "),
        (["--ablate", "user.pool"], "--ablate user.pool: the run in runs/clicks has ablate nothing"),
    ],
)
def test_what_differs_from_the_run_is_refused_by_name(stopped_run, options, told):
    before = settings()
    with pytest.raises(ConfigError, match=told):
        main(["--resume", "--out", "runs/clicks", *options])
    assert settings() == before


def test_a_raised_number_of_epochs_is_kept_for_the_next_resume(stopped_run):
    assert main(["--resume", "--out", "runs/clicks", "--epochs", "3", "--patience", "7", "--quiet"]) == 0
    assert (settings()["epochs"], settings()["patience"]) == (3, 7)
    assert "| epochs | 3 |" in Path("runs/clicks/REPORT.md").read_text()


def test_fewer_epochs_than_are_done_are_refused(stopped_run):
    assert main(["--resume", "--out", "runs/clicks", "--epochs", "3", "--patience", "7", "--quiet"]) == 0
    with pytest.raises(NrmsError, match="in epoch 3 already; --epochs cannot be 2"):
        main(["--resume", "--out", "runs/clicks", "--epochs", "2"])
    assert settings()["epochs"] == 3


def test_more_epochs_after_early_stopping_are_explained(stopped_run, capsys):
    assert main(["--resume", "--out", "runs/clicks", "--epochs", "90", "--patience", "1", "--quiet"]) == 0
    done = epochs()
    assert done[-1] < 90
    assert main(["--resume", "--out", "runs/clicks", "--epochs", "95"]) == 0
    assert f"stopped after epoch {done[-1]} of 95" in capsys.readouterr().out
    assert epochs() == done


def test_another_training_in_the_folder_is_noticed(stopped_run):
    with RunFolder("runs/clicks").locked(), pytest.raises(NrmsError, match="another training writes into this folder"):
        main(["--resume", "--out", "runs/clicks", "--epochs", "2"])
    assert epochs() == [0, 1]


def test_a_new_folder_that_another_training_holds_is_left_alone(stopped_run):
    with RunFolder("new").locked():
        with pytest.raises(NrmsError, match="another training writes into this folder"):
            main([*stopped_run, "--out", "new"])
        assert Path("new").is_dir()


def test_the_command_to_go_on_with_can_be_copied(clicks, tmp_path, monkeypatch, capsys):
    out = tmp_path / "my run"

    def interrupted(config, _, folder, **__):
        folder.mkdir()
        RunFolder(folder).write_config(config, {})
        raise KeyboardInterrupt

    monkeypatch.setattr("nrms_np.training.fit", interrupted)
    assert main(["--data", str(clicks), "--out", str(out), *SMALL_MODEL]) == 130
    assert capsys.readouterr().out.endswith(f" --resume --out '{out.as_posix()}'\n")


def test_a_run_that_cannot_begin_leaves_nothing(clicks, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = clicks / "dev/behaviors.tsv"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line.replace("-1", "-0") if i else line for i, line in enumerate(lines)))
    command = ["--data", str(clicks), "--epochs", "1", "--quiet", *SMALL_MODEL]
    with pytest.raises(NrmsError, match=r"impressions cannot be scored.*--allow-unscored"):
        main(command)
    with pytest.raises(NrmsError, match=r"impressions cannot be scored.*--allow-unscored"):
        main([*command, "--out", "mine/run"])
    assert not any(path.name == "config.json" for path in tmp_path.rglob("*"))
    assert not Path("runs/clicks").exists()
    assert main([*command, "--allow-unscored"]) == 0
    assert "impressions cannot be scored" in Path("runs/clicks/REPORT.md").read_text()


def test_a_taken_folder_is_noticed_before_the_data_is_read(stopped_run, clicks):
    (clicks / "train/news.tsv").write_text("broken")
    with pytest.raises(NrmsError, match="already holds a run"):
        main([*stopped_run, "--out", "runs/clicks"])


def test_a_finished_run_goes_on_for_more_epochs(clicks, tmp_path):
    out = tmp_path / "run"
    assert main(["--data", str(clicks), "--epochs", "1", "--out", str(out), "--quiet", *SMALL_MODEL]) == 0
    assert main(["--resume", "--out", str(out), "--epochs", "2", "--quiet"]) == 0
    assert [json.loads(line)["epoch"] for line in (out / "metrics.jsonl").read_text().splitlines()] == [0, 1, 2]


def test_an_empty_file(clicks):
    (clicks / "train/behaviors.tsv").write_bytes(b"")
    assert_fails(train("--data", clicks), "train/behaviors.tsv", "empty")


def test_a_run_folder_that_cannot_be_made(clicks, tmp_path):
    (tmp_path / "file").write_text("in the way")
    assert_fails(train("--data", clicks, "--out", tmp_path / "file"), "cannot be written")


def test_without_mind_small_the_way_to_it_is_told(tmp_path):
    code, _, errors = train("--small", cwd=tmp_path)
    assert code == 1
    for part in ("data/mind-small", "MIND"):
        assert part in errors
    assert "Traceback" not in errors


def test_help_shows_defaults():
    code, printed, _ = train("--help")
    assert code == 0
    assert "--learning-rate" in printed
    assert "default: paper" in printed


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent differently there")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_writes_a_checkpoint_and_has_its_exit_code(clicks, tmp_path, number, code):
    out = tmp_path / "run"
    command = [sys.executable, "-m", "nrms_np.train", "--data", str(clicks), "--epochs", "100000", "--out", str(out)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [*command, "--patience", "100000", *SMALL_MODEL],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 180  # the first step may have to compile
    while not (out / "checkpoint.npz").exists() and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(number)
    printed, errors = process.communicate(timeout=120)
    assert process.returncode == code, errors
    assert f"go on with: python -m nrms_np.train --resume --out {out}" in printed
    assert "Traceback" not in errors
    assert (out / "checkpoint.npz").exists()
    assert not list(out.glob("*.part"))
