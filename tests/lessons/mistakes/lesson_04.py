"""Mistakes in the exercises of lesson 04."""

MISTAKES = [
    ("derive_query_and_key_gradients", "scale * (dS.T @ queries)", "scale * (dS @ queries)"),
    ("derive_query_and_key_gradients", "scale * (dS @ keys), scale * (dS.T @ queries)", "dS @ keys, dS.T @ queries"),
    ("one_head_forward", " / np.sqrt(Q.shape[1])", " / np.sqrt(Q.shape[0])"),
    ("one_head_forward", "queries @ keys.T", "keys @ queries.T"),
    ("one_head_forward", "return alpha @ values", "return alpha.T @ values"),
    ("one_head_backward", "d_queries @ Q.T + d_keys @ K.T + d_values @ V.T", "d_queries @ Q.T + d_values @ V.T"),
    ("one_head_backward", "scale * (d_scores @ keys), scale * (d_scores.T", "d_scores @ keys, (d_scores.T"),
    ("one_head_backward", "alpha.T @ dh", "alpha @ dh"),
    ("one_head_backward", "d_scores = softmax_backward(d_alpha, alpha)", "d_scores = d_alpha * alpha * (1 - alpha)"),
    ("projected_attention_forward", "d = Q.shape[1] // heads", "d = Q.shape[1]"),
    ("projected_attention_forward", "V[:, columns])", "V[:, :d])"),
    ("projected_attention_backward", "dx += dx_k", "dx = dx_k"),
    ("projected_attention_backward", "dh[:, columns], x", "dh[:, :d], x"),
    ("projected_attention_backward", "return dx, dQ, dK, dV", "return dx / heads, dQ, dK, dV"),
    ("heads_side_by_side", "stacked.transpose(1, 0, 2).reshape(T, heads * d)", "stacked.reshape(T, heads * d)"),
    ("heads_side_by_side", "transpose(1, 0, 2)", "transpose(1, 2, 0)"),
]
