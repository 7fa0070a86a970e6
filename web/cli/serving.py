"""Commands that serve: the product itself, and the simulated exchange alone."""

import asyncio
import os
import secrets
from collections.abc import Iterable
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from crm_core.clock import SystemClock
from crm_core.storage.sole import AnotherServes
from telephony.simulator import Credentials, Pace
from web.cli.explaining import system_reason
from web.cli.help_pages import Command
from web.cli.keeping import Config
from web.cli.refusing import Refused, settings_of
from web.cli.speaking import shell_reader, tell
from web.cli.stopping import stop_signal, until_stopped
from web.demo import DemoLogin, make_exchange
from web.demo.serving import DemoStarted, serve_simulated
from web.i18n import N_, Reader, language_of_shell
from web.lifecycle import PortRefused, Started, serve
from web.logs import set_up_logs
from web.promptness import be_prompt, new_loop
from web.settings import Settings
from web.settings_reading import environment
from web.supervisor import Supervisor
from web.wiring import build
from web.words import word

console = Console(highlight=False, soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command(
        cls=Command,
        help=N_(
            "Serve the product until Ctrl-C.\n\n"
            "Beside the exchange of the settings, or with --simulated beside one that is made up."
        ),
    )(run)
    app.command(
        "simulate-exchange",
        cls=Command,
        help=N_(
            "Play a busy exchange, alone, until Ctrl-C.\n\n"
            "Speaks AMI as an Asterisk does: something to try a program against."
        ),
    )(simulate_exchange)


def run(
    simulated: Annotated[
        bool,
        typer.Option("--simulated", help=N_("with an exchange, calls and people that are made up")),
    ] = False,
    config: Config = None,
) -> None:
    """Serve the product until interrupted (Ctrl-C)."""
    settings = settings_of(config, simulated=simulated)
    set_up_logs()
    work = _run_simulated if simulated else _run
    try:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(work(settings))
    except PortRefused as refused:
        raise _port_refused(settings, refused) from refused
    except AnotherServes as other:
        if not simulated:
            raise
        raise Refused(
            N_(
                "A simulated office runs out of this folder already: open it in the browser, or "
                "give this one a database of its own (PEREZVON_DATABASE_URL=sqlite:///data/second.db)."
            )
        ) from other
    except asyncio.CancelledError:  # a second Ctrl-C
        raise KeyboardInterrupt from None


def _port_refused(settings: Settings, refused: PortRefused) -> Refused:
    http = settings.http
    if refused.is_taken:
        return Refused(
            N_(
                "Port %(port)s is taken: stop what uses it, or set [http] port "
                "(PEREZVON_HTTP_PORT) to another."
            ),
            port=http.port,
        )
    if refused.is_reserved:
        return Refused(
            N_(
                "Port %(port)s is only for the system's own programs: set [http] port "
                "(PEREZVON_HTTP_PORT) to 1024 or more."
            ),
            port=http.port,
        )
    return Refused(
        N_(
            "This machine has no address %(host)s to listen on: set [http] host "
            "(PEREZVON_HTTP_HOST) to one of its own, or to 0.0.0.0 for all of them."
        ),
        host=http.host,
    )


async def _run(settings: Settings) -> None:
    def announce(started: Started) -> None:
        be_prompt()
        _tell_address(settings, started.url)
        if started.is_deserted:
            tell(N_("Nobody can log in yet. Let the first one in: perezvon create-agent"))
        tell(N_("Ctrl-C stops it."), style="dim")

    supervisor = Supervisor.of(environment())
    await serve(build(settings, SystemClock()), stop_signal(), announce, supervisor)


def _tell_address(settings: Settings, url: str) -> None:
    tell(N_("Perezvon serves %(url)s"), url=settings.http.public_url or url)


STEPS = {
    "office": N_("[1/3] the made-up office"),
    "exchange": N_("[2/3] the simulated exchange"),
}


async def _run_simulated(settings: Settings) -> None:
    def announce(started: DemoStarted) -> None:
        be_prompt()
        tell(N_("[3/3] ready"))
        console.print()
        _tell_address(settings, started.url)
        if started.logins:
            tell(N_("The exchange is simulated: calls and people are made up. Log in as:"))
            console.print(_logins(started.logins, shell_reader()))
        else:
            tell(N_("The exchange is simulated: calls are made up, the people are your own."))
        tell(N_("Ctrl-C stops it."), style="dim")

    await serve_simulated(
        settings,
        SystemClock(),
        stop_signal(),
        announce,
        lambda step: tell(STEPS[step]),
        language_of_shell(os.environ),
    )


def _logins(logins: Iterable[DemoLogin], reader: Reader) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in (N_("login"), N_("password"), N_("name"), N_("role")):
        table.add_column(reader.gettext(title))
    for one in logins:
        table.add_row(one.login, one.password, one.name, word(reader, one.role, "role"))
    return table


def simulate_exchange(
    host: Annotated[
        str, typer.Option(metavar=N_("ADDRESS"), help=N_("address to listen on"))
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            metavar=N_("NUMBER"),
            help=N_("port to listen on; 0 takes a free one"),
            min=0,
            max=65535,
        ),
    ] = 5038,
    username: Annotated[
        str, typer.Option(metavar=N_("TEXT"), help=N_("who may log in"))
    ] = "perezvon",
    secret: Annotated[
        str, typer.Option(metavar=N_("TEXT"), help=N_("the secret; without one, one is made up"))
    ] = "",
    calls: Annotated[
        float,
        typer.Option(metavar=N_("NUMBER"), help=N_("calls from outside in a minute"), min=0),
    ] = 4.0,
) -> None:
    """Play a busy exchange over AMI, alone, until interrupted (Ctrl-C)."""
    asyncio.run(_simulate(host, port, Credentials(username, secret or _new_secret()), calls))


async def _simulate(host: str, port: int, credentials: Credentials, calls: float) -> None:
    clock = SystemClock()
    exchange = make_exchange(
        credentials,
        clock.now,
        clock.sleep,
        host=host,
        port=port,
        pace=Pace(incoming_per_minute=calls),
        static_members=True,
    )
    try:
        await exchange.start()
    except OSError as error:
        raise Refused(
            N_("%(host)s:%(port)s cannot be listened on: %(reason)s."),
            host=host,
            port=port,
            reason=system_reason(error, shell_reader()),
        ) from error
    try:
        tell(
            N_(
                "The simulated exchange listens on %(host)s:%(port)s; "
                'username = "%(username)s", secret = "%(secret)s"'
            ),
            host=host,
            port=exchange.port,
            username=credentials.username,
            secret=credentials.secret,
        )
        await until_stopped(exchange.run())
    finally:
        await exchange.close()


def _new_secret() -> str:
    return secrets.token_urlsafe(16)
