"""A run in memory that grows, and can be gone back in: what a viewer looks at and asks of.

    advance()   one more record; a search that fails sets `ending`, as in a run
    state(k)    everything the run was at iteration k, walked on from the nearest kept state, bit for bit
    branch(k)   a new journal that starts where this one was at iteration k, by another method

One thread advances, any number read: records are only ever added, weights before their record.  Going back
happens on a second objective, so that it cannot disturb the run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from time import perf_counter
from typing import Any

import numpy as np

from surefoot.arrays import Vector
from surefoot.compute.dense import Dense
from surefoot.compute.walked import Walked
from surefoot.data import Data
from surefoot.descent.loop import Descent
from surefoot.descent.method import Method
from surefoot.descent.methods import method as lookup
from surefoot.descent.state import REFRESH, Best, State, begin
from surefoot.descent.state import advance as walk_on
from surefoot.descent.stopping import Stop
from surefoot.errors import BadValue
from surefoot.network import Network
from surefoot.records import Ending, Header, Microscope, Step
from surefoot.training.kept import KeptStates, KeptWeights
from surefoot.training.microscope import look, same_step
from surefoot.training.probes import Unseen, fixed_samples, training_measures
from surefoot.training.problem import Problem, check_fit, machines_of
from surefoot.training.run import _explained, _known, words_of
from surefoot.training.shown import even_rows, plane_points, sample_fields
from surefoot.training.turns import TURNS

TEST_EVERY = 10  # iterations between measurements on unseen rows
TEST_SHARE = 0.2  # of the run's time that these may take
MOST_UNSEEN = 5_000  # rows they are made on, evenly chosen; the header says how many: options["unseen_rows"]
LARGE = 5_000  # rows from which on the microscope takes fewer samples


class Journal:
    """A run: its header, and by iteration its records (steps) and weights (thetas).

    name : what others call it.   parent : {"run", "iteration"} where it branched off, or None.
    train, test : the data; None where they are not to be found, then `missing` says why.
    ending : why it ended; None while it can be advanced.
    """

    def __init__(
        self,
        header: Header,
        method: Method | None,
        train: Data | None,
        test: Data | None = None,
        parent: Mapping[str, Any] | None = None,
        missing: str = "",
    ) -> None:
        self.header, self.method, self.train, self.test = header, method, train, test
        self.parent = None if parent is None else dict(parent)
        self.missing, self.name = missing, ""
        self.network = Network(header.sizes, header.activation, header.loss)
        self.steps: list[Step] = []
        self.thetas = KeptWeights()
        self.states = KeptStates()
        self.ending: Ending | None = None
        self.found: dict[Any, Any] = {}  # what questions keep for the next one
        self._start: Vector | None = None
        self._descent: Descent | None = None
        self._problem: Dense | Walked | None = None
        self._walker: Dense | Walked | None = None
        self._walked: State | None = None  # the last one walked to, with its live point
        self._lock = RLock()
        self._tested = 0.0  # seconds spent on unseen rows
        self._unseen: Data | None = None  # fewer of them, where there are many

    @classmethod
    def begin(
        cls,
        net: Network,
        train: Data,
        test: Data | None = None,
        *,
        method: str | Method = "auto",
        l2: float = 0.0,
        rng: int | np.random.Generator = 0,
        initial: Vector | None = None,
        precision: str = "double",
        compute: str = "auto",
        iterations: int | None = None,
        options: Mapping[str, Any] | None = None,
        parent: Mapping[str, Any] | None = None,
    ) -> Journal:
        """A run that has yet to make record 0: the first `advance` makes it.

        Raises
        ------
        ShapeError, BadValue, UnknownName : misuse, found before anything is computed.

        >>> import surefoot as sf
        >>> train, test = sf.load("digits").split(1000)
        >>> journal = Journal.begin(sf.Network((64, 6, 10)), train, test, method="classic")
        >>> [journal.advance().iteration for _ in range(3)], len(journal.thetas)
        ([0, 1, 2], 3)
        """
        rule = lookup(method)
        if test is not None:
            check_fit(net, test)
        start = net.initial(rng) if initial is None else net.layout.checked(np.asarray(initial))
        problem = Problem(net, train, l2=l2, precision=precision, compute=compute)
        given = {"rng": rng if isinstance(rng, int) else None, "test_every": TEST_EVERY, **(options or {})}
        if test is not None and test.n > MOST_UNSEEN:
            given["unseen_rows"] = MOST_UNSEEN
        given["rules"] = words_of(rule)
        header = Header(
            method=rule.name,
            iterations=Stop(iterations=iterations).iterations,
            n_test=0 if test is None else test.n,
            l2=l2,
            precision=precision,
            compute=getattr(problem, "choice", "dense: plain NumPy on one float matrix"),
            options=given,
            samples=fixed_samples(test or train),
            **_known(net, train),
        )
        journal = cls(header, rule, train, test, parent)
        journal._problem, journal._start = problem, start
        if test is not None and test.n > MOST_UNSEEN:
            journal._unseen = test.take(even_rows(test.n, MOST_UNSEEN))
        return journal

    @classmethod
    def from_file(cls, path: str | Path, data_dir: str | None = None) -> Journal:
        """The run of a file, with the data it was trained on where they can be found again.

        Raises
        ------
        RunFileError : no such file, not a run, damaged, or without a record yet.
        """
        from surefoot.training.restored import restored

        return restored(cls, path, data_dir)

    # growing -----------------------------------------------------------------------------------

    @property
    def last(self) -> int:
        """The newest iteration; -1 before record 0."""
        return len(self.steps) - 1

    def advance(self) -> Step | None:
        """Make one more record, or None when the run has ended (`ending` says why).

        Raises
        ------
        BadValue : the data are not at hand.
        """
        if self.ending is not None:
            return None
        if self._descent is None:
            self._descent = self._begun()
        descent = self._descent
        with TURNS:
            step = next(descent)
            measures = training_measures(self.network, descent.state.here, self.data.y)
        return self._write(descent.state, replace(step, measures=measures), descent.ending)

    def carry_on(self, iterations: int | None = None) -> None:
        """Let a run that ended by a limit, or by hand, go on to so many iterations (None: no limit)."""
        if self.ending is not None and self.ending.kind in ("failed", "precision"):
            raise BadValue(f"The run cannot go on: {self.ending.sentence}. Branch from it by another method.")
        self.header = replace(self.header, iterations=Stop(iterations=iterations).iterations)
        self.ending = None
        if self._descent is not None:
            self._descent.stop, self._descent.ending = Stop(iterations=iterations), None

    def _begun(self) -> Descent:
        """A descent from the start, or on from the newest record as if it had never stopped."""
        problem, rule = self.problem, self._needs_rule()
        stop = Stop(iterations=self.header.iterations)
        with TURNS:
            if not self.steps:
                assert self._start is not None
                return Descent(problem, self._start, rule, stop)
        state = self._walk(problem, self.last)
        return Descent(problem, state, rule, stop, self.steps[-1].seconds)

    def _write(self, state: State, step: Step, ending: Ending | None) -> Step:
        """Add a record: state and weights first, the record last, so that readers find all of it."""
        k = step.iteration
        ending = None if ending is None else _explained(ending, state)
        if ending is None and self.thetas.full:
            ending = Ending("memory", "there is no room for the weights of more iterations; branch from here")
        if k == 0 or ending is not None or self._test_is_due(step):
            step = replace(step, measures={**step.measures, **self._measured(state.theta)})
        if k % REFRESH == 0:
            self.states.put(state)
        self.thetas.put(k, state.theta)
        self.steps.append(step)
        self.ending = ending
        return step

    def _test_is_due(self, step: Step) -> bool:
        return step.iteration % TEST_EVERY == 0 and self._tested <= TEST_SHARE * step.seconds

    def _measured(self, theta: Vector) -> dict[str, float]:
        if self.test is None:
            return {}
        began = perf_counter()
        measures = Unseen(self.network, self._unseen or self.test).measure(theta)
        self._tested += perf_counter() - began
        return measures

    # going back --------------------------------------------------------------------------------

    def state(self, k: int) -> State:
        """Everything the run was at iteration k, bit for bit.

        Raises
        ------
        BadValue : no such iteration, or the data to walk on with are not at hand.
        RunFileError : walked again, the run comes out different (another machine or version).
        """
        self.check_iteration(k)
        kept, descent = self.states.at(k), self._descent
        newest = None if descent is None else descent.state
        if kept is None and newest is not None and newest.iteration == k:
            kept = newest
        if kept is None:
            kept = self._live(k)
        return replace(kept, here=None, ray=None)

    def theta(self, k: int) -> Vector:
        """The weights at iteration k as they were, to the last bit."""
        self.check_iteration(k)
        return self.thetas[k] if self.thetas.exact([k]) else self.state(k).theta

    def microscope(self, k: int, samples: int | None = None) -> Microscope:
        """The line search of the step that arrived at iteration k >= 1, seen again."""
        self.check_iteration(k, least=1)
        count = samples or (81 if self.data.n <= LARGE else 41)
        with self._lock:
            state = self._live(k, arriving=True)
            assert state.ray is not None
            with TURNS:
                return look(state.ray, self.steps[k], self._needs_rule(), count)

    def branch(self, k: int, method: str | Method) -> Journal:
        """A new run from iteration k by another method: its record 0 is this one's point k, already paid.

        Raises
        ------
        UnknownName : no such method.   BadValue, RunFileError : as for `state`.
        """
        rule, state, data = lookup(method), self.state(k), self.data
        own = ("initial", "resumed", "sharpness_every")  # of the run that is left behind
        options = {name: value for name, value in self.header.options.items() if name not in own}
        options["parent"] = {"run": self.name, "iteration": k, "created": self.header.created}
        options["rules"] = words_of(rule)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        header = replace(self.header, method=rule.name, iterations=None, options=options, created=now)
        branch = Journal(header, rule, data, self.test, {"run": self.name, "iteration": k})
        start = State(state.theta, state.value, state.gradient, Best(0, state.value, state.theta))
        step, measures = self.steps[k], self.steps[k].measures
        branch._write(start, Step(0, step.value, step.gradient_norm, measures=measures), None)
        return branch

    def check_iteration(self, k: Any, least: int = 0) -> int:
        """k, if the run has such an iteration; else BadValue says which ones it has."""
        whole = isinstance(k, int | np.integer) and not isinstance(k, bool)
        if self.last < least:
            raise BadValue(
                "The run has no record yet." if least == 0 else "The run has taken no step yet: let it go on."
            )
        if not whole or not least <= k <= self.last:
            raise BadValue(
                f"There is no iteration {k!r} to look at; give a whole number, {least} to {self.last}."
            )
        return int(k)

    def _live(self, k: int, arriving: bool = False) -> State:
        """The state at k with its live point; arriving: with the ray that led there as well."""
        with self._lock:
            if self._walker is None:
                self._walker = self._made_problem()
            self._walked = self._walk(self._walker, k, self._walked, arriving)
            return self._walked

    def _walk(
        self, problem: Dense | Walked, k: int, near: State | None = None, arriving: bool = False
    ) -> State:
        """Walk on to k from the nearest kept state, or from `near` if that is nearer on the same way."""
        rule, state = self._needs_rule(), self.states.before(k - 1 if arriving else k)
        reached = near is not None and near.iteration == k and (near.ray is not None or not arriving)
        if near is not None and (state is None or near.iteration >= state.iteration):
            state = near if near.iteration < k or reached else state
        while state is None or state.iteration < k:
            with TURNS:
                state, step = (
                    begin(problem, self.thetas[0]) if state is None else walk_on(problem, rule, state)
                )
            same_step(step, self.steps[step.iteration])
        return state

    # data --------------------------------------------------------------------------------------

    @property
    def data(self) -> Data:
        """The training samples; BadValue with the reason when they are not at hand."""
        if self.train is None:
            raise BadValue(self.missing or "The data of this run are not at hand.")
        return self.train

    @property
    def problem(self) -> Dense | Walked:
        """The objective that the run itself computes with: of its own thread."""
        if self._problem is None:
            self._problem = self._made_problem()
        return self._problem

    def _made_problem(self) -> Dense | Walked:
        header, machines = self.header, machines_of(self.header)
        if machines["compute"] == "dask":
            raise BadValue(
                "This run was computed on Dask workers, which are not asked again for this; "
                "choose an iteration whose weights are stored."
            )
        with TURNS:
            return Problem(self.network, self.data, l2=header.l2, precision=header.precision, **machines)

    def _needs_rule(self) -> Method:
        if self.method is None:
            raise BadValue(self.missing or f"There is no method {self.header.method!r} to walk on with.")
        return self.method

    def samples(self, s: int = 40) -> dict[str, Any] | None:
        """A few unseen rows (else training rows) of every class, always the same, for an event."""
        data = self.test or self.train
        return None if data is None else sample_fields(data, s)

    def points(self) -> dict[str, Any] | None:
        """The points of data in a plane, for an event; None for other data."""
        return None if self.train is None else plane_points(self.train, self.test)

    def close(self) -> None:
        """Send the threads of the objectives home; they come back when there is work."""
        with self._lock, TURNS:
            for problem in (self._problem, self._walker):
                if problem is not None:
                    problem.__exit__(None, None, None)
