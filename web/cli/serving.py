"""Commands that serve: the product itself, and the simulated exchange alone."""

import asyncio
import errno
import secrets
from collections.abc import Callable
from typing import Annotated

import typer
from rich.console import Console

from crm_core.clock import SystemClock
from telephony.simulator import (
    COLLEAGUES,
    MENU_NUMBER,
    SALES_NUMBER,
    SUPPORT_NUMBER,
    Credentials,
    Pace,
    PhonePlan,
    Plan,
    SimulatedExchange,
    Town,
    office,
)
from web.cli.keeping import Config
from web.cli.refusing import Refused, settings_of
from web.cli.stopping import stop_signal, until_stopped
from web.lifecycle import Started, serve
from web.logs import set_up_logs
from web.settings import Settings
from web.wiring import build

console = Console(highlight=False, soft_wrap=True)
_EXTENSIONS = ("101", "102", "103", "104", "105", "106")


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
    asyncio.run(_run(settings))


async def _run(settings: Settings) -> None:
    built = build(settings, SystemClock())
    try:
        await serve(built, stop_signal(), _tell(settings))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise Refused(
            f"Port {settings.http.port} is taken: stop what uses it, or set [http] port "
            "(PEREZVON_HTTP_PORT) to another."
        ) from error


def _tell(settings: Settings) -> Callable[[Started], None]:
    def tell(started: Started) -> None:
        console.print(f"Perezvon serves {settings.http.public_url or started.url}")

    return tell


def simulate_exchange(
    host: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="port to listen on", min=0, max=65535)] = 5038,
    username: Annotated[str, typer.Option(help="who may log in")] = "perezvon",
    secret: Annotated[str, typer.Option(help="the secret; without one, one is made up")] = "",
    calls: Annotated[float, typer.Option(help="calls from outside a minute", min=0)] = 4.0,
    seed: Annotated[int, typer.Option(help="the same seed tells the same calls")] = 0,
) -> None:
    """Play a busy exchange over AMI, alone, until interrupted (Ctrl-C)."""
    asyncio.run(_simulate(host, port, Credentials(username, secret or _new_secret()), calls, seed))


async def _simulate(
    host: str, port: int, credentials: Credentials, calls: float, seed: int
) -> None:
    clock = SystemClock()
    exchange = SimulatedExchange(
        _plan(),
        credentials=credentials,
        now=clock.now,
        sleep=clock.sleep,
        host=host,
        port=port,
        seed=seed,
        town=_town(),
        pace=Pace(incoming_per_minute=calls),
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


def _plan() -> Plan:
    """Six colleagues who answer by themselves, seated in both queues."""
    phones = tuple(
        PhonePlan(number, f"Operator {number}", COLLEAGUES[place % len(COLLEAGUES)], True)
        for place, number in enumerate(_EXTENSIONS)
    )
    return office(phones, static_members=tuple(phone.interface for phone in phones))


def _town() -> Town:
    dialled = ((SALES_NUMBER, 3.0), (SUPPORT_NUMBER, 2.0), (MENU_NUMBER, 1.0))
    return Town((), dialled, _EXTENSIONS)


def _new_secret() -> str:
    return secrets.token_urlsafe(16)
