"""Deleted and brought back: one client or many, the list of what is deleted, and the page that
stands where a deleted record was."""

from datetime import UTC, datetime
from typing import Final

from aiohttp import web

from crm_core.agents.rights import Action, RecordKind, Scope
from crm_core.clients.erasing import may_erase
from crm_core.clients.merging import kept_of
from crm_core.deleted import PAGE, count_of_step, find_deleted, list_deleted
from crm_core.errors import NotFound
from web.forms import read_form, read_query
from web.selection import read_selection
from web.visits import go, page, person, services

KINDS: Final = (RecordKind.CLIENT, RecordKind.LEAD, RecordKind.DEAL)


async def index(request: web.Request) -> web.Response:
    """What one may bring back: `?kind=lead`; clients of one step with `?at=…`."""
    form, actor = read_query(request), person(request)
    kinds = [each for each in KINDS if actor.scope(each, Action.DELETE) is not Scope.NONE]
    wanted = form.value("kind")
    kind = next((each for each in kinds if each.value == wanted), kinds[0] if kinds else None)
    before = _instant(form.value("before"))
    async with services(request).storage.read() as connection:
        rows = await list_deleted(connection, actor, kind, before=before) if kind else []
        at = _instant(form.value("at"))
        in_step = await count_of_step(connection, actor, at) if at else 0
    return page(
        request,
        "deleted/index.html",
        kinds=kinds,
        kind=kind,
        rows=rows,
        older=rows[-1].deleted_at if len(rows) == PAGE else None,
        is_first=before is None,
        step=at if in_step else None,
        in_step=in_step,
    )


async def delete(request: web.Request) -> web.Response:
    """Out of every list; where the card was there is the way back."""
    await read_form(request)
    client_id = int(request.match_info["client_id"])
    await services(request).deletion.delete(person(request), client_id)
    return go(f"/clients/{client_id}", told="client_deleted")


async def delete_chosen(request: web.Request) -> web.Response:
    """All chosen clients that one may delete; on to the list they can be brought back from."""
    form = await read_form(request)
    chosen = await read_selection(request, form, "clients")
    done = await services(request).deletion.delete_chosen(person(request), chosen)
    if not done.count:
        return go("/clients", told="nothing_to_delete")
    told = "clients_deleted_but_some" if done.skipped else "clients_deleted"
    return go(f"/deleted?kind=client&at={done.at.timestamp()}", told=told)


async def restore(request: web.Request) -> web.Response:
    """Back with all that was his."""
    await read_form(request)
    client_id = int(request.match_info["client_id"])
    await services(request).deletion.restore(person(request), client_id)
    return go(f"/clients/{client_id}", told="client_restored")


async def restore_step(request: web.Request) -> web.Response:
    """All clients that were deleted in one step."""
    form = await read_form(request)
    at = _instant(form.value("at"))
    if at is None:
        raise NotFound
    await services(request).deletion.restore_step(person(request), at)
    return go("/deleted?kind=client", told="clients_restored")


async def gone(
    request: web.Request, kind: RecordKind, record_id: int, missing: NotFound
) -> web.Response:
    """What stands where a record was: the way to whom he turned out to be, the way back for whoever
    may bring it back. Raises `missing` for everybody else."""
    actor = person(request)
    async with services(request).storage.read() as connection:
        if kind is RecordKind.CLIENT:
            kept_id = await kept_of(connection, actor, record_id)
            if kept_id is not None:
                return go(f"/clients/{kept_id}", told="client_is_merged")
        record = await find_deleted(connection, actor, kind, record_id)
    if record is None:
        raise missing
    return page(
        request,
        "deleted/show.html",
        status=410,
        record=record,
        kind=kind,
        place=f"/{kind.value}s",
        may_erase=kind is RecordKind.CLIENT and may_erase(actor),
    )


def _instant(written: str) -> datetime | None:
    """An instant as an address carries it: seconds since 1970."""
    try:
        return datetime.fromtimestamp(float(written), tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None
