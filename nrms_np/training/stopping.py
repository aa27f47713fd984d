"""How a run is asked to stop: by Ctrl-C, or by the system's request to end."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

from nrms_np.errors import Ended


class Stop:
    """Receives both signals while it is used as a context manager: they raise KeyboardInterrupt, or Ended, at once.

    Where something would be lost, `patient` makes them a question instead, which training asks between two steps. The second signal
    is meant at once everywhere. Not used as a context manager it touches no signal, and never asks to stop.
    """

    def __init__(self) -> None:
        self.received: int | None = None
        self._patient = False
        self._before: dict[int, Any] = {}

    def __call__(self) -> bool:
        """Whether a signal was received."""
        return self.received is not None

    @contextmanager
    def patient(self, save: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Inside, the first signal is only noted; it raises at the end, after `save`."""
        self._patient = True
        try:
            yield
        finally:
            self._patient = False
        if self.received is not None:
            save()
            _raise(self.received)

    def __enter__(self) -> Stop:
        self._before = {number: signal.signal(number, self._note) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, _: FrameType | None) -> None:
        again, self.received = self.received is not None, number
        if again or not self._patient:
            _raise(number)


def _raise(number: int) -> None:
    raise Ended if number == signal.SIGTERM else KeyboardInterrupt
