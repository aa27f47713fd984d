"""What every tool does first with a run: load its model, and turn titles into rows of the model's vocabulary."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from nrms_np.config import fastest_backend
from nrms_np.data.vocabulary import Vocabulary
from nrms_np.errors import ModelFileError
from nrms_np.model import NRMS
from nrms_np.packed import Packed


def model_path(run: Path) -> Path:
    """Where the model of a run is: in its folder, or the path itself where that is a file.

    Raises ModelFileError for a folder without model.npz.
    """
    if not run.is_dir():
        return run
    path = run / "model.npz"
    if not path.is_file():
        raise ModelFileError(f"{run}: this folder has no model.npz; give the folder of a run that has ended an epoch.")
    return path


def load_trained(run: Path, backend: str | None = None) -> NRMS:
    """Load the best model of a run.

    run:     a run folder, or a model.npz file.
    backend: what to compute with, whatever the model was trained with: the results agree to rounding. None for the fastest.
    Raises ModelFileError where there is no model or it cannot be used.
    """
    path = model_path(run)
    model = NRMS.load(path, backend or fastest_backend())
    try:
        Vocabulary(model.vocabulary)
    except ValueError as error:
        raise ModelFileError(f"{path}: the model's vocabulary cannot be used, {error}.") from error
    return model


def encode_titles(model: NRMS, titles: Iterable[str]) -> Packed:
    """Turn titles into sequences of rows of the model's word embedding, as in its training."""
    return Vocabulary(model.vocabulary).encode(titles, model.config.title_length)
