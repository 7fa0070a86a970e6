"""`perezvon listen`: one's pops in a terminal."""

import json as json_text
import os
import random
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
from rich.console import Console

from crm_core.clock import Clock, SystemClock
from web.cli.refusing import Refused
from web.cli.stopping import until_stopped
from web.i18n import LANGUAGES, N_, Reader
from web.listen import Listener, ListenRefused
from web.sentences import sentence

console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False)

PHASES = {
    "ringing": N_("Incoming call"),
    "dialling": N_("Dialling"),
    "talking": N_("You are talking"),
    "wrap_up": N_("After the call"),
}


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command()(listen)


def listen(
    login: Annotated[str, typer.Argument(help="whose pops")],
    url: Annotated[str, typer.Option(help="where Perezvon is")] = "http://127.0.0.1:8080",
    json: Annotated[bool, typer.Option("--json", help="one JSON object a line")] = False,
    language: Annotated[str, typer.Option(help="en or ru")] = "en",
) -> None:
    """Show one's calls in a terminal; the password is asked, or taken from PEREZVON_PASSWORD."""
    import asyncio

    if language not in LANGUAGES:
        raise Refused(f"--language is one of {', '.join(LANGUAGES)}.")
    if not _is_address(url):
        raise Refused("--url is an address like http://127.0.0.1:8080 or https://crm.example.org.")
    password = os.environ.get("PEREZVON_PASSWORD") or typer.prompt("Password", hide_input=True)
    try:
        asyncio.run(_listen(url, login, password, Reader(language), as_json=json))
    except* ListenRefused as refused:
        first = refused.exceptions[0]
        code = first.code if isinstance(first, ListenRefused) else "login_failed"
        raise Refused(sentence(Reader(language), code, {"wait": "…"})) from None


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for one that is none
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


async def _listen(url: str, login: str, password: str, reader: Reader, *, as_json: bool) -> None:
    clock = SystemClock()

    def tell_link(up: bool) -> None:
        errors.print(f"{url}: {'listening' if up else 'no connection; trying again'}", markup=False)

    listener = Listener(url, login, password, clock, random.random, tell_link)

    async def show() -> None:
        async for op in listener.ops():
            for line in (
                [json_text.dumps(op, ensure_ascii=False)] if as_json else lines(op, reader, clock)
            ):
                console.print(printable(line), markup=False)

    await until_stopped(show())


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
