"""A run as one file: SQLite, written as it goes, readable while it grows.

    about    (key, value)           format, header, ending: JSON
    steps    (iteration, record)    one row per record, JSON as `surefoot show --json` prints it
    trials   (iteration, number, alpha, phi, slope, verdict, margin)
    weights  (iteration, theta)     float64, little-endian
    states   (iteration, state)     all that is needed to continue, now and then and at the end
    frames   (iteration, outputs)   what the sample digits' outputs were, float32
    digests  (iteration, theta)     SHA-256 of the weights' bytes, for `surefoot verify`

Each record is one transaction in a write-ahead log: kill -9 loses at most the one being written.
Closing folds the log back, so that a finished run is exactly one file.  A run that goes on is opened
again, its ending taken out, and its next record stands behind the last.
"""

from __future__ import annotations

import hashlib
import json
import math
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import numpy as np

from surefoot.arrays import Array, Vector
from surefoot.descent.state import REFRESH, Best, Memory, State
from surefoot.errors import DataError, RunFileError
from surefoot.records import Cost, Ending, Found, Frame, Header, Outcome, Samples, Step, Trial, Verdict
from surefoot.training.tree import pack, unpack

FORMAT = "surefoot run 1"
OPEN = Ending("open", "not ended: it is still running, or was cut off")
TABLES = (
    "about   (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "steps   (iteration INTEGER PRIMARY KEY, record TEXT NOT NULL)",
    "trials  (iteration INTEGER, number INTEGER, alpha REAL, phi REAL, slope REAL, "
    "verdict TEXT, margin REAL, PRIMARY KEY (iteration, number))",
    "weights (iteration INTEGER PRIMARY KEY, theta BLOB NOT NULL)",
    "states  (iteration INTEGER PRIMARY KEY, state BLOB NOT NULL)",
    "frames  (iteration INTEGER PRIMARY KEY, outputs BLOB NOT NULL)",
    "digests (iteration INTEGER PRIMARY KEY, theta TEXT NOT NULL)",
)


