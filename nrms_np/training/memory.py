"""How much memory a training has used, how much there is, and whether it will be enough."""

from __future__ import annotations

import sys
from contextlib import suppress
from math import prod
from pathlib import Path

import numpy as np

from nrms_np.config import Config
from nrms_np.data.dataset import Dataset
from nrms_np.errors import NrmsError
from nrms_np.parameters import parameter_shapes

CONTAINER = (  # limit and use of a container in the two ways that Linux tells them, and the start of some names in memory.stat
    (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current"), ""),
    (
        Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
        Path("/sys/fs/cgroup/memory/memory.usage_in_bytes"),
        "total_",
    ),
)
NUMBER = 4  # bytes of a float32
ID = 8  # and of a row number while negatives are drawn


def peak_memory_mb() -> float:
    """The most memory this process has had in use so far, in MiB; 0 where the system does not tell (Windows)."""
    try:
        import resource
    except ImportError:
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def available_memory() -> int | None:
    """Bytes that can still be used: the machine's, or those a container leaves if they are fewer; None where nobody tells."""
    found = []
    with suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/meminfo").read_text().splitlines()
        found.append(1024 * int(next(line for line in lines if line.startswith("MemAvailable")).split()[1]))
    for limit, used, start in CONTAINER:
        with suppress(OSError, ValueError):  # "max" is no number: there is no limit
            free = int(limit.read_text()) - int(used.read_text())
            with suppress(OSError, ValueError):
                # Copies of files that were read count as used, but the system takes them back when memory is needed.
                lines = used.with_name("memory.stat").read_text().splitlines()
                copies = (f"{start}active_file ", f"{start}inactive_file ")
                free += sum(int(line.split()[1]) for line in lines if line.startswith(copies))
            found.append(max(0, free))
    return min(found, default=None)


def needed_memory(config: Config, data: Dataset, shares: int = 1) -> dict[str, int]:
    """The least that training will allocate, in bytes, by what it is for; from the sizes alone, nothing is allocated.

    shares: into so many a batch is cut, of which a process computes one.
    """
    behaviors = data.train.behaviors
    assert behaviors.clicked is not None, "read_dataset asks for labels"
    shapes = parameter_shapes(config, len(data.vocabulary))
    sizes = {name: prod(shape) for name, shape in shapes.items()}
    clicks = int(np.count_nonzero(behaviors.clicked))
    batch = min(config.batch_size, clicks) // shares
    per_sample = behaviors.histories.lengths.mean() + 1 + config.negatives
    titles = min(batch * per_sample, data.train_titles.count)
    words = titles * data.train_titles.lengths.mean()
    return {
        "parameters": NUMBER * sum(sizes.values()),
        "Adam's two means": NUMBER * 2 * sum(sizes.values()),
        "gradients": NUMBER * (sum(sizes.values()) - sizes["word_embedding"]),
        "negatives of an epoch": 2 * ID * clicks * config.negatives,
        # Of each word of the batch at least what attention gives and its gradient, and the hidden layer of pooling.
        "a batch": int(NUMBER * words * (2 * config.news_dim + config.query_dim)),
    }


def check_memory(config: Config, data: Dataset, shares: int = 1, beside: int = 1) -> None:
    """Raise NrmsError where training is sure to need more memory than there is, with the sum of what it needs.

    shares: as in `needed_memory`.    beside: so many processes of this machine train.
    """
    needed, available = needed_memory(config, data, shares), available_memory()
    needed = {name: beside * size for name, size in needed.items()}
    total = sum(needed.values())
    if available is not None and total > available:
        parts = " + ".join(f"{name} {size / 2**30:,.1f}" for name, size in needed.items())
        raise NrmsError(
            f"these settings need at least {total / 2**30:,.1f} GiB of memory ({parts}), and {available / 2**30:,.1f} GiB are "
            "free; take a smaller --heads, --head-dim, --word-dim, --negatives or --batch-size, or a larger --minimum-count."
        )
