"""`perezvon catch-up`: what the exchange's own log has and ours has not, and bringing it in."""

import asyncio
import json as json_text
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from crm_core.catchup.accounting import FRESH
from crm_core.catchup.catching_up import Summary
from crm_core.catchup.comparing import Compared, Verdict
from crm_core.catchup.shelf import SourceRefused
from crm_core.catchup.watching import note_watched, read_watched
from crm_core.clock import SystemClock
from crm_core.storage.migrate import check_schema
from web.cli.help_pages import Command
from web.cli.keeping import Config
from web.cli.refusing import Refused, settings_of
from web.cli.speaking import remark, shell_reader, tell
from web.folders import make_room
from web.formats import full_moment, machine, number
from web.i18n import N_, Reader
from web.log_troubles import refusal_of
from web.settings import Settings
from web.verdicts import difference, why
from web.wiring import Services, build, close
from web.words import word

SILENCE: Final = timedelta(hours=12)
"""Nobody tells a command who is on the line now: a call that is silent for so long is over."""
BEFORE: Final = timedelta(minutes=1)
EARLIEST: Final = datetime(1970, 1, 2, tzinfo=UTC)
"""No log is older, and no zone or slack leads out of the calendar from here."""
_SPANS: Final = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_output = Console(highlight=False, soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command(
        "catch-up",
        cls=Command,
        help=N_(
            "Bring into the call log what only the exchange's own log has.\n\n"
            "The service does this by itself after each time it was away. This is for months of "
            "before, and for looking: --dry-run says what would be added and why. Calls that the "
            "call log has already are left as they are."
        ),
    )(catch_up)


def catch_up(
    since: Annotated[
        str,
        typer.Option(
            metavar=N_("TIME"),
            help=N_(
                "from when on: 2026-03-01, '2026-03-01 14:00', 6h or 30d; without it, since the "
                "service listened last"
            ),
        ),
    ] = "",
    until: Annotated[str, typer.Option(metavar=N_("TIME"), help=N_("until when; now"))] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=N_("change nothing, say what would be added"))
    ] = False,
    json: Annotated[bool, typer.Option("--json", help=N_("one JSON object a call"))] = False,
    config: Config = None,
) -> None:
    """Read the exchange's own log from `--since` and add or complete what ours lacks."""
    settings = settings_of(config)
    try:
        asyncio.run(_catch_up(settings, since, until, dry_run=dry_run, as_json=json))
    except SourceRefused as refused:
        raise refusal_of(refused) from refused


async def _catch_up(
    settings: Settings, since: str, until: str, *, dry_run: bool, as_json: bool
) -> None:
    clock = SystemClock()
    reader = Reader(shell_reader().language, settings.office.time_zone)
    make_room(settings.database.url)
    built = build(settings, clock)
    recording = asyncio.create_task(built.intake.run())
    try:
        await check_schema(built.storage)
        await built.endpoint_corrections.restore()
        await built.roster.read_owners()
        now = clock.now()
        # What ends in these seconds belongs to the service that may be running beside us.
        latest = now - FRESH
        end = min(latest, read_time(until, reader, now)) if until else latest
        begin = max(EARLIEST, read_time(since, reader, now) if since else await _last_heard(built))
        if begin >= end:
            raise Refused(N_("The time from which to read lies after the time until which."))
        work = _look if dry_run else _bring_in
        with _progress(begin, end, as_json=as_json) as show:
            summary = await work(built, reader, begin, end, show, as_json=as_json)
        _tell_summary(reader, summary, dry_run=dry_run, as_json=as_json)
    finally:
        recording.cancel()
        await asyncio.gather(recording, return_exceptions=True)
        await close(built)


async def _last_heard(built: Services) -> datetime:
    watched = await read_watched(built.storage)
    if watched is None:
        raise Refused(
            N_("The service has never listened yet: say from when on to read, e.g. --since 30d.")
        )
    return watched.until - BEFORE


async def _look(
    built: Services,
    reader: Reader,
    since: datetime,
    until: datetime,
    show: Callable[[Summary], None],
    *,
    as_json: bool,
) -> Summary:
    summary = Summary(since, until)
    async for compared in built.catch_up.compare(
        since, until, living_at=until - SILENCE, summary=summary
    ):
        show(summary)
        if compared.verdict is not Verdict.ACCOUNTED:
            _tell_call(reader, compared, as_json=as_json)
    return summary


