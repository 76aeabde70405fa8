"""The race: several methods from the same start on the same data, over what they pay.

The axis is passes over the data, products of all training rows with one block of first-layer columns or
its transpose; tails and seconds stand beside it.  What is charged:

    ours                       as counted in the objective: 2 per iteration, 2 more per product
    a peer's value, gradient   2: one product forward, its transpose backward
    a peer's value alone       1

and when a loss is known: after the forward product of its point.  So record k of ours counts one
pass before its gradient is paid, and a peer's evaluation one pass before its own.  Every curve is the lowest
loss known so far.  Preparations (a first call, compiling) are made before the clock starts and not charged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from surefoot.arrays import Array, Vector
from surefoot.descent.loop import descend
from surefoot.descent.method import Method
from surefoot.descent.methods import method as lookup
from surefoot.descent.stopping import Stop
from surefoot.errors import BadValue
from surefoot.records import Curve, Race
from surefoot.training.options import Options
from surefoot.training.peers import Course, LeftOut, Peer, run_peer
from surefoot.training.peers import peer as find_peer
from surefoot.training.problem import Problem

FEWEST = 8  # passes: the first mark of a table is an eighth of them


@dataclass
class Runner:
    """One that takes part: its name, and how it runs."""

    name: str
    run: Callable[[], Curve] = field(repr=False)


def race(
    problem: Any, theta: Vector, methods: Iterable[str | Method], passes: int = 200
) -> tuple[Curve, ...]:
    """Run our methods from theta (P,) on one objective, each for so many passes.

    Raises
    ------
    UnknownName : no such method.   ShapeError, BadValue : a start that cannot be.

    >>> import surefoot as sf
    >>> net, data = sf.Network((64, 6, 10)), sf.load("digits")
    >>> auto, classic = race(sf.Problem(net, data), net.initial(rng=0), ["auto", "classic"], 40)
    >>> auto.loss_at(40) < classic.loss_at(40)
    True
    """
    rules = [lookup(name) for name in methods]
    _warm(problem, theta)
    return tuple(run_method(problem, theta, rule, passes) for rule in rules)


def run_method(problem: Any, theta: Vector, method: Method, passes: int) -> Curve:
    """The curve of one of our methods: records whose loss was known within `passes`."""
    known, losses, seconds, tails = [], [], [], []
    descent = descend(problem, theta, method, Stop())
    for step in descent:
        if step.cost.passes - 1 > passes:
            break
        if step.alpha == 0:  # refused: nothing new is known
            continue
        known.append(step.cost.passes - 1)
        losses.append(step.value)
        seconds.append(step.seconds)
        tails.append(step.cost.tails)
    lowest = np.fmin.accumulate(losses)
    ending = "" if descent.ending is None else descent.ending.sentence
    return Curve(
        method.name, tuple(known), tuple(lowest.tolist()), tuple(seconds), tuple(tails), ending=ending
    )


def hold_race(
    options: Options,
    methods: Sequence[str],
    against: Sequence[str] = (),
    passes: int = 200,
    tell: Callable[[str], None] = lambda name: None,
) -> Race:
    """Race our methods, and peers by name, on the data and the network that `options` say.

    tell : is called with the name of each before it runs.

    Raises
    ------
    UnknownName : no such method or peer.   BadValue : too few passes, nobody to run.
    """
    if passes < FEWEST:
        raise BadValue(f"--passes is {passes}; give {FEWEST} or more, such as 200.")
    rules, peers = [lookup(name) for name in methods], [find_peer(name) for name in against]
    if not rules and not peers:
        raise BadValue("Nobody races: name methods (--methods auto,classic) or peers (--against scipy).")
    data, _ = options.split()
    network = options.network(data)
    theta = options.start(network)
    curves: list[Curve] = []
    absent: list[str] = []
    with Problem(network, data, l2=options.l2) as problem:
        _warm(problem, theta)
        course = Course(network, data, problem, theta, options.l2, passes)
        for rule in rules:
            tell(rule.name)
            curves.append(run_method(problem, theta, rule, passes))
        for peer in peers:
            tell(peer.label)
            _admit(peer, course, curves, absent)
    return Race(data.name, data.n, network.sizes, options.l2, passes, tuple(curves), tuple(absent))


def _admit(peer: Peer, course: Course, curves: list[Curve], absent: list[str]) -> None:
    try:
        curves.append(run_peer(peer, course))
    except LeftOut as reason:
        absent.append(str(reason))


def _warm(problem: Any, theta: Array) -> None:
    """One evaluation of everything, so that no runner pays for waking threads or compiling."""
    here = problem.at(theta)
    ray = here.ray(-here.gradient)
    for ask in (ray.value, ray.slope, ray.curvature):
        ask(1e-3)
