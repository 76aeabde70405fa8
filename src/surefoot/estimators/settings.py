"""An estimator's parameters, checked together when `fit` begins (scikit-learn wants none checked before).

Each refusal names the parameter, the value that came, and what to give.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

from surefoot.descent.method import Method
from surefoot.descent.methods import method as lookup
from surefoot.errors import BadValue, UnknownName
from surefoot.network.activations import activation
from surefoot.training.problem import PRECISIONS

WAYS = ("auto", "dense", "packed")  # to compute; the others are for data that an estimator is not given


@dataclass(frozen=True)
class Settings:
    """The parameters of a fit, in the types that the fit uses."""

    hidden: tuple[int, ...]
    activation: str
    method: Method
    l2: float  # 0 for "auto": what decay.py chooses comes in its place
    choose_l2: bool
    max_iter: int
    tol: float
    early_stopping: bool
    validation_fraction: float
    patience: int
    standardize: bool
    warm_start: bool
    restarts: int
    view: Any
    precision: str
    compute: str


def settings(parameters: dict[str, Any]) -> Settings:
    """The parameters of an estimator (its `get_params`) as Settings.

    Raises
    ------
    BadValue, UnknownName : a parameter that cannot be used.
    """
    p = parameters
    hidden = _hidden(p["hidden"])
    auto_l2 = isinstance(p["l2"], str) and p["l2"] == "auto"
    activation(p["activation"] if isinstance(p["activation"], str) else repr(p["activation"]))
    return Settings(
        hidden=hidden,
        activation=p["activation"],
        method=lookup(p["method"]),
        l2=0.0
        if auto_l2
        else _number("l2", p["l2"], lambda x: x >= 0, "'auto', or a finite number >= 0, such as 1e-3"),
        choose_l2=auto_l2,
        max_iter=_whole("max_iter", p["max_iter"]),
        tol=_number("tol", p["tol"], lambda x: x >= 0, "a finite number >= 0, such as 1e-5"),
        early_stopping=_flag("early_stopping", p["early_stopping"]),
        validation_fraction=_number(
            "validation_fraction", p["validation_fraction"], lambda x: 0 < x < 1, "a fraction between 0 and 1"
        ),
        patience=_whole("patience", p["patience"]),
        standardize=True
        if p["standardize"] == "auto"
        else _flag("standardize", p["standardize"], ", or 'auto'"),
        warm_start=_flag("warm_start", p["warm_start"]),
        restarts=_whole("restarts", p["restarts"]),
        view=p["view"],
        precision=_one_of("precision", p["precision"], ("auto", *PRECISIONS)),
        compute=_one_of("way to compute", p["compute"], WAYS),
    )


def _hidden(hidden: Any) -> tuple[int, ...]:
    widths = (hidden,) if isinstance(hidden, Integral) else hidden
    try:
        units = tuple(widths)
    except TypeError:
        units = (None,)
    if not all(isinstance(u, Integral) and not isinstance(u, bool) and int(u) >= 1 for u in units):
        raise BadValue(
            f"hidden is {hidden!r}; give the units of each hidden layer as whole numbers >= 1, such as "
            "(16,) or (32, 16), or () for none."
        )
    return tuple(int(u) for u in units)


def _number(name: str, value: Any, fits: Callable[[float], bool], wanted: str) -> float:
    number = isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
    if not number or not fits(float(value)):
        raise BadValue(f"{name} is {value!r}; give {wanted}.")
    return float(value)


def _whole(name: str, value: Any) -> int:
    if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
        raise BadValue(f"{name} is {value!r}; give a whole number >= 1.")
    return int(value)


def _flag(name: str, value: Any, more: str = "") -> bool:
    if value not in (True, False):
        raise BadValue(f"{name} is {value!r}; give True or False{more}.")
    return bool(value)


def _one_of(name: str, value: Any, known: Any) -> str:
    if not isinstance(value, str) or value not in known:
        raise UnknownName(name, value, known)
    return value
