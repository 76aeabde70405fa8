"""What a person does in the lab, done in a real browser."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from real import AXE, LabProcess, iteration, until_iteration
from strokes import draw_three

import surefoot as sf

pytestmark = pytest.mark.browser
PANELS = ("Network", "Errors", "Surface", "Progress", "Draw", "Compare", "Data")


@pytest.fixture
def lab(digits_lab: LabProcess, page: Any) -> Any:
    page.goto(digits_lab.url)
    until_iteration(page, 0)
    return page


def test_the_first_picture_comes_and_the_key_does_not_stay_in_the_address(digits_lab, page):
    page.goto(digits_lab.url)
    page.wait_for_selector(".sentence:has-text('iteration')")
    assert "token" not in page.url


def test_a_run_is_watched_paused_stepped_scrubbed_and_branched(lab):
    lab.get_by_role("button", name="play (space)").click()
    until_iteration(lab, 100)
    lab.get_by_role("button", name="pause (space)").click()
    lab.wait_for_timeout(400)
    paused = iteration(lab)
    lab.wait_for_timeout(400)
    assert iteration(lab) == paused >= 100
    lab.get_by_role("button", name="one iteration on").click()
    until_iteration(lab, paused + 1)
    assert iteration(lab) == paused + 1
    scrubber = lab.get_by_role("slider", name="iteration")
    scrubber.fill("40")
    until_iteration(lab, 40, exactly=True)
    lab.get_by_role("combobox", name="method of the branch").select_option("lbfgs")
    lab.get_by_role("button", name="Branch here").click()
    lab.wait_for_selector("text=branched from")
    assert "at iteration 40" in lab.locator(".state").inner_text()


def test_the_keyboard_does_everything(lab):
    lab.keyboard.press("Home")
    until_iteration(lab, 0, exactly=True)
    lab.keyboard.press("ArrowRight")
    until_iteration(lab, 1, exactly=True)
    for number, name in enumerate(PANELS, start=1):
        lab.keyboard.press(str(number))
        assert lab.get_by_role("tab", name=name, exact=True).get_attribute("aria-selected") == "true"


def test_a_drawn_three_is_a_three(mnist_lab, page):
    page.goto(mnist_lab.url)
    until_iteration(page, 0)
    page.get_by_role("button", name="play (space)").click()
    until_iteration(page, 60, patience=60_000)
    page.get_by_role("button", name="pause (space)").click()
    page.get_by_role("tab", name="Draw").click()
    draw_three(page)
    page.wait_for_function("() => /3/.test(document.querySelector('.panel-summary').innerText)")
    assert re.search(r"\b3\b", page.locator(".panel-summary").first.inner_text())


def test_two_tabs_see_one_run_and_a_closed_one_changes_nothing(lab, digits_lab):
    other = lab.context.new_page()
    other.goto(digits_lab.url)
    until_iteration(other, 0)
    lab.keyboard.press("End")
    until_iteration(lab, 0)
    before = iteration(lab)
    lab.get_by_role("button", name="one iteration on").click()
    until_iteration(other, before + 1)
    other.close()
    lab.get_by_role("button", name="one iteration on").click()
    until_iteration(lab, before + 2)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_serious_fault_in_any_panel(digits_lab, browser, theme):
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: make test installs it where there is npm")
    context = browser.new_context(viewport={"width": 1280, "height": 720}, color_scheme=theme)
    page = context.new_page()
    page.goto(digits_lab.url)
    until_iteration(page, 0)
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


def test_a_weight_tells_where_it_comes_from(browser):
    """Clicked, a weight says its value and its gradient entry; both are those of Python."""
    own = LabProcess("digits", "--method", "classic")
    try:
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.goto(own.url)
        until_iteration(page, 0)
        for _ in range(
            50
        ):  # the sentence comes before the weights: there is nothing to click until they are here
            page.mouse.click(300, 170)  # in the first hidden unit's picture
            page.wait_for_timeout(200)
            if page.locator(".ask").is_visible():
                break
        page.wait_for_selector(".ask .ask-result b")
        page.wait_for_function("() => !/asking/.test(document.querySelector('.ask').innerText)")
        told = page.locator(".ask").inner_text()
    finally:
        page.close()
        assert own.close() == (0, "")
    found = re.search(r"W1\[(\d+), (\d+)\]", told)
    assert found is not None, told
    row, unit = map(int, found.groups())
    data, _ = sf.load("digits").split(1000)
    net = sf.Network((64, 6, 10))
    theta = net.initial(0)
    with sf.Problem(net, data) as problem:
        gradient = problem.at(theta).gradient
    at = row * 6 + unit
    weight = re.search(rf"W1\[{row}, {unit}\] = ([−\d.e]+)", told)
    entry = re.search(r"training samples[^=]*\n*\s*= ([−\d.e]+)", told)
    assert weight is not None, told
    assert entry is not None, told
    assert abs(number(weight) - theta[at]) <= 1e-6 * abs(theta[at])
    assert abs(number(entry) - gradient[at]) <= 1e-5 * max(abs(gradient[at]), 1e-6)


def number(found: re.Match[str]) -> float:
    return float(found.group(1).replace("−", "-"))
