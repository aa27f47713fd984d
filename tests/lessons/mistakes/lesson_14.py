"""Mistakes in the exercises of lesson 14."""

MISTAKES = [
    ("derive_fourth", "ashby_norton + norton_ashby - ashby_ashby", "ashby_norton + norton_ashby + ashby_ashby"),
    ("derive_fourth", "ashby_norton + norton_ashby - ashby_ashby", "ashby_ashby"),
    ("paired_difference", "np.var(difference, ddof=1)", "np.var(difference)"),
    ("paired_difference", "variance / len(full)", "variance"),
    ("paired_difference", "np.var(difference, ddof=1)", "np.var(full, ddof=1) + np.var(ablated, ddof=1)"),
    ("paired_difference", "float(t * np", "float(2 * np"),
    ("agreement", "np.argmax(np.abs(effect))", "np.argmax(effect)"),
    ("agreement", "1 / len(of_title)", "1 / len(weights)"),
    ("agreement", "1 / len(of_title)", "np.max(of_title)"),
    ("interaction", " + without()", ""),
    ("interaction", "without(i, j) - without(i) - without(j) + without()", "without(i, j) - without()"),
    ("interaction", "if i not in places", "if word not in [words[place] for place in places]"),
]
