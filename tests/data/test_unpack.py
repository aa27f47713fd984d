"""Packed files: read as if they were not, and refused where they would never end."""

from __future__ import annotations

import gzip

import pytest

from nrms_np.data import unpack
from nrms_np.data.news import read_news
from nrms_np.errors import DataError


def test_what_is_read_is_what_was_packed(tmp_path):
    text = b"".join(b"%d\trow\n" % i for i in range(100_000))
    (tmp_path / "some.gz").write_bytes(gzip.compress(text))
    with unpack.open_packed(tmp_path / "some.gz") as file:
        assert file.read(5) == text[:5]
        file.seek(0)
        assert file.read() == text


def test_a_file_that_unpacks_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(unpack, "HARMLESS", 1 << 20)
    row = b"N1\tsport\tsoccer\tTitle\n"
    (tmp_path / "news.tsv.gz").write_bytes(gzip.compress(row * 1_000_000, 9))
    with pytest.raises(DataError, match=r"news\.tsv\.gz: it unpacks to more than 1[0-9] MiB, 250 times its size"):
        read_news(tmp_path / "news.tsv.gz")
