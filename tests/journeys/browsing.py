"""Pages of the cast in a real browser, each with its live connection up."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from playwright.async_api import Browser, Page

from tests.web.conftest import Office

Open = Callable[[str, str], Awaitable[Page]]
SIZE = {"width": 1280, "height": 720}


@pytest.fixture
async def browse(office: Office, chromium: Browser) -> AsyncIterator[Open]:
    """`await browse("anna", "deals")`: a page of hers; a script that fails fails the test."""
    async with AsyncExitStack() as stack:

        async def show(login: str, path: str) -> Page:
            token = await office.services.sessions.open(getattr(office.cast, login).id)
            context = await chromium.new_context(viewport=SIZE, locale="en-GB")  # type: ignore[arg-type] # a literal is wanted
            stack.push_async_callback(context.close)
            cookie = {"name": "perezvon", "value": token, "url": str(office.url)}
            await context.add_cookies([cookie])  # type: ignore[list-item] # a literal is wanted
            page = await context.new_page()
            page.on("pageerror", lambda error: pytest.fail(f"the page's script failed: {error}"))
            async with page.expect_websocket() as socket:
                await page.goto(f"{office.url}{path}")
            await (await socket.value).wait_for_event("framereceived")
            return page

        yield show
