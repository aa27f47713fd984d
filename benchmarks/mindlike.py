"""A batch with the shape of a MIND-small batch, drawn at random: lengths, sharing of news and of words.

64 samples of MIND refer to about 1,850 titles, 1,400 of them distinct; those hold about 16,500 words, 5,300 of them distinct.
`python -m nrms_np.data.demo --scale small` writes a whole corpus of that shape; this is enough to time one step.
"""

from __future__ import annotations

import numpy as np

from nrms_np.packed import Batch, Packed, distinct, offsets_of

WORDS = 31_000
TITLES_PER_SAMPLE = 1400 / 64
CLICKS_PER_SAMPLE = 1530 / 64


def mindlike_batch(samples: int, seed: int, negatives: int = 4) -> Batch:
    """Draw a batch."""
    rng = np.random.default_rng([seed, 31])
    news = max(8, round(TITLES_PER_SAMPLE * samples))
    lengths = np.clip(np.round(rng.normal(11.8, 3.4, news)), 3, 30).astype(np.int64)
    frequency = 1 / (np.arange(WORDS) + 2.7)  # Zipf
    words = rng.choice(WORDS, lengths.sum(), p=frequency / frequency.sum())
    used, index = distinct(words, WORDS)
    clicks = np.clip(np.exp(rng.normal(np.log(19), 1.05, samples)), 0, 50)
    clicks = np.round(clicks * CLICKS_PER_SAMPLE * samples / clicks.sum()).clip(0, 50).astype(np.int64)
    histories = Packed(rng.integers(0, news, clicks.sum()).astype(np.int32), offsets_of(clicks))
    candidates = rng.integers(0, news, (samples, 1 + negatives)).astype(np.int32)
    # News of histories come first, as in every batch.
    order = np.argsort(~np.isin(np.arange(news), histories.index), kind="stable")
    number = np.argsort(order).astype(np.int32)
    titles = Packed(index, offsets_of(lengths)).take(order)
    return Batch(used, titles, Packed(number[histories.index], histories.offsets), number[candidates])
