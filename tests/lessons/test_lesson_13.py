"""The ladder of lesson 13: whose pieces it stands on, and that every rung computes what the layers do."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lessons import ladder
from lessons.exercise_files import EXERCISES, LESSONS, SOLUTIONS
from nrms_np.backend import Backend
from nrms_np.gradcheck import relative_error
from nrms_np.packed import Packed

SEQUENCES = Packed.from_lists([[4, 0, 4], [], [3], [2, 1]])
ALL = {name for names in ladder.PIECES.values() for name in names}


@pytest.fixture
def plain(monkeypatch):
    """The loops as Python, which these sizes do not need compiled."""
    monkeypatch.setattr(ladder, "fast", lambda loop: loop)


def test_pieces_are_the_readers_where_they_are_right(tmp_path):
    functions, own = ladder.pieces(SOLUTIONS)
    assert set(functions) == own == ALL
    text = (SOLUTIONS / ladder.LESSON.file).read_text(encoding="utf-8")
    (tmp_path / ladder.LESSON.file).write_text(text.replace("h[i, c] +=", "h[i, c] ="), encoding="utf-8")
    functions, own = ladder.pieces(tmp_path)
    assert ALL - own == {"weighted_sum"}
    assert functions["weighted_sum"].__code__.co_filename == str(SOLUTIONS / ladder.LESSON.file)
    assert functions["scores_backward"].__code__.co_filename == str(tmp_path / ladder.LESSON.file)


@pytest.mark.parametrize("text", [None, "def f(:\n"])
def test_without_a_file_that_runs_the_solutions_are_taken(tmp_path, text):
    if text:
        (tmp_path / ladder.LESSON.file).write_text(text, encoding="utf-8")
    functions, own = ladder.pieces(tmp_path)
    assert set(functions) == ALL
    assert own == set()


def outputs(backend):
    """What self-attention and pooling of a backend return, forward and backward, in float64."""
    rng = np.random.default_rng(3)
    x, Q, K, V, W, b, q = (rng.standard_normal(shape) for shape in ((5, 7), *[(7, 6)] * 3, (6, 4), 4, 4))
    h, attention = backend.projected_attention_forward(x, SEQUENCES, Q, K, V, 3, 0.7)
    pooled, pooling = backend.additive_attention_forward(h, SEQUENCES.offsets, W, b, q)
    dh, *d_pool = backend.additive_attention_backward(rng.standard_normal(pooled.shape), pooling)
    weights = [attention.weights(0), attention.weights(1), pooling.weights(0)]
    return [h, pooled, *backend.projected_attention_backward(dh, attention), *d_pool, *weights]


@pytest.mark.usefixtures("plain")
def test_every_rung_is_a_whole_backend_and_gives_what_the_layers_give():
    rungs = ladder.rungs(ladder.pieces(SOLUTIONS)[0])
    assert list(rungs) == list(ladder.PIECES)
    right = outputs(rungs["layers"])
    for label, backend in rungs.items():
        assert set(vars(backend)) == set(Backend.__annotations__), label
        for found, expected in zip(outputs(backend), right, strict=True):
            assert found.shape == expected.shape
            assert relative_error(found, expected) < 1e-12, label


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("name", sorted(ALL))
def test_every_piece_is_really_put_in(name):
    functions, _ = ladder.pieces(SOLUTIONS)

    def taken(*_):
        raise ZeroDivisionError(name)

    taken.__name__ = name
    rungs = ladder.rungs({**functions, name: taken})
    (label,) = [label for label, names in ladder.PIECES.items() if name in names]
    with pytest.raises(ZeroDivisionError, match=name):
        outputs(rungs[label])


@pytest.mark.skipif(ladder.numba is None, reason="needs Numba")
def test_a_loop_that_numba_cannot_compile_ends_in_a_sentence():
    def loop(values):
        return open(values)

    with pytest.raises(ladder.NotCompiledError, match="Numba cannot compile loop: use loops"):
        ladder.fast(loop)(np.zeros(2))


def test_the_committed_numbers_are_those_of_these_rungs():
    measured = json.loads((LESSONS / "figures" / "13_measured.json").read_text(encoding="utf-8"))
    assert list(measured["rungs"]) == list(ladder.PIECES)
    assert len({len(values) for values in measured["rungs"].values()} | {5}) == 1
    assert (EXERCISES / ladder.LESSON.file).is_file()
