"""A split of MIND: a folder with news.tsv and behaviors.tsv."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nrms_np.data.behaviors import Behaviors, Dropped, read_behaviors
from nrms_np.data.news import News, read_news
from nrms_np.errors import DataError

__all__ = ["Behaviors", "Dropped", "News", "Split", "read_behaviors", "read_news", "read_split"]


@dataclass(frozen=True)
class Split:
    """The news and the impressions of one folder; the rows in `behaviors` are places in `news`."""

    news: News
    behaviors: Behaviors


def read_split(folder: str | Path, history_length: int) -> Split:
    """Read news.tsv and behaviors.tsv of a folder.

    history_length: how many of the last clicks of a history are kept.
    Raises DataError when there is no such folder, and what `read_news` and `read_behaviors` raise.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(folder, "there is no such folder; it should hold news.tsv and behaviors.tsv.")
    news = read_news(folder / "news.tsv")
    return Split(news, read_behaviors(folder / "behaviors.tsv", news, history_length))
