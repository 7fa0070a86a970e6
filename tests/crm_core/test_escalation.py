"""A callback that is late is told to the supervisors once, and keeps its mark."""

import asyncio

from crm_core.clock import ManualClock
from crm_core.events import CallbackEscalated
from crm_core.storage.engine import Storage
from crm_core.tasks.queries import TaskFilter, get_task, list_tasks
from tests.cast import Cast
from tests.crm_core.duty import Duty, on_duty
from tests.crm_core.telling import answered_call, missed_call, told, until


def told_of(duty: Duty) -> list[int]:
    return [fact.task_id for fact in duty.office.heard if isinstance(fact, CallbackEscalated)]


async def test_a_late_callback_escalates_once_and_is_marked(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await duty.hear(missed_call(told("1.1")))
        await clock.advance(929)
        assert await duty.escalation.sweep() == []
        await clock.advance(1)
        [task_id] = await duty.escalation.sweep()
        assert await duty.escalation.sweep() == []
        assert told_of(duty) == [task_id]
        async with storage.read() as connection:
            task = await get_task(connection, cast.vera, task_id)
            marked = await list_tasks(connection, cast.vera, TaskFilter(escalated=True))
        assert task.escalated_at == clock.now()
        assert [row.id for row in marked.rows] == [task_id]


async def test_who_was_called_back_in_time_escalates_nothing(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await duty.hear(missed_call(told("1.1")), answered_call(told("1.2"), 100))
        await clock.advance(5000)
        assert await duty.escalation.sweep() == []


async def test_a_later_call_does_not_put_the_lateness_off(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await duty.hear(missed_call(told("1.1")), missed_call(told("1.2"), 800))
        await clock.advance(930)
        assert len(await duty.escalation.sweep()) == 1


async def test_the_watch_goes_on_by_the_clock(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        watching = asyncio.create_task(duty.escalation.run())
        await duty.hear(missed_call(told("1.1")))

        def wound_on() -> bool:
            clock_turn.append(asyncio.ensure_future(clock.advance(15)))
            return bool(told_of(duty))

        clock_turn: list[asyncio.Future[None]] = []
        await until(wound_on)
        await asyncio.gather(*clock_turn)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
