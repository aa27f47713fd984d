"""Mistakes in the exercises of lesson 02."""

MISTAKES = [
    ("title_rows", ", dtype=int)", ")"),
    ("embedding_backward", "np.add.at(d_table, rows, dx)", "d_table[rows] += dx"),
    ("embedding_backward", "np.add.at(d_table, rows, dx)", "d_table[rows] = dx"),
    ("dropout_forward", "return x * kept / (1 - rate)", "return x * kept"),
    ("dropout_forward", "return x * kept / (1 - rate)", "return x * kept / rate"),
    ("dropout_backward", "return dy * kept / (1 - rate)", "return dy / (1 - rate)"),
]
