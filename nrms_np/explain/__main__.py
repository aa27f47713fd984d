"""`python -m nrms_np.explain`: a picture of the attention weights and the scores of one impression."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path

from nrms_np.command import DONE, add_run_and_split, make_parser, run_command


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the options."""
    parser = make_parser("explain", "Draw why a trained model ranks the candidates of one impression as it does.")
    add_run_and_split(parser, "folder in --data with news.tsv and behaviors.tsv")
    parser.add_argument("--impression", required=True, metavar="ID", help="first column of behaviors.tsv")
    parser.add_argument(
        "--candidate", metavar="ID", help="the one whose score to explain (default: the highest one clicked)"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="picture to write, .png or .html")
    options = parser.parse_args(arguments)
    if options.out.suffix.lower() not in (".png", ".html"):
        parser.error(f"argument --out: {str(options.out)!r} does not end in .png or .html")
    return options


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    options = parse(arguments)
    say = (lambda _: None) if options.quiet else print

    # Imported only now, so that --help and wrong usage answer at once.
    from nrms_np.data.dataset import read_split
    from nrms_np.data.folders import split_folder
    from nrms_np.evaluation.ranking import load_trained
    from nrms_np.explain.html import write_html
    from nrms_np.explain.impression import explain
    from nrms_np.explain.png import write_png
    from nrms_np.kernels.engine.parallel import limit_blas
    from nrms_np.training.run_folder import data_of

    # One impression is a few dozen short sequences: the plain layers need less time than the kernels to start.
    model = load_trained(options.run, backend="layers")
    data = data_of(options.run, options.data, say)
    split = read_split(split_folder(data, options.split), model.config.history_length)
    for note in split.notes:
        say(note)
    with limit_blas(1):  # their products are so small that a second thread costs more than it gives
        explanation = explain(model, split, options.impression, options.candidate)
    if options.out.suffix.lower() == ".html":
        write_html(options.out, explanation)
    elif lacking := write_png(options.out, explanation):
        print(
            f"no font for {', '.join(lacking)}: such titles are shown by their ids, symbols left out; install one (letters that "
            "join also need Matplotlib 3.11), or write .html, which has the browser's fonts",
            file=sys.stderr,
        )
    say(f"wrote {options.out}: {len(explanation.clicks)} clicks, {len(explanation.candidates)} candidates")
    return DONE


command = partial(run_command, main)  # the console script nrms-explain

if __name__ == "__main__":
    command()
