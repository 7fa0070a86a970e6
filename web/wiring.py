"""The one place where everything is built, and the one table of who hears what."""

from dataclasses import dataclass

from aiohttp import web

from crm_core.agents.accounts import Accounts
from crm_core.agents.credentials import Passwords
from crm_core.agents.sessions import Sessions
from crm_core.bus import Bus
from crm_core.clock import Clock
from crm_core.storage.engine import Storage
from telephony.events import ExchangeConnected, ExchangeLost
from web.assets import Assets
from web.doorkeeper import Doorkeeper
from web.exchange import ExchangeStatus
from web.health import Health, of_database, of_exchange
from web.rendering import Rendering
from web.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """Every object of the running product, each made once."""

    settings: Settings
    clock: Clock
    storage: Storage
    bus: Bus
    accounts: Accounts
    sessions: Sessions
    doorkeeper: Doorkeeper
    assets: Assets
    rendering: Rendering
    exchange: ExchangeStatus
    health: Health


SERVICES: web.AppKey[Services] = web.AppKey("services", Services)


def build(settings: Settings, clock: Clock) -> Services:
    """Make every object; nothing is connected and nothing runs yet."""
    storage = Storage.open(settings.database.url)
    bus = Bus()
    storage.on_commit = bus.publish_all
    assets = Assets()
    services = Services(
        settings=settings,
        clock=clock,
        storage=storage,
        bus=bus,
        accounts=Accounts(storage, clock, Passwords()),
        sessions=Sessions(storage, clock),
        doorkeeper=Doorkeeper(),
        assets=assets,
        rendering=Rendering(clock.now, assets, settings.exchange.country),
        exchange=ExchangeStatus(simulated=settings.simulated),
        health=Health(),
    )
    _subscribe(services)
    _watch(services)
    return services


def _subscribe(built: Services) -> None:
    """Who hears what. A subscriber handles its facts one by one, in the order of their commits."""
    built.bus.subscribe(
        "exchange status",
        {
            ExchangeConnected: built.exchange.on_exchange_connected,
            ExchangeLost: built.exchange.on_exchange_lost,
        },
    )


def _watch(built: Services) -> None:
    """Which parts /healthz speaks of."""
    built.health.watch("database", lambda: of_database(built.storage))
    built.health.watch("exchange", lambda: of_exchange(built.exchange))
