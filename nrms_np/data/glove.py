"""Word vectors from a file in GloVe's text format: a word and its numbers on each line, separated by single spaces.

A file of 400,000 vectors holds 120 million numbers, of which training needs a tenth. Only the numbers of wanted words
are read; the other lines cost a look at their first word and a count of their spaces.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import IO, cast

import numpy as np

from nrms_np.arrays import Array, IntArray
from nrms_np.data.table import numbered_lines, open_binary
from nrms_np.data.vocabulary import LONGEST_WORD, Vocabulary
from nrms_np.errors import DataError

_HEADER = re.compile(rb"\s*\d+\s+\d+\s*")
_LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class GloveVectors:
    """The vectors found for a list of words.

    vectors: (n, dim) float32.
    rows:    (n,) int32 ascending, the place in the list of the word that each vector belongs to.
    """

    vectors: Array
    rows: IntArray

    def coverage(self, counts: IntArray) -> float:
        """The share of tokens that have a vector; counts: (words,) how often each word of the list occurs."""
        return float(counts[self.rows].sum() / max(int(counts.sum()), 1))

    def table(self, words: int, generator: np.random.Generator) -> Array:
        """A word embedding of `words` rows: the vectors, and draws at their own scale for all other words.

        Returns (words, dim) float32.
        """
        scale = np.float32(np.std(self.vectors, dtype=np.float64))
        table = generator.standard_normal((words, self.vectors.shape[1]), dtype=np.float32) * scale
        table[self.rows] = self.vectors
        return table


def read_glove(path: str | Path, words: Sequence[str]) -> GloveVectors:
    """Read the vectors of these words from a .txt file, or from a .zip file that holds one .txt file.

    A header line of two whole numbers (word2vec's) is skipped; of a word that stands twice the first vector counts; a
    word of the file may contain spaces, as in GloVe 840B.
    Raises DataError for a file that cannot be read, a line with another number of numbers than the first, a wanted
    vector with something else than finite numbers, and a file without a vector for any of the words.
    """
    row = {word.encode(): i for i, word in enumerate(words)}
    found: dict[int, Array] = {}
    with _open_text(path) as file:
        dim = 0
        for number, line in numbered_lines(path, file):
            line = line.rstrip(b" ")  # some writers leave a space at the end of each line
            if number == 1 and _HEADER.fullmatch(line):
                continue
            if dim == 0:  # the first vector, whose word must be without spaces
                _, space, numbers = line.partition(b" ")
                if not space:
                    problem = "a word and its numbers, separated by single spaces, are needed on each line."
                    raise DataError(path, problem, number)
                dim = len(_numbers(path, number, numbers))
            word = _word(path, number, line, dim)
            if word in row:
                found[row.pop(word)] = _numbers(path, number, line[len(word) + 1 :])
    if not found:
        raise DataError(path, f"the file has no vector for any of the {len(words):,} words; is it another language's?")
    rows = sorted(found)
    return GloveVectors(np.stack([found[i] for i in rows]), np.array(rows, dtype=np.int32))


def join_glove(path: str | Path, vocabulary: Vocabulary, more_titles: Iterable[str]) -> tuple[Vocabulary, GloveVectors]:
    """Read the vectors of a vocabulary, which grows by the words of `more_titles` that have a vector.

    more_titles: titles that the vocabulary was not made from, such as those of the dev split.
    Returns the grown vocabulary and the vectors; `rows` are rows of that vocabulary. Raises what `read_glove` raises.
    """
    words = vocabulary.words + [word for word in vocabulary.missing(more_titles) if len(word) <= LONGEST_WORD]
    found = read_glove(path, words)
    grown = Vocabulary(vocabulary.words + [words[i] for i in found.rows if i >= len(vocabulary)], vocabulary.tokens)
    rows = np.array([grown.row[words[i]] for i in found.rows], dtype=np.int32)
    return grown, GloveVectors(found.vectors, rows)


@contextmanager
def _open_text(path: str | Path) -> Iterator[IO[bytes]]:
    with open_binary(path) as file:
        if Path(path).suffix.lower() != ".zip":
            yield file
            return
        try:
            with zipfile.ZipFile(file) as archive:
                names = [name for name in archive.namelist() if name.lower().endswith(".txt")]
                if len(names) != 1:
                    listed = f" ({', '.join(names)})" if names else ""
                    problem = f"the archive holds {len(names)} .txt files{listed}, but one is needed"
                    raise DataError(path, f"{problem}; unpack it and name the .txt file you want.")
                # A member of an archive gives its lines in Python code; a buffer around it halves the time.
                member = cast("RawIOBase", archive.open(names[0]))
                with BufferedReader(member, buffer_size=2**20) as text:
                    yield text
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
            raise DataError(path, f"the archive is damaged ({error}); fetch it again.") from error


def _word(path: str | Path, number: int, line: bytes, dim: int) -> bytes:
    """The word of a line, after counting its numbers."""
    spaces = line.count(b" ")
    if spaces == dim:
        return line[: line.index(b" ")]
    # More spaces belong to the word, unless what should be its last piece is a number: then there is one too many.
    word = line.rsplit(b" ", dim)[0]
    if spaces < dim or _is_number(word.rsplit(b" ", 1)[1]):
        problem = f"the line has {spaces + 1} fields, but the first vector's has {dim + 1}: a word and {dim} numbers"
        raise DataError(path, f"{problem}; fetch the file again.", number)
    return word


def _is_number(field: bytes) -> bool:
    """Whether a field is a number that float32 can hold; neither nan nor an infinity is."""
    try:
        return abs(float(field)) <= _LARGEST
    except ValueError:
        return False


def _numbers(path: str | Path, number: int, text: bytes) -> Array:
    fields = text.split(b" ")
    for field in fields:
        if not _is_number(field):
            raise DataError(path, f"{field.decode(errors='replace')!r} is not a finite number.", number)
    return np.array([float(field) for field in fields], dtype=np.float32)
