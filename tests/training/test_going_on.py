"""A trained model learns from a later log: what it knows stays, what is new is added."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from nrms_np.data.dataset import read_dataset
from nrms_np.data.vocabulary import Vocabulary
from nrms_np.errors import ConfigError, NrmsError
from nrms_np.evaluation.ranking import evaluate, load_trained
from nrms_np.model import NRMS
from nrms_np.train import main
from nrms_np.training import fit
from nrms_np.training.trainer import Interrupted
from tests.helpers.clicks import write_clicks
from tests.helpers.sizes import small_config
from tests.helpers.stops import StopAfter

CONFIG = small_config(word_dim=8, epochs=2, batch_size=7, learning_rate=0.02, history_length=5)
LENGTHS = {"title_length": 30, "history_length": 5, "minimum_count": 1}


@pytest.fixture(scope="module")
def yesterday(tmp_path_factory):
    """A run on a first log, by its folder."""
    folder = tmp_path_factory.mktemp("yesterday")
    data = read_dataset(write_clicks(folder / "clicks"), **LENGTHS)
    return fit(CONFIG, data, folder / "run").folder.path


@pytest.fixture
def tomorrow(tmp_path):
    """A later log, with new words in its train titles only."""
    folder = write_clicks(tmp_path / "tomorrow", seed=3)
    news = folder / "train" / "news.tsv"
    text = news.read_text(encoding="utf-8").replace("coach", "trainer").replace("soup", "stew")
    news.write_text(text, encoding="utf-8")
    return folder


def read(folder, run):
    return read_dataset(folder, vocabulary=load_trained(run).words, **LENGTHS)


def numbers(run):
    return [(row["epoch"], row["step"], row["loss"], row["auc"]) for row in run.read_metrics()]


def test_words_keep_their_rows_and_new_ones_are_drawn_as_in_a_new_model(yesterday, tomorrow, tmp_path):
    old, data = load_trained(yesterday), read(tomorrow, yesterday)
    run = fit(replace(CONFIG, epochs=1, learning_rate=1e-12), data, tmp_path / "run", start=yesterday)
    kept = len(old.vocabulary)
    assert data.vocabulary.words[:kept] == old.vocabulary
    assert sorted(data.vocabulary.words[kept:]) == ["stew", "trainer"]
    assert run.model.vocabulary == data.vocabulary.words
    drawn = NRMS.create(CONFIG, data.vocabulary.words).parameters["word_embedding"]
    for name, value in run.model.parameters.items():
        expected = old.parameters[name]
        if name == "word_embedding":
            expected = np.concatenate([expected, drawn[kept:]])
        np.testing.assert_allclose(value, expected, atol=1e-9, err_msg=name)


def test_epoch_0_is_the_old_model_on_the_new_dev_split(yesterday, tomorrow, tmp_path):
    old, data = load_trained(yesterday), read(tomorrow, yesterday)
    run = fit(CONFIG, data, tmp_path / "run", start=yesterday)
    before = evaluate(old, old.encode_titles(data.dev.news.titles), data.dev.behaviors).values
    assert {name: run.epochs[0][name] for name in before} == before
    assert before["auc"] > 0.7  # it had learned something
    assert run.epochs[0]["step"] == 0
    report = run.folder.report.read_text(encoding="utf-8")
    assert "Epoch 0 is the model that training went on from." in report
    assert f"| model to go on from | `{yesterday}` |" in report
    assert json.loads(run.folder.config.read_text())["data"]["from"] == str(yesterday)


def test_the_vectors_of_new_words_may_come_from_a_file(yesterday, tomorrow, tmp_path):
    (tmp_path / "vectors.txt").write_text("stew 1 2 3 4 5 6 7 8\ncrew 9 9 9 9 9 9 9 9\n", encoding="utf-8")
    options = ["--data", str(tomorrow), "--glove", str(tmp_path / "vectors.txt"), "--learning-rate", "1e-12", "--quiet"]
    assert main([*options, "--from", str(yesterday), "--epochs", "1", "--out", str(tmp_path / "run")]) == 0
    old, new = load_trained(yesterday), load_trained(tmp_path / "run")
    table, row = new.parameters["word_embedding"], new.words.row
    np.testing.assert_allclose(table[row["stew"]], range(1, 9), atol=1e-6)
    np.testing.assert_allclose(table[: len(old.vocabulary)], old.parameters["word_embedding"], atol=1e-9)


def test_vectors_of_another_width_are_named_with_the_file(yesterday, tomorrow, tmp_path):
    (tmp_path / "vectors.txt").write_text("stew 1 2 3\n", encoding="utf-8")
    options = ["--data", str(tomorrow), "--glove", str(tmp_path / "vectors.txt"), "--from", str(yesterday), "--quiet"]
    with pytest.raises(NrmsError, match=r"vectors\.txt: its vectors have 3 numbers, but those .* have 8"):
        main([*options, "--out", str(tmp_path / "run")])


def test_the_command_goes_on_with_the_runs_settings_changed_by_options(yesterday, tomorrow, tmp_path, capsys):
    out = tmp_path / "run"
    options = ["--data", str(tomorrow), "--from", str(yesterday), "--epochs", "1", "--learning-rate", "0.01"]
    assert main([*options, "--out", str(out)]) == 0
    saved = json.loads((out / "config.json").read_text())
    assert {**saved, "data": None, "backend": ""} == {
        **vars(CONFIG), "ablate": [], "epochs": 1, "learning_rate": 0.01, "data": None, "backend": ""
    }  # fmt: skip
    assert "at the start" in capsys.readouterr().out


@pytest.mark.parametrize("glove", [False, True])
def test_such_a_run_is_resumed_exactly_even_when_the_first_run_is_gone(yesterday, tomorrow, tmp_path, glove):
    (tmp_path / "vectors.txt").write_text("stew 1 2 3 4 5 6 7 8\ncrew 9 9 9 9 9 9 9 9\n", encoding="utf-8")
    more = {"glove": tmp_path / "vectors.txt"} if glove else {}
    first = shutil.copytree(yesterday, tmp_path / "first")
    vocabulary = load_trained(first).words
    data = read_dataset(tomorrow, vocabulary=vocabulary, **LENGTHS, **more)
    whole = fit(CONFIG, data, tmp_path / "whole", start=first)
    with pytest.raises(Interrupted):
        fit(CONFIG, data, tmp_path / "parted", start=first, stop=StopAfter(6))
    shutil.rmtree(first)
    assert main(["--resume", "--out", str(tmp_path / "parted"), "--quiet"]) == 0
    resumed = load_trained(tmp_path / "parted")
    for name, value in load_trained(tmp_path / "whole").parameters.items():
        assert np.array_equal(resumed.parameters[name], value), name
    whole_run, parted_run = whole.folder, type(whole.folder)(tmp_path / "parted")
    assert numbers(parted_run) == numbers(whole_run)


def test_a_run_that_ended_before_its_first_checkpoint_starts_from_the_same_model(yesterday, tomorrow, tmp_path):
    data = read(tomorrow, yesterday)
    whole = fit(CONFIG, data, tmp_path / "whole", start=yesterday)
    fit(CONFIG, data, tmp_path / "parted", start=yesterday)
    for name in ("checkpoint.npz", "model.npz"):
        (tmp_path / "parted" / name).unlink()
    assert main(["--resume", "--out", str(tmp_path / "parted"), "--quiet"]) == 0
    assert numbers(type(whole.folder)(tmp_path / "parted")) == numbers(whole.folder)


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("--heads", "5", "heads is 3 in the model that training goes on from, and cannot become 5; leave it out."),
        ("--attention", "bilinear", "attention is projected in the model"),
        ("--tokens", "mind", "tokens is unicode in the model"),
        ("--preset", "recommenders", "heads is 3 in the model"),
        ("--ablate", "news.pool", "ablate is nothing in the model"),
    ],
)
def test_what_a_trained_model_cannot_change_is_refused_by_name(yesterday, tomorrow, tmp_path, option, value, sentence):
    with pytest.raises(ConfigError) as refused:
        main(["--data", str(tomorrow), "--from", str(yesterday), option, value, "--out", str(tmp_path / "run")])
    assert str(refused.value).startswith(sentence)
    assert not (tmp_path / "run").exists()


def test_data_read_with_other_words_or_by_another_rule_is_refused(yesterday, tomorrow, tmp_path):
    with pytest.raises(NrmsError, match="not read with the vocabulary of the model"):
        fit(CONFIG, read_dataset(tomorrow, **LENGTHS), tmp_path / "run", start=yesterday)
    with pytest.raises(
        ConfigError, match="query_dim is 4 in the model that training goes on from, and cannot become 9"
    ):
        fit(replace(CONFIG, query_dim=9), read(tomorrow, yesterday), tmp_path / "run", start=yesterday)
    older = Vocabulary(load_trained(yesterday).vocabulary, "mind")
    with pytest.raises(ConfigError, match="tokens is unicode, but the data was read by the rule mind"):
        fit(CONFIG, read_dataset(tomorrow, vocabulary=older, **LENGTHS), tmp_path / "run", start=yesterday)
    assert not (tmp_path / "run").exists()


def test_a_model_that_is_not_there_is_named(tomorrow, tmp_path):
    with pytest.raises(NrmsError, match="nowhere"):
        main(["--data", str(tomorrow), "--from", str(tmp_path / "nowhere"), "--out", str(tmp_path / "run")])
