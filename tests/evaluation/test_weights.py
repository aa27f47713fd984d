"""Weights of clicks and of words: those that make the vectors, beside the words they are of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nrms_np import NRMS, Packed
from nrms_np.evaluation.weights import text_of, weigh
from tests.helpers.tiny_run import write_run


@pytest.mark.parametrize("backend", ["layers", "kernels"])
def test_vectors_weights_and_words_are_the_models(backend: str, tmp_path: Path) -> None:
    model = NRMS.load(write_run(tmp_path / "run"), backend)
    titles = ["Rockets WIN, again", "", "the best pie is near: the best pie"]  # the last is cut after 6 words
    found = weigh(model, titles, [[2, 0, 2], [0], []])
    np.testing.assert_allclose(found.vectors, model.encode_news(titles), atol=1e-6)
    users = model.encode_users(found.vectors, Packed.from_lists([[2, 0, 2], [0], []]))
    np.testing.assert_allclose(found.users, users, atol=1e-6)
    assert found.weights.sum() == pytest.approx(1, abs=1e-6)
    assert found.weights[0] == pytest.approx(found.weights[2])
    assert [text_of(pieces) for pieces in found.pieces] == titles
    words = [[piece for piece in pieces if piece.weight is not None] for pieces in found.pieces]
    assert [(one.text, one.word, one.known) for one in words[0]] == [
        ("Rockets", "rockets", True), ("WIN", "win", True), (",", ",", True), ("again", "again", False),
    ]  # fmt: skip
    assert [len(some) for some in words] == [4, 0, 6]
    for some in (words[0], words[2]):
        assert sum(one.weight for one in some) == pytest.approx(1, abs=1e-6)
