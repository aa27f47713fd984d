"""Mistakes in the exercises of lesson 07."""

MISTAKES = [
    ("derive_news_row_gradient", "d_row += d_rows", "d_row = d_rows"),
    ("derive_news_row_gradient", ".sum(axis=0)", ".mean(axis=0)"),
    ("derive_news_row_gradient", "d_rows[rows == m]", "d_rows[m : m + 1]"),
    ("history_forward", "r = news[clicks]", "r = news"),
    ("history_forward", "1 / np.sqrt(Q.shape[1] // heads)", "1 / np.sqrt(Q.shape[1])"),
    ("history_forward", "r = news[clicks]", "r = news[np.unique(clicks)]"),
    ("history_backward", "np.add.at(d_rows, places, dr)", "d_rows[places] = dr"),
    ("history_backward", "np.add.at(d_rows, places, dr)", "d_rows[places] += dr"),
    ("history_backward", "np.add.at(d_rows, places, dr)", "np.add.at(d_rows, places[::-1], dr)"),
    ("history_backward", "    return rows, d_rows,", "    return clicks, dr,"),
    ("history_backward", "return rows, d_rows, dQ, dK, dV", "return rows, d_rows, dK, dQ, dV"),
    ("encode_once", "np.add.at(d_news, rows, d_rows)", "d_news[rows] += d_rows"),
    (
        "encode_once",
        "    return encoder_backward(d_news)",
        "    half = encoder_backward(d_news / 2)\n    return half + encoder_backward(d_news / 2)",
    ),
    ("encode_once", "return encoder_backward(d_news)", "return d_news"),
]
