"""The one place where everything is built, and the one table of who hears what."""

import uuid
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from crm_core.agents.accounts import Accounts
from crm_core.agents.credentials import Passwords
from crm_core.agents.desks import Desks
from crm_core.agents.endpoint_roles import EndpointCorrected, EndpointRoles
from crm_core.agents.role_rights import RoleRights
from crm_core.agents.roster import Roster
from crm_core.agents.sessions import Sessions
from crm_core.bus import Bus
from crm_core.calls.journal import Journal
from crm_core.calls.linking import CallLinks, link_numbers
from crm_core.calls.outside import number_reader
from crm_core.calls.story import Knowledge
from crm_core.catalogues import Catalogues
from crm_core.catchup.catching_up import CatchUp
from crm_core.catchup.logs import Logs
from crm_core.catchup.reconciliation import Reconciler
from crm_core.clients.editable import client_editables
from crm_core.clients.erasing import Erasure
from crm_core.clients.files import Files
from crm_core.clients.personal_data import PersonalData
from crm_core.clients.records import Clients
from crm_core.clients.uniting import Merging
from crm_core.clock import Clock
from crm_core.custom_fields.reindexing import FieldSearch
from crm_core.custom_fields.shaping import Shaping
from crm_core.day.records import Day
from crm_core.deals.arrangement import SalesArrangement
from crm_core.deals.editable import DEAL
from crm_core.deals.records import Deals
from crm_core.deals.selling import Selling
from crm_core.deletion.records import Deletion
from crm_core.editing.edits import Edits
from crm_core.events import ClientChanged, ClientChosen, ClientCreated
from crm_core.handing_over.records import Handovers
from crm_core.intake import Intake
from crm_core.leads.conversion import Conversion
from crm_core.leads.editable import LEAD
from crm_core.leads.records import Leads
from crm_core.lists.saved_views import SavedViews
from crm_core.preferences import Preferences
from crm_core.search.openings import Openings
from crm_core.search.renewing import TextRenewal
from crm_core.storage.engine import Storage
from crm_core.storage.sole import SoleService
from crm_core.tags.keeping import TagKeeping
from crm_core.tags.tagging import Tagging
from crm_core.tasks.callbacks import Callbacks
from crm_core.tasks.comments import Comments
from crm_core.tasks.escalation import Escalation
from crm_core.tasks.records import Tasks
from crm_core.tasks.reminders import Reminders
from crm_core.wrap_up.expiry import WrapUpExpiry
from crm_core.wrap_up.hearing import WrapUpHearing
from crm_core.wrap_up.records import WrapUps
from dialer.campaigns.own_numbers import OwnNumbers
from dialer.campaigns.records import Campaigns
from dialer.consents.importing import ConsentImport
from dialer.consents.of_client import ConsentsOfClient
from dialer.consents.records import Consents
from dialer.consents.withdrawal import Withdrawals
from dialer.consents.wordings import Wordings
from dialer.do_not_call.generations import Generations
from dialer.do_not_call.importing import NumberImports
from dialer.do_not_call.lists import DoNotCallLists
from dialer.do_not_call.of_client import DoNotCallOfClient
from dialer.do_not_call.opt_outs import OptOuts
from dialer.do_not_call.records import DoNotCall
from dialer.entries.fillings import Fillings
from dialer.entries.keeping import ListKeeping
from dialer.entries.leasing import Leases
from dialer.entries.loading import Loading
from dialer.entries.of_client import CampaignsOfClient
from dialer.profiles.records import LawProfiles
from telephony.ami import AmiClient
from telephony.events import CallEnded, ExchangeConnected, ExchangeLost, Fact
from telephony.feed import Feed
from telephony.flight.recorder import FlightRecorder
from telephony.phones import Phones
from telephony.queues import QueueBoard
from telephony.switchboard import Switchboard
from telephony.tracker import CallTracker
from telephony.wire import WANTED, WANTED_VARIABLES
from web.assets import Assets
from web.boards_live import BoardsLive
from web.call_control import CallControl
from web.campaign_loads import CampaignLoads
from web.carrying import Carrying
from web.check import Check
from web.doorkeeper import Doorkeeper
from web.endpoints import EndpointCorrections
from web.exchange import ExchangeStatus
from web.flight import CallExporter, make_recorder, of_flight
from web.folders import data_folder
from web.handing import HandingOver
from web.health import Health
from web.health_checks import (
    of_catch_up,
    of_clock,
    of_database,
    of_disk,
    of_exchange,
    of_journal,
    of_listeners,
    of_screens,
    of_service,
)
from web.i18n import zone_of
from web.list_reading import ListReading
from web.lists_live import ListsLive
from web.measuring import measure
from web.metrics import Metrics
from web.office_rules import own_numbers
from web.reconciling import Reconciling
from web.rendering import Rendering
from web.screens import Screens, make_screens
from web.seats import ExchangeSeats
from web.settings import Settings
from web.simulating import Simulations
from web.vigil import Vigil


