"""The lab: runs in a page of the browser, to be watched, stopped, gone back in, branched and questioned.

gate      who comes in
server    what is served, and where one listens
session   the runs, what is asked of them and told to them;  trainer: the thread that trains them
choices   what may be chosen;  events: what was told
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from surefoot.training.options import Options


def lab(
    options: Options | None = None,
    *,
    method: str = "auto",
    noise: float = 0.1,
    run: str | None = None,
    port: int = 0,
    open_browser: bool = True,
) -> None:
    """Open the lab, tell its address, and serve it until Ctrl-C.

    Parameters
    ----------
    options : data and network of the first run; None: the digits, as `surefoot train` takes them.
    method : that trains them.
    noise : how far points of data in a plane are scattered.
    run : a run file to look at, and to go on with, in place of a new run.
    port : on 127.0.0.1; 0: any that is free.
    open_browser : False leaves opening the address to you.

    Raises
    ------
    SurefootError : data, network, method, file or port that cannot be; found before the lab opens.
    """
    from surefoot.lab.choices import number
    from surefoot.lab.server import listen, serve
    from surefoot.lab.session import Session

    with listen(port) as ear:
        session = Session(options, method, number("noise", noise, 0, 1), run)
        serve(session, ear, open_browser)
