"""Commands on whom one may call: a list out of a file, and why a number is not dialled."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from crm_core.clock import SystemClock
from crm_core.storage.engine import Storage
from crm_core.storage.migrate import check_schema
from dialer.compliance.refusals import Refused as NotDialled
from dialer.compliance.special_numbers import special
from dialer.do_not_call.generations import Progress
from dialer.do_not_call.importing import NumberImports, Source
from dialer.do_not_call.lists import ListInUse, list_lists
from dialer.do_not_call.looking import Listing, list_of_number
from dialer.do_not_call.records import understood
from dialer.entries.judging import subjects_of, whose
from dialer.profiles.queries import list_profiles
from web.cli.help_pages import Command
from web.cli.keeping import Config, opened
from web.cli.refusing import Refused, settings_of
from web.cli.speaking import remark, shell_reader, tell
from web.formats import number as written_number
from web.i18n import N_, Reader
from web.judgements import Judgement, judgement
from web.office_rules import own_numbers, usual_law
from web.settings import Settings
from web.words import word

MOST_LINES_SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command(
        "import-do-not-call",
        cls=Command,
        help=N_(
            "Read a file of numbers into a do-not-call list, while everything runs.\n\n"
            "A national list is replaced whole, once its last number is there. What was broken "
            "off goes on where it was when the same file is given again."
        ),
    )(import_do_not_call)
    app.command(
        cls=Command,
        help=N_(
            "Say whether a number may be called now, until when, and why not.\n\n"
            "By the law profile that the office begins with, unless another is given."
        ),
    )(why)


def import_do_not_call(
    file: Annotated[Path, typer.Argument(metavar=N_("FILE"), help=N_("text, CSV, ZIP or gzip"))],
    list_: Annotated[
        str, typer.Option("--list", metavar=N_("TEXT"), help=N_("the list's title or number"))
    ],
    source: Annotated[
        str, typer.Option(metavar=N_("TEXT"), help=N_("where the office had the file from"))
    ] = "",
    config: Config = None,
) -> None:
    """Read a file of numbers into a list."""
    if not file.is_file():
        raise Refused(N_("There is no file %(path)s."), path=str(file))
    done = asyncio.run(_import(settings_of(config), file, list_, source))
    reader = shell_reader()
    for at, text in done.samples[:MOST_LINES_SHOWN]:
        remark(N_("Line %(line)s has no number: %(text)s"), line=at, text=text)
    tell(
        N_("%(numbers)s numbers are on the list; lines without one: %(nonsense)s."),
        numbers=written_number(reader, done.numbers),
        nonsense=written_number(reader, done.nonsense),
    )


def why(
    number: Annotated[
        str, typer.Argument(metavar=N_("NUMBER"), help=N_("the number, in any writing"))
    ],
    profile: Annotated[
        str, typer.Option(metavar=N_("TEXT"), help=N_("the key of a law profile, such as ru"))
    ] = "",
    config: Config = None,
) -> None:
    """Say what the law says about a number now; exit code 1 where it may not be called now."""
    found = asyncio.run(_why(settings_of(config), number, profile))
    for each in found:
        zone = f" ({each.zone})" if each.zone else ""
        tell(N_("%(number)s: %(said)s%(zone)s"), number=each.number, said=each.said, zone=zone)
        for reason in each.reasons:
            tell(N_("  – %(reason)s"), reason=reason)
    if any(each.state != "yes" for each in found):
        raise typer.Exit(1)


async def _import(settings: Settings, file: Path, title: str, source: str) -> Progress:
    console, country = Console(stderr=True), settings.exchange.country
    async with opened(settings) as storage:
        await check_schema(storage)
        into = await _list(storage, title)
        imports = NumberImports(storage, SystemClock(), country)
        with console.status(file.name) as shown:

            def note(progress: Progress) -> None:
                shown.update(f"{file.name}: {written_number(shell_reader(), progress.numbers)}")

            return await imports.load(None, into.list.id, Source(file, told_by=source), note)


async def _list(storage: Storage, title: str) -> ListInUse:
    reader = shell_reader()
    async with storage.read() as connection:
        known = await list_lists(connection)
    for each in known:
        if title.casefold() in (str(each.list.id), each.list.title.casefold()):
            return each
    if not known:
        raise Refused(
            N_("There is no do-not-call list yet: make one in the browser, Dialer → Do not call.")
        )
    raise Refused(
        N_("There is no do-not-call list %(written)s; there are: %(known)s."),
        written=repr(title),
        known=", ".join(_named(reader, each) for each in known),
    )


def _named(reader: Reader, each: ListInUse) -> str:
    return each.list.title or f"{each.list.id} ({word(reader, each.list.kind, 'do_not_call_kind')})"


async def _why(settings: Settings, written: str, key: str) -> list[Judgement]:
    country, now = settings.exchange.country, SystemClock().now()
    if short := _as_dialled(written.strip(), country):
        return [short]
    e164 = understood(written, country)
    async with opened(settings) as storage:
        await check_schema(storage)
        reader = Reader(shell_reader().language, settings.office.time_zone)
        return await _judged(storage, settings, reader, e164, key, now)


def _as_dialled(written: str, country: str) -> Judgement | None:
    """Of a number that is short with its area and all: why nobody dials it."""
    reason = special(written, country)
    if reason not in {NotDialled.EMERGENCY, NotDialled.SHORT}:
        return None
    reader = shell_reader()
    said = reader.gettext(N_("not to be called"))
    return Judgement(written, "no", said, (word(reader, reason.value, "law_refusal"),), "")


async def _judged(
    storage: Storage, settings: Settings, reader: Reader, e164: str, key: str, now: datetime
) -> list[Judgement]:
    async with storage.read() as connection:
        key = key or (await usual_law(connection, settings)).profile.key
        known = {each.profile.key: each for each in await list_profiles(connection)}
        if key not in known:
            raise Refused(
                N_("There is no law profile %(written)s; there are %(known)s."),
                written=repr(key),
                known=", ".join(known),
            )
        law = known[key].profile
        remark(N_("Judged by the law profile %(key)s."), key=key)
        asked = await whose(connection, e164)
        own = await own_numbers(settings).read(connection)
        subjects = await subjects_of(connection, law, now, asked, own)
        listings: list[Listing] = await list_of_number(connection, e164)
    return [judgement(reader, law, subject, now, listings) for subject in subjects]
