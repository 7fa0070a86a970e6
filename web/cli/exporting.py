"""The command that takes one call out of the flight recorder, for a bug report."""

import asyncio
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from crm_core.calls.detail import get_call
from crm_core.clock import SystemClock
from crm_core.errors import NotFound
from crm_core.storage.migrate import check_schema
from telephony.flight.export import AskedCall, Export
from telephony.flight.segments import list_segments
from telephony.ids import EPOCH_IN_UNIQUEID
from telephony.phones import Phones
from web.cli.help_pages import Command
from web.cli.keeping import Config, opened
from web.cli.refusing import Refused, settings_of
from web.cli.speaking import remark
from web.endpoints import EndpointCorrections
from web.flight import CallExporter, flight_folder, make_recorder
from web.i18n import N_
from web.settings import Settings

LONGEST = timedelta(hours=12)
"""Of a conversation that the log does not know, nobody can say when it ended."""


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command(
        "export-call",
        cls=Command,
        help=N_(
            "Write what the exchange said of one call, for a bug report.\n\n"
            "To standard output; perezvon replay reads it. Phone numbers and names in it are made "
            "up. A call that is missing in the log is found by its Uniqueid."
        ),
    )(export_call)


def export_call(
    call_id: Annotated[
        str,
        typer.Argument(
            metavar=N_("CALL"), help=N_("the call's id, as its page shows it, or a Uniqueid")
        ),
    ],
    config: Config = None,
) -> None:
    """Write the masked stream of one call to standard output."""
    settings = settings_of(config)
    made = asyncio.run(_export(settings, call_id))
    if not made.stream:
        raise Refused(
            N_("Nothing of what the exchange said of call %(call)s is kept in %(folder)s."),
            call=call_id,
            folder=flight_folder(settings),
        )
    sys.stdout.buffer.write(made.stream)
    sys.stdout.buffer.flush()
    for since, until in made.missing:
        remark(
            N_("Not recorded, and missing from the file: %(since)s to %(until)s (UTC)."),
            since=f"{since:%Y-%m-%d %H:%M:%S}",
            until=f"{until:%H:%M:%S}",
        )


async def _export(settings: Settings, call_id: str) -> Export:
    async with opened(settings) as storage:
        await check_schema(storage)
        phones = Phones(settings.exchange.phones)
        await EndpointCorrections(storage, phones).restore()
        clock = SystemClock()
        exporter = CallExporter(storage, clock, make_recorder(settings, clock), phones)
        try:
            async with storage.read() as connection:
                call = (await get_call(connection, None, call_id)).call
        except NotFound:
            found = await exporter.take_out(None, _unlogged(settings, call_id, clock.now()))
            return replace(found, missing=())  # nobody can say how long it was
        return await exporter.export(None, call)


def _unlogged(settings: Settings, uniqueid: str, now: datetime) -> AskedCall:
    """A conversation that only the exchange knows of: from its birth, or from the oldest kept."""
    found = EPOCH_IN_UNIQUEID.search(uniqueid)
    kept = list_segments(flight_folder(settings))
    oldest = min((one.started_at for one in kept), default=now)
    started_at = datetime.fromtimestamp(int(found[1]), UTC) if found else oldest
    return AskedCall(uniqueid, (uniqueid,), started_at, started_at + LONGEST)
