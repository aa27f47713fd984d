"""The training loop: batches, loss and gradients, Adam; after each epoch the dev split, early stopping, the run folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, fields
from importlib.util import find_spec
from itertools import islice
from math import isfinite
from typing import Any

import numpy as np

from nrms_np.data.batches import Samples, batches
from nrms_np.data.dataset import Dataset
from nrms_np.errors import NrmsError
from nrms_np.evaluation.ranking import evaluate
from nrms_np.model import NRMS
from nrms_np.packed import Batch
from nrms_np.training.adam import Adam
from nrms_np.training.checkpoint import Origin, Progress, load_checkpoint, save_checkpoint
from nrms_np.training.gradients import clip, norm
from nrms_np.training.memory import peak_memory_mb
from nrms_np.training.ranks import ALONE, Ranks
from nrms_np.training.run_folder import RunFolder
from nrms_np.training.stopping import Stop

BATCHES_OF_UNTRAINED_LOSS = 8

Row = dict[str, Any]


class Interrupted(Exception):  # noqa: N818  (it is no error)
    """The run was asked to stop; a checkpoint was written, if it had made a step."""


class Trainer:
    """One run: model, data, optimiser and progress.

    on_epoch:    called with the metrics of each epoch as soon as they are known.
    on_step:     called after each step with its number in the run, from 1, and its loss.
    stop:        asked after each step; True ends the run with a checkpoint and Interrupted.
    checkpoint_minutes: how long training goes on before the next checkpoint.
    show_bar:    whether a bar shows how far an epoch is, where tqdm is installed.
    ranks:       the processes that train together.
    share_words: one dropout mask for all uses of a word in a batch; see `data.batches.batches`.
    """

    def __init__(
        self,
        model: NRMS,
        data: Dataset,
        folder: RunFolder,
        *,
        on_epoch: Callable[[Row], None] = lambda _: None,
        on_step: Callable[[int, float], None] = lambda _step, _loss: None,
        stop: Stop | None = None,
        checkpoint_minutes: float = 5.0,
        show_bar: bool = False,
        ranks: Ranks = ALONE,
        share_words: bool = True,
    ) -> None:
        self.model, self.data, self.folder, self.ranks = model, data, folder, ranks
        self.on_epoch, self.on_step, self.stop = on_epoch, on_step, stop or Stop()
        self.show_bar, self.share_words = show_bar, share_words
        self.seconds_per_checkpoint = 60 * checkpoint_minutes
        self.config = model.config
        self.optimiser = Adam(model.parameters, self.config.learning_rate, lazy=self.config.lazy_adam)
        self.samples = Samples.from_behaviors(data.train.behaviors)
        self.batches_per_epoch = -(-len(self.samples) // self.config.batch_size)
        self.origin = Origin.of(self.config, data.fingerprint())
        self.progress = Progress()

    def resume(self) -> None:
        """Go back to where the run's checkpoint was written; a run that has none yet starts at its beginning."""
        if self.folder.checkpoint.exists():
            self.progress = load_checkpoint(
                self.folder.checkpoint, self.model, self.optimiser, self.origin, self.batches_per_epoch
            )
            if self.progress.epoch > self.config.epochs:
                raise NrmsError(
                    f"{self.folder.path}: the run is in epoch {self.progress.epoch} already; "
                    f"--epochs cannot be {self.config.epochs}, less than that."
                )
            for row in self.folder.read_metrics():
                if row["epoch"] <= self.progress.finished:
                    self.on_epoch(row)

    def fit(self) -> None:
        """Train until the last epoch, or until the dev AUC has not risen for `patience` epochs.

        Raises Interrupted when `stop` says so, KeyboardInterrupt at a signal noted after it was last asked in an epoch.
        """
        self._check_alike()
        self._make_alike()
        progress = self.progress
        if progress.best_auc < 0:  # not even the untrained model has been evaluated
            self._finish_epoch(self._untrained_loss())
        while not self._finished():
            if progress.batch == 0:
                progress.epoch += 1
                progress.loss_sum, progress.norm_sum, progress.samples, progress.seconds = 0.0, 0.0, 0, 0.0
            self._train_epoch()
            self._finish_epoch(progress.loss_sum / progress.samples)

    @property
    def stopped_early(self) -> bool:
        """Whether the dev AUC has not risen for `patience` epochs, and so the run ends before its last epoch."""
        progress, config = self.progress, self.config
        return progress.batch == 0 and progress.epoch < config.epochs and self._unimproved() >= config.patience

    def _unimproved(self) -> int:
        return self.progress.epoch - self.progress.best_epoch

    def _finished(self) -> bool:
        at_end = self.progress.epoch >= self.config.epochs and self.progress.batch == 0
        return at_end or self.stopped_early

    def _batches(self, epoch: int, first: int = 0) -> Iterator[Batch]:
        return batches(
            self.data.train, self.data.train_titles, self.samples, batch_size=self.config.batch_size,
            negatives=self.config.negatives, words=len(self.data.vocabulary), seed=self.config.seed, epoch=epoch, first=first,
            share_words=self.share_words,
        )  # fmt: skip

    def _untrained_loss(self) -> float:
        some = islice(self._batches(epoch=1), BATCHES_OF_UNTRAINED_LOSS)
        losses = [
            (self.ranks.total(self.model.loss(self.ranks.share(batch)), {})[0], len(batch.candidates)) for batch in some
        ]
        return sum(loss * size for loss, size in losses) / sum(size for _, size in losses)

    def _train_epoch(self) -> None:
        progress = self.progress
        started, written = time.perf_counter() - progress.seconds, time.perf_counter()
        with self.stop.patient(self._save_checkpoint), self._bar() as bar:
            for batch in self._batches(progress.epoch, progress.batch):
                share = self.ranks.share(batch)
                loss, gradients = self.ranks.total(
                    *self.model.loss_and_row_gradients(share, dropout_step=self.optimiser.steps)
                )
                size = norm(gradients)
                if not isfinite(loss) or not isfinite(size):
                    raise NrmsError(self._diverged("gradient" if isfinite(loss) else "loss"))
                if self.config.clip:
                    clip(gradients, size, self.config.clip)
                self.optimiser.step(self.model.parameters, gradients)
                samples = len(batch.candidates)
                progress.batch += 1
                progress.samples += samples
                progress.loss_sum += loss * samples
                progress.norm_sum += size
                progress.seconds = time.perf_counter() - started
                self.on_step(self.optimiser.steps, loss)
                if bar is not None:
                    bar.update(samples)
                    bar.set_postfix(loss=f"{progress.loss_sum / progress.samples:.4f}", refresh=False)
                if self.stop():
                    self._save_checkpoint()
                    raise Interrupted
                if time.perf_counter() - written > self.seconds_per_checkpoint:
                    self._save_checkpoint()
                    written = time.perf_counter()

    def _diverged(self, what: str) -> str:
        progress = self.progress
        return (
            f"the {what} is not a number any more at step {self.optimiser.steps + 1}, in epoch {progress.epoch}; try a lower "
            f"--learning-rate, or --clip 1. {self.folder.model} is the best model before, that of epoch {progress.best_epoch}."
        )

    def _bar(self) -> AbstractContextManager[Any]:
        """The bar of an epoch, or None."""
        if not self.show_bar or not find_spec("tqdm"):
            return nullcontext()
        from tqdm import tqdm

        return tqdm(
            total=len(self.samples), initial=self.progress.samples, unit=" samples",
            desc=f"epoch {self.progress.epoch}", leave=False, disable=None,
        )  # fmt: skip

    def _finish_epoch(self, loss: float) -> None:
        """Evaluate, write the epoch's metrics, keep the model if it is the best so far, write a checkpoint."""
        progress = self.progress
        started = time.perf_counter()
        try:
            metrics = evaluate(self.model, self.data.dev_titles, self.data.dev.behaviors, self.ranks.shared).values
            if self.stop():
                raise KeyboardInterrupt
        except KeyboardInterrupt as signal:
            if progress.epoch:  # trained to its end, but not evaluated
                self._save_checkpoint()
            raise Interrupted from signal
        progress.batch = 0
        row = {
            "epoch": progress.epoch,
            "step": self.optimiser.steps,
            "loss": loss,
            "grad_norm": progress.norm_sum / self.batches_per_epoch if progress.epoch else None,
            **metrics,
            "train_seconds": round(progress.seconds, 3),
            "eval_seconds": round(time.perf_counter() - started, 3),
            "samples_per_second": round(progress.samples / progress.seconds, 1) if progress.seconds else 0.0,
            "peak_rss_mb": round(peak_memory_mb(), 1),
        }
        with self.stop.patient():
            if metrics["auc"] > progress.best_auc:
                progress.best_auc, progress.best_epoch = metrics["auc"], progress.epoch
                if self.ranks.first:
                    self.model.save(self.folder.model)
            if self.ranks.first:
                self.folder.add_metrics(row)
            self._save_checkpoint()
            self.on_epoch(row)
        self._make_alike()

    def _check_alike(self) -> None:
        """Raise NrmsError where ranks have other settings or data: each would compute shares of another batch."""
        told = (self.config.to_json(), self.origin.data, *self.model.vocabulary)
        self.ranks.agree(f"{each}\n".encode() for each in told)

    def _make_alike(self) -> None:
        """Give all ranks the first one's state: it has read the checkpoint, and other processors may round otherwise."""
        progress = np.array([*asdict(self.progress).values(), self.optimiser.steps], dtype=np.float64)
        arrays = {
            f"{kind}/{name}": value for kind, values in self.optimiser.state.items() for name, value in values.items()
        }
        self.ranks.same({**self.model.parameters, **arrays, "progress": progress})
        for field, value in zip(fields(Progress), progress.tolist(), strict=False):
            setattr(self.progress, field.name, value if field.type == "float" else int(value))
        self.optimiser.steps = int(progress[-1])

    def _save_checkpoint(self) -> None:
        if not self.ranks.first:
            return
        save_checkpoint(self.folder.checkpoint, self.model, self.optimiser, self.progress, self.origin)
