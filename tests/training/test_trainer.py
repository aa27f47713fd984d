import json
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from nrms_np.data.dataset import read_dataset
from nrms_np.errors import ConfigError, ModelFileError, NrmsError
from nrms_np.evaluation.metrics import METRICS
from nrms_np.evaluation.ranking import distinct_sequences, evaluate, score_split
from nrms_np.model import NRMS
from nrms_np.npz import read_arrays, write_arrays
from nrms_np.packed import Packed
from nrms_np.training import fit, fitting
from nrms_np.training.ranks import Ranks
from nrms_np.training.run_folder import RunFolder, claim_folder
from nrms_np.training.stopping import Stop
from nrms_np.training.trainer import Interrupted, Trainer
from tests.helpers.clicks import write_clicks
from tests.helpers.sizes import small_config
from tests.helpers.stops import StopAfter

SETTINGS = {"word_dim": 8, "epochs": 3, "batch_size": 7, "learning_rate": 0.02, "dropout_after_attention": True}


@pytest.fixture
def data(tmp_path):
    return read_dataset(write_clicks(tmp_path / "clicks"), title_length=30, history_length=5, minimum_count=1)


def trainer_of(data, folder, **changes):
    config = small_config(**{**SETTINGS, **changes})
    run = RunFolder(folder)
    if not run.config.exists():
        run.path.mkdir(parents=True, exist_ok=True)
        run.write_config(config, {})
    kwargs = {"stop": changes.pop("stop")} if "stop" in changes else {}
    return Trainer(NRMS.create(config, data.vocabulary.words), data, run, **kwargs)


def test_training_learns_and_writes_the_run_folder(data, tmp_path):
    trainer = trainer_of(data, tmp_path / "run")
    trainer.fit()
    rows = trainer.folder.read_metrics()
    assert [row["epoch"] for row in rows] == [0, 1, 2, 3]
    assert rows[0]["auc"] < 0.7 < rows[-1]["auc"]
    assert rows[-1]["loss"] < rows[1]["loss"]
    assert set(rows[0]) == {
        "epoch", "step", "loss", "grad_norm", *(metric.name for metric in METRICS),
        "train_seconds", "eval_seconds", "samples_per_second", "peak_rss_mb",
    }  # fmt: skip
    best = max(rows, key=lambda row: row["auc"])
    loaded = NRMS.load(trainer.folder.model)
    assert evaluate(loaded, data.dev_titles, data.dev.behaviors).values["auc"] == pytest.approx(best["auc"], abs=1e-6)
    assert json.loads(trainer.folder.config.read_text())["heads"] == 3


def test_each_step_is_told_with_its_loss(data, tmp_path):
    trainer, told = trainer_of(data, tmp_path / "run", epochs=2), []
    trainer.on_step = lambda step, loss: told.append((step, loss))
    trainer.fit()
    rows = trainer.folder.read_metrics()
    assert [step for step, _ in told] == list(range(1, rows[-1]["step"] + 1))
    for before, row in pairwise(rows):
        of_epoch = [loss for _, loss in told[before["step"] : row["step"]]]
        assert min(of_epoch) <= row["loss"] <= max(of_epoch)


@pytest.mark.parametrize("lazy", [True, False])
def test_an_interrupted_run_goes_on_exactly(data, tmp_path, lazy):
    whole = trainer_of(data, tmp_path / "whole", lazy_adam=lazy)
    whole.fit()
    parted = trainer_of(data, tmp_path / "parted", lazy_adam=lazy)
    parted.stop = StopAfter(12)  # in the middle of an epoch
    with pytest.raises(Interrupted):
        parted.fit()
    assert parted.progress.batch > 0
    resumed = trainer_of(data, tmp_path / "parted", lazy_adam=lazy)
    resumed.resume()
    resumed.fit()
    for name, value in whole.model.parameters.items():
        assert np.array_equal(resumed.model.parameters[name], value), name
    assert rows_without_times(resumed) == rows_without_times(whole)


def test_lazy_adam_leaves_alone_the_words_that_a_step_does_not_have(data, tmp_path):
    moved = {}
    for lazy in (True, False):
        trainer, tables = trainer_of(data, tmp_path / str(lazy), epochs=1, batch_size=1, lazy_adam=lazy), []
        trainer.on_step = lambda *_, model=trainer.model, tables=tables: tables.append(
            model.parameters["word_embedding"].copy()
        )
        trainer.fit()
        moved[lazy] = [(before != after).any(axis=1).sum() for before, after in pairwise(tables)]
    assert moved[True][:3] != moved[False][:3]
    assert all(lazily <= whole for lazily, whole in zip(moved[True], moved[False], strict=True))
    assert moved[False] == sorted(moved[False])  # a word that has come goes on moving
    assert moved[True] != sorted(moved[True])


