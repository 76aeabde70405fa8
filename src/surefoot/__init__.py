"""surefoot: the glass-box trainer for small neural networks.

    import surefoot as sf

    train, test = sf.load("digits").split(1000)
    run = sf.train(sf.Network((64, 6, 10)), train, test=test, views=["terminal"])

No learning rate to tune: every step's length is found by line search.  Every gradient and step can
be checked, and every number is on show.  Names load on first use; importing this costs NumPy only.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from surefoot.data import Data, load
    from surefoot.descent.function import FunctionObjective, ResidualObjective
    from surefoot.descent.loop import descend
    from surefoot.descent.method import Method
    from surefoot.descent.methods import method
    from surefoot.descent.state import State, advance, begin
    from surefoot.descent.stopping import Stop, stop
    from surefoot.errors import SurefootError
    from surefoot.network import Network
    from surefoot.training.finished import Run, read_run
    from surefoot.training.problem import Problem
    from surefoot.training.resume import branch, resume
    from surefoot.training.run import train
    from surefoot.training.verify import verify
    from surefoot.verification import check

_HOMES = {
    "Data": "data",
    "FunctionObjective": "descent.function",
    "Method": "descent.method",
    "Network": "network",
    "Problem": "training.problem",
    "ResidualObjective": "descent.function",
    "Run": "training.finished",
    "State": "descent.state",
    "Stop": "descent.stopping",
    "SurefootError": "errors",
    "advance": "descent.state",
    "begin": "descent.state",
    "branch": "training.resume",
    "check": "verification",
    "descend": "descent.loop",
    "load": "data",
    "method": "descent.methods",
    "read_run": "training.finished",
    "resume": "training.resume",
    "stop": "descent.stopping",
    "train": "training.run",
    "verify": "training.verify",
}

__all__ = [
    "Data",
    "FunctionObjective",
    "Method",
    "Network",
    "Problem",
    "ResidualObjective",
    "Run",
    "State",
    "Stop",
    "SurefootError",
    "advance",
    "begin",
    "branch",
    "check",
    "descend",
    "load",
    "method",
    "read_run",
    "resume",
    "stop",
    "train",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"surefoot has no {name!r}; it has {', '.join(__all__)}.")
    value = getattr(importlib.import_module(f"surefoot.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
