"""The demo corpus written in other letters: each English word becomes one made-up word, always the same."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import NamedTuple

from nrms_np.data.tokens import tokenize

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"


class Writing(NamedTuple):
    """How word number i is spelled, and what stands between two words."""

    spell: Callable[[int], str]
    between: str


def _of_parts(*parts: str) -> list[str]:
    """All words of one piece of each part, the pieces of a part separated by spaces."""
    return ["".join(pieces) for pieces in product(*(part.split() for part in parts))]


_VIETNAMESE = _of_parts(
    "B C Ch D Đ G H Kh L M N Ng Nh Ph Qu R S T Th Tr V X", "à á ả ã ạ ầ ấ ẩ ẫ ậ ằ ắ ẳ ẵ ặ è é ẽ ề ế ể ễ ệ ộ ờ ớ ở ữ ự"
)
_HINDI = _of_parts("क ख ग घ च छ ज झ ट ठ ड ढ त थ द ध न प फ ब भ म य र ल व श ष स ह", "का कि की कु कू के कै को कौ कं", "ली ला")
_THAI = _of_parts("ก ข ค ง จ ฉ ช ซ ญ ด ต ถ ท น บ ป ผ ฝ พ ฟ ม ย ร ล ว ส ห อ", "ิ ี ึ ื ุ ู", "่ ้ ๊ ๋")

WRITINGS = {
    "Han": Writing(lambda i: chr(0x4E00 + 7 * i), ""),
    "Vietnamese, decomposed": Writing(lambda i: unicodedata.normalize("NFD", _VIETNAMESE[i]), " "),
    "Hindi": Writing(lambda i: _HINDI[i], " "),
    "Thai": Writing(lambda i: _THAI[i], ""),
}


class Speller:
    """Writes English titles anew; words are numbered as they come."""

    def __init__(self, writing: Writing) -> None:
        self.writing = writing
        self.number: dict[str, int] = {}

    def title(self, english: str) -> str:
        """A title with its words in the other writing."""
        words = [self.writing.spell(self.number.setdefault(word, len(self.number))) for word in tokenize(english)]
        return self.writing.between.join(words)


def write_demo(folder: Path, writing: Writing | None, impressions: int) -> Path:
    """Write the demo corpus with its titles in a writing, None for English, and the first impressions of train only."""
    speller = None if writing is None else Speller(writing)
    for split in ("train", "dev"):
        (folder / split).mkdir(parents=True)
        lines = []
        for line in (DEMO / split / "news.tsv").read_text(encoding="utf-8").splitlines():
            row = line.split("\t")
            row[3] = row[3] if speller is None else speller.title(row[3])
            lines.append("\t".join(row) + "\n")
        (folder / split / "news.tsv").write_text("".join(lines), encoding="utf-8")
        rows = (DEMO / split / "behaviors.tsv").read_text(encoding="utf-8").splitlines(keepends=True)
        kept = rows[:impressions] if split == "train" else rows
        (folder / split / "behaviors.tsv").write_text("".join(kept), encoding="utf-8")
    return folder
