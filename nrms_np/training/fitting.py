"""A whole run from Python: what `python -m nrms_np.train` does, without its printing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nrms_np.config import MAY_CHANGE, Config
from nrms_np.data.clicks import count_clicks, write_clicks
from nrms_np.data.dataset import Dataset, Split
from nrms_np.errors import ConfigError, NrmsError
from nrms_np.evaluation.baselines import baseline_metrics
from nrms_np.evaluation.metrics import expected_at_random, mean_metrics
from nrms_np.evaluation.ranking import Shared, evaluate, load_trained
from nrms_np.model import NRMS
from nrms_np.training.going_on import go_on_from
from nrms_np.training.learning_curve import draw_learning_curve
from nrms_np.training.memory import check_memory
from nrms_np.training.outcome import best_of, doubts
from nrms_np.training.ranks import ALONE, Ranks
from nrms_np.training.report import write_report
from nrms_np.training.run_folder import RunFolder
from nrms_np.training.trainer import Row, Trainer


class Run(NamedTuple):
    """A finished run.

    model:     of the best epoch.    folder: where everything is kept.
    epochs:    the metrics of each epoch; epoch 0 is the model before training.
    baselines: the metrics of what needs no model, by its name.
    doubts:    why the model is of little use, one line each; empty for a useful one.
    test:      the metrics of the best epoch on the test split and, as "baselines", of what needs no model; None without such.
    """

    model: NRMS
    folder: RunFolder
    epochs: list[Row]
    baselines: dict[str, dict[str, float]]
    doubts: list[str]
    test: Row | None

    @property
    def best(self) -> Row:
        """The metrics of the epoch with the highest AUC on dev."""
        return best_of(self.epochs)


def fit(
    config: Config,
    data: Dataset,
    folder: str | Path,
    *,
    start: str | Path | None = None,
    resume: bool = False,
    say: Callable[[str], None] = lambda _: None,
    warn: Callable[[str], None] = lambda _: None,
    on_row: Callable[[str, Row], None] = lambda *_: None,
    allow_unscored: bool = False,
    ranks: Ranks = ALONE,
    **options: Any,
) -> Run:
    """Train a model and write its run folder: settings, metrics, model, checkpoint, learning curve, REPORT.md.

    config:  all settings; word_dim is that of `data.word_vectors` where there are such.    data: from `read_dataset`.
    folder:  of the run; it must not hold one yet, unless `resume` goes on with it, exactly as if it had not stopped: with its own
             settings, of which `epochs`, `patience` and `backend` may differ.
    start:   run folder or file of a trained model to go on from, with a fresh optimiser; `data` was read with its vocabulary.
    say:     told what a user should know, one line at a time.    warn: told what is odd about the data.
    on_row:  told each row of metrics with its name as soon as it is known: the baselines, then epoch after epoch.
    allow_unscored: train even where half of the impressions of dev or more cannot be scored.
    ranks:   the processes that train together, each of which calls this. Only the first of them writes into the folder and tells
             anything, and only its result has more than the model.
    options: `stop`, `checkpoint_minutes`, `show_bar` and `share_words` of `trainer.Trainer`.

    Raises Interrupted when `stop` says so and KeyboardInterrupt at a signal that it noted, both after a checkpoint if there was a
    step; NrmsError for a folder that cannot be used, and for a loss or scores that are no numbers any more.
    """
    run = RunFolder(folder)
    if data.word_vectors is not None:
        config = replace(config, word_dim=data.word_vectors.shape[1])
    if resume:
        saved, origin = run.read_config()
        if replace(saved, **{name: getattr(config, name) for name in MAY_CHANGE}) != config:
            raise NrmsError(f"{run.path}: the run has other settings than these; give those of its config.json.")
    else:
        if ranks.first:
            run.check_free()
        glove, before = (None if path is None else str(Path(path).resolve()) for path in (data.glove, start))
        origin = {"folder": str(data.folder.resolve()), "glove": glove, "from": before}
    for note in data.notes:
        say(note)
    for warning in data.warnings if ranks.first else ():
        warn(warning)
    if data.vocabulary.tokens != config.tokens:
        raise ConfigError(f"tokens is {config.tokens}, but the data was read by the rule {data.vocabulary.tokens}.")
    check_memory(config, data, ranks.count, ranks.beside)
    if start is None or (resume and run.checkpoint.exists()):  # a checkpoint has all parameters
        model = NRMS.create(config, data.vocabulary.words, data.word_vectors)
    else:
        trained = load_trained(Path(start))
        if data.word_vectors is not None and config.word_dim != trained.config.word_dim:
            raise NrmsError(
                f"{data.glove}: its vectors have {config.word_dim} numbers, but those of the model in {start} have "
                f"{trained.config.word_dim}; take a file of such vectors, or leave out --glove."
            )
        model = go_on_from(trained, config, data.vocabulary.words, data.word_vectors)
    words = model.parameters["word_embedding"].size
    others = sum(value.size for value in model.parameters.values()) - words
    say(f"model: {others:,} parameters and {words:,} in the word vectors ({len(model.vocabulary):,} words)")
    first = "untrained" if start is None else "at the start"
    on_epoch = lambda row: on_row(f"epoch {row['epoch']}" if row["epoch"] else first, row)  # noqa: E731
    trainer = Trainer(model, data, run, on_epoch=on_epoch, ranks=ranks, **options)
    if not ranks.first:
        return _followed(trainer, ranks.shared)
    baselines = _baselines(data.dev, data.train)
    if unscored := _unscored(data.dev, allow_unscored):
        say(unscored)
    with run.locked():
        if not resume:
            run.check_free()  # once more: another training may have begun and ended here in the meantime
        for name, metrics in baselines.items():
            on_row(name, metrics)
        if resume:
            trainer.resume()
        else:
            # For a Recommender: popularity where the model knows nothing.
            write_clicks(run.clicks, count_clicks(data.train))
        run.write_config(config, origin)  # of a resumed run too: with more epochs it has them from now on
        trainer.fit()
        if trainer.stopped_early:
            say(
                f"stopped after epoch {trainer.progress.epoch} of {config.epochs}, because the dev AUC has not risen for "
                f"{config.patience} epochs; to go on: --resume with more --patience"
            )
        rows = run.read_metrics()
        model = NRMS.load(run.model, config.backend)
        ranks.same(model.parameters)
        test = _test(model, data, ranks.shared)
        if test is not None and data.test is not None:
            test = {"epoch": best_of(rows)["epoch"], **test, "baselines": _baselines(data.test, data.train)}
            run.write_test(test)
        levels = {name: metrics["auc"] for name, metrics in baselines.items()}
        draw_learning_curve(run.learning_curve, rows, levels)
        write_report(run, levels, [*data.notes, *filter(None, [unscored])], data.warnings, test)
    return Run(model, run, rows, baselines, doubts(rows, levels, config), test)


def _followed(trainer: Trainer, shared: Shared) -> Run:
    """The part of a rank that is not the first: the same steps, and nothing written."""
    trainer.fit()
    trainer.ranks.same(trainer.model.parameters)  # the best epoch's
    return Run(trainer.model, trainer.folder, [], {}, [], _test(trainer.model, trainer.data, shared))


def _unscored(dev: Split, allowed: bool) -> str:
    """How many impressions of dev cannot be scored, in a line; empty if all can. Raises NrmsError for half of them or more."""
    clicked, candidates = dev.behaviors.clicked, dev.behaviors.candidates
    assert clicked is not None, "read_dataset asks for labels"
    undefined = int(np.isnan(expected_at_random(clicked, candidates.offsets)).any(axis=1).sum())
    if not undefined:
        return ""
    line = (
        f"dev: {undefined:,} of {candidates.count:,} impressions cannot be scored, because nothing or everything in them was "
        "clicked; all metrics are means over the others"
    )
    if 2 * undefined >= candidates.count and not allowed:
        raise NrmsError(f"{line}. If that is as it should be, train with --allow-unscored.")
    return line


def _baselines(split: Split, train: Split) -> dict[str, dict[str, float]]:
    return {name: mean_metrics(each).values for name, each in baseline_metrics(split, train).items()}


def _test(model: NRMS, data: Dataset, shared: Shared) -> Row | None:
    """The metrics of a model on the test split, where there is one."""
    if data.test is None or data.test_titles is None:
        return None
    return dict(evaluate(model, data.test_titles, data.test.behaviors, shared).values)
