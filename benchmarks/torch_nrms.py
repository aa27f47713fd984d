"""NRMS in PyTorch, three times: the ordinary padded way, packed, and the fastest fair way we found.

`PaddedNRMS` is what public code does: every title padded to 30 words, every history to 50 clicks, each occurrence of a
news item encoded anew, dense Adam. It differs in one point: padding never takes part in attention. It knows nothing of
packing, so it is also the independent witness of the parity tests.

`PackedNRMS` encodes each distinct title of a batch once, multiplies packed rows, pads them only for PyTorch's own attention
function, and moves the word vectors with sparse Adam.

`GroupedNRMS` is the strongest competitor of the benchmarks: the same without any padding. Sequences of one length
stand together, so a slice of the packed rows is a dense block and needs no mask. (Measured with 1,400 titles, 16,400
words, 20 heads of 20, two threads: self-attention forward and backward takes 157 ms this way, 211 ms in three padded
buckets, 479 ms padded to the longest title; nested tensors have no CPU kernel for heads of 20. One product for Q, K
and V together, or pooling by `index_add`, is not faster.)

All take our parameters under our names and in our shapes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 (PyTorch's own convention)
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim import Adam, Optimizer, SparseAdam

import padded
from nrms_np.packed import Batch, IntArray, Packed
from padded import PaddedBatch

Groups = list[tuple[int, int]]


class PackedBatch(NamedTuple):
    """Distinct titles and the users, both sorted by length; `groups` lists (how many, of what length)."""

    words: Tensor  # (words of all titles,) rows of the word embedding
    title_groups: Groups
    history: Tensor  # (clicks of all users,) numbers of titles
    history_groups: Groups
    candidates: Tensor  # (B, 1 + K) numbers of titles, the users in sorted order


class SelfAttention(nn.Module):
    """The matrices of multi-head self-attention, and the queries, keys and values they make."""

    def __init__(
        self, width: int, heads: int, head_dim: int, *, attention: str, scaled: bool, output_projection: bool
    ) -> None:
        super().__init__()
        self.heads = heads
        self.scale = head_dim**-0.5 if scaled else 1.0
        bilinear = attention == "bilinear"
        self.Q = _parameter(heads, width, width) if bilinear else _parameter(width, heads * head_dim)
        self.K = None if bilinear else _parameter(width, heads * head_dim)
        self.V = _parameter(width, heads * head_dim)
        self.O = _parameter(heads * head_dim, heads * head_dim) if output_projection else None

    def project(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Make q, k (..., H, d, or D in the bilinear form) and v (..., H, d) from x (..., D)."""
        v = self._by_head(x @ self.V)
        if self.K is not None:
            return self._by_head(x @ self.Q), self._by_head(x @ self.K), v
        return torch.einsum("...i,hij->...hj", x, self.Q), x.unsqueeze(-2).expand(*x.shape[:-1], self.heads, -1), v

    def mix(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
        """Attend within (n, T, H, ·) and set the heads side by side: (n, T, H·d)."""
        q, k, v = q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=self.scale).transpose(1, 2).flatten(2)

    def _by_head(self, rows: Tensor) -> Tensor:
        return rows.unflatten(-1, (self.heads, -1))


class AdditiveAttention(nn.Module):
    """The query and the projection of additive attention."""

    def __init__(self, width: int, query_dim: int) -> None:
        super().__init__()
        self.W, self.b, self.q = _parameter(width, query_dim), _parameter(query_dim), _parameter(query_dim)

    def score(self, h: Tensor) -> Tensor:
        """Score each row of h (..., H·d): qᵀ tanh(W h + b)."""
        return torch.tanh(h @ self.W + self.b) @ self.q


