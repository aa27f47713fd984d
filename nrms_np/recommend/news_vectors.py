"""News vectors of a pool, kept beside the model where encoding them would make the reader wait.

Encoding 50,000 titles takes two to three seconds of one core, reading their vectors a tenth of one. The file's name says
for which model and which titles it is, so a file that does not fit is never read.
"""

from __future__ import annotations

import zipfile
from hashlib import blake2b
from pathlib import Path

import numpy as np

from nrms_np.arrays import Array
from nrms_np.evaluation.trained import encode_titles
from nrms_np.files import whole_file
from nrms_np.model import NRMS

KEPT_FROM = 10_000
"""Fewer news are encoded faster than anyone notices."""


def news_vectors(model: NRMS, model_file: Path, titles: list[str]) -> Array:
    """The vectors of all titles, from the file beside the model if there is one, else encoded now and kept.

    model_file: the file that `model` was loaded from.    Returns (n, H·d).
    """
    if len(titles) < KEPT_FROM:
        return model.encode_news(encode_titles(model, titles))
    path = model_file.with_name(f"news_vectors-{_fingerprint(model_file, titles)}.npz")
    vectors = _read(path, (len(titles), model.config.news_dim))
    if vectors is None:
        vectors = model.encode_news(encode_titles(model, titles))
        _keep(path, vectors)
    return vectors


def _fingerprint(model_file: Path, titles: list[str]) -> str:
    digest = blake2b(model_file.read_bytes(), digest_size=8)
    digest.update("\n".join(titles).encode())
    return digest.hexdigest()


def _read(path: Path, shape: tuple[int, int]) -> Array | None:
    try:
        with np.load(path, allow_pickle=False) as file:
            vectors: Array = file["news"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return vectors if vectors.shape == shape else None


def _keep(path: Path, vectors: Array) -> None:
    """Write the vectors, and remove those of other titles or of an earlier model: only one file is kept."""
    try:
        for old in path.parent.glob("news_vectors-*.npz"):
            old.unlink()
        with whole_file(path) as temporary, temporary.open("wb") as file:
            np.savez(file, news=vectors)
    except OSError:
        return  # a folder that cannot be written to only means encoding again next time
