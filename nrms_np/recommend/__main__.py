"""`python -m nrms_np.recommend`: the best news of a split for a user, for a history, or for titles that you type."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from nrms_np.command import DONE, add_run_and_split, add_threads, make_parser, positive_int, run_command, use_threads

if TYPE_CHECKING:
    from nrms_np.arrays import Array, IntArray
    from nrms_np.data.news import News


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the options."""
    parser = make_parser("recommend", "Recommend the news of a split that a trained model scores highest for somebody.")
    add_run_and_split(parser, "folder in --data whose news.tsv is the pool")
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--user", metavar="U", help="a user of the split's behaviors.tsv")
    who.add_argument("--history", nargs="+", metavar="IDS", help='clicked news, oldest first ("": none)')
    who.add_argument("--titles", nargs="+", metavar="TITLE", help="clicked titles, oldest first")
    parser.add_argument("--top", type=positive_int, default=10, help="how many news to show")
    add_threads(parser)
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    options = parse(arguments)
    say = (lambda _: None) if options.quiet else print

    # Imported only now, so that --help and wrong usage answer at once.
    from nrms_np.data.dataset import read_split
    from nrms_np.data.folders import split_folder
    from nrms_np.data.news import read_news
    from nrms_np.evaluation.ranking import load_trained, model_path, vocabulary_of
    from nrms_np.recommend.history import best_rows, history_of_ids, history_of_titles, history_of_user, model_scores
    from nrms_np.recommend.news_vectors import news_vectors
    from nrms_np.training.run_folder import data_of

    use_threads(options.threads)
    model = load_trained(options.run)
    data = data_of(options.run, options.data, say)
    folder = split_folder(data, options.split)
    if options.user is not None:
        # All clicks: the older ones are not used, but not recommended again either.
        split = read_split(folder, history_length=2**31 - 1)
        news, history = split.news, history_of_user(split, options.user)
    else:
        news = read_news(folder / "news.tsv")
        if options.history is not None:
            history = history_of_ids(" ".join(options.history).split(), news)
        else:
            history = history_of_titles(options.titles, news, model.config.tokens)
    for note in news.notes:
        say(f"{options.split}: {note}")
    if history.titles:
        used = min(len(history.titles), model.config.history_length)
        say(f"{history.name}: {len(history.titles)} clicked news, the last {used} used")
        if options.titles is not None and (missing := vocabulary_of(model).missing(history.titles)):
            say(f"words that the model does not know: {', '.join(missing)}")
        vectors, heading = news_vectors(model, model_path(options.run), news.titles), "score"
        scores = model_scores(model, vectors, history)
    else:
        scores, counted = _clicks(data, options.split, news)
        heading = "clicks"
        print(f"{history.name}: an empty history, so these are the most popular news, by their clicks in {counted}")
    if len(history.seen):
        say(f"left out, because already clicked: {len(history.seen)} of the {len(news.ids):,} news")
    _print_table(news, best_rows(scores, history.seen, options.top), scores, heading)
    return DONE


def _clicks(data: Path, name: str, news: News) -> tuple[Array, str]:
    """Clicks of the pool in the split's impressions, or in train's where the split has none; and in which."""
    from nrms_np.data.folders import split_folder
    from nrms_np.errors import DataError
    from nrms_np.evaluation.baselines import clicks_of_news, labelled_split

    for counted in (name, "train"):
        split = labelled_split(split_folder(data, counted))
        if split is not None and (clicks := clicks_of_news(split, news.ids)).any():
            return clicks, counted
    raise DataError(data, f"the history is empty, and neither {name} nor train has clicks to count popularity by.")


def _print_table(news: News, rows: IntArray, scores: Array, heading: str) -> None:
    """Print rank, score, category, id and title, the columns as wide as they need to be."""
    number = "{:.0f}" if heading == "clicks" else "{:.4f}"
    lines = [("rank", heading, "category", "id", "title")]
    for i, row in enumerate(rows, start=1):
        lines.append((str(i), number.format(scores[row]), news.categories[row], news.ids[row], news.titles[row]))
    wide = [max(len(line[column]) for line in lines) for column in range(4)]
    for rank, score, category, name, title in lines:
        print(f"{rank:>{wide[0]}}  {score:>{wide[1]}}  {category:<{wide[2]}}  {name:<{wide[3]}}  {title}".rstrip())


command = partial(run_command, main)  # the console script nrms-recommend

if __name__ == "__main__":
    command()
