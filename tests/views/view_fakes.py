"""Made-up runs for the views: records only, no network behind them."""

from __future__ import annotations

import numpy as np

from surefoot.records import Cost, Ending, Frame, Header, Outcome, Samples, Step, Trial, Verdict

DONE = Ending("iterations", "The 60 planned iterations are done.")
FAILED = Ending("failed", "Something broke.")


def a_header(**changes):
    rng = np.random.default_rng(0)
    samples = Samples(
        inputs=rng.integers(0, 17, (8, 64)).astype(np.uint8),
        labels=np.arange(8),
        rows=tuple(range(0, 800, 100)),
    )
    known = {
        "sizes": (64, 6, 10), "activation": "logistic", "loss": "cross-entropy", "parameters": 460,
        "method": "classic", "iterations": 60, "data": "digits", "n_train": 1000, "n_test": 797,
        "classes": tuple("0123456789"), "image_shape": (8, 8), "scale": 16.0, "l2": 0.0,
        "precision": "double", "compute": "dense", "samples": samples,
    }  # fmt: skip
    return Header(**(known | changes))


def a_step(k, **changes):
    alpha = 2.0 if k % 3 else 0.5
    loss = 2.3 / (1 + 0.1 * k) + 0.01 * (k % 2)
    halvings = [2.0, 1.0, 0.5] if alpha == 0.5 else [2.0]
    trials = tuple(
        Trial(a, loss * (2 if a > alpha else 1), None,
              Verdict.ACCEPTED if a == alpha else Verdict.LITTLE_DECREASE, -0.1)
        for a in halvings
    )  # fmt: skip
    measures = {"accuracy_train": 1 - 0.9 / (1 + 0.1 * k)}
    if k % 10 == 0:
        measures |= {"accuracy_test": 0.95 - 0.85 / (1 + 0.1 * k), "loss_test": loss * 1.1}
    known = {
        "iteration": k, "value": loss, "gradient_norm": loss / 3, "cost": Cost(2 * k + 1, 3 * k, 3 * k),
        "seconds": 0.03 * k, "measures": measures,
    }  # fmt: skip
    if k:
        known |= {"alpha": alpha, "slope": -0.2, "trials": trials, "outcome": Outcome.DECREASED}
    return Step(**(known | changes))


def some_outputs(k, n=10, s=8):
    """(s, n) probabilities that sharpen with k; the last sample stays wrong."""
    scores = np.full((s, n), 0.0)
    right = (np.arange(s) + (np.arange(s) == s - 1)) % n
    scores[np.arange(s), right] = 0.1 * k
    return np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)


def frames(n=60, **changes):
    return [Frame(a_step(k, **changes), outputs=some_outputs(k)) for k in range(n + 1)]


def play(view, header, shown, ending=DONE):
    view.open(header)
    for frame in shown:
        view.show(frame)
    view.close(ending)
