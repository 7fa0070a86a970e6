"""The whole product at work beside the laboratory's exchange, and the people at its phones."""

import asyncio
import inspect
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, expect
from sqlalchemy import Select, select
from yarl import URL

from crm_core.agents.people import Agent
from crm_core.calls.tables import calls
from crm_core.clock import SystemClock
from crm_core.storage.engine import Storage
from crm_core.storage.migrate import migrate
from telephony.flight.settings import FlightSettings
from telephony.settings import TelephonySettings
from tests.cast import Cast, settle_in
from tests.lab.asterisk import LabAsterisk
from tests.web.browsing import Visitor
from web.lifecycle import Started, serve
from web.settings import DatabaseSettings, HttpSettings, Settings
from web.wiring import Services, build

SIZE: ViewportSize = {"width": 1280, "height": 720}
PATIENCE_SECONDS = 15.0


async def until(
    fact: Callable[[], Any], what: str, *, patience_seconds: float = PATIENCE_SECONDS
) -> Any:
    """What `fact` gives as soon as it is true; TimeoutError naming `what` if it never is."""
    last: Any = None
    try:
        async with asyncio.timeout(patience_seconds):
            while True:
                last = fact()
                if inspect.isawaitable(last):
                    last = await last
                if last:
                    return last
                await asyncio.sleep(0.03)
    except TimeoutError:
        raise TimeoutError(f"not within {patience_seconds} s: {what}; last: {last!r}") from None


async def furnish(database: str) -> Cast:
    """An empty database gets the schema and the cast."""
    clock, storage = SystemClock(), Storage.open(database)
    try:
        await migrate(storage)
        return await settle_in(storage, clock)
    finally:
        await storage.close()


def settings_for(exchange: LabAsterisk, database: str) -> Settings:
    """The product beside this exchange, on a free port."""
    return Settings(
        exchange=TelephonySettings(port=exchange.ami_port, secret=exchange.ami_secret),
        database=DatabaseSettings(database),
        http=HttpSettings(port=0),
        flight=FlightSettings() if database.startswith("sqlite") else FlightSettings(hours=0),
    )


@dataclass
class Perezvon:
    """One office; `start` and `stop` leave its database as it is. Cookies outlive a restart."""

    settings: Settings
    cast: Cast
    chromium: Browser
    _services: Services | None = None
    _url: str = ""
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _serving: asyncio.Task[None] | None = None
    _contexts: list[BrowserContext] = field(default_factory=list)

    @property
    def services(self) -> Services:
        assert self._services is not None, "the product does not run"
        return self._services

    @property
    def url(self) -> URL:
        return URL(self._url)

    async def start(self) -> None:
        """Serve, on the port of the last time, and hear the exchange."""
        port = self.url.port or 0 if self._url else 0
        settings = Settings(
            exchange=self.settings.exchange,
            database=self.settings.database,
            http=HttpSettings(port=port),
            flight=self.settings.flight,
        )
        started: asyncio.Future[Started] = asyncio.get_running_loop().create_future()
        self._services, self._stop = build(settings, SystemClock()), asyncio.Event()
        self._serving = asyncio.create_task(serve(self.services, self._stop, started.set_result))
        either: set[asyncio.Future[Any]] = {started, self._serving}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if self._serving.done():
            self._serving.result()
        self._url = started.result().url
        await until(lambda: self.services.exchange.connected, "the exchange is heard")

    async def stop(self) -> None:
        """An orderly end of the service; browsers stay open."""
        if self._serving is not None:
            self._stop.set()
            await asyncio.wait_for(self._serving, 30)
            self._services = self._serving = None

    async def close(self) -> None:
        for context in self._contexts:
            await context.close()
        await self.stop()

    async def sit(self, agent: Agent, desk_id: int) -> None:
        """Somebody takes a phone and is ready; the exchange has his seats."""
        await self.services.roster.log_in(agent, desk_id)
        await self.services.roster.settled()

    async def screen(self, agent: Agent, path: str = "workplace", **options: Any) -> Page:
        """A browser of this person, in English; a failing script of a page fails the test."""
        context = await self.chromium.new_context(viewport=SIZE, locale="en-GB", **options)
        self._contexts.append(context)
        token = await self.services.sessions.open(agent.id)
        await context.add_cookies([{"name": "perezvon", "value": token, "url": str(self.url)}])
        page = await context.new_page()
        page.on("pageerror", lambda error: pytest.fail(f"the page's script failed: {error}"))
        await page.goto(str(self.url / path))
        return page

    async def workplace(self, agent: Agent, desk_id: int) -> Page:
        """Somebody sits down at a phone and has the workplace before him."""
        await self.sit(agent, desk_id)
        page = await self.screen(agent)
        await expect(page.locator("#status .state")).to_have_text("Ready")
        return page

    @asynccontextmanager
    async def visitor(self, agent: Agent) -> AsyncIterator[Visitor]:
        """The same without a screen."""
        token = await self.services.sessions.open(agent.id)
        async with Visitor(self.url, token=token) as visitor:
            yield visitor

    async def rows(self, query: Select[Any]) -> list[Any]:
        """What the database holds."""
        async with self.services.storage.read() as connection:
            return list((await connection.execute(query)).all())

    async def only_call(self) -> Any:
        """The one call in the log, once it is over."""

        async def over() -> Any:
            found = await self.rows(select(calls))
            return found[0] if len(found) == 1 and found[0].ended_at else None

        return await until(over, "one call is in the log, and it is over")

    async def settled(self) -> None:
        """Return when what has been heard is written down and told to everybody."""
        for _ in range(2):
            await self.services.intake.settled()
            await self.services.bus.settled()
            await self.services.screens.presenter.settled()


def seat_of(exchange: LabAsterisk, queue: str, interface: str) -> str:
    """The member's line in `queue show`: "" without a seat."""
    shown = re.sub(r"\x1b\[[0-9;]*m", "", exchange.cli(f"queue show {queue}"))
    return next((line.strip() for line in shown.splitlines() if interface in line), "")
