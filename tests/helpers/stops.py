"""Stops that ask for themselves, without a signal."""

from __future__ import annotations

from nrms_np.training.stopping import Stop


class StopAfter(Stop):
    """Asks to stop after so many steps."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.left = steps

    def __call__(self) -> bool:
        self.left -= 1
        return self.left == 0
