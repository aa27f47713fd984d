"""`python -m nrms_np.data.convert`: a newsroom's own log, or EB-NeRD, as train/ and dev/ in MIND's format."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nrms_np.command import DONE, make_parser, natural_int, positive_int, run_command
from nrms_np.data.convert.columns import ROLES, named_columns

if TYPE_CHECKING:
    from nrms_np.data.convert.articles import Articles
    from nrms_np.data.convert.split import Part
    from nrms_np.data.convert.tally import Tally


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the options."""
    parser = make_parser(
        "data.convert",
        "Turn your own articles and clicks (CSV, TSV, JSON lines or Parquet, plain or .gz) into a folder to train on. "
        "A log has one row per shown article (impression, time, user, news, clicked 0/1), one row per impression with lists "
        "(time, user, shown, clicked), or clicks only (time, user, news).",
    )
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--news", type=Path, metavar="FILE", help="the articles: id, title, and what else there is")
    where.add_argument(
        "--ebnerd", type=Path, metavar="FOLDER", help="EB-NeRD: articles.parquet, train/ and validation/"
    )
    parser.add_argument("--clicks", type=Path, metavar="FILE", help="the log that goes with --news")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write, new or empty")
    parser.add_argument(
        "--columns", type=_columns, default={}, metavar="ROLE=COLUMN,…",
        help="which column is which, where the usual names do not tell; `ROLE=` without a column: none tells it; "
        f"roles: {', '.join(ROLES)}",
    )  # fmt: skip
    parser.add_argument("--dev-days", type=positive_int, default=1, help="so many last days (UTC) are dev")
    parser.add_argument(
        "--test-days", type=natural_int, default=0, help="so many last days are test, and dev lies before"
    )
    parser.add_argument("--seed", type=natural_int, default=0, help="of the candidates drawn for a log of clicks only")
    options = parser.parse_args(arguments)
    if (options.news is None) != (options.clicks is None):
        parser.error("--news and --clicks go together")
    if options.ebnerd and (options.columns or (options.dev_days, options.test_days) != (1, 0)):
        parser.error("--ebnerd has columns and splits of its own; leave out --columns, --dev-days and --test-days")
    return options


def _columns(text: str) -> dict[str, str]:
    try:
        return named_columns(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    options = parse(arguments)
    # Imported only now, so that --help and wrong usage answer at once.
    from nrms_np.data.convert.summary import facts_of, table_of, write_summary
    from nrms_np.data.convert.write import check_free, whole_folder, write_part

    check_free(options.out)
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        if not options.quiet:
            print(line, flush=True)

    articles, parts, tallies, settings = _ebnerd(options, say) if options.ebnerd else _own_log(options, say)
    facts = facts_of(parts, articles, tallies, settings)
    with whole_folder(options.out) as folder:
        for part in parts:
            write_part(folder / part.name, part, articles)
        write_summary(folder, facts, said)
    print(f"\n{table_of(facts)}\n\nwrote {options.out}")
    for warning in facts["warnings"]:
        print(f"warning: {warning}", file=sys.stderr, flush=True)
    return DONE


Result = tuple["Articles", "list[Part]", "list[Tally]", dict[str, Any]]


def _own_log(options: argparse.Namespace, say: Callable[[str], None]) -> Result:
    """Read the articles and the clicks of a newsroom, and split them by time."""
    from nrms_np.data.convert.articles import read_articles
    from nrms_np.data.convert.columns import find_columns, need
    from nrms_np.data.convert.shapes import SAME_INSTANT, SHAPES, read_log, shape_of
    from nrms_np.data.convert.split import split_by_time
    from nrms_np.data.convert.tables import open_table
    from nrms_np.errors import NrmsError

    if options.news.exists() and options.clicks.exists() and options.news.samefile(options.clicks):
        raise NrmsError(
            f"{options.news}: this one file is given as --news and as --clicks; give the articles and the log."
        )
    columns = {}
    tables = {"news": open_table(options.news), "clicks": open_table(options.clicks)}
    for kind, table in tables.items():
        columns[kind] = find_columns(table.path, kind, table.columns, options.columns)
    need(tables["news"], "news", columns["news"], ("id", "title"), options.columns)
    shape, columns["clicks"] = shape_of(tables["clicks"], columns["clicks"], options.columns)
    for kind, table in tables.items():
        told = [", ".join(f"{role} = {name}" for role, name in columns[kind].items())]
        if kind == "clicks":
            told += [SHAPES[shape], *[SAME_INSTANT] * (shape == "rows" and "impression" not in columns[kind])]
        say(f"{table.name}: {'; '.join(told)}")
    articles, tally = read_articles(tables["news"], columns["news"])
    log = read_log(tables["clicks"], columns["clicks"], shape, articles, options.seed)
    parts = split_by_time(options.clicks, log, options.dev_days, options.test_days)
    settings = {
        "news": str(options.news), "clicks": str(options.clicks), "columns": columns, "shape": shape,
        "dev_days": options.dev_days, "test_days": options.test_days, "seed": options.seed,
        "candidates_drawn": shape == "clicks",
    }  # fmt: skip
    return articles, parts, [tally, *log.tallies], settings


def _ebnerd(options: argparse.Namespace, say: Callable[[str], None]) -> Result:
    """Read EB-NeRD."""
    from nrms_np.data.convert.ebnerd import SPLITS, read_ebnerd

    say(f"EB-NeRD in {options.ebnerd}: " + ", ".join(f"{theirs} becomes {ours}" for theirs, ours in SPLITS.items()))
    articles, parts, tallies = read_ebnerd(options.ebnerd)
    return articles, parts, tallies, {"ebnerd": str(options.ebnerd), "shape": "lists", "candidates_drawn": False}


command = partial(run_command, main)  # the console script nrms-convert

if __name__ == "__main__":
    command()
