"""How much memory the process has used."""

from __future__ import annotations

import sys


def peak_memory_mb() -> float:
    """The most memory this process has had in use so far, in MiB; 0 where the system does not tell (Windows)."""
    try:
        import resource
    except ImportError:
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10
