"""A promise that repeats brings its next occurrence, is taken back with it, changed and ended."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from crm_core.audit import list_audit
from crm_core.clock import ManualClock
from crm_core.errors import Conflict, CrmError, Invalid, NotFound
from crm_core.events import ReminderDue, TaskChanged, TaskDone
from crm_core.storage.engine import Storage
from crm_core.tasks.about import NOBODY, About
from crm_core.tasks.comments import Comments, list_comments
from crm_core.tasks.next_step import NextStep, OwedBy, PromiseKind
from crm_core.tasks.queries import Scope, TaskFilter, TaskRow, get_task, list_tasks
from crm_core.tasks.records import Tasks
from crm_core.tasks.recurrence import Pattern, Recurrence
from crm_core.tasks.reminders import Reminders, list_ringing
from crm_core.tasks.tables import tasks as table
from tests.cast import Cast

TUESDAY = datetime(2026, 3, 3, 7, 0, tzinfo=UTC)  # 10:00 in Moscow
FORTNIGHT = Recurrence(Pattern.WEEK, every=2)


@pytest.fixture
def tasks(storage: Storage, clock: ManualClock) -> Tasks:
    return Tasks(storage, clock)


def step(cast: Cast, **values: Any) -> NextStep:
    said = {"repeat": FORTNIGHT, "zone": "Europe/Moscow", **values}
    return NextStep("Call about the order", TUESDAY, cast.anna.id, **said)


async def read(storage: Storage, task_id: int) -> TaskRow:
    async with storage.read() as connection:
        return await get_task(connection, None, task_id)


async def open_ones(storage: Storage, cast: Cast) -> list[TaskRow]:
    async with storage.read() as connection:
        found = await list_tasks(connection, cast.anna, TaskFilter(scope=Scope.MINE))
    return list(found.rows)


async def test_what_is_done_brings_the_next_one_with_all_that_belongs_to_it(
    storage: Storage, cast: Cast, tasks: Tasks
) -> None:
    heard: list[object] = []
    storage.on_commit = heard.extend
    said = step(
        cast,
        kind=PromiseKind.MEETING,
        ends_at=TUESDAY + timedelta(hours=1),
        place="At their office",
        remind_seconds=600,
    )
    first = await tasks.create(cast.anna, said, client_id=cast.romashka)
    heard.clear()
    await tasks.done(cast.anna, first)
    [following] = await open_ones(storage, cast)
    assert following.due_at == TUESDAY + timedelta(days=14)
    assert following.ends_at == following.due_at + timedelta(hours=1)
    assert following.remind_at == following.due_at - timedelta(minutes=10)
    assert (following.kind, following.place, following.text, following.client_id) == (
        "meeting",
        "At their office",
        "Call about the order",
        cast.romashka,
    )
    assert following.series_id == first == (await read(storage, first)).series_id
    assert heard == [TaskDone(task_id=first, ending="done"), TaskChanged(task_id=following.id)]


async def test_what_is_cancelled_brings_the_next_one_as_well(
    storage: Storage, cast: Cast, tasks: Tasks
) -> None:
    first = await tasks.create(cast.anna, step(cast))
    await tasks.cancel(cast.anna, first)
    assert [task.due_at for task in await open_ones(storage, cast)] == [
        TUESDAY + timedelta(days=14)
    ]


async def test_what_was_put_off_comes_again_on_its_own_day(
    storage: Storage, cast: Cast, tasks: Tasks, clock: ManualClock
) -> None:
    first = await tasks.create(cast.anna, step(cast))
    await tasks.edit(cast.anna, first, 1, due_at=TUESDAY + timedelta(days=2, hours=3))
    await tasks.done(cast.anna, first)
    [following] = await open_ones(storage, cast)
    assert following.due_at == TUESDAY + timedelta(days=14)


async def test_undo_takes_the_next_one_back_while_nobody_has_touched_it(
    storage: Storage, cast: Cast, tasks: Tasks
) -> None:
    first = await tasks.create(cast.anna, step(cast))
    await tasks.done(cast.anna, first)
    await tasks.reopen(cast.anna, first)
    assert [task.id for task in await open_ones(storage, cast)] == [first]
    await tasks.done(cast.anna, first)
    [following] = await open_ones(storage, cast)
    assert following.due_at == TUESDAY + timedelta(days=14)


@pytest.mark.parametrize("touch", ["edited", "commented", "done"])
async def test_undo_leaves_a_next_one_that_somebody_has_touched_and_does_not_bring_it_twice(
    storage: Storage, cast: Cast, tasks: Tasks, clock: ManualClock, touch: str
) -> None:
    first = await tasks.create(cast.anna, step(cast))
    await tasks.done(cast.anna, first)
    [following] = await open_ones(storage, cast)
    if touch == "edited":
        await tasks.edit(cast.anna, following.id, 1, text="Bring the samples")
    elif touch == "commented":
        await Comments(storage, clock).add(cast.vera, following.id, "Take the samples")
    else:
        await tasks.done(cast.anna, following.id)
    before = {task.id for task in await open_ones(storage, cast)}
    await tasks.reopen(cast.anna, first)
    assert {task.id for task in await open_ones(storage, cast)} == {first, *before}
    await tasks.done(cast.anna, first)
    assert {task.id for task in await open_ones(storage, cast)} == before


async def test_a_change_of_all_later_ones_goes_on_with_them(
    storage: Storage, cast: Cast, tasks: Tasks
) -> None:
    first = await tasks.create(cast.anna, step(cast))
    monthly = Recurrence(Pattern.LAST_DAY)
    said = step(cast, repeat=monthly, place="Here")
    await tasks.rewrite(cast.anna, first, 1, said, NOBODY)
    await tasks.done(cast.anna, first)
    [following] = await open_ones(storage, cast)
    assert following.due_at == datetime(2026, 3, 31, 7, tzinfo=UTC)
    assert following.place == "Here"


async def test_a_change_of_this_one_only_leaves_the_others_as_they_were(
    storage: Storage, cast: Cast, tasks: Tasks
) -> None:
    first = await tasks.create(cast.anna, step(cast))
    await tasks.rewrite(cast.anna, first, 1, step(cast, place="Here"), NOBODY, only_this=True)
    this, later = await open_ones(storage, cast)
    assert (this.id, this.place, this.rrule) == (first, "Here", "")
    assert (later.due_at, later.place) == (TUESDAY + timedelta(days=14), "")
    await tasks.done(cast.anna, first)
    assert [task.id for task in await open_ones(storage, cast)] == [later.id]


async def test_a_series_that_was_ended_or_has_run_out_brings_nothing(
    storage: Storage, cast: Cast, tasks: Tasks
) -> None:
    first = await tasks.create(cast.anna, step(cast))
    await tasks.end_series(cast.anna, first)
    await tasks.done(cast.anna, first)
    twice = await tasks.create(cast.anna, step(cast, repeat=Recurrence(Pattern.DAY, count=2)))
    await tasks.done(cast.anna, twice)
    [last] = await open_ones(storage, cast)
    await tasks.done(cast.anna, last.id)
    assert await open_ones(storage, cast) == []
    async with storage.read() as connection:
        audit = await list_audit(connection, subject="task", subject_id=first)
    assert [entry.action for entry in audit] == ["done", "series_ended"]


async def test_two_who_tick_it_off_at_once_bring_one_next_one(
    storage: Storage, cast: Cast, tasks: Tasks
) -> None:
    first = await tasks.create(cast.anna, step(cast))
    await tasks.done(cast.anna, first)
    with pytest.raises(Conflict, match="already_done"):
        await tasks.done(cast.anna, first)
    assert len(await open_ones(storage, cast)) == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"ends_at": TUESDAY}, "ends_at"),
        ({"ends_at": TUESDAY + timedelta(days=15)}, "ends_at"),
        ({"place": "x" * 301}, "place"),
        ({"remind_seconds": -1}, "remind"),
        ({"repeat": Recurrence(Pattern.DAY, every=100)}, "every"),
        ({"repeat": Recurrence(Pattern.DAY, count=0)}, "count"),
        ({"repeat": Recurrence(Pattern.DAY, until=date(2026, 3, 1))}, "until"),
    ],
)
async def test_what_cannot_be_kept_is_refused_beside_its_field(
    storage: Storage, cast: Cast, tasks: Tasks, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await tasks.create(cast.anna, step(cast, **values))
    assert refused.value.field == field


async def test_what_the_client_owes_is_ours_to_look_after(
    storage: Storage, cast: Cast, tasks: Tasks
) -> None:
    said = step(cast, repeat=None, owed_by=OwedBy.CLIENT)
    task = await read(storage, await tasks.create(cast.anna, said, About(contact_id=cast.ivan)))
    assert (task.owed_by, task.client_id, task.contact_name) == (
        "client",
        cast.romashka,
        "Иван Петров",
    )


async def test_a_task_is_about_one_client_that_its_author_may_see(
    storage: Storage, cast: Cast, tasks: Tasks, clock: ManualClock
) -> None:
    refused: list[str] = []
    for about in (
        About(cast.pavel, contact_id=cast.ivan),
        About(10**9),
        About(lead_id=1),
        About(deal_id=10**12),
    ):
        with pytest.raises(CrmError) as error:
            await tasks.create(cast.anna, step(cast), about)
        refused.append(error.value.code)
    assert refused == ["ambiguous_client", "not_found", "not_found", "not_found"]
    callback = await add_callback(storage, cast, clock)  # which has no such form
    with pytest.raises(NotFound):
        await tasks.rewrite(cast.anna, callback, 1, step(cast), NOBODY)


async def add_callback(storage: Storage, cast: Cast, clock: ManualClock) -> int:
    row = {"kind": "callback", "due_at": clock.now(), "created_at": clock.now()}
    async with storage.write() as tx:
        made = await tx.execute(insert(table).values(**row, assignee_agent_id=cast.anna.id))
    return int(made.inserted_primary_key[0])


# -- reminders --------------------------------------------------------------------------------


async def test_a_reminder_rings_once_for_whoever_has_the_task_and_stays_until_he_acts(
    storage: Storage, cast: Cast, tasks: Tasks, clock: ManualClock
) -> None:
    reminders = Reminders(storage, clock)
    heard: list[object] = []
    soon = NextStep("x", clock.now() + timedelta(minutes=30), cast.anna.id, remind_seconds=600)
    task_id = await tasks.create(cast.anna, soon)
    storage.on_commit = heard.extend
    await clock.advance(19 * 60)
    assert await reminders.sweep() == []
    await clock.advance(60)
    assert await reminders.sweep() == [task_id]
    assert await reminders.sweep() == []
    assert heard == [ReminderDue(task_id=task_id, agent_id=cast.anna.id)]
    assert await ringing(storage, cast) == [task_id]
    await reminders.snooze(cast.anna, task_id, clock.now() + timedelta(minutes=10))
    assert await ringing(storage, cast) == []
    await clock.advance(600)
    assert await reminders.sweep() == [task_id]
    await reminders.dismiss(cast.anna, task_id)
    assert await ringing(storage, cast) == []
    assert (await read(storage, task_id)).done_at is None


async def ringing(storage: Storage, cast: Cast) -> list[int]:
    async with storage.read() as connection:
        return [task.id for task in await list_ringing(connection, cast.anna.id)]


async def test_what_is_done_or_put_off_rings_no_more(
    storage: Storage, cast: Cast, tasks: Tasks, clock: ManualClock
) -> None:
    reminders = Reminders(storage, clock)
    soon = NextStep("x", clock.now() + timedelta(minutes=5), cast.anna.id, remind_seconds=0)
    done, put_off = [await tasks.create(cast.anna, soon) for _ in range(2)]
    await clock.advance(300)
    assert await reminders.sweep() == [done, put_off]
    await tasks.done(cast.anna, done)
    later = clock.now() + timedelta(hours=1)
    await tasks.edit(cast.anna, put_off, 1, due_at=later)
    assert await ringing(storage, cast) == []
    await clock.advance(3600)
    assert await reminders.sweep() == [put_off]


async def test_a_reminder_of_a_teams_task_rings_for_whoever_takes_it(
    storage: Storage, cast: Cast, tasks: Tasks, clock: ManualClock
) -> None:
    reminders = Reminders(storage, clock)
    soon = NextStep("x", clock.now() + timedelta(minutes=5), queue="sales", remind_seconds=0)
    task_id = await tasks.create(cast.boris, soon)
    await clock.advance(300)
    assert await reminders.sweep() == []
    await tasks.take(cast.anna, task_id)
    assert await reminders.sweep() == [task_id]
    assert await ringing(storage, cast) == [task_id]


async def test_a_reminder_that_would_be_past_rings_at_the_time_itself(
    storage: Storage, cast: Cast, tasks: Tasks, clock: ManualClock
) -> None:
    due_at = clock.now() + timedelta(minutes=30)
    task_id = await tasks.create(
        cast.anna, NextStep("x", due_at, cast.anna.id, remind_seconds=86400)
    )
    assert (await read(storage, task_id)).remind_at == due_at


# -- comments ---------------------------------------------------------------------------------


async def test_whoever_sees_a_task_says_something_about_it_and_nobody_else(
    storage: Storage, cast: Cast, tasks: Tasks, clock: ManualClock
) -> None:
    task_id = await tasks.create(cast.vera, step(cast, repeat=None))
    comments = Comments(storage, clock)
    await comments.add(cast.vera, task_id, "Ask for the new price")
    await comments.add(cast.anna, task_id, "  They want forty \n")
    async with storage.read() as connection:
        said = [(one.agent_name, one.text) for one in await list_comments(connection, task_id)]
    assert said == [
        ("Vera Sokolova", "Ask for the new price"),
        ("Anna Orlova", "They want forty"),
    ]
    with pytest.raises(Invalid, match="required"):
        await comments.add(cast.anna, task_id, " ")
    with pytest.raises(NotFound):
        await comments.add(cast.boris, task_id, "?")
