"""The optimiser, the training loop, and `fit`, which does a whole run and leaves its folder."""

from nrms_np.training.fitting import Run, fit
from nrms_np.training.trainer import Interrupted

__all__ = ["Interrupted", "Run", "fit"]