@contextmanager
def _told(path: Path, doing: str) -> Iterator[None]:
    """Turn what SQLite and the disk say into one sentence of ours."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        if isinstance(error, RunFileError):
            raise
        if _is_full(error):
            said = "every record before this one is kept. Make room, then `surefoot train --resume` goes on."
        else:
            said = "name a file in a folder you can write to."
        raise RunFileError(f"The run file {path} cannot be {doing}: {error}; {said}") from error


def _is_full(error: BaseException) -> bool:
    """True for what SQLite says when a write does not fit on the disk (or would pass a limit on files)."""
    return getattr(error, "sqlite_errorname", "") in ("SQLITE_FULL", "SQLITE_IOERR_WRITE")


@contextmanager
def understood(path: str | Path) -> Iterator[None]:
    """Turn whatever reading a damaged file runs into into one sentence of ours."""
    try:
        yield
    except RunFileError:
        raise
    except (sqlite3.Error, KeyError, TypeError, ValueError, OSError) as error:
        raise RunFileError(f"{path} is not a run of surefoot, or is damaged: {error}.") from error


def is_run(path: str | Path) -> bool:
    """True for a file of the kind that runs are kept in."""
    path = Path(path)
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(15) == b"SQLite format 3"


class RunWriter:
    """Writes one run; create it before training, so that a bad path is found before the work.

    after : go on with the file that is there, behind this record; None: begin a new file.

    Raises
    ------
    RunFileError : the file exists already, cannot be written, or has other records than one thinks.
    """

    def __init__(self, path: str | Path, header: Header, *, after: int | None = None) -> None:
        self.path = Path(path)
        if after is None and self.path.exists():
            raise RunFileError(
                f"{self.path} exists already, and runs are never overwritten. Name another file, "
                "or remove it."
            )
        with _told(self.path, "written"):
            self.database = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            try:
                if after is not None:
                    self._alone()
                self.database.execute("PRAGMA journal_mode=WAL")
                self.database.execute("PRAGMA synchronous=NORMAL")
                self._open(header, after)
            except (sqlite3.Error, RunFileError):
                self.database.close()
                if after is None:
                    self.path.unlink(missing_ok=True)
                raise

    def _alone(self) -> None:
        """Fold back what a killed run left in the log; SQLite does it only where nobody else is there."""
        if not _one_file(self.database):
            raise RunFileError(
                f"{self.path} is open elsewhere: its run still goes on, or somebody reads it. "
                "Wait until that has ended, then resume it."
            )

    def _open(self, header: Header, after: int | None) -> None:
        """One transaction: a file is a run, or it is not; a run has its ending, or goes on."""
        execute = self.database.execute
        execute("BEGIN IMMEDIATE")
        for table in TABLES:
            execute(f"CREATE TABLE IF NOT EXISTS {table}")
        if after is not None:
            (last,) = execute("SELECT MAX(iteration) FROM steps").fetchone()
            if last != after:
                raise RunFileError(f"{self.path} has grown to iteration {last} meanwhile; resume it again.")
            execute("DELETE FROM about WHERE key = 'ending'")
            # the state that ended it is no place to walk on from: those at every 50th iteration are
            execute("DELETE FROM states WHERE iteration % ? != 0", (REFRESH,))
        self._about("format", FORMAT)
        self._about("header", header_to_json(header))
        execute("COMMIT")

    def write(self, frame: Frame, theta: Vector | None = None, state: State | None = None) -> None:
        """Store one record; with theta its weights, with state all that continuing needs."""
        step, execute = frame.step, self.database.execute
        with _told(self.path, "written"):
            execute("BEGIN")
            execute("INSERT INTO steps VALUES (?, ?)", (step.iteration, _dumps(step.to_json())))
            self.database.executemany(
                "INSERT INTO trials VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (step.iteration, i, t.alpha, t.phi, t.slope, t.verdict.value, t.margin)
                    for i, t in enumerate(step.trials, start=1)
                ],
            )
            if theta is not None:
                self._weights(step.iteration, theta)
            if state is not None:
                self._state(state)
            if frame.outputs is not None:
                execute(
                    "INSERT INTO frames VALUES (?, ?)",
                    (step.iteration, frame.outputs.astype("<f4").tobytes()),
                )
            execute("COMMIT")

    def close(self, ending: Ending, state: State | None = None) -> None:
        """Write the ending and the last state, and leave exactly one file.

        Where even that cannot be written, the records that are there stay as they are.
        """
        try:
            with _told(self.path, "closed"):
                if self.database.in_transaction:  # a record was being written when the run was stopped
                    self.database.execute("ROLLBACK")
                self.database.execute("BEGIN")
                if state is not None:
                    self._state(state)
                    self._weights(state.iteration, state.theta)
                self._about("ending", ending.to_json())
                self.database.execute("COMMIT")
        finally:
            with _told(self.path, "closed"):
                self._fold()

    def _fold(self) -> None:
        """Fold the log back and let the file go; one that finds no room, or is being read, stays there."""
        try:
            if self.database.in_transaction:
                with suppress(sqlite3.Error):  # SQLite has rolled back by itself when a disk is full
                    self.database.execute("ROLLBACK")
            self.database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            _one_file(self.database)
        finally:
            self.database.close()

    def _weights(self, iteration: int, theta: Vector) -> None:
        data = theta.astype("<f8").tobytes()
        execute = self.database.execute
        execute("INSERT OR REPLACE INTO weights VALUES (?, ?)", (iteration, data))
        execute("INSERT OR REPLACE INTO digests VALUES (?, ?)", (iteration, digest(data)))

    def _state(self, state: State) -> None:
        row = (state.iteration, pack(state_to_tree(state)))
        self.database.execute("INSERT OR REPLACE INTO states VALUES (?, ?)", row)

    def _about(self, key: str, value: Any) -> None:
        self.database.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", (key, _dumps(value)))


def _one_file(database: sqlite3.Connection, patience: float = 1.0) -> bool:
    """Fold the log into the file and remove it; False when somebody else has the file open that long."""
    give_up = monotonic() + patience
    while monotonic() < give_up:
        try:
            database.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            sleep(0.02)
        else:
            return True
    return False


def digest(data: bytes) -> str:
    """SHA-256 of the bytes of a vector, 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


