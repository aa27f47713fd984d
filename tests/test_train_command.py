import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import fields
from pathlib import Path

import pytest

from nrms_np.config import Config
from nrms_np.errors import NrmsError
from nrms_np.evaluate import main as evaluate
from nrms_np.train import config_of, main, parse
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
     ["--negatives", "2.5"], ["--seed", "-1"], ["--threads", "0"], ["--preset", "mine"], ["--resume"], ["--speed", "9"],
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


def test_resuming_takes_the_settings_of_the_run(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--resume", "--out", "x", "--learning-rate", "0.1"])
    assert stopped.value.code == 2
    assert "leave out --learning-rate" in capsys.readouterr().err


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


def test_a_folder_that_is_no_run_cannot_be_resumed(tmp_path):
    assert_fails(train("--resume", "--out", tmp_path), "not a run folder")


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
def test_ctrl_c_writes_a_checkpoint_and_exits_with_130(clicks, tmp_path):
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
    until = time.monotonic() + 60
    while not (out / "checkpoint.npz").exists() and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    printed, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "--resume" in printed
    assert "Traceback" not in errors
    assert (out / "checkpoint.npz").exists()
    assert not list(out.glob("*.part"))


def test_every_setting_is_an_option_with_its_meaning_in_the_help():
    code, out, _ = train("--help")
    assert code == 0
    words = " ".join(out.split())
    for field in fields(Config):
        assert f"--{field.name.replace('_', '-')}" in words
        assert field.metadata["meaning"] in words
    given = {
        "heads": 3,
        "head_dim": 5,
        "word_dim": 7,
        "query_dim": 4,
        "title_length": 9,
        "history_length": 11,
        "patience": 6,
    }
    options = [word for name, value in given.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    config = config_of(parse(options))
    assert {name: getattr(config, name) for name in given} == given


@pytest.mark.parametrize("attention", ["projected", "bilinear"])
def test_a_form_means_the_same_from_python_and_from_the_command_line(attention):
    assert config_of(parse(["--attention", attention])) == Config(attention=attention)
    assert Config(attention=attention).scaled == (attention == "projected")
    assert config_of(parse(["--attention", attention, "--no-scaled"])).scaled is False


def test_where_the_demo_corpus_is_missing_the_command_that_writes_it_is_named(tmp_path):
    code, _, err = train(cwd=tmp_path)
    assert (code, err.count("\n")) == (1, 1)
    assert "write the demo corpus with: python -m nrms_np.data.demo" in err
    assert not list(tmp_path.iterdir())


def test_a_width_of_words_that_the_vectors_do_not_have_is_refused(tmp_path):
    write_clicks(tmp_path / "clicks")
    (tmp_path / "vectors.txt").write_text("rockets 1 2 3\n", encoding="utf-8")
    code, _, err = train(
        "--data", str(tmp_path / "clicks"), "--glove", str(tmp_path / "vectors.txt"), "--word-dim", "4",
        "--out", str(tmp_path / "run"),
    )  # fmt: skip
    assert code == 1
    assert err.endswith("its vectors have 3 numbers; leave out --word-dim.\n")
    assert not (tmp_path / "run").exists()


def test_the_best_epoch_is_reported_on_a_third_split(clicks, tmp_path, capsys):
    shutil.copytree(write_clicks(tmp_path / "others", seed=5) / "dev", clicks / "test")
    out = tmp_path / "run"
    assert main(["--data", str(clicks), "--epochs", "2", "--out", str(out), "--quiet", *SMALL_MODEL]) == 0
    printed = capsys.readouterr().out
    test = json.loads((out / "test.json").read_text())
    best = max(map(json.loads, (out / "metrics.jsonl").read_text().splitlines()), key=lambda row: row["auc"])
    assert test["epoch"] == best["epoch"]
    assert test["auc"] != best["auc"]
    assert test["baselines"]["random"]["auc"] == 0.5
    assert f"on test: AUC {test['auc']:.3f}, MRR {test['mrr']:.3f}" in printed
    assert f"**AUC {test['auc']:.3f}, MRR" in (out / "REPORT.md").read_text(encoding="utf-8")
    assert evaluate([str(out), "--split", "test", "--quiet"]) == 0
    assert f"model      {test['auc']:.3f} " in capsys.readouterr().out


def test_warnings_stay_when_it_is_quiet(clicks, tmp_path, capsys):
    path = clicks / "train" / "behaviors.tsv"
    rows = [line.split("\t") for line in path.read_text().splitlines()]
    path.write_text(
        "".join("\t".join([*row[:3], "" if i % 2 else row[3], row[4]]) + "\n" for i, row in enumerate(rows))
    )
    out = tmp_path / "run"
    main(["--data", str(clicks), "--epochs", "1", "--out", str(out), "--quiet", *SMALL_MODEL])
    printed = capsys.readouterr()
    assert re.fullmatch(
        r"warning: impressions with an empty history: train \d\d\.\d%, dev \d+\.\d% \(odd above 25%\): .*\n",
        printed.err,
    )
    assert "impressions with an empty history" not in printed.out
    assert "- **Odd**: impressions with an empty history" in (out / "REPORT.md").read_text(encoding="utf-8")


def test_a_useless_log_is_refused_before_a_folder_is_made(clicks, tmp_path):
    path = clicks / "train" / "behaviors.tsv"
    rows = [line.split("\t") for line in path.read_text().splitlines()]
    path.write_text("".join("\t".join([*row[:3], "", row[4]]) + "\n" for row in rows))
    assert_fails(
        train("--data", clicks, cwd=tmp_path), "train/behaviors.tsv", "is empty, so nothing is known", "column 4"
    )
    assert not (tmp_path / "runs").exists()


def test_a_model_that_learned_nothing_is_said_to_be_none(clicks, tmp_path, capsys):
    out = tmp_path / "run"
    options = ["--learning-rate", "1e-12", "--epochs", "1", "--out", str(out), "--quiet", *SMALL_MODEL]
    assert main(["--data", str(clicks), *options]) == 0
    printed = capsys.readouterr().out
    assert "best epoch" not in printed
    assert "\nuntrained: AUC 0." in printed
    assert "\nno epoch is better than the untrained model" in printed
    assert "**No epoch is better than the untrained model" in (out / "REPORT.md").read_text(encoding="utf-8")


def test_a_run_that_diverged_fails_whatever_dev_happens_to_say(clicks, tmp_path, capsys):
    out = tmp_path / "run"
    options = ["--learning-rate", "30", "--batch-size", "7", "--out", str(out), "--quiet", *SMALL_MODEL]
    with pytest.raises(NrmsError, match=r"run: training diverged: .* with a --learning-rate below 30\.$"):
        main(["--data", str(clicks), "--epochs", "2", *options])
    assert "best epoch" not in capsys.readouterr().out
    assert "**Training diverged: the loss rose from 1.6" in (out / "REPORT.md").read_text(encoding="utf-8")
