"""Measure what the lessons say: `python -m lessons.evidence 11`.

Numbers that are there stay; delete the file to measure all anew.
"""

from __future__ import annotations

import argparse
from importlib import import_module

from lessons.evidence.kept import keep, path_of
from lessons.exercise_files import shown
from nrms_np.command import add_threads, positive_int, run_command, use_threads

LESSONS = ("11", "14", "15", "16")


def main(arguments: list[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m lessons.evidence", description=__doc__)
    parser.add_argument("lesson", nargs="+", choices=LESSONS)
    parser.add_argument(
        "--seeds", type=positive_int, help="how many; as a rule what the lesson's numbers were made with"
    )
    add_threads(parser)
    options = parser.parse_args(arguments)
    use_threads(options.threads)
    for number in options.lesson:
        module = import_module(f"lessons.evidence.lesson_{number}")
        keep(number, module.measure, range(options.seeds or module.SEEDS))
        print(shown(path_of(number)))
        if number == "16":
            module.finish()
    return 0


if __name__ == "__main__":
    run_command(main)
