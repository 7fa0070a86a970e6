"""A lead becomes a client, a contact and a deal: in one transaction, without losing a line.

Whoever asked is a row of `clients` already, so that becoming a client moves nothing; where he turns
out to be a client that is known, all that hangs on him moves there (`merging`).
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core import audit
from crm_core.agents.people import Agent
from crm_core.agents.rights import Action, RecordKind
from crm_core.audit import AuditEntry
from crm_core.clients.access import access_client
from crm_core.clients.merging import merge, part
from crm_core.clients.tables import clients, contacts, files, notes
from crm_core.clients.touching import touch_client
from crm_core.clock import Clock
from crm_core.deals import moving
from crm_core.deals.moving import LEADS, Row
from crm_core.deals.pipelines import Ending, Stage, pipeline_of
from crm_core.deals.records import Deals, NewDeal, deal_changed
from crm_core.deals.tables import deal_lines, deals, done_actions, stage_changes
from crm_core.errors import Conflict, Invalid, NotFound
from crm_core.events import ClientChanged, TaskChanged
from crm_core.leads.access import access_lead
from crm_core.leads.own_values import Carried, carry, take_away
from crm_core.leads.records import lead_changed, refuse_converted
from crm_core.search.index import reindex
from crm_core.search.kinds import SearchKind
from crm_core.storage.engine import Storage, Write
from crm_core.tables import audit as audit_trail
from crm_core.tasks.tables import tasks
from crm_core.wording import existing_id

CONVERTED: Final = "converted"
UNCONVERTED: Final = "conversion_undone"


@dataclass(frozen=True, slots=True)
class DealWish:
    """The deal that comes out of a lead; an empty title is the lead's."""

    title: str = ""
    stage_id: int | None = None
    amount: int = 0
    currency: str = ""
    expected_on: date | None = None


@dataclass(frozen=True, slots=True)
class Converted:
    """What a lead became; `change_id` takes it back. `carried`: the values of its own fields that
    went along."""

    change_id: int
    client_id: int
    deal_id: int | None
    carried: Carried


