"""`perezvon check`: is everything right, line by line, and what is to be done."""

import asyncio
import json as json_text
import logging
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from crm_core.clock import SystemClock
from crm_core.storage.engine import Storage
from telephony.inspection.finding import Finding, Level
from web.check import Check
from web.check_lines import Line, LineWriter
from web.cli.help_pages import Command
from web.cli.keeping import Config
from web.cli.refusing import settings_of
from web.cli.speaking import can_print, remark, shell_reader
from web.demo.serving import is_simulated_running
from web.i18n import N_, Reader
from web.settings import Settings

SOMETHING_IS_BAD = 1
_console = Console(highlight=False, soft_wrap=True)
_STYLES = {Level.OK: "green", Level.WARN: "yellow", Level.BAD: "red"}
_SIGNS = {Level.OK: "✓", Level.WARN: "!", Level.BAD: "✗"}
_PLAIN_SIGNS = {Level.OK: "+", Level.WARN: "!", Level.BAD: "x"}


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command(
        cls=Command,
        help=N_(
            "Say what is right, what is missing, and what to do about it.\n\n"
            "Logs in to the exchange once and changes nothing. "
            "The exit code is 0 when nothing is bad, else 1."
        ),
    )(check)


def check(
    json: Annotated[bool, typer.Option("--json", help=N_("one JSON object a line"))] = False,
    config: Config = None,
) -> None:
    """Look at exchange, database and machine; exit code 1 when something is bad."""
    settings = settings_of(config)
    asyncio.run(_tell_of_simulated(settings))
    with _silent_link():
        levels = asyncio.run(_check(settings, shell_reader(), as_json=json))
    if levels[Level.BAD]:
        raise typer.Exit(SOMETHING_IS_BAD)


async def _tell_of_simulated(settings: Settings) -> None:
    """Where nothing is set up yet but the made-up office runs, that one is not what is checked."""
    if settings.exchange.secret or not await is_simulated_running(SystemClock()):
        return
    remark(
        N_(
            "The simulated office is running; its own check is in it, under "
            "Administration. What follows is about your own Asterisk, which is not set up yet."
        )
    )


@contextmanager
def _silent_link() -> Iterator[None]:
    """What the link logs of itself is said by the lines, in words."""
    logger = logging.getLogger("telephony")
    usual = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(usual)


async def _check(settings: Settings, reader: Reader, *, as_json: bool) -> Counter[Level]:
    levels: Counter[Level] = Counter()
    writer = LineWriter(reader, settings.exchange)
    printer = _Printer(reader)

    async def tell(finding: Finding) -> None:
        levels[finding.level] += 1
        line = writer.line(finding)
        if as_json:
            _write(line)
        else:
            printer.print(line)

    storage = Storage.open(settings.database.url)
    try:
        await Check(settings, storage, SystemClock()).run(tell)
    finally:
        await storage.close()
    if not as_json:
        printer.sum_up(levels)
    return levels


class _Printer:
    """Lines under their headings."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._part = ""
        self._signs = _SIGNS if can_print("".join(_SIGNS.values())) else _PLAIN_SIGNS

    def print(self, line: Line) -> None:
        if line.part != self._part:
            if self._part:
                _show("")
            _show(line.part, style="bold")
            self._part = line.part
        said = Text(_wrapped(line.said, f"  {self._signs[line.level]} ", " " * 4))
        said.stylize(_STYLES[line.level], 2, 3)
        _console.print(said)
        if line.fix:
            _show(_wrapped(line.fix, " " * 6, " " * 6))
        for written in line.write.splitlines():
            _show(" " * 10 + written, style="dim")

    def sum_up(self, levels: Counter[Level]) -> None:
        _show("")
        if levels[Level.BAD]:
            text = self._reader.ngettext(
                "%(num)d thing must be mended.",
                "%(num)d things must be mended.",
                levels[Level.BAD],
            )
            _show(text, style="bold red")
        elif levels[Level.WARN]:
            text = self._reader.ngettext(
                "Everything works; %(num)d thing deserves a look.",
                "Everything works; %(num)d things deserve a look.",
                levels[Level.WARN],
            )
            _show(text, style="bold yellow")
        else:
            _show(self._reader.gettext(N_("Everything is right.")), style="bold green")


def _wrapped(text: str, first: str, further: str) -> str:
    """A sentence as wide as the terminal, its further lines under its first word."""
    return textwrap.fill(
        text,
        _console.width,
        initial_indent=first,
        subsequent_indent=further,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _show(text: str, *, style: str = "") -> None:
    _console.print(text, style=style, markup=False)


def _write(line: Line) -> None:
    """One line of JSON, in UTF-8 whatever the terminal has."""
    told = {
        "code": line.code,
        "level": line.level,
        "values": line.values,
        "text": line.said,
        "fix": line.fix,
        "write": line.write,
    }
    sys.stdout.buffer.write(json_text.dumps(told, ensure_ascii=False).encode() + b"\n")
    sys.stdout.buffer.flush()
