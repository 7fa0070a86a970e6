"""One Chromium for all browser journeys: starting it for each test took most of their time."""

import re
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, async_playwright

from tests.lab.chromium import find_chromium
from tests.lab.needs import Missing, skip_or_fail

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--remote-debugging-port=0",
)
_ADDRESS = re.compile(rb"DevTools listening on (ws://\S+)")


@pytest.fixture(scope="session")
def chromium_address() -> Iterator[str]:
    """Where the run's one Chromium takes commands."""
    try:
        path = find_chromium()
    except Missing as missing:
        skip_or_fail(str(missing))
    with tempfile.TemporaryDirectory() as profile:
        started = subprocess.Popen(
            [path, *_FLAGS, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        try:
            yield _address_of(started)
        finally:
            started.terminate()
            started.communicate(timeout=20)


def _address_of(started: "subprocess.Popen[bytes]") -> str:
    assert started.stderr is not None
    for line in started.stderr:
        found = _ADDRESS.search(line)
        if found:
            return found.group(1).decode()
    pytest.fail("Chromium ended before it could be spoken to")


@pytest.fixture
async def chromium(chromium_address: str) -> AsyncIterator[Browser]:
    """The lasting Chromium; contexts and pages are the test's own."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.connect_over_cdp(chromium_address)
        try:
            yield browser
        finally:
            await browser.close()
