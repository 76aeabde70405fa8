"""A real browser on a real lab: a fresh page for every test, and no error in its console."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from real import CHROMIUM, FLAGS, LabProcess


@pytest.fixture(scope="module")  # not for the session: while it drives, no other test may have an event loop
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page of 1280 x 720; errors in its console fail the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    fresh = context.new_page()
    said: list[str] = []
    fresh.on("console", lambda told: said.append(told.text) if told.type in ("error", "warning") else None)
    fresh.on("pageerror", lambda error: said.append(str(error)))
    fresh.set_default_timeout(15_000)
    yield fresh
    context.close()
    assert said == []


@pytest.fixture(scope="module")
def digits_lab(browser: Any) -> Iterator[LabProcess]:
    lab = LabProcess("digits", "--method", "classic")
    yield lab
    code, errors = lab.close()
    assert (code, errors) == (0, "")


@pytest.fixture(scope="module")
def mnist_lab(browser: Any) -> Iterator[LabProcess]:
    if "SUREFOOT_DATA" not in os.environ:
        pytest.skip("MNIST is not here: set SUREFOOT_DATA to the folder that holds mnist/")
    lab = LabProcess("mnist", "--train-size", "5000", "--hidden", "16", "--method", "auto")
    yield lab
    code, errors = lab.close()
    assert (code, errors) == (0, "")
