"""What a person puts away of the cards for himself."""

from aiohttp import web

from crm_core.custom_fields.reading import list_fields
from crm_core.preferences import Preference
from web.forms import Form, read_form
from web.own_fields import put_away
from web.visits import person, services


async def arrange(request: web.Request) -> web.Response:
    """Of one kind of record show what is ticked (`field`, `section`), or everything (`reset`)."""
    form, actor = await read_form(request), person(request)
    async with services(request).storage.read() as connection:
        fields = await list_fields(connection, form.value("kind"), role=actor.role)
        hidden_fields, hidden_sections = await put_away(connection, actor)
    sections = {field.section_id for field in fields}
    ticked = _ids(form, "section") | (sections if form.ticked("reset") else set())
    # A section that is put away sends its fields not at all: they stay as they were.
    asked = {field.id for field in fields if field.section_id in ticked}
    shown = asked if form.ticked("reset") else asked & _ids(form, "field")
    kept = {
        "fields": sorted((hidden_fields - asked) | (asked - shown)),
        "sections": sorted((hidden_sections - sections) | (sections - ticked)),
    }
    value = kept if any(kept.values()) else None
    await services(request).preferences.keep(actor, Preference.CARD, value)
    return web.json_response({})


def _ids(form: Form, name: str) -> set[int]:
    written = form.several.get(name, [])
    return {int(each) for each in written if each.isascii() and each.isdecimal()}
