"""What the entries of the audit trail are about, by the names that people gave it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.tables import agents, extensions, pause_reasons, queues
from crm_core.audit import AuditEntry
from crm_core.calls.tables import calls, dispositions
from crm_core.clients.tables import clients
from crm_core.custom_fields.tables import custom_fields, field_sections
from crm_core.deals.tables import deals, pipelines, products, stage_actions, stages
from crm_core.leads.tables import leads
from crm_core.tables import catalogue_entries
from crm_core.tags.tables import tags
from crm_core.tasks.tables import tasks

_NAMES: Final[Mapping[str, Column[Any]]] = {
    "agent": agents.c.name,
    "extension": extensions.c.number,
    "queue": queues.c.title,
    "disposition": dispositions.c.title,
    "pause_reason": pause_reasons.c.title,
    "client": clients.c.name,
    "lead": leads.c.title,
    "deal": deals.c.title,
    "pipeline": pipelines.c.title,
    "stage": stages.c.title,
    "stage_action": stage_actions.c.title,
    "product": products.c.title,
    "catalogue_entry": catalogue_entries.c.title,
    "field_section": field_sections.c.title,
    "custom_field": custom_fields.c.title,
    "tag": tags.c.title,
    "task": tasks.c.text,
}


async def name_subjects(
    connection: AsyncConnection,
    entries: Iterable[AuditEntry],
    also: Mapping[str, Column[Any]] | None = None,
) -> dict[tuple[str, str], str]:
    """Names by (subject, subject id), for what still has one; `also`: where the subjects of higher
    floors are named."""
    names = {**_NAMES, **(also or {})}
    asked: dict[str, set[int]] = defaultdict(set)
    for entry in entries:
        if entry.subject in names and entry.subject_id.isdecimal():
            asked[entry.subject].add(int(entry.subject_id))
    named: dict[tuple[str, str], str] = {}
    for subject, ids in asked.items():
        name = names[subject]
        record_id = name.table.c.id
        for found, called in await connection.execute(
            select(record_id, name).where(record_id.in_(ids))
        ):
            if called:
                named[subject, str(found)] = called
    return named


async def about_unlogged_calls(
    connection: AsyncConnection, entries: Iterable[AuditEntry]
) -> list[AuditEntry]:
    """Those about a call that the log does not hold: the flight recorder alone knew of it."""
    of_calls = [entry for entry in entries if entry.subject == "call"]
    asked = select(calls.c.call_id).where(
        calls.c.call_id.in_({entry.subject_id for entry in of_calls})
    )
    logged = set((await connection.execute(asked)).scalars()) if of_calls else set()
    return [entry for entry in of_calls if entry.subject_id not in logged]
