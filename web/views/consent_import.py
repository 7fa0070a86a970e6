"""Consents out of other books: pasted or chosen, looked at, and only then kept."""

from aiohttp import web

from crm_core.errors import Invalid
from dialer.consents.importing import COLUMNS, Imported, Preview, read_rows
from dialer.consents.wordings import list_wordings
from web.consent_files import MOST_ROWS, table_of
from web.forms import Form, read_form
from web.i18n import zone_of
from web.visits import page, person, services, visit
from web.words import word


async def show(request: web.Request) -> web.Response:
    """Where the rows are given."""
    return await _page(request, Form.of())


async def look(request: web.Request) -> web.Response:
    """What of it would be kept, and why the rest would not."""
    form = await read_form(request)
    preview = _preview(request, form)
    return await _page(request, form, preview=preview, status=200 if form.ok else 422)


async def run(request: web.Request) -> web.Response:
    """Keep it."""
    form, built = await read_form(request), services(request)
    preview = _preview(request, form)
    wording_id = form.record_id("wording", required=True)
    done = None
    if form.ok and preview is not None:
        try:
            done = await built.consent_import.run(person(request), preview, wording_id or 0)
        except Invalid as refused:
            form.refused_by(refused)
    return await _page(request, form, preview=preview, done=done, status=200 if form.ok else 422)


def _preview(request: web.Request, form: Form) -> Preview | None:
    """None, refused, for what is no table of consents at all: nobody reads that line by line."""
    built, reader = services(request), visit(request).reader
    written = form.value("rows")
    table = table_of(written)
    if not table.rows and not table.missing:
        form.refuse("rows", "table_unreadable" if written.strip("\0 \r\n;,\t") else "required")
    elif table.missing:
        named = ", ".join(word(reader, each, "consent_column") for each in table.missing)
        form.refuse("rows", "columns_missing", columns=named)
    elif len(table.rows) > MOST_ROWS:
        form.refuse("rows", "too_many", most=MOST_ROWS)
    if not form.ok:
        return None
    country, now = built.settings.exchange.country, built.clock.now()
    preview = read_rows(table.rows, country, zone_of(reader.time_zone), now)
    if not preview.rows and not table.is_named:
        form.refuse("rows", "table_unreadable")
        return None
    return preview


async def _page(
    request: web.Request,
    form: Form,
    *,
    preview: Preview | None = None,
    done: Imported | None = None,
    status: int = 200,
) -> web.Response:
    async with services(request).storage.read() as connection:
        wordings = await list_wordings(connection)
    return page(
        request,
        "consents/import.html",
        status=status,
        form=form,
        preview=preview,
        done=done,
        columns=COLUMNS,
        most=MOST_ROWS,
        wordings=[(each.id, f"{each.title} ({each.version})") for each in wordings],
    )
