"""Which runs raise doubts, and what is said of them."""

import pytest

from nrms_np.config import Config
from nrms_np.training.outcome import diverged, doubts, in_words

CONFIG = Config(learning_rate=0.5)
LEVELS = {"random": 0.5, "popularity": 0.54}


def rows(*epochs):
    return [{"epoch": epoch, "loss": loss, "auc": auc} for epoch, (loss, auc) in enumerate(epochs)]


def test_a_useful_model_raises_no_doubt():
    assert doubts(rows((1.6, 0.5), (1.4, 0.6), (1.3, 0.58)), LEVELS, CONFIG) == []


def test_no_epoch_better_than_the_model_before_training():
    (line,) = doubts(rows((1.6, 0.56), (1.62, 0.55), (1.61, 0.54)), LEVELS, CONFIG)
    assert line.startswith("no epoch is better than the model before training")
    assert "usual causes" in line


@pytest.mark.parametrize("auc", [0.54, 0.53])
def test_no_epoch_better_than_popularity(auc):
    (line,) = doubts(rows((1.6, 0.5), (1.5, auc)), LEVELS, CONFIG)
    assert line.startswith(
        f"no epoch is better than popularity, which ranks by clicks in train (dev AUC {auc:.3f} against 0.540)"
    )


def test_both_can_be_true():
    assert len(doubts(rows((1.6, 0.5), (1.6, 0.49)), LEVELS, CONFIG)) == 2


@pytest.mark.parametrize("auc", [0.49, 0.67])
def test_a_loss_that_ran_away_is_said_alone_with_the_cure_whatever_the_auc(auc):
    run = rows((1.6, 0.5), (35.0, auc))
    assert diverged(run)
    (line,) = doubts(run, LEVELS, CONFIG)
    assert line == (
        "training diverged: the loss rose from 1.6 to 35, so the model is noise; train with a --learning-rate below 0.5"
    )


def test_a_loss_that_rises_from_a_trained_models_with_dropout_has_not_run_away():
    assert not diverged(rows((0.23, 0.677), (0.87, 0.684)))


def test_a_high_loss_after_a_useful_epoch_is_no_failure():
    assert not diverged(rows((1.6, 0.5), (1.4, 0.6), (35.0, 0.49)))


def test_metrics_of_one_run_have_three_decimals():
    metrics = {"auc": 0.86249, "mrr": 0.5, "ndcg@5": 0.25, "ndcg@10": 0.12345}
    assert in_words(metrics) == "AUC 0.862, MRR 0.500, nDCG@5 0.250, nDCG@10 0.123"
