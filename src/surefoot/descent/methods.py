"""The table of methods: every name that `sf.method(...)` and `--method` know.

A new method is one function here, made of a direction, a search and a first-trial rule.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from surefoot.descent.directions.barzilai_borwein import BarzilaiBorwein
from surefoot.descent.directions.conjugate import Conjugate
from surefoot.descent.directions.newton import NewtonCG
from surefoot.descent.directions.plane import Plane
from surefoot.descent.directions.quasi_newton import BFGS, LBFGS
from surefoot.descent.directions.shanno import Shanno
from surefoot.descent.directions.steepest import Steepest
from surefoot.descent.first import ScaleFree
from surefoot.descent.method import Always, Direction, Method, Search
from surefoot.descent.searches.armijo import Armijo
from surefoot.descent.searches.by_cost import ByCost
from surefoot.descent.searches.constant import Constant
from surefoot.descent.searches.exact import Exact
from surefoot.descent.searches.growing import Growing
from surefoot.descent.searches.hager_zhang import HagerZhang
from surefoot.descent.searches.nonmonotone import NonMonotone
from surefoot.descent.searches.wolfe import Wolfe
from surefoot.errors import BadValue, UnknownName

SEARCHES: dict[str, Callable[[], Search]] = {
    "armijo": Armijo,
    "growing": Growing,
    "wolfe": Wolfe,
    "hager-zhang": HagerZhang,
    "exact": Exact,
    "nonmonotone": NonMonotone,
    "by-cost": lambda: ByCost(Exact(), Wolfe()),
}


def classic() -> Method:
    """The notebook's rule: steepest descent, the first of 2, 1, 1/2, ... to satisfy Armijo, c₁ = 0.01."""
    return Method("classic", Steepest(), Armijo(c1=0.01, shrink=0.5, max_trials=100), Always(2.0))


def constant(alpha: float = 0.2) -> Method:
    """Steepest descent with one step length for ever, taken without looking: here to be compared with."""
    return Method("constant", Steepest(), Constant(), Always(alpha))


def steepest(search: str = "growing") -> Method:
    """Steepest descent whose step may grow and shrink with the surface."""
    return _method("steepest", Steepest(), search)


def bb(search: str = "nonmonotone") -> Method:
    """Barzilai-Borwein: steepest descent with a length learnt from the last step; the loss may rise."""
    return _method("bb", BarzilaiBorwein(), search)


def cg(beta: str = "Shanno", search: str = "by-cost") -> Method:
    """Nonlinear conjugate gradients (FR, PR+, HS, DY, HZ or Shanno): little memory, better than steepest.

    Its strong Wolfe search asks for c₂ = 0.8, closer than a quasi-Newton's 0.9: conjugacy lives on it.
    """
    direction: Direction = Shanno() if beta == "Shanno" else Conjugate(beta)
    rule = _method("cg", direction, search)
    return replace(rule, search=Wolfe(c2=0.8)) if search == "wolfe" else rule


def plane(search: str = "exact") -> Method:
    """Step and momentum jointly: exact Newton in the plane of both, without a pass for the second."""
    return _method("plane", Plane(), search)


def bfgs(search: str = "by-cost") -> Method:
    """BFGS with the whole matrix: up to some thousand parameters."""
    return _method("bfgs", BFGS(), search)


def lbfgs(m: int = 30, search: str = "by-cost") -> Method:
    """L-BFGS: curvature learnt from the last m steps."""
    return _method("lbfgs", LBFGS(m), search)


def newton(products: int = 50, search: str = "by-cost") -> Method:
    """Newton-CG on the exact Hessian, damped: few iterations, each of many passes."""
    return _method("newton", NewtonCG(products=products), search)


def gauss_newton(products: int = 50, search: str = "by-cost") -> Method:
    """Gauss-Newton-CG with Levenberg-Marquardt damping: best where residuals are small."""
    return _method("gauss-newton", NewtonCG(gauss_newton=True, products=products), search)


def auto() -> Method:
    """What we recommend: L-BFGS, searching closely where trials are cheap and loosely where they are not."""
    return _method("auto", LBFGS(30), "by-cost")


METHODS: dict[str, Callable[..., Method]] = {
    "auto": auto,
    "classic": classic,
    "constant": constant,
    "steepest": steepest,
    "bb": bb,
    "cg": cg,
    "plane": plane,
    "bfgs": bfgs,
    "lbfgs": lbfgs,
    "newton": newton,
    "gauss-newton": gauss_newton,
}


def _method(name: str, direction: Direction, search: str) -> Method:
    if search not in SEARCHES:
        raise UnknownName("search", search, SEARCHES)
    return Method(name, direction, SEARCHES[search](), ScaleFree())


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
