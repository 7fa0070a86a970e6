"""Commands on the stream of an exchange: record it, replay it, see one's pops in a terminal."""

import asyncio
import logging
import secrets
import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from crm_core.clock import SystemClock
from telephony.ami import AmiClient
from telephony.events import CallRecord
from telephony.flight.export import phones_of_export
from telephony.masking import Mask
from telephony.recorder import Recorder
from telephony.replay import as_json, read_stream
from telephony.replay import replay as replay_messages
from telephony.stream import AmiMessage, LinkDown, LinkUp
from web.cli.help_pages import Command
from web.cli.keeping import Config
from web.cli.refusing import Refused, settings_of
from web.cli.speaking import remark, shell_reader, tell_size
from web.cli.stopping import until_stopped
from web.formats import duration
from web.i18n import N_, Reader
from web.sentences import link_reason
from web.settings import Settings
from web.settings_checks import check_expression
from web.words import word

STANDARD_INPUT = Path("/dev/stdin")  # what "-" means, as everywhere

TITLES = (
    N_("started"),
    N_("direction"),
    N_("caller"),
    N_("dialled"),
    N_("queue"),
    N_("outcome"),
    N_("talk"),
    N_("by"),
)


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command(
        cls=Command,
        help=N_(
            "Write what the exchange says to a file, until Ctrl-C.\n\n"
            "The file can be sent along with a question: passwords are never in it, "
            "and --mask hides the phone numbers."
        ),
    )(record)
    app.command(
        cls=Command,
        help=N_(
            "Show the calls in a recorded file.\n\n"
            "An empty file is a record without calls; "
            "a file in which no exchange speaks is refused."
        ),
    )(replay)


def record(
    file: Annotated[
        Path,
        typer.Argument(
            metavar=N_("FILE"), help=N_("where the record goes; nothing is overwritten")
        ),
    ],
    mask: Annotated[
        bool, typer.Option("--mask", help=N_("make phone numbers unrecognisable"))
    ] = False,
    config: Config = None,
) -> None:
    """Write what the exchange says to a file, until interrupted (Ctrl-C)."""
    settings = settings_of(config)
    try:
        out = file.open("xb")
    except FileExistsError as error:
        raise Refused(N_("%(path)s exists already: choose another name."), path=file) from error
    with out:
        masking = Mask(secrets.token_bytes(32)) if mask else None
        recorder = Recorder(out, secrets=[settings.exchange.secret], mask=masking)
        asyncio.run(_record(settings, recorder))
        recorder.flush()
    tell_size(file, file.stat().st_size)


async def _record(settings: Settings, recorder: Recorder) -> None:
    logging.getLogger("telephony").setLevel(logging.ERROR)  # what follows says the same better
    clock = SystemClock()
    client = AmiClient(
        settings.exchange, now=clock.now, sleep=clock.sleep, raw=recorder.write, wanted=frozenset()
    )
    where = f"{settings.exchange.host}:{settings.exchange.port}"

    async def listen() -> None:
        async for item in client.messages():
            if isinstance(item, LinkUp):
                remark(
                    N_("%(where)s: recording (Asterisk %(version)s). Ctrl-C ends it."),
                    where=where,
                    version=item.version,
                )
            elif isinstance(item, LinkDown):
                recorder.link_lost()
                remark(
                    N_("%(where)s: %(reason)s; trying again."),
                    where=where,
                    reason=link_reason(shell_reader(), item.reason),
                )

    await until_stopped(client.run(), listen())


def replay(
    file: Annotated[
        Path,
        typer.Argument(metavar=N_("FILE"), help=N_("what was recorded; - reads standard input")),
    ],
    json: Annotated[bool, typer.Option("--json", help=N_("one JSON object a line"))] = False,
    phones: Annotated[
        str,
        typer.Option(
            metavar=N_("REGEX"), help=N_("which endpoints are phones, by name; others are trunks")
        ),
    ] = "",
    config: Config = None,
) -> None:
    """Show the calls in a recorded stream, in order of their start."""
    check_expression(phones, "--phones")
    if str(file) == "-":
        file = STANDARD_INPUT
    if file.is_dir():
        raise Refused(N_("%(path)s is a folder: give the file of a record."), path=file)
    if not file.exists():
        raise Refused(N_("There is no file %(path)s."), path=file)
    wanted = phones or phones_of_export(file) or settings_of(config).exchange.phones
    records = replay_messages(_messages(file), wanted)
    if json:
        for one in records:
            sys.stdout.buffer.write(as_json(one) + b"\n")
        sys.stdout.buffer.flush()
    else:
        Console(highlight=False).print(_table(records, shell_reader()))


def _messages(file: Path) -> Iterator[AmiMessage | LinkUp]:
    """What is in the file: an empty one is a record in which nothing happened, one in which no
    exchange speaks is refused."""
    messages = read_stream(file)
    first = next(messages, None)
    if first is not None:
        return chain((first,), messages)
    if file.is_file() and file.stat().st_size:
        raise Refused(
            N_("%(path)s: nothing that an Asterisk says is in it. Is it another file?"), path=file
        )
    remark(N_("%(path)s is empty: nothing was recorded."), path=file)
    return iter(())


def _table(records: Iterable[CallRecord], reader: Reader) -> Table:
    table = Table(box=None, header_style="bold")
    for title in TITLES:
        table.add_column(reader.gettext(title))
    for one in records:
        table.add_row(
            f"{one.started_at:%Y-%m-%d %H:%M:%S}",
            word(reader, one.direction.value, "direction"),
            _plain(one.caller),
            _plain(one.dialled),
            _plain(one.queue or ""),
            word(reader, one.outcome.value, "outcome") if one.outcome else "",
            duration(one.talk_seconds),
            _plain(", ".join(one.answered_by)),
        )
    return table


def _plain(text: str) -> str:
    """Without what could steer a terminal or rich."""
    return "".join(c if c.isprintable() else "?" for c in text).replace("[", "\\[")
