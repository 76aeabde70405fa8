"""The server: only what is in its tables is answered, and it goes when it is told to go."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from http.client import HTTPConnection
from importlib.resources import files

import pytest
from lab_fakes import FakeLab, admitted

from surefoot.errors import BadValue
from surefoot.lab.server import ASKS, Hands, listen, static_files

NAMES = (
    "..", "../r1", "r1/..", "%2e%2e", "%2e%2e%2fr1", "r1%00", "r1%0a", "r", "r1234567", "R1", "r-1", "r1 ",
    "r%D9%A1", "file:///etc/passwd", "http://evil.example/", "<script>", "null", "", "r1'--", "r1,r2",
)  # fmt: skip


def test_static_files_are_those_of_the_list_and_nothing_else():
    client, _, _ = admitted()
    static = static_files()
    assert {"page.js", "live.js", "index.html", "model.js"} <= static.keys()
    with client:
        for name, (kind, content) in static.items():
            answer = client.get(f"/static/{name}")
            assert (answer.status, answer.body, answer["content-type"]) == (200, content, kind)
        for name in (
            "..", ".", "%2e%2e/server.py", "..%2f__init__.py", "../__init__.py", "%2fetc%2fpasswd",
            "page.js%00", "page.js/", "PAGE.JS", "tsconfig.json", "page.js?x=/../..%2f", "c:%5cwindows", "",
        ):  # fmt: skip
            answer = client.get(f"/static/{name}")
            assert answer.status == (200 if name.startswith("page.js?") else 404), name


def test_the_page_asks_for_nothing_from_elsewhere():
    page = (files("surefoot.views") / "static" / "index.html").read_text(encoding="utf-8")
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in page
    assert "style=" not in page
    assert "<script>" not in page
    for name in ("lab.js", "style.css", "panels.css"):
        assert f"/static/{name}" in page


@pytest.mark.parametrize("name", NAMES)
def test_runs_have_names_and_nothing_else_has(name):
    client, lab, _ = admitted()
    with client:
        for path in (
            f"/ask/microscope?run={name}&k=1",
            f"/ask/weights?run={name}&from=0&to=1",
            f"/ask/errors?run={name}&k=1",
        ):
            answer = client.get(path)
            assert answer.status == 400
            assert len(answer.json()["error"]) < 120
    assert lab.reached == []


@pytest.mark.parametrize(
    "k", ["-1", "1.5", "1e3", "", "0x1", "1234567", "٣", "1;2", "NaN", "%20", "+1", "1%0a"]
)
def test_iterations_are_whole_numbers(k):
    client, lab, _ = admitted()
    with client:
        assert client.get(f"/ask/microscope?run=r1&k={k}").status == 400
    assert lab.reached == []


@pytest.mark.parametrize(
    "query",
    [
        "",
        "run=r1",
        "k=1",
        "run=r1&k=1&k=2",
        "run=r1&k=1&path=/etc/passwd",
        "run=r1&run=r2&k=1",
        "run[]=r1&k=1",
    ],
)
def test_a_question_has_its_parts_each_once(query):
    client, lab, _ = admitted()
    with client:
        assert client.get(f"/ask/microscope?{query}").status == 400
    assert lab.reached == []


def test_every_question_of_the_table_is_passed_on_as_it_is_meant():
    client, lab, _ = admitted()
    values = {"run": "r7", "k": 12, "from": 0, "to": 49}
    with client:
        for name, (what, parts) in ASKS.items():
            query = "&".join(f"{part}={values[part]}" for part in parts)
            assert client.get(f"/ask/{name}?{query}").status == 200
            assert lab.reached.pop() == (what, {part: values[part] for part in parts})


def test_what_is_not_in_a_table_is_not_there():
    client, lab, _ = admitted()
    with client:
        for path in ("/ask/__class__", "/ask/exact%20weights", "/ask/", "/ask/a/b", "/ask/..%2fevents", "/x"):
            assert client.get(path).status == 404, path
        for path in ("/command/close", "/command/__init__", "/command/ask", "/command/", "/command/a/b"):
            assert client.post(path).status == 404, path
    assert lab.reached == []


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"1", b'"x"', b"null", b"{", b"{'run': 1}", b'{"a": NaN}', b'{"a": -Infinity}',
     b"\xff\xfe{}", b"[" * 100_000, b'{"a":' * 50_000, b'{"a": ' + b"9" * 10_000 + b"}"],
)  # fmt: skip
def test_a_command_is_one_object_of_json(body):
    client, lab, _ = admitted()
    with client:
        answer = client.post("/command/play", body)
    assert answer.status == 400
    assert "JSON" in answer.json()["error"]
    assert lab.reached == []


def test_our_errors_are_sentences_in_json():
    client, lab, _ = admitted()

    def command(name, args):
        raise BadValue("There is\n no <b>such</b> run.")

    lab.command = command
    with client:
        answer = client.post("/command/play")
    assert (answer.status, answer.json()) == (400, {"error": "There is no <b>such</b> run."})
    assert answer["content-type"] == "application/json"


def test_events_are_streamed_to_the_end_and_from_where_one_was():
    client, lab, _ = admitted()
    for i in range(5):
        lab.log.append({"n": i})
    lab.log.close()
    with client:
        assert client.get("/events").body.count(b"data: ") == 5
        assert client.get("/events", last_event_id="2").body.count(b"data: ") == 2
        assert client.get("/events?after=3").body.count(b"data: ") == 1
        assert client.get("/events?after=3", last_event_id="0").body.count(b"data: ") == 4
        assert client.get("/events")["content-type"].startswith("text/event-stream")
        assert client.send("HEAD", "/events", client.headers).body == b""


def test_a_long_answer_does_not_keep_a_closed_lab_waiting():
    lab, go = FakeLab(), threading.Event()
    lab.ask = lambda what, args: go.wait(30)
    client, _, _ = admitted(lab)
    threading.Timer(0.05, lab.close).start()
    with client:
        assert client.get("/ask/choices").status == 503
    go.set()


def test_only_so_many_hands_work_at_once():
    working, most, lock = 0, 0, threading.Lock()

    def work():
        nonlocal working, most
        with lock:
            working += 1
            most = max(most, working)
        time.sleep(0.01)
        with lock:
            working -= 1

    async def many():
        hands = Hands(3, lambda: False)
        await asyncio.gather(*(hands.do(work) for _ in range(12)))

    asyncio.run(many())
    assert most == 3


def test_the_lab_listens_at_home_only_and_a_taken_port_is_a_sentence():
    with listen() as ear:
        host, port = ear.getsockname()
        assert host == "127.0.0.1"
        with pytest.raises(BadValue, match=f"Port {port} cannot be used"):
            listen(port)
    with pytest.raises(BadValue, match="Port 65536"):
        listen(65536)


PROGRAM = "from surefoot.lab import lab; lab(open_browser=False)"


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
def test_ctrl_c_ends_it_at_once_with_the_page_open():
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        url = next(line for line in process.stdout if "token=" in line).split()[-1]
        place = url.removeprefix("http://").partition("/")[0]
        door = HTTPConnection(place, timeout=20)
        door.request("GET", "/" + url.partition("/?")[2].join(("?", "")))
        welcome = door.getresponse()
        assert welcome.status == 303
        assert welcome.getheader("server") is None
        headers = {"Cookie": welcome.getheader("set-cookie").partition(";")[0]}
        welcome.read()
        stream = HTTPConnection(place, timeout=20)
        stream.request("GET", "/events", headers=headers)
        lines = stream.getresponse()
        assert b"retry" in lines.readline()
        headers |= {"Origin": f"http://{place}", "Content-Type": "application/json"}
        door.request("POST", "/command/play", json.dumps({"run": "r1"}), headers)
        assert door.getresponse().status == 200
        while b'"training":true' not in lines.readline():
            pass
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=20)
        assert time.monotonic() - began < 3
        assert process.returncode in (0, 130)
        assert errors == ""
        assert "Traceback" not in output
        lines.read()  # the stream came to an end in good order
        door.close()
        stream.close()
    finally:
        process.kill()
        process.communicate()
