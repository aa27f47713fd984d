"""Mistakes in the exercises of lesson 02."""

MISTAKES = [
    ("derive_row_gradient", "dx[rows == w].sum(axis=0)", "dx[rows == w][-1]"),
    ("derive_row_gradient", ".sum(axis=0)", ".mean(axis=0)"),
    ("derive_dropout_factor", "1 / (1 - rate)", "1 - rate"),
    ("derive_dropout_factor", "1 / (1 - rate)", "1 / rate"),
    ("embedding_forward", "return table[rows]", "return table[np.unique(rows)]"),
    ("embedding_forward", "return table[rows]", "return np.stack([table[row] for row in rows])"),
    ("embedding_backward", "np.add.at(d_table, rows, dx)", "d_table[rows] += dx"),
    ("embedding_backward", "np.add.at(d_table, rows, dx)", "d_table[rows] = dx"),
    (
        "embedding_backward",
        "np.add.at(d_table, rows, dx)",
        "d_table += (rows[:, None] == np.arange(len(table))).T @ dx",
    ),
    (
        "embedding_backward",
        "np.add.at(d_table, rows, dx)",
        "d_table += np.eye(len(table), dtype=table.dtype)[rows].T @ dx",
    ),
    ("embedding_backward", "np.zeros_like(table)", "np.zeros(table.shape)"),
    ("dropout_forward", "return x * kept / (1 - rate)", "return x * kept"),
    ("dropout_forward", "return x * kept / (1 - rate)", "return x * kept / rate"),
    ("dropout_forward", "return x * kept / (1 - rate)", "return x * kept / kept.mean()"),
    ("dropout_backward", "return dy * kept / (1 - rate)", "return dy / (1 - rate)"),
    ("dropout_backward", "return dy * kept / (1 - rate)", "return dy * kept"),
]
