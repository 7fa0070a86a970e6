"""The records that somebody has chosen in a list: by hand, or all that fit what he asked for."""

from typing import Final

from aiohttp import web

from crm_core.errors import Invalid
from crm_core.lists.reading import Selection, read_shape, selected, selected_ids
from crm_core.lists.shapes import ListName
from crm_core.wording import LARGEST_ID
from web.forms import Form
from web.list_addresses import read_query_text
from web.list_asking import understand
from web.visits import person, services

MOST_CHOSEN: Final = 1000
"""By hand; whoever wants more takes all that fit."""


async def read_selection(request: web.Request, form: Form, list_name: str) -> Selection:
    """The ids of the chosen records of "clients", "leads" or "deals", only such as the person may
    see: of `ids` ("3,7,12"), or with `all` of everything that the list's own `query` asks for.

    Invalid("ids"): nothing_chosen, too_many_chosen, not_a_choice; and what is wrong with the query.
    """
    name = ListName(list_name)
    if form.ticked("all"):
        address = read_query_text(name, form.value("query"))
        async with services(request).storage.read() as connection:
            asked = await understand(request, connection, address)
        for refusal in asked.question.refused:
            raise refusal
        return selected(asked)
    ids = _ids(form.value("ids"))
    async with services(request).storage.read() as connection:
        shape = await read_shape(connection, person(request), name)
    return selected_ids(shape, person(request), ids)


def _ids(written: str) -> list[int]:
    parts = [part.strip() for part in written.split(",") if part.strip()]
    if not parts:
        raise Invalid("ids", "nothing_chosen")
    if len(parts) > MOST_CHOSEN:
        raise Invalid("ids", "too_many_chosen", most=MOST_CHOSEN)
    if not all(part.isascii() and part.isdecimal() and len(part) < 11 for part in parts):
        raise Invalid("ids", "not_a_choice")
    return sorted({int(part) for part in parts if 0 < int(part) <= LARGEST_ID})
