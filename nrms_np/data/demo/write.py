"""Writing the demo corpus into its five files, and what there is to say about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from nrms_np.data.demo.corpus import Corpus, Part, corpus
from nrms_np.data.demo.files import behaviors_line, clock, news_line, write_lines
from nrms_np.data.demo.truth import TRUTH, mean_auc, truth_line


def write(folder: Path, seed: int) -> str:
    """Write the demo corpus of a seed into a folder; returns the summary.

    Raises NrmsError when a file cannot be written.
    """
    made = corpus(seed)
    for name, part, first_day, days in (("train", made.train, 9, 6), ("dev", made.dev, 15, 1)):
        write_lines(folder / name / "news.tsv", _news(made, part))
        write_lines(folder / name / "behaviors.tsv", _behaviors(part, first_day, days))
    shown = enumerate(made.dev.impressions, start=1)
    write_lines(folder / "dev" / TRUTH, (truth_line(str(number), one.permille) for number, one in shown))
    return _summary(folder, made)


def _news(made: Corpus, part: Part) -> Iterator[str]:
    for row in part.news:
        headline = made.headlines[row]
        yield news_line(f"N{row + 1}", headline.topic, "pair" if headline.decoy else "plain", headline.title)


def _behaviors(part: Part, first_day: int, days: int) -> Iterator[str]:
    for place, one in enumerate(part.impressions):
        history = [f"N{row + 1}" for row in one.user.history]
        shown = [f"N{row + 1}-{int(clicked)}" for row, clicked in zip(one.shown, one.clicked, strict=True)]
        time = clock(place, len(part.impressions), first_day, days)
        yield behaviors_line(str(place + 1), one.user.name, time, history, shown)


def _summary(folder: Path, made: Corpus) -> str:
    dev = made.dev.impressions
    clicks = Counter(row for one in made.train.impressions for row in one.rows_clicked())
    popularity = mean_auc([[clicks[row] for row in one.shown] for one in dev], [one.clicked for one in dev])
    best = mean_auc([one.permille for one in dev], [one.clicked for one in dev])
    pairs = sum(bool(headline.decoy) for headline in made.headlines)
    lines = [
        f"wrote {folder}",
        f"{'':>6} {'news':>8} {'users':>8} {'impressions':>12} {'clicks':>8} {'candidates':>11}",
        _counts("train", made.train),
        _counts("dev", made.dev),
        f"{pairs / len(made.headlines):.0%} of the headlines have a topic that only a pair of words tells",
        f"dev AUC of popularity (clicks in train)      {popularity:.4f}",
        f"dev AUC of the best possible ranking         {best:.4f}",
    ]
    return "\n".join(lines)


def _counts(name: str, part: Part) -> str:
    users = len({one.user.name for one in part.impressions})
    clicks = sum(sum(one.clicked) for one in part.impressions)
    shown = sum(len(one.shown) for one in part.impressions)
    return f"{name:>6} {len(part.news):8,} {users:8,} {len(part.impressions):12,} {clicks:8,} {shown:11,}"
