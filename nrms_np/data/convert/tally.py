"""What became of everything that was read: each thing is used, or dropped for a reason that is counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

MOST_PLACES = 1000
"""So many places are kept of each reason; the count goes on."""


def counted(number: int, one: str, more: str) -> str:
    """A number with its noun: 1 day, 1,200 days."""
    return f"{number:,} {one if number == 1 else more}"


@dataclass
class Tally:
    """The things of one kind that were read from one file or folder.

    kind:    what they are, such as "rows of clicks.csv".
    read, used: how many.
    dropped: how many for each reason.    places: where, for those that have a line of their own.
    """

    kind: str
    read: int = 0
    used: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    places: dict[str, list[str]] = field(default_factory=dict)

    def drop(self, reason: str, count: int, places: Iterable[str] = ()) -> None:
        """Count things that are dropped; a count of 0 leaves no trace."""
        if count:
            self.dropped[reason] = self.dropped.get(reason, 0) + count
            kept = self.places.setdefault(reason, [])
            kept.extend(place for place, _ in zip(places, range(MOST_PLACES - len(kept)), strict=False))

    def why_all(self) -> str:
        """The reason that dropped most, with its first place, for an error when nothing is left."""
        reason = max(self.dropped, key=self.dropped.__getitem__, default="there are none")
        first = self.places.get(reason, [])[:1]
        return reason + "".join(f" ({place})" for place in first)
