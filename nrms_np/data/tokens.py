r"""From a title to its words: in every script, and by a rule with a name, so that a saved model reads titles as in its training.

`unicode`, for new models. A word is a run of letters, digits and underscores with all their combining marks, so that both ways to
write ü, and every vowel sign of Hindi or Arabic, stay in it. Scripts that put no spaces between words are cut smaller: Han and kana
after each character, Thai, Lao, Khmer and Burmese after each grapheme cluster (a letter with all that is drawn on or around it).
The marks . , ! ? ; | and their counterparts in other scripts are words of their own. Spellings of one word are made one: by NFC, by
case folding (ß is ss, ς is σ), by leaving out soft hyphens and joiners. İ becomes i, so that İlk at the start of a Turkish title is
the ilk of its middle.

`mind`, of models from before: runs of letters, digits and underscores of the lower-case title, and . , ! ? ; |, as most code for
MIND does. For ASCII titles the two rules agree.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from nrms_np.config import Config
from nrms_np.errors import ConfigError

NEWEST = Config.tokens
"""The rule of new models."""

Piece = tuple[str, int, int]

_MIND = re.compile(r"\w+|[.,!?;|]")

_MARKS = ".,!?;|。．｡、，､！？；｜،؛؟۔।॥։።፣፤፧၊။។\u037e"  # the last is the Greek question mark
_IGNORED = (
    "\u00ad\u200c\u200d\u200e\u200f\u2060\ufe00-\ufe0f\ufeff"  # soft hyphen, joiners, directions, variants of a glyph
)
_PLAIN = re.compile(r"[\x00-\xac\xae-\u02ff\u200b\u2010-\u205f\u20a0-\u20cf\u2100-\u2bff\U0001f000-\U0001faff]*")
"""Titles in Latin letters and signs, without loose combining marks: what only other scripts need is not looked for in them."""

_CHARACTER_WISE = ("Hani", "Hira", "Kana")
_CLUSTER_WISE = ("Thai", "Laoo", "Khmr", "Mymr")
_KANA = "ーｰ"  # long vowels: of no script to Unicode, because two share them
_TRAILING = (
    "\u0e33\u0eb3\uff9e\uff9f"  # Thai and Lao am, sound marks of narrow kana: letters that belong to the one before
)
_STACKERS = "\u17d2\u1039"  # what sets the next consonant of Khmer or Burmese under the one before


def tokenize(title: str, rule: str = NEWEST) -> list[str]:
    """Cut a title into its words and punctuation marks.

    rule: the name of the rule, one of RULES. Raises ConfigError for another.
    """
    if title.isascii() and rule in RULES:  # both rules agree, and nothing has to be put together
        return _MIND.findall(title.lower())
    return [word for word, _, _ in pieces(title, rule)]


def pieces(title: str, rule: str = NEWEST) -> list[Piece]:
    """The words of `tokenize` with their places: (word, start, end), the word written as title[start:end]."""
    if rule not in RULES:
        raise ConfigError(f"tokens must be {' or '.join(RULES)}, not {rule!r}.")
    return RULES[rule](title)


def _unicode_pieces(title: str) -> list[Piece]:
    pattern = _MIND if _PLAIN.fullmatch(title) else _pattern()
    return [(_folded(match.group()), *match.span()) for match in pattern.finditer(title)]


def _mind_pieces(title: str) -> list[Piece]:
    place = [i for i, letter in enumerate(title) for _ in letter.lower()]  # İ becomes two characters
    matches = _MIND.finditer(title.lower())
    return [(match.group(), place[match.start()], place[match.end() - 1] + 1) for match in matches]


RULES: dict[str, Callable[[str], list[Piece]]] = {"unicode": _unicode_pieces, "mind": _mind_pieces}
"""The rules by the names that the setting `tokens` takes."""


def _folded(word: str) -> str:
    """The one spelling of a word."""
    if word.isascii():
        return word.lower()
    composed = unicodedata.normalize("NFC", _ignored().sub("", word))
    folded = composed.casefold().replace("i\u0307", "i")  # what İ is folded to
    return unicodedata.normalize("NFC", folded)  # case folding takes some letters apart


@cache
def _ignored() -> re.Pattern[str]:
    return re.compile(f"[{_IGNORED}]")


@cache
def _pattern() -> re.Pattern[str]:
    """The rule `unicode` for titles in any script, from Unicode's tables: a tenth of a second, paid by who reads such titles."""
    from fontTools.unicodedata import Scripts

    ends = [*Scripts.RANGES[1:], 0x110000]
    cut = [
        code
        for start, end, script in zip(Scripts.RANGES, ends, Scripts.VALUES, strict=True)
        if script in _CHARACTER_WISE + _CLUSTER_WISE
        for code in range(start, end)
        if chr(code).isalnum() and not chr(code).isdecimal()  # their digits make numbers, as ours do
    ]
    combining = [code for code in range(0x300, 0x1F000) if unicodedata.category(chr(code)).startswith("M")]
    small, marks = _ranges(cut) + _KANA, f"{_ranges(combining)}{_IGNORED}"
    return re.compile(
        rf"[{small}](?:[{marks}{_TRAILING}]|(?<=[{_STACKERS}])[{small}])*|"  # a character with its marks, a cluster
        rf"[^\W{small}]+(?:[{marks}]+[^\W{small}]*)*|"  # a word with its marks
        rf"[{_MARKS}]"
    )


def _ranges(codes: Iterable[int]) -> str:
    """Ascending code points as the inside of a regular expression's brackets."""

    def runs() -> Iterator[tuple[int, int]]:
        first = last = -2
        for code in codes:
            if code != last + 1:
                if first >= 0:
                    yield first, last
                first = code
            last = code
        yield first, last

    return "".join(rf"\U{first:08x}-\U{last:08x}" for first, last in runs())
