"""Whether the candidates of a data folder that were not clicked were really shown, or only drawn by the converter."""

from __future__ import annotations

import json
from pathlib import Path

CONVERSION = "conversion.json"

DRAWN_LINE = (
    "the candidates that were not clicked were drawn from what others clicked, nobody knows what was shown: "
    "such an AUC must not be compared with MIND's"
)


def drawn_line(folder: Path) -> str:
    """What every report on a data folder must say when its candidates were drawn; empty where they were shown.

    folder: holds train/ and dev/, and what the converter left there.
    """
    try:
        facts = json.loads((folder / CONVERSION).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):  # no such file, or one of somebody else's
        return ""
    return DRAWN_LINE if isinstance(facts, dict) and facts.get("candidates_drawn") is True else ""
