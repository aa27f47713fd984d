"""Build your own NRMS from the exercises: `python -m lessons.mine`.

Shows which pieces are yours, checks their gradients and those of the whole model made of them, and trains it beside the package's.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lessons.exercise_files import EXERCISES, SOLUTIONS
from nrms_np.command import run_command

if TYPE_CHECKING:
    from lessons.mine.pieces import Pieces
    from nrms_np.backend import Backend

LARGEST_ERROR = 1e-6
"""Of the whole model, measured along one direction a parameter; correct code has about 1e-8, a mistake 1e-2."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command. Returns 0, or 1 where a gradient is wrong; a layer that is wrong is set aside, the rest is trained."""
    parser = argparse.ArgumentParser(
        prog="python -m lessons.mine", description="Build your own NRMS from the exercises."
    )
    parser.add_argument("--solutions", action="store_true", help="take the solutions in place of your files")
    parser.add_argument("--table", action="store_true", help="show and check the pieces, train nothing")
    parser.add_argument(
        "--demo", action="store_true", help="train on all of the demo corpus, not on the first part of it"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("runs/mine"), help="folder for the pictures (default: runs/mine)"
    )
    options = parser.parse_args(arguments)

    folder = SOLUTIONS if options.solutions else EXERCISES
    made = put_together(folder)
    wrong = any(isinstance(error, str) for error in made.errors.values())
    if not made.pieces.own:
        if not wrong:
            print("Begin with lesson 02: `python -m lessons.check 02` says which lines to write.")
        return int(wrong)
    if made.backend is None:
        return 1
    if not options.table:
        _ladder(folder)
        _train(made.backend, options.demo, options.out)
    return int(wrong)


class Made(NamedTuple):
    """The pieces put together.

    errors: of each layer that the reader has a part in, by its title: of its gradients, or a sentence where it was set aside.
    backend: of these pieces; None where the whole model made of them is wrong.
    """

    pieces: Pieces
    errors: dict[str, float | str]
    backend: Backend | None


def put_together(folder: Path) -> Made:
    """Print whose the pieces are and what the referee measured of each and of the whole model."""
    from lessons.mine.backend import backend_of
    from lessons.mine.referee import usable
    from lessons.mine.table import reasons, table, wrapped

    pieces, errors = usable(folder)
    print("\n".join([*table(pieces, errors), *wrapped(reasons(pieces, errors))]))
    backend = backend_of(pieces)
    return Made(pieces, errors, backend if not pieces.own or _whole_model_is_right(pieces, backend) else None)


def _whole_model_is_right(pieces: Pieces, backend: Backend) -> bool:
    from lessons.mine.referee import check_model, check_written_out

    error = check_model(backend)
    if isinstance(error, str):
        print(f"\nThe whole model of these pieces: {error}")
        return False
    print(f"\nThe whole model of these pieces, with a random step in each parameter: relative error {error:.0e}.")
    difference = check_written_out(pieces, backend)
    if isinstance(difference, str):
        print(f"Your model_forward and model_backward, beside it on one impression: {difference}")
        return False
    if difference is not None:
        print(f"Your model_forward and model_backward, beside it on one impression: {difference:.0e}.")
    if max(error, difference or 0.0) > LARGEST_ERROR:
        print(f"That is more than {LARGEST_ERROR:.0e}: a gradient is wrong.")
        return False
    return True


def _ladder(folder: Path) -> None:
    from lessons.mine.speed import print_rungs

    print_rungs(folder)


def _train(backend: Backend, whole: bool, out: Path) -> None:
    from lessons.mine.training import demo, small_world, train_both

    train_both("The small world of lesson 11", small_world(), backend, out / "small_world.png")
    train_both("The demo corpus" if whole else "A part of the demo corpus", demo(whole), backend, out / "demo.png")


if __name__ == "__main__":
    run_command(main)
