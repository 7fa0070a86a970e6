"""How a task's row is read for a change and written: by the newest version, found by its text,
audited."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import RowMapping, select, update

from crm_core import audit
from crm_core.agents.people import Agent
from crm_core.agents.rights import Action
from crm_core.errors import Conflict
from crm_core.events import TaskChanged
from crm_core.search.index import reindex
from crm_core.search.kinds import SearchKind
from crm_core.storage.engine import Write
from crm_core.tasks.access import access_task
from crm_core.tasks.tables import tasks

_FOUND_BY: Final = {"text", "place", "client_id", "done_at"}


async def task_to_change(tx: Write, actor: Agent, task_id: int) -> RowMapping:
    """The row. NotFound, Forbidden as `access_task` says."""
    await access_task(tx.connection, actor, task_id, Action.EDIT)
    row = (await tx.execute(select(tasks).where(tasks.c.id == task_id))).mappings().one()
    assert isinstance(row, RowMapping)
    return row


async def open_task(tx: Write, actor: Agent, task_id: int) -> RowMapping:
    """The row of one that is still open; Conflict `already_done` else."""
    row = await task_to_change(tx, actor, task_id)
    if row["done_at"] is not None:
        raise Conflict("already_done", task_id=task_id, agent_id=row["done_by"])
    return row


def refuse_stale(task: RowMapping, version: int | None) -> None:
    """Conflict `changed_meanwhile` unless `version` is the newest (None: whatever it is)."""
    if version is not None and version != task["version"]:
        raise Conflict("changed_meanwhile", task_id=task["id"])


async def change(
    tx: Write, now: datetime, actor: Agent, before: RowMapping, action: str, values: dict[str, Any]
) -> bool:
    """Write what really differs of `values` and tell of it; whether anything did."""
    values = {name: value for name, value in values.items() if before[name] != value}
    if values:
        await write(tx, now, actor, before, action, values)
        tx.announce(TaskChanged(task_id=before["id"]))
    return bool(values)


async def write(
    tx: Write,
    now: datetime,
    actor: Agent,
    before: RowMapping,
    action: str,
    values: dict[str, Any],
    **said: str,
) -> None:
    """Write `values`, and who did so: `{field: [old, new]}` and what he `said`."""
    await tx.execute(
        update(tasks)
        .where(tasks.c.id == before["id"])
        .values(**values, version=before["version"] + 1)
    )
    if _FOUND_BY & values.keys():
        await reindex(tx, SearchKind.TASK, before["id"])
    changed = {name: [_plain(before[name]), _plain(new)] for name, new in values.items()}
    await audit.record(tx, now, actor.id, action, "task", before["id"], **{**changed, **said})


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
