"""`python -m nrms_np.data.demo`: write the demo corpus, or one of MIND-small's size for timing."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from nrms_np.command import DONE, make_parser, natural_int, run_command

if TYPE_CHECKING:
    from nrms_np.data.demo_corpus import Corpus, Part

OUT = {"demo": Path("data/demo"), "small": Path("data/mind-small-shape")}


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the options."""
    parser = make_parser("data.demo", "Write a made-up corpus in MIND's format; the same seed gives the same bytes.")
    parser.add_argument(
        "--scale", choices=tuple(OUT), default="demo",
        help="demo: readable, to learn from; small: of MIND-small's size and shape, for timing",
    )  # fmt: skip
    places = ", ".join(f"{folder} for {scale}" for scale, folder in OUT.items())
    parser.add_argument("--out", type=Path, default=argparse.SUPPRESS, help=f"folder to write (default: {places})")
    parser.add_argument("--seed", type=natural_int, default=1, help="decides everything that is drawn at random")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    options = parse(arguments)
    folder = getattr(options, "out", OUT[options.scale])
    write = write_demo if options.scale == "demo" else write_small
    summary = write(folder, options.seed)
    if not options.quiet:
        print(summary)
    return DONE


def write_demo(folder: Path, seed: int) -> str:
    """Write the demo corpus into a folder; returns the summary.

    Raises NrmsError when a file cannot be written.
    """
    # Imported only now, so that --help answers at once.
    from nrms_np.data.demo_corpus import corpus
    from nrms_np.data.demo_files import write_lines
    from nrms_np.data.demo_truth import TRUTH

    made = corpus(seed)
    for name, part, first_day, days in (("train", made.train, 9, 6), ("dev", made.dev, 15, 1)):
        write_lines(folder / name / "news.tsv", _news(made, part))
        write_lines(folder / name / "behaviors.tsv", _behaviors(part, first_day, days))
    write_lines(folder / "dev" / TRUTH, _truth(made.dev))
    return _summary(folder, made)


def write_small(folder: Path, seed: int) -> str:
    """Write a corpus of MIND-small's size and shape into a folder; returns the summary.

    Raises NrmsError when a file cannot be written.
    """
    from nrms_np.data.demo_scale import write_scale

    return write_scale(folder, seed)


def _news(made: Corpus, part: Part) -> Iterator[str]:
    from nrms_np.data.demo_files import news_line

    for row in part.news:
        headline = made.headlines[row]
        yield news_line(f"N{row + 1}", headline.topic, "pair" if headline.decoy else "plain", headline.title)


def _behaviors(part: Part, first_day: int, days: int) -> Iterator[str]:
    from nrms_np.data.demo_files import behaviors_line, clock

    for place, one in enumerate(part.impressions):
        history = [f"N{row + 1}" for row in one.user.history]
        shown = [f"N{row + 1}-{int(clicked)}" for row, clicked in zip(one.shown, one.clicked, strict=True)]
        time = clock(place, len(part.impressions), first_day, days)
        yield behaviors_line(str(place + 1), one.user.name, time, history, shown)


def _truth(part: Part) -> Iterator[str]:
    from nrms_np.data.demo_truth import truth_line

    for place, one in enumerate(part.impressions):
        yield truth_line(str(place + 1), one.permille)


def _summary(folder: Path, made: Corpus) -> str:
    from nrms_np.data.demo_truth import mean_auc

    dev = made.dev.impressions
    clicks = Counter(
        row for one in made.train.impressions for row, hit in zip(one.shown, one.clicked, strict=True) if hit
    )
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


if __name__ == "__main__":
    run_command(main)
