"""What the estimators do when nobody says otherwise: every default, once."""

from __future__ import annotations

HIDDEN = (16,)  # units of the hidden layers
ACTIVATION = "tanh"
METHOD = "auto"
L2 = "auto"  # c / n, with c by cross-validation: decay.py
MAX_ITER = 200
TOL = 1e-5
VALIDATION_FRACTION = 0.1
PATIENCE = 10  # iterations without a better validation loss
