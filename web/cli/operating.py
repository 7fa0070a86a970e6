"""Commands for whoever looks after the machine: put a copy back, write the unit for systemd."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

import dialer.tables  # noqa: F401 - a copy that holds them is no stranger's
from crm_core.clock import SystemClock
from crm_core.storage.engine import Storage
from crm_core.storage.restore import Restored
from crm_core.storage.restore import restore as put_back
from crm_core.storage.sole import SoleService
from web.cli.help_pages import Command
from web.cli.keeping import Config
from web.cli.refusing import settings_of
from web.cli.speaking import remark, tell
from web.folders import make_room
from web.i18n import N_
from web.settings import Settings
from web.systemd_unit import make_unit, program


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command(
        cls=Command,
        help=N_(
            "Put a copy that backup wrote in the place of the database.\n\n"
            "Refused while the service runs, and where there is work in the database already "
            "unless --replace is given: then what is there is kept beside it."
        ),
    )(restore)
    app.command(
        "systemd-unit",
        cls=Command,
        help=N_(
            "Print a unit with which systemd runs Perezvon.\n\n"
            "Where it goes stands in the documents, on the page about operations."
        ),
    )(systemd_unit)


def restore(
    file: Annotated[
        Path, typer.Argument(metavar=N_("FILE"), help=N_("the copy, written by perezvon backup"))
    ],
    replace: Annotated[
        bool, typer.Option("--replace", help=N_("put the present database aside"))
    ] = False,
    config: Config = None,
) -> None:
    """Make the database what it was in a copy."""
    done = asyncio.run(_restore(settings_of(config), file, replace=replace))
    tell(N_("The database is now as it was in %(path)s."), path=file)
    if done.kept is not None:
        tell(N_("What was there before is kept in %(path)s."), path=done.kept)
    if done.missing:
        remark(
            N_(
                "The copy is of an older version: it is brought up to date at the next start, "
                "or now by perezvon migrate."
            )
        )


async def _restore(settings: Settings, file: Path, *, replace: bool) -> Restored:
    clock = SystemClock()
    make_room(settings.database.url)
    storage = Storage.open(settings.database.url)
    place = SoleService.at(storage.url, clock)
    try:
        await place.take(patience_seconds=0)
        return await put_back(storage, file, clock.now(), replace=replace)
    finally:
        await storage.close()
        await place.release()


def systemd_unit(
    user: Annotated[
        str, typer.Option(metavar=N_("TEXT"), help=N_("the account that Perezvon runs under"))
    ] = "perezvon",
    config: Annotated[
        Path, typer.Option("--config", metavar=N_("FILE"), help=N_("the settings file it reads"))
    ] = Path("/etc/perezvon/perezvon.toml"),
) -> None:
    """Print a unit for systemd."""
    typer.echo(make_unit(program(), user=user, config=config), nl=False)
