"""News vectors of a pool, kept beside the model where encoding them would make the user wait.

Encoding 50,000 titles takes two to three seconds of one core, reading their vectors a tenth of one. The file's name says
for which model and which titles it is, so a file that does not fit is never read.
"""

from __future__ import annotations

from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

from nrms_np.arrays import Array
from nrms_np.errors import ModelFileError
from nrms_np.evaluation.ranking import encode_titles
from nrms_np.files import arrays_in, write_arrays
from nrms_np.model import NRMS

KEPT_FROM = 10_000
"""Fewer news are encoded faster than anyone notices."""


def news_vectors(model: NRMS, model_file: Path, titles: list[str]) -> Array:
    """The vectors of all titles, from the file beside the model if there is one, else encoded now and kept.

    model_file: the file that `model` was loaded from.    Returns (n, H·d).
    """
    if len(titles) < KEPT_FROM:
        return model.encode_news(encode_titles(model, titles))
    fingerprint = blake2b(model_file.read_bytes(), digest_size=8)
    fingerprint.update("\n".join(titles).encode())
    path = model_file.with_name(f"news_vectors-{fingerprint.hexdigest()}.npz")
    with suppress(ModelFileError), arrays_in(path, "the kept news vectors cannot be read") as kept:
        vectors: Array = kept["news"]
        if vectors.shape == (len(titles), model.config.news_dim):
            return vectors
    vectors = model.encode_news(encode_titles(model, titles))
    with suppress(OSError):  # a folder that cannot be written to only means encoding again next time
        for old in path.parent.glob("news_vectors-*.npz"):
            old.unlink()  # of other titles or of an earlier model: only one file is kept
        write_arrays(path, {"news": vectors})
    return vectors
