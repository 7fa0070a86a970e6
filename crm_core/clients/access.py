"""May this person see this client? Everybody who works here may; nobody sees a deleted one."""

from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent
from crm_core.clients.queries import Client, get_client
from crm_core.errors import NotFound


async def access_client(connection: AsyncConnection, actor: Agent, client_id: int) -> Client:
    """The client as `actor` may see him. Raises NotFound."""
    if not actor.active:
        raise NotFound(client_id=client_id)
    return await get_client(connection, client_id)
