"""Keeps what a client is found by."""

from crm_core.search.index import reindex
from crm_core.search.kinds import SearchKind
from crm_core.storage.engine import Write


async def index_client(tx: Write, client_id: int) -> None:
    """Have him found by what is known of him now."""
    await reindex(tx, SearchKind.CLIENT, client_id)
