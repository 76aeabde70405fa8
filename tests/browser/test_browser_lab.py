"""What a person does in the lab, done in a real browser."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from real import AXE, LabProcess
from strokes import THREE

pytestmark = pytest.mark.browser
PANELS = ("Network", "Errors", "Surface", "Progress", "Draw", "Compare", "Data")


SAID = """(() => { const top = document.querySelector('.sentence')?.cloneNode(true);
    for (const aside of top?.querySelectorAll('.unseen') ?? []) aside.remove();
    return top?.textContent ?? ''; })()"""  # without the explanations of its terms


def where(page: Any) -> str:
    return str(page.evaluate(SAID))


def iteration(page: Any) -> int:
    found = re.search(r"iteration ([\d,]+)", where(page))
    return int(found.group(1).replace(",", "")) if found else -1


def until(page: Any, wanted: str, patience: int = 30_000) -> None:
    """Wait until a sentence of JavaScript about the sentence on top (`said`) is true."""
    page.wait_for_function(f"() => {{ const said = {SAID}; return {wanted}; }}", timeout=patience)


def at_least(k: int) -> str:
    return f"Number((said.match(/iteration ([0-9,]+)/) ?? [0, '-1'])[1].replace(',', '')) >= {k}"


@pytest.fixture
def lab(digits_lab: LabProcess, page: Any) -> Any:
    page.goto(digits_lab.url)
    until(page, at_least(0))
    return page


def test_the_first_picture_comes_and_the_key_does_not_stay_in_the_address(digits_lab, page):
    page.goto(digits_lab.url)
    page.wait_for_selector(".sentence:has-text('iteration')")
    assert "token" not in page.url


def test_a_run_is_watched_paused_stepped_scrubbed_and_branched(lab):
    lab.get_by_role("button", name="train").or_(lab.get_by_role("button", name="play")).first.click()
    until(lab, at_least(100))
    lab.get_by_role("button", name="pause").click()
    lab.wait_for_timeout(400)
    paused = iteration(lab)
    lab.wait_for_timeout(400)
    assert iteration(lab) == paused >= 100
    lab.get_by_role("button", name="forward").click()
    until(lab, at_least(paused + 1))
    assert iteration(lab) == paused + 1
    scrubber = lab.get_by_role("slider", name="iteration")
    scrubber.fill("40")
    until(lab, "said.includes('iteration 40:')")
    lab.get_by_role("combobox", name="method of the branch").select_option("lbfgs")
    lab.get_by_role("button", name="Branch here").click()
    lab.wait_for_selector("text=branched from")
    assert "at iteration 40" in lab.locator(".state").inner_text()


def test_the_keyboard_does_everything(lab):
    lab.keyboard.press("Home")
    until(lab, "said.includes('iteration 0:')")
    lab.keyboard.press("ArrowRight")
    until(lab, "said.includes('iteration 1:')")
    for number, name in enumerate(PANELS, start=1):
        lab.keyboard.press(str(number))
        assert lab.get_by_role("tab", name=name, exact=True).get_attribute("aria-selected") == "true"


def test_a_drawn_three_is_a_three(mnist_lab, page):
    page.goto(mnist_lab.url)
    until(page, at_least(0))
    page.get_by_role("button", name="train").or_(page.get_by_role("button", name="play")).first.click()
    until(page, at_least(60), 60_000)
    page.get_by_role("button", name="pause").click()
    page.get_by_role("tab", name="Draw").click()
    box = page.locator(".pad").bounding_box()
    for stroke in THREE:
        x, y = stroke[0]
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.mouse.down()
        for x, y in stroke[1:]:
            page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=4)
        page.mouse.up()
    page.wait_for_function("() => /3/.test(document.querySelector('.panel-summary').innerText)")
    assert re.search(r"\b3\b", page.locator(".panel-summary").first.inner_text())


def test_two_tabs_see_one_run_and_a_closed_one_changes_nothing(lab, digits_lab):
    other = lab.context.new_page()
    other.goto(digits_lab.url)
    until(other, at_least(0))
    lab.keyboard.press("End")
    until(lab, at_least(0))
    before = iteration(lab)
    lab.get_by_role("button", name="forward").click()
    until(other, at_least(before + 1))
    other.close()
    lab.get_by_role("button", name="forward").click()
    until(lab, at_least(before + 2))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_serious_fault_in_any_panel(digits_lab, browser, theme):
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: make test installs it where there is npm")
    context = browser.new_context(viewport={"width": 1280, "height": 720}, color_scheme=theme)
    page = context.new_page()
    page.goto(digits_lab.url)
    until(page, at_least(0))
    # the page's policy forbids scripts from elsewhere; the tool is told to the browser, not to the page
    client = context.new_cdp_session(page)
    client.send("Runtime.evaluate", {"expression": AXE.read_text()})
    for name in PANELS:
        page.get_by_role("tab", name=name, exact=True).click()
        page.wait_for_timeout(400)
        told = client.send(
            "Runtime.evaluate",
            {"expression": "axe.run().then((r) => JSON.stringify(r.violations))", "awaitPromise": True,
             "returnByValue": True},
        )  # fmt: skip
        faults = [
            (fault["id"], [node["target"] for node in fault["nodes"]][:4])
            for fault in json.loads(told["result"]["value"])
            if fault["impact"] in ("serious", "critical")
        ]
        assert faults == [], name
    context.close()


def test_nothing_needs_scrolling_on_the_smallest_stage(lab):
    for name in PANELS:
        lab.get_by_role("tab", name=name, exact=True).click()
        size = lab.evaluate("[document.documentElement.scrollHeight, document.documentElement.scrollWidth]")
        assert size[0] <= 720, name
        assert size[1] <= 1280, name