@dataclass(frozen=True, slots=True)
class Services:
    """Every object of the running product, each made once."""

    settings: Settings
    clock: Clock
    # what is remembered
    storage: Storage
    sole: SoleService
    bus: Bus
    passwords: Passwords
    accounts: Accounts
    role_rights: RoleRights
    sessions: Sessions
    desks: Desks
    endpoint_roles: EndpointRoles
    clients: Clients
    files: Files
    edits: Edits
    catalogues: Catalogues
    shaping: Shaping
    field_search: FieldSearch
    text_renewal: TextRenewal
    tagging: Tagging
    tag_keeping: TagKeeping
    sales: SalesArrangement
    deals: Deals
    selling: Selling
    leads: Leads
    conversion: Conversion
    saved_views: SavedViews
    preferences: Preferences
    handovers: Handovers
    deletion: Deletion
    erasure: Erasure
    personal_data: PersonalData
    merging: Merging
    roster: Roster
    tasks: Tasks
    comments: Comments
    day: Day
    reminders: Reminders
    openings: Openings
    callbacks: Callbacks
    escalation: Escalation
    wrap_ups: WrapUps
    wrap_up_hearing: WrapUpHearing
    wrap_up_expiry: WrapUpExpiry
    call_links: CallLinks
    # whom the law lets be called
    law: LawProfiles
    lists: DoNotCallLists
    do_not_call: DoNotCall
    opt_outs: OptOuts
    number_imports: NumberImports
    generations: Generations
    consents: Consents
    withdrawals: Withdrawals
    wordings: Wordings
    consent_import: ConsentImport
    list_reading: ListReading
    # campaigns and their lists
    campaigns: Campaigns
    own_numbers: OwnNumbers
    leases: Leases
    list_keeping: ListKeeping
    campaign_loads: CampaignLoads
    # the exchange
    ami: AmiClient
    flight: FlightRecorder
    switchboard: Switchboard
    feed: Feed
    intake: Intake
    catch_up: CatchUp
    reconciler: Reconciler
    reconciling: Reconciling
    simulations: Simulations
    exchange: ExchangeStatus
    phones: Phones
    endpoint_corrections: EndpointCorrections
    # the edge
    screens: Screens
    boards_live: BoardsLive
    lists_live: ListsLive
    handing_over: HandingOver
    deleting: Carrying
    call_control: CallControl
    call_exporter: CallExporter
    doorkeeper: Doorkeeper
    check: Check
    assets: Assets
    rendering: Rendering
    vigil: Vigil
    health: Health
    metrics: Metrics


SERVICES: web.AppKey[Services] = web.AppKey("services", Services)
WRAP_UPS: Final = "wrap-ups"
"""The subscriber that opens and begins the wrap-ups."""


