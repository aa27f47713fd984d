"""`python -m nrms_np.explain`: a picture of the attention weights and the scores of one impression."""

from __future__ import annotations

import argparse
from pathlib import Path

from nrms_np.command import DONE, make_parser, run_command


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the options."""
    absent = argparse.SUPPRESS  # as default of an option that must be given, so that --help shows none
    parser = make_parser("explain", "Draw why a trained model ranks the candidates of one impression as it does.")
    parser.add_argument("run", type=Path, metavar="RUN", help="run folder, or a model.npz file")
    parser.add_argument(
        "--data", type=Path, required=True, default=absent, metavar="DIR", help="folder that holds the split"
    )
    parser.add_argument("--split", default="dev", help="folder in --data with news.tsv and behaviors.tsv")
    parser.add_argument(
        "--impression", required=True, default=absent, metavar="ID", help="first column of behaviors.tsv"
    )
    parser.add_argument(
        "--out", type=_picture, required=True, default=absent, metavar="FILE", help="picture to write, .png or .html"
    )
    return parser.parse_args(arguments)


def _picture(text: str) -> Path:
    path = Path(text)
    if path.suffix.lower() not in (".png", ".html"):
        raise argparse.ArgumentTypeError(f"{text!r} does not end in .png or .html")
    return path


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    options = parse(arguments)
    say = (lambda _: None) if options.quiet else print

    # Imported only now, so that --help and wrong usage answer at once.
    from nrms_np.data.dataset import read_split
    from nrms_np.evaluation.trained import load_trained
    from nrms_np.explain.html import write_html
    from nrms_np.explain.impression import explain
    from nrms_np.explain.png import write_png

    # One impression is a few dozen short sequences: the plain layers need less time than the kernels to start.
    model = load_trained(options.run, backend="layers")
    split = read_split(options.data / options.split, model.config.history_length)
    if line := split.behaviors.dropped.line():
        say(f"{options.split}: {line}")
    explanation = explain(model, split, options.impression)
    write = write_html if options.out.suffix.lower() == ".html" else write_png
    write(options.out, explanation)
    say(f"wrote {options.out}: {len(explanation.clicks)} clicks, {len(explanation.candidates)} candidates")
    return DONE


def command() -> None:
    """The console script `nrms-explain`."""
    run_command(main)


if __name__ == "__main__":
    command()
