"""What both pictures of an explanation have in common: sentences, the way numbers are written, the scale of the bars."""

from __future__ import annotations

from collections.abc import Sequence

from nrms_np.arrays import Array
from nrms_np.evaluation.weights import Piece, text_of
from nrms_np.explain.impression import Explanation
from nrms_np.plain import one_line

NOT_WHY = "Weights show where the model looked, not why."


def headline(explanation: Explanation) -> str:
    """The picture's title."""
    return f"Impression {explanation.impression}: why user {explanation.user} sees this ranking"


def number(value: float) -> str:
    """A score as people read it: three decimals and a real minus sign, none before zero."""
    return f"{round(value, 3) + 0.0:.3f}".replace("-", "−")


def percent(weight: float) -> str:
    """The weight of a word for the small number below it; the sign % stands in the caption only."""
    return f"{100 * weight:.0f}"


def finding(explanation: Explanation, place: int, titles: Sequence[list[Piece]]) -> str:
    """What moved the candidate at this place most, in a sentence; "" where there are no clicks. titles: of the clicks."""
    if not explanation.clicks:
        return ""
    lost = explanation.lost[:, place]
    most = int(abs(lost).argmax())
    verb, much = ("loses", lost[most]) if lost[most] >= 0 else ("gains", -lost[most])
    score = number(explanation.candidates[place].score)
    return f"The score is {score}; without “{one_line(text_of(titles[most]))}” it {verb} {number(much)}."


def clicks_caption(explanation: Explanation) -> list[str]:
    """What the numbers of the history mean, in sentences."""
    if not explanation.clicks:
        return ["No clicks: the user vector is zero, and every candidate scores 0."]
    equal = 1 / len(explanation.clicks)
    return [
        "Alone: the score from this click and no other. Lost: what the score loses without this click. They do not add up to the "
        "score, since the clicks look at each other.",
        f"Weight: of the click in the user vector (equation 9; {equal:.1%} where all are equal). {NOT_WHY}",
        "Below a word: its weight in the title in % (equation 4), and as its shade from 0 to 100.",
    ]


def candidates_caption(explanation: Explanation) -> str:
    """What the list of candidates shows."""
    if any(candidate.clicked is None for candidate in explanation.candidates):
        return "Highest score first; this split does not tell what was clicked."
    return "Highest score first; ● was clicked."


def scale(*arrays: Array) -> tuple[float, float]:
    """Where bars begin and end that show all of these numbers and 0: one scale, so that they can be compared."""
    ends = [0.0, *(float(end) for array in arrays if array.size for end in (array.min(), array.max()))]
    low, high = min(ends), max(ends)
    return low, high if high > low else low + 1.0
