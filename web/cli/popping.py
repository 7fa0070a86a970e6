"""`perezvon listen`: one's pops in a terminal."""

import json as json_text
import random
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
from rich.console import Console

from crm_core.clock import Clock, SystemClock
from web.cli.asking import asked_secretly
from web.cli.help_pages import Command
from web.cli.refusing import Refused
from web.cli.speaking import remark, shell_reader
from web.cli.stopping import until_stopped
from web.i18n import LANGUAGES, N_, Reader
from web.listen import Listener
from web.settings_checks import may_be_host
from web.settings_reading import environment

console = Console(highlight=False, soft_wrap=True)

PHASES = {
    "ringing": N_("Incoming call"),
    "dialling": N_("Dialling"),
    "talking": N_("You are talking"),
    "wrap_up": N_("After the call"),
}


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command(
        cls=Command,
        help=N_(
            "Show one's calls in this terminal, until Ctrl-C.\n\n"
            "The password is asked for, or taken from the variable PEREZVON_PASSWORD."
        ),
    )(listen)


def listen(
    login: Annotated[str, typer.Argument(metavar=N_("LOGIN"), help=N_("whose calls"))],
    url: Annotated[
        str, typer.Option(metavar=N_("ADDRESS"), help=N_("where Perezvon is"))
    ] = "http://127.0.0.1:8080",
    json: Annotated[bool, typer.Option("--json", help=N_("one JSON object a line"))] = False,
    language: Annotated[
        str,
        typer.Option(
            metavar=N_("LANGUAGE"), help=N_("en or ru, when it is not that of the terminal")
        ),
    ] = "",
) -> None:
    """Show one's calls in a terminal; the password is asked, or taken from PEREZVON_PASSWORD."""
    import asyncio

    if language and language not in LANGUAGES:
        raise Refused(
            N_("There is no language %(written)s; there are %(known)s."),
            written=repr(language),
            known=", ".join(LANGUAGES),
        )
    if not _is_address(url):
        raise Refused(
            N_("--url is an address like http://127.0.0.1:8080 or https://crm.example.org.")
        )
    password = environment().get("PEREZVON_PASSWORD") or asked_secretly(N_("Password"))
    reader = Reader(language) if language else shell_reader()
    asyncio.run(_listen(url, login, password, reader, as_json=json))


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for one that is none
    except ValueError:
        return False
    host = parts.hostname or ""
    return parts.scheme in ("http", "https") and bool(host) and may_be_host(host)


async def _listen(url: str, login: str, password: str, reader: Reader, *, as_json: bool) -> None:
    clock = SystemClock()

    def tell_link(up: bool) -> None:
        lost = N_("%(url)s: no connection. Trying again; Ctrl-C ends it.")
        remark(N_("%(url)s: listening.") if up else lost, url=url)

    listener = Listener(url, login, password, clock, random.random, tell_link)

    async def show() -> None:
        async for op in listener.ops():
            if as_json:
                _write(op)
                continue
            for line in lines(op, reader, clock):
                console.print(printable(line), markup=False)

    await until_stopped(show())


def _write(op: dict[str, Any]) -> None:
    """One line of JSON, in UTF-8 whatever the terminal has."""
    sys.stdout.buffer.write(json_text.dumps(op, ensure_ascii=False).encode() + b"\n")
    sys.stdout.buffer.flush()


def lines(op: dict[str, Any], reader: Reader, clock: Clock) -> Iterator[str]:
    """What a person reads of one operation: the card's head, and what was agreed last."""
    data = op.get("data")
    if op["op"] == "notice":
        yield op["text"]
    if op.get("template") != "cards/_card.html" or not data:
        return
    now = clock.now().astimezone().strftime("%H:%M:%S")
    dossier = data["dossier"]
    phase = reader.gettext(PHASES[data["phase"]])
    said = [_who(data, reader), dossier["readable"] or data["number"], data["queue"]]
    yield "  ".join([now, phase, *dict.fromkeys(part for part in said if part)])
    if data["phase"] != "ringing":
        return
    agreed = dossier["agreement"]
    if agreed and (agreed["note"] or agreed["step"]):
        yield f"          {' · '.join(part for part in (agreed['note'], agreed['step']) if part)}"
    for task in dossier["tasks"]:
        due = datetime.fromisoformat(task["due_at"]).astimezone().strftime("%d.%m %H:%M")
        yield f"          {due}  {task['text'] or reader.gettext(N_('Call back'))}"


def _who(data: dict[str, Any], reader: Reader) -> str:
    dossier = data["dossier"]
    client = dossier["client"]
    if client:
        names = dict.fromkeys([client["contact_name"], client["name"]])
        return ", ".join(name for name in names if name)
    if dossier["known"] == "anonymous":
        return reader.gettext(N_("Hidden number"))
    return str(data["caller_name"])


def printable(line: str) -> str:
    """Without what could steer a terminal."""
    return "".join(char if char.isprintable() else " " for char in line)
