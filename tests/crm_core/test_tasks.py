"""Tasks are promised, changed, handed over, done and taken back, by those who may."""

from datetime import datetime, timedelta, timezone

import pytest

from crm_core.agents.people import Agent
from crm_core.audit import list_audit
from crm_core.clock import ManualClock
from crm_core.errors import Conflict, CrmError, Invalid, NotFound
from crm_core.events import TaskChanged, TaskDone
from crm_core.storage.engine import Storage
from crm_core.tasks.next_step import NextStep
from crm_core.tasks.queries import (
    Scope,
    TaskFilter,
    TaskRow,
    count_tasks,
    get_task,
    list_tasks,
    open_tasks_of,
)
from crm_core.tasks.records import Tasks
from tests.cast import Cast
from tests.crm_core.duty import on_duty
from tests.crm_core.telling import STRANGER, missed_call, told


@pytest.fixture
def tasks(storage: Storage, clock: ManualClock) -> Tasks:
    return Tasks(storage, clock)


async def read(storage: Storage, task_id: int) -> TaskRow:
    async with storage.read() as connection:
        return await get_task(connection, None, task_id)


async def promise(
    tasks: Tasks, clock: ManualClock, actor: Agent, hours: float = 1, **values: int | str
) -> int:
    values = values or {"assignee_agent_id": actor.id}
    step = NextStep("Send the offer", clock.now() + timedelta(hours=hours), **values)  # type: ignore[arg-type]
    return await tasks.create(actor, step)


@pytest.mark.parametrize(
    ("text", "hours", "who", "field", "code"),
    [
        ("  ", 1, {"assignee_agent_id": 1}, "text", "required"),
        ("x" * 2001, 1, {"assignee_agent_id": 1}, "text", "too_long"),
        ("x", -1, {"assignee_agent_id": 1}, "due_at", "past"),
        ("x", 24 * 366 * 6, {"assignee_agent_id": 1}, "due_at", "too_far"),
        ("x", 1, {}, "assignee", "required"),
        ("x", 1, {"assignee_agent_id": 1, "queue": "sales"}, "assignee", "ambiguous"),
        ("x", 1, {"assignee_agent_id": 10**12}, "assignee", "unknown"),
        ("x", 1, {"queue": "nobody's"}, "queue", "unknown"),
    ],
)
async def test_a_step_that_cannot_be_kept_is_refused_by_a_code(
    storage: Storage,
    cast: Cast,
    clock: ManualClock,
    tasks: Tasks,
    text: str,
    hours: float,
    who: dict[str, int | str],
    field: str,
    code: str,
) -> None:
    step = NextStep(text, clock.now() + timedelta(hours=hours), **who)  # type: ignore[arg-type]
    with pytest.raises(Invalid) as refused:
        await tasks.create(cast.anna, step)
    assert (refused.value.field, refused.value.code) == (field, code)


async def test_a_due_time_without_a_zone_is_refused_and_any_zone_is_understood(
    storage: Storage, cast: Cast, clock: ManualClock, tasks: Tasks
) -> None:
    naive = datetime(2030, 1, 1, 12)  # noqa: DTZ001 - what a careless form would send
    with pytest.raises(Invalid, match="zone_missing"):
        await tasks.create(cast.anna, NextStep("x", naive, cast.anna.id))
    moscow = datetime(2026, 3, 3, 12, tzinfo=timezone(timedelta(hours=3)))
    task_id = await tasks.create(cast.anna, NextStep("x", moscow, cast.anna.id))
    assert (await read(storage, task_id)).due_at == moscow


async def test_a_task_is_edited_by_its_newest_version_only(
    storage: Storage, cast: Cast, clock: ManualClock, tasks: Tasks
) -> None:
    task_id = await promise(tasks, clock, cast.anna)
    later = clock.now() + timedelta(days=2)
    await tasks.edit(cast.anna, task_id, 1, text="Send two offers", due_at=later)
    with pytest.raises(Conflict, match="changed_meanwhile"):
        await tasks.edit(cast.anna, task_id, 1, text="Send three")
    task = await read(storage, task_id)
    assert (task.text, task.due_at, task.version) == ("Send two offers", later, 2)


