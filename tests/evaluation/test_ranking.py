"""Titles become rows of a model's word embedding by the rule the model was trained with."""

from __future__ import annotations

import json

import numpy as np

from nrms_np.evaluation.ranking import load_trained
from nrms_np.model import NRMS
from nrms_np.npz import read_arrays
from tests.helpers.sizes import small_config

WORDS = ["[unknown]", "mu", "nchen", "münchen", "東京", "東", "京"]
TITLES = ["Mu\u0308nchen", "München", "東京"]


def test_a_model_from_before_there_was_a_choice_reads_titles_as_it_learned_them(tmp_path) -> None:
    NRMS.create(small_config(), WORDS).save(tmp_path / "new.npz")
    arrays = read_arrays(tmp_path / "new.npz", "broken")
    settings = json.loads(str(arrays["config"]))
    assert settings.pop("tokens") == "unicode"
    np.savez(tmp_path / "old.npz", **{**arrays, "config": json.dumps(settings)})
    read = {name: load_trained(tmp_path / f"{name}.npz").encode_titles(TITLES).to_lists() for name in ("old", "new")}
    assert read == {"old": [[1, 2], [3], [4]], "new": [[3], [3], [5, 6]]}
