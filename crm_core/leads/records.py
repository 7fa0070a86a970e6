"""Leads are taken down, taken, moved, lost and reopened; each step is told."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from crm_core import audit
from crm_core.agents.people import Agent, get_agent
from crm_core.agents.rights import Action, RecordKind, Scope
from crm_core.agents.roles import Role
from crm_core.clients.access import access_client
from crm_core.clients.records import checked_client, insert_client
from crm_core.clients.tables import clients
from crm_core.clock import Clock
from crm_core.deals import moving
from crm_core.deals.moving import LEADS, Row
from crm_core.deals.pipelines import Ending, list_pipelines, pipeline_of
from crm_core.errors import Conflict, Forbidden, Invalid, NotFound
from crm_core.events import LeadChanged
from crm_core.leads.access import access_lead
from crm_core.leads.tables import leads
from crm_core.search.index import reindex
from crm_core.search.kinds import SearchKind
from crm_core.storage.engine import Storage, Write
from crm_core.tables import catalogue_entries
from crm_core.wording import existing_id, line, paragraphs

LONGEST_TITLE = 300
LONGEST_REQUEST = 20_000


@dataclass(frozen=True, slots=True)
class Party:
    """Who asks: an organisation and the person who asks for it, or a person by himself; `number`
    may hold several. He is a row of `clients` that is nobody's client yet."""

    name: str
    kind: str = "person"
    contact_name: str = ""
    number: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class NewLead:
    """What a lead begins with: who asks (`party`, or `client_id` of somebody known), and for what.

    Without a title the first line of the request is it, or the name of whoever asks.
    """

    party: Party | None = None
    client_id: int | None = None
    title: str = ""
    request: str = ""
    source_id: int | None = None
    marketing_campaign_id: int | None = None
    stage_id: int | None = None
    unowned: bool = field(default=False)


class Leads:
    """What people do with leads. `change_id` of a move takes it back; `country` is the one whose
    people write the numbers."""

    def __init__(self, storage: Storage, clock: Clock, country: str) -> None:
        self._storage = storage
        self._clock = clock
        self._country = country

    async def create(self, actor: Agent, wanted: NewLead) -> int:
        """A new lead's id, an operator's own unless it is `unowned`. Invalid: what `checked_client`
        refuses, too_long, not_a_choice, stage_retired, stage_ends; Forbidden."""
        if actor.scope(RecordKind.LEAD, Action.EDIT) is Scope.NONE:
            raise Forbidden(role=actor.role.value)
        now = self._clock.now()
        owner_id = actor.id if actor.role is Role.OPERATOR and not wanted.unowned else None
        request = paragraphs("request", wanted.request, limit=LONGEST_REQUEST)
        async with self._storage.write() as tx:
            client_id, name = await self._asker(tx, actor, owner_id, now, wanted)
            row: dict[str, Any] = {
                "client_id": client_id,
                "title": _title(wanted.title, request, name),
                "request": request,
                "source_id": await _entry(tx, "source", wanted.source_id),
                "marketing_campaign_id": await _entry(
                    tx, "marketing_campaign", wanted.marketing_campaign_id
                ),
                "owner_agent_id": owner_id,
                "stage_id": await _beginning(tx, wanted),
            }
            stamps = {"stage_since": now, "created_at": now, "updated_at": now}
            made = await tx.execute(insert(leads).values(**row, **stamps, created_by=actor.id))
            lead_id = int(made.inserted_primary_key[0])
            await moving.begin(tx, LEADS, actor, now, {**row, "id": lead_id})
            await audit.record(tx, now, actor.id, "created", "lead", lead_id, title=row["title"])
            await lead_changed(tx, {**row, "id": lead_id})
        return lead_id

    async def take(self, actor: Agent, lead_id: int) -> None:
        """Make a lead that nobody has one's own. Conflict("lead_taken", name) where it is late."""
        async with self._storage.write() as tx:
            row = await self._row(tx, actor, lead_id)
            holder = row["owner_agent_id"]
            if holder == actor.id:
                return
            if holder is not None:
                name = (await get_agent(tx.connection, holder)).name
                raise Conflict("lead_taken", name=name)
            await self._give(tx, actor, row)

    async def move(
        self,
        actor: Agent,
        lead_id: int,
        stage_id: int,
        *,
        before: int,
        loss_reason_id: int | None = None,
    ) -> int:
        """Put the lead from stage `before` into another; the change_id.

        Conflict: moved_meanwhile, lead_won_by_converting (a lead is won by becoming a client),
        lead_is_converted; Invalid: stage_retired, and `checked_reason`'s for a loss.
        """
        async with self._storage.write() as tx:
            row = await self._row(tx, actor, lead_id)
            await moving.refuse_if_moved(tx, LEADS, row, before)
            await refuse_converted(tx, row)
            _, stage = await moving.target_of(tx, LEADS, stage_id)
            if stage.ending is Ending.WON:
                raise Conflict("lead_won_by_converting", lead_id=lead_id)
            if stage.ending is Ending.LOST:
                loss_reason_id = await moving.checked_reason(tx, loss_reason_id)
            now = self._clock.now()
            more = {"touched_at": row["touched_at"] or now}
            change_id = await moving.move(
                tx, LEADS, actor, now, row, stage, loss_reason_id=loss_reason_id, **more
            )
            await lead_changed(tx, row)
        return change_id

    async def lose(
        self, actor: Agent, lead_id: int, *, before: int, reason_id: int | None = None
    ) -> int:
        """To the stage of its pipeline where leads are lost; see `move`."""
        async with self._storage.read() as connection:
            await access_lead(connection, actor, lead_id, Action.EDIT)
            query = select(leads.c.stage_id).where(leads.c.id == lead_id)
            stage_id = (await connection.execute(query)).scalar_one()
            end = (await pipeline_of(connection, RecordKind.LEAD, stage_id)).end(Ending.LOST)
        if end is None:
            raise NotFound(lead_id=lead_id)
        return await self.move(actor, lead_id, end.id, before=before, loss_reason_id=reason_id)

    async def reopen(self, actor: Agent, lead_id: int) -> int:
        """On from where it stood before it was lost. Conflict: not_closed, lead_is_converted."""
        async with self._storage.write() as tx:
            row = await self._row(tx, actor, lead_id)
            await refuse_converted(tx, row)
            stage = await moving.reopened_stage(tx, LEADS, row)
            change_id = await moving.move(tx, LEADS, actor, self._clock.now(), row, stage)
            await lead_changed(tx, row)
        return change_id

    async def undo_move(self, actor: Agent, lead_id: int, change_id: int) -> None:
        """Take one's own last move back; see `take_back`."""
        async with self._storage.write() as tx:
            row = await self._row(tx, actor, lead_id)
            await refuse_converted(tx, row)
            await moving.take_back(tx, LEADS, actor, self._clock.now(), row, change_id)
            await lead_changed(tx, row)

    async def tick(self, actor: Agent, lead_id: int, action_id: int, *, done: bool) -> None:
        """Note that an action of a stage was done, or was not. Raises NotFound."""
        async with self._storage.write() as tx:
            row, now = await self._row(tx, actor, lead_id), self._clock.now()
            if await moving.tick(tx, LEADS, actor, now, row, action_id, done=done):
                await touch(tx, lead_id, now)
                await lead_changed(tx, row)

    async def touch(self, actor: Agent, lead_id: int) -> None:
        """Somebody does something about it: from now on it is fresh no more."""
        async with self._storage.write() as tx:
            row = await self._row(tx, actor, lead_id)
            if row["touched_at"] is None:
                await touch(tx, lead_id, self._clock.now())
                await lead_changed(tx, row)

    async def _asker(
        self, tx: Write, actor: Agent, owner_id: int | None, now: datetime, wanted: NewLead
    ) -> tuple[int, str]:
        if wanted.client_id is not None:
            client = await access_client(tx.connection, actor, wanted.client_id)
            return client.id, client.name
        if wanted.party is None:
            raise Invalid("name", "required")
        party = wanted.party
        new = checked_client(
            self._country,
            name=party.name,
            kind=party.kind,
            number=party.number,
            email=party.email,
            contact_name=party.contact_name if party.kind == "organisation" else "",
        )
        client_id = await insert_client(
            tx, now, actor, new, client_since=None, owner_agent_id=owner_id
        )
        return client_id, new.name

    async def _row(
        self, tx: Write, actor: Agent, lead_id: int, action: Action = Action.EDIT
    ) -> dict[str, Any]:
        await access_lead(tx.connection, actor, lead_id, action)
        return await moving.row_of(tx, LEADS, lead_id)

    async def _give(self, tx: Write, actor: Agent, row: Row) -> None:
        """It is his; whoever is only a lead's belongs to whom the lead belongs."""
        now, mine = self._clock.now(), {"owner_agent_id": actor.id}
        touched = {"touched_at": row["touched_at"] or now}
        await moving.change(tx, LEADS, actor, now, row, {**mine, **touched}, "taken")
        party = clients.c.id == row["client_id"]
        await tx.execute(
            update(clients).where(party, clients.c.client_since.is_(None)).values(mine)
        )
        await lead_changed(tx, row)


