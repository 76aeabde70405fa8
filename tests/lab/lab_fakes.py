"""A lab without training, and a client that sends exactly what it is told: no browser is so rude."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from urllib.parse import unquote

from surefoot.lab.events import Log, as_json
from surefoot.lab.gate import Pass
from surefoot.lab.server import application

PORT = 8765
HOST = f"127.0.0.1:{PORT}"
ORIGIN = f"http://{HOST}"


class FakeLab:
    """Remembers what reached it."""

    def __init__(self):
        self.log = Log()
        self.reached = []

    def ask(self, what, args):
        self.reached.append((what, args))
        return as_json({"what": what, **args})

    def command(self, name, args):
        self.reached.append((name, args))
        return {"run": "r1"}

    def close(self):
        self.log.close()


@dataclass
class Answer:
    status: int = 0
    headers: list = field(default_factory=list)
    body: bytes = b""

    def all(self, name):
        return [value.decode("latin-1") for key, value in self.headers if key.decode().lower() == name]

    def __getitem__(self, name):
        (value,) = self.all(name)
        return value

    def json(self):
        return json.loads(self.body)


class Client:
    """Speaks ASGI to the application behind its gate; `headers` go with every request."""

    def __init__(self, app, headers=()):
        self.app, self.headers = app, list(headers)
        self._runner = asyncio.Runner()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._runner.close()

    def send(self, method, target, headers=(), body=(b"",)):
        """One request with these headers (name, value), in this order, and no others; body: its pieces."""
        return self._runner.run(speak(self.app, method, target, headers, body))

    def get(self, target, **more):
        return self.send("GET", target, _changed(self.headers, more))

    def post(self, target, content=b"{}", **more):
        kind = {"content_type": "application/json", **more}
        pieces = [content] if isinstance(content, bytes) else content
        return self.send("POST", target, _changed(self.headers, kind), pieces)


async def speak(app, method, target, headers, body=(b"",)):
    path, _, query = target.partition("?")
    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1",
        "method": method, "scheme": "http", "path": unquote(path), "raw_path": path.encode(),
        "query_string": query.encode(), "root_path": "",
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", PORT),
        "headers": [(k.encode(), v.encode("utf-8")) for k, v in headers], "state": {},
    }  # fmt: skip
    pieces, answer, done = iter([*body, None]), Answer(), asyncio.Event()
    held = [next(pieces)]

    async def receive():
        piece = held[0]
        if piece is None:
            await done.wait()
            return {"type": "http.disconnect"}
        held[0] = next(pieces)
        return {"type": "http.request", "body": piece, "more_body": held[0] is not None}

    async def send(message):
        if message["type"] == "http.response.start":
            answer.status, answer.headers = message["status"], list(message.get("headers", ()))
        else:
            answer.body += message.get("body", b"")
            if not message.get("more_body", False):
                done.set()

    try:
        await app(scope, receive, send)
    except RuntimeError as error:  # planted: the server has answered, and tells the terminal
        if "planted" not in str(error):
            raise
    return answer


def _changed(headers, more):
    """Headers with some replaced (name_with_underscores=value) or left out (None)."""
    names = {name.replace("_", "-"): value for name, value in more.items()}
    kept = [(k, v) for k, v in headers if k not in names]
    return [*kept, *((k, v) for k, v in names.items() if v is not None)]


def opened(lab=None):
    """A client without a cookie, its lab and the pass."""
    lab, key = lab or FakeLab(), Pass(PORT)
    return Client(application(lab, key), [("host", HOST)]), lab, key


def admitted(lab=None):
    """A client that has come in by the start URL."""
    client, lab, key = opened(lab)
    client.headers += [("origin", ORIGIN), ("cookie", f"{key.cookie}={key.secret}")]
    return client, lab, key
