"""From stage to stage: leads and deals are moved alike, told alike and taken back alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, delete, insert, select, update

from crm_core import audit
from crm_core.agents.people import Agent
from crm_core.agents.rights import RecordKind
from crm_core.agents.roles import id_of
from crm_core.agents.tables import agents
from crm_core.deals.pipelines import Ending, Pipeline, Stage, pipeline_of
from crm_core.deals.tables import deals, done_actions, stage_actions, stage_changes, stages
from crm_core.errors import Conflict, Invalid, NotFound
from crm_core.leads.tables import leads
from crm_core.storage.engine import Write
from crm_core.tables import catalogue_entries
from crm_core.wording import existing_id

MOVED: Final = "moved"
MOVE_UNDONE: Final = "move_undone"

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Trail:
    """One of the two kinds of record that go through stages: its table, and its key elsewhere."""

    kind: RecordKind
    table: Table
    key: str

    def mine(self, record_id: int) -> ColumnElement[bool]:
        """The stage changes of one record."""
        same: ColumnElement[bool] = stage_changes.c[self.key] == record_id
        return same


DEALS: Final = Trail(RecordKind.DEAL, deals, "deal_id")
LEADS: Final = Trail(RecordKind.LEAD, leads, "lead_id")


async def row_of(tx: Write, trail: Trail, record_id: int) -> dict[str, Any]:
    """The record as it is stored; whoever asks has been let in by its door."""
    query = select(trail.table).where(trail.table.c.id == existing_id(record_id))
    row = (await tx.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFound(record_id=record_id)
    return dict(row)


async def target_of(tx: Write, trail: Trail, stage_id: int) -> tuple[Pipeline, Stage]:
    """A stage that a record may be moved to. Invalid("stage", "stage_retired")."""
    pipeline = await pipeline_of(tx.connection, trail.kind, existing_id(stage_id))
    stage = pipeline.stage(stage_id)
    if not stage.active or not pipeline.active:
        raise Invalid("stage", "stage_retired", title=stage.title)
    return pipeline, stage


async def begin(tx: Write, trail: Trail, actor: Agent | None, now: datetime, row: Row) -> None:
    """The first line of a new record's way."""
    await tx.execute(
        insert(stage_changes).values(
            **{"client_id": row["client_id"], trail.key: row["id"]},
            to_stage_id=row["stage_id"],
            at=now,
            agent_id=id_of(actor),
        )
    )


async def refuse_if_moved(tx: Write, trail: Trail, row: Row, before: int) -> None:
    """Conflict("moved_meanwhile", agent, stage) where the record is no longer in stage `before`."""
    if row["stage_id"] == before:
        return
    query = (
        select(agents.c.name)
        .select_from(stage_changes)
        .join(agents, agents.c.id == stage_changes.c.agent_id)
        .where(trail.mine(row["id"]))
        .order_by(stage_changes.c.id.desc())
        .limit(1)
    )
    who = (await tx.execute(query)).scalar_one_or_none()
    title = await _title(tx, row["stage_id"])
    raise Conflict("moved_meanwhile", agent=who or "", stage=title, stage_id=row["stage_id"])


async def move(
    tx: Write,
    trail: Trail,
    actor: Agent | None,
    now: datetime,
    row: Row,
    stage: Stage,
    *,
    loss_reason_id: int | None = None,
    **more: Any,
) -> int:
    """Put the record into `stage`, with `more` columns; the id by which it is taken back."""
    values: dict[str, Any] = {
        "stage_id": stage.id,
        "stage_since": now,
        "closed_at": now if stage.ending else None,
        "loss_reason_id": loss_reason_id if stage.ending is Ending.LOST else None,
        **more,
    }
    step = await tx.execute(
        insert(stage_changes).values(
            **{"client_id": row["client_id"], trail.key: row["id"]},
            from_stage_id=row["stage_id"],
            to_stage_id=stage.id,
            at=now,
            agent_id=id_of(actor),
        )
    )
    [step_id] = step.inserted_primary_key
    before = await _title(tx, row["stage_id"])
    said = {"step_id": int(step_id), "stage": [before, stage.title]}
    return await change(tx, trail, actor, now, row, values, MOVED, **said)


