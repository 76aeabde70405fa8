"""Laws of the gate: whatever the route, nobody comes in without all of Host, Origin and cookie."""

from __future__ import annotations

import asyncio
from itertools import product

import pytest
from lab_fakes import HOST, ORIGIN, PORT, Client, admitted, opened
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from surefoot.lab.gate import HEADERS, LARGEST_BODY, POLICY, Gate, Refused, read_body

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get")
OTHERS = METHODS[3:]
HOSTS = (
    "", "127.0.0.1", "localhost", f"127.0.0.1:{PORT + 1}", "127.0.0.1:80", f"evil.example:{PORT}",
    f"127.0.0.1.nip.io:{PORT}", f"localhost.evil.example:{PORT}", f"evil.example#127.0.0.1:{PORT}",
    f"0.0.0.0:{PORT}", f"[::1]:{PORT}", f"127.0.0.2:{PORT}", f"127.1:{PORT}", f"LOCALHOST:{PORT}",
    f"127.0.0.1:{PORT}.", f"localhost.:{PORT}", f"127.0.0.1:0{PORT}", f"x@127.0.0.1:{PORT}",
    f"2130706433:{PORT}", f"127.0.0.1:{PORT}, evil.example",
)  # fmt: skip
ORIGINS = (
    "null", "", "http://evil.example", f"http://evil.example:{PORT}", f"https://{HOST}", "http://127.0.0.1",
    f"http://127.0.0.1:{PORT + 1}", f"http://localhost:{PORT}", f"http://{HOST}.evil.example",
    f"http://{HOST}/", f"http://{HOST}, null", f"HTTP://{HOST}", "file://", "chrome-extension://abc",
)  # fmt: skip
TOKENS = ("", "x", "a" * 22, "ä" * 22, "%00", "../..")
PLACES = (
    "/", "/static/page.js", "/events", "/ask/choices", "/command/play", "/fresh/a/b", "/none", "/static/",
    "/docs", "/openapi.json", "/favicon.ico", "//", "/static/../static/page.js",
)  # fmt: skip


def door(client):
    """The application's route table, with one more that takes anything."""
    table = client.app.app.routes
    table.append(Route("/fresh/{path:path}", lambda _: PlainTextResponse("in"), methods=list(METHODS)))
    return table


def ours(key, **changes):
    """The headers of the lab's own page, some of them changed, or left out (None)."""
    right = {
        "host": HOST, "origin": ORIGIN, "cookie": f"{key.cookie}={key.secret}",
        "content-type": "application/json",
    }  # fmt: skip
    return [(k, v) for k, v in (right | changes).items() if v is not None]


def strangers(key):
    """Every way to come that is not ours: why, and what is sent."""
    good = f"{key.cookie}={key.secret}"
    yield "no cookie", ours(key, cookie=None)
    for token in TOKENS:
        yield "bad cookie", ours(key, cookie=f"{key.cookie}={token}")
    yield "token as cookie", ours(key, cookie=f"{key.cookie}={key.token}")
    yield "the cookie twice", ours(key, cookie=f"{good}; {good}")
    yield "another lab's cookie", ours(key, cookie=f"surefoot_lab_1={key.secret}")
    for host in HOSTS:
        yield "bad host", ours(key, host=host)
        yield "bad host, its own origin", ours(key, host=host, origin=f"http://{host}")
    yield "no host", ours(key, host=None)
    yield "two hosts", [*ours(key), ("host", HOST)]
    for origin in ORIGINS:
        yield "bad origin", ours(key, origin=origin)
    yield "two origins", [*ours(key), ("origin", ORIGIN)]
    for site in ("cross-site", "same-site", ""):
        yield "another site", [*ours(key), ("sec-fetch-site", site)]


def test_every_route_of_the_table_is_tried_here():
    with opened()[0] as client:
        for route in door(client):
            assert any(route.path_regex.fullmatch(place) for place in PLACES), route.path


def test_no_stranger_comes_in_by_any_route_and_method():
    client, lab, key = opened()
    door(client)
    ways, count = list(strangers(key)), 0
    with client:
        for place, method, (why, headers) in product(PLACES, METHODS, ways):
            if why == "another site" and place == "/":
                continue  # a link to the page may be followed from anywhere: who linked it sees nothing
            answer = client.send(method, place, headers)
            assert answer.status == (405 if method in OTHERS and "host" not in why else 403), (place, why)
            assert answer.body != b"in"
            assert_headers(answer)
            count += 1
    assert lab.reached == []
    assert len(ways) == 70
    assert count == len(PLACES) * len(METHODS) * len(ways) - 3 * len(METHODS) == 9977


def test_a_post_without_origin_is_refused_everywhere():
    client, lab, key = opened()
    door(client)
    with client:
        for place in PLACES:
            assert client.send("POST", place, ours(key, origin=None)).status == 403
    assert lab.reached == []


def test_no_wrong_token_opens():
    client, lab, key = opened()
    wrong = (*TOKENS, key.secret, key.token[:-1], key.token + "A", f"{key.token}&token={key.token}")
    with client:
        for method, token, place in product(METHODS, wrong, PLACES):
            answer = client.send(method, f"{place}?token={token}", ours(key, cookie=None))
            assert answer.status in (403, 405)
            assert not answer.all("set-cookie")
    assert lab.reached == []


def test_the_right_token_opens_only_the_page():
    client, lab, key = opened()
    door(client)
    with client:
        for method, place in product(METHODS, PLACES):
            answer = client.send(method, f"{place}?token={key.token}", ours(key, cookie=None))
            assert answer.status == (
                303 if (method, place) == ("GET", "/") else 405 if method in OTHERS else 403
            )
        for why, headers in strangers(key):
            if "host" in why or "origin" in why:
                assert client.send("GET", f"/?token={key.token}", headers).status == 403
    assert lab.reached == []


