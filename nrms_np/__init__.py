"""NRMS in NumPy: neural news recommendation with multi-head self-attention, every gradient written by hand.

The names below are imported when they are first used, so that `--help` of a command does not wait for Numba.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nrms_np.config import Config
    from nrms_np.model import NRMS
    from nrms_np.packed import Batch, Packed
    from nrms_np.recommend.recommender import Recommender

__version__ = "0.1.0"

if getattr(sys, "argv", [])[:1] == ["-m"]:  # Python is on its way to `python -m NAME`; imported, nothing is done
    _name = sys.orig_argv[-len(sys.argv)].removeprefix("-m")  # the rest of both is what stands after NAME
    if _name.partition(".")[0] == __name__:  # a command of ours, and no module of others that imports us on its way
        from nrms_np.signals import end_at_once

        end_at_once()

__all__ = ["NRMS", "Batch", "Config", "Packed", "Recommender"]

_HOME = {
    "NRMS": "nrms_np.model",
    "Config": "nrms_np.config",
    "Packed": "nrms_np.packed",
    "Batch": "nrms_np.packed",
    "Recommender": "nrms_np.recommend.recommender",
}


def __getattr__(name: str) -> Any:
    """Import a public name from its module when it is first asked for."""
    if name in _HOME:
        from importlib import import_module

        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'nrms_np' has no attribute {name!r}")
