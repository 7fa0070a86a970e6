"""Commands on what is kept: the schema, people, copies."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import typer

from crm_core.agents.accounts import Accounts
from crm_core.agents.credentials import Passwords
from crm_core.agents.people import list_agents
from crm_core.agents.roles import Role
from crm_core.clock import SystemClock
from crm_core.storage.backup import backup as copy_database
from crm_core.storage.engine import Storage
from crm_core.storage.migrate import check_schema, current_revision
from crm_core.storage.migrate import migrate as apply_migrations
from web.cli.asking import asked, asked_secretly
from web.cli.help_pages import Command
from web.cli.refusing import Refused, settings_of
from web.cli.speaking import remark, shell_reader, tell, tell_size
from web.folders import make_room
from web.i18n import LANGUAGES, N_, time_zones
from web.settings import Settings, settings_table

Config = Annotated[
    Path | None,
    typer.Option(
        "--config", metavar=N_("FILE"), help=N_("the settings file, instead of perezvon.toml")
    ),
]


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command(cls=Command, help=N_("Bring the database to the state this version needs."))(
        migrate
    )
    app.command(
        "create-agent",
        cls=Command,
        help=N_(
            "Let somebody in: a login, a name, a role.\n\n"
            "Asks for the password and for what is not given. "
            "The first person of all is made administrator, unless a role is given."
        ),
    )(create_agent)
    app.command(
        cls=Command,
        help=N_(
            "Write a copy of the database while everything runs.\n\n"
            "The copy is whole or is not there at all, and only its owner may read it."
        ),
    )(backup)
    app.command("settings", cls=Command, help=N_("Print the table of all settings, in Markdown."))(
        show_settings
    )


def migrate(config: Config = None) -> None:
    """Bring the database to the schema of this version; says what was applied."""

    async def work() -> list[str]:
        async with opened(settings_of(config)) as storage:
            return await apply_migrations(storage)

    applied = asyncio.run(work())
    for revision in applied:
        tell(N_("applied: %(revision)s"), revision=revision)
    tell(N_("The database is up to date."))


def create_agent(
    login: Annotated[
        str, typer.Argument(metavar=N_("LOGIN"), help=N_("what the person types to log in"))
    ] = "",
    name: Annotated[str, typer.Option(metavar=N_("TEXT"), help=N_("the person's name"))] = "",
    role: Annotated[
        str,
        typer.Option(
            metavar=N_("ROLE"), help=N_("operator, supervisor, head_of_sales or administrator")
        ),
    ] = "",
    language: Annotated[
        str, typer.Option(metavar=N_("LANGUAGE"), help=N_("in which pages are shown: en or ru"))
    ] = "",
    time_zone: Annotated[
        str, typer.Option(metavar=N_("ZONE"), help=N_("the person's clock, e.g. Europe/Moscow"))
    ] = "",
    password_stdin: Annotated[
        bool,
        typer.Option(
            "--password-stdin", help=N_("ask nothing, read the password from standard input")
        ),
    ] = False,
    config: Config = None,
) -> None:
    """Let somebody in; asks for what is not given. The first is administrator."""
    settings = settings_of(config)
    if role:
        _known_role(role)
    if language and language not in LANGUAGES:
        raise Refused(
            N_("There is no language %(written)s; there are %(known)s."),
            written=repr(language),
            known=", ".join(LANGUAGES),
        )
    if time_zone and time_zone not in time_zones():
        raise Refused(
            N_("There is no time zone %(written)s; one looks like Europe/Moscow."),
            written=repr(time_zone),
        )
    usual = Role.ADMINISTRATOR if asyncio.run(_is_deserted(settings)) else Role.OPERATOR
    if not password_stdin:
        login = login or asked(N_("Login"))
        name = name or asked(N_("Name"))
        role = role or asked(N_("Role (%(known)s)"), usual.value, known=", ".join(Role))
        language = language or asked(
            N_("Language (%(known)s)"), settings.office.language, known=", ".join(LANGUAGES)
        )
    given = _known_role(role or usual.value)
    password = _password(from_stdin=password_stdin)

    async def work() -> tuple[str, bool]:
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
                async with storage.read() as connection:
                    administrators = await list_agents(connection, role=Role.ADMINISTRATOR)
                return agent.login, bool(administrators)
            finally:
                passwords.close()

    created, administered = asyncio.run(work())
    tell(N_("%(login)s may log in now."), login=created)
    if not administered:
        remark(
            N_(
                "There is no administrator yet, and nobody else can add phones and queues: "
                "perezvon create-agent --role administrator"
            )
        )


def _known_role(written: str) -> Role:
    if written not in tuple(Role):
        raise Refused(
            N_("There is no role %(written)s; the roles are %(known)s."),
            written=repr(written),
            known=", ".join(Role),
        )
    return Role(written)


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    while True:
        typed = asked_secretly(N_("Password"))
        if asked_secretly(N_("Once more")) == typed:
            return typed
        remark(N_("The two were not the same. Both once again, please."))


async def _is_deserted(settings: Settings) -> bool:
    """Whether nobody works here yet; an empty database is given its tables."""
    async with opened(settings) as storage:
        if await current_revision(storage) is None:
            await apply_migrations(storage)
        await check_schema(storage)
        async with storage.read() as connection:
            return not await list_agents(connection)


def backup(
    file: Annotated[
        Path,
        typer.Argument(metavar=N_("FILE"), help=N_("where the copy goes; nothing is overwritten")),
    ],
    config: Config = None,
) -> None:
    """Write a consistent copy of the database while everything runs."""

    async def work() -> None:
        async with opened(settings_of(config)) as storage:
            await copy_database(storage, file)

    asyncio.run(work())
    tell_size(file, file.stat().st_size)


def show_settings() -> None:
    """Print the table of all settings (Markdown)."""
    typer.echo(settings_table(shell_reader()))


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Storage]:
    """The database of the settings, closed afterwards."""
    make_room(settings.database.url)
    storage = Storage.open(settings.database.url)
    try:
        yield storage
    finally:
        await storage.close()
