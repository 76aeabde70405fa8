"""Tables that tests write: rows of made-up people, and a way to spoil them."""

from __future__ import annotations

import numpy as np


def people(n=120, seed=0):
    """Names and rows of a table with numbers, categories and gaps; `stays` follows from them, mostly."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(n):
        age, pay, town = (
            round(rng.uniform(18, 70), 1),
            round(rng.lognormal(3, 0.4), 2),
            rng.choice(list("ABC")),
        )
        score = 0.08 * (age - 40) + (1.2 if town == "B" else -0.4) + 0.3 * rng.normal()
        cells = ["" if rng.random() < 0.1 else str(age), str(pay), "NA" if rng.random() < 0.05 else str(town)]
        rows.append([*cells, f"{10 * score + pay:.3f}", "yes" if score > 0 else "no"])
    return ["age", "pay", "town", "worth", "stays"], rows


def text_of(names, rows, mark=",", end="\n"):
    return end.join(mark.join(row) for row in [names, *rows]) + end


def with_column(name, cells, n=120, place=0):
    """The people with one more column."""
    names, rows = people(n)
    names = [*names[:place], name, *names[place:]]
    return text_of(names, [[*row[:place], cell, *row[place:]] for row, cell in zip(rows, cells, strict=True)])
