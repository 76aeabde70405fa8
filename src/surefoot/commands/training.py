"""`surefoot train`: a new run, one that goes on where it stopped, or one that branches off another."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from surefoot.errors import BadValue, UnknownName
from surefoot.flags import Count, Machine, Net, Place, default, options_of

if TYPE_CHECKING:
    from surefoot.training.finished import Run

SCREENS = ("terminal", "text", "none")
ITERATIONS, TEST_EVERY = 100, 10


def train(
    data: Annotated[str | None, default("digits")] = None,
    /,
    *,
    net: Net = Net(),
    method: Annotated[str | None, default("auto")] = None,
    iterations: Annotated[Count | None, default(ITERATIONS)] = None,
    train_size: Count | None = None,
    precision: Annotated[str | None, default("double")] = None,
    test_every: Annotated[Count | None, default(TEST_EVERY)] = None,
    sharpness_every: Count | None = None,
    view: str = "terminal",
    figure: str | None = None,
    run: str | None = None,
    resume: str | None = None,
    parent: Annotated[str | None, Parameter(name="--from")] = None,
    at: Count | None = None,
    place: Place = Place(),
    machine: Machine = Machine(),
) -> None:
    """Train a network and watch every step.

    Parameters
    ----------
    data
        digits, mnist, circle, xor, spiral, moons, gaussians, or the path of a file or folder.
    method
        auto, classic, constant, lbfgs, cg, ...; `surefoot methods` lists them all.
    iterations
        How many steps to take; with --resume how many more, if not said as many as were planned.
    train_size
        Rows to train on, the rest tests; if not said 1,000 of the digits, 20,000 of MNIST, else 7 in 10.
    precision
        double or single.
    test_every
        Iterations between measurements on the test rows.
    sharpness_every
        Measure the top Hessian eigenvalue every so many iterations; --figure draws it beside 2/α.
    view
        terminal, text or none.
    figure
        Save the picture of the run to this file (.png, .pdf, .svg).
    run
        Write the run to this file; `surefoot show` reads it.
    resume
        Go on with the run in this file, bit for bit, in this file.
    parent
        Begin a new run with the weights of the run in this file.
    at
        With --from: the iteration whose weights to begin with; the last one if not said.
    """
    from surefoot.views import FigureView, make_views

    if view not in SCREENS:
        raise UnknownName("view", view, SCREENS)
    told = {
        "DATA": data, "--method": method, "--train-size": train_size, "--precision": precision,
        "--test-every": test_every, "--sharpness-every": sharpness_every, "--run": run, "--from": parent,
        "--at": at, **_said(net), **_said(place), **_said(machine),
    }  # fmt: skip
    views = make_views([view])
    if figure is not None:
        views.append(FigureView(figure))
    if resume is not None:
        _refuse("--resume", "goes on with the run as it is", told, "--data-dir", "--workers")
        from surefoot.training.resume import resume as go_on

        run = resume
        workers = machine.said.get("workers")
        done = go_on(resume, iterations, views, data_dir=place.data_dir, workers=workers)
    elif parent is not None:
        allowed = ("--from", "--at", "--method", "--run", "--test-every", "--sharpness-every", "--data-dir")
        _refuse("--from", "begins with that run's network on that run's data", told, *allowed)
        from surefoot.training.resume import branch

        count = ITERATIONS if iterations is None else iterations
        done = branch(
            parent, at, method or "auto", count, views,
            save=run, test_every=test_every, sharpness_every=sharpness_every, data_dir=place.data_dir,
        )  # fmt: skip
    else:
        if at is not None:
            raise BadValue("--at says where to leave another run; name that run with --from RUN.")
        done = _new(told, net, place, machine, iterations, views)
    _tell(done, view, figure, run)


def _new(
    told: dict[str, Any], net: Net, place: Place, machine: Machine, iterations: int | None, views: list[Any]
) -> Run:
    """A run from the start."""
    from surefoot.descent.methods import method as lookup
    from surefoot.training.run import train as train_network

    size, precision = told["--train-size"], told["--precision"]
    options = options_of(told["DATA"], place, net, train_size=size, precision=precision)
    rule = lookup(told["--method"] or "auto")
    training, testing = options.split()
    network = options.network(training)
    return train_network(
        network,
        training,
        test=testing,
        method=rule,
        iterations=ITERATIONS if iterations is None else iterations,
        l2=options.l2,
        rng=options.rng,
        initial=options.start(network),
        precision=options.precision,
        test_every=TEST_EVERY if told["--test-every"] is None else told["--test-every"],
        sharpness_every=told["--sharpness-every"],
        views=views,
        save=told["--run"],
        options=options.to_json(),
        **machine.said,
    )


def _tell(done: Run, view: str, figure: str | None, run: str | None) -> None:
    """What came out, and where it lies."""
    from surefoot.views import summary

    if view == "none":
        print(summary(done.header, done.steps[-1], done.ending))
    if figure is not None:
        print(f"figure: {figure}")
    if run is not None:
        print(f"run: {run}   (surefoot show {run})")
    if done.ending.kind == "interrupted":
        raise SystemExit(130)


def _said(flags: Net | Place | Machine) -> dict[str, Any]:
    """Flags of a group by name, None where nothing was said."""
    return {f"--{f.name.replace('_', '-')}": getattr(flags, f.name) for f in fields(flags)}


def _refuse(flag: str, what: str, told: dict[str, Any], *allowed: str) -> None:
    """One sentence when something was said that cannot go with the flag."""
    odd = [name for name, value in told.items() if value is not None and name not in allowed]
    if odd:
        raise BadValue(f"{flag} {what}, so it cannot be combined with {', '.join(odd)}; leave that out.")
