"""The settings of a model and of a training run, and the two published presets."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any

from nrms_np.errors import ConfigError

PARTS = ("news.attention", "news.pool", "user.attention", "user.pool")
"""What can be switched off, by the names of the parameters that go with it."""


@dataclass(frozen=True)
class Config:
    """All settings; the defaults are the paper's (MIND.md's table where the paper is silent)."""

    # The model
    word_dim: int = 300
    """D, the width of the word vectors."""
    heads: int = 16
    """H, attention heads on each level."""
    head_dim: int = 16
    """d, the width of one head."""
    query_dim: int = 200
    """A, the width of the additive attention's query."""
    attention: str = "projected"
    """`projected` or `bilinear`: the form of self-attention."""
    scaled: bool = True
    """Whether scores are divided by √d. Equation 1 to the letter (bilinear) has no scaling."""
    output_projection: bool = False
    """Whether one more matrix mixes the heads, as in the original Transformer."""
    ablate: tuple[str, ...] = ()
    """Parts that are switched off, out of PARTS: attention sees only the element itself, pooling is the plain mean."""
    # The data
    title_length: int = 30
    """The first so many words of a title are used."""
    history_length: int = 50
    """The last so many clicks of a history are used."""
    minimum_count: int = 1
    """Words rarer than this in the train titles become the unknown word."""
    # The training
    negatives: int = 4
    """K, candidates not clicked beside each clicked one."""
    dropout: float = 0.2
    """The share of numbers that is dropped in training."""
    dropout_after_attention: bool = False
    """Whether dropout falls also on the output of word-level self-attention, besides the word embeddings."""
    learning_rate: float = 1e-3
    """The step size of Adam."""
    batch_size: int = 64
    """Samples a training step."""
    epochs: int = 4
    """How often training goes through all samples, at most."""
    patience: int = 2
    """Training stops after so many epochs without a better dev AUC."""
    seed: int = 0
    """Decides the initial parameters, the order of the samples, the negatives and the dropout."""
    backend: str = "kernels"
    """`kernels` (fast) or `layers` (the plain loops)."""

    def __post_init__(self) -> None:
        for name in ("word_dim", "heads", "head_dim", "query_dim", "title_length", "history_length",
                     "minimum_count", "negatives", "batch_size", "epochs", "patience"):  # fmt: skip
            if not isinstance(getattr(self, name), int):
                raise ConfigError(f"{name} must be a whole number, not {getattr(self, name)!r}.")
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, not {getattr(self, name)}.")
        if self.seed < 0:
            raise ConfigError(f"seed must not be negative, but is {self.seed}.")
        if not 0 <= self.dropout < 1:
            raise ConfigError(f"dropout must be at least 0 and below 1, not {self.dropout}.")
        if not 0 < self.learning_rate < float("inf"):
            raise ConfigError(f"learning_rate must be a positive number, not {self.learning_rate}.")
        if self.attention not in ("projected", "bilinear"):
            raise ConfigError(f"attention must be projected or bilinear, not {self.attention!r}.")
        if self.backend not in ("kernels", "layers"):
            raise ConfigError(f"backend must be kernels or layers, not {self.backend!r}.")
        for part in self.ablate:
            if part not in PARTS:
                raise ConfigError(f"ablate takes {', '.join(PARTS)}, not {part!r}.")

    @property
    def news_dim(self) -> int:
        """H·d, the width of news and user vectors."""
        return self.heads * self.head_dim

    @property
    def scale(self) -> float:
        """What attention scores are multiplied by."""
        return 1 / self.head_dim**0.5 if self.scaled else 1.0

    def to_json(self) -> str:
        """The settings as a JSON object, one a line."""
        return json.dumps(asdict(self), indent=2)

    @classmethod
    def from_json(cls, text: str) -> Config:
        """Read what `to_json` wrote. Raises ConfigError for names or values that do not fit."""
        try:
            values: dict[str, Any] = json.loads(text)
            values.pop("data", None)  # a run folder's config.json also says what the run was given as data
            known = {field.name for field in fields(cls)}
            unknown = sorted(set(values) - known)
            if unknown:
                raise ConfigError(f"the settings {', '.join(unknown)} are not known to this version.")
            values["ablate"] = tuple(values.get("ablate", ()))
            return cls(**values)
        except (ValueError, TypeError, AttributeError) as error:
            raise ConfigError(f"the settings cannot be read: {error}.") from error


PRESETS: dict[str, dict[str, Any]] = {
    "paper": {},
    "recommenders": {
        "heads": 20,
        "head_dim": 20,
        "batch_size": 32,
        "epochs": 5,
        "learning_rate": 1e-4,
        "dropout_after_attention": True,
    },
}
"""What a preset changes in the defaults. `paper`: Wu et al., 2019; `recommenders`: the Recommenders project's notebook."""
