"""Reads lists: a page in its order, how many there are, all of it piece by piece, or their ids."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent
from crm_core.agents.rights import Action
from crm_core.clients.access import visible_clients
from crm_core.clients.tables import clients
from crm_core.lists.calls import calls_shape
from crm_core.lists.clients import clients_shape
from crm_core.lists.filters import Asking
from crm_core.lists.office_words import read_office_words
from crm_core.lists.questions import ListQuestion, find_order
from crm_core.lists.sales import deals_shape, leads_shape
from crm_core.lists.shapes import ListName, ListShape, Order
from crm_core.lists.tasks import tasks_shape
from crm_core.lists.values import Among
from crm_core.search.finding import find
from crm_core.search.kinds import SearchKind
from crm_core.storage.base import Instant
from crm_core.storage.engine import Storage

PAGE: Final = 50
PIECE: Final = 500  # rows of an export read at once
MOST_COUNTED: Final = 10_000
"""Nobody reads the exact number of more, and counting a million takes longer than all the rest."""
MOST_FOUND: Final = 100
"""Best matches of a search for clients; whoever wants others writes more."""
Selection = Select[tuple[Any]]
"""The ids of some records, for `IN (…)` or `INSERT … SELECT`: they need not leave the database."""
_SHAPES = {
    ListName.CLIENTS: clients_shape,
    ListName.LEADS: leads_shape,
    ListName.DEALS: deals_shape,
    ListName.TASKS: tasks_shape,
    ListName.CALLS: calls_shape,
}


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ends, or (`backwards`) begins: the value it stands by, and the id."""

    key: str | int | float | datetime | date
    id: int | str
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class ListPage:
    """Rows as the columns of the shape read them; None where nothing is before or after."""

    rows: tuple[dict[str, Any], ...]
    before: Cursor | None
    after: Cursor | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was understood, of a list, by somebody. `found`: the best first of what the
    search found, None where nothing is searched in that way; `clients`: whom it found where those
    are not what is listed; `selection`: only these."""

    shape: ListShape
    question: ListQuestion
    asking: Asking
    found: tuple[int, ...] | None = None
    found_more: bool = False
    selection: Selection | None = None
    clients: tuple[int, ...] = ()

    def condition(self, action: Action = Action.SEE) -> ColumnElement[bool]:
        """Those that are asked for and with which the asker may do `action`."""
        shape, question = self.shape, self.question
        if question.refused:
            return false()
        parts = [true(), shape.visible(self.asking.actor, Action.SEE)]
        if action is not Action.SEE:
            parts.append(shape.visible(self.asking.actor, action))
        for name, value in question.values.items():
            parts.append(shape.filters[name].condition(value, self.asking))
        if self.selection is not None:
            parts.append(shape.key.in_(self.selection))
        if self.found is not None:
            parts.append(shape.key.in_(self.found))
        elif question.search and shape.says is not None:
            parts.append(shape.says(question.search, self.asking, self.clients))
        return and_(*parts)


async def read_shape(connection: AsyncConnection, actor: Agent, name: ListName) -> ListShape:
    """The list as it is for this person."""
    return _SHAPES[name](await read_office_words(connection, actor, name))


async def ask_list(
    connection: AsyncConnection,
    shape: ListShape,
    question: ListQuestion,
    asking: Asking,
    country: str,
) -> Asked:
    """The question with its search done, where that is done beforehand."""
    before = shape.says is None or shape.client_search
    if not before or not question.search or question.refused:
        return Asked(shape, question, asking)
    own = question.written.get("owner") == "me"
    found = await find(
        connection,
        asking.actor,
        question.search,
        country,
        kinds=(SearchKind.CLIENT,),
        most=MOST_FOUND,
        own=own,
    )
    hits: tuple[int, ...] = ()
    more = False
    if found is not None and found.groups:
        [group] = found.groups
        hits, more = tuple(hit.record_id for hit in group.hits), group.more
    if shape.client_search:
        return Asked(shape, question, asking, clients=hits)
    return Asked(shape, question, asking, hits, more)


def selected(asked: Asked) -> Selection:
    """The ids of all that are asked for."""
    return select(asked.shape.key).where(asked.condition())


def selected_ids(shape: ListShape, actor: Agent, ids: Sequence[int]) -> Selection:
    """Those of `ids` that `actor` may see."""
    return select(shape.key).where(shape.key.in_(ids), shape.visible(actor, Action.SEE))


def find_selected(asked: Asked, selection: Selection) -> Asked:
    """The same list in its order, but only the `selection` of it, whatever it was asked for."""
    question = replace(asked.question, values={}, written={}, search="", refused=())
    return replace(asked, question=question, found=None, selection=selection)


async def count(
    connection: AsyncConnection,
    condition: ColumnElement[bool],
    shape: ListShape,
    *,
    most: int = MOST_COUNTED,
) -> int:
    """How many there are; `most` + 1 for any more."""
    some = select(shape.key).where(condition).limit(most + 1)
    counted = select(func.count()).select_from(some.subquery())
    return int((await connection.execute(counted)).scalar_one())


async def client_named(connection: AsyncConnection, asked: Asked) -> str:
    """The name of the client whom the list is asked for by his id; "" for one whom the asker may
    not see."""
    value = asked.question.values.get("client_id")
    if not isinstance(value, Among):
        return ""
    query = select(clients.c.name).where(
        clients.c.id == value.ids[0], visible_clients(asked.asking.actor)
    )
    return str((await connection.execute(query)).scalar_one_or_none() or "")


async def sums(connection: AsyncConnection, asked: Asked) -> tuple[tuple[str, int], ...]:
    """Of deals their amounts by currency, the largest first; () for what has no amount."""
    table = asked.shape.table
    if "amount" not in table.c:
        return ()
    query = (
        select(table.c.currency, func.sum(table.c.amount))
        .where(asked.condition())
        .group_by(table.c.currency)
    )
    found = [(code, int(amount)) for code, amount in await connection.execute(query) if amount]
    return tuple(sorted(found, key=lambda each: -each[1]))


async def read_page(
    connection: AsyncConnection,
    asked: Asked,
    cursor: Cursor | None = None,
    *,
    limit: int = PAGE,
    condition: ColumnElement[bool] | None = None,
    few: bool = False,
) -> ListPage:
    """A page of the list in its order; of what a search found, all of it, the best first.

    `few`: there are at most MOST_COUNTED. They are gathered and then sorted, where walking through
    a million in their order for some hundreds took a second.
    """
    wanted = asked.condition() if condition is None else condition
    shape, id_column = asked.shape, asked.shape.key
    if few:
        wanted = id_column.in_(select(id_column).where(wanted).limit(MOST_COUNTED))
    if asked.found is not None:
        query = shape.rows.where(wanted)
        places = {record_id: place for place, record_id in enumerate(asked.found)}
        rows = sorted(await _rows(connection, asked, query), key=lambda row: places[row["id"]])
        return ListPage(tuple(rows), None, None)
    order, falls = find_order(shape, asked.question.order)
    key = _key_of(order, asked.question)
    if cursor is not None and (
        type(cursor.key) is not _held_by(key) or type(cursor.id) is not _held_by(id_column)
    ):
        cursor = None  # of another order: then from the beginning
    backwards = cursor is not None and cursor.backwards
    down = falls is not backwards
    query = shape.rows.add_columns(key.label("order_key")).where(wanted)
    if cursor is not None:
        query = query.where(_beyond(key, id_column, cursor, down=down))
    way = (key.desc(), id_column.desc()) if down else (key, id_column)
    found = await _rows(connection, asked, query.order_by(*way).limit(limit + 1))
    more, rows = len(found) > limit, found[:limit]
    if backwards:
        rows.reverse()
    has_before, has_after = (more, True) if backwards else (cursor is not None, more)
    return ListPage(
        tuple(rows),
        _cursor(rows[0], backwards=True) if rows and has_before else None,
        _cursor(rows[-1]) if rows and has_after else None,
    )


async def iterate(
    storage: Storage, asked: Asked, condition: ColumnElement[bool]
) -> AsyncIterator[tuple[dict[str, Any], ...]]:
    """All rows under `condition` in the list's order, PIECE at a time; no connection is held
    between the pieces."""
    cursor: Cursor | None = None
    while True:
        async with storage.read() as connection:
            page = await read_page(connection, asked, cursor, limit=PIECE, condition=condition)
        if page.rows:
            yield page.rows
        if page.after is None:
            return
        cursor = page.after


async def _rows(
    connection: AsyncConnection, asked: Asked, query: Select[Any]
) -> list[dict[str, Any]]:
    shape = asked.shape
    found = [dict(row) for row in (await connection.execute(query)).mappings()]
    ids = [row["id"] for row in found]
    needed = {shape.columns[name].needs for name in asked.question.columns} - {""}
    for name in sorted(needed):
        gathered = await shape.gathering[name](connection, ids) if ids else {}
        for row in found:
            row[name] = gathered.get(row["id"])
    return found


def _key_of(order: Order, question: ListQuestion) -> ColumnElement[Any]:
    name, written = order.where
    if order.bare is not None and question.written.get(name) == written:
        return order.bare
    return order.key


def _held_by(key: ColumnElement[Any]) -> type:
    """What values of the column are; an Instant does not tell by itself."""
    return datetime if isinstance(key.type, Instant) else key.type.python_type


def _beyond(
    key: ColumnElement[Any], id_column: ColumnElement[Any], cursor: Cursor, *, down: bool
) -> ColumnElement[bool]:
    if key is id_column:
        return key < cursor.id if down else key > cursor.id
    if down:
        return and_(key <= cursor.key, or_(key < cursor.key, id_column < cursor.id))
    return and_(key >= cursor.key, or_(key > cursor.key, id_column > cursor.id))


def _cursor(row: dict[str, Any], *, backwards: bool = False) -> Cursor:
    return Cursor(row["order_key"], row["id"], backwards)
