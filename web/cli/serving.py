"""Commands that serve: the product itself, and the simulated exchange alone."""

import asyncio
import secrets
from collections.abc import Iterable
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from crm_core.clock import SystemClock
from telephony.simulator import Credentials, Pace
from web.cli.keeping import Config
from web.cli.refusing import Refused, settings_of
from web.cli.stopping import stop_signal, until_stopped
from web.demo import DemoLogin, make_exchange
from web.demo.serving import DemoStarted, serve_simulated
from web.lifecycle import PortRefused, Started, serve
from web.logs import set_up_logs
from web.promptness import be_prompt
from web.settings import Settings
from web.wiring import build

console = Console(highlight=False, soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command()(run)
    app.command("simulate-exchange")(simulate_exchange)


def run(
    simulated: Annotated[
        bool, typer.Option("--simulated", help="beside a simulated exchange with made-up calls")
    ] = False,
    config: Config = None,
) -> None:
    """Serve the product until interrupted (Ctrl-C)."""
    settings = settings_of(config, simulated=simulated)
    set_up_logs()
    work = _run_simulated if simulated else _run
    try:
        asyncio.run(work(settings))
    except PortRefused as refused:
        if not refused.is_taken:
            raise Refused(f"[http] host and port cannot be used: {refused}.") from refused
        raise Refused(
            f"Port {settings.http.port} is taken: stop what uses it, or set [http] port "
            "(PEREZVON_HTTP_PORT) to another."
        ) from refused


async def _run(settings: Settings) -> None:
    def tell(started: Started) -> None:
        be_prompt()
        console.print(f"Perezvon serves {settings.http.public_url or started.url}")
        if started.is_deserted:
            console.print("Nobody can log in yet. Let the first one in: perezvon create-agent")
        console.print("Ctrl-C stops it.", style="dim")

    await serve(build(settings, SystemClock()), stop_signal(), tell)


async def _run_simulated(settings: Settings) -> None:
    steps = {"office": "[1/3] the made-up office", "exchange": "[2/3] the simulated exchange"}

    def tell(started: DemoStarted) -> None:
        be_prompt()
        console.print("[3/3] ready", markup=False)
        console.print()
        console.print(f"Perezvon serves {settings.http.public_url or started.url}")
        console.print("The exchange is simulated: calls and people are made up. Log in as:")
        console.print(_logins(started.logins) if started.logins else "(people of your own)")
        console.print("Ctrl-C stops it.", style="dim")

    await serve_simulated(
        settings,
        SystemClock(),
        stop_signal(),
        tell,
        lambda step: console.print(steps.get(step, step), markup=False),
    )


def _logins(logins: Iterable[DemoLogin]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("login", "password", "name", "role"):
        table.add_column(title)
    for one in logins:
        table.add_row(one.login, one.password, one.name, one.role.replace("_", " "))
    return table


def simulate_exchange(
    host: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="port to listen on", min=0, max=65535)] = 5038,
    username: Annotated[str, typer.Option(help="who may log in")] = "perezvon",
    secret: Annotated[str, typer.Option(help="the secret; without one, one is made up")] = "",
    calls: Annotated[float, typer.Option(help="calls from outside a minute", min=0)] = 4.0,
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
    await exchange.start()
    try:
        console.print(
            f"The simulated exchange listens on {host}:{exchange.port}; "
            f'username = "{credentials.username}", secret = "{credentials.secret}"',
            markup=False,
        )
        await until_stopped(exchange.run())
    finally:
        await exchange.close()


def _new_secret() -> str:
    return secrets.token_urlsafe(16)
