"""Single-bit flips of all headers, and 2,000 flips anywhere: a saved file is read as it was written, or refused.

All flips of the headers of a model and of kept vectors; of a checkpoint, which has sixty arrays, every fifteenth, or all of them
with NRMS_ALL_FLIPS=1 in the environment (some minutes).
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nrms_np.data.dataset import read_dataset
from nrms_np.errors import ModelFileError
from nrms_np.model import NRMS
from nrms_np.npz import read_arrays, write_arrays
from nrms_np.training.run_folder import RunFolder
from nrms_np.training.trainer import Trainer
from tests.helpers.clicks import write_clicks
from tests.helpers.sizes import small_config

pytestmark = pytest.mark.slow
ANYWHERE = 2000


@pytest.fixture(scope="module")
def trainer(tmp_path_factory: pytest.TempPathFactory) -> Trainer:
    folder = tmp_path_factory.mktemp("flips")
    data = read_dataset(write_clicks(folder / "clicks"), title_length=30, history_length=5, minimum_count=1)
    run = RunFolder(folder / "run")
    run.path.mkdir()
    trainer = Trainer(NRMS.create(small_config(epochs=1), data.vocabulary.words), data, run)
    trainer.fit()
    write_arrays(run.path / "news_vectors.npz", {"news": trainer.model.encode_news(data.dev_titles)})
    return trainer


def header_bytes(content: bytes, arrays: dict[str, np.ndarray]) -> list[int]:
    """The places of all bytes that are no numbers or letters of an array."""
    places = np.ones(len(content), dtype=bool)
    for value in arrays.values():
        data = value.tobytes()
        if len(data) > 16:
            start = content.index(data)
            places[start : start + len(data)] = False
    return np.flatnonzero(places).tolist()


def read_model(path: Path, trainer: Trainer) -> dict[str, np.ndarray]:
    model = NRMS.load(path)
    return {**model.parameters, "vocabulary": np.array(model.vocabulary), "config": np.array(model.config.to_json())}


def read_checkpoint(path: Path, trainer: Trainer) -> dict[str, np.ndarray]:
    trainer.folder.checkpoint = path
    trainer.resume()
    parts = {"parameter": trainer.model.parameters, **trainer.optimiser.state}
    arrays = {f"{kind}/{name}": value for kind, values in parts.items() for name, value in values.items()}
    return {
        **arrays,
        "progress": np.array(list(vars(trainer.progress).values())),
        "steps": np.array(trainer.optimiser.steps),
    }


def read_vectors(path: Path, trainer: Trainer) -> dict[str, np.ndarray]:
    return read_arrays(path, "broken")


@pytest.mark.parametrize(
    ("name", "read", "step"),
    [("model.npz", read_model, 1), ("checkpoint.npz", read_checkpoint, 15), ("news_vectors.npz", read_vectors, 1)],
)
def test_no_flipped_bit_gives_other_numbers(
    trainer: Trainer, tmp_path: Path, name: str, read: Callable[[Path, Trainer], dict[str, np.ndarray]], step: int
) -> None:
    content = (trainer.folder.path / name).read_bytes()
    path = tmp_path / name
    path.write_bytes(content)
    right = {key: value.copy() for key, value in read(path, trainer).items()}
    chance = random.Random(7)
    bits = [8 * place + bit for place in header_bytes(content, read_arrays(path, "broken")) for bit in range(8)]
    bits = bits if "NRMS_ALL_FLIPS" in os.environ else bits[::step]
    bits += [chance.randrange(8 * len(content)) for _ in range(ANYWHERE)]
    refused = unnamed = 0
    for bit in bits:
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        path.write_bytes(changed)
        try:
            found = read(path, trainer)
        except ModelFileError as error:
            refused += 1
            unnamed += not str(error).startswith(f"{path}: ")
            continue
        assert found.keys() == right.keys(), f"bit {bit}"
        assert all(np.array_equal(found[key], right[key]) for key in right), f"bit {bit}"
    assert not unnamed
    assert refused > 0.5 * len(bits)
    print(f"{name}: {len(bits):,} flips, {refused:,} refused, the others harmless")
