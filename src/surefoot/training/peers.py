"""Peers in a race: other libraries' L-BFGS on the same loss, the same start, the same cost axis.

    scipy     optimize.minimize, L-BFGS-B                our objective's value and gradient
    sklearn   MLPClassifier, MLPRegressor, lbfgs         its own loss and gradient, 10 pairs
    torch     optim.LBFGS, strong Wolfe, lr = 1          its own autograd
    optax     optax.lbfgs, zoom line search              its own autograd, compiled

All in float64, from the same weights, with tolerances of their own off where they can be, and with as many
pairs as `auto` where that can be said (`torch:10` asks for 10).  Each is counted inside the function that
it calls, line search included.  Whatever a peer claims to have reached is evaluated again by our
objective: a peer that minimised something else is left out, with both numbers.

sklearn's penalty is alpha/(2n) Σ W², ours l2/2 Σ W²: alpha = l2 n makes them one.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from time import perf_counter
from types import ModuleType
from typing import Any

import numpy as np

from surefoot.arrays import Array, Vector
from surefoot.data import Data
from surefoot.errors import BadValue, UnknownName
from surefoot.network import Network
from surefoot.records import Curve

PAIRS = 30  # of vectors that an L-BFGS remembers: as many as auto
SAME = 1e-9  # relative difference of a peer's loss and ours at the same weights
ENDLESS = 10**9


class LeftOut(Exception):
    """Why a peer does not take part, in one sentence."""


class Enough(Exception):
    """All passes are spent."""


@dataclass(frozen=True)
class Course:
    """What everybody runs on: the network, its data, our objective of them, the start, the length."""

    network: Network
    data: Data
    problem: Any
    theta: Vector
    l2: float
    passes: int


@dataclass
class Tally:
    """Counts a peer's evaluations where they happen.  A loss is known after its forward product."""

    budget: int
    passes: int = 0
    tails: int = 0
    lowest: float = np.inf
    best: Vector | None = None
    rows: list[tuple[int, float, float, int]] = field(default_factory=list)
    zero: float = field(default_factory=perf_counter)

    def begin(self) -> None:
        """Start the clock."""
        self.zero = perf_counter()

    def check(self) -> None:
        """Raise Enough when nothing may be evaluated any more."""
        if self.passes >= self.budget:
            raise Enough

    def add(self, loss: float, theta: Array, gradient: bool = True) -> None:
        """One evaluation is done: 2 passes with its gradient, 1 without."""
        known, work = self.passes + 1, 2 if gradient else 1
        self.passes += work
        self.tails += work
        if known > self.budget:
            return
        if loss < self.lowest:
            self.lowest, self.best = float(loss), np.array(theta, np.float64)
        self.rows.append((known, self.lowest, perf_counter() - self.zero, self.tails))


@dataclass(frozen=True)
class Peer:
    """A library that can race: what it needs, and how it runs."""

    label: str
    modules: tuple[str, ...]  # to import, the first by the name of its package
    packages: str  # to install
    run: Callable[[Course, Tally, int], str]  # returns why it ended, "" when its passes were spent
    pairs: int | None = PAIRS  # None: it cannot be told


def run_peer(peer: Peer, course: Course) -> Curve:
    """The curve of one peer.

    Raises
    ------
    LeftOut : it is not installed, cannot take this network, or minimised another function.
    """
    for module in peer.modules:
        if importlib.util.find_spec(module) is None:
            raise LeftOut(
                f"{peer.label} does not take part: {module} is not installed. pip install {peer.packages}"
            )
    tally = Tally(course.passes)
    try:
        ending = peer.run(course, tally, peer.pairs or 0)
    except Enough:
        ending = ""
    _judge(peer, course, tally)
    passes, losses, seconds, tails = zip(*tally.rows, strict=True)
    return Curve(peer.label, passes, losses, seconds, tails, ours=False, ending=ending)


def _judge(peer: Peer, course: Course, tally: Tally) -> None:
    """Leave out a peer whose loss is not ours, at the start or at its best."""
    if tally.best is None:
        raise LeftOut(f"{peer.label} does not take part: it found no finite loss.")
    places = ((course.theta, tally.rows[0][1]), (tally.best, tally.lowest))
    for theta, claimed in places:
        ours = float(course.problem.at(theta).value)
        if not abs(claimed - ours) <= SAME * abs(ours):
            raise LeftOut(
                f"{peer.label} does not take part: its loss is {claimed!r} where ours is {ours!r}, "
                "so it minimises something else."
            )


def scipy_lbfgsb(course: Course, tally: Tally, pairs: int) -> str:
    """L-BFGS-B without bounds; it stops by itself only when its line search fails."""

    def evaluate(theta: Array) -> tuple[float, Array]:
        tally.check()
        here = course.problem.at(theta)
        value, gradient = here.value, np.array(here.gradient)
        tally.add(value, theta)
        return value, gradient

    options = {"maxcor": pairs, "ftol": 0.0, "gtol": 0.0, "maxiter": ENDLESS, "maxfun": ENDLESS}
    minimize = importlib.import_module("scipy.optimize").minimize
    tally.begin()
    done = minimize(evaluate, course.theta.copy(), jac=True, method="L-BFGS-B", options=options)
    return f"it stopped by itself: {done.message}"


