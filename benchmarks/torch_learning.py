"""A whole training of PyTorch's NRMS, with first parameters and dropout of its own."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nrms_np.config import Config
from nrms_np.data.behaviors import Behaviors
from nrms_np.data.dataset import Dataset
from nrms_np.evaluation.ranking import distinct_sequences, metrics_of
from nrms_np.packed import Packed
from nrms_np.parameters import WORD_SCALE
from seeds import Epochs, each_epoch
from torch_nrms import GroupedNRMS, sort_batch, train_step

SEQUENCES_PER_BLOCK = 1024


def train_torch(data: Dataset, config: Config) -> Epochs:
    """Train from config.seed on the samples that our model gets for it."""
    torch.manual_seed(config.seed)  # its dropout has no other generator than the global one
    model = GroupedNRMS(
        words=len(data.vocabulary), word_dim=config.word_dim, heads=config.heads, head_dim=config.head_dim,
        query_dim=config.query_dim, word_dropout=config.dropout,
        attention_dropout=config.dropout if config.dropout_after_attention else 0.0,
    )  # fmt: skip
    draw_parameters(model, data.word_vectors, torch.Generator().manual_seed(config.seed))
    optimizers = model.optimizers(config.learning_rate)

    epochs = []
    for epoch in each_epoch(data, config):
        for batch in epoch:
            train_step(model, optimizers, sort_batch(batch))
        scores = score_split(model, data.dev_titles, data.dev.behaviors)
        epochs.append(metrics_of(scores, data.dev.behaviors).values)
    return epochs


def draw_parameters(model: GroupedNRMS, word_vectors: NDArray[np.floating] | None, generator: torch.Generator) -> None:
    """Draw the first values: Glorot's for matrices, zero for biases, normal word vectors where none are given."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name == "word_embedding":
                parameter.normal_(0.0, WORD_SCALE, generator=generator)
            elif name.endswith(".b"):
                parameter.zero_()
            else:
                matrix = parameter if parameter.dim() == 2 else parameter.unsqueeze(1)
                nn.init.xavier_uniform_(matrix, generator=generator)
        if word_vectors is not None:
            model.word_embedding.copy_(torch.tensor(word_vectors))


@torch.no_grad()
def score_split(model: GroupedNRMS, titles: Packed, behaviors: Behaviors) -> NDArray[np.floating]:
    """Score all candidates of a split: (total,), aligned with behaviors.candidates.index."""
    model.eval()
    news = _encode(model, titles, model.word_embedding, "news")
    histories, which = distinct_sequences(behaviors.histories)
    users = _encode(model, histories, news, "user")
    user_of = torch.from_numpy(np.repeat(which, behaviors.candidates.lengths))
    shown = torch.from_numpy(behaviors.candidates.index.astype(np.int64))
    blocks = zip(user_of.split(1 << 16), shown.split(1 << 16), strict=True)
    return torch.cat([(users[u] * news[c]).sum(-1) for u, c in blocks]).numpy()


def _encode(model: GroupedNRMS, sequences: Packed, table: Tensor, level: str) -> Tensor:
    """Encode sequences of rows of a table, those of one length together, in blocks that bound the memory."""
    order = np.argsort(sequences.lengths, kind="stable")
    encoder = model.news if level == "news" else model.user
    vectors = torch.empty(sequences.count, encoder.attention.V.shape[1])
    for start in range(0, len(order), SEQUENCES_PER_BLOCK):
        chosen = order[start : start + SEQUENCES_PER_BLOCK]
        block = sequences.take(chosen)
        lengths, counts = np.unique(block.lengths, return_counts=True)
        rows = table[torch.from_numpy(block.index.astype(np.int64))]
        groups = list(zip(counts.tolist(), lengths.tolist(), strict=True))
        vectors[torch.from_numpy(chosen)] = model.encode(encoder, rows, groups)
    return vectors
