"""What both pictures of an explanation have in common: colours and captions."""

from __future__ import annotations

from nrms_np.explain.impression import Click, Explanation, Piece

BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#6b6b6b"  # colour-blind people tell them apart too
ORANGE_TINT = "#fbe3d3"

_DARKEST = 0.62
"""How much blue the heaviest word gets: black text on it stays easy to read."""


def headline(explanation: Explanation) -> str:
    """The picture's title."""
    return f"Impression {explanation.impression}: why user {explanation.user} sees this ranking"


def clicks_caption(explanation: Explanation) -> list[str]:
    """What the bars and shades of the history mean, in sentences."""
    if not explanation.clicks:
        return ["No clicks: the user vector is zero, and every candidate scores 0."]
    return [
        "Bar: weight of the click in the user vector (equation 9); dotted line: equal weights.",
        "Shade: weight of the word in its title (equation 4), darkest for the heaviest.",
    ]


def candidates_caption(explanation: Explanation) -> str:
    """What the list of candidates shows."""
    if any(candidate.clicked is None for candidate in explanation.candidates):
        return "Highest score first; this split does not tell what was clicked."
    return "Highest score first; ● was clicked."


def shade(piece: Piece, click: Click) -> str | None:
    """The colour behind a piece of a title, from white to blue; None for what has no weight."""
    if piece.weight is None:
        return None
    heaviest = max(other.weight or 0.0 for other in click.pieces)
    share = _DARKEST * piece.weight / heaviest
    red, green, blue = (round(255 + share * (int(BLUE[i : i + 2], 16) - 255)) for i in (1, 3, 5))
    return f"#{red:02x}{green:02x}{blue:02x}"