async def take_back(
    tx: Write, trail: Trail, actor: Agent, now: datetime, row: Row, change_id: int
) -> None:
    """Undo a move of one's own, if nothing has moved the record since: as if it had not been.

    NotFound for what was no such move; Conflict("moved_meanwhile").
    """
    entry = await audit.find_entry(tx.connection, existing_id(change_id))
    about = (trail.kind.value, str(row["id"]))
    if (
        entry is None
        or entry.action != MOVED
        or entry.agent_id != actor.id
        or (entry.subject, entry.subject_id) != about
    ):
        raise NotFound(change_id=change_id)
    last = select(stage_changes.c.id).where(trail.mine(row["id"]))
    last_id = (await tx.execute(last.order_by(stage_changes.c.id.desc()).limit(1))).scalar_one()
    if last_id != entry.details["step_id"]:
        await refuse_if_moved(tx, trail, row, before=0)
    await tx.execute(delete(stage_changes).where(stage_changes.c.id == last_id))
    values = {
        name: _restored(name, pair[0])
        for name, pair in entry.details.items()
        if name in trail.table.c
    }
    await change(tx, trail, actor, now, row, values, MOVE_UNDONE)


async def change(
    tx: Write,
    trail: Trail,
    actor: Agent | None,
    now: datetime,
    row: Row,
    values: Mapping[str, Any],
    action: str,
    **said: Any,
) -> int:
    """Write the columns, count the version, tell the audit trail; the entry's id."""
    changed = audit.changes(row, values)
    await tx.execute(
        update(trail.table)
        .where(trail.table.c.id == row["id"])
        .values(**values, updated_at=now, version=trail.table.c.version + 1)
    )
    details = {name: [_plain(old), _plain(new)] for name, (old, new) in changed.items()}
    kind = trail.kind.value
    return await audit.record(tx, now, id_of(actor), action, kind, row["id"], **details, **said)


async def checked_reason(tx: Write, reason_id: int | None) -> int | None:
    """The reason of a loss: one of the office's list, and none only where the list is empty.

    Invalid("loss_reason"): required, not_a_choice.
    """
    offered = select(catalogue_entries.c.id).where(
        catalogue_entries.c.catalogue == "loss_reason", catalogue_entries.c.active
    )
    known = set((await tx.execute(offered)).scalars())
    if reason_id is None and known:
        raise Invalid("loss_reason", "required")
    if reason_id is not None and reason_id not in known:
        raise Invalid("loss_reason", "not_a_choice")
    return reason_id


async def tick(
    tx: Write,
    trail: Trail,
    actor: Agent,
    now: datetime,
    row: Row,
    action_id: int,
    *,
    done: bool,
) -> bool:
    """Note that an action of some stage was done for the record, or was not; whether that is news.

    Raises NotFound for what is no action.
    """
    title = select(stage_actions.c.title).where(stage_actions.c.id == existing_id(action_id))
    called = (await tx.execute(title)).scalar_one_or_none()
    if called is None:
        raise NotFound(action_id=action_id)
    mine = (done_actions.c.action_id == action_id) & (done_actions.c[trail.key] == row["id"])
    ticked = (await tx.execute(select(done_actions.c.id).where(mine))).first() is not None
    if ticked == done:
        return False
    if done:
        values = {"action_id": action_id, trail.key: row["id"], "done_by": actor.id}
        await tx.execute(insert(done_actions).values(**values, done_at=now))
    else:
        await tx.execute(delete(done_actions).where(mine))
    word = "action_done" if done else "action_not_done"
    await audit.record(tx, now, actor.id, word, trail.kind.value, row["id"], title=called)
    return True


async def reopened_stage(tx: Write, trail: Trail, row: Row) -> Stage:
    """Where a closed record goes on: where it stood before it was closed, else at the beginning."""
    pipeline = await pipeline_of(tx.connection, trail.kind, row["stage_id"])
    if pipeline.stage(row["stage_id"]).ending is None:
        raise Conflict("not_closed", record_id=row["id"])
    offered = {stage.id: stage for stage in pipeline.in_use if stage.ending is None}
    query = (
        select(stage_changes.c.from_stage_id)
        .where(trail.mine(row["id"]), stage_changes.c.from_stage_id.in_(list(offered)))
        .order_by(stage_changes.c.id.desc())
        .limit(1)
    )
    before = (await tx.execute(query)).scalar_one_or_none()
    stage = offered.get(before) if before else pipeline.first
    if stage is None:
        raise Conflict("no_stage_to_begin", title=pipeline.title)
    return stage


async def _title(tx: Write, stage_id: int) -> str:
    query = select(stages.c.title).where(stages.c.id == stage_id)
    return str((await tx.execute(query)).scalar_one())


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _restored(name: str, value: Any) -> Any:
    is_instant = name.endswith(("_at", "_since")) and isinstance(value, str)
    return datetime.fromisoformat(value) if is_instant else value
