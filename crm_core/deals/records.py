"""Deals are made, moved, won, lost and reopened; each step is told and audited."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import insert, select

from crm_core import audit
from crm_core.agents.people import Agent
from crm_core.agents.rights import Action, RecordKind, Scope
from crm_core.clients.access import access_client
from crm_core.clients.tables import contacts
from crm_core.clock import Clock
from crm_core.deals import moving
from crm_core.deals.access import access_deal
from crm_core.deals.moving import DEALS, Row
from crm_core.deals.pipelines import Ending, list_pipelines
from crm_core.deals.tables import deals
from crm_core.errors import Conflict, Forbidden, Invalid, NotFound
from crm_core.events import DealChanged
from crm_core.money import LARGEST_AMOUNT, checked_currency
from crm_core.search.index import reindex
from crm_core.search.kinds import SearchKind
from crm_core.storage.engine import Storage, Write
from crm_core.wording import existing_id, line, whole

LONGEST_TITLE = 300


@dataclass(frozen=True, slots=True)
class NewDeal:
    """What a deal begins with; without a stage it begins at the beginning of the first pipeline.

    `amount` in the smallest unit of `currency`, which is the pipeline's when empty.
    """

    title: str
    client_id: int
    stage_id: int | None = None
    amount: int = 0
    currency: str = ""
    expected_on: date | None = None
    contact_id: int | None = None


class Deals:
    """What people do with deals. `change_id` of a move takes it back."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    async def create(self, actor: Agent, wanted: NewDeal) -> int:
        """A new deal's id, owned by whoever made it. Invalid: required, too_long, stage_retired,
        stage_ends, amount; NotFound for a client that he may not see; Forbidden."""
        async with self._storage.write() as tx:
            return await self.create_in(tx, actor, wanted)

    async def create_in(self, tx: Write, actor: Agent, wanted: NewDeal) -> int:
        """The same within somebody's transaction."""
        if actor.scope(RecordKind.DEAL, Action.EDIT) is Scope.NONE:
            raise Forbidden(role=actor.role.value)
        now, title = self._clock.now(), line("title", wanted.title, limit=LONGEST_TITLE)
        await access_client(tx.connection, actor, wanted.client_id)
        stage_id, currency = await _beginning(tx, wanted)
        row = {
            "client_id": wanted.client_id,
            "contact_id": await _contact(tx, wanted),
            "title": title,
            "owner_agent_id": actor.id,
            "stage_id": stage_id,
            "amount": whole("amount", wanted.amount, least=0, most=LARGEST_AMOUNT),
            "currency": currency,
            "expected_on": wanted.expected_on,
        }
        made = await tx.execute(
            insert(deals).values(
                **row, stage_since=now, created_at=now, created_by=actor.id, updated_at=now
            )
        )
        deal_id = int(made.inserted_primary_key[0])
        await moving.begin(tx, DEALS, actor, now, {**row, "id": deal_id})
        await audit.record(tx, now, actor.id, "created", "deal", deal_id, title=title)
        await deal_changed(tx, {**row, "id": deal_id})
        return deal_id

    async def move(
        self,
        actor: Agent,
        deal_id: int,
        stage_id: int,
        *,
        before: int,
        loss_reason_id: int | None = None,
    ) -> int:
        """Put the deal from stage `before` into another; the change_id.

        Conflict("moved_meanwhile", agent, stage) where it no longer is in `before`; Invalid:
        stage_retired, and what `checked_reason` refuses where the stage is a loss.
        """
        async with self._storage.write() as tx:
            row = await self._row(tx, actor, deal_id)
            await moving.refuse_if_moved(tx, DEALS, row, before)
            _, stage = await moving.target_of(tx, DEALS, stage_id)
            if stage.ending is Ending.LOST:
                loss_reason_id = await moving.checked_reason(tx, loss_reason_id)
            change_id = await moving.move(
                tx, DEALS, actor, self._clock.now(), row, stage, loss_reason_id=loss_reason_id
            )
            await deal_changed(tx, row)
        return change_id

    async def win(self, actor: Agent, deal_id: int, *, before: int) -> int:
        """To the stage of its pipeline where deals are won; see `move`."""
        return await self.move(actor, deal_id, await self._end(deal_id, Ending.WON), before=before)

    async def lose(
        self, actor: Agent, deal_id: int, *, before: int, reason_id: int | None = None
    ) -> int:
        """To the stage of its pipeline where deals are lost; see `move`."""
        stage_id = await self._end(deal_id, Ending.LOST)
        return await self.move(actor, deal_id, stage_id, before=before, loss_reason_id=reason_id)

    async def reopen(self, actor: Agent, deal_id: int) -> int:
        """On from where it stood before it was closed. Conflict: not_closed, no_stage_to_begin."""
        async with self._storage.write() as tx:
            row = await self._row(tx, actor, deal_id)
            stage = await moving.reopened_stage(tx, DEALS, row)
            change_id = await moving.move(tx, DEALS, actor, self._clock.now(), row, stage)
            await deal_changed(tx, row)
        return change_id

    async def undo_move(self, actor: Agent, deal_id: int, change_id: int) -> None:
        """Take one's own last move back; see `take_back`."""
        async with self._storage.write() as tx:
            row = await self._row(tx, actor, deal_id)
            await moving.take_back(tx, DEALS, actor, self._clock.now(), row, change_id)
            await deal_changed(tx, row)

    async def tick(self, actor: Agent, deal_id: int, action_id: int, *, done: bool) -> None:
        """Note that an action of a stage was done, or was not. Raises NotFound."""
        async with self._storage.write() as tx:
            row = await self._row(tx, actor, deal_id)
            if await moving.tick(tx, DEALS, actor, self._clock.now(), row, action_id, done=done):
                await deal_changed(tx, row)

    async def _row(
        self, tx: Write, actor: Agent, deal_id: int, action: Action = Action.EDIT
    ) -> dict[str, Any]:
        await access_deal(tx.connection, actor, deal_id, action)
        return await moving.row_of(tx, DEALS, deal_id)

    async def _end(self, deal_id: int, ending: Ending) -> int:
        async with self._storage.read() as connection:
            query = select(deals.c.stage_id).where(deals.c.id == existing_id(deal_id))
            stage_id = (await connection.execute(query)).scalar_one_or_none()
            for pipeline in await list_pipelines(connection, RecordKind.DEAL, active=None):
                end = pipeline.end(ending)
                if end is not None and any(stage.id == stage_id for stage in pipeline.stages):
                    return end.id
        raise NotFound(deal_id=deal_id)