async def test_an_edit_that_cannot_be_kept_is_refused(
    storage: Storage, cast: Cast, clock: ManualClock, tasks: Tasks
) -> None:
    task_id = await promise(tasks, clock, cast.anna)
    with pytest.raises(Invalid, match="past"):
        await tasks.edit(cast.anna, task_id, 1, due_at=clock.now() - timedelta(hours=1))
    with pytest.raises(Invalid, match="required"):
        await tasks.edit(cast.anna, task_id, 1, text=" ")
    await tasks.edit(cast.anna, task_id, 1, text="Send the offer")
    assert (await read(storage, task_id)).version == 1


async def test_done_cancelled_and_undone(
    storage: Storage, cast: Cast, clock: ManualClock, tasks: Tasks
) -> None:
    heard: list[object] = []
    storage.on_commit = heard.extend
    task_id = await promise(tasks, clock, cast.anna)
    await tasks.done(cast.anna, task_id)
    with pytest.raises(Conflict, match="already_done"):
        await tasks.cancel(cast.anna, task_id)
    task = await read(storage, task_id)
    assert (task.ending, task.doer_name, task.done_at) == ("done", "Anna Orlova", clock.now())
    await tasks.reopen(cast.anna, task_id)
    await tasks.reopen(cast.anna, task_id)
    task = await read(storage, task_id)
    assert (task.ending, task.done_at, task.doer_name) == (None, None, None)
    await tasks.cancel(cast.anna, task_id)
    assert (await read(storage, task_id)).ending == "cancelled"
    changed, done = TaskChanged(task_id=task_id), TaskDone(task_id=task_id, ending="done")
    assert heard == [changed, done, changed, TaskDone(task_id=task_id, ending="cancelled")]


async def test_a_task_is_handed_over_to_a_colleague_or_a_team_and_taken_by_one(
    storage: Storage, cast: Cast, clock: ManualClock, tasks: Tasks
) -> None:
    task_id = await promise(tasks, clock, cast.anna)
    await tasks.hand_over(cast.anna, task_id, 1, queue="sales")
    assert (await read(storage, task_id)).assignee_agent_id is None
    await tasks.take(cast.boris, task_id)
    await tasks.take(cast.boris, task_id)
    assert (await read(storage, task_id)).assignee_name == "Boris Klimov"
    with pytest.raises(Conflict, match="already_taken") as refused:
        await tasks.take(cast.anna, task_id)
    assert refused.value.values["agent_id"] == cast.boris.id
    with pytest.raises(Invalid, match="required"):
        await tasks.hand_over(cast.boris, task_id, 3)


async def test_each_change_is_in_the_audit(
    storage: Storage, cast: Cast, clock: ManualClock, tasks: Tasks
) -> None:
    task_id = await promise(tasks, clock, cast.anna)
    await tasks.hand_over(cast.anna, task_id, 1, assignee_agent_id=cast.boris.id)
    await tasks.done(cast.boris, task_id)
    async with storage.read() as connection:
        entries = await list_audit(connection, subject="task", subject_id=task_id)
    assert [(entry.action, entry.agent_name) for entry in entries] == [
        ("done", "Boris Klimov"),
        ("handed_over", "Anna Orlova"),
    ]
    assert entries[1].details["assignee_agent_id"] == [cast.anna.id, cast.boris.id]


async def test_operators_see_their_own_and_their_teams_tasks_and_others_see_all(
    storage: Storage, cast: Cast, clock: ManualClock, tasks: Tasks
) -> None:
    mine = await promise(tasks, clock, cast.anna)
    boriss = await promise(tasks, clock, cast.boris)
    teams = await promise(tasks, clock, cast.boris, queue="sales")
    support = await promise(tasks, clock, cast.boris, queue="support")
    step = NextStep("x", clock.now() + timedelta(hours=1), cast.boris.id)
    owned = await tasks.create(cast.boris, step, client_id=cast.romashka)

    async def seen(actor: Agent, scope: Scope = Scope.ALL) -> set[int]:
        async with storage.read() as connection:
            page = await list_tasks(connection, actor, TaskFilter(scope=scope))
            assert await count_tasks(connection, actor, TaskFilter(scope=scope)) == len(page.rows)
        return {row.id for row in page.rows}

    assert await seen(cast.anna) == {mine, teams, owned}
    assert await seen(cast.anna, Scope.MINE) == {mine}
    assert await seen(cast.anna, Scope.TEAM) == {teams}
    assert await seen(cast.boris) == {boriss, teams, support, owned}
    for everything in (cast.vera, cast.grigory, cast.dina):
        assert await seen(everything) == {mine, boriss, teams, support, owned}


