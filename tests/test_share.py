"""Shares of a batch: their losses and gradients add up to those of the whole, dropout included."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from nrms_np.model import NRMS
from nrms_np.packed import RowGradient
from tests.helpers.sizes import WORDS, ragged_batch, small_config


@pytest.mark.parametrize("backend", ["layers", "kernels"])
@pytest.mark.parametrize("cuts", [[1], [2, 2], [0, 3]])
@pytest.mark.parametrize("after", [True, False])
def test_losses_and_gradients_of_shares_add_up(backend, cuts, after):
    batch = ragged_batch()
    config = small_config(dropout=0.3, dropout_after_attention=after, backend=backend)
    model = NRMS.create(config, [f"w{i}" for i in range(WORDS)])
    model.parameters = {name: value.astype(np.float64) for name, value in model.parameters.items()}
    loss, whole = model.loss_and_row_gradients(batch, dropout_step=5)
    bounds = [0, *cuts, len(batch.candidates)]
    shares = [batch.part(first, last) for first, last in pairwise(bounds)]
    assert sum(len(share.candidates) for share in shares) == batch.samples == shares[0].samples
    found = [model.loss_and_row_gradients(share, dropout_step=5) for share in shares]
    assert sum(one for one, _ in found) == pytest.approx(loss, rel=1e-12)
    for name, gradient in whole.items():
        expected, total = dense(gradient), sum(dense(gradients[name]) for _, gradients in found)
        np.testing.assert_allclose(total, expected, rtol=0, atol=1e-12 * np.abs(expected).max(), err_msg=name)


def dense(gradient):
    return gradient.dense(WORDS) if isinstance(gradient, RowGradient) else gradient
