"""The run in a Jupyter cell, while it trains.

With anywidget the viewer itself: scrub, look at weights, pause.  Training stays in the cell's own thread;
the page's messages arrive in another one and only set what `show` looks at before it returns, so that a
paused run is a run that waits there.  ■ (interrupt) ends it as Ctrl-C does, paused or not.

Without anywidget one picture, updated in place: that of `RunFigure`, sent as PNG every ten iterations and
at the last.  Either way a saved notebook keeps the last picture.  It needs IPython and matplotlib (extra:
notebook).
"""

from __future__ import annotations

import json
import math
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any, Protocol

import numpy as np

from surefoot.arrays import Array, Vector
from surefoot.errors import BadValue, require
from surefoot.records import Ending, Frame, Header, Step
from surefoot.views.figure import RunFigure
from surefoot.views.recording import few_samples, finite, recording
from surefoot.views.seen import Seen
from surefoot.views.summary import summary
from surefoot.views.widget import as_still, make_viewer
from surefoot.views.words import headline

MOST_BYTES = 256 << 20  # of weights that a live view keeps
NEEDS_DATA = (
    "That needs the data, which a live view does not hold; save the run and open it with `surefoot lab`."
)


class Handle(Protocol):
    """What `display` returns for a display that can be updated."""

    def update(self, data: Any, *, raw: bool) -> None: ...


class NotebookView:
    """The viewer where anywidget is installed, else one picture, updated every `every` iterations.

    A drawing takes 0.2 to 0.5 s; updates are skipped until `interval` seconds, and as long as the last
    drawing took, have passed: a fast run spends at most half its time on pictures.
    """

    def __init__(
        self,
        every: int = 10,
        interval: float = 0.25,
        dpi: int = 80,
        display: Callable[..., Handle] | None = None,
        clock: Callable[[], float] = time.monotonic,
        live: bool | None = None,
    ) -> None:
        self._every, self._interval, self._dpi = every, interval, dpi
        self._display = display or require("IPython.display", "notebook", "The notebook view").display
        self._figure = RunFigure()
        self._clock = clock
        self._seen: Seen | None = None
        self._wants_viewer = (
            live if live is not None else display is None and find_spec("anywidget") is not None
        )
        self._live: LiveViewer | None = None

    def open(self, header: Header) -> None:
        self._seen = Seen(header)
        self._next = float("-inf")
        self._live = LiveViewer(header, self._interval, self._clock) if self._wants_viewer else None
        if self._live is not None:
            self._display(self._live.widget)
        else:
            self._handle = self._display({"text/plain": headline(header)}, raw=True, display_id=True)

    def show(self, frame: Frame) -> None:
        if self._seen is None:
            return
        self._seen.add(frame)
        if self._live is not None:
            self._live.show(frame)
            return
        began = self._clock()
        if frame.step.iteration % self._every == 0 and began >= self._next:
            self._update(self._seen, headline(self._seen.header))
            ended = self._clock()
            self._next = ended + max(self._interval, ended - began)

    def close(self, ending: Ending) -> None:
        seen, self._seen = self._seen, None
        if seen is not None and self._live is not None:
            self._live.close(ending)
        if seen is not None and seen.steps:
            self._update(seen, summary(seen.header, seen.last, ending))

    def _update(self, seen: Seen, words: str) -> None:
        """Send the picture, and words for those who cannot see it."""
        self._figure.draw(seen.header, seen.steps, seen.outputs)
        picture = self._figure.png(self._dpi)
        if self._live is None:
            self._handle.update({"image/png": picture, "text/plain": words}, raw=True)
        else:
            self._display(as_still(seen.header, picture, words), raw=True)


