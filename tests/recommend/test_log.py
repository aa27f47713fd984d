"""What a user clicked, as the log of a split tells it."""

from __future__ import annotations

from pathlib import Path

import pytest

from nrms_np.data.dataset import read_split
from nrms_np.recommend.log import history_of_user
from tests.helpers.tiny_run import write_split


@pytest.mark.parametrize(
    ("rows", "clicks"),
    [
        # As in MIND: one history in all rows. The clicks beside it come in the order of time, each once.
        (["11:00 N1_N2 N3-1_N5-1", "9:00 N1_N2 N5-1_N2-1_N7-0", "10:00 N1_N2 N7-1"], "N1 N2 N5 N7 N3"),
        # A time that cannot be read: the order of the file.
        (["11:00 N1_N2 N3-1_N5-1", "noon N1_N2 N5-1_N2-1_N7-0", "10:00 N1_N2 N7-1"], "N1 N2 N3 N5 N7"),
        # As the converter writes it: histories go on, and lose what is older than their last clicks.
        (["9:00 N1_N7 N2-1", "10:00 N7_N2 N3-1_N2-0", "11:00 N2_N3 N4-1"], "N2 N3 N4"),
        (["11:00 N4_N5 N6-1", "9:00 N1 N2-1_N4-1", "10:00 N1 N3-1"], "N2 N3 N4 N5 N6"),
        # Nothing clicked.
        (["9:00 N1 N2", "10:00 N1_N2 N3"], "N1 N2"),
    ],
)
def test_a_user_has_the_last_history_and_all_clicks(rows: list[str], clicks: str, tmp_path: Path) -> None:
    folder = write_split(tmp_path / "dev", [])
    lines = [f"1\tU2\t11/9/2019 11:30:00 AM\tN6\t{rows[0].split()[2].replace('_', ' ')}"]
    for row in rows:
        time, history, shown = row.replace(" ", "\t").replace("_", " ").split("\t")
        lines.append(f"2\tU1\t11/9/2019 {time}:00 AM\t{history}\t{shown}")
    (folder / "behaviors.tsv").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    assert " ".join(history_of_user(read_split(folder, 99), "U1")) == clicks
