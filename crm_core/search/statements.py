"""The statements of the search, each made once for all who have the same rights and ask in as many
parts: composing one takes longer than running it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, cast

from sqlalchemy import Integer, Select, bindparam, func, literal, select, union_all

from crm_core.agents.people import Agent
from crm_core.agents.rights import Action, RecordKind
from crm_core.clients.tables import client_numbers, contact_points, contacts
from crm_core.search.engines import newest, shape_of
from crm_core.search.kinds import SearchKind
from crm_core.search.question import Parts
from crm_core.search.sources import of_records, source_of, with_number
from crm_core.storage.hot import HotSelect

_MOST_KEPT: Final = 500
_SIZES: Final = (10, 30, 60, 130, 320)
"""Of lists of ids: a shorter one is filled up with its last."""

_kept: dict[object, HotSelect] = {}


def texts(group: str, fits: tuple[Parts, ...], *, is_sqlite: bool) -> HotSelect:
    """The newest texts of a group that hold one of `fits`, whoever may see them."""
    key = ("texts", group, shape_of(fits), is_sqlite)
    return _once(key, lambda: newest(group, fits, is_sqlite=is_sqlite))


def seen_texts(
    group: str,
    kind: SearchKind,
    fits: tuple[Parts, ...],
    actor: Agent,
    *,
    own: bool,
    is_sqlite: bool,
) -> HotSelect:
    """The same of one kind, and only what `actor` may see: the agent `actor_id`."""

    def make() -> Select[Any]:
        seen = source_of(kind, own=own).visible(_anyone(actor))
        return newest(group, fits, is_sqlite=is_sqlite, seen=seen)

    return _once(("seen", kind, own, shape_of(fits), is_sqlite, _rights(actor)), make)


def records(
    kind: SearchKind, ids: list[int], actor: Agent, *, own: bool
) -> tuple[HotSelect, dict[str, object]]:
    """What is shown of the records `ids` of a kind, where `actor` may see them."""
    size = next(size for size in _SIZES if size >= len(ids))
    key = ("records", kind, own, size, _rights(actor))
    source = source_of(kind, own=own)
    made = _once(key, lambda: of_records(source, _anyone(actor), size))
    return made, {**_filled(ids, size), "actor_id": actor.id}


def numbered(kind: SearchKind, actor: Agent, *, own: bool) -> HotSelect:
    """Who has the `number`, `most` of them."""
    key = ("number", kind, own, _rights(actor))
    source = source_of(kind, own=own)
    return _once(key, lambda: with_number(source, _anyone(actor)))


def ways(client_ids: list[int]) -> tuple[HotSelect, dict[str, object]]:
    """How to reach these clients, in order: client_id, kind, text."""
    size = next(size for size in _SIZES if size >= len(client_ids))
    return _once(("ways", size), lambda: _ways(size)), _filled(client_ids, size)


def _once(key: object, make: Callable[[], Select[Any]]) -> HotSelect:
    if key not in _kept:
        if len(_kept) >= _MOST_KEPT:
            _kept.clear()
        _kept[key] = HotSelect(make())
    return _kept[key]


def _rights(actor: Agent) -> tuple[object, ...]:
    seeing = (actor.scope(kind, Action.SEE) for kind in RecordKind)
    return (actor.role, actor.newcomer, *seeing)


def _anyone(actor: Agent) -> Agent:
    """Whoever has his rights: his id is a parameter."""
    return replace(actor, id=cast("int", bindparam("actor_id", type_=Integer)))


def _filled(ids: list[int], size: int) -> dict[str, object]:
    return {f"id_{nth}": ids[min(nth, len(ids) - 1)] for nth in range(size)}


def _ways(size: int) -> Select[Any]:
    ids = [bindparam(f"id_{nth}", type_=Integer) for nth in range(size)]
    key = func.coalesce(client_numbers.c.e164, client_numbers.c.digits)
    people, numbers, points = contacts.c, client_numbers.c, contact_points.c
    found = union_all(
        select(
            people.client_id,
            literal(0).label("sort"),
            people.id,
            literal("contact").label("kind"),
            people.name.label("text"),
        ).where(people.client_id.in_(ids)),
        select(numbers.client_id, literal(1), numbers.id, literal("number"), key).where(
            numbers.client_id.in_(ids), numbers.wrong.is_(False)
        ),
        select(points.client_id, literal(2), points.id, points.kind, points.written).where(
            points.client_id.in_(ids), points.wrong.is_(False)
        ),
    ).subquery("ways")
    return select(found.c.client_id, found.c.kind, found.c.text).order_by(
        found.c.client_id, found.c.sort, found.c.id
    )