async def lead_changed(tx: Write, row: Row) -> None:
    """What every change of a lead ends with."""
    await reindex(tx, SearchKind.LEAD, row["id"])
    tx.announce(LeadChanged(lead_id=row["id"], client_id=row["client_id"]))


async def touch(tx: Write, lead_id: int, now: datetime) -> None:
    """Note the first thing that was done about a lead; later ones change nothing."""
    fresh = (leads.c.id == lead_id) & leads.c.touched_at.is_(None)
    await tx.execute(update(leads).where(fresh).values(touched_at=now))


async def refuse_converted(tx: Write, row: Row) -> None:
    """Conflict("lead_is_converted") for one that has become a client."""
    pipeline = await pipeline_of(tx.connection, RecordKind.LEAD, row["stage_id"])
    if pipeline.stage(row["stage_id"]).ending is Ending.WON:
        raise Conflict("lead_is_converted", lead_id=row["id"])


def _title(title: str, request: str, name: str) -> str:
    written = title.strip() or request.partition("\n")[0][:100].strip() or name
    return line("title", written, limit=LONGEST_TITLE)


async def _entry(tx: Write, catalogue: str, entry_id: int | None) -> int | None:
    if entry_id is None:
        return None
    query = select(catalogue_entries.c.id).where(
        catalogue_entries.c.id == existing_id(entry_id),
        catalogue_entries.c.catalogue == catalogue,
        catalogue_entries.c.active,
    )
    if (await tx.execute(query)).first() is None:
        raise Invalid(catalogue, "not_a_choice")
    return entry_id


async def _beginning(tx: Write, wanted: NewLead) -> int:
    if wanted.stage_id is not None:
        _, stage = await moving.target_of(tx, LEADS, wanted.stage_id)
        if stage.ending is not None:
            raise Invalid("stage", "stage_ends", title=stage.title)
        return stage.id
    for pipeline in await list_pipelines(tx.connection, RecordKind.LEAD):
        if pipeline.first is not None:
            return pipeline.first.id
    raise Conflict("no_pipeline")