def build(settings: Settings, clock: Clock) -> Services:
    """Make every object; nothing is connected and nothing runs yet."""
    country = settings.exchange.country
    storage = Storage.open(settings.database.url)
    bus = Bus()
    storage.on_commit = bus.publish_all

    flight = make_recorder(settings, clock)
    ami = AmiClient(
        settings.exchange,
        now=clock.now,
        sleep=clock.sleep,
        raw=flight.take,
        wanted=WANTED,
        wanted_variables=WANTED_VARIABLES,
    )
    switchboard = Switchboard(ami, settings.exchange, lambda: f"perezvon-{uuid.uuid4().hex}")
    roster = Roster(storage, clock, ExchangeSeats(switchboard), bus)
    journal = Journal(Knowledge(roster.agent_of, number_reader(country)), link_numbers)
    intake = Intake(storage, journal, clock)
    phones = Phones(settings.exchange.phones)
    tracker = CallTracker(phones)

    # The made-up exchange keeps no log of its own.
    logs = Logs() if settings.simulated else Logs.of(settings.exchange)
    catch_up = CatchUp(storage, clock, intake, logs, phones)
    catch_up.unread_since = lambda: ami.unread_since
    catch_up.live = tracker.live
    catch_up.ahead_seconds = lambda: ami.lag_seconds

    async def emit(fact: Fact) -> None:
        await intake.take(fact, feed.heard_at)
        if isinstance(fact, ExchangeConnected):
            # Everything that lives has just been told: what else is open ended while we were away.
            await catch_up.connected(tracker.live(), fact.at)

    office_zone = zone_of(settings.office.time_zone)
    reconciler = Reconciler(storage, clock, catch_up, tracker.live, office_zone)
    feed = Feed(ami, switchboard, tracker, QueueBoard(), emit, simulated=settings.simulated)
    passwords = Passwords()
    assets = Assets()
    rendering = Rendering(clock.now, assets, country)
    screens = make_screens(storage, clock, rendering, roster, country=country, build=assets.hash)
    deals = Deals(storage, clock)
    handovers = Handovers(storage, clock)
    deletion = Deletion(storage, clock)
    files = Files(storage, clock)
    elsewhere = (DoNotCallOfClient(), ConsentsOfClient(), CampaignsOfClient())
    number_imports = NumberImports(storage, clock, country)
    consents = Consents(storage, clock, country)
    opt_outs = OptOuts(storage, clock, country)
    ours = own_numbers(settings)
    services = Services(
        settings=settings,
        clock=clock,
        storage=storage,
        sole=SoleService.at(storage.url, clock),
        bus=bus,
        passwords=passwords,
        accounts=Accounts(storage, clock, passwords),
        role_rights=RoleRights(storage, clock),
        sessions=Sessions(storage, clock),
        desks=Desks.of(storage, clock, technology=settings.exchange.technology),
        endpoint_roles=EndpointRoles(storage, clock),
        clients=Clients(storage, clock, country),
        files=files,
        edits=Edits(storage, clock, {**client_editables(country), "deal": DEAL, "lead": LEAD}),
        catalogues=Catalogues(storage, clock),
        shaping=Shaping.of(storage, clock),
        field_search=FieldSearch(storage),
        text_renewal=TextRenewal(storage),
        tagging=Tagging(storage, clock),
        tag_keeping=TagKeeping(storage, clock),
        sales=SalesArrangement.of(storage, clock),
        deals=deals,
        selling=Selling(storage, clock),
        leads=Leads(storage, clock, country),
        conversion=Conversion(storage, clock, deals),
        saved_views=SavedViews(storage, clock),
        preferences=Preferences(storage),
        handovers=handovers,
        deletion=deletion,
        erasure=Erasure(storage, clock, files, elsewhere),
        personal_data=PersonalData(storage, clock, elsewhere),
        merging=Merging(storage, clock),
        roster=roster,
        tasks=Tasks(storage, clock),
        comments=Comments(storage, clock),
        day=Day(storage, clock),
        reminders=Reminders(storage, clock),
        openings=Openings(storage, clock),
        callbacks=Callbacks(storage, clock),
        escalation=Escalation(storage, clock),
        wrap_ups=WrapUps(storage, clock),
        wrap_up_hearing=WrapUpHearing(storage, clock, roster.agent_at),
        wrap_up_expiry=WrapUpExpiry(storage, clock),
        call_links=CallLinks(storage),
        law=LawProfiles(storage, clock),
        lists=DoNotCallLists(storage, clock),
        do_not_call=DoNotCall(storage, clock, country),
        opt_outs=opt_outs,
        number_imports=number_imports,
        generations=Generations(storage, clock),
        consents=consents,
        withdrawals=Withdrawals(storage, consents, opt_outs),
        wordings=Wordings(storage, clock),
        consent_import=ConsentImport(storage, consents),
        list_reading=ListReading(number_imports, data_folder(settings.database.url)),
        campaigns=Campaigns(storage, clock, country),
        own_numbers=ours,
        leases=Leases(storage, clock, key=uuid.uuid4().hex, own=ours, zone=office_zone),
        list_keeping=ListKeeping(storage, clock),
        campaign_loads=CampaignLoads(
            Loading(storage, clock, country, ours), Fillings(storage, clock)
        ),
        ami=ami,
        flight=flight,
        switchboard=switchboard,
        feed=feed,
        intake=intake,
        catch_up=catch_up,
        reconciler=reconciler,
        reconciling=Reconciling(reconciler),
        simulations=Simulations(),
        exchange=ExchangeStatus(simulated=settings.simulated),
        phones=phones,
        endpoint_corrections=EndpointCorrections(storage, phones),
        screens=screens,
        boards_live=BoardsLive(screens.hub, storage),
        lists_live=ListsLive(screens.hub, clock),
        handing_over=HandingOver(handovers, screens.hub),
        deleting=Carrying(deletion),
        call_control=CallControl(switchboard, tracker.live, country, clock),
        call_exporter=CallExporter(storage, clock, flight, phones),
        doorkeeper=Doorkeeper(),
        check=Check(settings, storage, clock),
        assets=assets,
        rendering=rendering,
        vigil=Vigil(clock, lambda: screens.hub.overflows),
        health=Health(),
        metrics=Metrics(),
    )
    _subscribe(services)
    _watch(services)
    measure(services, tracker.live)
    return services


