"""How far training over MPI scales: seconds of a step on N machines, from what `ranks.py` measured on one.

A step of N ranks takes what a rank computes by itself (its share, the sums of all rows, Adam), measured, and what stands on the
wire, calculated: a ring sends 2 (N - 1) / N of the dense bytes and waits 2 (N - 1) times for a message; Allgatherv sends on the
rows of the N - 1 others. Nothing is overlapped, as in `nrms_np/training/ranks.py`.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Network(NamedTuple):
    """bytes_per_second: through each machine's plug.    latency: seconds of a small message; assumed, not measured."""

    bytes_per_second: float
    latency: float


NETWORKS = {"10 Gbit/s": Network(10e9 / 8, 20e-6), "100 Gbit/s": Network(100e9 / 8, 5e-6)}
FASTER = (1, 8)
"""A rank computes so many times as fast as one thread of the machine of the measurement."""
CLICKS_PER_IMPRESSION = 1.5  # MIND-small has 236,344 clicks in 156,965 impressions
LOGS = {"MIND-large": 2_230_000, "100 million impressions": 100_000_000}
NUMBER, ROW_NUMBER = 4, 4


def bytes_of(rows: float, word_dim: int) -> float:
    """Of so many rows with their numbers."""
    return rows * (NUMBER * word_dim + ROW_NUMBER)


def on_the_wire(count: int, dense: float, rows: float, network: Network) -> dict[str, float]:
    """Seconds that a step of `count` ranks sends.    dense, rows: bytes of one rank."""
    others = count - 1
    return {
        "dense": 2 * others / count * dense / network.bytes_per_second + 2 * others * network.latency,
        "rows": others * rows / network.bytes_per_second + others * network.latency,
    }


def step(count: int, local: dict[str, float], making: float, dense: float, word_dim: int, network: Network,
         faster: float) -> dict[str, float]:  # fmt: skip
    """Seconds of a step of `count` ranks by parts. `local`: of a rank, measured.    making: of the batch, by every rank."""
    wire = (
        on_the_wire(count, dense, bytes_of(local["rows"], word_dim), network)
        if count > 1
        else {"dense": 0.0, "rows": 0.0}
    )
    return {
        "compute": local["compute"] / faster,
        "every rank": (making + local["share"] + local["merge"] + local["adam"]) / faster,
        "wire, dense": wire["dense"],
        "wire, rows": wire["rows"],
    }


def scaling(measured: dict[str, Any]) -> list[dict[str, Any]]:
    """A row for each batch size, network and speed: how the samples a second grow with the ranks, and where that ends.

    measured: {"dense_bytes", "word_dim", "local": {batch size: {ranks: seconds and rows}}, "making": {batch size: seconds}}.
    """
    rows = []
    for size, by_count in measured["local"].items():
        for name, network in NETWORKS.items():
            for faster in FASTER:
                steps = {
                    int(count): step(
                        int(count), local, measured["making"][size], measured["dense_bytes"], measured["word_dim"],
                        network, faster,
                    )
                    for count, local in by_count.items()
                }  # fmt: skip
                seconds = {count: sum(parts.values()) for count, parts in steps.items()}
                times = {count: seconds[1] / value for count, value in seconds.items()}
                best = max(times, key=lambda count: times[count])
                rows.append(
                    {
                        "batch_size": int(size),
                        "network": name,
                        "faster": faster,
                        "step_ms": {count: 1e3 * value for count, value in seconds.items()},
                        "times": times,
                        "samples_per_second": {count: int(size) / value for count, value in seconds.items()},
                        "half": max(count for count in times if times[count] >= count / 2),
                        "best": best,
                        "most": times[best],
                        "parts_ms": {
                            count: {name: 1e3 * value for name, value in parts.items()}
                            for count, parts in steps.items()
                        },
                        "epoch_hours": {
                            log: {
                                count: impressions * CLICKS_PER_IMPRESSION / int(size) * seconds[count] / 3600
                                for count in (1, best)
                            }
                            for log, impressions in LOGS.items()
                        },
                    }
                )
    return rows
