"""Mistakes in the exercises of lesson 07."""

MISTAKES = [
    ("derive_row_gradient", "d_row += d_rows", "d_row = d_rows"),
    ("derive_row_gradient", ".sum(axis=0)", ".mean(axis=0)"),
    ("derive_row_gradient", "d_rows[rows == m]", "d_rows[m : m + 1]"),
    ("history_forward", "r = news[clicks]", "r = news"),
    ("history_forward", "1 / np.sqrt(Q.shape[1] // heads)", "1 / np.sqrt(Q.shape[1])"),
    ("history_backward", "np.add.at(d_news, clicks, dr)", "d_news[clicks] = dr"),
    ("history_backward", "np.add.at(d_news, clicks, dr)", "d_news[clicks] += dr"),
    ("history_backward", "return d_news, dQ, dK, dV", "return d_news, dK, dQ, dV"),
    ("encode_once", "np.add.at(d_news, rows, d_rows)", "d_news[rows] += d_rows"),
    (
        "encode_once",
        "    return encoder_backward(d_news)",
        "    half = encoder_backward(d_news / 2)\n    return half + encoder_backward(d_news / 2)",
    ),
    ("encode_once", "return encoder_backward(d_news)", "return d_news"),
]
