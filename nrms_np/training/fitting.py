"""A whole run from Python: what `python -m nrms_np.train` does, without its printing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from nrms_np.config import Config
from nrms_np.data.dataset import Dataset
from nrms_np.evaluation.baselines import baseline_scores
from nrms_np.evaluation.ranking import metrics_of
from nrms_np.model import NRMS
from nrms_np.training.learning_curve import draw_learning_curve
from nrms_np.training.report import write_report
from nrms_np.training.run_folder import RunFolder
from nrms_np.training.trainer import Row, Trainer


def fit(
    config: Config,
    data: Dataset,
    folder: RunFolder,
    *,
    resume: bool = False,
    say: Callable[[str], None] = lambda _: None,
    on_row: Callable[[str, Row], None] = lambda *_: None,
    stop: Callable[[], bool] = lambda: False,
    progress: bool = False,
) -> tuple[Row, dict[str, float]]:
    """Train a model and write its run folder: settings, metrics, model, checkpoint, learning curve, REPORT.md.

    config: all settings; word_dim is that of `data.word_vectors` where there are such.    data: from `read_dataset`.
    folder: of the run; it must not hold one yet, unless `resume` goes on with it, exactly as if it had not stopped.
    say:    told what a user should know, one line at a time.
    on_row: told each row of metrics with its name as soon as it is known: the baselines, then epoch after epoch.
    stop, progress: see `trainer.Trainer`.

    Returns the metrics of the epoch with the highest dev AUC, and the dev AUC of the baselines by their names.
    Raises Interrupted, after a checkpoint, when `stop` says so; NrmsError for a folder that cannot be used, data without
    samples, and a loss that is no number any more.
    """
    if data.word_vectors is not None:
        config = replace(config, word_dim=data.word_vectors.shape[1])

    for note in data.notes:
        say(note)
    model = NRMS.create(config, data.vocabulary.words, data.word_vectors)
    words = model.parameters["word_embedding"].size
    others = sum(value.size for value in model.parameters.values()) - words
    say(f"model: {others:,} parameters and {words:,} in the word vectors ({len(model.vocabulary):,} words)")
    trainer = Trainer(model, data, folder, on_row=on_row, stop=stop, progress=progress)
    if trainer.samples.skipped:
        say(f"train: {trainer.samples.skipped:,} impressions skipped, because all of their candidates were clicked")
    if not resume:
        folder.create()
        glove = None if data.glove is None else str(data.glove.resolve())
        folder.write_config(config, {"folder": str(data.folder.resolve()), "glove": glove})
    levels = {}
    for name, scores in baseline_scores(data.dev, data.train, config.seed).items():
        metrics = metrics_of(scores, data.dev.behaviors).values
        levels[name] = metrics["auc"]
        on_row(name, metrics)
    if resume:
        trainer.resume()
    trainer.fit()
    rows = folder.read_metrics()
    draw_learning_curve(folder.learning_curve, rows, levels)
    write_report(folder, levels, data.notes)
    return max(rows, key=lambda row: row["auc"]), levels