class Conversion:
    """Converts leads, and takes it back as long as nothing was built on it."""

    def __init__(self, storage: Storage, clock: Clock, deals_made_by: Deals) -> None:
        self._storage = storage
        self._clock = clock
        self._deals = deals_made_by

    async def convert(
        self,
        actor: Agent,
        lead_id: int,
        *,
        into_client_id: int | None = None,
        deal: DealWish | None = None,
    ) -> Converted:
        """Make whoever asked a client, or one with the client `into_client_id`; `deal` None: none.

        Conflict: lead_is_converted; Invalid("into", "client_is_a_lead") for whoever is none
        himself; what `access_client` and `Deals.create` refuse.
        """
        async with self._storage.write() as tx:
            row, now = await self._lead(tx, actor, lead_id), self._clock.now()
            await refuse_converted(tx, row)
            won = await _won_stage(tx, row)
            tasks_before = await _open_tasks(tx, lead_id)
            became = await self._become_client(tx, actor, now, row, into_client_id)
            client_id = into_client_id or row["client_id"]
            row = {**row, "client_id": client_id}
            deal_id = await self._make_deal(tx, actor, row, deal) if deal else None
            if deal_id is not None:
                await tx.execute(
                    update(tasks).where(tasks.c.id.in_(tasks_before)).values(deal_id=deal_id)
                )
            carried = await carry(tx, actor, now, row, became["party_id"], deal_id)
            more: dict[str, Any] = {"deal_id": deal_id, "touched_at": row["touched_at"] or now}
            move_id = await moving.move(tx, LEADS, actor, now, row, won, **more)
            change_id = await audit.record(
                tx,
                now,
                actor.id,
                CONVERTED,
                "lead",
                lead_id,
                move_id=move_id,
                client_id=client_id,
                deal_id=deal_id,
                deal_tasks=tasks_before if deal_id is not None else [],
                carried=carried,
                **became,
            )
            await lead_changed(tx, row)
            tx.announce(*(TaskChanged(task_id=each) for each in tasks_before))
        return Converted(change_id, client_id, deal_id, carried)

    async def undo(self, actor: Agent, lead_id: int, change_id: int) -> None:
        """As if it had not been converted. NotFound for what was no such conversion;
        Conflict("built_on") where something was built on it since."""
        async with self._storage.write() as tx:
            row, now = await self._lead(tx, actor, lead_id), self._clock.now()
            entry = await _entry_of(tx, actor, lead_id, change_id)
            await _refuse_built_on(tx, row, entry)
            deal_id, details = entry.details["deal_id"], entry.details
            # While it is the conversion's own deal, the lead's tasks only lean on it.
            given = tasks.c.id.in_(details["deal_tasks"])
            await tx.execute(update(tasks).where(given).values(deal_id=None))
            await moving.take_back(tx, LEADS, actor, now, row, details["move_id"])
            if deal_id is not None:
                await _remove_deal(tx, row, deal_id)
            await take_away(tx, actor, now, details["client_id"], details.get("carried", {}))
            await self._become_lead(tx, actor, now, details)
            await audit.record(tx, now, actor.id, UNCONVERTED, "lead", lead_id)
            await lead_changed(tx, {**row, "client_id": details["party_id"]})
            tx.announce(*(TaskChanged(task_id=each) for each in details["deal_tasks"]))

    async def _lead(self, tx: Write, actor: Agent, lead_id: int) -> dict[str, Any]:
        await access_lead(tx.connection, actor, lead_id, Action.EDIT)
        return await moving.row_of(tx, LEADS, lead_id)

    async def _become_client(
        self, tx: Write, actor: Agent, now: datetime, row: Row, into_id: int | None
    ) -> dict[str, Any]:
        """What has to be known to undo it: who asked, whether he was made a client or merged."""
        party_id = row["client_id"]
        if into_id is None or into_id == party_id:
            fresh = (clients.c.id == party_id) & clients.c.client_since.is_(None)
            made = await tx.execute(update(clients).where(fresh).values(client_since=now))
            await touch_client(tx, now, party_id)
            if made.rowcount:
                await audit.record(tx, now, actor.id, "became_client", "client", party_id)
            return {"party_id": party_id, "made_client": bool(made.rowcount), "merged": None}
        await access_client(tx.connection, actor, into_id, Action.EDIT)
        query = select(clients.c.id).where(
            clients.c.id.in_((into_id, party_id)), clients.c.client_since.is_not(None)
        )
        known = set((await tx.execute(query)).scalars())
        if into_id not in known:
            raise Invalid("into", "client_is_a_lead")
        if party_id in known:
            # The lead is of somebody who is a client already: two clients are merged elsewhere.
            raise Invalid("into", "is_client_already")
        merged = await merge(tx, now, actor.id, party_id, into_id)
        await touch_client(tx, now, into_id)
        await reindex(tx, SearchKind.CLIENT, party_id)  # who is found no more
        await audit.record(tx, now, actor.id, "merged", "client", into_id, from_id=party_id)
        tx.announce(ClientChanged(client_id=party_id))
        return {"party_id": party_id, "made_client": False, "merged": merged}

    async def _become_lead(self, tx: Write, actor: Agent, now: datetime, details: Any) -> None:
        party_id, merged = details["party_id"], details["merged"]
        if details["made_client"]:
            mine = clients.c.id == party_id
            await tx.execute(update(clients).where(mine).values(client_since=None))
        if merged is not None:
            await part(tx, now, actor.id, party_id, details["client_id"], merged)
            await touch_client(tx, now, details["client_id"])
        await touch_client(tx, now, party_id)

    async def _make_deal(self, tx: Write, actor: Agent, row: Row, wish: DealWish) -> int:
        first = select(func.min(contacts.c.id)).where(contacts.c.client_id == row["client_id"])
        wanted = NewDeal(
            title=wish.title or row["title"],
            client_id=row["client_id"],
            stage_id=wish.stage_id,
            amount=wish.amount,
            currency=wish.currency,
            expected_on=wish.expected_on,
            contact_id=(await tx.execute(first)).scalar_one_or_none(),
        )
        deal_id = await self._deals.create_in(tx, actor, wanted)
        owner_id = row["owner_agent_id"]
        if owner_id is not None and owner_id != actor.id:
            mine = deals.c.id == deal_id
            await tx.execute(update(deals).where(mine).values(owner_agent_id=owner_id))
        return deal_id