async def _bring_in(
    built: Services,
    reader: Reader,
    since: datetime,
    until: datetime,
    show: Callable[[Summary], None],
    *,
    as_json: bool,
) -> Summary:
    def is_lacking(compared: Compared) -> bool:
        if compared.verdict not in (Verdict.MISSING, Verdict.INCOMPLETE):
            return False
        if as_json:
            _tell_call(reader, compared, as_json=True)
        return True

    if await read_watched(built.storage) is None:
        # All of this was before us: nobody has to call back whom somebody else has missed.
        await note_watched(built.storage, built.clock.now())
    summary = await built.catch_up.bring_in(
        since, until, living_at=until - SILENCE, only=is_lacking, on_progress=show
    )
    await built.callbacks.catch_up()  # nobody else hears of calls that a command brings in
    return summary


def read_time(written: str, reader: Reader, now: datetime) -> datetime:
    """`2026-03-01`, `2026-03-01 14:00` by the reader's clock, or `6h`, `30d`, `2w` ago."""
    span = re.fullmatch(r"(\d{1,4})([hdw])", written.strip())
    if span is not None:
        return now - int(span.group(1)) * _SPANS[span.group(2)]
    try:
        at = datetime.fromisoformat(written.strip())
    except ValueError:
        raise Refused(
            N_("%(written)s is no time: write it like 2026-03-01, '2026-03-01 14:00', 6h or 30d."),
            written=repr(written),
        ) from None
    return at if at.tzinfo is not None else at.replace(tzinfo=reader.zone)


# --- what is said ---------------------------------------------------------------------------------


def _tell_call(reader: Reader, compared: Compared, *, as_json: bool) -> None:
    call = compared.record or compared.known
    assert call is not None
    if as_json:
        told = {
            "verdict": compared.verdict.value,
            "call_id": compared.call_id,
            "started_at": machine(call.started_at),
            "ended_at": machine(call.ended_at) if call.ended_at else None,
            "direction": str(call.direction),
            "caller": call.caller,
            "dialled": call.dialled,
            "queue": call.queue,
            "outcome": str(call.outcome) if call.outcome else None,
            "answered_by": list(map(str, call.answered_by)),
            "differences": {
                name: [str(ours), str(theirs)]
                for name, (ours, theirs) in compared.differences.items()
            },
        }
        _output.print(json_text.dumps(told, ensure_ascii=False), markup=False)
        return
    when = full_moment(reader, call.started_at)
    outcome = word(reader, call.outcome, "outcome")
    _output.print(f"{when}  {call.caller or '—'} → {call.dialled or '—'}  {outcome}", markup=False)
    _output.print(f"    {why(reader, compared.verdict)}", style="dim", markup=False)
    for name, (ours, theirs) in compared.differences.items():
        shown = difference(reader, name, ours, theirs)
        _output.print(f"    {shown}", style="dim", markup=False)


def _tell_summary(reader: Reader, summary: Summary, *, dry_run: bool, as_json: bool) -> None:
    say = remark if as_json else tell
    count = {verdict: number(reader, told) for verdict, told in summary.verdicts.items()}
    values = {
        "calls": number(reader, summary.calls),
        "accounted": count[Verdict.ACCOUNTED],
        "missing": count[Verdict.MISSING],
        "incomplete": count[Verdict.INCOMPLETE],
        "differs": count[Verdict.DIFFERS],
    }
    if summary.calls == summary.verdicts[Verdict.ACCOUNTED]:
        say(N_("Calls in Asterisk's own log: %(calls)s, all accounted for."), **values)
        return
    if dry_run:
        say(
            N_(
                "Calls in Asterisk's own log: %(calls)s. Accounted for: %(accounted)s; would be "
                "added: %(missing)s; would be completed: %(incomplete)s; told otherwise: "
                "%(differs)s. Nothing was changed."
            ),
            **values,
        )
        return
    say(
        N_(
            "Calls in Asterisk's own log: %(calls)s. Accounted for: %(accounted)s; added: "
            "%(missing)s; completed: %(incomplete)s; told otherwise and left alone: %(differs)s."
        ),
        **values,
    )


@contextmanager
def _progress(
    since: datetime, until: datetime, *, as_json: bool
) -> Iterator[Callable[[Summary], None]]:
    """How far the log has been read, beside the output; nothing where nobody looks."""
    console = Console(stderr=True)
    shown = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        console=console,
        transient=True,
        disable=as_json or not console.is_terminal,
    )
    with shown:
        reader = shell_reader()
        task = shown.add_task(
            reader.gettext(N_("Reading Asterisk's own log")), total=(until - since).total_seconds()
        )

        def show(summary: Summary) -> None:
            reached = summary.reached or since
            shown.update(task, completed=(reached - since).total_seconds())

        yield show
