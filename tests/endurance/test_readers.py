"""20,000 damaged files: each is refused with its name, or read with every token counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from nrms_np.data.behaviors import read_behaviors
from nrms_np.data.news import read_news
from nrms_np.errors import DataError

hypothesis = pytest.importorskip("hypothesis", reason="pip install hypothesis")
from hypothesis import HealthCheck, given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

pytestmark = pytest.mark.slow
EXAMPLES = settings(
    max_examples=10_000, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)

IDS = st.sampled_from(["N1", "N2", "N3", "N-4", "M9", "N1-", "-", "", "N1,N2", "N1;N2", "Ü1", "N1-0"])
LABELS = st.sampled_from(["-0", "-1", "", "-2", "--1", "-", "-01"])
CELLS = st.one_of(
    st.lists(IDS, max_size=4).map(" ".join),
    st.lists(st.tuples(IDS, LABELS).map("".join), max_size=5).map(" ".join),
    st.sampled_from(
        ["11/9/2019 9:00:00 AM", "noon", "history", "user_id", "impression_id", "title", "news_id", "\x00", "\x1b[2J"]
    ),
    st.text(max_size=8),
)
CANDIDATE = st.tuples(st.sampled_from(["N1", "N2", "N3", "M9"]), st.sampled_from(["-0", "-1"])).map("".join)
ROWS = st.one_of(
    st.lists(CELLS, min_size=4, max_size=6).map("\t".join),
    st.builds(
        "{}\tU{}\t11/9/2019 9:00:00 AM\t{}\t{}".format,
        st.integers(0, 9),
        st.integers(1, 2),
        st.lists(IDS, max_size=3).map(" ".join),
        st.lists(CANDIDATE, min_size=1, max_size=4).map(" ".join),
    ),
)
FILES = st.one_of(
    st.lists(ROWS, max_size=6).map(lambda rows: "\n".join(rows).encode("utf-8", "surrogatepass")),
    st.lists(ROWS, max_size=6).map(lambda rows: "\r\n".join([*rows, ""]).encode("utf-8", "surrogatepass")),
    st.binary(max_size=60),
)
NEWS = "N1\ta\tb\tRockets win\nN2\ta\tb\tRockets launch\nN3\ta\tb\t\nN-4\ta\tb\tSoup\n"


@EXAMPLES
@given(content=FILES)
def test_a_log_is_refused_by_name_or_every_token_is_counted(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = Path(tmp_path_factory.getbasetemp())
    (folder / "news.tsv").write_text(NEWS, encoding="utf-8")
    news, path = read_news(folder / "news.tsv"), folder / "behaviors.tsv"
    path.write_bytes(content)
    try:
        found = read_behaviors(path, news, history_length=99)
    except DataError as error:
        told = str(error)
        assert told.startswith(f"{path}")
        assert "\n" not in told
        return
    rows = [
        line.split("\t") for line in content.decode("utf-8").removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    ]
    rows = [row for row in rows if row != [""]][bool(found.notes) :]
    assert found.dropped.impressions + found.candidates.count == len(rows)
    assert found.dropped.candidates + len(found.candidates.index) == sum(len(row[4].split()) for row in rows)
    assert found.history_clicks == sum(len(row[3].split()) for row in rows)
    assert found.clicked is None or len(found.clicked) == len(found.candidates.index)


@EXAMPLES
@given(content=FILES)
def test_news_are_refused_by_name_or_every_row_is_read(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = Path(tmp_path_factory.getbasetemp()) / "news.tsv"
    path.write_bytes(content)
    try:
        found = read_news(path)
    except DataError as error:
        assert str(error).startswith(f"{path}")  # noqa: PT017
        return
    lines = content.decode("utf-8").removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    assert len(found.ids) == len([line for line in lines if line]) - bool(found.notes)
    assert len(set(found.ids)) == len(found.ids) == len(found.titles)
