"""A tiny data set in MIND's format, written by the tests that train on it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

SMALL_MODEL = ["--heads", "3", "--head-dim", "2", "--word-dim", "7", "--query-dim", "4"]
"""Options of train for a model whose loops other tests compile too."""

TOPICS = {
    "sports": ["rockets", "win", "game", "coach", "final"],
    "space": ["rockets", "launch", "moon", "orbit", "crew"],
    "food": ["soup", "bread", "game", "kitchen", "recipe"],
}


def write_clicks(folder: Path, seed: int = 0, impressions: int = 60) -> Path:
    """Write train/ and dev/ with readers who like one topic each."""
    rng = np.random.default_rng(seed)
    for split in ("train", "dev"):
        (folder / split).mkdir(parents=True)
        news, topic_of = [], []
        for i in range(30):
            topic = list(TOPICS)[i % 3]
            title = " ".join(rng.choice(TOPICS[topic], size=rng.integers(2, 5), replace=False))
            news.append(f"N{i}\t{topic}\t{topic}\t{title}\t\t\t[]\t[]\n")
            topic_of.append(i % 3)
        rows = []
        for i in range(impressions):
            liked = int(rng.integers(3))
            of_topic = [n for n in range(30) if topic_of[n] == liked]
            history = " ".join(f"N{n}" for n in rng.choice(of_topic, size=rng.integers(0, 7)))
            shown = rng.permutation(30)[:6]
            labels = [int(topic_of[n] == liked) for n in shown]
            if 0 < sum(labels) < 6:
                shown_text = " ".join(f"N{n}-{label}" for n, label in zip(shown, labels, strict=True))
                rows.append(f"{i + 1}\tU{i}\t11/9/2019 9:00:00 AM\t{history}\t{shown_text}\n")
        (folder / split / "news.tsv").write_text("".join(news), encoding="utf-8")
        (folder / split / "behaviors.tsv").write_text("".join(rows), encoding="utf-8")
    return folder
