"""`python -m nrms_np.recommend`: the best news of a split for a user, for a history, or for titles that you type."""

from __future__ import annotations

import argparse
from functools import partial
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from nrms_np.command import DONE, add_run_and_split, add_threads, make_parser, positive_int, run_command, use_threads

if TYPE_CHECKING:
    from nrms_np.data.news import News


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the options."""
    parser = make_parser("recommend", "Recommend the news of a split that a trained model scores highest for somebody.")
    add_run_and_split(parser, "folder in --data whose news.tsv is the pool")
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument(
        "--user", metavar="U", help="a user of the split's behaviors.tsv: the last history there, and all clicks"
    )
    who.add_argument(
        "--history",
        nargs="+",
        metavar="IDS",
        help='clicked news, oldest first ("": none; then the news most clicked in the split, or in train)',
    )
    who.add_argument("--titles", nargs="+", metavar="TITLE", help="clicked titles, oldest first")
    parser.add_argument("--candidates", type=Path, metavar="FILE", help="rank these news only, ids one a line")
    parser.add_argument(
        "--since",
        metavar="TIME",
        help="rank only news first shown then or later in this split's behaviors.tsv (ISO or epoch)",
    )
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
    from nrms_np.errors import NrmsError
    from nrms_np.evaluation.ranking import load_trained
    from nrms_np.model import model_path
    from nrms_np.recommend.log import history_of_user, ids_in_file, parse_time, shown_since
    from nrms_np.recommend.news_vectors import add_news
    from nrms_np.recommend.recommender import Recommender
    from nrms_np.training.run_folder import data_of

    threads = use_threads(options.threads)
    since = None if options.since is None else parse_time(options.since)
    model = load_trained(options.run)
    data = data_of(options.run, options.data, say)
    folder, split = split_folder(data, options.split), None
    if options.user is not None:
        # All clicks: the older ones are not used, but not recommended again either.
        split = read_split(folder, history_length=2**31 - 1, processes=threads)
        news, history, whose = split.news, history_of_user(split, options.user), f"user {options.user}"
    else:
        news, whose = read_news(folder / "news.tsv"), "this history"
        history = " ".join(options.history or []).split()
        if unknown := [name for name in history if name not in news.row]:
            cure = "; separate ids by spaces" if any("," in name for name in unknown) else ""
            raise NrmsError(f"the news {', '.join(unknown)} of --history is not in {folder / 'news.tsv'}{cure}.")
    for note in news.notes:
        say(f"{options.split}: {note}")
    candidates = news.ids if options.candidates is None else ids_in_file(options.candidates, news)
    if since is not None:
        split = split or read_split(folder, history_length=0, processes=threads)
        shown = set(shown_since(split, since))
        candidates = [news_id for news_id in candidates if news_id in shown]
        if not candidates:
            raise NrmsError(f"none of the news was first shown at {options.since} or later; give an earlier --since.")

    recommender = Recommender(model)
    add_news(recommender, model_path(options.run), dict(zip(news.ids, news.titles, strict=True)))
    if options.titles is not None:
        typed = {f"\t{place}": title for place, title in enumerate(options.titles)}  # no id of a file has a tab
        recommender.add(typed)
        history, whose = list(typed), "these titles"
        if missing := model.words.missing(options.titles):
            say(f"words that the model does not know: {', '.join(missing)}")
    heading = "score"
    used = recommender.used(history)
    if used:
        say(f"{whose}: {len(history)} clicked news, the last {len(used)} used")
    else:
        asked = tuple(dict.fromkeys((options.split, "train")))
        counts, counted = _clicks(data, asked, news)
        recommender.add({}, clicks=counts)
        heading, reason = "clicks", "no title with a known word" if history else "an empty history"
        told = f"the most popular news, by their clicks in {counted}"
        if not counts:
            reason += f" and no clicks on these news in {' or '.join(asked)}"
            told = f"the first news of {options.candidates}"
            if options.candidates is None:
                candidates, told = candidates[::-1], "the newest news, the last one of news.tsv first"
        print(f"{whose}: {reason}, so these are {told}")
    best = recommender.rank(history, candidates)
    if left_out := len(candidates) - len(best):
        reason = "already clicked or with the headline of another"
        say(f"left out, because {reason}: {left_out} of the {len(candidates):,} news")
    _print_table(news, best[: options.top], heading)
    return DONE


def _clicks(data: Path, asked: tuple[str, ...], news: News) -> tuple[dict[str, int], str]:
    """Clicks of the pool in the impressions of the first of these splits that has some, by id, and its name; none: {} and ""."""
    from nrms_np.data.folders import split_folder
    from nrms_np.evaluation.baselines import clicks_of_news, labelled_split

    for counted in asked:
        split = labelled_split(split_folder(data, counted))
        if split is not None and (clicks := clicks_of_news(split, news.ids)).any():
            return dict(zip(news.ids, clicks.astype(int).tolist(), strict=True)), counted
    return {}, ""


def _print_table(news: News, best: list[tuple[str, float]], heading: str) -> None:
    """Print rank, score (- without a known word), category, id and title, the columns as wide as they need to be."""
    number = "{:.0f}" if heading == "clicks" else "{:.4f}"
    lines = [("rank", heading, "category", "id", "title")]
    for place, (news_id, score) in enumerate(best, start=1):
        row, text = news.row[news_id], "-" if score == -inf else number.format(score)
        lines.append((str(place), text, news.categories[row], news_id, news.titles[row]))
    wide = [max(len(line[column]) for line in lines) for column in range(4)]
    for rank, shown, category, name, title in lines:
        print(f"{rank:>{wide[0]}}  {shown:>{wide[1]}}  {category:<{wide[2]}}  {name:<{wide[3]}}  {title}".rstrip())


command = partial(run_command, main)  # the console script nrms-recommend

if __name__ == "__main__":
    command()
