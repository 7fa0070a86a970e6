"""Stories out of the tables and back into them: a few statements for any number of calls."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Table, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import UpdateBase

from crm_core.calls import tables
from crm_core.calls.story import HoldRow, OfferRow, Story, TalkRow, TransferRow
from crm_core.storage.engine import Write
from crm_core.storage.hot import HotSelect, rows_of
from crm_core.storage.hot_write import HotWrite
from crm_core.tasks.tables import tasks
from telephony.events import Direction

CALL_COLUMNS: Final = (
    *("call_id", "direction", "caller", "caller_name", "dialled", "number", "queue", "outcome"),
    *("started_at", "answered_at", "ended_at", "wait_seconds", "talk_seconds", "hold_seconds"),
    *("ended_by", "hangup_cause", "complete"),
)

_OFFER_COLUMNS = ["interface", "offered_at", "agent_id", "queue", "ended_at", "result"]
_TALK_COLUMNS = ["interface", "started_at", "agent_id", "ended_at"]
_HOLD_COLUMNS = ["interface", "started_at", "parked", "ended_at"]
_TRANSFER_COLUMNS = ["kind", "at", "from_interface", "to"]
_LEG_COLUMNS = [
    *("uniqueid", "channel", "interface", "role"),
    *("started_at", "answered_at", "ended_at", "cause"),
]


def _upsert(table: Table, columns: list[str], keys: list[str], changing: list[str]) -> HotWrite:
    """`INSERT … ON CONFLICT (keys) DO UPDATE` for both engines."""
    statements: dict[str, UpdateBase] = {}
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql)):
        insert = dialect.insert(table).values(
            {each: bindparam(each, type_=table.c[each].type) for each in columns}
        )
        statements[name] = insert.on_conflict_do_update(
            index_elements=keys, set_={each: insert.excluded[each] for each in changing}
        )
    return HotWrite(statements)


_CALLS = _upsert(
    tables.calls,
    [*CALL_COLUMNS, "client_id"],
    ["call_id"],
    [c for c in CALL_COLUMNS if c != "call_id"],
)
_LINKEDIDS = _upsert(tables.call_linkedids, ["linkedid", "call_id"], ["linkedid"], ["call_id"])
_OFFERS = _upsert(
    tables.call_offers,
    ["call_id", *_OFFER_COLUMNS],
    ["call_id", "interface", "offered_at"],
    ["agent_id", "queue", "ended_at", "result"],
)
_TALKS = _upsert(
    tables.call_talks,
    ["call_id", *_TALK_COLUMNS],
    ["call_id", "interface", "started_at"],
    ["agent_id", "ended_at"],
)
_HOLDS = _upsert(
    tables.call_holds,
    ["call_id", *_HOLD_COLUMNS],
    ["call_id", "interface", "started_at"],
    ["parked", "ended_at"],
)
_TRANSFERS = _upsert(
    tables.call_transfers,
    ["call_id", *_TRANSFER_COLUMNS],
    ["call_id", "at", "from_interface"],
    ["kind", "to"],
)
_LEGS = _upsert(
    tables.call_legs,
    ["call_id", *_LEG_COLUMNS],
    ["uniqueid"],
    ["call_id", *_LEG_COLUMNS[1:]],
)
_RELINK = HotWrite.same(
    update(tables.calls)
    .where(tables.calls.c.call_id == bindparam("the_call"))
    .values(client_id=bindparam("the_client"))
)


def _remove(table: Table, *keys: str) -> HotWrite:
    statement = delete(table)
    for key in keys:
        statement = statement.where(table.c[key] == bindparam(f"the_{key}"))
    return HotWrite.same(statement)


_DROP_OFFER = _remove(tables.call_offers, "call_id", "interface", "offered_at")
_DROP_HOLD = _remove(tables.call_holds, "call_id", "interface", "started_at")
_DROP_TRANSFER = _remove(tables.call_transfers, "call_id", "from_interface", "at")

FEW: Final = 4  # ids: beyond it a statement for all is cheaper than one for each
_ID = bindparam("id", type_=tables.calls.c.call_id.type)
_ONE_KNOWN = HotSelect(select(tables.calls.c.call_id).where(tables.calls.c.call_id == _ID))
_ONE_ALIAS = HotSelect(
    select(tables.call_linkedids.c.linkedid, tables.call_linkedids.c.call_id).where(
        tables.call_linkedids.c.linkedid == _ID
    )
)
_KNOWN = select(tables.calls).where(tables.calls.c.call_id.in_(bindparam("ids", expanding=True)))
_ALIASES = select(tables.call_linkedids.c.linkedid, tables.call_linkedids.c.call_id).where(
    tables.call_linkedids.c.linkedid.in_(bindparam("ids", expanding=True))
)


def _children(table: Table, *order: str) -> Any:
    return (
        select(table)
        .where(table.c.call_id.in_(bindparam("ids", expanding=True)))
        .order_by(*(table.c[each] for each in order))
    )


_LINKEDIDS_OF = _children(tables.call_linkedids)
_OFFERS_OF = _children(tables.call_offers, "offered_at", "id")
_TALKS_OF = _children(tables.call_talks, "started_at", "id")
_HOLDS_OF = _children(tables.call_holds, "started_at", "id")
_TRANSFERS_OF = _children(tables.call_transfers, "at", "id")


async def find_new(connection: AsyncConnection, ids: Collection[str]) -> set[str]:
    """Those of `ids` that name nothing stored, where they are few: asked in one trip, since a phone
    waits for the answer. Of many, none: the statements for many say it as soon."""
    if not 0 < len(ids) <= FEW:
        return set()
    asked = [(each, {"id": one}) for one in ids for each in (_ONE_ALIAS, _ONE_KNOWN)]
    found = await rows_of(connection, *asked)
    return {one for one, *rows in zip(ids, found[::2], found[1::2], strict=True) if not any(rows)}


async def find_aliases(connection: AsyncConnection, ids: Collection[str]) -> dict[str, str]:
    """Which calls the linkedids among `ids` belong to now."""
    rows = (await connection.execute(_ALIASES, {"ids": list(ids)})).mappings()
    return {row["linkedid"]: row["call_id"] for row in rows}


async def find_stories(connection: AsyncConnection, ids: Collection[str]) -> dict[str, Story]:
    """The stored calls among `ids`, with their children, by call id."""
    rows = (await connection.execute(_KNOWN, {"ids": list(ids)})).mappings()
    stories = {row["call_id"]: _story(row) for row in rows}
    if stories:
        await _fill(connection, stories)
    return stories


def _story(row: Mapping[Any, Any]) -> Story:
    values = {column: row[column] for column in CALL_COLUMNS}
    values["direction"] = Direction(values["direction"])
    return Story(**values, client_id=row["client_id"], dirty=False, stored=True)


async def _fill(connection: AsyncConnection, stories: dict[str, Story]) -> None:
    ids = {"ids": list(stories)}
    for row in await connection.execute(_LINKEDIDS_OF, ids):
        stories[row.call_id].linkedids.add(row.linkedid)
    for row in await connection.execute(_OFFERS_OF, ids):
        values = {column: getattr(row, column) for column in _OFFER_COLUMNS}
        stories[row.call_id].offers.append(OfferRow(**values, dirty=False))
    for row in await connection.execute(_TALKS_OF, ids):
        values = {column: getattr(row, column) for column in _TALK_COLUMNS}
        stories[row.call_id].talks.append(TalkRow(**values, dirty=False))
    for row in await connection.execute(_HOLDS_OF, ids):
        values = {column: getattr(row, column) for column in _HOLD_COLUMNS}
        stories[row.call_id].holds.append(HoldRow(**values, dirty=False))
    for row in await connection.execute(_TRANSFERS_OF, ids):
        values = {column: getattr(row, column) for column in _TRANSFER_COLUMNS}
        stories[row.call_id].transfers.append(TransferRow(**values, dirty=False))


async def write_stories(tx: Write, stories: Iterable[Story], relinked: Iterable[Story]) -> None:
    """Write what is dirty in `stories`, in as many statements as there are tables concerned."""
    stories = list(stories)
    connection = tx.connection
    many: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for story in stories:
        _collect(story, many)
    await _CALLS.run(connection, many["calls"])
    for story in stories:
        for absorbed_id in story.absorbed:
            await _move(tx, absorbed_id, story.call_id)
    links = [{"the_call": each.call_id, "the_client": each.client_id} for each in relinked]
    await _RELINK.run(connection, links)
    await _DROP_OFFER.run(connection, many["gone_offers"])
    await _DROP_HOLD.run(connection, many["gone_holds"])
    await _DROP_TRANSFER.run(connection, many["gone_transfers"])
    await _LINKEDIDS.run(connection, many["linkedids"])
    await _OFFERS.run(connection, many["offers"])
    await _TALKS.run(connection, many["talks"])
    await _HOLDS.run(connection, many["holds"])
    await _TRANSFERS.run(connection, many["transfers"])
    await _LEGS.run(connection, many["legs"])


def _collect(story: Story, many: dict[str, list[dict[str, Any]]]) -> None:
    key = {"call_id": story.call_id}
    if story.dirty or not story.stored:
        row = {column: getattr(story, column) for column in CALL_COLUMNS}
        row["direction"] = story.direction.value
        many["calls"].append({**row, "client_id": story.client_id})
    many["linkedids"] += [{**key, "linkedid": each} for each in story.new_linkedids]
    many["offers"] += [_row(key, each, _OFFER_COLUMNS) for each in story.offers if each.dirty]
    many["talks"] += [_row(key, each, _TALK_COLUMNS) for each in story.talks if each.dirty]
    many["holds"] += [_row(key, each, _HOLD_COLUMNS) for each in story.holds if each.dirty]
    many["transfers"] += [
        _row(key, each, _TRANSFER_COLUMNS) for each in story.transfers if each.dirty
    ]
    many["legs"] += [{**_row(key, leg, _LEG_COLUMNS), "role": leg.role.value} for leg in story.legs]
    the_call = {"the_call_id": story.call_id}
    for offer in story.gone_offers:
        at = {"the_interface": offer.interface, "the_offered_at": offer.offered_at}
        many["gone_offers"].append({**the_call, **at})
    for hold in story.gone_holds:
        at = {"the_interface": hold.interface, "the_started_at": hold.started_at}
        many["gone_holds"].append({**the_call, **at})
    for move in story.gone_transfers:
        at = {"the_from_interface": move.from_interface, "the_at": move.at}
        many["gone_transfers"].append({**the_call, **at})


def _row(key: dict[str, Any], source: object, columns: list[str]) -> dict[str, Any]:
    return {**key, **{column: getattr(source, column) for column in columns}}


async def _move(tx: Write, absorbed_id: str, call_id: str) -> None:
    """What hangs on an absorbed call moves to the survivor before its row goes."""
    both = select(tables.wrap_ups.c.agent_id).where(tables.wrap_ups.c.call_id == call_id)
    wrap_ups = tables.wrap_ups
    await tx.execute(
        update(wrap_ups)
        .where(wrap_ups.c.call_id == absorbed_id, wrap_ups.c.agent_id.not_in(both))
        .values(call_id=call_id)
    )
    await _join_notes(tx, absorbed_id, call_id)
    for table in (tables.call_legs, tables.call_linkedids, tasks):
        await tx.execute(
            update(table).where(table.c.call_id == absorbed_id).values(call_id=call_id)
        )
    await tx.execute(
        update(tasks).where(tasks.c.done_call_id == absorbed_id).values(done_call_id=call_id)
    )
    await tx.execute(delete(tables.calls).where(tables.calls.c.call_id == absorbed_id))


async def _join_notes(tx: Write, absorbed_id: str, call_id: str) -> None:
    """An agent with notes on both calls keeps both texts, on the survivor."""
    wrap_ups = tables.wrap_ups
    rows = await tx.execute(
        select(wrap_ups.c.agent_id, wrap_ups.c.note).where(wrap_ups.c.call_id == absorbed_id)
    )
    for agent_id, note in rows.all():
        if note:
            mine = (wrap_ups.c.call_id == call_id) & (wrap_ups.c.agent_id == agent_id)
            first = (await tx.execute(select(wrap_ups.c.note).where(mine))).scalar_one()
            await tx.execute(
                update(wrap_ups).where(mine).values(note="\n".join(filter(None, [first, note])))
            )


def written(story: Story) -> None:
    """Mark all of `story` as stored, after the commit."""
    story.stored, story.dirty, story.to_link = True, False, False
    rows: list[OfferRow | TalkRow | HoldRow | TransferRow] = [*story.offers, *story.talks]
    for row in (*rows, *story.holds, *story.transfers):
        row.dirty = False
    story.new_linkedids, story.legs, story.absorbed = set(), [], []
    story.gone_offers, story.gone_holds, story.gone_transfers = [], [], []
