"""Commands on what is kept: the schema, people, copies."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from crm_core.agents.accounts import Accounts
from crm_core.agents.credentials import Passwords
from crm_core.agents.roles import Role
from crm_core.clock import SystemClock
from crm_core.storage.backup import backup as copy_database
from crm_core.storage.engine import Storage
from crm_core.storage.migrate import check_schema
from crm_core.storage.migrate import migrate as apply_migrations
from web.cli.refusing import Refused, settings_of
from web.folders import make_room
from web.i18n import LANGUAGES
from web.settings import Settings, settings_table

Config = Annotated[Path | None, typer.Option("--config", help="settings file (perezvon.toml)")]
console = Console(highlight=False)


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command()(migrate)
    app.command("create-agent")(create_agent)
    app.command()(backup)
    app.command("settings")(show_settings)


def migrate(config: Config = None) -> None:
    """Bring the database to the schema of this version."""

    async def work() -> list[str]:
        async with opened(settings_of(config)) as storage:
            return await apply_migrations(storage)

    applied = asyncio.run(work())
    for revision in applied:
        console.print(f"applied {revision}", markup=False)
    console.print("the database is up to date")


def create_agent(
    login: Annotated[str, typer.Argument(help="what the person types to log in")],
    name: Annotated[str, typer.Option(help="the person's name")] = "",
    role: Annotated[str, typer.Option(help=", ".join(Role))] = "",
    language: Annotated[str, typer.Option(help=", ".join(LANGUAGES))] = "",
    time_zone: Annotated[str, typer.Option(help="e.g. Europe/Moscow")] = "",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="ask nothing, read the password from stdin")
    ] = False,
    config: Config = None,
) -> None:
    """Let somebody in: asks for the password, and for what is not given."""
    if not password_stdin:
        name = name or typer.prompt("Name")
        role = role or typer.prompt(f"Role ({', '.join(Role)})", default=Role.OPERATOR.value)
    role = role or Role.OPERATOR.value
    if role not in tuple(Role):
        raise Refused(f"There is no role {role!r}; the roles are {', '.join(Role)}.")
    settings = settings_of(config)
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        known = ", ".join(LANGUAGES)
        language = language or typer.prompt(f"Language ({known})", default=settings.office.language)
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)

    async def work() -> str:
        async with opened(settings) as storage:
            await check_schema(storage)
            accounts = Accounts(storage, SystemClock(), Passwords())
            agent = await accounts.create(
                None,
                login,
                name,
                Role(role),
                password,
                language=language or settings.office.language,
                time_zone=time_zone or settings.office.time_zone,
            )
            return agent.login

    console.print(f"{asyncio.run(work())} may log in now", markup=False)


def backup(
    file: Annotated[Path, typer.Argument(help="where the copy goes; nothing is overwritten")],
    config: Config = None,
) -> None:
    """Write a consistent copy of the database while everything runs."""

    async def work() -> None:
        async with opened(settings_of(config)) as storage:
            await copy_database(storage, file)

    asyncio.run(work())
    console.print(f"{file}: {file.stat().st_size:,} bytes", markup=False)


def show_settings() -> None:
    """Print the table of all settings (Markdown)."""
    typer.echo(settings_table())


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Storage]:
    """The database of the settings, closed afterwards."""
    make_room(settings.database.url)
    storage = Storage.open(settings.database.url)
    try:
        yield storage
    finally:
        await storage.close()
