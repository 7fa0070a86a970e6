"""The call list as a file, in the reader's language and time zone; noted in the audit trail."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Final

from aiohttp import web

from crm_core import audit
from crm_core.agents.people import Agent
from crm_core.calls.filtering import CallFilter
from crm_core.calls.queries import CallRow, iterate_calls
from web.i18n import N_, Reader
from web.sheets import LIMITS, Cell, Format, Sheet, harmless, parting_of
from web.wiring import Services
from web.words import word

__all__ = ["COLUMNS", "GOES_ON", "LIMITS", "Export", "Format", "harmless"]
COLUMNS: Final = (
    (N_("Began"), 17),
    (N_("Direction"), 13),
    (N_("Number"), 16),
    (N_("Caller's name"), 22),
    (N_("Client"), 30),
    (N_("Dialled"), 16),
    (N_("Queue"), 16),
    (N_("Operators"), 26),
    (N_("Outcome"), 14),
    (N_("Waiting, s"), 12),
    (N_("Talk, s"), 12),
    (N_("On hold, s"), 12),
    (N_("Hung up"), 14),
    (N_("Cause"), 24),
    (N_("Disposition"), 22),
    (N_("Ended"), 17),
    (N_("Call id"), 24),
)
"""Headings and widths in characters."""
GOES_ON: Final = N_("Live")
"""The outcome of a call that has none yet, as the list calls it."""


class Export:
    """One export for one person: his rights, his language, his time zone."""

    def __init__(
        self,
        built: Services,
        actor: Agent,
        reader: Reader,
        asked: CallFilter,
        queue_titles: Mapping[str, str],
    ) -> None:
        self._built = built
        self._actor = actor
        self._reader = reader
        self._asked = asked
        self._titles = queue_titles

    async def send(
        self, request: web.Request, form: Format, total: int, address: str
    ) -> web.StreamResponse:
        """Note the export, then stream the file. `address` is the filter as it was asked."""
        now = self._built.clock.now()
        async with self._built.storage.write() as tx:
            await audit.record(
                tx,
                now,
                self._actor.id,
                "exported",
                "calls",
                form.value,
                count=total,
                filter=address[:1000],
            )
        name = f"calls-{now.astimezone(self._reader.zone):%Y-%m-%d-%H%M}"
        return await self._sheet().send(request, form, name)

    def _sheet(self) -> Sheet:
        headings = [(self._reader.gettext(heading), width) for heading, width in COLUMNS]
        parting = parting_of(self._reader.language)
        return Sheet(self._reader.gettext("Calls"), headings, self._rows, parting)

    async def _rows(self) -> AsyncIterator[list[list[Cell]]]:
        country = self._built.settings.exchange.country
        chunks = iterate_calls(self._built.storage, self._actor, self._asked, country=country)
        async for calls in chunks:
            yield [self._row(call) for call in calls]

    def _row(self, call: CallRow) -> list[Cell]:
        reader, over = self._reader, call.ended_at is not None
        return [
            self._local(call.started_at),
            word(reader, call.direction, "direction"),
            call.number or call.caller,
            call.caller_name,
            call.client_name,
            call.dialled,
            self._titles.get(call.queue, call.queue) if call.queue else None,
            ", ".join(call.agents),
            word(reader, call.outcome, "outcome") if over else reader.gettext(GOES_ON),
            round(call.wait_seconds) if over else None,  # not known before the end
            round(call.talk_seconds) if over else None,
            round(call.hold_seconds) if over else None,
            word(reader, call.ended_by, "ended_by"),
            word(reader, call.hangup_cause, "cause"),
            ", ".join(call.dispositions),
            self._local(call.ended_at),
            call.call_id,
        ]

    def _local(self, at: datetime | None) -> datetime | None:
        """As the reader's wall clock shows it: a spreadsheet knows no zones."""
        return at.astimezone(self._reader.zone).replace(tzinfo=None, microsecond=0) if at else None
