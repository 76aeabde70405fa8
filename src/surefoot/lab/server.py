"""The lab's server: a page, the events of its runs, answers to what is asked of them, commands.

    GET  /                   the page
    GET  /static/{name}      its scripts and styles, from a list made at the start
    GET  /events?after=12    everything told so far (after number 12) and from now on, as server-sent events
    GET  /ask/{what}         one number, picture or list:  /ask/weights?run=r1&from=0&to=49
    POST /command/{name}     play, pause, step, speed, branch, restart

The gate stands in front of all of it.  Asks and commands work in threads: the page never waits for another
tab's question, and training waits for nobody.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from importlib.resources import files
from typing import Any, Protocol

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from surefoot.errors import BadValue, SurefootError, UnknownName
from surefoot.lab.events import Log, as_json, as_stream, last_seen
from surefoot.lab.gate import Gate, Pass
from surefoot.views.bundle import bundle

HEARTBEAT = 10.0  # seconds
GRACE = 0.3  # seconds for answers and streams to come to their end when the lab closes
ASKING, OBEYING = 3, 2  # threads that may answer, and do what is said, at once
KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
RUN, NUMBER = re.compile(r"r[0-9]{1,6}"), re.compile(r"[0-9]{1,6}")
ASKS: dict[str, tuple[str, tuple[str, ...]]] = {  # in the address: what is asked, of what
    "weights": ("weights", ("run", "from", "to")),
    "exact-weights": ("exact weights", ("run", "k")),
    "microscope": ("microscope", ("run", "k")),
    "errors": ("errors", ("run", "k")),
    "surface": ("surface", ("run", "k")),
    "gradient": ("gradient", ("run", "k")),
    "choices": ("choices", ()),
}
COMMANDS = ("play", "pause", "step", "speed", "branch", "restart")


class Lab(Protocol):
    """What is served: events, answers (as JSON text) and obedience; see session.py."""

    log: Log

    def ask(self, what: str, args: dict[str, Any]) -> str: ...
    def command(self, name: str, args: dict[str, Any]) -> dict[str, Any]: ...
    def close(self) -> None: ...


def static_files() -> dict[str, tuple[str, bytes]]:
    """What /static may give, by name: kind and content.  A path from outside is never opened."""
    folder = files("surefoot.views") / "static"
    found = {}
    for entry in folder.iterdir():
        kind = KINDS.get(entry.name[entry.name.rfind(".") :])
        if kind and entry.is_file():
            found[entry.name] = (f"{kind}; charset=utf-8", entry.read_bytes())
    found["lab.js"] = ("text/javascript; charset=utf-8", bundle("page.js").encode())  # one request, not forty
    return found


def routes(lab: Lab) -> list[BaseRoute]:
    """Everything that the lab serves."""
    static = static_files()
    asking, obeying = (Hands(most, lambda: lab.log.closed) for most in (ASKING, OBEYING))

    async def page(request: Request) -> Response:
        return _file(static, "index.html")

    async def file(request: Request) -> Response:
        return _file(static, request.path_params["name"])

    async def events(request: Request) -> Response:
        kind = "text/event-stream"
        if request.method == "HEAD":
            return Response(media_type=kind)
        seen = request.headers.get("last-event-id", request.query_params.get("after"))
        last = last_seen(seen, len(lab.log))
        return StreamingResponse(as_stream(lab.log, last, HEARTBEAT), media_type=kind)

    async def ask(request: Request) -> Response:
        what, args = asked(request.path_params["what"], request.query_params.multi_items())
        return _json(await asking.do(lab.ask, what, args))

    async def command(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in COMMANDS:
            raise HTTPException(404, str(UnknownName("command", name[:40], COMMANDS)))
        args = told(await request.body())
        return _json(as_json(await obeying.do(lab.command, name, args)))

    return [
        Route("/", page),
        Route("/static/{name}", file),
        Route("/events", events),
        Route("/ask/{what}", ask),
        Route("/command/{name}", command, methods=["POST"]),
    ]


def application(lab: Lab, key: Pass) -> Gate:
    """The lab behind its gate, as ASGI."""
    app = Starlette(
        routes=routes(lab),
        exception_handlers={SurefootError: _sorry, HTTPException: _sorry, Exception: _sorry},
    )
    app.router.redirect_slashes = False
    return Gate(app, key)


def asked(name: str, given: Sequence[tuple[str, str]]) -> tuple[str, dict[str, Any]]:
    """What is asked, and its arguments: run names and numbers by their patterns, nothing else.

    Raises
    ------
    HTTPException : no such question.
    BadValue : arguments missing, too many, or not of their pattern.
    """
    if name not in ASKS:
        raise HTTPException(404, str(UnknownName("question", name[:40], ASKS)))
    what, wanted = ASKS[name]
    if sorted(key for key, _ in given) != sorted(wanted):
        raise BadValue(f"To ask for {what} give {', '.join(wanted) or 'nothing'}, each once.")
    args: dict[str, Any] = {}
    for key, text in given:
        pattern = RUN if key == "run" else NUMBER
        if not pattern.fullmatch(text):
            raise BadValue(f"{key} is not {'a run such as r1' if key == 'run' else 'a whole number'}.")
        args[key] = text if key == "run" else int(text)
    return what, args


def told(body: bytes) -> dict[str, Any]:
    """The arguments of a command: one JSON object, without NaN.

    Raises
    ------
    BadValue : it is something else.
    """
    try:
        args = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadValue("A command's body is not JSON; send one object.") from error
    if not isinstance(args, dict):
        raise BadValue("A command's body is one JSON object.")
    return args


def _no_constant(name: str) -> float:
    raise ValueError(name)


class Hands:
    """Threads that answer: so many at once.  They are daemons, for a long answer must not keep a lab open.

    closed : says when nobody waits for answers any more.
    """

    def __init__(self, most: int, closed: Callable[[], bool]) -> None:
        self._free, self._closed = asyncio.Semaphore(most), closed

    async def do(self, work: Callable[..., Any], *args: Any) -> Any:
        """work(*args) in a thread of its own, when one is free."""
        done: Future[Any] = Future()

        def run() -> None:
            try:
                done.set_result(work(*args))
            except BaseException as error:
                done.set_exception(error)

        async with self._free:
            done.set_running_or_notify_cancel()
            threading.Thread(target=run, name="surefoot answer", daemon=True).start()
            answer = asyncio.wrap_future(done)
            while not (await asyncio.wait([answer], timeout=0.1))[0]:
                if self._closed():
                    raise HTTPException(503, "The lab is closed.")
            return answer.result()


def _file(static: dict[str, tuple[str, bytes]], name: str) -> Response:
    if name not in static:
        raise HTTPException(404, "There is no such file in the lab.")
    kind, content = static[name]
    return Response(content, media_type=kind)


def _json(text: str, status: int = 200) -> Response:
    return Response(text, status, media_type="application/json")


async def _sorry(request: Request, error: Exception) -> Response:
    """Every error as one sentence; of one that is not ours, no details leave the terminal."""
    if isinstance(error, HTTPException):
        return _json(as_json({"error": str(error.detail)}), error.status_code)
    if isinstance(error, SurefootError):
        return _json(as_json({"error": " ".join(str(error).split())}), 400)
    return _json(as_json({"error": "The lab made a mistake; the terminal says which."}), 500)


# listening --------------------------------------------------------------------------------------------


def listen(port: int = 0) -> socket.socket:
    """A socket on 127.0.0.1, and nowhere else; port 0: any that is free.

    Raises
    ------
    BadValue : the port is taken, or is none.
    """
    if not 0 <= port <= 65535:
        raise BadValue(f"Port {port} is none; give 1 to 65535, or 0 for any that is free.")
    ear = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if sys.platform != "win32":  # there it would let two listen at once
        ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        ear.bind(("127.0.0.1", port))
        ear.listen(64)
    except OSError as error:
        ear.close()
        raise BadValue(
            f"Port {port} cannot be used ({error.strerror}); name another with --port, or 0 for any free one."
        ) from error
    return ear


def serve(lab: Lab, ear: socket.socket, open_browser: bool = True) -> None:
    """Serve the lab at this socket until Ctrl-C, and tell its address; closes the lab."""
    key = Pass(ear.getsockname()[1])
    config = uvicorn.Config(
        application(lab, key), log_level="warning", access_log=False, server_header=False,
        proxy_headers=False, ws="none", lifespan="off", timeout_graceful_shutdown=1,
    )  # fmt: skip
    print(f"The lab is open at {key.url}\nCtrl-C closes it.", flush=True)
    try:
        asyncio.run(_serve(uvicorn.Server(config), ear, lab, key.url if open_browser else None))
    except KeyboardInterrupt:  # the way to leave: everything is closed already
        pass
    finally:
        lab.close()
    print("The lab is closed.")


async def _serve(server: uvicorn.Server, ear: socket.socket, lab: Lab, url: str | None) -> None:
    watch = asyncio.create_task(_watch(server, lab, url))
    await server.serve(sockets=[ear])
    await watch


async def _watch(server: uvicorn.Server, lab: Lab, url: str | None) -> None:
    """Open the browser when somebody answers; end the streams when the server is to end."""
    while not server.started and not server.should_exit:
        await asyncio.sleep(0.02)
    if url is not None:
        threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()
    while not server.should_exit:
        await asyncio.sleep(0.05)
    lab.log.close()
    await asyncio.sleep(GRACE)
    for connection in list(server.server_state.connections):  # a browser may hold on to what it opened
        connection.transport.abort()
