"""A mean over a few runs, and how far it may be off: Student's t interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nrms_np.arrays import Array

STEPS = 100_000


def t95(n: int) -> float:
    """How many standard errors around the mean of n values hold the truth 95 times in 100; n at least 2.

    With x = √f tan θ and f = n − 1 degrees of freedom, the density of Student's t becomes cos θ to the power f − 1, so that its
    integral is a sum over a grid.
    """
    if n < 2:
        raise ValueError(f"an interval needs two values or more, not {n}.")
    freedom = n - 1
    step = np.pi / 2 / STEPS
    ends = step * np.arange(1, STEPS + 1)
    within = np.cumsum(np.cos(ends - step / 2) ** (freedom - 1))
    return float(np.sqrt(freedom) * np.tan(np.interp(0.95 * within[-1], within, ends)))


@dataclass(frozen=True)
class Interval:
    """mean: of n values.    half: half the width of its 95% interval, so the interval is mean ± half."""

    mean: float
    half: float
    n: int

    @classmethod
    def of(cls, values: Sequence[float] | Array) -> Interval:
        """The mean of two values or more, which are independent: one a seed."""
        found = np.asarray(values, dtype=float)
        return cls(float(found.mean()), float(t95(len(found)) * found.std(ddof=1) / np.sqrt(len(found))), len(found))

    @classmethod
    def paired(cls, more: Sequence[float] | Array, less: Sequence[float] | Array) -> Interval:
        """The mean difference of runs that share their seeds: what moves both alike drops out."""
        return cls.of(np.subtract(more, less))

    @property
    def holds(self) -> bool:
        """Whether 0 lies outside: the sign is a finding."""
        return abs(self.mean) > self.half

    def __str__(self) -> str:
        """As a difference is written: +0.0380 ± 0.0045."""
        return f"{self.mean:+.4f} ± {self.half:.4f}".replace("-", "−")

    def plain(self, digits: int = 3) -> str:
        """As a value is written: 0.862 ± 0.003."""
        return f"{self.mean:.{digits}f} ± {self.half:.{digits}f}".replace("-", "−")

    def percent(self) -> str:
        """As a share is written: 78 ± 3%."""
        return f"{100 * self.mean:.0f} ± {100 * self.half:.0f}%"