def sklearn_lbfgs(course: Course, tally: Tally, pairs: int) -> str:
    """MLPClassifier or MLPRegressor; its weights are put in, its loss and gradient are counted."""
    base, scale = _sklearn_model(course)
    layers = course.network.layout.split(course.theta)

    class Counted(base):  # type: ignore[misc, valid-type]
        def _init_coef(self, *_: Any) -> tuple[Array, Array]:
            W, b = next(start)
            return W.copy(), b.copy()

        def _loss_grad_lbfgs(self, *arguments: Any) -> Any:
            tally.check()
            loss, gradient = super()._loss_grad_lbfgs(*arguments)
            theta = course.network.layout.join(list(zip(self.coefs_, self.intercepts_, strict=True)))
            tally.add(loss * scale, theta)
            return loss, gradient

    start = iter(layers)
    model = Counted(
        hidden_layer_sizes=course.network.sizes[1:-1],
        activation=course.network.activation,
        solver="lbfgs",
        alpha=course.l2 * course.data.n / scale,
        max_iter=ENDLESS,
        max_fun=ENDLESS,
        tol=0.0,
    )
    X = course.data.scaled(dtype=np.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it has not converged is what the curve shows
        tally.begin()
        model.fit(X, course.data.y)
    return "it stopped by itself: its own tolerance or its line search"


def _sklearn_model(course: Course) -> tuple[Any, float]:
    """The estimator's class, and our loss over its loss."""
    network, data = course.network, course.data
    module = importlib.import_module("sklearn.neural_network")
    if network.activation not in ("logistic", "tanh", "relu", "identity"):
        raise LeftOut(f"sklearn does not take part: it has no activation {network.activation}.")
    if network.loss == "squared-error":
        return module.MLPRegressor, float(data.k)  # its mean is over the outputs too
    if network.loss != "cross-entropy" or data.k < 3 or len(np.unique(data.y)) < data.k:
        raise LeftOut("sklearn does not take part: it has a softmax only for 3 classes or more, all present.")
    return module.MLPClassifier, 1.0


def torch_lbfgs(course: Course, tally: Tally, pairs: int) -> str:
    """One `step` of torch.optim.LBFGS without end; a closure call is a value and a gradient."""
    torch = importlib.import_module("torch")
    X, Y = (torch.from_numpy(np.array(a)) for a in _arrays(course))
    theta = torch.tensor(np.array(course.theta), requires_grad=True)
    loss_of = _forward(course, _torch_names(torch), lambda a, shape: a.reshape(shape))
    solver = torch.optim.LBFGS(
        [theta], lr=1, max_iter=ENDLESS, max_eval=ENDLESS, tolerance_grad=0, tolerance_change=0,
        history_size=pairs, line_search_fn="strong_wolfe",
    )  # fmt: skip

    def evaluate() -> Any:
        solver.zero_grad()
        loss = loss_of(theta, X, Y)
        loss.backward()
        return loss

    def closure() -> Any:
        tally.check()
        loss = evaluate()
        tally.add(loss.item(), theta.detach().numpy())
        return loss

    evaluate()
    tally.begin()
    solver.step(closure)
    return "it stopped by itself: the step or the gradient became zero"


def optax_lbfgs(course: Course, tally: Tally, pairs: int) -> str:
    """optax.lbfgs compiled; every value, with or without gradient, reports to the tally as it happens."""
    jax, optax = importlib.import_module("jax"), importlib.import_module("optax")
    with jax.enable_x64(True):
        X, Y = (jax.numpy.asarray(a) for a in _arrays(course))
        theta = jax.numpy.asarray(np.array(course.theta))
        plain = _forward(course, _jax_names(jax), lambda a, shape: a.reshape(shape))
        loss_of = _counted(jax, plain, tally)
        solver = optax.lbfgs(memory_size=pairs)

        def advance(theta: Any, state: Any, X: Any, Y: Any) -> Any:
            def value(theta: Any) -> Any:
                return loss_of(theta, X, Y)

            loss, gradient = optax.value_and_grad_from_state(value)(theta, state=state)
            step, state = solver.update(gradient, state, theta, value=loss, grad=gradient, value_fn=value)
            return optax.apply_updates(theta, step), state

        state = solver.init(theta)
        compiled = jax.jit(advance).lower(theta, state, X, Y).compile()
        tally.begin()
        while tally.passes < tally.budget:
            before = tally.passes
            theta, state = compiled(theta, state, X, Y)
            jax.block_until_ready(theta)
            jax.effects_barrier()
            if tally.passes == before:
                return "it stopped by itself: it evaluates nothing any more"
    return ""


def _counted(jax: ModuleType, plain: Callable[..., Any], tally: Tally) -> Any:
    """`plain` for jax, telling the tally of each evaluation from inside compiled code."""
    io_callback = importlib.import_module("jax.experimental").io_callback

    def report(loss: Any, theta: Any, gradient: bool) -> None:
        # as pairs of uint32: jax hands float64 to a callback's thread as float32
        bits = (jax.lax.bitcast_convert_type(x, jax.numpy.uint32) for x in (loss, theta))
        io_callback(partial(tell, gradient), None, *bits, ordered=True)

    def tell(gradient: bool, loss: Any, theta: Any) -> None:
        tally.add(float(_float64(loss)[0]), _float64(theta), gradient)

    def value(theta: Any, X: Any, Y: Any) -> Any:
        loss = plain(theta, X, Y)
        report(loss, theta, gradient=False)
        return loss

    def both(theta: Any, X: Any, Y: Any) -> Any:
        loss, gradient = jax.value_and_grad(plain)(theta, X, Y)
        report(loss, theta, gradient=True)
        return loss, gradient

    loss_of = jax.custom_vjp(value)
    loss_of.defvjp(both, lambda gradient, weight: (weight * gradient, None, None))
    return loss_of


def _float64(bits: Any) -> Vector:
    return np.ascontiguousarray(bits, np.uint32).view(np.float64).ravel()


def _arrays(course: Course) -> tuple[Array, Array]:
    """X (n, d) as the network sees it, and what its loss wants as targets."""
    network, data = course.network, course.data
    return data.scaled(dtype=np.float64), network.criterion.targets(data.y, network.sizes[-1])


@dataclass(frozen=True)
class Names:
    """What the forward pass needs of a library, under one name each."""

    activations: dict[str, Callable[[Any], Any]]
    losses: dict[str, Callable[[Any, Any], Any]]  # Z (n, k), Y -> the mean


def _torch_names(torch: Any) -> Names:
    f = torch.nn.functional
    return Names(
        {"logistic": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu, "softplus": f.softplus},
        {
            "cross-entropy": f.cross_entropy,
            "binary": lambda Z, Y: (f.softplus(Z) - Y * Z).sum(1).mean(),
            "squared-error": lambda Z, Y: 0.5 * ((Z - Y) ** 2).sum(1).mean(),
        },
    )


def _jax_names(jax: Any) -> Names:
    f = jax.nn
    return Names(
        {"logistic": f.sigmoid, "tanh": jax.numpy.tanh, "relu": f.relu, "softplus": f.softplus},
        {
            "cross-entropy": lambda Z, Y: (f.logsumexp(Z, 1) - Z[jax.numpy.arange(len(Z)), Y]).mean(),
            "binary": lambda Z, Y: (f.softplus(Z) - Y * Z).sum(1).mean(),
            "squared-error": lambda Z, Y: 0.5 * ((Z - Y) ** 2).sum(1).mean(),
        },
    )


def _forward(course: Course, names: Names, shaped: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """L(theta, X, Y) in a library's own arrays: the network's forward pass, its mean loss and its l2."""
    layout, l2 = course.network.layout, course.l2
    f = names.activations.get(course.network.activation, lambda Z: Z)
    mean_loss = names.losses[course.network.loss]
    places = [(layout.slices[name], shape) for name, shape in layout.shapes.items()]

    def loss_of(theta: Any, X: Any, Y: Any) -> Any:
        blocks = [shaped(theta[where], shape) for where, shape in places]
        A = X
        for layer, (W, b) in enumerate(zip(blocks[::2], blocks[1::2], strict=True)):
            A = (A if layer == 0 else f(A)) @ W + b
        penalty = sum((W * W).sum() for W in blocks[::2])
        return mean_loss(A, Y) + 0.5 * l2 * penalty

    return loss_of


PEERS = {
    "scipy": Peer("scipy L-BFGS-B", ("scipy",), "scipy", scipy_lbfgsb),
    "sklearn": Peer("sklearn lbfgs", ("sklearn",), "scikit-learn", sklearn_lbfgs, pairs=None),
    "torch": Peer("torch LBFGS", ("torch",), "torch", torch_lbfgs),
    "optax": Peer("optax lbfgs", ("jax", "optax"), "jax optax", optax_lbfgs),
}


def peer(name: str) -> Peer:
    """A peer by its name, `torch`, or by its name and its number of pairs, `torch:10`.

    Raises
    ------
    UnknownName : no such peer.   BadValue : a number of pairs that cannot be, or cannot be told.
    """
    key, colon, pairs = name.partition(":")
    if key not in PEERS:
        raise UnknownName("peer", key, PEERS)
    known = PEERS[key]
    if not colon:
        return known
    if known.pairs is None:
        raise BadValue(f"{key} cannot be told its number of pairs; write {key} instead of {name}.")
    if not (pairs.isascii() and pairs.isdigit() and 1 <= int(pairs) <= 1000):
        raise BadValue(f"{name}: {pairs or 'nothing'} is no number of pairs; write {key}:30.")
    return replace(known, label=f"{known.label} ({pairs} pairs)", pairs=int(pairs))
