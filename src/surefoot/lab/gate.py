"""The gate: one piece of ASGI in front of everything that the lab serves.

    Host ──▶ method ──▶ Origin ──▶ token or cookie ──▶ body ──▶ the lab

A page that any web site could reach is no page of ours.  A request passes only when all of this holds:

    Host      is exactly 127.0.0.1:PORT or localhost:PORT (a name that was re-bound to 127.0.0.1 is not)
    Origin    is exactly the lab's own where it is sent, and it must be sent with a POST; "null" is foreign
    cookie    holds the secret of this start; it is given for the token, and the token is in the start URL
    body      is JSON of at most 1 MiB, counted as it arrives

The start URL http://127.0.0.1:PORT/?token=... is answered with the cookie and a way to `/`, so that the token
is not in the address any more.  Cookies do not know ports, hence the port in its name: two labs are two
cookies.  Every answer, refusals too, carries the same headers: nothing is cached, framed, sniffed or shared.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import parse_qs

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

METHODS = ("GET", "HEAD", "POST")
LARGEST_BODY = 1 << 20  # bytes
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
OURS = ("same-origin", "none")  # Sec-Fetch-Site of our own page, and of an address typed by hand


class Refused(Exception):
    """Why a request does not pass: a status and one sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


@dataclass(frozen=True)
class Pass:
    """Where the lab listens, and the two secrets of this start: 128 random bits each."""

    port: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(16), repr=False)
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(16), repr=False)

    @property
    def hosts(self) -> tuple[str, ...]:
        """What the header Host may say."""
        tail = f":{self.port}" if self.port != 80 else ""  # browsers leave http's own port out
        return (f"127.0.0.1{tail}", f"localhost{tail}")

    @property
    def url(self) -> str:
        """The address that opens the lab."""
        return f"http://127.0.0.1:{self.port}/?token={self.token}"

    @property
    def cookie(self) -> str:
        """The cookie's name."""
        return f"surefoot_lab_{self.port}"


class Gate:
    """Wraps an ASGI application; what it does not let through, the application never sees."""

    def __init__(self, app: App, key: Pass) -> None:
        self.app, self.key = app, key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] == "http":
            await self._judge(scope, receive, _with_headers(send))

    async def _judge(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            check_host(scope, self.key)
            check_method(scope)
            check_origin(scope)
            if brings_token(scope, self.key):
                await _welcome(send, self.key)
                return
            check_cookie(scope, self.key)
            if scope["method"] == "POST":
                receive = _again(await read_body(scope, receive), receive)
        except Refused as refusal:
            await _refuse(send, refusal)
            return
        await self.app(scope, receive, send)


# the rules, in order ----------------------------------------------------------------------------------


def check_host(scope: Scope, key: Pass) -> None:
    """Exactly one Host, exactly ours: else a name that points here would make its page our origin."""
    if _only(scope, b"host") not in key.hosts:
        raise Refused(403, f"The lab answers at {key.hosts[0]} only; open the address that it printed.")


def check_method(scope: Scope) -> None:
    """GET, HEAD and POST; which of them a route takes is the route's to say."""
    if scope["method"] not in METHODS:
        raise Refused(405, f"This lab knows {', '.join(METHODS)} only.")


def check_origin(scope: Scope) -> None:
    """Our own origin where one is named, and POST must name it; where browsers say who asks: our page."""
    origin, host = _only(scope, b"origin"), _only(scope, b"host")
    if origin is None and scope["method"] == "POST":
        raise Refused(403, "A command must say where it comes from; use the lab's own page.")
    if origin is not None and origin != f"http://{host}":
        raise Refused(403, "This comes from another page; the lab obeys its own page only.")
    site = _only(scope, b"sec-fetch-site")
    if site is not None and site not in OURS and scope["path"] != "/":  # "/" may be followed as a link
        raise Refused(403, "Another page asks for this; the lab answers its own page only.")


def brings_token(scope: Scope, key: Pass) -> bool:
    """True for the start URL with the right token, False without a token; a wrong one is refused."""
    if scope["method"] != "GET" or scope["path"] != "/":
        return False
    tokens = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True).get("token")
    if tokens is None:
        return False
    if len(tokens) == 1 and _same(tokens[0], key.token):
        return True
    raise Refused(403, "The token is not that of this lab; open the address that it printed last.")


def check_cookie(scope: Scope, key: Pass) -> None:
    """The secret of this start, compared in constant time."""
    if not _same(_cookies(scope).get(key.cookie, ""), key.secret):
        raise Refused(403, "Open the address that the lab printed in the terminal, with its token.")


async def read_body(scope: Scope, receive: Receive) -> bytes:
    """The whole body of a POST: JSON, at most 1 MiB, whatever its length was said to be."""
    kind = (_only(scope, b"content-type") or "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refused(415, "A command is JSON; send it as application/json.")
    too_much = Refused(413, f"A command has at most {LARGEST_BODY:,} bytes; send less.")
    said = _only(scope, b"content-length")
    if said is not None and (not said.isdigit() or len(said) > 9 or int(said) > LARGEST_BODY):
        raise too_much
    pieces, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(400, "The command broke off.")
        piece = message.get("body", b"")
        size += len(piece)
        if size > LARGEST_BODY:
            raise too_much
        pieces.append(piece)
        if not message.get("more_body", False):
            return b"".join(pieces)


# small things -----------------------------------------------------------------------------------------


def _only(scope: Scope, name: bytes) -> str | None:
    """The value of a header; None when it is not there; "" (which nothing equals) when it is there twice."""
    values = [value for key, value in scope["headers"] if key.lower() == name]
    if not values:
        return None
    return values[0].decode("latin-1") if len(values) == 1 else ""


def _same(one: str, other: str) -> bool:
    return secrets.compare_digest(one.encode(), other.encode())


def _cookies(scope: Scope) -> dict[str, str]:
    """Cookies by name; of a name that comes twice, or that cannot be read, none."""
    found: dict[str, str] = {}
    for header, value in scope["headers"]:
        if header.lower() != b"cookie":
            continue
        for part in value.decode("latin-1").split(";"):
            name, equals, content = part.strip().partition("=")
            if equals:
                found[name] = "" if name in found else content
    return found


def _with_headers(send: Send) -> Send:
    """Send, with our headers on every answer in place of any others of these names."""
    names = {name for name, _ in HEADERS} | {b"server"}

    async def send_with(message: Message) -> None:
        if message["type"] == "http.response.start":
            others = [(k, v) for k, v in message.get("headers", ()) if k.lower() not in names]
            message = {**message, "headers": [*others, *HEADERS]}
        await send(message)

    return send_with


def _again(body: bytes, receive: Receive) -> Receive:
    """Receive for a body that has been read: first the body, then whatever else comes."""
    given = False

    async def receive_again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again


async def _refuse(send: Send, refusal: Refused) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    if refusal.status == 405:
        headers.append((b"allow", ", ".join(METHODS).encode()))
    if refusal.status == 413:
        headers.append((b"connection", b"close"))  # what is still coming is not read
    await _answer(send, refusal.status, headers, refusal.sentence.encode())


async def _welcome(send: Send, key: Pass) -> None:
    cookie = f"{key.cookie}={key.secret}; HttpOnly; SameSite=Strict; Path=/"
    await _answer(send, 303, [(b"location", b"/"), (b"set-cookie", cookie.encode())], b"")


async def _answer(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