def test_a_signal_after_the_last_question_of_an_epoch_loses_nothing(data, tmp_path):
    class Late(Stop):
        def __call__(self):
            return False

    whole = trainer_of(data, tmp_path / "whole", epochs=1)
    whole.fit()
    parted = trainer_of(data, tmp_path / "parted", epochs=1)
    parted.stop = Late()

    def note(step, _):
        if step == parted.batches_per_epoch:
            parted.stop.received = signal.SIGINT

    parted.on_step = note
    with pytest.raises(KeyboardInterrupt):
        parted.fit()
    resumed = trainer_of(data, tmp_path / "parted", epochs=1)
    resumed.resume()
    assert resumed.progress.batch == resumed.batches_per_epoch
    resumed.fit()
    assert rows_without_times(resumed) == rows_without_times(whole)


def test_both_backends_train_alike(data, tmp_path):
    losses = []
    for backend in ("layers", "kernels"):
        trainer = trainer_of(data, tmp_path / backend, backend=backend, epochs=1)
        trainer.fit()
        losses.append(trainer.folder.read_metrics()[1]["loss"])
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)


def test_training_stops_when_dev_auc_rises_no_more(data, tmp_path):
    trainer = trainer_of(data, tmp_path / "run", learning_rate=1e-12, epochs=9, patience=2)
    trainer.fit()
    rows = trainer.folder.read_metrics()
    best = max(rows, key=lambda row: row["auc"])["epoch"]
    assert rows[-1]["epoch"] == min(best + 2, 9) < 9


def test_a_loss_that_is_not_a_number_ends_the_run(data, tmp_path):
    trainer = trainer_of(data, tmp_path / "run")
    trainer.model.parameters["news.pool.q"][:] = np.nan
    with pytest.raises(NrmsError, match="learning"):
        trainer.fit()


def rows_without_times(run):
    drop = {"train_seconds", "eval_seconds", "samples_per_second", "peak_rss_mb"}
    return [{name: value for name, value in row.items() if name not in drop} for row in run.folder.read_metrics()]


def test_a_run_that_died_in_its_first_epoch_goes_on_without_repeating_epoch_0(data, tmp_path, monkeypatch):
    whole = trainer_of(data, tmp_path / "whole")
    whole.fit()
    dying = trainer_of(data, tmp_path / "dying")
    monkeypatch.setattr(dying, "_train_epoch", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        dying.fit()
    resumed = trainer_of(data, tmp_path / "dying")
    resumed.resume()
    resumed.fit()
    assert rows_without_times(resumed) == rows_without_times(whole)


def test_a_run_without_a_checkpoint_starts_at_its_beginning(data, tmp_path):
    trainer_of(data, tmp_path / "run")
    resumed = trainer_of(data, tmp_path / "run")
    resumed.resume()
    resumed.fit()
    assert [row["epoch"] for row in resumed.folder.read_metrics()] == [0, 1, 2, 3]


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04 broken"])
def test_a_broken_checkpoint_is_named(data, tmp_path, content):
    trainer = trainer_of(data, tmp_path / "run")
    trainer.folder.checkpoint.write_bytes(content)
    with pytest.raises(ModelFileError, match=r"checkpoint\.npz: the checkpoint cannot be read"):
        trainer.resume()


def test_a_checkpoint_of_other_words_is_refused(data, tmp_path):
    trainer_of(data, tmp_path / "run", epochs=1).fit()
    other = trainer_of(data, tmp_path / "run", epochs=2)
    other.model.vocabulary = [*other.model.vocabulary[:-1], "zebra"]
    with pytest.raises(ModelFileError, match="other words"):
        other.resume()


@pytest.mark.parametrize("content", ["[]", "{}", "not json", '{"data": {"folder": "x", "glove": null}, "heads": 2.5}'])
def test_a_broken_config_is_named(tmp_path, content):
    folder = RunFolder(tmp_path)
    folder.config.write_text(content)
    with pytest.raises(NrmsError):
        folder.read_config()


def test_broken_metrics_are_named(tmp_path):
    folder = RunFolder(tmp_path)
    folder.metrics.write_text('{"epoch": 0}\nbroken\n')
    with pytest.raises(NrmsError, match=r"metrics\.jsonl: the metrics cannot be read"):
        folder.read_metrics()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"query_dim": 9}, "query_dim is 9 but was"),
        ({"seed": 8}, "seed is 8 but was 0"),
        ({"learning_rate": 0.25, "negatives": 1}, "negatives is 1 but was"),
        ({"dropout": 0.5}, "dropout is 0.5 but was"),
        ({"batch_size": 9}, "batch_size is 9 but was 7"),
        ({"ablate": ("user.pool",)}, "ablate is user.pool but was nothing"),
    ],
)
def test_a_checkpoint_of_other_settings_is_refused_by_their_names(data, tmp_path, changes, told):
    trainer_of(data, tmp_path / "run", epochs=1).fit()
    with pytest.raises(ModelFileError, match=told):
        trainer_of(data, tmp_path / "run", **changes).resume()


