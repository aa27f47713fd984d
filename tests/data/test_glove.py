"""Reading word vectors."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from nrms_np.data.glove import GloveVectors, join_glove, read_glove
from nrms_np.data.vocabulary import UNKNOWN, Vocabulary
from nrms_np.errors import DataError

LINES = ("the 0.5 -1.25 3e-2", "of 1 2 3", "to 4 5 6", "win 7 8 9")


def write(folder: Path, *lines: str, end: str = "\n") -> Path:
    path = folder / "vectors.txt"
    path.write_bytes("".join(line + end for line in lines).encode())
    return path


def test_only_the_wanted_vectors_are_kept_in_the_order_of_the_words(tmp_path: Path) -> None:
    found = read_glove(write(tmp_path, *LINES), [UNKNOWN, "win", "absent", "the"])
    assert found.rows.tolist() == [1, 3]
    assert found.vectors.dtype == np.float32
    np.testing.assert_array_equal(found.vectors, np.array([[7, 8, 9], [0.5, -1.25, 0.03]], dtype=np.float32))


@pytest.mark.parametrize("end", ["\r\n", " \n"])
def test_a_header_line_and_other_line_ends_make_no_difference(tmp_path: Path, end: str) -> None:
    found = read_glove(write(tmp_path, "4 3", *LINES, end=end), ["the", "to"])
    assert found.rows.tolist() == [0, 1]
    assert found.vectors[1].tolist() == [4, 5, 6]


def test_a_zip_with_one_text_file_is_read_without_unpacking(tmp_path: Path) -> None:
    archive = tmp_path / "vectors.ZIP"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.write(write(tmp_path, *LINES), "nested/vectors.txt")
        file.writestr("README", "not vectors")
    found = read_glove(archive, ["to"])
    assert found.vectors.tolist() == [[4, 5, 6]]


@pytest.mark.parametrize("names", [[], ["a.txt", "b.txt"]])
def test_a_zip_without_exactly_one_text_file_is_an_error(tmp_path: Path, names: list[str]) -> None:
    archive = tmp_path / "vectors.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for name in names:
            file.writestr(name, "\n".join(LINES))
    with pytest.raises(DataError, match=rf"{len(names)} \.txt files"):
        read_glove(archive, ["to"])


def test_a_damaged_zip_is_an_error(tmp_path: Path) -> None:
    archive = tmp_path / "vectors.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as file:
        file.write(write(tmp_path, *LINES), "vectors.txt")
    whole = archive.read_bytes()
    for damaged in (whole[: len(whole) // 2], whole.replace(b"of 1 2 3", b"of 1 2 4")):
        archive.write_bytes(damaged)
        with pytest.raises(DataError, match="damaged"):
            read_glove(archive, ["win"])


def test_the_first_vector_of_a_word_counts(tmp_path: Path) -> None:
    found = read_glove(write(tmp_path, *LINES, "of 9 9 9"), ["of"])
    assert found.vectors.tolist() == [[1, 2, 3]]


def test_words_with_spaces_are_stepped_over(tmp_path: Path) -> None:
    path = write(tmp_path, "the 1 2 3", "to name@domain.com 4 5 6", ". . . 7 8 9", "to 0 0 1", "2 1 1 0")
    found = read_glove(path, ["to", ".", "2"])
    assert found.rows.tolist() == [0, 2]
    assert found.vectors.tolist() == [[0, 0, 1], [1, 1, 0]]


@pytest.mark.parametrize(
    ("line", "piece"),
    [
        ("of 1 2", "3 fields"),
        ("unwanted 1 2", "3 fields"),
        ("of 1 2 3 4", "5 fields"),
        ("unwanted 1 2 3 4", "5 fields"),
        ("alone", "1 fields"),
        ("of 1 x2 3", "'x2'"),
        ("of 1  3", "''"),
        ("of 1 nan 3", "'nan'"),
        ("of 1 2 1e60", "'1e60'"),
        ("", "blank"),
    ],
)
def test_a_broken_line_is_an_error_that_names_it(tmp_path: Path, line: str, piece: str) -> None:
    path = write(tmp_path, "the 1 2 3", "to 4 5 6", line, "in 7 8 9")
    with pytest.raises(DataError) as caught:
        read_glove(path, ["of", "the"])
    assert caught.value.line == 3
    assert str(caught.value).startswith(f"{path}, line 3: ")
    assert piece in str(caught.value)


@pytest.mark.parametrize("line", ["the", "the 1 x 3", "x y z"])
def test_a_first_line_that_is_no_vector_is_an_error(tmp_path: Path, line: str) -> None:
    with pytest.raises(DataError) as caught:
        read_glove(write(tmp_path, line), ["the"])
    assert caught.value.line == 1


def test_an_empty_or_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="empty"):
        read_glove(write(tmp_path), ["the"])
    with pytest.raises(DataError, match="no such file"):
        read_glove(tmp_path / "absent.txt", ["the"])


def test_a_file_without_any_of_the_words_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no vector for any of the 2 words"):
        read_glove(write(tmp_path, *LINES), ["le", "la"])


def test_coverage_is_the_share_of_tokens_not_of_words() -> None:
    found = GloveVectors(np.ones((2, 3), dtype=np.float32), np.array([1, 3], dtype=np.int32))
    assert found.coverage(np.array([6, 10, 4, 20])) == 0.75
    assert found.coverage(np.zeros(4, dtype=np.intp)) == 0


def test_words_without_a_vector_are_drawn_at_the_scale_of_the_vectors() -> None:
    generator = np.random.default_rng(3)
    vectors = (0.37 * generator.standard_normal((500, 11))).astype(np.float32)
    found = GloveVectors(vectors, np.arange(40, 540, dtype=np.int32))
    table = found.table(900, np.random.default_rng(5))
    assert table.dtype == np.float32
    np.testing.assert_array_equal(table[40:540], vectors)
    drawn = np.concatenate([table[:40], table[540:]])
    assert drawn.std() == pytest.approx(0.37, rel=0.05)
    np.testing.assert_array_equal(table, found.table(900, np.random.default_rng(5)))


def test_words_only_in_dev_titles_join_the_vocabulary_when_they_have_a_vector(tmp_path: Path) -> None:
    vocabulary = Vocabulary([UNKNOWN, "rare", "to", "the"], tokens="mind")
    grown, found = join_glove(write(tmp_path, *LINES), vocabulary, ["Win of the strange", "to win"])
    assert grown.words == [UNKNOWN, "rare", "to", "the", "of", "win"]
    assert vocabulary.words == [UNKNOWN, "rare", "to", "the"]
    assert grown.tokens == "mind"
    by_word = {grown.words[row]: vector for row, vector in zip(found.rows, found.vectors.tolist(), strict=True)}
    assert by_word["of"] == [1, 2, 3]
    assert by_word["win"] == [7, 8, 9]
    assert by_word["to"] == [4, 5, 6]
    assert by_word.keys() == {"of", "win", "to", "the"}
