"""How long one request of a web service takes: ours beside PyTorch doing the same.

Run: python benchmarks/latency.py [--requests 4000] [--json FILE]

A request is a history of 50 clicks and 100 candidates, drawn from 5,000 news whose vectors are kept; the answer are the candidates
with their scores, best first. Both have the same parameters (first values of a model, no training) and one thread, take turns
of 100 requests in one process, and must agree. The rows:

    Recommender.rank   the whole call: ids to rows, the user vector, scores, equal headlines, sorting, ids
    ours               its arithmetic alone: rows in, the scores of 100 candidates out
    PyTorch            the same arithmetic, and in a row of its own with sorting and ids

PyTorch keeps queries, keys and values of all news too, and takes scaled_dot_product_attention under inference_mode. It needs the
extra `torch`; without it its rows are left out.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # one thread for both; `Recommender` itself sets nothing

import argparse
import json
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from nrms_np import NRMS, Config, Recommender
from nrms_np.config import PRESETS
from nrms_np.recommend.one_user import OneUser
from nrms_np.training.report import processor

NEWS, CLICKS, CANDIDATES, HISTORIES = 5000, 50, 100, 400
PER_TURN, WARM_UP = 100, 10  # the first requests of a turn find the processor's cache full of the other's numbers

Request = Callable[[int], Any]
"""Answers request number i."""


def our_requests(preset: str) -> tuple[dict[str, Request], list[np.ndarray], list[np.ndarray], NRMS, np.ndarray]:
    """Our two rows, and what PyTorch's are made of: rows of histories and candidates, the model, the news vectors."""
    words = [f"w{i}" for i in range(2000)]
    model = NRMS.create(Config(**PRESETS[preset]), ["[unknown]", *words])
    rng = np.random.default_rng(0)
    ids = [f"N{i}" for i in range(NEWS)]
    recommender = Recommender(model)
    recommender.add({name: " ".join(rng.choice(words, 11)) for name in ids})
    vectors, one = recommender.news_vectors(), OneUser(model)
    kept = one.project(vectors)
    histories = [rng.choice(NEWS, CLICKS, replace=False) for _ in range(HISTORIES)]
    candidates = [np.setdiff1d(rng.permutation(NEWS)[: CANDIDATES + CLICKS], h)[:CANDIDATES] for h in histories]
    named = [([ids[i] for i in h], [ids[i] for i in c]) for h, c in zip(histories, candidates, strict=True)]
    rows: dict[str, Request] = {
        "Recommender.rank": lambda i: recommender.rank(*named[i]),
        "ours": lambda i: vectors[candidates[i]] @ one.encode(kept[histories[i]]),
    }
    return rows, histories, candidates, model, vectors


def torch_requests(
    histories: list[np.ndarray], candidates: list[np.ndarray], model: NRMS, vectors: np.ndarray
) -> dict[str, Request]:
    """PyTorch's rows."""
    import torch
    from torch.nn.functional import linear, scaled_dot_product_attention

    torch.set_num_threads(1)
    heads = model.config.heads
    p = {name: torch.from_numpy(value) for name, value in model.parameters.items() if name.startswith("user")}
    news = torch.from_numpy(vectors)
    kept = news @ torch.cat([p[f"user.attention.{name}"] for name in "QKV"], dim=1)
    W, b, q = p["user.pool.W"].T.contiguous(), p["user.pool.b"], p["user.pool.q"]
    clicked, shown = ([torch.from_numpy(rows) for rows in some] for some in (histories, candidates))
    ids = [[f"N{row}" for row in rows] for rows in candidates]

    @torch.inference_mode()
    def scores(i: int) -> torch.Tensor:
        projected = kept.index_select(0, clicked[i]).view(CLICKS, 3, heads, -1).permute(1, 2, 0, 3).unsqueeze(1)
        h = scaled_dot_product_attention(*projected)[0].transpose(0, 1).reshape(CLICKS, -1)
        weights = torch.softmax(torch.tanh(linear(h, W, b)) @ q, dim=0)
        return news.index_select(0, shown[i]) @ (weights @ h)

    @torch.inference_mode()
    def ranked(i: int) -> list[tuple[str, float]]:
        best, order = torch.sort(scores(i), descending=True)
        return list(zip([ids[i][place] for place in order.tolist()], best.tolist(), strict=True))

    return {"PyTorch": lambda i: scores(i).numpy(), "PyTorch, sorted with ids": ranked}


def measure(preset: str, requests: int) -> dict[str, Any]:
    """Milliseconds a request, of all rows."""
    rows, *same = our_requests(preset)
    if find_spec("torch"):
        rows |= torch_requests(*same)
    for i in range(20):
        found = {name: request(i) for name, request in rows.items()}
        for one, other in (("ours", "PyTorch"), ("Recommender.rank", "PyTorch, sorted with ids")):
            if other in found:
                a, b = (
                    dict(value) if isinstance(value, list) else dict(enumerate(value))
                    for value in (found[one], found[other])
                )
                assert a.keys() == b.keys()
                assert max(abs(a[key] - b[key]) for key in a) < 1e-4, f"{one} and {other} disagree"
    times: dict[str, list[float]] = {name: [] for name in rows}
    for turn in range(-(-requests // PER_TURN)):
        for name, request in rows.items():
            for i in range(turn * PER_TURN - WARM_UP, (turn + 1) * PER_TURN):
                start = time.perf_counter()
                request(i % HISTORIES)
                if i >= turn * PER_TURN:
                    times[name].append(1000 * (time.perf_counter() - start))
    return {name: _summary(np.array(values)) for name, values in times.items()}


def _summary(times: np.ndarray) -> dict[str, float]:
    values = {"min": times.min(), "p50": np.median(times), "p99": np.quantile(times, 0.99)}
    return {name: round(float(value), 4) for name, value in values.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=4000)
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    result: dict[str, Any] = {"machine": f"{processor()}, {os.cpu_count()} cores", "requests": options.requests}
    for preset in PRESETS:
        before = os.getloadavg()[0]
        result[preset] = measure(preset, options.requests)
        result[preset]["load"] = [round(before, 2), round(os.getloadavg()[0], 2)]
        print(f"{preset}: ms a request, load {before:.1f} to {os.getloadavg()[0]:.1f}")
        for name, row in result[preset].items():
            if name != "load":
                print(f"  {name:<26} min {row['min']:.3f}   p50 {row['p50']:.3f}   p99 {row['p99']:.3f}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
