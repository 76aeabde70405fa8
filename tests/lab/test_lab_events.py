"""Laws of the log: every reader sees every event, in order, whenever it comes; none can hold it up."""

from __future__ import annotations

import asyncio
import json
import threading

import pytest

from surefoot.lab.events import Log, as_json, as_stream, last_seen


async def heard(log, last=-1, patience=5.0):
    """Numbers and events of a whole stream, until the log is closed."""
    text = "".join([piece async for piece in as_stream(log, last, patience)])
    blocks = [block for block in text.split("\n\n") if block.startswith("id:")]
    return [(int(b.split("\n")[0][4:]), json.loads(b.split("\n")[1][6:])) for b in blocks]


def test_two_readers_and_a_late_one_hear_the_same():
    log = Log()

    def tell():
        for i in range(500):
            log.append({"n": i})
        log.close()

    async def all_of_them():
        thread = threading.Thread(target=tell)
        readers = [asyncio.create_task(heard(log)) for _ in range(3)]
        await asyncio.sleep(0)
        thread.start()
        told = await asyncio.gather(*readers)
        thread.join()
        return [*told, await heard(log)]

    everything = [(i, {"n": i}) for i in range(500)]
    assert asyncio.run(all_of_them()) == [everything] * 4


@pytest.mark.parametrize("last", [-1, 0, 3, 9])
def test_a_reader_goes_on_where_it_was(last):
    log = Log()
    for i in range(10):
        log.append({"n": i})
    log.close()
    assert [number for number, _ in asyncio.run(heard(log, last))] == list(range(last + 1, 10))


def test_a_reader_that_stops_reading_holds_nobody_up():
    log = Log()

    async def sleeper_and_reader():
        sleeper = as_stream(log, -1, 5.0)
        await anext(sleeper)
        log.append({"n": 0})
        await anext(sleeper)  # and never again
        for i in range(1, 20_000):
            log.append({"n": i})
        log.close()
        told = await heard(log)
        await sleeper.aclose()
        return told

    assert len(asyncio.run(sleeper_and_reader())) == 20_000
    assert log._wakers == set()


def test_a_reader_that_has_gone_is_forgotten_even_with_its_loop():
    log, streams = Log(), []

    async def begin():
        stream = as_stream(log, -1, 5.0)
        await anext(stream)
        log.append({})
        await anext(stream)
        streams.append(stream)

    loop = asyncio.new_event_loop()
    loop.run_until_complete(begin())
    loop.close()  # without ending the stream
    log.append({"n": 1})
    assert len(log) == 2


def test_silence_is_broken_by_a_comment():
    async def first_pieces():
        stream = as_stream(Log(), -1, 0.01)
        pieces = [await anext(stream) for _ in range(3)]
        await stream.aclose()
        return pieces

    assert asyncio.run(first_pieces()) == ["retry: 1000\n\n", ": life\n\n", ": life\n\n"]


def test_nothing_is_told_after_the_end():
    log = Log()
    log.close()
    log.append({"n": 1})
    assert len(log) == 0
    assert asyncio.run(heard(log)) == []
    assert log.wait(0, 1.0) is False


def test_waiting_in_a_thread():
    log = Log()
    assert log.wait(0, 0.01) is False
    threading.Timer(0.02, log.append, ({"n": 1},)).start()
    assert log.wait(0, 5.0) is True


def test_an_event_is_one_line_of_json_whatever_is_in_it():
    hostile = "\n\nid: 7\r\ndata: <script>\u2028\x00"
    line = as_json({"name": hostile, "x": float("nan"), "y": [float("inf")]})
    assert "\n" not in line
    assert "\r" not in line
    assert json.loads(line) == {"name": hostile, "x": None, "y": [None]}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (None, -1),
        ("", -1),
        ("4", 4),
        ("10", -1),
        ("-1", -1),
        ("1e1", -1),
        ("9" * 400, -1),
        ("٣", -1),
        ("a", -1),
    ],
)
def test_what_was_seen_last_is_one_of_ours(text, number):
    assert last_seen(text, 10) == number
