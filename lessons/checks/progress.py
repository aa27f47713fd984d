"""How often each function was wrong: what decides when a hint is due."""

from __future__ import annotations

import json
from pathlib import Path

FILE = ".progress.json"


class Progress:
    """Failures by lesson and function, kept in a file beside the exercises.

    A convenience and no more: a file that is missing, broken or cannot be written counts as empty.
    """

    def __init__(self, path: Path, failures: dict[str, dict[str, int]]) -> None:
        self._path = path
        self._failures = failures

    @classmethod
    def read(cls, folder: Path) -> Progress:
        """Read the file of a folder, keeping of it what makes sense."""
        path = folder / FILE
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            kept = None
        failures: dict[str, dict[str, int]] = {}
        for lesson, counts in kept.items() if isinstance(kept, dict) else ():
            if isinstance(counts, dict):
                failures[lesson] = {name: n for name, n in counts.items() if type(n) is int and n >= 0}
        return cls(path, failures)

    def lessons(self) -> set[str]:
        """The lessons that the reader has worked on."""
        return set(self._failures)

    def failed(self, lesson: str, function: str) -> int:
        """Count one more failure. Returns how many there are since the function was last right."""
        counts = self._failures.setdefault(lesson, {})
        counts[function] = counts.get(function, 0) + 1
        return counts[function]

    def passed(self, lesson: str, function: str) -> None:
        """Begin to count anew."""
        self._failures.setdefault(lesson, {})[function] = 0

    def write(self) -> None:
        """Keep the counts, where there are any."""
        if not self._failures:
            return
        try:
            self._path.write_text(json.dumps(self._failures, indent=1) + "\n", encoding="utf-8")
        except OSError:
            return
