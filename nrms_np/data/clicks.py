"""How often each news item was clicked: counted in a split, and kept as a file of two columns, id and clicks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from nrms_np.data.dataset import Split
from nrms_np.data.table import read_table
from nrms_np.errors import DataError, NrmsError
from nrms_np.files import write_text


def count_clicks(split: Split) -> Counter[str]:
    """How often each news item was clicked in the impressions of a split, by id; those never clicked are not in it.

    Raises NrmsError when the split has no labels.
    """
    if split.behaviors.clicked is None:
        raise NrmsError("Popularity counts clicks, and this split has no labels: give a split that has them.")
    rows = split.behaviors.candidates.index[split.behaviors.clicked]
    return Counter(split.news.ids[row] for row in rows.tolist())


def write_clicks(path: Path, clicks: Mapping[str, int]) -> None:
    """Write the counts, one news item a line."""
    write_text(path, "".join(f"{news_id}\t{count}\n" for news_id, count in clicks.items()))


def read_clicks(path: Path) -> dict[str, int]:
    """Read what `write_clicks` wrote. Raises DataError for a line that is not an id and a count."""
    clicks = {}
    for line, (news_id, count) in read_table(path, ("id", "clicks")):
        if not count.isdecimal():
            raise DataError(path, f"{count!r} is not a number of clicks.", line)
        clicks[news_id] = int(count)
    return clicks
