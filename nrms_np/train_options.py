"""The options of `python -m nrms_np.train`, and what they mean for a run that is gone on with."""

from __future__ import annotations

import argparse
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nrms_np.command import add_threads, make_parser, value_of
from nrms_np.config import MAY_CHANGE, POSITIVE, PRESETS, Config, fastest_backend, shown
from nrms_np.data.mind.files import FOLDERS
from nrms_np.errors import ConfigError, NrmsError

if TYPE_CHECKING:
    from nrms_np.training.run_folder import RunFolder


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the options. Each is None where it was not given, so that a run to go on with can be asked whether it agrees."""
    parser = make_parser("train", "Train NRMS on click logs in MIND's format. Without options: on the demo corpus.")
    where = parser.add_mutually_exclusive_group()
    for edition, folder in FOLDERS.items():
        of_edition = f"train on MIND-{edition}; fetched into {folder.as_posix()} if it is not there"
        where.add_argument(f"--{edition}", action="store_true", help=of_edition)
    where.add_argument(
        "--data",
        type=Path,
        help="folder with train/, dev/ and perhaps test/, each news.tsv and behaviors.tsv (default: data/demo)",
    )
    parser.add_argument("--preset", choices=PRESETS, help="published settings to start from (default: paper)")
    parser.add_argument("--glove", type=Path, metavar="FILE", help="word vectors in GloVe's text format")
    parser.add_argument(
        "--from",
        type=Path,
        metavar="RUN",
        help="trained model to go on from: its settings and words, and the new words of --data",
    )
    add_threads(parser)
    parser.add_argument(
        "--out",
        type=Path,
        help="run folder (default: runs/ and the name of the data folder, with a number if that exists)",
    )
    parser.add_argument(
        "--resume", action="store_true",
        help="go on with the run in --out, or else the newest run of this data, from its last checkpoint, or begin where there is "
        "none; other options may be given as before, --epochs, --patience, --backend and --threads anew",
    )  # fmt: skip
    parser.add_argument(
        "--checkpoint-minutes",
        type=value_of(POSITIVE),
        default=5.0,
        help="minutes of training from one checkpoint to the next",
    )
    parser.add_argument(
        "--allow-unscored",
        action="store_true",
        help="train even where half of the dev impressions or more cannot be scored",
    )
    _add_settings(parser.add_argument_group("settings, which change those of the preset"))
    return parser.parse_args(arguments)


def _add_settings(group: argparse._ArgumentGroup) -> None:
    """An option for each field of Config."""
    for field in fields(Config):
        kind, name = field.metadata["kind"], field.name
        how: dict[str, Any] = {"type": value_of(kind), "metavar": kind.type.__name__.upper()}
        if kind.type is bool:
            how = {"action": argparse.BooleanOptionalAction}
        elif kind.names:
            how = {"choices": kind.names}
        values = {preset: getattr(Config(**changes), name) for preset, changes in PRESETS.items()}
        if isinstance(values["paper"], tuple):
            how["nargs"] = "+"
            default = ""
        elif len(set(values.values())) == 1:
            default = f" (default: {shown(values['paper'])})"
        else:
            default = f" (default by preset: {', '.join(f'{p} {shown(v)}' for p, v in values.items())})"
        group.add_argument(f"--{name.replace('_', '-')}", default=None, help=field.metadata["meaning"] + default, **how)


def given_settings(options: argparse.Namespace) -> dict[str, Any]:
    """The settings that the options name: those of a preset that was given, changed by those given one by one."""
    given = {field.name: getattr(options, field.name) for field in fields(Config)}
    changes = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    of_preset: dict[str, Any] = {}
    if options.preset is not None:
        preset = Config(**PRESETS[options.preset])
        of_preset = {name: getattr(preset, name) for changed in PRESETS.values() for name in changed}
    return of_preset | {name: value for name, value in changes.items() if value is not None}


def config_of(options: argparse.Namespace, trained: Config | None = None) -> Config:
    """The settings of a new run: the preset's, or those of a trained model to go on from, changed by the options given."""
    given = given_settings(options)
    return Config(**given) if trained is None else replace(trained, **given)


def run_to_resume(options: argparse.Namespace, data: Path) -> RunFolder | None:
    """The run to go on with: that in --out, or else the newest in runs/ that was trained on this data; None if there is none."""
    from nrms_np.training.run_folder import RunFolder

    if options.out is not None:
        run = RunFolder(options.out)
        return run if run.config.exists() else None
    found = []
    for config in Path("runs").glob("*/config.json"):
        run = RunFolder(config.parent)
        try:
            if Path(run.read_config()[1]["folder"]) == data.resolve():
                found.append((config.stat().st_mtime_ns, str(run.path), run))
        except NrmsError:
            continue  # what cannot be read is not gone on with
    return max(found)[-1] if found else None


def resumed_config(options: argparse.Namespace, run: RunFolder, data: Path | None) -> tuple[Config, dict[str, Any]]:
    """The settings that a run is gone on with, and what it was given as data.

    data: the folder that was asked for, None where none was.
    Raises ConfigError, with the name of the option, where one that may not change was given in another value than the run has.
    """
    config, saved = run.read_config()
    given = given_settings(options)
    if options.lazy_adam is None:  # a preset may say something else than when the run was started
        given.pop("lazy_adam", None)
    for name, value in given.items():
        if name not in MAY_CHANGE and value != getattr(config, name):
            _refuse(run, f"--{name.replace('_', '-')} {shown(value)}", f"{name} {shown(getattr(config, name))}")
    for option, path, name in (
        ("data", data, "folder"),
        ("glove", options.glove, "glove"),
        ("from", getattr(options, "from"), "from"),
    ):
        if path is not None and str(path.resolve()) != saved[name]:
            _refuse(run, f"--{option} {path}", saved[name] or f"no --{option}")
    given = {name: value for name, value in given.items() if name in MAY_CHANGE and getattr(options, name) is not None}
    backend = "layers" if fastest_backend() == "layers" else given.get("backend", config.backend)
    return replace(config, **{**given, "backend": backend}), saved


def _refuse(run: RunFolder, given: str, has: str) -> None:
    raise ConfigError(
        f"{given}: the run in {run.path} has {has}; leave the option out to go on with it, or start another run without --resume."
    )
