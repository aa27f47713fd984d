"""`python -m nrms_np.data.demo`: write the demo corpus, or one of MIND's size for timing."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from nrms_np.command import DONE, make_parser, natural_int, run_command
from nrms_np.data.folders import DEMO

OUT = {"demo": DEMO, "small": Path("data/mind-small-shape"), "large": Path("data/mind-large-shape")}


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the options."""
    parser = make_parser("data.demo", "Write a made-up corpus in MIND's format; the same seed gives the same bytes.")
    parser.add_argument(
        "--scale", choices=tuple(OUT), default="demo",
        help="demo: readable, to learn from; small and large: of the size and shape of MIND-small and MIND-large, for timing",
    )  # fmt: skip
    places = ", ".join(f"{folder} for {scale}" for scale, folder in OUT.items())
    parser.add_argument("--out", type=Path, default=argparse.SUPPRESS, help=f"folder to write (default: {places})")
    parser.add_argument("--seed", type=natural_int, default=1, help="decides everything that is drawn at random")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    options = parse(arguments)
    folder = getattr(options, "out", OUT[options.scale])
    # Imported only now, so that --help answers at once.
    if options.scale == "demo":
        from nrms_np.data.demo import corpus

        summary = corpus.write(folder, options.seed)
    else:
        from nrms_np.data.demo import scale

        summary = scale.write(folder, options.seed, scale.SIZES[options.scale])
    if not options.quiet:
        print(summary)
    return DONE


command = partial(run_command, main)  # the console script nrms-demo

if __name__ == "__main__":
    command()
