"""The made-up office in the database: people, desks, queues, clients and some days of calls.

Everything goes through the same commands that people use, and once only: an office that has
anybody in it is left alone.
"""

from dataclasses import dataclass

from crm_core.agents.accounts import Accounts
from crm_core.agents.credentials import Passwords
from crm_core.agents.desks import Desks
from crm_core.agents.people import Agent
from crm_core.clients.editable import client_editables
from crm_core.clients.records import Clients
from crm_core.clock import Clock
from crm_core.editing.edits import Edits
from crm_core.storage.engine import Storage
from crm_core.storage.migrate import migrate
from web.demo.campaigns import add_campaigns
from web.demo.cast import (
    CLIENTS,
    DEMO_PASSWORD,
    DISPOSITIONS,
    EXTENSIONS,
    PAUSE_REASONS,
    PEOPLE,
    QUEUE_TITLES,
    TEAMS,
    VISITORS,
    DemoClient,
    Person,
)
from web.demo.exchange import COUNTRY
from web.demo.history import PastClock, write_history
from web.demo.promises import add_promises
from web.demo.sales import add_sales
from web.demo.shaping import add_own_fields
from web.demo.tongues import WRITTEN_IN, in_language
from web.folders import make_room

HISTORY_DAYS = 5
TIME_ZONE = "Europe/Moscow"


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """Who may come in: for the console. `password` is "" where it was told before."""

    login: str
    name: str
    role: str
    password: str


async def furnish(
    url: str,
    clock: Clock,
    *,
    password: str = DEMO_PASSWORD,
    with_history: bool = True,
    language: str = WRITTEN_IN,
) -> tuple[DemoLogin, ...]:
    """Make the office at database `url` if nobody works there yet; the five logins it has.

    An office of one's own, not made here, has none of them: then the answer is empty.
    """
    told = password
    make_room(url)
    storage = Storage.open(url)
    try:
        await migrate(storage)
        passwords = Passwords()
        try:
            accounts = Accounts(storage, clock, passwords)
            known = await _names(accounts)
            if not known:
                await _make_office(storage, accounts, clock, password, with_history, language)
                known = await _names(accounts)
            elif not known.keys() >= {person.login for person in VISITORS}:
                return ()
            elif password != DEMO_PASSWORD:
                told = ""
        finally:
            passwords.close()
    finally:
        await storage.close()
    return tuple(
        DemoLogin(each.login, known[each.login], each.role.value, told) for each in VISITORS
    )


async def _names(accounts: Accounts) -> dict[str, str]:
    return {agent.login: agent.name for agent in await accounts.list_agents(active=None)}


async def _make_office(
    storage: Storage,
    accounts: Accounts,
    clock: Clock,
    password: str,
    with_history: bool,
    language: str,
) -> None:
    past = PastClock(clock.now(), days=HISTORY_DAYS)
    staff = {
        person.login: await accounts.create(
            None,
            person.login,
            in_language(person.name, language),
            person.role,
            password,
            language=_language_of(person, language),
            time_zone=TIME_ZONE,
        )
        for person in PEOPLE
    }
    await _arrange(Desks.of(storage, past), staff, language)
    clients = Clients(storage, past, COUNTRY)
    edits = Edits(storage, past, client_editables(COUNTRY))
    cast = in_language(CLIENTS, language)
    known = {client.name: await _add_client(clients, edits, client, staff) for client in cast}
    if with_history:
        await add_sales(storage, past, staff, known, language)
        await add_own_fields(storage, past, staff, known, language)
        await write_history(storage, past, clock.now(), staff, language)
        await add_promises(storage, past, staff, list(known.values()), language)
        await add_campaigns(storage, past, staff, list(known.values()), language)


def _language_of(person: Person, language: str) -> str:
    other = "en" if language == WRITTEN_IN else WRITTEN_IN
    return other if person.language == "other" else person.language or language


async def _arrange(desks: Desks, staff: dict[str, Agent], language: str) -> None:
    fixed = {person.extension: staff[person.login].id for person in PEOPLE if person.extension}
    for number in EXTENSIONS:
        await desks.extensions.create(None, number=number, agent_id=fixed.get(number))
    for name, team in TEAMS.items():
        queue_id = await desks.queues.create(
            None,
            name=name,
            title=in_language(QUEUE_TITLES[name], language),
            wrap_up_skippable=name == "support",
        )
        for login in team:
            await desks.queues.set_member(None, queue_id, staff[login].id)
    for place, (code, title, needs) in enumerate(in_language(DISPOSITIONS, language)):
        await desks.dispositions.create(
            None, code=code, title=title, position=place, needs_next_step=needs
        )
    for place, (code, title) in enumerate(in_language(PAUSE_REASONS, language)):
        await desks.pause_reasons.create(None, code=code, title=title, position=place)


async def _add_client(
    clients: Clients, edits: Edits, client: DemoClient, staff: dict[str, Agent]
) -> int:
    made_by = staff[client.owner or "vera"]
    client_id = await clients.create(
        made_by, name=client.name, kind=client.kind, number=client.numbers or None
    )
    for name, position, number in client.contacts:
        await clients.add_contact(made_by, client_id, name=name, position=position, number=number)
    if client.note:
        await edits.change(made_by, "client", client_id, "note", client.note, "")
    return client_id
