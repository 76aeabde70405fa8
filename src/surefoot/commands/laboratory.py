"""Open the lab: runs in a page of the browser."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from surefoot.flags import Count, Net, Place, options_of


def lab(
    data: str = "digits",
    /,
    *,
    run: str | None = None,
    method: str = "auto",
    train_size: Count | None = None,
    net: Net = Net(),
    place: Place = Place(),
    port: Count = 0,
    opening: Annotated[bool, Parameter(name="--open")] = True,
) -> None:
    """Watch, stop, rewind, branch and question a run, in the browser; Ctrl-C closes the lab.

    Parameters
    ----------
    data
        Data as for `surefoot train`, or circle, xor, spiral, moons, gaussians: points in a plane.
    run
        A stored run to look at and to go on with, instead of a new one.
    method
        How the first run is trained; the page offers the others.
    train_size
        Rows to train on; if not said as for `surefoot train`.
    port
        Where it listens on this machine (127.0.0.1), and nowhere else; 0: any free port.
    opening
        Open the page in the browser; --no-open only prints its address.
    """
    from surefoot.lab import lab as open_lab

    options = options_of(data, place, net, train_size=train_size)
    noise = 0.1 if place.noise is None else place.noise
    open_lab(options, method=method, noise=noise, run=run, port=port, open_browser=opening)
