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
from crm_core.agents.people import list_agents
from crm_core.agents.roles import Role
from crm_core.clock import SystemClock
from crm_core.storage.backup import backup as copy_database
from crm_core.storage.engine import Storage
from crm_core.storage.migrate import check_schema, current_revision
from crm_core.storage.migrate import migrate as apply_migrations
from web.cli.refusing import Refused, settings_of
from web.folders import make_room
from web.i18n import LANGUAGES, time_zones
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
    login: Annotated[str, typer.Argument(help="what the person types to log in")] = "",
    name: Annotated[str, typer.Option(help="the person's name")] = "",
    role: Annotated[str, typer.Option(help=", ".join(Role))] = "",
    language: Annotated[str, typer.Option(help=", ".join(LANGUAGES))] = "",
    time_zone: Annotated[str, typer.Option(help="e.g. Europe/Moscow")] = "",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="ask nothing, read the password from stdin")
    ] = False,
    config: Config = None,
) -> None:
    """Let somebody in: asks for the password and what is not given. The first is administrator."""
    settings = settings_of(config)
    if role:
        _known_role(role)
    if language and language not in LANGUAGES:
        raise Refused(f"There is no language {language!r}; there are {', '.join(LANGUAGES)}.")
    if time_zone and time_zone not in time_zones():
        raise Refused(f"There is no time zone {time_zone!r}; one looks like Europe/Moscow.")
    usual = Role.ADMINISTRATOR if asyncio.run(_is_deserted(settings)) else Role.OPERATOR
    if not password_stdin:
        login = login or typer.prompt("Login")
        name = name or typer.prompt("Name")
        role = role or typer.prompt(f"Role ({', '.join(Role)})", default=usual.value)
        language = language or typer.prompt(
            f"Language ({', '.join(LANGUAGES)})", default=settings.office.language
        )
    given = _known_role(role or usual.value)
    password = _password(from_stdin=password_stdin)

    async def work() -> str:
        async with opened(settings) as storage:
            passwords = Passwords()
            try:
                accounts = Accounts(storage, SystemClock(), passwords)
                agent = await accounts.create(
                    None,
                    login,
                    name,
                    given,
                    password,
                    language=language or settings.office.language,
                    time_zone=time_zone or settings.office.time_zone,
                )
                return agent.login
            finally:
                passwords.close()

    console.print(f"{asyncio.run(work())} may log in now", markup=False)


def _known_role(written: str) -> Role:
    if written not in tuple(Role):
        raise Refused(f"There is no role {written!r}; the roles are {', '.join(Role)}.")
    return Role(written)


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return typed


async def _is_deserted(settings: Settings) -> bool:
    """Whether nobody works here yet; an empty database is given its tables."""
    async with opened(settings) as storage:
        if await current_revision(storage) is None:
            await apply_migrations(storage)
        await check_schema(storage)
        async with storage.read() as connection:
            return not await list_agents(connection)


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
