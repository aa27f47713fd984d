"""The padded and the packed PyTorch NRMS are the same function."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from nrms_np.packed import Batch, Packed

pytest.importorskip("torch")
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))
import torch

import torch_nrms

torch.set_num_threads(1)  # the arrays are tiny

WORDS, SIZES = 19, {"word_dim": 7, "heads": 3, "head_dim": 2, "query_dim": 4}
FORMS = [("projected", False), ("projected", True), ("bilinear", False), ("bilinear", True)]


def ragged_batch() -> Batch:
    """Give repeated words, an empty title, one-word titles, an empty history, a repeated click, a clicked candidate."""
    titles = Packed.from_lists([[0, 3, 3, 5, 1], [2], [], [6, 7, 0, 2, 8], [4, 4], [9, 1, 3], [5]])
    histories = Packed.from_lists([[3, 0, 1, 3], [], [2, 5], [6], [4, 2]])
    candidates = np.array([[0, 4, 2], [1, 3, 5], [2, 6, 0], [5, 5, 1], [6, 3, 4]])
    return Batch(np.array([0, 1, 2, 4, 5, 8, 11, 12, 15, 18]), titles, histories, candidates)


def model_of(kind: str, attention: str, output_projection: bool, dtype: type[np.floating]) -> torch.nn.Module:
    model = getattr(torch_nrms, kind)(
        words=WORDS, **SIZES, attention=attention, output_projection=output_projection, word_dropout=0.0
    )
    rng = np.random.default_rng([8, 3])
    shapes = {name: tuple(parameter.shape) for name, parameter in model.named_parameters()}
    model.load_parameters({name: rng.normal(scale=0.6, size=shape).astype(dtype) for name, shape in shapes.items()})
    return model


def loss_and_gradients(model: torch.nn.Module, batch: tuple[object, ...]) -> tuple[float, dict[str, np.ndarray]]:
    loss = torch_nrms.click_loss(model.scores(batch))
    loss.backward()
    return loss.item(), model.gradients()


@pytest.mark.parametrize(("attention", "output_projection"), FORMS)
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-5), (np.float64, 1e-12)])
@pytest.mark.parametrize("kind", ["PackedNRMS", "GroupedNRMS"])
def test_padded_and_packed_agree_in_loss_and_gradients(
    kind: str, attention: str, output_projection: bool, dtype: type[np.floating], tolerance: float
) -> None:
    batch = ragged_batch()
    padded = model_of("PaddedNRMS", attention, output_projection, dtype)
    packed = model_of(kind, attention, output_projection, dtype)
    loss, gradients = loss_and_gradients(padded, torch_nrms.pad_batch(batch))
    packed_loss, packed_gradients = loss_and_gradients(packed, torch_nrms.sort_batch(batch))
    assert packed_loss == pytest.approx(loss, rel=tolerance)
    assert set(gradients) == set(packed_gradients)
    for name, expected in gradients.items():
        found = packed_gradients[name]
        assert found.shape == expected.shape
        assert found.dtype == expected.dtype == dtype
        assert np.abs(expected).max() > 1e-4, f"a gradient of zero proves nothing: {name}"
        error = np.linalg.norm(found - expected) / (np.linalg.norm(found) + np.linalg.norm(expected))
        assert error < tolerance, name
    absent = np.setdiff1d(np.arange(WORDS), batch.words)
    assert not gradients["word_embedding"][absent].any()


@pytest.mark.parametrize(("attention", "output_projection"), FORMS)
def test_the_width_of_the_padding_changes_nothing(attention: str, output_projection: bool) -> None:
    batch = ragged_batch()
    model = model_of("PaddedNRMS", attention, output_projection, np.float64)
    tight, wide = (model.scores(torch_nrms.pad_batch(batch, *widths)) for widths in ((5, 4), (30, 50)))
    torch.testing.assert_close(tight, wide, rtol=0, atol=1e-12)


def test_empty_titles_and_histories_score_zero() -> None:
    scores = model_of("PaddedNRMS", "projected", False, np.float64).scores(torch_nrms.pad_batch(ragged_batch()))
    assert not scores[1].any()  # the user without a history
    assert scores[0, 2] == scores[2, 0] == 0  # the title without words
    assert (scores[3:] != 0).all()


def test_a_title_is_scored_as_the_paper_writes_it() -> None:
    # One click, one candidate word: all weights are 1, and what is left is two products, V of words and V of news.
    parameters = model_of("PaddedNRMS", "projected", False, np.float64).parameters_by_name()
    batch = Batch(np.array([11]), Packed.from_lists([[0]]), Packed.from_lists([[0]]), np.array([[0, 0]]))
    news = parameters["word_embedding"][11] @ parameters["news.attention.V"]
    expected = news @ (news @ parameters["user.attention.V"])
    for kind, prepare in (("PaddedNRMS", torch_nrms.pad_batch), ("GroupedNRMS", torch_nrms.sort_batch)):
        scores = model_of(kind, "projected", False, np.float64).scores(prepare(batch))
        np.testing.assert_allclose(scores.detach().numpy(), [[expected, expected]], rtol=1e-12)


@pytest.mark.parametrize(
    ("kind", "prepare"), [("PaddedNRMS", "pad_batch"), ("PackedNRMS", "sort_batch"), ("GroupedNRMS", "sort_batch")]
)
def test_training_steps_lower_the_loss_and_leave_absent_words_alone(kind: str, prepare: str) -> None:
    batch = ragged_batch()
    model = model_of(kind, "projected", False, np.float32)
    before = model.parameters_by_name()
    optimizers, prepared = model.optimizers(1e-2), getattr(torch_nrms, prepare)(batch)
    losses = [torch_nrms.train_step(model, optimizers, prepared) for _ in range(12)]
    assert losses[-1] < losses[0] - 0.1
    moved = np.flatnonzero((model.parameters_by_name()["word_embedding"] != before["word_embedding"]).any(axis=1))
    assert moved.tolist() == batch.words.tolist()


def test_wrong_parameters_are_refused() -> None:
    model = model_of("PackedNRMS", "bilinear", False, np.float32)
    parameters = model.parameters_by_name()
    with pytest.raises(ValueError, match=r"news\.pool\.b should be \(4,\), got \(5,\)"):
        model.load_parameters(parameters | {"news.pool.b": np.zeros(5)})
    with pytest.raises(ValueError, match="expected the parameters"):
        model.load_parameters(parameters | {"news.attention.K": np.zeros((7, 6))})
