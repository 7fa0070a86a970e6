"""Start and stop: in which order, and what happens to a part that fails in between.

Start: schema, what is remembered of the live state, the recorder of facts, the exchange, the
watches, and HTTP last. Stop goes backwards: no more visitors, nothing more heard from the exchange,
and what was heard is still written down.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import structlog
from aiohttp import web

from crm_core.storage.migrate import migrate
from web.app import make_app
from web.folders import make_room
from web.settings import HttpSettings
from web.wiring import Services

log = structlog.get_logger(__name__)

RESTART_SECONDS: Final = 1.0
LEAVING_SECONDS: Final = 3.0  # for answers that are on their way
WRITING_SECONDS: Final = 10.0  # a database that takes nothing must not keep us for ever

Work = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Started:
    """The product serves; `url` is where browsers of this machine reach it."""

    url: str


async def serve(
    built: Services, stop: asyncio.Event, on_started: Callable[[Started], None]
) -> None:
    """Run everything until `stop` is set; raises what keeps it from starting."""
    await _prepare(built)
    try:
        async with asyncio.TaskGroup() as group:
            recording = [group.create_task(_kept_up(built, "intake", built.intake.run))]
            hearing = [
                group.create_task(_kept_up(built, "link", built.ami.run)),
                group.create_task(_kept_up(built, "feed", built.feed.run)),
            ]
            watching = [
                group.create_task(_kept_up(built, name, work))
                for name, work in (
                    ("escalation", built.escalation.run),
                    ("wrap-up expiry", built.wrap_up_expiry.run),
                    ("screens", built.screens.run),
                )
            ]
            try:
                async with _Http(built) as http:
                    on_started(Started(http.url))
                    await stop.wait()
                    await built.screens.close()
            finally:
                await _end(hearing)
                with suppress(TimeoutError):
                    async with asyncio.timeout(WRITING_SECONDS):
                        await built.intake.settled()
                        await built.bus.settled()
                await _end(watching + recording)
    finally:
        await built.roster.close()
        await built.bus.close()
        await built.storage.close()


async def _prepare(built: Services) -> None:
    """Bring schema and live state to where they were, before anything new is heard."""
    make_room(built.settings.database.url)
    for revision in await migrate(built.storage):
        log.info("migrated", revision=revision)
    await built.wrap_up_hearing.restore()
    await built.roster.restore()
    await built.screens.start()


async def _kept_up(built: Services, name: str, work: Work) -> None:
    """Run `work` again when it fails: a fault in one part stops no other."""
    while True:
        try:
            await work()
        except Exception:
            log.exception("part_failed", part=name)
        await built.clock.sleep(RESTART_SECONDS)


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class _Http:
    """The HTTP server as a block."""

    def __init__(self, built: Services) -> None:
        self._runner = web.AppRunner(
            make_app(built), access_log=None, shutdown_timeout=LEAVING_SECONDS
        )
        self._settings = built.settings.http
        self.url = ""

    async def __aenter__(self) -> "_Http":
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._settings.host, self._settings.port).start()
        except OSError:
            await self._runner.cleanup()
            raise
        self.url = _url(self._settings, self._runner.addresses[0][1])
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()


def _url(http: HttpSettings, port: int) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(http.host, http.host)  # noqa: S104 - compared, not bound
    return f"http://{host}:{port}"
