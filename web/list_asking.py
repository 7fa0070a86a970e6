"""A list as one person asks for it: its address understood, with his columns and his views."""

from collections.abc import Sequence

from aiohttp import web

from crm_core.lists.filters import Asking
from crm_core.lists.questions import read_question
from crm_core.lists.reading import Asked, ask_list, read_shape
from crm_core.storage.engine import Connection
from web.list_addresses import ListAddress
from web.visits import person, services, visit


def asking_of(request: web.Request) -> Asking:
    """Who asks, and what is today where he lives."""
    built = services(request)
    return Asking(person(request), built.clock.now(), visit(request).reader.zone)


async def understand(
    request: web.Request,
    connection: Connection,
    address: ListAddress,
    *,
    usual_columns: Sequence[str] = (),
) -> Asked:
    """What the address asks for; `usual_columns` where it names none."""
    asking = asking_of(request)
    shape = await read_shape(connection, asking.actor, address.name)
    question = read_question(
        shape,
        address.filters,
        asking,
        search=address.search,
        order=address.sort,
        columns=address.columns or usual_columns,
    )
    country = services(request).settings.exchange.country
    return await ask_list(connection, shape, question, asking, country)
