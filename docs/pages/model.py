"""The model of the page Play: trained on the demo corpus once, smaller than the paper's, and kept in docs/_build."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from pages.course import ROOT

RUN = ROOT / "docs" / "_build" / "play"
OPTIONS = "--word-dim 64 --heads 4 --head-dim 16 --query-dim 32 --epochs 5 --quiet"


def play_model() -> Path:
    """The file of the model; trains it where it is not there yet."""
    if not (RUN / "model.npz").exists():
        command = [sys.executable, "-m", "nrms_np.train", "--out", str(RUN), *OPTIONS.split()]
        subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    return RUN / "model.npz"
