from itertools import islice
from pathlib import Path

import pytest

from nrms_np.config import Config
from nrms_np.data.batches import Samples, batches
from nrms_np.data.dataset import read_dataset
from nrms_np.model import NRMS
from nrms_np.training.adam import Adam

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"


def losses_of(backend):
    """The losses of the first 20 steps on the demo corpus, without dropout."""
    config = Config(
        word_dim=24,
        heads=3,
        head_dim=2,
        query_dim=10,
        batch_size=16,
        dropout=0.0,
        learning_rate=0.01,
        backend=backend,
    )
    data = read_dataset(DEMO, title_length=30, history_length=50, minimum_count=1)
    model = NRMS.create(config, data.vocabulary.words)
    adam = Adam(model.parameters, config.learning_rate)
    epoch = batches(
        data.train, data.train_titles, Samples.from_behaviors(data.train.behaviors), batch_size=config.batch_size,
        negatives=config.negatives, words=len(data.vocabulary), seed=0, epoch=1,
    )  # fmt: skip
    losses = []
    for batch in islice(epoch, 20):
        loss, gradients = model.loss_and_row_gradients(batch)
        adam.step(model.parameters, gradients)
        losses.append(loss)
    return losses


@pytest.mark.slow
def test_both_backends_have_the_same_losses_on_the_demo_corpus():
    layers, kernels = losses_of("layers"), losses_of("kernels")
    assert len(layers) == 20
    assert layers == pytest.approx(kernels, abs=1e-5)
    assert layers[-1] != pytest.approx(layers[0], abs=1e-3)
