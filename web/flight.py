"""The flight recorder in the product: where it keeps, how it is, and one call out of it."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from crm_core import audit
from crm_core.agents.people import Agent
from crm_core.agents.roles import Role
from crm_core.calls.kin import ids_of, strangers_among
from crm_core.calls.queries import CallRow
from crm_core.clock import Clock
from crm_core.storage.connecting import parse_url
from crm_core.storage.engine import Storage
from telephony.flight.export import AskedCall, CallExtract, Export, missing_of
from telephony.flight.recorder import FlightHealth, FlightRecorder
from telephony.flight.segments import list_segments
from web.health import Finding, green, yellow
from web.settings import Settings

MAY_EXPORT: Final = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})
"""Those who answer for the calls of all, and those who look after the exchange."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is there of one call: `word` is whole, partly, nothing or off; `since` is when the
    oldest of what is kept was heard, None where nothing is."""

    word: str
    since: datetime | None = None


class CallExporter:
    """Takes calls out of the flight recorder's folder, also while it is written."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        recorder: FlightRecorder,
        is_phone: Callable[[str], bool],
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._recorder = recorder
        self._is_phone = is_phone

    async def kept(self, call: CallRow) -> Kept:
        """Whether an export of the call would tell all of it; asks only for names of files."""
        if self._recorder.health is FlightHealth.OFF:
            return Kept("off")
        return await asyncio.to_thread(self._kept, call)

    def _kept(self, call: CallRow) -> Kept:
        segments = list_segments(self._recorder.folder)
        if not segments:
            return Kept("nothing")
        since = min(segment.started_at for segment in segments)
        now = self._clock.now()
        asked = AskedCall(call.call_id, (), call.started_at, call.ended_at)
        missing = missing_of(self._recorder.folder, asked, now)
        if not missing:
            return Kept("whole", since)
        is_all = missing == [(asked.started_at, asked.ended_at or now)]
        return Kept("nothing" if is_all else "partly", since)

    async def export(self, actor: Agent | None, call: CallRow) -> Export:
        """The masked stream, noted in the audit trail; None stands for whoever has a shell."""
        await self._recorder.flush()
        async with self._storage.read() as connection:
            ids = await ids_of(connection, call.call_id)
        return await self.take_out(
            actor, AskedCall(call.call_id, ids, call.started_at, call.ended_at)
        )

    async def take_out(self, actor: Agent | None, asked: AskedCall) -> Export:
        """The same of any conversation, also of one that the log does not know."""
        made = await self._extract(asked)
        if made.stream:
            async with self._storage.write() as tx:
                await audit.record(
                    tx,
                    self._clock.now(),
                    actor.id if actor else None,
                    "exported",
                    "call",
                    asked.call_id,
                )
        return made

    async def _extract(self, asked: AskedCall) -> Export:
        folder, now = self._recorder.folder, self._clock.now()
        extract = await asyncio.to_thread(CallExtract, folder, asked, now)
        kin = await asyncio.to_thread(extract.kin)
        async with self._storage.read() as connection:
            strangers = await strangers_among(connection, kin, asked.call_id)
        return await asyncio.to_thread(
            extract.export, strangers - set(asked.ids), self._is_phone, secrets.token_bytes(32)
        )


def flight_folder(settings: Settings) -> Path:
    """As the settings say, else beside the embedded database and under its name."""
    if settings.flight.folder:
        return Path(settings.flight.folder).absolute()
    url = parse_url(settings.database.url)
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return Path("data/flight").absolute()
    database = Path(url.database).absolute()
    return database.with_name(f"{database.stem}-flight")


def make_recorder(settings: Settings, clock: Clock) -> FlightRecorder:
    """The recorder that these settings ask for; nothing is written yet."""
    return FlightRecorder(
        settings.flight,
        flight_folder(settings),
        secrets=[settings.exchange.secret],
        now=clock.now,
        sleep=clock.sleep,
    )


async def of_flight(recorder: FlightRecorder) -> Finding:
    """A recorder that keeps nothing is worth a look; calls do not need it."""
    if recorder.health is FlightHealth.OFF:
        return green("flight_off")
    if recorder.health is FlightHealth.OK:
        return green("flight_records")
    return yellow(f"flight_{recorder.health}")
