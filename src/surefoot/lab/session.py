"""The lab's runs: what is asked of them, what they are told to do, and everything that was told about them.

    commands ──▶ Session ──▶ Trainer (one thread) ──▶ Log ──▶ any number of pages
    asks     ──▶ Session ──▶ journals, read only

Runs are called r1, r2, ...; they live as long as the lab is open.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

from surefoot.errors import BadValue, SurefootError, UnknownName
from surefoot.lab.choices import Choice, Shelf, check_suits, network, number
from surefoot.lab.events import Log, as_json
from surefoot.lab.trainer import Job, Trainer, in_words, status, steps_event
from surefoot.training.journal import Journal
from surefoot.training.options import Options
from surefoot.training.questions import answer, softmax_line

MOST_ITERATIONS, MOST_RUNS = 20_000, 50
SAMPLES = 40  # rows to look at
AT_ONCE = 200  # records in one event when a whole run is told
KEPT = ("microscope", "errors", "surface", "gradient")  # answers that are dear
FINAL = ("failed", "precision", "memory")  # endings after which a run cannot go on
RUN = re.compile(r"r[0-9]{1,6}")


class Session:
    """Everything behind the server; safe to be used from any thread."""

    def __init__(
        self,
        options: Options | None = None,
        method: str = "auto",
        noise: float = 0.1,
        look_at: str | Path | None = None,
    ) -> None:
        """Make the first run from `options`, or open the run of a file.

        Raises
        ------
        SurefootError : data, network, method or file that cannot be.
        """
        folder = None if options is None else options.data_dir
        journal = None if look_at is None else Journal.from_file(look_at, folder)
        if journal is not None:
            options, method = known_of(journal, options), journal.header.method
        self.log = Log()
        self.runs: dict[str, Journal] = {}
        self.shelf = Shelf(options or Options())
        self.now = self.shelf.first(method, noise)
        self._lock = threading.RLock()  # one new run at a time
        self._answers = Answers()
        self._softmax = Softmax(self.log)
        self._trainer = Trainer(self.log.append)
        try:
            if journal is not None:
                self._welcome(journal)
            else:
                self._begin(self.now, self.shelf.options)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End training and the log; readers come to the end of it."""
        self.log.close()
        self._trainer.close()
        ends = threading.Thread(target=self._let_go, daemon=True)  # an ask may hold a journal for long
        ends.start()
        ends.join(0.5)

    def _let_go(self) -> None:
        for journal in self.runs.values():
            journal.close()

    # new runs ---------------------------------------------------------------------------------------

    def _begin(self, choice: Choice, options: Options | None = None) -> str:
        train, test = self.shelf.split(choice)
        net = network(choice, train)
        opened = options is not None and options.initial is not None
        journal = Journal.begin(
            net,
            train,
            test,
            method=choice.method,
            l2=choice.l2,
            rng=choice.rng,
            initial=options.start(net) if options is not None and opened else None,
            precision="double" if options is None else options.precision,
            iterations=MOST_ITERATIONS,
            options={k: v for k, v in choice.to_json().items() if k in ("data", "hidden", "noise")},
        )
        run = self._welcome(journal)
        self._trainer.start(Job(run, journal, steps=1))  # record 0: the starting point
        return run

    def _welcome(self, journal: Journal, look: bool = True) -> str:
        """Give the run a name, and tell all that is known of it."""
        with self._lock:
            if len(self.runs) >= MOST_RUNS:
                raise BadValue(f"The lab holds {MOST_RUNS} runs already; close it and open it anew.")
            run = f"r{len(self.runs) + 1}"
            journal.name = run
            header = journal.header.to_json()
            self.log.append(
                {
                    "type": "run", "run": run, "header": header, "samples": journal.samples(SAMPLES),
                    "parent": journal.parent, "points": journal.points(), "look": look,
                }
            )  # fmt: skip
            for start in range(0, len(journal.steps), AT_ONCE):
                self.log.append(steps_event(run, journal.steps[start : start + AT_ONCE]))
            self.runs[run] = journal
            self.log.append(status(Job(run, journal), training=False))
        self._softmax.wanted(run, journal)
        return run

    # asks ---------------------------------------------------------------------------------------------

    def ask(self, what: str, args: dict[str, Any]) -> str:
        """The answer as JSON.

        Raises
        ------
        SurefootError : one sentence on why there is none.
        """
        if what == "choices":
            return as_json(self.shelf.to_json(self.now))
        journal = self._run(args.get("run"))
        if what not in KEPT:
            return as_json(answer(journal, what, args))
        newest = journal.last if what == "errors" else 0  # they say since when a row is right
        key = (what, args["run"], args.get("k"), newest)
        return self._answers.of(key, lambda: as_json(answer(journal, what, args)))

    def _run(self, name: Any) -> Journal:
        if not isinstance(name, str) or not RUN.fullmatch(name) or name not in self.runs:
            raise BadValue("There is no such run in the lab; load the page again.")
        return self.runs[name]

    # commands -----------------------------------------------------------------------------------------

    def command(self, name: str, args: dict[str, Any]) -> dict[str, Any]:
        """Do what is said; what comes of it is told by the log.

        Raises
        ------
        SurefootError : one sentence on why not.
        """
        obey, known = self._obeys(name)
        for key in args:
            if key not in known:
                raise UnknownName(f"part of {name}", key[:40], known)
        return obey(args)

    def _obeys(self, name: str) -> tuple[Callable[[dict[str, Any]], dict[str, Any]], tuple[str, ...]]:
        table: dict[str, tuple[Callable[[dict[str, Any]], dict[str, Any]], tuple[str, ...]]] = {
            "play": (self._play, ("run",)),
            "pause": (self._pause, ("run",)),
            "step": (self._step, ("run",)),
            "speed": (self._speed, ("per_second",)),
            "branch": (self._branch, ("run", "k", "method")),
            "restart": (self._restart, tuple(Choice.__dataclass_fields__)),
        }
        if name not in table:
            raise UnknownName("command", name[:40], table)
        return table[name]

    def _play(self, args: dict[str, Any]) -> dict[str, Any]:
        self._go(args.get("run"), None)
        return {}

    def _step(self, args: dict[str, Any]) -> dict[str, Any]:
        self._go(args.get("run"), 1)
        return {}

    def _go(self, run: Any, steps: int | None) -> None:
        journal = self._run(run)
        with self._lock:
            _ = journal.data  # BadValue when it is not at hand
            if (ending := journal.ending) is not None:
                if ending.kind in FINAL or journal.last >= MOST_ITERATIONS:
                    raise BadValue(
                        f"The run has ended: {ending.sentence.rstrip('.')}. Branch from it, or start anew."
                    )
                journal.carry_on(MOST_ITERATIONS)
            job = self._trainer.job
            if steps is None and job is not None and job.run == run and job.steps is None:
                return  # another page has said so already
            self._trainer.start(Job(run, journal, steps))

    def _pause(self, args: dict[str, Any]) -> dict[str, Any]:
        self._run(args.get("run"))
        self._trainer.pause(args["run"])
        return {}

    def _speed(self, args: dict[str, Any]) -> dict[str, Any]:
        wanted = args.get("per_second")
        self._trainer.pace(None if wanted is None else number("per_second", wanted, 0.1, 1000))
        return {}

    def _branch(self, args: dict[str, Any]) -> dict[str, Any]:
        journal = self._run(args.get("run"))
        k = journal.check_iteration(args.get("k"))
        branch = journal.branch(k, check_suits(args.get("method"), journal.network))
        branch.carry_on(MOST_ITERATIONS)
        return {"run": self._welcome(branch)}

    def _restart(self, args: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            choice = self.shelf.chosen(args, self.now)
            run = self._begin(choice)
            self.now = choice
        return {"run": run}


def known_of(journal: Journal, given: Options | None) -> Options:
    """The options that a stored run was made with; of one that was trained on arrays, the digits'."""
    header = journal.header
    if journal.train is None or "data" not in header.options:
        return given or Options()
    options = Options.from_json(dict(header.options))
    data_dir = options.data_dir if given is None or given.data_dir is None else given.data_dir
    return replace(
        options, hidden=header.sizes[1:-1], activation=header.activation, l2=header.l2,
        train_size=header.n_train, data_dir=data_dir, initial=None,
    )  # fmt: skip


class Answers:
    """Dear answers, kept; two who ask the same at once wait for one answer."""

    def __init__(self, most: int = 64) -> None:
        self._most, self._lock = most, threading.Lock()
        self._kept: OrderedDict[Any, Future[str]] = OrderedDict()

    def of(self, key: Any, make: Callable[[], str]) -> str:
        """The answer to `key`, made by whoever asks first; an error is raised for all who wait, not kept."""
        with self._lock:
            future = self._kept.get(key)
            mine = future is None
            if future is None:
                future = self._kept[key] = Future()
                while len(self._kept) > self._most:
                    self._kept.popitem(last=False)
            else:
                self._kept.move_to_end(key)
        if mine:
            try:
                future.set_result(make())
            except BaseException as error:
                with self._lock:
                    if self._kept.get(key) is future:
                        del self._kept[key]
                future.set_exception(error)
        return future.result()


class Softmax:
    """The line to beat, once for each data set, found in a thread of its own and told when it is known."""

    def __init__(self, log: Log) -> None:
        self._log, self._lock = log, threading.Lock()
        self._known: dict[Any, Mapping[str, Any] | None] = {}
        self._waiting: dict[Any, list[str]] = {}

    def wanted(self, run: str, journal: Journal) -> None:
        """Tell it for this run, now or later; nothing for data without classes."""
        if journal.train is None or not journal.train.is_classification:
            return
        key = (journal.header.data_hash, journal.header.n_test, journal.header.l2)
        with self._lock:
            if key in self._known:
                self._tell(run, self._known[key])
                return
            self._waiting.setdefault(key, []).append(run)
            if len(self._waiting[key]) > 1:
                return
        threading.Thread(target=self._find, args=(key, journal), name="surefoot softmax", daemon=True).start()

    def _find(self, key: Any, journal: Journal) -> None:
        assert journal.train is not None
        found: Mapping[str, Any] | None = None
        try:
            found = softmax_line(journal.train, journal.test, journal.header.l2)
        except (SurefootError, MemoryError) as error:
            self._log.append({"type": "trouble", "sentence": in_words(error)})
        with self._lock:
            self._known[key] = found
            for run in self._waiting.pop(key, []):
                self._tell(run, found)

    def _tell(self, run: str, found: Mapping[str, Any] | None) -> None:
        if found is not None:
            self._log.append({"type": "softmax", "run": run, "softmax": found})