async def _won_stage(tx: Write, row: Row) -> Stage:
    pipeline = await pipeline_of(tx.connection, RecordKind.LEAD, row["stage_id"])
    won = pipeline.end(Ending.WON)
    if won is None:
        raise Conflict("no_pipeline")
    return won


async def _open_tasks(tx: Write, lead_id: int) -> list[int]:
    """What was promised about the lead is now promised about its deal."""
    query = select(tasks.c.id).where(
        tasks.c.lead_id == lead_id, tasks.c.done_at.is_(None), tasks.c.deal_id.is_(None)
    )
    return list((await tx.execute(query)).scalars())


async def find_conversion(connection: AsyncConnection, actor: Agent, lead_id: int) -> int | None:
    """The change by which this person made the lead a client, where it still holds."""
    query = (
        select(audit_trail.c.id, audit_trail.c.action)
        .where(
            audit_trail.c.subject == "lead",
            audit_trail.c.subject_id == str(lead_id),
            audit_trail.c.action.in_((CONVERTED, UNCONVERTED)),
            audit_trail.c.agent_id == actor.id,
        )
        .order_by(audit_trail.c.id.desc())
        .limit(1)
    )
    last = (await connection.execute(query)).one_or_none()
    return last.id if last is not None and last.action == CONVERTED else None


async def _entry_of(tx: Write, actor: Agent, lead_id: int, change_id: int) -> AuditEntry:
    entry = await audit.find_entry(tx.connection, existing_id(change_id))
    if (
        entry is None
        or entry.action != CONVERTED
        or (entry.subject, entry.subject_id) != ("lead", str(lead_id))
        or entry.agent_id != actor.id
    ):
        raise NotFound(change_id=change_id)
    return entry


async def _refuse_built_on(tx: Write, row: Row, entry: AuditEntry) -> None:
    """A deal that was worked on, or a client who got another one, is not taken away again."""
    deal_id, details = entry.details["deal_id"], entry.details
    if row["deal_id"] != deal_id or row["client_id"] != details["client_id"]:
        raise Conflict("built_on", lead_id=row["id"])
    if details["made_client"]:
        others = select(deals.c.id).where(
            deals.c.client_id == details["client_id"], deals.c.id != (deal_id or 0)
        )
        if (await tx.execute(others.limit(1))).first() is not None:
            raise Conflict("built_on", lead_id=row["id"])
    if deal_id is None:
        return
    deal = (await tx.execute(select(deals).where(deals.c.id == deal_id))).mappings().one()
    hangs = [
        select(func.count()).where(table.c.deal_id == deal_id)
        for table in (deal_lines, done_actions, notes, files)
    ]
    hangs.append(
        select(func.count()).where(
            tasks.c.deal_id == deal_id, tasks.c.id.not_in(details["deal_tasks"])
        )
    )
    if deal["version"] != 1 or sum([(await tx.execute(each)).scalar_one() for each in hangs]):
        raise Conflict("built_on", lead_id=row["id"])


async def _remove_deal(tx: Write, row: Row, deal_id: int) -> None:
    await tx.execute(delete(stage_changes).where(stage_changes.c.deal_id == deal_id))
    await tx.execute(delete(deals).where(deals.c.id == deal_id))
    await deal_changed(tx, {"id": deal_id, "client_id": row["client_id"]})
