"""What a task is about: a client, a contact at him, a lead, a deal; each leads to the client."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Table, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent
from crm_core.clients.access import access_client
from crm_core.clients.tables import clients, contacts
from crm_core.deals.access import access_deal
from crm_core.deals.tables import deals
from crm_core.errors import Invalid, NotFound
from crm_core.events import LeadChanged
from crm_core.leads.access import access_lead
from crm_core.leads.tables import leads
from crm_core.storage.engine import Write
from crm_core.wording import existing_id


@dataclass(frozen=True, slots=True)
class About:
    """Ids; `client_id` may be left to what else is named."""

    client_id: int | None = None
    lead_id: int | None = None
    deal_id: int | None = None
    contact_id: int | None = None

    @property
    def columns(self) -> dict[str, int | None]:
        """As `tasks` keeps them."""
        return {name: getattr(self, name) for name in ABOUT}


@dataclass(frozen=True, slots=True)
class KnownAbout:
    """The same with its names; "" for what is not named."""

    client_id: int
    client_name: str
    client_kind: str
    lead_id: int | None
    lead_title: str
    deal_id: int | None
    deal_title: str


ABOUT = ("client_id", "lead_id", "deal_id", "contact_id")
NOBODY = About()


async def checked_about(connection: AsyncConnection, actor: Agent, about: About) -> About:
    """With the client that all of it is about. NotFound for what is not there, or not for the eyes
    of `actor`; Invalid `about` ambiguous where two clients are meant."""
    if about.lead_id is not None:
        await access_lead(connection, actor, about.lead_id)
    if about.deal_id is not None:
        await access_deal(connection, actor, about.deal_id)
    meant = {about.client_id} if about.client_id is not None else set()
    for table, record_id in (
        (leads, about.lead_id),
        (deals, about.deal_id),
        (contacts, about.contact_id),
    ):
        if record_id is not None:
            meant.add(await _client_of(connection, table, record_id))
    if len(meant) > 1:
        raise Invalid("about", "ambiguous_client")
    client_id = meant.pop() if meant else None
    if client_id is not None:
        await access_client(connection, actor, client_id)
    return About(client_id, about.lead_id, about.deal_id, about.contact_id)


async def known_about(connection: AsyncConnection, about: About) -> KnownAbout | None:
    """The names of what was checked; None for nobody."""
    if about.client_id is None:
        return None
    client = select(clients.c.name, clients.c.kind).where(clients.c.id == about.client_id)
    row = (await connection.execute(client)).one()
    titles = [
        await _title(connection, table, record_id)
        for table, record_id in ((leads, about.lead_id), (deals, about.deal_id))
    ]
    return KnownAbout(
        about.client_id, row.name, row.kind, about.lead_id, titles[0], about.deal_id, titles[1]
    )


async def _title(connection: AsyncConnection, table: Table, record_id: int | None) -> str:
    if record_id is None:
        return ""
    query = select(table.c.title).where(table.c.id == record_id)
    return str((await connection.execute(query)).scalar_one())


async def contacts_of(connection: AsyncConnection, client_id: int | None) -> list[tuple[int, str]]:
    """The people at a client whom the caller may see, by name."""
    if client_id is None:
        return []
    query = select(contacts.c.id, contacts.c.name).where(contacts.c.client_id == client_id)
    rows = await connection.execute(query.order_by(contacts.c.name, contacts.c.id))
    return [(row.id, row.name) for row in rows]


async def touch_lead(tx: Write, lead_id: int | None, now: datetime) -> bool:
    """Somebody has done something about the lead: it is fresh no more. Whether it was until now."""
    if lead_id is None:
        return False
    fresh = (leads.c.id == lead_id) & leads.c.touched_at.is_(None)
    touched = update(leads).where(fresh).values(touched_at=now).returning(leads.c.client_id)
    client_id = (await tx.execute(touched)).scalar_one_or_none()
    if client_id is not None:
        tx.announce(LeadChanged(lead_id=lead_id, client_id=client_id))
    return client_id is not None


async def _client_of(connection: AsyncConnection, table: Table, record_id: int) -> int:
    query = select(table.c.client_id).where(table.c.id == existing_id(record_id))
    client_id = (await connection.execute(query)).scalar_one_or_none()
    if client_id is None:
        raise NotFound(id=record_id)
    return int(client_id)