def test_a_checkpoint_of_other_clicks_on_the_same_words_is_refused(data, tmp_path):
    trainer_of(data, tmp_path / "run", epochs=1).fit()
    behaviors = data.train.behaviors
    other = replace(data, train=replace(data.train, behaviors=replace(behaviors, clicked=~behaviors.clicked)))
    with pytest.raises(ModelFileError, match="the data has changed since this run was started"):
        trainer_of(other, tmp_path / "run").resume()


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("progress/best_auc", np.nan, "best_auc is nan"),
        ("progress/best_auc", 1.5, "best_auc is 1.5"),
        ("progress/loss_sum", np.inf, "loss_sum is inf"),
        ("progress/samples", -1, "samples is -1"),
        ("progress/epoch", 99, "steps is .* where"),
        ("progress/best_epoch", 3, "best_epoch is 3 of 1"),
        ("progress/batch", 10**6, "batch is 1000000 of"),
        ("progress/epoch", 1.0, "should be one int"),
        ("progress/epoch", np.array([1]), "should be one int"),
        ("steps", 10**18, "steps is 1000000000000000000 where"),
        ("parameter/news.pool.b", np.zeros(2, np.float32), r"news.pool.b is of float32 with shape \(2,\)"),
        ("m/news.pool.b", None, "it has no m/news.pool.b"),
        ("v/news.pool.q", "float64", "news.pool.q is of float64"),
        ("m/news.pool.q", "nan", "m/news.pool.q holds what is no number"),
    ],
)
def test_a_checkpoint_that_says_what_cannot_be_is_refused_and_changes_nothing(data, tmp_path, name, value, told):
    trainer = trainer_of(data, tmp_path / "run", epochs=1)
    trainer.fit()
    arrays = read_arrays(trainer.folder.checkpoint, "broken")
    arrays.pop("checksum", None)
    if value is None:
        del arrays[name]
    elif isinstance(value, str):
        arrays[name] = arrays[name].astype(np.float64) if value == "float64" else np.full_like(arrays[name], np.nan)
    else:
        arrays[name] = np.asarray(value)
    write_arrays(trainer.folder.checkpoint, arrays)
    fresh = trainer_of(data, tmp_path / "run", epochs=1)
    before = {name: array.copy() for name, array in fresh.model.parameters.items()}
    with pytest.raises(ModelFileError, match=told):
        fresh.resume()
    assert all((fresh.model.parameters[name] == array).all() for name, array in before.items())


def test_a_checkpoint_from_before_it_told_settings_and_data_is_gone_on_with(data, tmp_path):
    trainer = trainer_of(data, tmp_path / "run", epochs=1)
    trainer.fit()
    arrays = read_arrays(trainer.folder.checkpoint, "broken")
    np.savez(trainer.folder.checkpoint, **{name: arrays[name] for name in arrays if name not in ("settings", "data")})
    fresh = trainer_of(data, tmp_path / "run", epochs=1)
    fresh.resume()
    assert fresh.progress == trainer.progress


