"""The list of clients as its page reads it."""

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent
from crm_core.lists.filters import Asking
from crm_core.lists.questions import read_question
from crm_core.lists.reading import ask_list, read_page, read_shape
from crm_core.lists.shapes import ListName


async def listed_clients(connection: AsyncConnection, actor: Agent) -> list[int]:
    """The ids of all clients in his list (at most 500)."""
    asking = Asking(actor, datetime(2026, 3, 2, tzinfo=UTC), UTC)
    shape = await read_shape(connection, actor, ListName.CLIENTS)
    question = read_question(shape, {}, asking, search="", order="")
    asked = await ask_list(connection, shape, question, asking, "RU")
    return [row["id"] for row in (await read_page(connection, asked, limit=500)).rows]
