"""What every change of a client or of what hangs on him ends with."""

from datetime import datetime

from sqlalchemy import update

from crm_core.clients.indexing import index_client
from crm_core.clients.tables import clients
from crm_core.events import ClientChanged
from crm_core.storage.engine import Write


async def touch_client(tx: Write, now: datetime, client_id: int) -> None:
    """A newer version, found by what he is now, announced."""
    await tx.execute(
        update(clients)
        .where(clients.c.id == client_id)
        .values(version=clients.c.version + 1, updated_at=now)
    )
    await index_client(tx, client_id)
    tx.announce(ClientChanged(client_id=client_id))
