"""A real Chromium for browser tests, driven by Playwright, kept from telephoning home."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from shutil import which

from playwright.async_api import Browser, async_playwright, expect

from tests.lab.needs import Missing

# A fact is waited for as long as a machine that does three other things may take to show it.
expect.set_options(timeout=20_000)
_QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
FAKE_MICROPHONE = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")
"""Flags for a phone in the browser: a microphone without asking, with a beep in it."""


def find_chromium() -> str:
    """The path of the browser; Missing when there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        path = which(name)
        if path:
            return path
    raise Missing("Chromium is not installed (python -m tests.lab.install)")


@asynccontextmanager
async def chromium(*flags: str) -> AsyncIterator[Browser]:
    """A browser that lives as long as the block; contexts and pages are the test's own."""
    path = find_chromium()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=[*_QUIET, *flags])
        try:
            yield browser
        finally:
            await browser.close()
