"""`python -m nrms_np.train`: train NRMS and report AUC, MRR, nDCG@5 and nDCG@10 on the dev split."""

from __future__ import annotations

import argparse
import signal
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nrms_np.command import (
    DONE,
    INTERRUPTED,
    add_threads,
    make_parser,
    natural_int,
    positive_float,
    positive_int,
    run_command,
    share,
    use_threads,
)
from nrms_np.config import PARTS, PRESETS, Config

if TYPE_CHECKING:
    from nrms_np.data.dataset import Dataset
    from nrms_np.data.mind_files import Size
    from nrms_np.training.run_folder import RunFolder

DEMO = Path("data/demo")

COLUMNS = ("auc", "mrr", "ndcg@5", "ndcg@10")


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the options."""
    parser = make_parser("train", "Train NRMS on click logs in MIND's format. Without options: on the demo corpus.")
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--small", action="store_true", help="train on MIND-small; fetched into data/mind-small if it is not there"
    )
    where.add_argument(
        "--large", action="store_true", help="train on MIND-large; fetched into data/mind-large if it is not there"
    )
    where.add_argument(
        "--data", type=Path, default=DEMO, help="folder with train/ and dev/, each news.tsv and behaviors.tsv"
    )
    parser.add_argument("--preset", choices=PRESETS, default="paper", help="published settings to start from")
    parser.add_argument(
        "--attention", choices=("projected", "bilinear"), default="projected", help="form of self-attention"
    )
    parser.add_argument("--output-projection", action="store_true", help="add the Transformer's output matrix W_O")
    parser.add_argument("--ablate", choices=PARTS, nargs="+", default=(), help="parts to switch off")
    parser.add_argument("--glove", type=Path, default=None, metavar="FILE", help="word vectors in GloVe's text format")
    parser.add_argument("--minimum-count", type=positive_int, default=1, help="rarer words become the unknown word")
    parser.add_argument("--epochs", type=positive_int, default=None, help=f"epochs at most {_by_preset('epochs')}")
    parser.add_argument(
        "--batch-size", type=positive_int, default=None, help=f"samples a step {_by_preset('batch_size')}"
    )
    parser.add_argument(
        "--learning-rate", type=positive_float, default=None, help=f"Adam's step size {_by_preset('learning_rate')}"
    )
    parser.add_argument(
        "--negatives",
        type=positive_int,
        default=None,
        help=f"K, not clicked beside one clicked {_by_preset('negatives')}",
    )
    parser.add_argument("--dropout", type=share, default=None, help=f"share of numbers dropped {_by_preset('dropout')}")
    parser.add_argument("--seed", type=natural_int, default=0, help="decides everything that is drawn at random")
    add_threads(parser)
    parser.add_argument("--backend", choices=("kernels", "layers"), default="kernels", help="fast loops or plain ones")
    parser.add_argument(
        "--out",
        type=Path,
        default=None,
        help="run folder (default: runs/ and the name of the data folder, with a number if that exists)",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with the run in --out, its settings and data, from its last checkpoint; --epochs may be raised",
    )
    options = parser.parse_args(arguments)
    if options.resume and options.out is None:
        parser.error("--resume needs --out: the folder of the run to go on with")
    if options.resume:
        free = {"resume", "out", "epochs", "threads", "quiet"}
        given = [
            name for name, value in vars(options).items() if name not in free and value != parser.get_default(name)
        ]
        if given:
            parser.error(f"--resume goes on with the run's own settings; leave out --{given[0].replace('_', '-')}")
    return options


def _by_preset(name: str) -> str:
    """What the presets say about a setting, for the help."""
    values = (f"{preset} {getattr(Config(**changes), name)}" for preset, changes in PRESETS.items())
    return f"(default by preset: {', '.join(values)})"


def config_of(options: argparse.Namespace) -> Config:
    """The preset, changed by the options that were given."""
    values: dict[str, Any] = dict(PRESETS[options.preset])
    for name in ("epochs", "batch_size", "learning_rate", "negatives", "dropout"):
        if getattr(options, name) is not None:
            values[name] = getattr(options, name)
    return Config(
        **values,
        attention=options.attention,
        scaled=options.attention == "projected",
        output_projection=options.output_projection,
        ablate=tuple(options.ablate),
        minimum_count=options.minimum_count,
        seed=options.seed,
        backend=options.backend,
    )


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    options = parse(arguments)
    config = config_of(options)
    say = (lambda _: None) if options.quiet else print

    # Imported only now, so that --help and wrong usage answer at once.
    from nrms_np.data.dataset import read_dataset
    from nrms_np.data.locate import locate
    from nrms_np.data.mind_files import FOLDERS
    from nrms_np.kernels.parallel import available_threads
    from nrms_np.model import NRMS
    from nrms_np.training.learning_curve import draw_learning_curve
    from nrms_np.training.report import write_report
    from nrms_np.training.run_folder import RunFolder, free_folder
    from nrms_np.training.trainer import Interrupted, Trainer

    use_threads(options.threads)
    data_folder = options.data
    if options.small or options.large:
        size: Size = "small" if options.small else "large"
        data_folder = locate(size, FOLDERS[size], say, progress=not options.quiet)
    folder = RunFolder(options.out or free_folder(Path("runs"), data_folder.resolve().name))
    glove = options.glove
    if options.resume:
        config, saved = folder.read_config()
        config = replace(config, epochs=options.epochs or config.epochs)
        data_folder, glove = Path(saved["folder"]), saved["glove"] and Path(saved["glove"])
    data = read_dataset(
        data_folder, title_length=config.title_length, history_length=config.history_length,
        minimum_count=config.minimum_count, glove=glove, seed=config.seed,
    )  # fmt: skip
    if data.word_vectors is not None:
        config = replace(config, word_dim=data.word_vectors.shape[1])
    for note in data.notes:
        say(note)
    model = NRMS.create(config, data.vocabulary.words, data.word_vectors)
    say(_size_line(model))
    stopping = _StopSignals()
    trainer = Trainer(model, data, folder, on_epoch=_print_row, stop=stopping.asked, quiet=options.quiet)
    if trainer.samples.skipped:
        say(f"train: {trainer.samples.skipped:,} impressions skipped, because all of their candidates were clicked")
    try:
        with stopping:
            if not options.resume:
                folder.create()
                folder.write_config(
                    config, {"folder": str(data_folder.resolve()), "glove": glove and str(glove.resolve())}
                )
            levels = _print_baselines(data, config.seed)
            if options.resume:
                trainer.resume()
            trainer.fit()
    except Interrupted:
        print(f"interrupted; go on with: python -m nrms_np.train --resume --out {folder.path}")
        return INTERRUPTED
    draw_learning_curve(folder.learning_curve, folder.read_metrics(), levels)
    write_report(folder, levels, data.notes, threads=options.threads or available_threads())
    _print_summary(folder, trainer.progress.best_epoch, levels)
    return DONE


def _size_line(model: Any) -> str:
    sizes = {name: value.size for name, value in model.parameters.items()}
    words = sizes.pop("word_embedding")
    return (
        f"model: {sum(sizes.values()):,} parameters and {words:,} in the word vectors ({len(model.vocabulary):,} words)"
    )


def _print_baselines(data: Dataset, seed: int) -> dict[str, float]:
    """Print the metrics of what needs no model; returns their AUC by name."""
    from nrms_np.data.demo.truth import best_possible_scores
    from nrms_np.evaluation.baselines import popularity_scores, random_scores
    from nrms_np.evaluation.ranking import metrics_of

    print(
        f"\n{'':>12} {'loss':>8} {'AUC':>7} {'MRR':>7} {'nDCG@5':>7} {'nDCG@10':>7} {'train s':>8} {'eval s':>7} {'samples/s':>9}"
    )
    dev = data.dev.behaviors
    scores = {"random": random_scores(dev, seed), "popularity": popularity_scores(data.train, data.dev)}
    best = best_possible_scores(data.dev_folder, len(dev.candidates.index))
    if best is not None:
        scores["best possible"] = best
    levels = {}
    for name, values in scores.items():
        metrics = metrics_of(values, dev).named()
        levels[name] = metrics["auc"]
        print(f"{name:>12} {'':>8} " + " ".join(f"{metrics[column]:7.4f}" for column in COLUMNS))
    return levels


def _print_row(row: dict[str, Any]) -> None:
    metrics = " ".join(f"{row[column]:7.4f}" for column in COLUMNS)
    name = f"epoch {row['epoch']}" if row["epoch"] else "untrained"
    print(
        f"{name:>12} {row['loss']:8.4f} {metrics} {row['train_seconds']:8.1f} {row['eval_seconds']:7.1f} "
        f"{row['samples_per_second']:9,.0f}",
        flush=True,
    )


def _print_summary(folder: RunFolder, best_epoch: int, levels: dict[str, float]) -> None:
    row = next(row for row in folder.read_metrics() if row["epoch"] == best_epoch)
    print(f"\nbest epoch {best_epoch}: " + ", ".join(f"{column} {row[column]:.4f}" for column in COLUMNS))
    if levels.get("best possible", 0.0) > levels["popularity"]:
        way = (row["auc"] - levels["popularity"]) / (levels["best possible"] - levels["popularity"])
        print(f"that is {way:.0%} of the way from popularity to the best possible AUC")
    print(f"run folder: {folder.path}")


class _StopSignals:
    """Turns Ctrl-C and the system's request to end into a question that is asked between two steps."""

    def __init__(self) -> None:
        self._asked = False

    def asked(self) -> bool:
        """Whether the run should stop."""
        return self._asked

    def __enter__(self) -> None:
        self._before = {number: signal.signal(number, self._note) for number in (signal.SIGINT, signal.SIGTERM)}

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, *_: object) -> None:
        if self._asked:  # the second time it is meant at once: an evaluation may take long
            raise KeyboardInterrupt
        self._asked = True


if __name__ == "__main__":
    run_command(main)