class Encoder(nn.Module):
    """Self-attention, then additive attention, over padded or over packed sequences."""

    def __init__(self, attention: SelfAttention, pool: AdditiveAttention, dropout: float) -> None:
        super().__init__()
        self.attention = attention
        self.pool = pool
        self.dropout = dropout

    def padded(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Encode x (n, T, D), of which sequence i uses the first lengths[i] rows, to (n, H·d)."""
        # An empty sequence keeps one row so that its softmax is defined; its vector is set to zero at the end.
        mask = torch.arange(x.shape[1]) < lengths.clamp(min=1).unsqueeze(-1)
        h = self._finish(self.attention.mix(*self.attention.project(x), mask[:, None, None, :]))
        weights = self.pool.score(h).masked_fill(~mask, -torch.inf).softmax(dim=-1)
        return (weights.unsqueeze(1) @ h).squeeze(1) * (lengths > 0).unsqueeze(-1)

    def packed(self, x: Tensor, groups: Groups) -> Tensor:
        """Encode x (total, D), packed sequences of the lengths that `groups` says, to (n, H·d), padded for attention."""
        lengths = torch.tensor([length for count, length in groups for _ in range(count)])
        mask = torch.arange(max(int(lengths.max()), 1)) < lengths.clamp(min=1).unsqueeze(-1)
        place = (torch.arange(mask.shape[1]) < lengths.unsqueeze(-1)).flatten().nonzero().squeeze(1)

        def pad(rows: Tensor) -> Tensor:
            return rows.new_zeros(mask.numel(), *rows.shape[1:]).index_copy(0, place, rows).unflatten(0, mask.shape)

        q, k, v = (pad(rows) for rows in self.attention.project(x))
        h = self._finish(self.attention.mix(q, k, v, mask[:, None, None, :]).flatten(0, 1).index_select(0, place))
        scores = pad(self.pool.score(h)).masked_fill(~mask, -torch.inf)
        weights = scores.softmax(dim=-1) * (lengths > 0).unsqueeze(-1)
        return (weights.unsqueeze(1) @ pad(h)).squeeze(1)

    def grouped(self, x: Tensor, groups: Groups) -> Tensor:
        """Encode x (total, D), sequences of one length after another as `groups` says, to (n, H·d)."""
        sizes = [count * length for count, length in groups]
        # `split` and not slices: its backward is one concatenation, where each slice would fill an array of full size.
        parts = zip(*(rows.split(sizes) for rows in self.attention.project(x)), strict=True)
        mixed = [
            self.attention.mix(*(rows.unflatten(0, group) for rows in part)).flatten(0, 1)
            for group, part in zip(groups, parts, strict=True)
        ]
        h = self._finish(torch.cat(mixed))
        scored = zip(groups, self.pool.score(h).split(sizes), h.split(sizes), strict=True)
        pooled = [
            (scores.unflatten(0, group).softmax(dim=-1).unsqueeze(1) @ rows.unflatten(0, group)).squeeze(1)
            for group, scores, rows in scored
        ]
        return torch.cat(pooled)

    def _finish(self, h: Tensor) -> Tensor:
        if self.attention.O is not None:
            h = h @ self.attention.O
        return F.dropout(h, self.dropout, self.training)


class NRMS(nn.Module):
    """The parameters that both ways share, how they are loaded, and what a loss is.

    `scaled` None is as the paper has it: 1/√d in the projected form, nothing in the bilinear one. `attention_dropout`
    falls on the output of the word-level self-attention (the `recommenders` preset). All parameters are NaN until
    `load_parameters`.
    """

    def __init__(
        self, *, words: int, word_dim: int, heads: int, head_dim: int, query_dim: int, attention: str = "projected",
        scaled: bool | None = None, output_projection: bool = False, word_dropout: float = 0.2,
        attention_dropout: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__()
        self.word_embedding = _parameter(words, word_dim)
        wide = heads * head_dim
        scaled = attention == "projected" if scaled is None else scaled
        form = {"attention": attention, "scaled": scaled, "output_projection": output_projection}
        word_level = SelfAttention(word_dim, heads, head_dim, **form)
        news_level = SelfAttention(wide, heads, head_dim, **form)
        self.news = Encoder(word_level, AdditiveAttention(wide, query_dim), attention_dropout)
        self.user = Encoder(news_level, AdditiveAttention(wide, query_dim), dropout=0.0)
        self.word_dropout = word_dropout

    def load_parameters(self, parameters: dict[str, NDArray[np.floating]]) -> None:
        """Copy our parameters in; the model computes in their dtype from then on."""
        mine = dict(self.named_parameters())
        if set(mine) != set(parameters):
            raise ValueError(f"expected the parameters {sorted(mine)}, got {sorted(parameters)}")
        for name, parameter in mine.items():
            if tuple(parameter.shape) != parameters[name].shape:
                raise ValueError(f"{name} should be {tuple(parameter.shape)}, got {parameters[name].shape}")
            parameter.data = torch.tensor(parameters[name])

    def parameters_by_name(self) -> dict[str, NDArray[np.floating]]:
        """Copy the parameters out."""
        return {name: parameter.detach().numpy().copy() for name, parameter in self.named_parameters()}

    def gradients(self) -> dict[str, NDArray[np.floating]]:
        """Copy the gradients of the last backward out, all of them dense."""
        return {name: _dense(parameter.grad).numpy().copy() for name, parameter in self.named_parameters()}

    def embed(self, words: Tensor, *, sparse: bool) -> Tensor:
        """Look words up, with dropout."""
        return F.dropout(F.embedding(words, self.word_embedding, sparse=sparse), self.word_dropout, self.training)


class PaddedNRMS(NRMS):
    """NRMS as public code writes it, with the masks that public code forgets."""

    def encode_news(self, words: Tensor, lengths: Tensor) -> Tensor:
        """Encode titles (n, T) of which the first lengths[i] words count, to (n, H·d)."""
        return self.news.padded(self.embed(words, sparse=False), lengths)

    def scores(self, batch: PaddedBatch) -> Tensor:
        """Score the candidates: (B, 1 + K)."""
        # Histories and candidates go through the encoder together, as one large batch of titles.
        words = torch.cat([batch.history_words, batch.candidate_words], dim=1)
        lengths = torch.cat([batch.title_lengths, batch.candidate_lengths], dim=1)
        news = self.encode_news(words.flatten(0, 1), lengths.flatten()).unflatten(0, lengths.shape)
        clicked, candidates = news.split([batch.history_words.shape[1], batch.candidate_words.shape[1]], dim=1)
        users = self.user.padded(clicked, batch.history_lengths)
        return (candidates @ users.unsqueeze(-1)).squeeze(-1)

    def optimizers(self, learning_rate: float) -> list[Optimizer]:
        """Make one Adam for everything; it moves every row of the word embedding in every step."""
        return [Adam(self.parameters(), lr=learning_rate)]


class PackedNRMS(NRMS):
    """NRMS on distinct titles, packed, padded for the attention only."""

    def scores(self, batch: PackedBatch) -> Tensor:
        """Score the candidates: (B, 1 + K), the users in the order of the batch."""
        news = self.encode(self.news, self.embed(batch.words, sparse=True), batch.title_groups)
        users = self.encode(self.user, F.embedding(batch.history, news), batch.history_groups)
        return (F.embedding(batch.candidates, news) @ users.unsqueeze(-1)).squeeze(-1)

    def encode(self, encoder: Encoder, x: Tensor, groups: Groups) -> Tensor:
        """Encode the sequences of one level."""
        return encoder.packed(x, groups)

    def optimizers(self, learning_rate: float) -> list[Optimizer]:
        """Make a sparse Adam for the word embedding, which moves the rows of the batch only, and Adam for the rest."""
        rest = [parameter for parameter in self.parameters() if parameter is not self.word_embedding]
        return [SparseAdam([self.word_embedding], lr=learning_rate), Adam(rest, lr=learning_rate)]


class GroupedNRMS(PackedNRMS):
    """NRMS on distinct titles without padding."""

    def encode(self, encoder: Encoder, x: Tensor, groups: Groups) -> Tensor:
        """Encode the sequences of one level."""
        return encoder.grouped(x, groups)


def click_loss(scores: Tensor) -> Tensor:
    """Average the cross entropy over the samples; the clicked candidate is in column 0."""
    return F.cross_entropy(scores, torch.zeros(len(scores), dtype=torch.long))


def train_step(model: PaddedNRMS | PackedNRMS, optimizers: list[Optimizer], batch: PaddedBatch | PackedBatch) -> float:
    """Do one step, forward, backward and update, and return the loss before it."""
    model.train()
    model.zero_grad()
    loss = click_loss(model.scores(batch))
    loss.backward()
    for optimizer in optimizers:
        optimizer.step()
    return loss.item()


def pad_batch(batch: Batch, title_length: int = 30, history_length: int = 50) -> PaddedBatch:
    """Write every title of every sample out in full, padded with 0."""
    return PaddedBatch(*map(torch.from_numpy, padded.pad_batch(batch, title_length, history_length)))


def sort_batch(batch: Batch) -> PackedBatch:
    """Put titles and users of one length together."""
    title_order, title_groups = _by_length(batch.titles)
    user_order, history_groups = _by_length(batch.histories)
    new_number = np.argsort(title_order)
    words = batch.words[batch.titles.take(title_order).index]
    history = new_number[batch.histories.take(user_order).index]
    words, history, candidates = (
        torch.from_numpy(array.astype(np.int64)) for array in (words, history, new_number[batch.candidates[user_order]])
    )
    return PackedBatch(words, title_groups, history, history_groups, candidates)


def _by_length(sequences: Packed) -> tuple[IntArray, Groups]:
    """Give the order of the sequences by length, and (how many, of what length) in that order."""
    lengths, counts = np.unique(sequences.lengths, return_counts=True)
    return np.argsort(sequences.lengths, kind="stable"), list(zip(counts.tolist(), lengths.tolist(), strict=True))


def _parameter(*shape: int) -> nn.Parameter:
    return nn.Parameter(torch.full(shape, torch.nan))


def _dense(gradient: Tensor) -> Tensor:
    return gradient.to_dense() if gradient.is_sparse else gradient