def test_a_checkpoint_from_before_lazy_adam_was_a_choice_was_lazy(data, tmp_path):
    trainer = trainer_of(data, tmp_path / "run", epochs=1)
    trainer.fit()
    arrays = read_arrays(trainer.folder.checkpoint, "broken")
    arrays.pop("checksum", None)
    settings = json.loads(arrays["settings"].item())
    del settings["lazy_adam"]
    write_arrays(trainer.folder.checkpoint, {**arrays, "settings": np.array(json.dumps(settings, sort_keys=True))})
    fresh = trainer_of(data, tmp_path / "run", epochs=1)
    fresh.resume()
    assert fresh.progress == trainer.progress
    with pytest.raises(ModelFileError, match="lazy_adam is no but was yes"):
        trainer_of(data, tmp_path / "run", epochs=1, lazy_adam=False).resume()


def test_fewer_epochs_than_are_done_are_refused(data, tmp_path):
    trainer_of(data, tmp_path / "run", epochs=3, patience=9).fit()
    with pytest.raises(NrmsError, match="in epoch 3 already; --epochs cannot be 2"):
        trainer_of(data, tmp_path / "run", epochs=2, patience=9).resume()


def test_a_folder_that_holds_a_run_is_not_overwritten(data, tmp_path):
    trainer_of(data, tmp_path / "run", epochs=1).fit()
    with pytest.raises(NrmsError, match="already holds a run"):
        RunFolder(tmp_path / "run").check_free()


def test_a_run_folder_gets_the_next_free_name_and_is_made(tmp_path):
    (tmp_path / "demo-2").mkdir()
    assert [claim_folder(tmp_path / "runs", "demo").name for _ in range(2)] == ["demo", "demo-2"]
    assert [claim_folder(tmp_path, "demo").name for _ in range(2)] == ["demo", "demo-3"]
    assert (tmp_path / "demo-3").is_dir()


def test_many_starts_at_once_get_a_folder_each(tmp_path):
    ready = threading.Barrier(8)

    def start(_):
        ready.wait()
        return claim_folder(tmp_path / "runs", "demo").name

    with ThreadPoolExecutor(8) as pool:
        names = set(pool.map(start, range(8)))
    assert names == {"demo", *(f"demo-{i}" for i in range(2, 9))}


def test_each_history_is_encoded_once():
    kept, which = distinct_sequences(Packed.from_lists([[1, 2], [], [1, 2], [2, 1], []]))
    assert kept.to_lists() == [[1, 2], [], [2, 1]]
    assert which.tolist() == [0, 1, 0, 2, 1]


def test_scores_of_a_split_are_dot_products(data, tmp_path):
    model = NRMS.create(small_config(word_dim=8), data.vocabulary.words)
    behaviors = data.dev.behaviors
    scores = score_split(model, data.dev_titles, behaviors)
    news = model.encode_news(data.dev_titles)
    user = model.encode_users(news, behaviors.histories.take(np.array([3])))[0]
    start, end = behaviors.candidates.offsets[3:5]
    np.testing.assert_allclose(scores[start:end], news[behaviors.candidates.sequence(3)] @ user, rtol=1e-4, atol=1e-6)


def test_a_run_goes_on_with_its_own_settings_only(data, tmp_path):
    config = small_config(**{**SETTINGS, "epochs": 1})
    fit(config, data, tmp_path / "run")
    assert [row["epoch"] for row in fit(replace(config, epochs=2), data, tmp_path / "run", resume=True).epochs] == [
        0,
        1,
        2,
    ]
    with pytest.raises(NrmsError, match="other settings"):
        fit(replace(config, seed=5), data, tmp_path / "run", resume=True)
    with pytest.raises(NrmsError, match="not a run folder"):
        fit(config, data, tmp_path / "nothing", resume=True)
    assert not (tmp_path / "nothing").exists()


def test_a_run_that_others_made_in_the_meantime_is_not_overwritten(data, tmp_path, monkeypatch):
    others = RunFolder(tmp_path / "run")

    def meanwhile(*_):
        others.path.mkdir()
        others.write_config(small_config(), {})
        return {}

    monkeypatch.setattr(fitting, "_baselines", meanwhile)
    with pytest.raises(NrmsError, match="already holds a run"):
        fit(small_config(**SETTINGS), data, tmp_path / "run")


@pytest.mark.parametrize("first", [True, False])
def test_only_the_first_rank_warns(data, tmp_path, first):
    config, ranks, told = small_config(tokens="mind"), Ranks(), []
    ranks.first = first
    with pytest.raises(ConfigError, match="tokens is mind"):  # what comes next
        fit(config, replace(data, warnings=["odd"]), tmp_path / "run", warn=told.append, ranks=ranks)
    assert told == ["odd"] * first
