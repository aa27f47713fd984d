"""What a conversion ends with: the table for people, CONVERSION.md, and conversion.json for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nrms_np.data.convert.articles import Articles
from nrms_np.data.convert.log import HISTORY
from nrms_np.data.convert.split import Part
from nrms_np.data.convert.tally import Tally, counted
from nrms_np.data.drawn import CONVERSION, DRAWN_LINE

ONE_CANDIDATE = 0.5
"""A larger share of impressions with a single candidate is odd."""

SHOWN_PLACES = 3
"""So many places of each reason stand in the table; conversion.json has the first `tally.MOST_PLACES`."""

HOW_TO_READ = f"""How to read it:

- `time = ts` above means that the time was read from the column `ts`.
- Each column of the table is a split. Times are in UTC. An impression is what a user was shown at once; candidates are the articles
  in it, clicked or not; an impression without a click is dropped.
- news: those that the split's impressions and histories use, which its news.tsv holds.
- clicks per user: of the users that have an impression in the split.
- clicks in a history: the mean; a history is the user's last {HISTORY} clicks strictly before the impression. Empty histories:
  the impressions whose user clicked nothing before.
- users, news not in train: the share of this split's users and news that train does not have.
- Then what became of each file: read = used + dropped. Below it the reasons, how often, and the first {SHOWN_PLACES} places with
  what stands there. What has several reasons is counted once, under the first that was found."""


def facts_of(
    parts: Sequence[Part], articles: Articles, tallies: Sequence[Tally], settings: Mapping[str, Any]
) -> dict[str, Any]:
    """All numbers of a conversion, as conversion.json holds them.

    settings: what was asked for, and `candidates_drawn`.
    """
    users = {part.name: {part.users[user] for user in np.unique(part.impressions.users)} for part in parts}
    news = {part.name: set(part.news.tolist()) for part in parts}
    facts = {
        **settings,
        "splits": {part.name: _split(part, len(users[part.name]), len(news[part.name])) for part in parts},
        "never_seen_in_train": {
            name: {
                "users": len(users[name] - users["train"]) / len(users[name]),
                "news": len(news[name] - news["train"]) / len(news[name]),
            }
            for name in users
            if name != "train"
        },
        "news_without_title": articles.untitled,
        "first_without_title": articles.first_untitled,
        "read": [vars(tally) for tally in tallies],
    }
    return {**facts, "warnings": _warnings(facts)}


def _warnings(facts: Mapping[str, Any]) -> list[str]:
    """What is odd about the folder and may make a useless model, one line each."""
    count, single = (sum(split[key] for split in facts["splits"].values()) for key in ("impressions", "one_candidate"))
    if single <= ONE_CANDIDATE * count:
        return []
    columns = facts.get("columns", {}).get("clicks", {})
    if facts["shape"] == "lists":
        look = "look at what stands between the ids of a list, whether all that was shown is in it, and whether --news knows it"
    elif "impression" in columns:
        look = (
            f"look whether column {columns['impression']!r} is the same in all rows of what was shown together, and whether "
            "the log has rows of what was shown and not clicked"
        )
    else:
        look = (
            "rows are of one impression where user and time are the same to the last digit; if the times of one page differ, name "
            "the column that tells what belongs together with --columns clicks.impression=COLUMN; look also whether the log has "
            "rows of what was shown and not clicked"
        )
    return [f"{single / count:.0%} of the impressions have one candidate, from which nothing is learnt: {look}"]


def _split(part: Part, users: int, news: int) -> dict[str, Any]:
    one = part.impressions
    first, last = np.datetime_as_string(one.times[[0, -1]].astype("datetime64[us]"), unit="s").tolist()
    clicks = int(one.clicked.sum())
    return {
        "from": first, "to": last, "users": users, "news": news, "impressions": one.candidates.count,
        "one_candidate": int((one.candidates.lengths == 1).sum()), "candidates": len(one.clicked), "clicks": clicks,
        "clicks_per_user": clicks / users,
        "history_length": float(part.histories.lengths.mean()), "empty_histories": int((part.histories.lengths == 0).sum()),
    }  # fmt: skip


def table_of(facts: Mapping[str, Any]) -> str:
    """The table, in lines of text."""
    splits = facts["splits"]
    lines = [f"{'':>22}" + "".join(f" {name:>22}" for name in splits)]
    rows = {
        "from": "from", "to": "to", "users": "users", "news": "news", "impressions": "impressions",
        "candidates": "candidates", "clicks": "clicks", "clicks per user": "clicks_per_user",
        "clicks in a history": "history_length", "empty histories": "empty_histories",
    }  # fmt: skip
    for title, key in rows.items():
        lines.append(f"{title:>22}" + "".join(f" {_cell(split[key]):>22}" for split in splits.values()))
    for what in ("users", "news"):
        shares = [facts["never_seen_in_train"].get(name, {}).get(what) for name in splits]
        cells = ["" if share is None else f"{share:.1%}" for share in shares]
        lines.append(f"{f'{what} not in train':>22}" + "".join(f" {cell:>22}" for cell in cells))
    if facts["news_without_title"]:
        having = counted(facts["news_without_title"], "news item has", "news have")
        lines += ["", f"{having} no title, the first: {facts['first_without_title']}"]
    lines += ["", f"{'read':>12} {'used':>12} {'dropped':>12}"]
    for tally in facts["read"]:
        dropped = sum(tally["dropped"].values())
        lines.append(f"{tally['read']:12,} {tally['used']:12,} {dropped:12,}  {tally['kind']}")
        for reason, count in tally["dropped"].items():
            lines.append(f"{'':>26}{count:12,}    {reason}")
            places = tally["places"].get(reason, [])
            lines += [f"{'':>42}{place}" for place in places[:SHOWN_PLACES]]
            if len(places) > SHOWN_PLACES:
                lines.append(f"{'':>42}... more in {CONVERSION}")
    if facts["candidates_drawn"]:
        lines += ["", DRAWN_LINE]
    return "\n".join(line.rstrip() for line in lines)


def _cell(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.2f}" if isinstance(value, float) else value


def write_summary(folder: Path, facts: Mapping[str, Any], said: Sequence[str]) -> None:
    """Write CONVERSION.md, with what was said of the columns, and conversion.json."""
    text = json.dumps(facts, indent=2, ensure_ascii=False) + "\n"
    (folder / CONVERSION).write_text(text, encoding="utf-8", errors="replace")
    page = [
        "# How this folder was made",
        f"By `python -m nrms_np.data.convert`; {CONVERSION} holds the same numbers for programs.",
        "\n".join(f"- {line}" for line in [*said, *(f"**Odd**: {warning}" for warning in facts["warnings"])]),
        f"```\n{table_of(facts)}\n```",
        HOW_TO_READ,
    ]
    (folder / "CONVERSION.md").write_text("\n\n".join(page) + "\n", encoding="utf-8", errors="replace")
