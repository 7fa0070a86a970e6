"""Deleted and brought back: one record or many, the list of what is deleted, and the page that
stands where a deleted record was."""

from datetime import UTC, datetime
from typing import Any, Final

from aiohttp import web

from crm_core.agents.rights import Action, RecordKind, Scope
from crm_core.clients.erasing import may_erase
from crm_core.clients.merging import kept_of
from crm_core.deleted import PAGE, find_deleted, list_deleted
from crm_core.deletion.queries import get_deletion, list_deletions, read_deletion_progress
from crm_core.errors import NotFound
from web.forms import Form, read_form, read_query
from web.selection import read_selection
from web.sentences import sentence
from web.visits import go, page, partial, person, services, visit, wants_json

KINDS: Final = (RecordKind.CLIENT, RecordKind.LEAD, RecordKind.DEAL)


async def index(request: web.Request) -> web.Response:
    """What one may bring back: `?kind=lead`; what was deleted together stands first."""
    form, actor = read_query(request), person(request)
    kinds = [each for each in KINDS if actor.scope(each, Action.DELETE) is not Scope.NONE]
    wanted = form.value("kind")
    kind = next((each for each in kinds if each.value == wanted), kinds[0] if kinds else None)
    before = _instant(form.value("before"))
    async with services(request).storage.read() as connection:
        rows = await list_deleted(connection, actor, kind, before=before) if kind else []
        steps = await list_deletions(connection, actor, kind) if kind and not before else []
    return page(
        request,
        "deleted/index.html",
        kinds=kinds,
        kind=kind,
        rows=rows,
        steps=steps,
        older=rows[-1].deleted_at if len(rows) == PAGE else None,
        is_first=before is None,
    )


async def delete_client(request: web.Request) -> web.Response:
    """Out of every list; where the card was there is the way back."""
    return await _delete(request, RecordKind.CLIENT)


async def delete_lead(request: web.Request) -> web.Response:
    """The same for a lead."""
    return await _delete(request, RecordKind.LEAD)


async def delete_deal(request: web.Request) -> web.Response:
    """The same for a deal."""
    return await _delete(request, RecordKind.DEAL)


async def restore_client(request: web.Request) -> web.Response:
    """Back with all that was his."""
    return await _restore(request, RecordKind.CLIENT)


async def restore_lead(request: web.Request) -> web.Response:
    """A lead is back."""
    return await _restore(request, RecordKind.LEAD)


async def restore_deal(request: web.Request) -> web.Response:
    """A deal is back."""
    return await _restore(request, RecordKind.DEAL)


async def delete_clients(request: web.Request) -> web.Response:
    """All chosen clients that one may delete, in one step."""
    return await _delete_chosen(request, RecordKind.CLIENT)


async def delete_leads(request: web.Request) -> web.Response:
    """All chosen leads, but for those that became clients."""
    return await _delete_chosen(request, RecordKind.LEAD)


async def delete_deals(request: web.Request) -> web.Response:
    """All chosen deals."""
    return await _delete_chosen(request, RecordKind.DEAL)


async def show(request: web.Request) -> web.Response:
    """One step: how far it is, what it was, the way back."""
    return page(request, "deleted/step.html", **await _step(request))


async def progress(request: web.Request) -> web.Response:
    """How far it is, for the page that watches it."""
    return partial(request, "deleted/_progress.html", **await _step(request))


async def undo(request: web.Request) -> web.Response:
    """Bring back all that was deleted in one step; for forms and for scripts."""
    form, actor, deletion_id = await read_form(request), person(request), _id(request)
    built = services(request)
    await built.deletion.undo(actor, deletion_id)
    await built.deleting.start(deletion_id)
    async with built.storage.read() as connection:
        deletion = await get_deletion(connection, actor, deletion_id)
    told = f"{deletion.kind.value}s_restored"
    if wants_json(request):
        return web.json_response({"told": sentence(visit(request).reader, told)})
    if deletion.is_going_on:
        return go(f"/deletions/{deletion_id}")
    from_list = form.ticked("from_list")
    place = _list(deletion.kind, form) if from_list else f"/deletions/{deletion_id}"
    return go(place, told=told)


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


async def _delete(request: web.Request, kind: RecordKind) -> web.Response:
    await read_form(request)
    record_id = _record_id(request, kind)
    await services(request).deletion.delete(person(request), kind, record_id)
    return go(f"/{kind.value}s/{record_id}", told=f"{kind.value}_deleted")


async def _restore(request: web.Request, kind: RecordKind) -> web.Response:
    await read_form(request)
    record_id = _record_id(request, kind)
    await services(request).deletion.restore(person(request), kind, record_id)
    return go(f"/{kind.value}s/{record_id}", told=f"{kind.value}_restored")


async def _delete_chosen(request: web.Request, kind: RecordKind) -> web.Response:
    """Back to the list, where it is told with the way back; of very many, on to the step's page."""
    form, actor, built = await read_form(request), person(request), services(request)
    chosen = await read_selection(request, form, f"{kind.value}s")
    deletion_id = await built.deletion.begin(actor, kind, chosen)
    if deletion_id is None:
        return go(_list(kind, form), told="nothing_to_delete")
    await built.deleting.start(deletion_id)
    async with built.storage.read() as connection:
        deletion = await get_deletion(connection, actor, deletion_id)
    if deletion.is_going_on:
        return go(f"/deletions/{deletion_id}")
    told = f"{kind.value}s_deleted" + ("_but_some" if deletion.skipped else "")
    return go(_list(kind, form), told=told, undo=f"/deletions/{deletion_id}/undo")


async def _step(request: web.Request) -> dict[str, Any]:
    async with services(request).storage.read() as connection:
        deletion = await get_deletion(connection, person(request), _id(request))
        return {
            "deletion": deletion,
            "progress": await read_deletion_progress(connection, deletion),
            "may_restore": deletion.may_restore(person(request)),
        }


def _list(kind: RecordKind, form: Form) -> str:
    """The list as it was asked for."""
    query = form.value("query").removeprefix("?")
    parts = [query] if query.isprintable() and query else []
    parts += ["look=list"] if kind is not RecordKind.CLIENT else []
    return f"/{kind.value}s" + (f"?{'&'.join(parts)}" if parts else "")


def _record_id(request: web.Request, kind: RecordKind) -> int:
    return int(request.match_info[f"{kind.value}_id"])


def _id(request: web.Request) -> int:
    return int(request.match_info["deletion_id"])


def _instant(written: str) -> datetime | None:
    """An instant as an address carries it: seconds since 1970."""
    try:
        return datetime.fromtimestamp(float(written), tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None
