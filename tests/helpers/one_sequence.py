"""The encoder's self-attention, in the form that the parameters have, on one sequence and with the plain layers."""

import numpy as np

from nrms_np import encoder
from nrms_np.layers import batched
from nrms_np.packed import Packed


def self_attention_forward(x, parameters, heads, scale):
    """x: (T, D).    Returns (h, cache): h (T, H·d)."""
    once = Packed(np.arange(len(x)), np.array([0, len(x)]))
    return encoder.self_attention_forward(x, once, parameters, heads, scale, batched)


def self_attention_backward(dh, cache):
    """Gradients of x and, by their names, of the parameters."""
    return encoder.self_attention_backward(dh, cache, batched)
