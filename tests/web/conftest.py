"""A running office: the whole application on a free port, with the cast of tests/cast.py in it."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from yarl import URL

from crm_core.clock import ManualClock
from crm_core.storage.engine import Storage
from crm_core.storage.migrate import migrate
from tests.cast import Cast, settle_in
from tests.web.browsing import Visitor
from web.app import make_app
from web.guarding import Route
from web.routes import ROUTES
from web.settings import DatabaseSettings, Settings
from web.wiring import Services, build, close

ClientAs = Callable[..., Awaitable[Visitor]]


@dataclass(frozen=True, slots=True)
class Office:
    """`services` are those of the application that listens at `url`."""

    url: URL
    services: Services
    cast: Cast
    clock: ManualClock
    server: TestServer

    def cut(self) -> None:
        """Every connection breaks off, without a word."""
        assert self.server.handler is not None
        for each in self.server.handler.connections:
            if each.transport is not None:
                each.transport.abort()

    async def settled(self) -> None:
        """Return when every handler has heard everything."""
        await self.services.bus.settled()


@pytest.fixture
def clock() -> ManualClock:
    """Stands at 2 March 2026, 9:00 UTC, a Monday, until a test turns it."""
    return ManualClock()


@pytest.fixture
def settings() -> Settings:
    """A test module overrides this to run the office with other settings."""
    return Settings()


@pytest.fixture
def routes() -> tuple[Route, ...]:
    """A test module overrides this to try an address that the product does not have."""
    return ROUTES


@pytest.fixture(scope="session")
def furnished_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, made once and copied for each test."""
    path = tmp_path_factory.mktemp("office") / "perezvon.db"

    async def make() -> None:
        storage = Storage.open(f"sqlite:///{path}")
        try:
            await migrate(storage)
        finally:
            await storage.close()

    with ThreadPoolExecutor(1) as thread:  # the tests' own loop stays as it is
        thread.submit(asyncio.run, make()).result()
    return path


@pytest.fixture
async def office(
    furnished_database: Path,
    tmp_path: Path,
    clock: ManualClock,
    settings: Settings,
    routes: tuple[Route, ...],
) -> AsyncIterator[Office]:
    """The application at a free port; no exchange is connected."""
    path = tmp_path / "perezvon.db"
    shutil.copy(furnished_database, path)
    services = build(
        Settings(
            exchange=settings.exchange,
            database=DatabaseSettings(f"sqlite:///{path}"),
            http=settings.http,
            office=settings.office,
            flight=settings.flight,
            simulated=settings.simulated,
        ),
        clock,
    )
    cast = await settle_in(services.storage, clock)
    server = TestServer(make_app(services, routes))
    await server.start_server()
    try:
        yield Office(server.make_url("/"), services, cast, clock, server)
    finally:
        await server.close()
        await close(services)


@pytest.fixture
async def client_as(office: Office) -> AsyncIterator[ClientAs]:
    """`await client_as("anna")`: a browser in which Anna is logged in; no name: a guest."""
    async with AsyncExitStack() as stack:

        async def enter(login: str = "", *, language: str = "en") -> Visitor:
            token = ""
            if login:
                agent = getattr(office.cast, login)
                token = await office.services.sessions.open(agent.id)
            return await stack.enter_async_context(
                Visitor(office.url, token=token, language=language)
            )

        yield enter