class RunReader:
    """Reads a run file, finished or still growing.

    Raises
    ------
    RunFileError : no such file, or not a run of ours.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if not self.path.is_file():
            raise RunFileError(f"There is no run file {self.path}; `surefoot train --run FILE` writes one.")
        with understood(
            self.path
        ):  # immutable is not claimed: a run still being written is read as it stands
            self.database = sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro", uri=True)
            try:
                self.header, self.ending = self._about()
            except BaseException:
                self.database.close()
                raise

    def _about(self) -> tuple[Header, Ending]:
        stored = {k: json.loads(v) for k, v in self.database.execute("SELECT key, value FROM about")}
        if stored["format"] != FORMAT:
            raise RunFileError(f"{self.path} says {stored['format']!r}; this surefoot reads {FORMAT!r}.")
        ending = stored.get("ending") or OPEN.to_json()
        return header_from_json(stored["header"]), Ending(**ending)

    def steps(self) -> list[Step]:
        """All records, k = 0, 1, ..."""
        rows = self.database.execute("SELECT record FROM steps ORDER BY iteration")
        return [Step.from_json(json.loads(record)) for (record,) in rows]

    def theta(self, iteration: int | None = None) -> Vector | None:
        """The weights stored at `iteration`, or the last ones; None when there are none."""
        where, value = ("WHERE iteration = ?", (iteration,)) if iteration is not None else ("", ())
        row = self.database.execute(
            f"SELECT theta FROM weights {where} ORDER BY iteration DESC LIMIT 1", value
        ).fetchone()
        return None if row is None else np.frombuffer(row[0], "<f8")

    def state(self, at: int | None = None) -> State | None:
        """The last complete state stored at or before iteration `at` (None: the last of all)."""
        limit = at if at is not None else 2**62
        row = self.database.execute(
            "SELECT state FROM states WHERE iteration <= ? ORDER BY iteration DESC LIMIT 1", (limit,)
        ).fetchone()
        return None if row is None else state_from_tree(unpack(row[0]))

    def states(self) -> Iterator[State]:
        """All complete states, by iteration."""
        for (state,) in self.database.execute("SELECT state FROM states ORDER BY iteration"):
            yield state_from_tree(unpack(state))

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        """A table as it stands, row by row in order; empty where an older run has no such table."""
        known = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
        if self.database.execute(known, (table,)).fetchone() is None:
            return []
        return self.database.execute(f'SELECT * FROM "{table}" ORDER BY 1, 2').fetchall()

    def outputs(self, iteration: int) -> Array | None:
        """(s, k) outputs of the sample digits nearest at or before `iteration`."""
        row = self.database.execute(
            "SELECT outputs FROM frames WHERE iteration <= ? ORDER BY iteration DESC LIMIT 1", (iteration,)
        ).fetchone()
        return None if row is None else np.frombuffer(row[0], "<f4").reshape(-1, self.header.sizes[-1])

    def close(self) -> None:
        self.database.close()

    def __enter__(self) -> RunReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def header_to_json(header: Header) -> dict[str, Any]:
    record = {k: v for k, v in header.__dict__.items() if k != "samples"}
    if header.samples is not None:
        s = header.samples
        record["samples"] = {
            "inputs": s.inputs.tolist(),
            "dtype": s.inputs.dtype.str,
            "labels": s.labels.tolist(),
            "rows": s.rows,
        }
    return record


def header_from_json(record: dict[str, Any]) -> Header:
    samples = record.pop("samples", None)
    if samples is not None:
        dtype = np.dtype(samples["dtype"])
        if dtype.kind not in "uf":
            raise DataError(f"samples of dtype {dtype}")
        samples = Samples(
            np.array(samples["inputs"], dtype), np.array(samples["labels"]), tuple(samples["rows"])
        )
    for name in ("sizes", "classes", "image_shape"):
        record[name] = None if record[name] is None else tuple(record[name])
    return Header(**record, samples=samples)


def state_to_tree(state: State) -> dict[str, Any]:
    last = state.last
    return {
        "theta": state.theta,
        "value": state.value,
        "gradient": state.gradient,
        "best": tuple(state.best),
        "iteration": state.iteration,
        "memory": tuple(state.memory),
        "refusals": state.refusals,
        "cost": (state.cost.passes, state.cost.tails, state.cost.evaluations),
        "last": None
        if last is None
        else (
            last.alpha,
            last.outcome.value,
            tuple((t.alpha, t.phi, t.slope, t.verdict.value, t.margin) for t in last.trials),
        ),
    }


def state_from_tree(tree: dict[str, Any]) -> State:
    last = tree["last"]
    if last is not None:
        trials = tuple(Trial(a, phi, slope, Verdict(v), m) for a, phi, slope, v, m in last[2])
        last = Found(last[0], Outcome(last[1]), trials)
    return State(
        theta=tree["theta"],
        value=tree["value"],
        gradient=tree["gradient"],
        best=Best(*tree["best"]),
        iteration=tree["iteration"],
        memory=Memory(*tree["memory"]),
        last=last,
        refusals=tree["refusals"],
        cost=Cost(*tree["cost"]),
    )


def _dumps(value: Any) -> str:
    return json.dumps(finite(value), allow_nan=False)


def finite(value: Any) -> Any:
    """The same with NaN and infinities as null: JSON has no word for them."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, np.generic):
        return finite(value.item())
    if isinstance(value, dict):
        return {key: finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [finite(part) for part in value]
    return value
