"""Which column is which: found by the usual names, or named by the user."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nrms_np.errors import DataError

if TYPE_CHECKING:  # the module itself is needed for --help, which must not wait for pandas
    from nrms_np.data.convert.tables import Table

_IDS = ("newsid", "articleid", "itemid", "documentid", "docid", "storyid", "contentid", "pageid", "nid")

USUAL: dict[str, dict[str, Sequence[str]]] = {
    "news": {
        "id": ("id", *_IDS, "news"),  # never "content" or "article" alone: those may be texts
        "title": ("title", "headline", "heading", "newstitle", "articletitle", "name"),
        "category": ("categorystr", "categoryname", "category", "section", "channel", "topic"),
        "subcategory": ("subcategorystr", "subcategoryname", "subcategory", "subsection"),
        "abstract": ("abstract", "subtitle", "summary", "description", "teaser", "lead"),
    },
    "clicks": {
        "time": ("time", "timestamp", "ts", "datetime", "impressiontime", "eventtime", "clicktime", "clickedat", "createdat",
                 "eventtimestamp", "date"),
        "user": ("user", "userid", "uid", "reader", "readerid", "visitor", "visitorid", "client", "clientid", "customer",
                 "customerid", "subscriberid", "memberid", "cookieid", "deviceid"),
        "news": (*_IDS, "news", "article", "item", "document", "story", "content", "page"),
        "impression": ("impression", "impressionid", "impid", "imp", "requestid", "pageviewid", "viewid"),
        "clicked": ("clicked", "click", "isclicked", "isclick", "wasclicked", "label", "clickednews", "clickedarticles",
                    "clickedids", "clickednewsids", "clickedarticleids", "articleidsclicked"),
        "shown": ("shown", "candidates", "inview", "displayed", "shownnews", "shownarticles", "shownids", "shownnewsids",
                  "shownarticleids", "articleidsinview"),
    },
}  # fmt: skip
"""For each thing that a table can tell, the names of columns that usually tell it, without case and punctuation; the first
that a table has is taken."""

ROLES = tuple(f"{kind}.{role}" for kind, roles in USUAL.items() for role in roles)


def named_columns(text: str) -> dict[str, str]:
    """Read `--columns`: "news.id=article_id,clicks.time=ts" becomes {"news.id": "article_id", "clicks.time": "ts"}.

    "clicks.clicked=" becomes {"clicks.clicked": ""}: no column tells it, whatever the names say.
    Raises ValueError with what is wrong.
    """
    named: dict[str, str] = {}
    for pair in text.split(","):
        role, equals, name = (part.strip() for part in pair.partition("="))
        if not equals or role not in ROLES:
            raise ValueError(f"{pair!r} is not ROLE=COLUMN with one of the roles {', '.join(ROLES)}")
        if role in named:
            raise ValueError(f"{role} is named twice")
        named[role] = name
    return named


def find_columns(path: Path, kind: str, found: Sequence[str], named: Mapping[str, str]) -> dict[str, str]:
    """Decide which column of a table is which.

    kind:  "news" or "clicks".    found: the table's columns.    named: what the user said, with `ROLES` as keys.
    Returns the column of each role that the table tells: `named` ones, else the usual names.
    Raises DataError where a column that was named is not there, or stands twice.
    """
    columns: dict[str, str] = {}
    plain = {re.sub(r"[\W_]", "", name.casefold()): name for name in reversed(found)}
    taken = {name for role, name in named.items() if role.startswith(f"{kind}.")}
    for role, usual in USUAL[kind].items():
        name = named.get(f"{kind}.{role}")
        if name is None:
            name = next((plain[one] for one in usual if one in plain and plain[one] not in taken), None)
        elif name and name not in found:
            raise DataError(path, f"there is no column {name!r}; {_found(found)}.")
        if name:
            if list(found).count(name) > 1:
                raise DataError(path, f"two columns are called {name!r}; give each a name of its own.")
            columns[role] = name
    return columns


def need(table: Table, kind: str, columns: Mapping[str, str], roles: Sequence[str], named: Mapping[str, str]) -> None:
    """Raise DataError, with all that are missing, where no column tells some of these roles.

    columns: those that were found.    named: what the user said, which stands in the line to repeat.
    """
    missing = [role for role in roles if role not in columns]
    if missing:
        problem = f"no column is known to be the {' or the '.join(missing)} of the {kind}; {_found(table.columns)}"
        option = columns_option(named, {f"{kind}.{role}": "COLUMN" for role in missing})
        if kind == "clicks" and "news" in missing:
            option += ", or, where a cell lists what was shown, clicks.shown=COLUMN and clicks.clicked=COLUMN in place of the news"
        names = " (the first row must hold names)" if table.kind in ("csv", "tsv") else ""
        raise DataError(table.path, f"{problem}. Say which: {option}{names}.")


def columns_option(named: Mapping[str, str], more: Mapping[str, str]) -> str:
    """The option `--columns`, ready for a shell: what the user named already, and more."""
    return f"--columns {shlex.quote(','.join(f'{role}={name}' for role, name in {**named, **more}.items()))}"


def _found(found: Sequence[str]) -> str:
    return f"its columns are {', '.join(map(repr, found[:30]))}"
