"""A whole run from Python: what `python -m nrms_np.train` does, without its printing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from nrms_np.config import Config
from nrms_np.data.clicks import count_clicks, write_clicks
from nrms_np.data.dataset import Dataset
from nrms_np.errors import NrmsError
from nrms_np.evaluation.baselines import baseline_scores
from nrms_np.evaluation.ranking import metrics_of
from nrms_np.model import NRMS
from nrms_np.training.learning_curve import draw_learning_curve
from nrms_np.training.report import write_report
from nrms_np.training.run_folder import RunFolder
from nrms_np.training.trainer import Row, Trainer


class Run(NamedTuple):
    """A finished run.

    model:     of the best epoch.    folder: where everything is kept.
    epochs:    the metrics of each epoch; epoch 0 is the untrained model.
    baselines: the metrics of what needs no model, by its name.
    """

    model: NRMS
    folder: RunFolder
    epochs: list[Row]
    baselines: dict[str, dict[str, float]]

    @property
    def best(self) -> Row:
        """The metrics of the epoch with the highest AUC on dev."""
        return max(self.epochs, key=lambda row: row["auc"])


def fit(
    config: Config,
    data: Dataset,
    folder: str | Path,
    *,
    resume: bool = False,
    say: Callable[[str], None] = lambda _: None,
    on_row: Callable[[str, Row], None] = lambda *_: None,
    **options: Any,
) -> Run:
    """Train a model and write its run folder: settings, metrics, model, checkpoint, learning curve, REPORT.md.

    config:  all settings; word_dim is that of `data.word_vectors` where there are such.    data: from `read_dataset`.
    folder:  of the run; it must not hold one yet, unless `resume` goes on with it, exactly as if it had not stopped: with its own
             settings, of which `epochs` and `backend` may differ.
    say:     told what a user should know, one line at a time.
    on_row:  told each row of metrics with its name as soon as it is known: the baselines, then epoch after epoch.
    options: `stop`, `show_bar` and `share_words` of `trainer.Trainer`.

    Raises Interrupted, after a checkpoint, when `stop` says so; NrmsError for a folder that cannot be used, data without
    samples, and a loss that is no number any more.
    """
    run = RunFolder(folder)
    if data.word_vectors is not None:
        config = replace(config, word_dim=data.word_vectors.shape[1])

    if resume and replace(run.read_config()[0], epochs=config.epochs, backend=config.backend) != config:
        raise NrmsError(f"{run.path}: the run has other settings than these; give those of its config.json.")
    for note in data.notes:
        say(note)
    model = NRMS.create(config, data.vocabulary.words, data.word_vectors)
    words = model.parameters["word_embedding"].size
    others = sum(value.size for value in model.parameters.values()) - words
    say(f"model: {others:,} parameters and {words:,} in the word vectors ({len(model.vocabulary):,} words)")
    on_epoch = lambda row: on_row(f"epoch {row['epoch']}" if row["epoch"] else "untrained", row)  # noqa: E731
    trainer = Trainer(model, data, run, on_epoch=on_epoch, **options)
    if trainer.samples.skipped:
        say(f"train: {trainer.samples.skipped:,} impressions skipped, because all of their candidates were clicked")
    if not resume:
        run.create()
        glove = None if data.glove is None else str(data.glove.resolve())
        write_clicks(
            run.clicks, count_clicks(data.train)
        )  # for a Recommender: popularity where the model knows nothing
        run.write_config(config, {"folder": str(data.folder.resolve()), "glove": glove})
    baselines = {}
    for name, scores in baseline_scores(data.dev, data.train, config.seed).items():
        baselines[name] = metrics_of(scores, data.dev.behaviors).values
        on_row(name, baselines[name])
    if resume:
        trainer.resume()
    trainer.fit()
    rows = run.read_metrics()
    levels = {name: metrics["auc"] for name, metrics in baselines.items()}
    draw_learning_curve(run.learning_curve, rows, levels)
    write_report(run, levels, data.notes)
    return Run(NRMS.load(run.model, config.backend), run, rows, baselines)
