"""The table of methods: every name that `sf.method(...)` and `--method` know.

A new method is one function here, made of a direction, a search and a first-trial rule.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from surefoot.descent.directions.steepest import Steepest
from surefoot.descent.method import Always, Method
from surefoot.descent.searches.armijo import Armijo
from surefoot.descent.searches.constant import Constant
from surefoot.errors import BadValue, UnknownName


def classic() -> Method:
    """The notebook's rule: steepest descent, the first of 2, 1, 1/2, ... to satisfy Armijo, c₁ = 0.01."""
    return Method("classic", Steepest(), Armijo(c1=0.01, shrink=0.5, max_trials=100), Always(2.0))


def constant(alpha: float = 0.2) -> Method:
    """Steepest descent with one step length for ever, taken without looking: here to be compared with."""
    return Method("constant", Steepest(), Constant(), Always(alpha))


def auto() -> Method:
    """What we recommend when nothing is said."""
    return classic()


METHODS: dict[str, Callable[..., Method]] = {"auto": auto, "classic": classic, "constant": constant}


def method(name: str | Method, **options: Any) -> Method:
    """Look a method up by name and set its options; a Method is returned as it is.

    Raises
    ------
    UnknownName : no such method.   BadValue : an option that the method does not have.

    >>> method("constant", alpha=0.5).first
    Always(alpha=0.5)
    """
    if isinstance(name, Method):
        return name
    if name not in METHODS:
        raise UnknownName("method", name, METHODS)
    make = METHODS[name]
    known = inspect.signature(make).parameters
    for option in options:
        if option not in known:
            has = f"its options are {', '.join(known)}" if known else "it has none"
            raise BadValue(f"Method {name!r} has no option {option!r}; {has}.")
    return make(**options)
