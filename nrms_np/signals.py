"""What a signal does before a command can do better: it ends the process with the signal's own exit code, and a word."""

from __future__ import annotations

import os
import signal
from types import FrameType

INTERRUPTED, ENDED = 130, 143
"""The exit codes after Ctrl-C and after the system's request to end."""

WORDS = {INTERRUPTED: "interrupted", ENDED: "ended"}


def end_at_once() -> None:
    """Until a command runs there is nothing to lose: have both signals end the process."""
    signal.signal(signal.SIGINT, _end)
    signal.signal(signal.SIGTERM, _end)


def _end(number: int, _: FrameType | None) -> None:
    code = INTERRUPTED if number == signal.SIGINT else ENDED
    os.write(2, said(code).encode())
    os._exit(code)


def said(code: int) -> str:
    """The line for a command that a signal ended."""
    return f"{WORDS[code]}; the same command starts it again\n"
