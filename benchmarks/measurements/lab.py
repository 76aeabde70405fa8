"""What the lab costs: training with a page open on it and without, the first picture, scrubbing.

The lab is started as a person starts it.  Times of training are its own records' (`seconds` of the steps).
"""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from typing import Any
from urllib.request import HTTPCookieProcessor, Request, build_opener

from settings import Settings

from tables import Goal, Sample, Table

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
ITERATIONS = 400
PICTURE = "() => document.querySelector('.sentence b') && performance.now()"
SCRUB = """() => new Promise((done) => {
    const slider = document.querySelector('.scrubber'), last = Number(slider.max), times = [];
    let then = 0, k = 0;
    const tick = (now) => {
        if (then) times.push(now - then);
        then = now;
        slider.value = String(k % (last + 1)); k += 3;
        slider.dispatchEvent(new Event('input', {bubbles: true}));
        if (times.length < 240) requestAnimationFrame(tick);
        else done(times);
    };
    requestAnimationFrame(tick);
})"""


class Lab:
    """`surefoot lab`, and a client that may tell it things and hears its log."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "surefoot.cli", "lab", *arguments, "--no-open"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        found = re.search(r"http://[^\s]+", self.process.stdout.readline())
        assert found is not None
        self.url = found.group()
        self.home = self.url.split("/?")[0]
        self.client = build_opener(HTTPCookieProcessor(CookieJar()))
        self.client.open(self.url).read()

    def command(self, name: str, **args: Any) -> dict[str, Any]:
        body = json.dumps(args).encode()
        head = {"Content-Type": "application/json", "Origin": self.home}
        with self.client.open(Request(f"{self.home}/command/{name}", body, head)) as answer:
            return dict(json.load(answer))

    def train(self, iterations: int) -> float:
        """Seconds that a new run took from its 20th step to this one, by its own records."""
        run = self.command("restart")["run"]
        self.command("play", run=run)
        seconds: dict[int, float] = {}
        with self.client.open(f"{self.home}/events") as stream:
            for line in stream:
                event = json.loads(line[6:]) if line.startswith(b"data: ") else {}
                if event.get("type") == "steps" and event["run"] == run:
                    seconds |= {step["iteration"]: step["seconds"] for step in event["steps"]}
                    if iterations in seconds:
                        break
        self.command("pause", run=run)
        return seconds[iterations] - seconds[20]

    def close(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait()


@contextmanager
def _browser() -> Iterator[Callable[[], Any]]:
    """Opens pages in a chromium without a screen: all that it draws, it draws on these cores."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=shutil.which("chromium"), args=list(FLAGS))
        yield lambda: running.new_page(viewport={"width": 1280, "height": 720})
        running.close()


def measure(settings: Settings) -> list[Table]:
    head = ["what", "measured"]
    if shutil.which("chromium") is None:
        return [Table("The lab", "Not measured: chromium is not on this machine.", head, [], [])]
    data = ("mnist", "--train-size", "20000") if settings.data == "mnist" else ("digits",)
    lab = Lab(*data, "--method", "classic")
    try:
        with _browser() as open_page:
            first, frames, pairs = [], [], []
            for turn in range(settings.rounds):
                page = open_page()
                page.goto(lab.url)
                first.append(page.wait_for_function(PICTURE).json_value() / 1000)
                page.close()
                pairs.append(_pair(lab, open_page, settings.few(ITERATIONS), turn % 2 == 0))
            page = open_page()
            page.goto(lab.url)
            page.wait_for_function(PICTURE)
            page.evaluate(SCRUB)  # once to fetch the weights
            frames = page.evaluate(SCRUB)
    finally:
        lab.close()
    slowdown = Sample.of(100 * (watched / alone - 1) for alone, watched in pairs)
    picture = Sample.of(first)
    median, late = (sorted(frames)[len(frames) * part // 100] for part in (50, 95))
    rows = [
        ["an open page slows training by", f"{slowdown} %"],
        ["opening to the first picture", f"{picture} s"],
        [
            "scrubbing: time from picture to picture, median (95th percentile)",
            f"{median:.1f} ({late:.1f}) ms",
        ],
    ]
    goals = [
        Goal("the lab, open: slowdown of training", slowdown, 5, 3, low=True, unit="%"),
        Goal("the lab: opening to the first picture", picture, 1, 0.5, low=True, unit="s"),
    ]
    text = (
        f"`surefoot lab {' '.join(data)}`, classic, {settings.few(ITERATIONS)} iterations; headless chromium "
        "draws in software, on the same cores; a reader of the log is there in both cases."
    )
    return [Table("The lab", text, head, rows, goals)]


def _pair(lab: Lab, open_page: Callable[[], Any], iterations: int, page_first: bool) -> tuple[float, float]:
    """Seconds alone, and with a page that shows the run as it grows."""
    found = {}
    for watched in (page_first, not page_first):
        page = open_page() if watched else None
        if page is not None:
            page.goto(lab.url)
            page.wait_for_function(PICTURE)
        found[watched] = lab.train(iterations)
        if page is not None:
            page.close()
    return found[False], found[True]
