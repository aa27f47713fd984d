"""What all commands share: how options are read, how errors are told, what the exit code is."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from types import FrameType
from typing import Any

from nrms_np.config import COUNT, NATURAL, Kind
from nrms_np.errors import Ended, NrmsError, sentence
from nrms_np.plain import escaped
from nrms_np.signals import ENDED, INTERRUPTED, said

DONE, FAILED = 0, 1  # argparse itself exits with 2 for wrong usage

THREADS = Kind(int, lambda value: 1 <= value <= 1024, "a whole number from 1 to 1,024")
"""Above it a number is rather mistyped than meant, and the system may refuse to start so many."""


def make_parser(name: str, description: str) -> argparse.ArgumentParser:
    """A parser for `python -m nrms_np.<name>` whose help shows the defaults."""
    parser = argparse.ArgumentParser(
        prog=f"python -m nrms_np.{name}", description=description, formatter_class=_DefaultsFormatter
    )
    parser.add_argument("--quiet", action="store_true", help="print results and errors only")
    return parser


def add_run_and_split(parser: argparse.ArgumentParser, split_help: str) -> None:
    """The options that name a trained model and the split to use it on. split_help: what --help says of --split."""
    parser.add_argument("run", type=Path, metavar="RUN", help="run folder, or a model.npz file")
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="folder that holds the split (default: the run's own data)"
    )
    parser.add_argument("--split", default="dev", help=split_help)


def add_threads(parser: argparse.ArgumentParser) -> None:
    """The one option for threads."""
    parser.add_argument("--threads", type=value_of(THREADS), help="processor cores to use (default: all there are)")


def use_threads(threads: int | None) -> int:
    """Set the number of threads, for our own loops and for NumPy's products; None for all cores there are. Returns it."""
    from nrms_np.kernels.engine.parallel import available_threads, set_threads

    threads = threads or available_threads()
    set_threads(threads)
    return threads


class _DefaultsFormatter(argparse.ArgumentDefaultsHelpFormatter):
    """Shows defaults, except where there is none to show: a switch that is off, an option that was not given."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        if action.default is None or action.default is False or action.default == ():
            return action.help
        return super()._get_help_string(action)


def value_of(kind: Kind) -> Callable[[str], Any]:
    """What reads an option's value of this kind, for `add_argument(type=...)`."""

    def read(text: str) -> Any:
        with suppress(ValueError):
            value = kind.type(text)
            if kind.fits(value):
                return value
        raise argparse.ArgumentTypeError(f"{text!r} is not {kind.words}")

    return read


positive_int, natural_int = value_of(COUNT), value_of(NATURAL)


def run_command(main: Callable[[list[str]], int]) -> None:
    """Run a command and exit: an error becomes one sentence on stderr and exit code 1, a signal the code that stands for it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # raises KeyboardInterrupt
    signal.signal(signal.SIGTERM, _end)
    if not sys.warnoptions:
        warnings.filterwarnings("ignore", category=RuntimeWarning)  # of NumPy, on numbers that our errors tell of
    if isinstance(sys.stdout, TextIOWrapper):
        # By both names: the width of the terminal is asked of the second, and the stream underneath is given up.
        sys.stdout = sys.__stdout__ = Shown(sys.stdout)  # type: ignore[misc]
    try:
        code: int | str | None = main(sys.argv[1:])
        _flush()
    except SystemExit as stop:  # of argparse
        code = stop.code
    except BrokenPipeError:
        code = FAILED  # whoever reads our output has seen enough (`| head`)
    except (NrmsError, OSError, MemoryError) as error:
        code = escaped(sentence(error))  # sys.exit writes a text on stderr and exits with 1
    except KeyboardInterrupt as error:
        code = ENDED if isinstance(error, Ended) else INTERRUPTED
        sys.stderr.write(said(code))
    try:
        _flush()
    except OSError:  # nobody reads it, or the disk is full: nothing more may be written, not even at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def _flush() -> None:
    if sys.stdout is not None:  # closed by whoever started us
        sys.stdout.flush()


def _end(_: int, __: FrameType | None) -> None:
    raise Ended


class Shown(TextIOWrapper):
    """Standard output that shows harmful characters of titles and names escaped, and letters that a terminal lacks as `?`."""

    def __init__(self, stream: TextIOWrapper) -> None:
        kept = {name: getattr(stream, name) for name in ("encoding", "line_buffering", "write_through")}
        super().__init__(stream.detach(), errors="replace", **kept)

    def write(self, text: str) -> int:
        """Write a text, escaped."""
        return super().write(escaped(text))
