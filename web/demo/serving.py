"""The product beside its simulated exchange, in one process."""

import asyncio
import ipaddress
import secrets
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from crm_core.clock import Clock
from crm_core.storage.engine import Storage
from crm_core.storage.sole import AnotherServes, SoleService
from telephony.simulator import Credentials
from web.demo.cast import DEMO_PASSWORD
from web.demo.colleagues import Colleagues
from web.demo.exchange import make_exchange
from web.demo.furnishing import DemoLogin, furnish
from web.demo.tongues import WRITTEN_IN
from web.folders import make_room
from web.lifecycle import Started, listening, serve
from web.settings import DatabaseSettings, Settings
from web.wiring import build

DEMO_DATABASE = "sqlite:///data/simulated.db"


@dataclass(frozen=True, slots=True)
class DemoStarted:
    """The made-up office is open: where, and who may come in (none in an office of one's own)."""

    url: str
    logins: tuple[DemoLogin, ...]


async def serve_simulated(
    settings: Settings,
    clock: Clock,
    stop: asyncio.Event,
    on_started: Callable[[DemoStarted], None],
    on_step: Callable[[str], None] = lambda step: None,
    language: str = WRITTEN_IN,
) -> None:
    """Serve until `stop`, beside an exchange that is made up and a database kept apart.

    A new office speaks `language`. `on_step` hears what takes time: `office` is being made,
    `exchange` is being started. A port or a database that is not to be had is told before that:
    PortRefused, AnotherServes.
    """
    settings = _apart(settings)
    await _try_places(settings, clock)
    on_step("office")
    password = DEMO_PASSWORD if _is_local(settings.http.host) else secrets.token_urlsafe(9)
    logins = await furnish(settings.database.url, clock, password=password, language=language)
    on_step("exchange")
    credentials = Credentials("perezvon", secrets.token_urlsafe(16))
    async with make_exchange(credentials, clock.now, clock.sleep, language=language) as exchange:
        own = replace(
            settings.exchange,
            host=exchange.host,
            port=exchange.port,
            username=credentials.username,
            secret=credentials.secret,
            tls=False,
        )
        built = build(replace(settings, exchange=own, simulated=True), clock)
        working: list[asyncio.Task[None]] = []

        def started(told: Started) -> None:
            working.append(asyncio.create_task(until_stopped(stop, Colleagues(built).run())))
            on_started(DemoStarted(told.url, logins))

        try:
            await serve(built, stop, started)
        finally:
            for task in working:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task


async def _try_places(settings: Settings, clock: Clock) -> None:
    with listening(settings.http):
        make_room(settings.database.url)
        storage = Storage.open(settings.database.url)
        place = SoleService.at(storage.url, clock)
        try:
            await place.take()
        finally:
            await place.release()
            await storage.close()


async def is_simulated_running(clock: Clock) -> bool:
    """Whether a made-up office is served out of this folder now."""
    if not Path(DEMO_DATABASE.removeprefix("sqlite:///")).exists():  # noqa: ASYNC240 - once
        return False
    storage = Storage.open(DEMO_DATABASE)
    try:
        place = SoleService.at(storage.url, clock)
        await place.take(patience_seconds=0)
        await place.release()
    except AnotherServes:
        return True
    finally:
        await storage.close()
    return False


async def until_stopped(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
    """Do `work` until `stop`, and not a moment longer: what it works on is closed next."""
    working, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not stop.is_set():
            await working
    finally:
        for task in (working, stopping):
            task.cancel()
        await asyncio.gather(working, stopping, return_exceptions=True)


def _apart(settings: Settings) -> Settings:
    """The made-up office has its own database, unless one is named."""
    usual = next(one.default for one in fields(DatabaseSettings) if one.name == "url")
    if settings.database.url != usual:
        return settings
    return replace(settings, database=DatabaseSettings(url=DEMO_DATABASE))


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
