"""Pictures of every panel of the lab, and a run as a GIF, into docs/images: `make screenshots`.

A real chromium looks at real labs on MNIST and on a spiral.  The runs are the same each time; only where they
are paused may differ by a few iterations.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from real import CHROMIUM, FLAGS, LabProcess
from strokes import THREE

import surefoot as sf

IMAGES = Path(__file__).parents[2] / "docs" / "images"
MOST = 150_000  # bytes of a picture
MOST_GIF = 1_500_000
GIF_SECONDS = 4.0
CLASSIC = ("mnist", "--train-size", "60000", "--method", "classic")
HEAD = "Number(document.querySelector('.scrubber').max)"


class Missing(Exception):
    """What is not on this machine, in one sentence."""


def main() -> int:
    """0: all are written; 2: something is missing, and one sentence says what."""
    try:
        check()
        IMAGES.mkdir(parents=True, exist_ok=True)
        from playwright.sync_api import sync_playwright

        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            with_digits(browser)
            with_points(browser)
            browser.close()
        as_gif()
    except Missing as missing:
        print(missing, file=sys.stderr)
        return 2
    return 0


def check() -> None:
    if CHROMIUM is None:
        raise Missing("There is no chromium on this machine; apt-get install chromium, then try again.")
    folder = os.environ.get("SUREFOOT_DATA")
    if not folder or not (Path(folder) / "mnist").is_dir():
        raise Missing("MNIST is not here; set SUREFOOT_DATA to the folder that holds mnist/, then try again.")


# the labs ---------------------------------------------------------------------------------------------


def with_digits(browser: Any) -> None:
    with lab(*CLASSIC) as url:
        page = opened(browser, url)
        train(page, 100)
        go(page, 81)
        mistaken(page)
        picture(page, "lab")
        for panel in ("Errors", "Surface", "Progress"):
            show(page, panel)
            picture(page, f"lab-{panel.lower()}")
        show(page, "Data")
        picture(page, "lab-data")
        show(page, "Network")
        ask(page)
        picture(page, "lab-ask")
        dark = opened(browser, url, color_scheme="dark")
        go(dark, 81)
        mistaken(dark)
        picture(dark, "lab-dark")
        phone = opened(browser, url, width=390, height=844)
        go(phone, 81)
        picture(phone, "lab-phone")
        race(page)
        picture(page, "lab-compare")
        show(page, "Draw")
        draw(page)
        picture(page, "lab-draw")


def with_points(browser: Any) -> None:
    with lab("spiral", "--hidden", "8,8", "--activation", "tanh") as url:
        page = opened(browser, url)
        train(page, 60)
        go(page, 60)
        picture(page, "lab-plane")


@contextmanager
def lab(*arguments: str) -> Iterator[str]:
    process = LabProcess(*arguments)
    try:
        yield process.url
    finally:
        code, errors = process.close()
    if code or errors:
        raise SystemExit(f"The lab ended with {code}: {errors}")


# what a person does -----------------------------------------------------------------------------------


def opened(browser: Any, url: str, width: int = 1280, height: int = 720, **given: Any) -> Any:
    context = browser.new_context(viewport={"width": width, "height": height}, device_scale_factor=1, **given)
    page = context.new_page()
    page.on("pageerror", lambda error: sys.exit(f"The page fails: {error}"))
    page.goto(url)
    page.wait_for_selector(".sentence:has-text('iteration')")
    page.wait_for_timeout(900)
    return page


def train(page: Any, iterations: int, most: int = 1200) -> None:
    """Press play, and pause when so many iterations have come."""
    page.locator(".timeline-row > select").select_option("30")
    page.locator(".transport .main").click()
    until(page, lambda: page.evaluate(HEAD) >= iterations, most)
    page.locator(".transport .main").click()
    page.wait_for_timeout(600)


def until(page: Any, done: Callable[[], bool], most: int) -> None:
    for _ in range(most):
        if done():
            return
        page.wait_for_timeout(50)
    raise SystemExit("The lab trains too slowly for its pictures.")


def go(page: Any, k: int) -> None:
    page.locator(".scrubber").fill(str(k))
    page.evaluate("document.activeElement.blur()")
    settle(page)


def show(page: Any, panel: str) -> None:
    page.get_by_role("tab", name=panel, exact=True).click()
    settle(page)


def settle(page: Any) -> None:
    """Curves and words come when the cursor rests; values flow for a moment when a sample is new."""
    page.wait_for_timeout(2500)
    page.mouse.move(1, 400)


def mistaken(page: Any, most: int = 40) -> None:
    """Look at the first sample that the network takes for something else, but not without doubt."""
    for _ in range(most):
        page.get_by_role("button", name="next sample").click()
        page.wait_for_timeout(900)
        said = page.locator(".network-canvas").get_attribute("aria-label") or ""
        if ": wrong" in said and 0.35 < float(said.rsplit("probability ", 1)[1].split(":")[0]) < 0.75:
            break
    settle(page)


def ask(page: Any) -> None:
    """Where the activation of the first hidden unit comes from."""
    page.get_by_role("button", name="hidden unit 0 of layer 1").focus()
    page.keyboard.press("Enter")
    settle(page)


def race(page: Any) -> None:
    show(page, "Compare")
    page.get_by_role("button", name="Race").click()
    page.wait_for_timeout(500)
    until(page, lambda: page.evaluate(HEAD) >= 84, 1200)
    page.locator(".transport .main").click()
    page.wait_for_timeout(800)
    go(page, 60)


def draw(page: Any) -> None:
    box = page.locator(".pad").bounding_box()
    for stroke in THREE:
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
        page.mouse.move(*places[0])
        page.mouse.down()
        for x, y in places[1:]:
            page.mouse.move(x, y, steps=4)
        page.mouse.up()
    settle(page)


# the files --------------------------------------------------------------------------------------------


def picture(page: Any, name: str) -> None:
    """A PNG of at most 150 kB: with all its colours if they fit, else with as many as do."""
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    for colours in (0, 256, 128, 64):
        packed = io.BytesIO()
        kept = image.quantize(colours, kmeans=2, dither=Image.Dither.NONE) if colours else image
        kept.save(packed, "PNG", optimize=True)
        if packed.tell() <= MOST:
            break
    (IMAGES / f"{name}.png").write_bytes(packed.getvalue())
    print(f"{name}.png  {packed.tell() / 1000:.0f} kB, {colours or 'all'} colours", flush=True)


def as_gif() -> None:
    with tempfile.TemporaryDirectory() as folder:
        run, out = str(Path(folder) / "run.surefoot"), str(IMAGES / "run.gif")
        say = [sys.executable, "-m", "surefoot.cli"]
        subprocess.run([*say, "train", *CLASSIC, "--iterations", "100", "--run", run], check=True,
                       stdout=subprocess.DEVNULL)  # fmt: skip
        sf.read_run(run).to_gif(out, seconds=GIF_SECONDS)
    size = Path(out).stat().st_size
    print(f"run.gif  {size / 1000:.0f} kB")
    if size > MOST_GIF:
        raise SystemExit(f"run.gif has {size} bytes; at most {MOST_GIF} are wanted for the README.")


if __name__ == "__main__":
    sys.exit(main())
