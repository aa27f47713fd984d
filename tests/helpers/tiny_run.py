"""A tiny run folder and a tiny data folder, for the tests of the commands."""

from __future__ import annotations

from pathlib import Path

from nrms_np import NRMS, Config
from nrms_np.data.vocabulary import UNKNOWN
from nrms_np.training.run_folder import RunFolder

TITLES = {
    "N1": ("sports", "Rockets win again, 3 to 2"),
    "N2": ("space", "Rockets launch"),
    "N3": ("food", "<b>Apple</b> & $pie$ for all"),
    "N4": ("space", "Mercury is near"),
    "N5": ("food", "The best pie"),
    "N6": ("sports", ""),
    "N7": ("sports", "Giants win"),
}
WORDS = [
    UNKNOWN,
    "rockets",
    "win",
    ",",
    "launch",
    "apple",
    "pie",
    "mercury",
    "is",
    "near",
    "the",
    "best",
    "giants",
    "b",
]

# Impression id, user, history, candidates. U1 comes twice; U3 has no history.
DEV = [
    ("11", "U1", "N1", "N4-0 N2-1 N5-0"),
    ("7", "U2", "N3 N5 N6", "N1-1 N7-0 N4-0 N2-1 N6-0"),
    ("12", "U1", "N1 N2 N1", "N5-1 N4-0"),
    ("30", "U3", "", "N7-1 N2-0 N4-0 N3-0"),
]
TRAIN = [("1", "U9", "N4", "N5-1 N1-0"), ("2", "U8", "", "N1-0 N5-1 N7-1")]


def write_run(folder: Path, **settings: object) -> Path:
    """A run folder with an untrained model."""
    sizes = {
        "word_dim": 7,
        "heads": 3,
        "head_dim": 2,
        "query_dim": 4,
        "history_length": 5,
        "title_length": 6,
        "seed": 5,
    }
    config = Config(**{**sizes, **settings})  # type: ignore[arg-type]
    run = RunFolder(folder)
    run.path.mkdir(parents=True, exist_ok=True)
    run.write_config(config, {"folder": "elsewhere", "glove": None})
    NRMS.create(config, WORDS).save(run.model)
    return folder


def write_split(folder: Path, rows: list[tuple[str, str, str, str]], labelled: bool = True) -> Path:
    """news.tsv and behaviors.tsv of one split."""
    folder.mkdir(parents=True)
    news = "".join(f"{name}\t{category}\t\t{title}\t\t\t[]\t[]\n" for name, (category, title) in TITLES.items())
    (folder / "news.tsv").write_text(news, encoding="utf-8")
    lines = []
    for impression, user, history, candidates in rows:
        shown = candidates if labelled else " ".join(token[:-2] for token in candidates.split())
        lines.append(f"{impression}\t{user}\t11/9/2019 9:00:00 AM\t{history}\t{shown}\n")
    (folder / "behaviors.tsv").write_text("".join(lines), encoding="utf-8")
    return folder
