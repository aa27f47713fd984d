"""The settings of a model and of a training run, and the two published presets."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from importlib.util import find_spec
from typing import Any, NamedTuple

from nrms_np.errors import ConfigError

PARTS = ("news.attention", "news.pool", "user.attention", "user.pool")
"""What can be switched off, by the names of the parameters that go with it."""


class Kind(NamedTuple):
    """Which values a setting takes: their type, which of them fit, both in words, and all of them where they are names."""

    type: type
    fits: Callable[[Any], bool]
    words: str
    names: tuple[str, ...] = ()


COUNT = Kind(int, lambda value: value >= 1, "a whole number, 1 or more")
NATURAL = Kind(int, lambda value: value >= 0, "a whole number, 0 or more")
POSITIVE = Kind(float, lambda value: 0 < value < float("inf"), "a number above 0")
NOT_NEGATIVE = Kind(float, lambda value: 0 <= value < float("inf"), "a number, 0 or more")
SHARE = Kind(float, lambda value: 0 <= value < 1, "a number from 0 up to but not including 1")
SWITCH = Kind(bool, lambda _: True, "true or false")


def one_of(*names: str) -> Kind:
    """The kind of a setting that takes one of these names."""
    return Kind(str, lambda value: value in names, " or ".join(names), names)


def fastest_backend() -> str:
    """The name of the fastest backend that works here: `kernels`, or `layers` where Numba is not installed."""
    return "kernels" if find_spec("numba") else "layers"


def shown(value: Any) -> str:
    """The value of a setting as people read it."""
    if isinstance(value, (tuple, list)):  # JSON knows lists only
        return ", ".join(value) or "nothing"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def setting(default: Any, kind: Kind, meaning: str) -> Any:
    """A field of Config with what the command line and the documentation say about it."""
    more = {"default_factory": default} if callable(default) else {"default": default}
    return field(**more, metadata={"kind": kind, "meaning": meaning})


@dataclass(frozen=True)
class Config:
    """All settings; the defaults are the paper's, or others' where the paper is silent.

    What each one means stands beside it, and in `python -m nrms_np.train --help`, whose options are made from these fields.
    Raises ConfigError for a value that makes no sense.
    """

    # The model
    word_dim: int = setting(300, COUNT, "D, width of the word vectors")
    heads: int = setting(16, COUNT, "H, attention heads on each level")
    head_dim: int = setting(16, COUNT, "d, width of one head")
    query_dim: int = setting(200, COUNT, "A, width of the additive attention's query")
    attention: str = setting("projected", one_of("projected", "bilinear"), "form of self-attention")
    scaled: bool = setting(None, SWITCH, "divide attention scores by √d; as a rule projected does, bilinear does not")
    output_projection: bool = setting(False, SWITCH, "mix the heads by one more matrix, as in the original Transformer")
    ablate: tuple[str, ...] = setting(
        (), one_of(*PARTS), "parts to switch off: elements see only themselves, or the plain mean"
    )
    # The data
    tokens: str = setting(
        "unicode", one_of("unicode", "mind"), "rule that cuts titles into words: of every script, or the older one"
    )
    title_length: int = setting(30, COUNT, "words used of a title, the first ones")
    history_length: int = setting(50, COUNT, "clicks used of a history, the last ones")
    minimum_count: int = setting(1, COUNT, "words rarer than this in the train titles become the unknown word")
    # The training
    negatives: int = setting(4, COUNT, "K, candidates not clicked beside each clicked one")
    dropout: float = setting(0.2, SHARE, "share of numbers dropped in training")
    dropout_after_attention: bool = setting(False, SWITCH, "dropout also after word-level self-attention")
    learning_rate: float = setting(1e-3, POSITIVE, "step size of the optimiser")
    lazy_adam: bool = setting(True, SWITCH, "Adam moves only the word vectors of its batch, not all at each step")
    clip: float = setting(
        0.0, NOT_NEGATIVE, "largest norm of a step's gradients, above which they are scaled down; 0: no limit"
    )
    batch_size: int = setting(64, COUNT, "samples per training step")
    epochs: int = setting(4, COUNT, "how often training goes through all samples, at most")
    patience: int = setting(2, COUNT, "epochs without a better dev AUC after which training stops")
    seed: int = setting(0, NATURAL, "decides everything that is drawn at random")
    backend: str = setting(fastest_backend, one_of("kernels", "layers"), "fast loops, or the plain ones to read")

    def __post_init__(self) -> None:
        if self.scaled is None:
            object.__setattr__(self, "scaled", self.attention == "projected")
        for one in fields(self):
            kind, given, many = one.metadata["kind"], getattr(self, one.name), isinstance(one.default, tuple)
            values = tuple(given) if many and isinstance(given, (list, tuple)) else (given,)
            if many:
                object.__setattr__(self, one.name, values)
            for value in values:
                right = isinstance(value, (int, float) if kind.type is float else kind.type)
                if not right or (isinstance(value, bool) and kind.type is not bool) or not kind.fits(value):
                    raise ConfigError(f"{one.name} must be {kind.words}, not {value!r}.")

    @property
    def news_dim(self) -> int:
        """H·d, the width of news and user vectors."""
        return self.heads * self.head_dim

    @property
    def scale(self) -> float:
        """What attention scores are multiplied by."""
        return 1 / self.head_dim**0.5 if self.scaled else 1.0

    def to_json(self) -> str:
        """The settings as a JSON object, one per line."""
        return json.dumps(asdict(self), indent=2)

    @classmethod
    def from_json(cls, text: str) -> Config:
        """Read what `to_json` wrote. Raises ConfigError for names or values that do not fit."""
        try:
            values: dict[str, Any] = json.loads(text)
            values.pop("data", None)  # a run folder's config.json also says what the run was given as data
            unknown = sorted(set(values) - {one.name for one in fields(cls)})
            if unknown:
                raise ConfigError(f"the settings {', '.join(unknown)} are not known to this version.")
            values.setdefault("tokens", "mind")  # models from before there was a choice
            values["ablate"] = tuple(values.get("ablate", ()))
            return cls(**values)
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise ConfigError(f"the settings cannot be read: {error}.") from error


MAY_CHANGE = ("epochs", "patience", "backend")
"""The settings that a run may be gone on with in another value."""

PRESETS: dict[str, dict[str, Any]] = {
    "paper": {},
    "recommenders": {
        "heads": 20,
        "head_dim": 20,
        "batch_size": 32,
        "epochs": 5,
        "learning_rate": 1e-4,
        "lazy_adam": False,
        "dropout_after_attention": True,
    },
}
"""What a preset changes in the defaults. `paper`: Wu et al., 2019; `recommenders`: the Recommenders project's notebook."""