class LiveViewer:
    """A run on its way into a widget: what happened is told at most every `interval` seconds."""

    missing = ""
    points = None

    def __init__(self, header: Header, interval: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.header, self.ending = header, None
        self.steps: list[Step] = []
        self.thetas: dict[int, Vector] = {}
        self._phi: dict[int, Array] = {}
        self._interval, self._clock = interval, clock
        self._told, self._next, self._began = 0, float("-inf"), clock()
        self._gate = threading.Condition()
        self._paused, self._allowed = False, 0
        self.widget = make_viewer(self.hear, pausable=has_subshells())
        samples = few_samples(header, _packed)
        self._tell({"type": "run", "header": header.to_json(), "samples": samples, "parent": None})
        self._tell({"type": "status", "training": True, "ending": None})

    def show(self, frame: Frame) -> None:
        """Take a record in, tell of it when it is time, and wait here while the run is paused."""
        k, theta = frame.step.iteration, frame.theta
        if theta is not None:
            self._keep(k, theta)
        if frame.phi is not None:
            self._phi[k] = frame.phi
        self.steps.append(frame.step)
        if self._clock() >= self._next:
            self._flush(theta)
        if self._paused:
            self._wait(theta)

    def close(self, ending: Ending) -> None:
        """Tell the rest and the ending, and hand over a recording: no kernel is needed from now on."""
        self._flush(self.thetas.get(len(self.steps) - 1))
        self._tell({"type": "status", "training": False, "ending": ending.to_json()})
        if self.steps and self.thetas:
            self.widget.recorded = recording(self, self._asked)

    def _keep(self, k: int, theta: Vector) -> None:
        """Weights of every iteration as long as there is room, then of the newest in place of the last."""
        if len(self.thetas) * theta.nbytes >= MOST_BYTES:
            self.thetas.pop(k - 1, None)
        self.thetas[k] = theta

    def hear(self, content: Mapping[str, Any]) -> Any:
        """A message of the page; it comes in a thread of its own while the cell runs."""
        args = content.get("args")
        args = args if isinstance(args, dict) else {}
        if "ask" in content:
            return self._asked(str(content["ask"]), args)
        with self._gate:
            name = content.get("command")
            if name in ("pause", "play"):
                self._paused, self._allowed = name == "pause", 0
            elif name == "step":
                self._paused, self._allowed = True, 1
            else:
                raise BadValue("While a cell trains, it can be paused, stepped and let go on; nothing else.")
            self._gate.notify_all()
        return {}

    def _wait(self, theta: Vector | None) -> None:
        self._flush(theta)
        self._tell({"type": "status", "training": False, "ending": None})
        with self._gate:
            while self._paused and not self._allowed:
                self._gate.wait(0.2)  # so that an interrupt is heard
            self._allowed = 0
        if not self._paused:
            self._tell({"type": "status", "training": True, "ending": None})

    def _flush(self, theta: Vector | None) -> None:
        """Tell of the records since the last time; the longer a run, the rarer, for every telling stays."""
        if self._told < len(self.steps):
            new = [step.to_json() for step in self.steps[self._told :]]
            self._told = len(self.steps)
            if theta is not None:
                weights = _packed(np.asarray(theta)[None, :], 1.0)
                self.widget.newest = json.dumps(
                    {"from": len(self.steps) - 1, "weights": weights, "exact": []}
                )
            self._tell({"type": "steps", "steps": new})
        now = self._clock()
        self._next = now + max(self._interval, (now - self._began) / 400)

    def _tell(self, event: Mapping[str, Any]) -> None:
        self.widget.add_event(finite({**event, "run": "r1"}))

    def _asked(self, what: str, args: Mapping[str, Any]) -> dict[str, Any]:
        """Weights of any iteration, and φ along the steps where it was sampled."""
        if what == "weights":
            return self._weights(*(_whole(args, name) for name in ("from", "to")))
        if what == "choices":
            return {"data": [], "methods": [], "activations": [], "now": None}
        k = _whole(args, "k")
        if what == "exact weights" and k in self.thetas:
            return {"weights": {**_packed(self.thetas[k], 1.0, "f8")}}
        if what == "microscope" and k in self._phi:
            return dict(finite(self._microscope(k)))
        if what == "microscope" and self._phi:
            raise BadValue(
                f"While training, the loss along a step is sampled now and then, last at {max(self._phi)}."
            )
        raise BadValue(NEEDS_DATA)

    def _weights(self, first: int, last: int) -> dict[str, Any]:
        if not 0 <= first <= last < len(self.steps) or first not in self.thetas:
            raise BadValue(f"There are no weights from iteration {first} to {last} yet.")
        kept = [self.thetas[k] for k in range(first, last + 1) if k in self.thetas]
        return {"from": first, "weights": _packed(np.array(kept), 1.0), "exact": []}

    def _microscope(self, k: int) -> dict[str, Any]:
        step, phi = self.steps[k], self._phi[k]
        known = {"c1": None, "c2": None, "cause": None, "phi0": self.steps[k - 1].value, "slope0": step.slope}
        alphas, values = phi.T.tolist()
        slopes = [None] * len(alphas)
        return {
            "iteration": k,
            "alphas": alphas,
            "phi": values,
            "slopes": slopes,
            "step": step.to_json(),
            **known,
        }


def has_subshells() -> bool:
    """True when this kernel hears messages while a cell runs (ipykernel 7)."""
    from IPython.core.getipython import get_ipython

    kernel = getattr(get_ipython(), "kernel", None)
    return bool(getattr(kernel, "_supports_kernel_subshells", False))


def _packed(array: Array, _: float, dtype: str = "f4") -> dict[str, Any]:
    """An array as the page unpacks it."""
    data = np.ascontiguousarray(array, f"<{dtype}").tobytes()
    return {"dtype": dtype, "shape": list(np.shape(array)), "data": b64encode(data).decode("ascii")}


def _whole(args: Mapping[str, Any], name: str) -> int:
    value = args.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadValue(f"The question needs {name!r}, the number of an iteration.")
    return int(value)
