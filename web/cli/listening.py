"""Commands on the stream of an exchange: record it, replay it, see one's pops in a terminal."""

import asyncio
import logging
import re
import secrets
import sys
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from crm_core.clock import SystemClock
from telephony.ami import AmiClient
from telephony.events import CallRecord
from telephony.masking import Mask
from telephony.recorder import Recorder
from telephony.replay import as_json, read_stream
from telephony.replay import replay as replay_messages
from telephony.stream import LinkDown, LinkUp
from web.cli.keeping import Config
from web.cli.refusing import Refused, settings_of
from web.cli.stopping import until_stopped
from web.formats import duration
from web.i18n import Reader
from web.sentences import link_reason
from web.settings import Settings

console = Console(stderr=True, highlight=False)


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command()(record)
    app.command()(replay)


def record(
    file: Annotated[Path, typer.Argument(help="where the stream goes; nothing is overwritten")],
    mask: Annotated[bool, typer.Option("--mask", help="make phone numbers unrecognisable")] = False,
    config: Config = None,
) -> None:
    """Write what the exchange says to a file, until interrupted (Ctrl-C)."""
    settings = settings_of(config)
    try:
        out = file.open("xb")
    except FileExistsError as error:
        raise Refused(f"{file} exists already: choose another name.") from error
    with out:
        masking = Mask(secrets.token_bytes(32)) if mask else None
        recorder = Recorder(out, secrets=[settings.exchange.secret], mask=masking)
        asyncio.run(_record(settings, recorder))
        recorder.flush()
    console.print(f"{file}: {file.stat().st_size:,} bytes", markup=False)


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
                console.print(f"{where}: recording (Asterisk {item.version}); Ctrl-C ends")
            elif isinstance(item, LinkDown):
                recorder.link_lost()
                console.print(f"{where}: {link_reason(Reader(), item.reason)}; trying again")

    await until_stopped(client.run(), listen())


def replay(
    file: Annotated[Path, typer.Argument(help="a recorded stream")],
    json: Annotated[bool, typer.Option("--json", help="one JSON object a line")] = False,
    phones: Annotated[
        str, typer.Option(metavar="REGEX", help="endpoint names that are phones")
    ] = "",
    config: Config = None,
) -> None:
    """Show the calls in a recorded stream, in order of their start."""
    wanted = phones or settings_of(config).exchange.phones
    try:
        re.compile(wanted)
    except re.error as error:
        raise Refused(f"--phones is no regular expression: {error}.") from error
    if file.is_dir():
        raise Refused(f"{file} is a folder: give it the file of a recorded stream.")
    if not file.exists():
        raise Refused(f"There is no file {file}.")
    messages = read_stream(file)
    first = next(messages, None)
    if first is None:
        console.print(f"{file}: nothing that an Asterisk says is in it", markup=False)
    records = replay_messages(() if first is None else chain((first,), messages), wanted)
    if json:
        for one in records:
            sys.stdout.buffer.write(as_json(one) + b"\n")
        sys.stdout.buffer.flush()
    else:
        Console(highlight=False).print(_table(records))


def _table(records: Iterable[CallRecord]) -> Table:
    table = Table(box=None, header_style="bold")
    for title in ("started", "direction", "caller", "dialled", "queue", "outcome", "talk", "by"):
        table.add_column(title)
    for one in records:
        table.add_row(
            f"{one.started_at:%Y-%m-%d %H:%M:%S}",
            one.direction.value,
            _plain(one.caller),
            _plain(one.dialled),
            _plain(one.queue or ""),
            one.outcome.value if one.outcome else "",
            duration(one.talk_seconds),
            _plain(", ".join(one.answered_by)),
        )
    return table


def _plain(text: str) -> str:
    """Without what could steer a terminal or rich."""
    return "".join(c if c.isprintable() else "?" for c in text).replace("[", "\\[")
