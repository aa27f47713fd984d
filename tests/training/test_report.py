import gzip
from dataclasses import replace

import pytest

from nrms_np.config import Config
from nrms_np.data.mind.files import FINGERPRINTS, Fingerprint, git_blob_sha1
from nrms_np.errors import NrmsError
from nrms_np.evaluation.metrics import METRICS
from nrms_np.kernels.engine.parallel import threads_in_use
from nrms_np.training.report import DATA_FILES, PUBLISHED, differences, verdict, write_report
from nrms_np.training.run_folder import RunFolder
from tests.helpers.clicks import write_clicks

AUCS = (0.5012, 0.6571, 0.6642, 0.6618)
LEVELS = {"random": 0.4987, "popularity": 0.5213}
NOTES = ["train: 30 news", "dev: 30 news"]
THEIRS = PUBLISHED[0]
CONFIG = Config(**{**THEIRS.settings, "seed": 17})
GLOVE_840B = "vectors/glove.840B.300d.txt"


def a_row(epoch, auc):
    return {
        "epoch": epoch, "step": 11 * epoch, "loss": 1.6 - 0.1 * epoch,
        **dict.fromkeys([metric.name for metric in METRICS], auc), "mrr": auc - 0.35, "ndcg@5": auc - 0.31, "ndcg@10": auc - 0.25,
        "train_seconds": 600.0 if epoch else 0.0, "eval_seconds": 7.0,
        "samples_per_second": 400.0 if epoch else 0.0, "peak_rss_mb": 900.0 + epoch,
    }  # fmt: skip


@pytest.fixture
def clicks(tmp_path):
    return write_clicks(tmp_path / "clicks")


@pytest.fixture
def right(clicks):
    """The fingerprints that make the tiny data set stand for MIND-small."""
    return {name: Fingerprint((clicks / name).stat().st_size, git_blob_sha1(clicks / name)) for name in DATA_FILES}


def a_run(folder, clicks, *, glove=None, aucs=AUCS, config=CONFIG):
    run = RunFolder(folder)
    run.path.mkdir(parents=True, exist_ok=True)
    run.write_config(config, {"folder": str(clicks), "glove": glove and str(glove)})
    for epoch, auc in enumerate(aucs):
        run.add_metrics(a_row(epoch, auc))
    return run


def report_of(run, right, **more):
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(FINGERPRINTS, "small", right)
        write_report(run, LEVELS, NOTES, **more)
    return (run.path / "REPORT.md").read_text(encoding="utf-8")


def test_the_best_epoch_stands_beside_the_published_numbers(tmp_path, clicks, right):
    text = report_of(a_run(tmp_path / "run", clicks), right)
    assert "Best epoch: 2. On the dev split: **AUC 0.664, MRR 0.314, nDCG@5 0.354, nDCG@10 0.414**." in text
    assert "| this run | 66.42 | 31.42 | 35.42 | 41.42 |" in text
    row = next(
        line
        for line in text.splitlines()
        if line.startswith("| yflyl613/NewsRecommendation | 66.61 | 31.86 | 35.19 | 41.46 |")
    )
    assert row.count(" | ") == len(METRICS) + 1
    assert "README of github.com" in row
    assert "| difference | -0.19 | -0.44 | +0.23 | -0.04 |" in text
    assert "| difference | +0.79 | +0.46 | +1.29 | +0.90 |" in text
    assert "lies in the published band of 65 to 67 %" in text
    assert "seed 17" in text


@pytest.mark.parametrize(
    ("auc", "words"),
    [
        (64.994, "lies 0.01 points below the"),
        (65.0, "lies in the"),
        (67.0, "lies in the"),
        (68.0, "lies 1.00 points above the published band of 65 to 67 %."),
        (68.25, "lies 1.25 points above the"),
        (68.25, "before you believe it"),
    ],
)
def test_the_band_is_told_plainly(auc, words):
    assert words in verdict(auc)


@pytest.mark.parametrize("more", [0, 1])
def test_where_the_last_epoch_is_best_more_of_them_are_proposed(tmp_path, clicks, more):
    config = replace(CONFIG, epochs=len(AUCS) - 1 + more)
    aucs = sorted(AUCS)
    text = report_of(a_run(tmp_path / "run", clicks, aucs=aucs, config=config), {})
    assert ("The last epoch is the best" in text) is (not more)


def test_with_other_files_nothing_is_compared(tmp_path, clicks):
    text = report_of(a_run(tmp_path / "run", clicks), {})
    assert "not those of MIND-small" in text
    for word in ("published band", "66.61", "` | yes |"):
        assert word not in text


def test_one_changed_byte_is_enough_not_to_compare(tmp_path, clicks, right):
    path = clicks / "dev/news.tsv"
    path.write_bytes(path.read_bytes()[:-2] + b"}\n")
    text = report_of(a_run(tmp_path / "run", clicks), right)
    assert "published band" not in text
    assert text.count("` | yes |") == 3
    assert f"| dev/news.tsv | {path.stat().st_size:,} | `{git_blob_sha1(path)}` | no |" in text


