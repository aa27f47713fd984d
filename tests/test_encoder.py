import numpy as np
import pytest

from nrms_np.backend import get_backend
from nrms_np.encoder import Dropout, attend_backward, attend_forward, prefixed, subset
from nrms_np.gradcheck import check_gradients
from nrms_np.layers.dropout import dropout_key
from tests.helpers.sizes import ROWS, SCALE, WIDTH, D, H, attention_parameters, pool_parameters, ragged_sequences


@pytest.mark.parametrize("backend", ["layers", "kernels"])
@pytest.mark.parametrize("dropout", [None, Dropout(0.3, dropout_key(1, 2, 1))], ids=["no dropout", "dropout"])
@pytest.mark.parametrize("form", ["QKV", "QVO"])
def test_attend_backward_agrees_with_finite_differences(backend, dropout, form):
    rng = np.random.default_rng(0)
    parameters = {
        **prefixed({name: 0.5 * value for name, value in attention_parameters(form, rng).items()}, "attention"),
        **prefixed(pool_parameters(rng), "pool"),
    }
    inputs = {"table": rng.standard_normal((ROWS, D)), **parameters}

    def forward(table, **parameters):
        return attend_forward(table, ragged_sequences(), parameters, H, SCALE, get_backend(backend), dropout)

    def backward(d_vectors):
        d_table, gradients = attend_backward(d_vectors, forward(**inputs)[1])
        return {"table": d_table, **gradients}

    check_gradients(lambda **inputs: forward(**inputs)[0], inputs, backward)


def test_an_empty_sequence_is_the_zero_vector():
    rng = np.random.default_rng(1)
    parameters = {
        **prefixed(attention_parameters("QKV", rng), "attention"),
        **prefixed(pool_parameters(rng), "pool"),
    }
    table = rng.standard_normal((ROWS, D))
    vectors, _ = attend_forward(table, ragged_sequences(), parameters, H, SCALE, get_backend("kernels"))
    assert vectors.shape == (4, WIDTH)
    assert vectors.any(axis=1).tolist() == [True, False, True, True]


def test_prefixes_undo_subsets():
    values = {"a.x": np.ones(1), "a.y": np.ones(2), "b.x": np.ones(3)}
    assert set(subset(values, "a")) == {"x", "y"}
    assert set(prefixed(subset(values, "a"), "a")) == {"a.x", "a.y"}
