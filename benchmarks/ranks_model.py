"""How far training over MPI scales: seconds of a step on N machines, from what `ranks.py` measured on one.

A step of N ranks takes what a rank computes by itself (its share, the sums of all rows, Adam), measured, and what stands on the
wire, calculated: a ring sends 2 (N - 1) / N of the dense bytes and waits 2 (N - 1) times for a message. Of word rows a rank gets
all row numbers of the N - 1 others, their values for its own part of the table, and the sums of all other parts
(`nrms_np/training/row_sums.py`). Nothing is overlapped; `overlap` tells what that could save.
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


def rows_received(count: int, local: dict[str, float], distinct: float, word_dim: int) -> float:
    """Bytes of word rows that come in at a rank in a step.

    local: of a rank, measured.    distinct: rows of the whole batch.
    """
    numbers = (count - 1) * local["rows"] * ROW_NUMBER
    return numbers + (local["arriving"] + distinct * (count - 1) / count) * NUMBER * word_dim


def rows_of_others(count: int, local: dict[str, float], word_dim: int) -> float:
    """Bytes that would come in if all got all rows of all, as `Allgatherv` of them sends."""
    return (count - 1) * local["rows"] * (NUMBER * word_dim + ROW_NUMBER)


def ring(count: int, size: float, network: Network) -> float:
    """Seconds of a sum of so many bytes."""
    others = count - 1
    return 2 * others / count * size / network.bytes_per_second + 2 * others * network.latency


def step(count: int, local: dict[str, float], corpus: dict[str, Any], size: str, network: Network,
         faster: float) -> dict[str, float]:  # fmt: skip
    """Seconds of a step of `count` ranks by parts.

    local:  of a rank, measured.    corpus: what `ranks.py` knows of it; every rank makes the whole batch.    size: of a batch.
    faster: a rank computes so many times as fast.
    """
    received = rows_received(count, local, corpus["local"][size]["1"]["rows"], corpus["word_dim"])
    messages = 3 * (count - 1)  # for the row numbers, for the values and for the sums
    return {
        "compute": local["compute"] / faster,
        "every rank": (corpus["making"][size] + local["share"] + local["merge"] + local["adam"]) / faster,
        "wire, dense": ring(count, corpus["dense_bytes"], network),
        "wire, rows": received / network.bytes_per_second + messages * network.latency if count > 1 else 0.0,
    }


def scaling(measured: dict[str, Any]) -> list[dict[str, Any]]:
    """A row for each batch size, network and speed: how the samples a second grow with the ranks, and where that ends.

    measured: {"dense_bytes", "user_bytes", "word_dim", "local": {batch size: {ranks: seconds and rows}},
    "making": {batch size: seconds}}.
    overlap: the part of a step that would be saved at most, if the user encoder's gradients were sent during the news encoder's
    backward, at no cost.
    """
    rows = []
    for size, by_count in measured["local"].items():
        for name, network in NETWORKS.items():
            for faster in FASTER:
                steps = {
                    int(count): step(int(count), local, measured, size, network, faster)
                    for count, local in by_count.items()
                }
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
                        "overlap": {
                            count: ring(count, measured["user_bytes"], network) / value
                            for count, value in seconds.items()
                        },
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
