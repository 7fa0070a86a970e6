"""The audit is written with the change it tells of, and read in pages."""

from datetime import timedelta

import pytest

from crm_core import audit
from crm_core.clock import ManualClock
from crm_core.storage.engine import Storage
from tests.cast import Cast


async def test_entries_come_newest_first_in_pages_without_gaps(
    storage: Storage, clock: ManualClock, cast: Cast
) -> None:
    async with storage.write() as tx:
        for n in range(7):
            await audit.record(tx, clock.now(), cast.dina.id, "edited", "thing", n, n=[n, n + 1])
    seen: list[str] = []
    before = None
    async with storage.read() as connection:
        while page := await audit.list_audit(connection, before_id=before, limit=3):
            seen += [entry.subject_id for entry in page]
            before = page[-1].id
    assert seen == ["6", "5", "4", "3", "2", "1", "0"]


async def test_what_is_written_late_stands_where_it_happened(
    storage: Storage, clock: ManualClock, cast: Cast
) -> None:
    now = clock.now()
    minutes = (5, 1, 9, 1, 7, 3, 9)  # ago, in the order of writing
    async with storage.write() as tx:
        for n, ago in enumerate(minutes):
            at = now - timedelta(minutes=ago)
            await audit.record(tx, at, cast.dina.id, "edited", "thing", n)
    seen: list[str] = []
    before = None
    async with storage.read() as connection:
        while page := await audit.list_audit(connection, before_id=before, limit=2):
            seen += [entry.subject_id for entry in page]
            before = page[-1].id
    assert seen == ["3", "1", "5", "0", "4", "6", "2"]


async def test_entries_are_found_by_subject_and_by_who_did_it(
    storage: Storage, clock: ManualClock, cast: Cast
) -> None:
    async with storage.write() as tx:
        await audit.record(tx, clock.now(), cast.dina.id, "edited", "client", 7)
        await audit.record(tx, clock.now(), None, "created", "client", 8, name="Ромашка")
        await audit.record(tx, clock.now(), cast.anna.id, "edited", "queue", 7)
    async with storage.read() as connection:
        (seven,) = await audit.list_audit(connection, subject="client", subject_id=7)
        (anna,) = await audit.list_audit(connection, agent_id=cast.anna.id)
        (by_system,) = await audit.list_audit(connection, subject="client", subject_id="8")
    assert (seven.agent_name, seven.at) == ("Dina Belova", clock.now())
    assert anna.subject == "queue"
    assert (by_system.agent_id, by_system.agent_name) == (None, None)
    assert by_system.details == {"name": "Ромашка"}


async def test_a_change_that_is_rolled_back_leaves_no_entry(
    storage: Storage, clock: ManualClock, cast: Cast
) -> None:
    async def fails() -> None:
        async with storage.write() as tx:
            await audit.record(tx, clock.now(), cast.dina.id, "edited", "client", 7)
            raise RuntimeError("the change itself fails")

    with pytest.raises(RuntimeError):
        await fails()
    async with storage.read() as connection:
        assert await audit.list_audit(connection) == []


def test_changes_are_only_what_differs() -> None:
    before = {"name": "Old", "kind": "person", "note": ""}
    assert audit.changes(before, {"name": "New", "kind": "person"}) == {"name": ["Old", "New"]}