async def test_a_task_that_one_may_not_see_looks_as_if_it_were_missing(
    storage: Storage, cast: Cast, clock: ManualClock, tasks: Tasks
) -> None:
    task_id = await promise(tasks, clock, cast.boris)
    for attempt in (
        tasks.done(cast.anna, task_id),
        tasks.cancel(cast.anna, task_id),
        tasks.reopen(cast.anna, task_id),
        tasks.take(cast.anna, task_id),
        tasks.edit(cast.anna, task_id, 1, text="mine now"),
        tasks.hand_over(cast.anna, task_id, 1, assignee_agent_id=cast.anna.id),
        tasks.done(cast.anna, 10**12),
    ):
        with pytest.raises(NotFound):
            await attempt
    async with storage.read() as connection:
        with pytest.raises(NotFound):
            await get_task(connection, cast.anna, task_id)
    assert (await read(storage, task_id)).version == 1


async def test_lists_come_in_pages_and_the_first_due_first(
    storage: Storage, cast: Cast, clock: ManualClock, tasks: Tasks
) -> None:
    due = [3.0, 1.0, 2.0, 2.0, 1.0]
    ids = [await promise(tasks, clock, cast.anna, hours) for hours in due]
    collected: list[int] = []
    after = None
    async with storage.read() as connection:
        while True:
            page = await list_tasks(connection, cast.anna, TaskFilter(), after=after, limit=2)
            collected += [row.id for row in page.rows]
            if page.next is None:
                break
            after = page.next
    assert collected == [ids[1], ids[4], ids[2], ids[3], ids[0]]


async def test_what_is_overdue_can_be_asked_for(
    storage: Storage, cast: Cast, clock: ManualClock, tasks: Tasks
) -> None:
    late = await promise(tasks, clock, cast.anna, 1)
    await promise(tasks, clock, cast.anna, 10)
    await clock.advance(2 * 3600)
    async with storage.read() as connection:
        asked = TaskFilter(overdue_at=clock.now())
        page = await list_tasks(connection, cast.anna, asked)
    assert [(row.id, row.is_overdue(clock.now())) for row in page.rows] == [(late, True)]


async def test_a_card_knows_what_is_open_with_the_client_whoever_has_it(
    storage: Storage, cast: Cast, clock: ManualClock, tasks: Tasks
) -> None:
    step = NextStep("x", clock.now() + timedelta(hours=1), cast.boris.id)
    task_id = await tasks.create(cast.boris, step, client_id=cast.romashka)
    async with storage.read() as connection:
        found = await open_tasks_of(connection, client_id=cast.romashka, number="")
        assert [row.id for row in found] == [task_id]
        assert await open_tasks_of(connection, client_id=None, number="") == ()


async def test_an_undone_callback_never_stands_beside_a_newer_one(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    await clock.advance(60)
    async with on_duty(storage, clock) as duty:
        await duty.hear(missed_call(told("1.1", caller=STRANGER, queue="sales")))
        async with storage.read() as connection:
            [first] = (await list_tasks(connection, None, TaskFilter())).rows
        await duty.tasks.done(cast.anna, first.id)
        await duty.hear(missed_call(told("1.2", caller=STRANGER, queue="sales"), 100))
        with pytest.raises(Conflict, match="another_open"):
            await duty.tasks.reopen(cast.vera, first.id)


async def test_a_client_that_is_none_cannot_be_promised_anything(
    storage: Storage, cast: Cast, clock: ManualClock, tasks: Tasks
) -> None:
    step = NextStep("x", clock.now() + timedelta(hours=1), cast.anna.id)
    with pytest.raises(CrmError, match="not_found"):
        await tasks.create(cast.anna, step, client_id=4711)
