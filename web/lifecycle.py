"""Start and stop: in which order, and what happens to a part that fails in between.

Start: the port, our place as the only service at this database, schema, what is remembered of the
live state, the recorder of facts, the exchange, the watches; answers come last. Stop goes
backwards: the screens hear of it, no more visitors, nothing more heard from the exchange, and what
was heard is still written down. Calls go on all the while: they live in the exchange.
"""

import asyncio
import errno
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog
from aiohttp import web

from crm_core.storage.migrate import migrate
from web.app import make_app
from web.first_pipelines import first_plans
from web.folders import make_room
from web.settings import HttpSettings
from web.supervisor import NOBODY, Supervisor
from web.wiring import Services, close

log = structlog.get_logger(__name__)

RESTART_SECONDS: Final = 1.0
BACKLOG: Final = 2048  # connections on the doorstep: all the tabs of an office after an outage
LEAVING_SECONDS: Final = 3.0  # for answers that are on their way
WRITING_SECONDS: Final = 10.0  # a database that takes nothing must not keep us for ever

Work = Callable[[], Awaitable[None]]


class PortRefused(Exception):
    """The address in the settings cannot be listened on; `is_taken`: somebody else does,
    `is_reserved`: only the system itself may."""

    def __init__(self, http: HttpSettings, error: OSError) -> None:
        super().__init__(f"{http.host}:{http.port}: {error.strerror or error}")
        self.is_taken = error.errno == errno.EADDRINUSE
        self.is_reserved = error.errno in (errno.EACCES, errno.EPERM)


@dataclass(frozen=True, slots=True)
class Started:
    """The product serves; `url` is where browsers of this machine reach it.

    `is_deserted`: nobody has an account yet.
    """

    url: str
    is_deserted: bool


async def serve(
    built: Services,
    stop: asyncio.Event,
    on_started: Callable[[Started], None],
    supervisor: Supervisor = NOBODY,
) -> None:
    """Run everything until `stop` is set; raises what keeps it from starting, and AnotherServes
    when our place at the database was taken. `supervisor` hears how far we are."""
    try:
        with listening(built.settings.http) as listener:
            await _prepare(built)
            await _run(built, listener, stop, on_started, supervisor)
    finally:
        await close(built)


async def _prepare(built: Services) -> None:
    """Bring schema and live state to where they were, before anything new is heard."""
    built.rendering.prepare()
    make_room(built.settings.database.url)
    await built.sole.take()
    built.list_reading.clear()
    for revision in await migrate(built.storage):
        log.info("migrated", revision=revision)
    plans = first_plans(built.settings.office.language, built.settings.exchange.country)
    await built.sales.pipelines.begin(plans)
    if came := await built.law.note_built_in():
        log.debug("law profiles came", keys=" ".join(came))
    await built.endpoint_corrections.restore()
    await built.wrap_up_hearing.restore()
    await built.roster.restore()
    await built.screens.start()


async def _run(
    built: Services,
    listener: socket.socket,
    stop: asyncio.Event,
    on_started: Callable[[Started], None],
    supervisor: Supervisor,
) -> None:
    async with asyncio.TaskGroup() as group:

        def keep(*parts: tuple[str, Work]) -> list[asyncio.Task[None]]:
            return [group.create_task(_kept_up(built, *part), name=part[0]) for part in parts]

        watched = group.create_task(built.sole.watch(), name="sole")  # whose failure ends us all
        recording = keep(("intake", built.intake.run))
        hearing = keep(
            ("link", built.ami.run), ("feed", built.feed.run), ("flight", built.flight.run)
        )
        watching = keep(
            ("catch-up", built.catch_up.run),
            ("reconciliation", built.reconciler.run),
            ("escalation", built.escalation.run),
            ("reminders", built.reminders.run),
            ("handovers", built.handing_over.run),
            ("deletions", built.deleting.run),
            ("own fields", built.field_search.run),
            ("search", built.text_renewal.run),
            ("files", built.files.run),
            ("wrap-up expiry", built.wrap_up_expiry.run),
            ("screens", built.screens.run),
            ("lists", built.lists_live.run),
            ("vigil", built.vigil.run),
            ("supervisor", partial(supervisor.run, built.clock.sleep)),
        )
        try:
            async with _answering(built, listener):
                nobody = not await built.accounts.list_agents()
                on_started(Started(_url(built.settings.http, listener), nobody))
                supervisor.ready()
                await stop.wait()
                supervisor.stopping()
                await built.screens.close()
        finally:
            await built.reconciling.close()
            await built.handing_over.close()
            await built.deleting.close()
            await built.list_reading.close()
            await _end(hearing)
            if not watched.done():  # else the database is another's, and nobody writes any more
                await _finish_writing(built)
            await _end([*watching, *recording, watched])


async def _finish_writing(built: Services) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(WRITING_SECONDS):
            await built.intake.settled()
            await built.bus.settled()
            await built.catch_up.note()


async def _kept_up(built: Services, name: str, work: Work) -> None:
    """Run `work` again when it fails: a fault in one part stops no other."""
    while True:
        try:
            await work()
        except Exception:
            log.exception("part_failed", part=name)
            built.vigil.failed(name)
        await built.clock.sleep(RESTART_SECONDS)


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@contextmanager
def listening(http: HttpSettings) -> Iterator[socket.socket]:
    """The port, taken first of all: when it is not to be had, nothing else has been touched."""
    family = socket.AF_INET6 if ":" in http.host else socket.AF_INET
    try:
        listener = socket.create_server((http.host, http.port), family=family)
    except OSError as error:
        raise PortRefused(http, error) from error
    with listener:
        yield listener


@asynccontextmanager
async def _answering(built: Services, listener: socket.socket) -> AsyncIterator[None]:
    """The HTTP server; at the end answers that are on their way may still leave."""
    runner = web.AppRunner(make_app(built), access_log=None, shutdown_timeout=LEAVING_SECONDS)
    await runner.setup()
    try:
        await web.SockSite(runner, listener, backlog=BACKLOG).start()
        yield
    finally:
        await runner.cleanup()


def _url(http: HttpSettings, listener: socket.socket) -> str:
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}  # noqa: S104 - shown only
    host = everywhere.get(http.host, f"[{http.host}]" if ":" in http.host else http.host)
    return f"http://{host}:{listener.getsockname()[1]}"
