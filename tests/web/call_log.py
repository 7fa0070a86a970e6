"""Calls and tasks of the past, written straight into the tables: what the pages then show."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert

from crm_core.calls.tables import (
    call_holds,
    call_offers,
    call_talks,
    call_transfers,
    calls,
    wrap_ups,
)
from crm_core.tasks.tables import tasks
from tests.web.conftest import Office

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    """`seconds` after nine o'clock."""
    return NINE + timedelta(seconds=seconds)


async def log_call(office: Office, call_id: str, **values: Any) -> str:
    """An inbound call of a stranger that Anna answered, but for what `values` say."""
    row = {
        "direction": "inbound",
        "caller": "+74951112233",
        "number": "+74951112233",
        "dialled": "74950000000",
        "outcome": "answered",
        "started_at": NINE,
        "answered_at": at(5),
        "ended_at": at(65),
        "wait_seconds": 5,
        "talk_seconds": 60,
        "ended_by": "client",
        "hangup_cause": 16,
    } | values
    async with office.services.storage.write() as tx:
        await tx.execute(insert(calls).values(call_id=call_id, **row))
    return call_id


async def log_offer(office: Office, call_id: str, agent_id: int, phone: str, result: str) -> None:
    """The phone rang for five seconds."""
    async with office.services.storage.write() as tx:
        await tx.execute(
            insert(call_offers).values(
                call_id=call_id,
                interface=phone,
                agent_id=agent_id,
                offered_at=NINE,
                ended_at=at(5),
                result=result,
            )
        )


async def log_talk(
    office: Office, call_id: str, agent_id: int, phone: str, start: float = 5, end: float = 65
) -> None:
    """Somebody talked from `start` to `end`, in seconds after nine."""
    async with office.services.storage.write() as tx:
        await tx.execute(
            insert(call_talks).values(
                call_id=call_id,
                interface=phone,
                agent_id=agent_id,
                started_at=at(start),
                ended_at=at(end),
            )
        )


async def log_transfer(office: Office, call_id: str, source: str, target: str) -> None:
    """A hold of ten seconds, then a transfer, thirty seconds after nine."""
    async with office.services.storage.write() as tx:
        hold = {"interface": source, "started_at": at(20), "ended_at": at(30)}
        await tx.execute(insert(call_holds).values(call_id=call_id, **hold))
        move = {"kind": "attended", "at": at(30), "from_interface": source, "to": target}
        await tx.execute(insert(call_transfers).values(call_id=call_id, **move))


async def log_note(
    office: Office,
    call_id: str,
    agent_id: int,
    note: str,
    *,
    disposition_id: int | None = None,
    task_id: int | None = None,
) -> None:
    """A wrap-up that was saved."""
    async with office.services.storage.write() as tx:
        await tx.execute(
            insert(wrap_ups).values(
                call_id=call_id,
                agent_id=agent_id,
                note=note,
                disposition_id=disposition_id,
                task_id=task_id,
                started_at=at(65),
                finished_at=at(80),
                ending="saved",
            )
        )


async def add_task(office: Office, text: str, **values: Any) -> int:
    """An open next step of Anna's, due in an hour, but for what `values` say."""
    row = {
        "kind": "next_step",
        "assignee_agent_id": office.cast.anna.id,
        "due_at": at(3600),
        "created_at": NINE,
    } | values
    async with office.services.storage.write() as tx:
        made = await tx.execute(insert(tasks).values(text=text, **row))
        return int(made.inserted_primary_key[0])
