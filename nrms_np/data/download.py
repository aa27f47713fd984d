"""`python -m nrms_np.data.download`: get MIND, over the network or from files that the user has."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from nrms_np.command import DONE, make_parser, run_command
from nrms_np.data.mind.files import FOLDERS, SPLITS, TO_TRAIN, Edition, Fingerprint
from nrms_np.data.mind.locate import bring, locate
from nrms_np.data.mind.sources import Source


def parse(arguments: list[str]) -> tuple[Edition, argparse.Namespace]:
    """Read the options."""
    parser = make_parser("data.download", "Put MIND into a folder and verify it; what is there already is not fetched.")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--small", action="store_true", help="MIND-small, 210 MB, verified by size and SHA-1")
    which.add_argument("--large", action="store_true", help="MIND-large, some gigabytes, checked for its form")
    parser.add_argument("--to", type=Path, metavar="DIR", help="the folder (data/mind-small or data/mind-large)")
    parser.add_argument(
        "--from", dest="places", type=Path, nargs="+", metavar="ZIP_OR_FOLDER", help="take it from files you have"
    )
    parser.add_argument("--split", choices=SPLITS["large"], nargs="+", default=TO_TRAIN, help="splits to get")
    options = parser.parse_args(arguments)
    edition: Edition = "small" if options.small else "large"
    if not set(options.split) <= set(SPLITS[edition]):
        parser.error(f"MIND-{edition} has no split test; it has {' and '.join(SPLITS[edition])}")
    return edition, options


def main(
    arguments: list[str],
    sources: Sequence[Source] | None = None,
    fingerprints: Mapping[str, Fingerprint] | None = None,
) -> int:
    """Run the command; returns the exit code. The other arguments are those of `locate`."""
    edition, options = parse(arguments)
    say = (lambda _: None) if options.quiet else print
    folder = options.to or FOLDERS[edition]
    if options.places:
        bring(edition, options.places, folder, say, splits=options.split, fingerprints=fingerprints)
    else:
        locate(
            edition, folder, say,
            splits=options.split, sources=sources, fingerprints=fingerprints, progress=not options.quiet,
        )  # fmt: skip
    return DONE


if __name__ == "__main__":
    run_command(main)
