"""The course's small world: news and clicks for models that train in seconds, in the two files of MIND.

Headlines are made of a subject, a verb and an object of one of six topics, and of a time and a place that mean nothing. A reader
likes one or two topics; they click half of what they are shown on them and a tenth of the rest, so there is much chance in it. Each
split has news and readers of its own. `python -m lessons.small_world FOLDER` writes one to look at.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from nrms_np.command import run_command
from nrms_np.config import Config
from nrms_np.data.dataset import Dataset, read_dataset

TOPICS = {
    "sports": "coach striker referee goalkeeper / wins loses misses defends / match cup title derby",
    "space": "astronaut probe telescope rover / orbits explores photographs leaves / moon mars comet galaxy",
    "food": "chef baker grandmother barista / bakes tastes serves burns / cake soup bread noodles",
    "music": "singer drummer choir rapper / sings records rehearses remixes / ballad album aria opera",
    "money": "banker investor broker treasurer / buys sells audits lowers / bonds stocks rates debt",
    "weather": "forecaster radar blizzard storm / predicts brings hits follows / snow fog hail heat",
}
TIMES, PLACES = ("today", "again", "tonight", "finally"), ("in Ohio", "in Paris", "in Texas", "in Oslo")
NAMES = tuple(TOPICS)
NEWS, SHOWN, MOST_CLICKED_BEFORE = 300, 8, 8
IMPRESSIONS = {"train": 600, "dev": 1200, "test": 1200}
CLICKS_LIKED, CLICKS_ANYWAY = 0.5, 0.1


def small_config(**changes: Any) -> Config:
    """The settings of a model of its size: 13,000 parameters, a second or two for twelve epochs."""
    settings: dict[str, Any] = {
        "word_dim": 32, "heads": 4, "head_dim": 8, "query_dim": 8, "negatives": 4, "batch_size": 64, "learning_rate": 1e-2,
        "dropout": 0.0, "epochs": 12, "patience": 12,
    }  # fmt: skip
    return Config(**{**settings, **changes})


def make_world(folder: Path, seed: int = 0, splits: tuple[str, ...] = ("train", "dev")) -> Dataset:
    """Write the splits of a small world into a folder that has none of them yet, and read them.

    seed: draws everything; another seed is another world with the same grammar and other readers.
    """
    for place, split in enumerate(IMPRESSIONS, start=1):
        if split in splits:
            _write_split(folder / split, IMPRESSIONS[split], np.random.default_rng([seed, place]))
    return read_dataset(folder, title_length=30, history_length=50, minimum_count=1)


def _headline(topic: str, rng: np.random.Generator) -> str:
    parts = [rng.choice(part.split()) for part in TOPICS[topic].split(" / ")]
    return " ".join([*parts, rng.choice(TIMES), rng.choice(PLACES)])


def _write_split(folder: Path, impressions: int, rng: np.random.Generator) -> None:
    folder.mkdir(parents=True)
    topics = rng.integers(len(NAMES), size=NEWS)
    news = [f"N{i}\t{NAMES[t]}\t{NAMES[t]}\t{_headline(NAMES[t], rng)}\t\t\t[]\t[]" for i, t in enumerate(topics)]
    (folder / "news.tsv").write_text("\n".join(news) + "\n", encoding="utf-8")
    lines = [_impression(number, topics, rng) for number in range(impressions)]
    (folder / "behaviors.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _impression(number: int, topics: np.ndarray, rng: np.random.Generator) -> str:
    """One reader with what they clicked before, and eight news items with what they click now: some, not all."""
    liked = rng.choice(len(NAMES), size=rng.integers(1, 3), replace=False)
    history = rng.choice(np.flatnonzero(np.isin(topics, liked)), size=rng.integers(0, MOST_CLICKED_BEFORE + 1))
    shown = rng.choice(len(topics), size=SHOWN, replace=False)
    chance = np.where(np.isin(topics[shown], liked), CLICKS_LIKED, CLICKS_ANYWAY)
    clicks = rng.random(SHOWN) < chance
    while clicks.all() or not clicks.any():
        clicks = rng.random(SHOWN) < chance
    tokens = " ".join(f"N{row}-{int(click)}" for row, click in zip(shown, clicks, strict=True))
    return f"{number}\tU{number}\t11/9/2019 9:00:00 AM\t{' '.join(f'N{row}' for row in history)}\t{tokens}"


def main(arguments: list[str] | None = None) -> int:
    """Write a small world and print how large it is."""
    parser = argparse.ArgumentParser(prog="python -m lessons.small_world", description=__doc__)
    parser.add_argument("folder", type=Path, help="gets train/, dev/ and test/")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    for note in make_world(options.folder, options.seed, tuple(IMPRESSIONS)).notes:
        print(note)
    return 0


if __name__ == "__main__":
    run_command(main)
