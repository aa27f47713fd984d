"""News vectors of a pool, kept beside the model where encoding them would make the user wait.

Encoding 50,000 titles takes two to three seconds of one core, reading their vectors a tenth of one. The file's name says
for which model and which titles it is, so a file that does not fit is never read.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

import numpy as np

from nrms_np.errors import DiskFullError, ModelFileError
from nrms_np.npz import read_arrays, write_arrays
from nrms_np.recommend.recommender import Recommender

KEPT_FROM = 10_000
"""Fewer news are encoded faster than anyone notices."""


FORMAT = b"zeros where a title has no known word"
"""What a file holds; a file of other words, or of none, has another name."""


def add_news(recommender: Recommender, model_file: Path, news: Mapping[str, str]) -> None:
    """Add news to a recommender without any, with the vectors that are kept beside the model, else encoded now and kept.

    model_file: the file that the recommender's model was loaded from.    news: titles by id.
    """
    if len(news) < KEPT_FROM:
        recommender.add(news)
        return
    fingerprint = blake2b(model_file.read_bytes(), digest_size=8)
    fingerprint.update(FORMAT)
    fingerprint.update("\n".join(news.values()).encode())
    path = model_file.with_name(f"news_vectors-{fingerprint.hexdigest()}.npz")
    with suppress(ModelFileError):
        kept = read_arrays(path, "the kept news vectors cannot be read").get("news")
        if (
            kept is not None
            and kept.shape == (len(news), recommender.model.config.news_dim)
            and kept.dtype == np.float32
        ):
            recommender.add(news, vectors=kept)
            return
    recommender.add(news)
    with suppress(OSError, DiskFullError):  # a folder that cannot be written to only means encoding again next time
        for old in path.parent.glob("news_vectors-*.npz"):
            old.unlink()  # of other titles or of an earlier model: only one file is kept
        write_arrays(path, {"news": recommender.news_vectors()})