async def close(built: Services) -> None:
    """Give back what the services hold, once nothing of them runs any more."""
    await built.reconciling.close()
    await built.simulations.close()
    await built.handing_over.close()
    await built.deleting.close()
    await built.list_reading.close()
    await built.campaign_loads.close()
    await built.roster.close()
    await built.flight.close()
    await built.bus.close()
    await built.storage.close()
    await built.sole.release()
    built.passwords.close()


def _subscribe(built: Services) -> None:
    """Who hears what. A subscriber handles its facts one by one, in the order of their commits."""
    hears = built.bus.subscribe
    hears(
        "exchange status",
        {
            ExchangeConnected: built.exchange.on_exchange_connected,
            ExchangeLost: built.exchange.on_exchange_lost,
        },
    )
    hears("endpoints", {EndpointCorrected: built.endpoint_corrections.on_endpoint_corrected})
    hears("roster", built.roster.handlers())
    hears(WRAP_UPS, built.wrap_up_hearing.handlers())
    hears("callbacks", {CallEnded: built.callbacks.on_call_ended})
    hears("catch-up", built.catch_up.handlers())
    hears(
        "call links",
        {
            ClientCreated: built.call_links.on_client_created,
            ClientChanged: built.call_links.on_client_changed,
            ClientChosen: built.call_links.on_client_chosen,
        },
    )
    hears("campaign lists", {ClientChanged: built.list_keeping.on_client_changed})
    hears("screens", built.screens.handlers())
    hears("floor", built.screens.floor_handlers())
    hears("records", built.screens.records.handlers())
    hears("boards", built.boards_live.handlers())
    hears("lists", built.lists_live.handlers())
    hears("own fields", built.field_search.handlers())
    hears("search", built.text_renewal.handlers())
    hears("handovers", built.handing_over.handlers())


def _watch(built: Services) -> None:
    """Which parts /healthz and the page of the administrator speak of, in their order."""
    watch, vigil = built.health.watch, built.vigil
    watch("service", lambda: of_service(vigil, built.sole))
    watch("exchange", lambda: of_exchange(built.exchange, built.ami))
    watch("journal", lambda: of_journal(built.intake))
    watch("catch_up", lambda: of_catch_up(built.catch_up, simulated=built.settings.simulated))
    watch("listeners", lambda: of_listeners(built.bus))
    watch("screens", lambda: of_screens(built.screens.hub, vigil))
    watch("database", lambda: of_database(built.storage, built.clock))
    watch("disk", lambda: of_disk(data_folder(built.settings.database.url)))
    watch("flight", lambda: of_flight(built.flight))
    watch("clock", lambda: of_clock(vigil))
