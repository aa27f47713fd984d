"""Training that goes on from a trained model with a later log: its parameters, and rows for the words that are new in the log."""

from __future__ import annotations

import numpy as np

from nrms_np.arrays import Array
from nrms_np.config import Config, shown
from nrms_np.errors import ConfigError, NrmsError
from nrms_np.model import NRMS

OF_THE_MODEL = (
    "word_dim", "heads", "head_dim", "query_dim", "attention", "scaled", "output_projection", "ablate", "tokens",
)  # fmt: skip
"""The settings that a trained model cannot change any more."""


def check_same_model(config: Config, trained: Config) -> None:
    """Raise ConfigError where settings differ from those of a trained model that it cannot change any more."""
    for name in OF_THE_MODEL:
        ours, theirs = shown(getattr(config, name)), shown(getattr(trained, name))
        if ours != theirs:
            raise ConfigError(
                f"{name} is {theirs} in the model that training goes on from, and cannot become {ours}; leave it out."
            )


def go_on_from(trained: NRMS, config: Config, words: list[str], word_vectors: Array | None) -> NRMS:
    """A model with the parameters of a trained one, and rows for more words.

    config:       its settings; those of training may differ from the trained model's.
    words:        the trained model's in their rows, then the new ones.
    word_vectors: (words, word_dim) from which the new words start, or None to draw them as those of a new model.
    Raises ConfigError for another form or size, NrmsError where the words do not begin with the trained model's.
    """
    check_same_model(config, trained.config)
    kept = len(trained.vocabulary)
    if words[:kept] != trained.vocabulary:
        raise NrmsError(
            "the data was not read with the vocabulary of the model that training goes on from; "
            "give it to read_dataset as `vocabulary`."
        )
    new = NRMS.create(config, words, word_vectors).parameters["word_embedding"][kept:]
    table = np.concatenate([trained.parameters["word_embedding"], new])
    return NRMS(config, words, {**trained.parameters, "word_embedding": table})
