"""`python -m nrms_np.recommend`: the best news of a split for a user, for a history, or for titles that you type."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from nrms_np.command import DONE, add_threads, make_parser, positive_int, run_command, use_threads

if TYPE_CHECKING:
    from nrms_np.data.news import News
    from nrms_np.evaluation.metrics import Scores
    from nrms_np.evaluation.recommendation import Reader
    from nrms_np.packed import IntArray


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the options."""
    absent = argparse.SUPPRESS  # as default of an option that must be given, so that --help shows none
    parser = make_parser("recommend", "Recommend the news of a split that a trained model scores highest for a reader.")
    parser.add_argument("run", type=Path, metavar="RUN", help="run folder, or a model.npz file")
    parser.add_argument(
        "--data", type=Path, required=True, default=absent, metavar="DIR", help="folder that holds the split"
    )
    parser.add_argument("--split", default="dev", help="folder in --data whose news.tsv is the pool")
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--user", metavar="U", default=absent, help="a user of the split's behaviors.tsv")
    who.add_argument(
        "--history", nargs="+", metavar="IDS", default=absent, help='clicked news, oldest first ("": none)'
    )
    who.add_argument("--titles", nargs="+", metavar="TITLE", default=absent, help="clicked titles, oldest first")
    parser.add_argument("--top", type=positive_int, default=10, help="how many news to show")
    add_threads(parser)
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    options = parse(arguments)
    say = (lambda _: None) if options.quiet else print

    # Imported only now, so that --help and wrong usage answer at once.
    from nrms_np.data.news import read_news
    from nrms_np.data.vocabulary import Vocabulary
    from nrms_np.evaluation.news_vectors import news_vectors
    from nrms_np.evaluation.recommendation import best_rows, model_scores
    from nrms_np.evaluation.trained import load_trained, model_path

    use_threads(options.threads)
    model = load_trained(options.run)
    folder = options.data / options.split
    news = read_news(folder / "news.tsv")
    reader = _reader(options, folder, news)
    if reader.titles:
        used = min(len(reader.titles), model.config.history_length)
        say(f"{reader.name}: {len(reader.titles)} clicked news, the last {used} used")
        if "titles" in options and (missing := Vocabulary(model.vocabulary).missing(reader.titles)):
            say(f"words that the model does not know: {', '.join(missing)}")
        vectors, heading = news_vectors(model, model_path(options.run), news.titles), "score"
        scores = model_scores(model, vectors, reader)
    else:
        scores, counted = _clicks(options.data, options.split, news)
        heading = "clicks"
        print(f"{reader.name}: an empty history, so these are the most popular news, by their clicks in {counted}")
    if len(reader.seen):
        say(f"left out, because already clicked: {len(reader.seen)} of the {len(news.ids):,} news")
    _print_table(news, best_rows(scores, reader.seen, options.top), scores, heading)
    return DONE


def _reader(options: argparse.Namespace, folder: Path, news: News) -> Reader:
    from nrms_np.evaluation.recommendation import reader_of_ids, reader_of_titles, reader_of_user

    if "user" in options:
        return reader_of_user(folder / "behaviors.tsv", options.user, news)
    if "history" in options:
        return reader_of_ids(" ".join(options.history).split(), news)
    return reader_of_titles(options.titles, news)


def _clicks(data: Path, split: str, news: News) -> tuple[Scores, str]:
    """Clicks of the pool in the split's impressions, or without labels there in train's; and in which."""
    from nrms_np.errors import DataError
    from nrms_np.evaluation.recommendation import clicks_of_news

    for name in (split, "train"):
        if (data / name).is_dir():
            clicks = clicks_of_news(data / name / "behaviors.tsv", news)
            if clicks is not None:
                return clicks, name
    raise DataError(data, f"the history is empty, and neither {split} nor train has labels to count popularity by.")


def _print_table(news: News, rows: IntArray, scores: Scores, heading: str) -> None:
    """Print rank, score, category, id and title, the columns as wide as they need to be."""
    number = "{:.0f}" if heading == "clicks" else "{:.4f}"
    lines = [("rank", heading, "category", "id", "title")]
    for rank, row in enumerate(rows, start=1):
        lines.append((str(rank), number.format(scores[row]), news.categories[row], news.ids[row], news.titles[row]))
    widths = [max(len(line[column]) for line in lines) for column in range(4)]
    for rank_, score, category, name, title in lines:
        print(
            f"{rank_:>{widths[0]}}  {score:>{widths[1]}}  {category:<{widths[2]}}  {name:<{widths[3]}}  {title}".rstrip()
        )


if __name__ == "__main__":
    run_command(main)