def test_the_same_settings_have_no_differences():
    assert differences(CONFIG, GLOVE_840B, THEIRS) == []


def test_other_settings_are_named():
    config = replace(CONFIG, heads=16, learning_rate=1e-3, ablate=("user.pool",))
    assert differences(config, None, THEIRS) == [
        "heads 16 instead of 20",
        "learning rate 0.001 instead of 0.0003",
        "ablate user.pool instead of nothing",
        "word vectors drawn at random instead of GloVe 840B",
    ]
    assert differences(CONFIG, "glove.6B.300d.txt", THEIRS) == ["word vectors glove.6B.300d.txt instead of GloVe 840B"]


def test_the_report_says_which_settings_differ(tmp_path, clicks, right):
    text = report_of(a_run(tmp_path / "run", clicks, config=replace(CONFIG, title_length=30)), right)
    assert "differ from those of yflyl613/NewsRecommendation: title length 30 instead of 20; word vectors drawn" in text
    assert "arXiv 2210.05196 are not known here" in text
    assert "| title length | 30 |" in text


def test_all_epochs_time_memory_and_picture_are_there(tmp_path, clicks, right):
    glove = tmp_path / "glove.840B|3d.txt"
    glove.write_text("rockets 0.1 0.2 0.3\n")
    text = report_of(a_run(tmp_path / "run", clicks, glove=glove), right)
    assert "](learning_curve.png)" in text
    for epoch, auc in enumerate(AUCS):
        assert f"| {epoch} | {1.6 - 0.1 * epoch:.4f} | {auc:.3f} |" in text
    assert "random 0.499, popularity 0.521" in text
    assert "training: 30.0 min, 400 samples per second" in text
    assert "4 times: 28.0 s" in text
    assert "903 MiB" in text
    assert f"threads: {threads_in_use()}," in text
    assert "- train: 30 news\n- dev: 30 news" in text
    assert f"| glove.840B\\|3d.txt | 20 | `{git_blob_sha1(glove)}` |" in text
    assert "All settings that yflyl613/NewsRecommendation tells are the same" in text


def test_a_run_without_an_epoch_has_no_report(tmp_path, clicks, right):
    run = a_run(tmp_path / "run", clicks, aucs=())
    with pytest.raises(NrmsError, match="no finished epoch"):
        report_of(run, right)
    assert not (run.path / "REPORT.md").exists()


def test_a_failed_report_leaves_the_old_one(tmp_path, clicks, right):
    run = a_run(tmp_path / "run", clicks)
    before = report_of(run, right)
    (clicks / "dev/news.tsv").unlink()
    with pytest.raises(FileNotFoundError):
        report_of(run, right)
    assert (run.path / "REPORT.md").read_text(encoding="utf-8") == before
    assert not list(run.path.glob("*.part"))


def test_warnings_and_doubts_stand_in_the_report(tmp_path, clicks):
    text = report_of(a_run(tmp_path / "run", clicks, aucs=(0.51, 0.50)), {}, warnings=["equal titles: train 60.0%"])
    assert "No useful model. On the dev split, the best of epoch 0 (before training) to 1: AUC 0.510," in text
    assert "**No epoch is better than the model before training," in text
    assert "**No epoch is better than popularity, which ranks by clicks in train (dev AUC 0.510 against 0.521);" in text
    assert "- **Odd**: equal titles: train 60.0%\n- train: 30 news" in text
    assert "Best epoch" not in text


def test_the_test_split_is_reported_and_nothing_was_chosen_on_it(tmp_path, clicks):
    test = {"epoch": 2, "auc": 0.6, "mrr": 0.3, "ndcg@5": 0.31, "ndcg@10": 0.4, "baselines": {"random": {"auc": 0.5}}}
    text = report_of(a_run(tmp_path / "run", clicks), {}, test=test)
    assert "test split, by which nothing was chosen: **AUC 0.600, MRR 0.300, nDCG@5 0.310, nDCG@10 0.400**" in text
    assert "AUC there without a model: random 0.500." in text


def test_other_names_of_folders_and_packed_files_are_found(tmp_path, clicks):
    (clicks / "dev").rename(clicks / "valid")
    path = clicks / "train/news.tsv"
    path.with_name("news.tsv.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    assert f"{path.with_name('news.tsv.gz').stat().st_size:,} | `" in report_of(a_run(tmp_path / "run", clicks), {})


def test_names_with_a_bar_are_whole_in_the_text_and_in_a_table(tmp_path, clicks):
    folder = clicks.rename(tmp_path / "a|b")
    run = a_run(tmp_path / "run", folder)
    run.write_config(CONFIG, {"folder": str(folder), "glove": None, "from": "/runs/c|d"})
    text = report_of(run, {})
    assert f"Folder: `{folder}`." in text
    assert r"| model to go on from | `/runs/c\|d` |" in text
