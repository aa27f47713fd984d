"""The command evaluate on a tiny run and tiny data."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from nrms_np import NRMS
from nrms_np.data.dataset import read_split
from nrms_np.errors import DataError, ModelFileError, NrmsError
from nrms_np.evaluate import main
from nrms_np.evaluation.metrics import impression_metrics
from tests.helpers.tiny_run import DEV, TRAIN, write_run, write_split

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write_run(tmp_path / "run")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write_split(tmp_path / "data" / "train", TRAIN)
    write_split(tmp_path / "data" / "dev", DEV)
    write_split(tmp_path / "data" / "test", DEV, labelled=False)
    return tmp_path / "data"


def table(out: str) -> dict[str, list[str]]:
    """The rows of the table by their names, each mean followed by its interval."""
    rows = out.split("nDCG@10\n")[1].splitlines()
    names, means, intervals = ([row[:13].strip() for row in rows[::2]], rows[::2], rows[1::2])
    assert {row[:13].strip() for row in intervals} == {"95% interval"}
    return {
        name: [cell for pair in zip(mean[13:].split(), interval[13:].split(), strict=True) for cell in pair]
        for name, mean, interval in zip(names, means, intervals, strict=True)
    }


def scores_by_hand(run: Path, folder: Path) -> list[np.ndarray]:
    """The scores of each impression, one history and one candidate after another."""
    model = NRMS.load(run / "model.npz")
    split = read_split(folder, model.config.history_length)
    news = model.encode_news(model.encode_titles(split.news.titles))
    users = model.encode_users(news, split.behaviors.histories)
    return [news[split.behaviors.candidates.sequence(i)] @ user for i, user in enumerate(users)]


def test_the_table_has_the_models_metrics_beside_the_baselines(
    run: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(run), "--data", str(data), "--threads", "1"]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    rows = table(out)
    split = read_split(data / "dev", 5)
    assert split.behaviors.clicked is not None
    scores = np.concatenate(scores_by_hand(run, data / "dev"))
    expected = impression_metrics(scores, split.behaviors.clicked, split.behaviors.candidates.offsets).mean(axis=0)
    assert rows["model"][::2] == [f"{value:.3f}" for value in expected]
    # Clicks in train: N5 twice, N7 once. Ties count one half.
    assert rows["popularity"][0] == f"{np.mean([1 / 4, 1 / 3, 1, 1]):.3f}"
    assert rows["random"][:2] == ["0.500", "0.500-0.500"]
    for cells in rows.values():
        for mean, interval in zip(cells[::2], cells[1::2], strict=True):
            low, high = interval.split("-")
            assert 0 <= float(low) <= float(mean) <= float(high) <= 1


def test_popularity_is_left_out_without_train_and_for_train_itself(
    run: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main([str(run), "--data", str(data), "--split", "train"])
    assert set(table(capsys.readouterr().out)) == {"random", "model"}
    (data / "train").rename(data / "elsewhere")
    main([str(run), "--data", str(data)])
    assert set(table(capsys.readouterr().out)) == {"random", "model"}


def test_scores_are_those_of_the_model_in_the_order_of_the_file(run: Path, data: Path, tmp_path: Path) -> None:
    main([str(run), "--data", str(data), "--scores", str(tmp_path / "scores.tsv"), "--quiet"])
    lines = [line.split("\t") for line in (tmp_path / "scores.tsv").read_text(encoding="utf-8").splitlines()]
    assert [line[0] for line in lines] == [row[0] for row in DEV]
    for (_, text), expected in zip(lines, scores_by_hand(run, data / "dev"), strict=True):
        np.testing.assert_allclose([float(score) for score in text.split(" ")], expected, rtol=1e-4, atol=1e-6)


def test_a_split_without_labels_gives_files_and_no_metrics(
    run: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "prediction.zip"
    assert main([str(run / "model.npz"), "--data", str(data), "--split", "test", "--submission", str(out)]) == 0
    assert "AUC" not in capsys.readouterr().out
    with zipfile.ZipFile(out) as archive:
        ranks = [line.split(" ")[1] for line in archive.read("prediction.txt").decode().splitlines()]
    for text, scores in zip(ranks[:3], scores_by_hand(run, data / "test"), strict=False):
        order = np.argsort(np.argsort(-scores)) + 1
        assert text == "[" + ",".join(map(str, order)) + "]"
    assert ranks[3] == "[1,2,3,4]"  # an empty history scores 0 everywhere, so the order of the file stays


def test_a_split_with_nothing_clicked_gives_files_too(
    run: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_split(data / "placeholders", [("1", "U1", "N1", "N4-0 N2-0"), ("2", "U1", "N1", "N5-0")])
    command, out = [str(run), "--data", str(data), "--split", "placeholders"], tmp_path / "prediction.zip"
    assert main([*command, "--submission", str(out)]) == 0
    assert out.exists()
    assert "so there are no metrics" in capsys.readouterr().out
    with pytest.raises(NrmsError, match="nothing to evaluate"):
        main(command)


def test_scores_and_submission_in_one_file_are_wrong_usage(run: Path, tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([str(run), "--scores", str(tmp_path / "x"), "--submission", str(tmp_path / "y" / ".." / "x")])
    assert stopped.value.code == 2


def test_a_split_without_labels_and_nothing_to_write_is_an_error(run: Path, data: Path) -> None:
    with pytest.raises(DataError, match="no labels"):
        main([str(run), "--data", str(data), "--split", "test"])


@pytest.mark.parametrize("option", ["--scores", "--submission"])
def test_dropped_candidates_are_refused_before_anything_is_written_but_dropped_clicks_are_not(
    run: Path, data: Path, tmp_path: Path, option: str
) -> None:
    out = tmp_path / "out"
    write_split(data / "broken", [*DEV, ("31", "U1", "N1", "N1-1 N999-0")])
    with pytest.raises(DataError, match=r"behaviors\.tsv: .*lacks 1 of the candidates"):
        main([str(run), "--data", str(data), "--split", "broken", option, str(out)])
    assert not out.exists()
    write_split(data / "fewer", [*DEV, ("31", "U1", "N1 N999", "N1-1 N2-0")])
    assert main([str(run), "--data", str(data), "--split", "fewer", option, str(out)]) == 0
    assert out.exists()


@pytest.mark.parametrize(
    "settings",
    [
        {"attention": "bilinear", "scaled": False},
        {"output_projection": True, "backend": "layers"},
        {"ablate": ("news.attention", "news.pool", "user.attention", "user.pool")},
        {"heads": 4, "dropout_after_attention": True},
    ],
)
def test_every_form_of_model_can_be_evaluated(
    settings: dict[str, object], data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = write_run(tmp_path / "other", **settings)
    main([str(run), "--data", str(data)])
    split = read_split(data / "dev", 5)
    assert split.behaviors.clicked is not None
    scores = np.concatenate(scores_by_hand(run, data / "dev"))
    expected = impression_metrics(scores, split.behaviors.clicked, split.behaviors.candidates.offsets).mean(axis=0)
    assert table(capsys.readouterr().out)["model"][::2] == [f"{value:.3f}" for value in expected]


def test_a_file_in_a_folder_that_does_not_exist_is_refused(run: Path, data: Path, tmp_path: Path) -> None:
    with pytest.raises(NrmsError, match="there is no folder"):
        main([str(run), "--data", str(data), "--scores", str(tmp_path / "nowhere" / "scores.tsv")])


def test_a_folder_without_a_model_is_an_error(data: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"no model\.npz"):
        main([str(tmp_path), "--data", str(data)])


def test_the_exit_codes_and_the_one_sentence_on_stderr(run: Path, data: Path) -> None:
    command = [sys.executable, "-m", "nrms_np.evaluate", str(run), "--data"]
    failed = subprocess.run([*command, str(data / "nowhere")], cwd=ROOT, capture_output=True, text=True, check=False)
    assert failed.returncode == 1
    assert failed.stdout == ""
    assert failed.stderr.startswith("error: ")
    assert failed.stderr.count("\n") == 1
    wrong = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert wrong.returncode == 2


def test_without_data_the_runs_own_is_taken_and_named(
    run: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main([str(run), "--data", str(data)])
    given = capsys.readouterr().out
    config = run / "config.json"
    config.write_text(config.read_text(encoding="utf-8").replace("elsewhere", str(data)), encoding="utf-8")
    for model in (run, run / "model.npz"):
        main([str(model)])
        assert capsys.readouterr().out == f"data: {data}, which the run was trained on\n{given}"
    config.unlink()
    with pytest.raises(NrmsError, match=r"no config\.json here says what the model was trained on; give --data"):
        main([str(run)])


def test_other_names_of_splits_and_header_rows_are_taken(
    run: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main([str(run), "--data", str(data)])
    plain = table(capsys.readouterr().out)
    (data / "dev").rename(data / "MINDsmall_dev")
    (data / "train").rename(data / "MINDsmall_train")
    path = data / "MINDsmall_dev" / "behaviors.tsv"
    header = "impression_id\tuser_id\ttime\thistory\timpressions\n"
    path.write_text(header + path.read_text(encoding="utf-8"), encoding="utf-8")
    main([str(run), "--data", str(data)])
    out = capsys.readouterr().out
    assert table(out) == plain
    assert "MINDsmall_dev: the header row of behaviors.tsv is skipped" in out


def test_where_the_demo_corpus_is_missing_its_command_is_named(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=r"python -m nrms_np\.data\.demo"):
        main([str(run), "--data", "data/demo"])
