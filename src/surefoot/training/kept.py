"""What runs in memory keep: weights of every iteration, and complete states now and then.

    weights   float64 up to EXACT_BYTES, then float32; float64 at every 50th iteration in any case
    states    every 50th iteration; when they outgrow STATE_BYTES every second one is let go

From a kept state a run is walked on with the same bits (descent/state.py, REFRESH), so the weights of
every iteration can be had exactly, kept or not.  A run that has ended keeps ThinWeights: all of them exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from threading import Lock
from typing import Any

import numpy as np

from surefoot.arrays import Array, Vector, frozen
from surefoot.descent.state import REFRESH, State

EXACT_BYTES = 256 << 20  # of weights as float64
ROUNDED_BYTES = 512 << 20  # of weights as float32, after those
STATE_BYTES = 256 << 20


class KeptWeights:
    """theta by iteration: as it was where `exact` says so, else rounded to float32.

    A reader needs no lock: an iteration that is there stays.
    """

    def __init__(self, exact_bytes: int = EXACT_BYTES, rounded_bytes: int = ROUNDED_BYTES) -> None:
        self._limits, self._bytes = (exact_bytes, rounded_bytes), [0, 0]
        self._thetas: dict[int, Array] = {}

    def __len__(self) -> int:
        return len(self._thetas)

    def __contains__(self, iteration: object) -> bool:
        return iteration in self._thetas

    def __getitem__(self, iteration: int) -> Vector:
        return np.asarray(self._thetas[iteration], np.float64)

    @property
    def full(self) -> bool:
        """True when no room is left for another one."""
        return self._bytes[0] >= self._limits[0] and self._bytes[1] >= self._limits[1]

    def put(self, iteration: int, theta: Vector) -> None:
        rounded = self._bytes[0] >= self._limits[0]
        keep = frozen(theta.astype(np.float32) if rounded and iteration % REFRESH else np.asarray(theta))
        self._bytes[rounded] += keep.nbytes
        self._thetas[iteration] = keep

    def exact(self, iterations: Iterable[int]) -> list[int]:
        """Which of these iterations are kept as they were."""
        return [k for k in iterations if k in self._thetas and self._thetas[k].dtype == np.float64]


class ThinWeights(Mapping[int, Vector]):
    """theta by iteration, read-only and as it was: of every `spacing`-th iteration, and of the newest.

    `spacing` is 1, and doubles whenever they outgrow `most_bytes`.  What is read-only already is not copied.
    """

    def __init__(self, most_bytes: int = EXACT_BYTES) -> None:
        self.spacing = 1
        self._most, self._thetas = most_bytes, dict[int, Vector]()
        self._newest = -1

    def __getitem__(self, iteration: int) -> Vector:
        return self._thetas[iteration]

    def __iter__(self) -> Iterator[int]:
        return iter(self._thetas)

    def __len__(self) -> int:
        return len(self._thetas)

    def put(self, iteration: int, theta: Vector) -> None:
        """Keep the weights of an iteration that is not before the newest."""
        if self._newest % self.spacing:
            del self._thetas[self._newest]
        self._thetas[iteration], self._newest = frozen(theta), iteration
        while len(self._thetas) > 2 and len(self._thetas) * theta.nbytes > self._most:
            self.spacing *= 2
            self._thetas = {
                k: kept for k, kept in self._thetas.items() if k % self.spacing == 0 or k == iteration
            }


class KeptStates:
    """Complete states at multiples of `spacing` iterations, from which a run can be walked on."""

    def __init__(self, most_bytes: int = STATE_BYTES) -> None:
        self.spacing = REFRESH
        self._most, self._states, self._lock = most_bytes, dict[int, State](), Lock()
        self._odd: State | None = None  # one that ended a stored run: complete, but not to be walked on from

    def put(self, state: State) -> None:
        """Keep the state without its live point and ray, if it is one of those that are kept."""
        bare = replace(state, here=None, ray=None)
        with self._lock:
            if state.iteration % REFRESH:
                self._odd = bare
            elif state.iteration % self.spacing == 0:
                self._states[state.iteration] = bare
            while len(self._states) > 2 and sum(map(_bytes, self._states.values())) > self._most:
                self.spacing *= 2
                self._states = {k: s for k, s in self._states.items() if k % self.spacing == 0}

    def at(self, iteration: int) -> State | None:
        """The state of exactly this iteration."""
        odd = self._odd
        return odd if odd is not None and odd.iteration == iteration else self._states.get(iteration)

    def before(self, iteration: int) -> State | None:
        """The last one at or before `iteration` from which one can walk on."""
        with self._lock:
            last = max((k for k in self._states if k <= iteration), default=None)
            return None if last is None else self._states[last]


def _bytes(state: State) -> int:
    return state.theta.nbytes + state.gradient.nbytes + _tree_bytes(state.memory)


def _tree_bytes(tree: Any) -> int:
    if isinstance(tree, np.ndarray):
        return tree.nbytes
    if isinstance(tree, dict):
        return sum(map(_tree_bytes, tree.values()))
    return sum(map(_tree_bytes, tree)) if isinstance(tree, list | tuple) else 0
