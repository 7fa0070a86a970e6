"""Keeps what a client is found by."""

from sqlalchemy import update

from crm_core.clients.queries import get_client
from crm_core.clients.search_text import searchable
from crm_core.clients.tables import clients
from crm_core.search.index import reindex
from crm_core.search.kinds import SearchKind
from crm_core.storage.engine import Write


async def index_client(tx: Write, client_id: int) -> None:
    """Write the shadow column anew from all that is searched."""
    client = await get_client(tx.connection, client_id)
    search = searchable(
        client.name,
        *(contact.name for contact in client.contacts),
        *(number.digits for number in client.numbers),
    )
    await tx.execute(update(clients).where(clients.c.id == client_id).values(search=search))
    await reindex(tx, SearchKind.CLIENT, client_id)
