"""A big office for `pop`: two hundred operators at their desks, clients who are known."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import insert, select

from crm_core.agents.accounts import Accounts
from crm_core.agents.credentials import Passwords
from crm_core.agents.desks import Desks
from crm_core.agents.roles import Role
from crm_core.agents.sessions import Sessions
from crm_core.agents.tables import agent_states, agents
from crm_core.clients.records import Clients
from crm_core.clock import SystemClock
from crm_core.storage.engine import Storage
from crm_core.storage.migrate import migrate
from crm_core.tasks.next_step import NextStep
from crm_core.tasks.records import Tasks

FIRST_EXTENSION = 1001


@dataclass(frozen=True, slots=True)
class Seat:
    """One operator who is logged in: his phone and the token of his session."""

    interface: str
    token: str


@dataclass(frozen=True, slots=True)
class BigOffice:
    seats: tuple[Seat, ...]
    callers: tuple[str, ...]


async def make_big_office(url: str, *, operators: int, clients: int) -> BigOffice:
    """Make it in an empty database; every other client has an open task."""
    storage, clock = Storage.open(url), SystemClock()
    try:
        await migrate(storage)
        accounts, sessions = Accounts(storage, clock, Passwords()), Sessions(storage, clock)
        desks = Desks.of(storage, clock)
        await desks.queues.create(None, name="sales", title="Sales")
        await desks.dispositions.create(None, code="done", title="Done")
        boss = await accounts.create(
            None, "boss", "Boss", Role.ADMINISTRATOR, "correct horse battery"
        )
        await _hire(storage, operators)
        seats = []
        staff = await accounts.list_agents(role=Role.OPERATOR)
        for place, agent in enumerate(staff):
            number = str(FIRST_EXTENSION + place)
            desk = await desks.extensions.create(None, number=number)
            async with storage.write() as tx:
                await tx.execute(
                    insert(agent_states).values(
                        agent_id=agent.id, state="ready", since=clock.now(), extension_id=desk
                    )
                )
            seats.append(Seat(f"PJSIP/{number}", await sessions.open(agent.id)))
        callers, people = [], Clients(storage, clock, "RU")
        tasks = Tasks(storage, clock)
        for place in range(clients):
            number = f"7916{place:07d}"
            client_id = await people.create(boss, name=f"Client {place}", number=f"+{number}")
            callers.append(number)
            if place % 2:
                step = NextStep(
                    "Call back", clock.now() + timedelta(hours=place % 48 + 1), staff[0].id
                )
                await tasks.create(boss, step, client_id=client_id)
    finally:
        await storage.close()
    return BigOffice(tuple(seats), tuple(callers))


async def _hire(storage: Storage, operators: int) -> None:
    """Operators with the boss's password: hashing two hundred would only warm the machine."""
    async with storage.write() as tx:
        row = (await tx.execute(select(agents))).mappings().one()
        for place in range(operators):
            values = {key: value for key, value in row.items() if key != "id"}
            values |= {"login": f"operator{place}", "name": f"Operator {place}", "role": "operator"}
            await tx.execute(insert(agents).values(**values))