def test_the_start_url_gives_the_cookie_and_leads_to_the_page():
    client, _, key = opened()
    with client:
        answer = client.get(key.url.removeprefix(ORIGIN))
        assert (answer.status, answer["location"]) == (303, "/")
        assert answer["set-cookie"] == f"{key.cookie}={key.secret}; HttpOnly; SameSite=Strict; Path=/"
        assert_headers(answer)
        page = client.get("/", cookie=answer["set-cookie"].partition(";")[0])
        assert page.status == 200
        assert page["content-type"].startswith("text/html")
        assert b"token" not in page.body
        assert_headers(page)


def test_secrets_are_long_and_new_each_time():
    keys = [opened()[2] for _ in range(20)]
    assert len({secret for key in keys for secret in (key.token, key.secret)}) == 40
    assert all(len(secret) >= 22 for key in keys for secret in (key.token, key.secret))
    assert not any(secret in repr(key) for key in keys for secret in (key.token, key.secret))


def test_other_methods_are_405_for_friends_too():
    client, lab, key = opened()
    door(client)
    with client:
        for method, place in product(OTHERS, PLACES):
            answer = client.send(method, place, ours(key))
            assert answer.status == 405
            assert_headers(answer)
        for place in ("/", "/static/page.js", "/events", "/ask/choices"):
            assert client.send("POST", place, ours(key), [b"{}"]).status == 405
        assert client.send("GET", "/command/play", ours(key)).status == 405
    assert lab.reached == []


def test_friends_are_obeyed():
    client, lab, _ = admitted()
    with client:
        assert client.post("/command/play", b'{"run": "r1"}').json() == {"run": "r1"}
        assert client.get("/ask/choices").json() == {"what": "choices"}
        local = {"host": f"localhost:{PORT}", "origin": f"http://localhost:{PORT}"}
        assert client.post("/command/pause", **local).status == 200
        assert client.get("/fresh/a").status == 404
    assert [name for name, _ in lab.reached] == ["play", "choices", "pause"]


KINDS = (
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "",
    "application/jsonp",
    None,
)


@pytest.mark.parametrize("kind", KINDS)
def test_only_json_is_taken(kind):
    client, lab, _ = admitted()
    with client:
        answer = client.post("/command/play", content_type=kind)
    assert answer.status == 415
    assert_headers(answer)
    assert lab.reached == []


def pieces(size, piece=1 << 16):
    """A body of unknown length."""
    yield b'{"a": "'
    for _ in range(0, size, piece):
        yield b"x" * piece
    yield b'"}'


def test_bodies_are_limited_as_they_arrive():
    client, lab, _ = admitted()
    with client:
        for content in (b" " * (LARGEST_BODY + 1), pieces(LARGEST_BODY)):
            answer = client.post("/command/play", content)
            assert answer.status == 413
            assert_headers(answer)
        assert lab.reached == []
        assert client.post("/command/play", b"{}" + b" " * (LARGEST_BODY - 2)).status == 200
        assert client.post("/command/play", pieces(1 << 17)).status == 200


def test_reading_stops_at_the_limit():
    taken = 0

    async def receive():
        nonlocal taken
        taken += 1
        return {"type": "http.request", "body": b"x" * (1 << 18), "more_body": True}

    scope = {"headers": [(b"content-type", b"application/json")]}
    with pytest.raises(Refused) as refusal:
        asyncio.run(read_body(scope, receive))
    assert refusal.value.status == 413
    assert taken == 5


@pytest.mark.parametrize("said", ["-1", "1e9", "9" * 30, "10, 10", "", "1048577", "\u0663"])
def test_a_length_that_cannot_be_is_refused(said):
    client, lab, _ = admitted()
    with client:
        assert client.post("/command/play", content_length=said).status == 413
    assert lab.reached == []


def test_a_command_that_breaks_off_is_not_obeyed():
    async def receive():
        return {"type": "http.disconnect"}

    with pytest.raises(Refused):
        asyncio.run(read_body({"headers": [(b"content-type", b"application/json")]}, receive))


def test_websockets_are_refused():
    client, lab, _ = admitted()
    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(client.app({"type": "websocket", "path": "/events", "headers": []}, None, send))
    assert [message["type"] for message in sent] == ["websocket.close"]
    assert lab.reached == []


def test_the_gate_sets_its_headers_whatever_the_application_says():
    async def careless(scope, receive, send):
        headers = {"Cache-Control": "public", "Server": "x/1.0", "Content-Security-Policy": "default-src *"}
        await PlainTextResponse("in", headers=headers)(scope, receive, send)

    _, _, key = opened()
    with Client(Gate(careless, key), ours(key)) as client:
        answer = client.get("/")
    assert answer.body == b"in"
    assert_headers(answer)


def test_a_mistake_of_ours_tells_nothing_and_keeps_the_headers():
    client, lab, _ = admitted()

    def ask(what, args):
        raise RuntimeError("planted secret")

    lab.ask = ask
    with client:
        answer = client.get("/ask/choices")
    assert answer.status == 500
    assert b"secret" not in answer.body
    assert_headers(answer)


def assert_headers(answer):
    """Each of our headers is there exactly once, and none that tells a version or opens the door."""
    for name, value in HEADERS:
        assert answer.all(name.decode()) == [value.decode()], name
    names = {name.decode().lower() for name, _ in answer.headers}
    assert not {name for name in names if name.startswith("access-control-") or name == "server"}


def test_the_policy_is_the_strict_one():
    assert dict(HEADERS)[b"content-security-policy"].decode() == POLICY
    assert POLICY == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    )
