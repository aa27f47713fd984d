"""A newsroom's own articles and clicks, made up by tests, and a plain program that says what the converter must make of them."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ARTICLES = 40
START = 1_700_000_000
DAY = 86_400


class Shown(NamedTuple):
    """One row of a log: the time in seconds is that of the row, not of the impression."""

    impression: str
    time: int
    user: str
    news: str
    clicked: int


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]], delimiter: str = ",") -> Path:
    """Write a table as spreadsheets do."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([header, *rows])
    return path


def write_articles(path: Path) -> Path:
    """Articles a0, a1, ..., their titles with commas, quotes and line ends."""
    rows = [(f"a{i}", f'Title "{i}",\nof\ttoday', f"part {i % 3}") for i in range(ARTICLES)]
    return write_csv(path, ["article_id", "headline", "section"], rows)


def shown_rows(seed: int, impressions: int = 60, users: int = 5, days: int = 4) -> list[Shown]:
    """Impressions at times of which many are equal; some rows stand twice, or come late, or have an unknown article."""
    rng = random.Random(seed)
    rows = []
    for i in range(impressions):
        time, user = START + rng.randrange(days * 24) * DAY // 24, f"u{rng.randrange(users)}"
        for news in rng.choices(range(ARTICLES + 2), k=rng.randrange(1, 7)):
            late = rng.choice([0, 0, 0, 1800, 2 * DAY // 24])
            rows.append(Shown(f"i{i}", time + late, user, f"a{news}", int(rng.random() < 0.3)))
    return rows


class Expected(NamedTuple):
    """An impression as the oracle sees it: its time in seconds, user, history, and candidates with their labels."""

    time: int
    user: str
    history: list[str]
    candidates: dict[str, int]


def oracle(rows: Sequence[Shown]) -> dict[str, Expected]:
    """What impressions and histories are, by plain loops over plain lists."""
    known = [row for row in rows if row.news in {f"a{i}" for i in range(ARTICLES)}]
    grouped: dict[str, list[Shown]] = {}
    for row in known:
        grouped.setdefault(row.impression, []).append(row)
    time_of = {name: min(row.time for row in group) for name, group in grouped.items()}
    clicks = []
    for name in sorted(grouped, key=time_of.__getitem__):  # of equal times, that which stands first
        for news in dict.fromkeys(row.news for row in grouped[name]):
            times = [row.time for row in grouped[name] if row.news == news and row.clicked]
            if times:
                clicks.append((min(times), grouped[name][0].user, news))
    clicks.sort(key=lambda click: click[0])
    expected = {}
    for name, group in grouped.items():
        candidates = dict.fromkeys(dict.fromkeys(row.news for row in group), 0)
        for row in group:
            candidates[row.news] |= row.clicked
        if any(candidates.values()):
            before = [news for time, user, news in clicks if user == group[0].user and time < time_of[name]]
            expected[name] = Expected(time_of[name], group[0].user, before[-50:], candidates)
    return expected


def read_out(folder: Path) -> dict[str, tuple[str, str, str, list[str], dict[str, int]]]:
    """Every impression that was written: its split, user, time, history, and candidates with their labels."""
    found = {}
    for path in sorted(folder.glob("*/behaviors.tsv")):
        for line in path.read_text(encoding="utf-8").splitlines():
            name, user, time, history, page = line.split("\t")
            candidates = {token[:-2]: int(token[-1]) for token in page.split(" ")}
            assert name not in found
            found[name] = (path.parent.name, user, time, history.split(), candidates)
    return found