async def deal_changed(tx: Write, row: Row) -> None:
    """What every change of a deal ends with."""
    await reindex(tx, SearchKind.DEAL, row["id"])
    tx.announce(DealChanged(deal_id=row["id"], client_id=row["client_id"]))


async def _beginning(tx: Write, wanted: NewDeal) -> tuple[int, str]:
    """The stage that the deal begins in, and its currency."""
    if wanted.stage_id is not None:
        pipeline, stage = await moving.target_of(tx, DEALS, wanted.stage_id)
        if stage.ending is not None:
            raise Invalid("stage", "stage_ends", title=stage.title)
    else:
        offered = await list_pipelines(tx.connection, RecordKind.DEAL)
        found = next(((each, each.first) for each in offered if each.first), None)
        if found is None or found[1] is None:
            raise Conflict("no_pipeline")
        pipeline, stage = found[0], found[1]
    return stage.id, checked_currency("currency", wanted.currency or pipeline.currency)


async def _contact(tx: Write, wanted: NewDeal) -> int | None:
    if wanted.contact_id is None:
        return None
    query = select(contacts.c.id).where(
        contacts.c.id == existing_id(wanted.contact_id), contacts.c.client_id == wanted.client_id
    )
    if (await tx.execute(query)).first() is None:
        raise Invalid("contact", "not_a_choice")
    return wanted.contact_id
