"""`python -m nrms_np.data.download`: get MIND, over the network or from files that the user has."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from nrms_np.command import DONE, make_parser, run_command
from nrms_np.data.mind.files import FOLDERS, TO_TRAIN, Edition
from nrms_np.data.mind.locate import locate


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the options."""
    parser = make_parser("data.download", "Put MIND into a folder and verify it; what is there already is not fetched.")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--small", action="store_true", help="MIND-small, 210 MB, verified by size and SHA-1")
    which.add_argument("--large", action="store_true", help="MIND-large, some gigabytes, checked for its form")
    parser.add_argument("--to", type=Path, metavar="DIR", help="the folder (data/mind-small or data/mind-large)")
    parser.add_argument(
        "--from", dest="places", type=Path, nargs="+", default=(), metavar="ZIP_OR_FOLDER", help="take it from files you have"
    )  # fmt: skip
    parser.add_argument("--split", choices=(*TO_TRAIN, "test"), nargs="+", default=TO_TRAIN, help="splits to get")
    options = parser.parse_args(arguments)
    if options.small and "test" in options.split:
        parser.error("MIND-small has no split test; it has train and dev")
    return options


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    options = parse(arguments)
    say = (lambda _: None) if options.quiet else print
    edition: Edition = "small" if options.small else "large"
    folder = options.to or FOLDERS[edition]
    locate(edition, folder, say, places=options.places, splits=options.split, progress=not options.quiet)
    return DONE


command = partial(run_command, main)  # the console script nrms-download

if __name__ == "__main__":
    command()
