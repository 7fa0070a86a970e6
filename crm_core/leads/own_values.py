"""The own fields of a lead go along when it becomes a client: to those of the client and the deal
that mean the same and say nothing yet; taken back with the conversion."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Table, select, update

from crm_core import audit
from crm_core.agents.people import Agent
from crm_core.agents.rights import Action
from crm_core.clients.access import may
from crm_core.clients.tables import clients
from crm_core.custom_fields.alike import Fitting, fitting, lacking
from crm_core.custom_fields.reading import PREFIX, list_fields
from crm_core.deals.moving import Row
from crm_core.deals.tables import deals
from crm_core.search.index import reindex
from crm_core.search.kinds import SearchKind
from crm_core.storage.engine import Connection, Write

Carried = dict[str, dict[str, Any]]
"""{"client": {key: value}, "deal": {key: value}}: what was put where nothing stood."""
TARGETS: Final[Mapping[str, Table]] = {"client": clients, "deal": deals}


async def list_fitting(
    connection: Connection, values: Mapping[str, Any], kind: str
) -> list[Fitting]:
    """What of a lead's `fields` has a place in those of a client or a deal."""
    of_lead = await list_fields(connection, "lead")
    return fitting(of_lead, values, await list_fields(connection, kind)) if of_lead else []


async def carry(
    tx: Write, actor: Agent, now: datetime, lead: Row, party_id: int, deal_id: int | None
) -> Carried:
    """Put the lead's values where nothing stands, and what was written of whoever asked
    (`party_id`) where he is made one with a client; which they were. A client that the person may
    not edit is left as he is."""
    carried, client_id = Carried(), lead["client_id"]
    of_party = await _fields(tx, "client", party_id) if party_id != client_id else {}
    mine = await may(tx.connection, actor, client_id, Action.EDIT)
    for kind, record_id in (("client", client_id if mine else None), ("deal", deal_id)):
        if record_id is None:
            continue
        standing = await _fields(tx, kind, record_id)
        fits = await list_fitting(tx.connection, lead["fields"] or {}, kind)
        put = lacking(fits, standing)
        if kind == "client":
            put |= {key: value for key, value in of_party.items() if key not in standing}
        if put:
            await _keep(tx, actor, now, kind, record_id, standing, {**standing, **put})
            carried[kind] = put
    return carried


async def take_away(
    tx: Write, actor: Agent, now: datetime, client_id: int, carried: Mapping[str, Any]
) -> None:
    """What was put into the client goes again, where it still stands as it was put; a deal goes
    with all that is in it."""
    standing = await _fields(tx, "client", client_id)
    put = carried.get("client", {})
    left = {key: value for key, value in standing.items() if put.get(key) != value}
    if left != standing:
        await _keep(tx, actor, now, "client", client_id, standing, left)


async def _fields(tx: Write, kind: str, record_id: int) -> dict[str, Any]:
    table = TARGETS[kind]
    query = select(table.c.fields).where(table.c.id == record_id)
    return dict((await tx.execute(query)).scalar_one() or {})


async def _keep(
    tx: Write,
    actor: Agent,
    now: datetime,
    kind: str,
    record_id: int,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    """The history tells it as if it had been filled in; nobody has worked on the record yet."""
    table = TARGETS[kind]
    await tx.execute(update(table).where(table.c.id == record_id).values(fields=dict(after)))
    keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    said = {f"{PREFIX}{key}": [before.get(key), after.get(key)] for key in keys}
    await audit.record(tx, now, actor.id, "edited", kind, record_id, **said)
    await reindex(tx, SearchKind(kind), record_id)
