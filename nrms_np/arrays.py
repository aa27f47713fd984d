"""Names for the kinds of arrays that functions take and return."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
"""Numbers: float32 for training, float64 for gradient checks; every function works in the dtype of its inputs."""

IntArray = NDArray[np.integer[Any]]
"""Row numbers, offsets, counts."""

BoolArray = NDArray[np.bool_]
"""Yes or no, one per element."""
