"""A time limit for the reader's code: a loop without an end is stopped where it stands, and the course goes on."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

SECONDS = 20.0
"""For one function; the slowest solution takes a tenth of it on a busy machine."""
AGAIN = 0.05
"""A bare `except:` in the reader's loop may catch the first."""


class OverTimeError(BaseException):
    """The reader's code was stopped. Not an Exception, so that `except Exception` in it lets this through."""


@contextmanager
def limited(file: str) -> Iterator[None]:
    """Raise OverTimeError in the code of this file that runs here, in this thread, once the time is over.

    A second thread raises it, which works on every system and without a process of its own; the lines of Python that run are
    stopped, a single call of NumPy's first comes to its end. In a browser there are no threads, but a button that stops.
    """
    if sys.platform == "emscripten":
        yield
        return
    caller, over, seconds = threading.get_ident(), threading.Event(), SECONDS

    def watch() -> None:
        wait = seconds
        while not over.wait(wait):
            if not over.is_set() and _runs(caller, file):  # never in the midst of what the course does itself
                _raise_in(caller, OverTimeError)
            wait = AGAIN

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        try:
            over.set()
        finally:  # one more may arrive just now
            over.set()
            watcher.join()
            _raise_in(caller, None)


def _runs(thread: int, file: str) -> bool:
    frame = sys._current_frames().get(thread)
    while frame is not None:
        if frame.f_code.co_filename == file:
            return True
        frame = frame.f_back
    return False


def _raise_in(thread: int, exception: type[BaseException] | None) -> None:
    """None takes back one that has not arrived."""
    import ctypes

    what = None if exception is None else ctypes.py_object(exception)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), what)
