"""A wall clock that is set on or back by an hour while people work."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from crm_core.agents.sessions import Sessions
from crm_core.agents.tables import agent_state_log
from crm_core.calls.tables import call_talks, calls, wrap_ups
from crm_core.clock import ManualClock
from crm_core.clock_watch import ClockWatch
from crm_core.events import WrapUpStarted
from crm_core.storage.engine import Storage
from tests.cast import Cast
from tests.crm_core.duty import on_duty
from tests.crm_core.test_wrapup import heard, talked

HOUR = 3600.0


@pytest.mark.parametrize("step", [HOUR, -HOUR])
async def test_a_form_after_a_call_keeps_the_time_it_has_left(
    step: float, storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await duty.expiry.sweep()
        await talked(duty, cast)
        await clock.advance(20)
        assert await duty.expiry.sweep() == []
        clock.step(step)
        assert await duty.expiry.sweep() == []
        await duty.settled()
        assert duty.state_of(cast.anna.id) == "wrap_up"
        # Her screen hears of the new time too.
        deadline = heard(duty, WrapUpStarted)[-1].deadline_at
        assert deadline == clock.now() + timedelta(seconds=40)
        await clock.advance(39)
        assert await duty.expiry.sweep() == []
        await clock.advance(1)
        assert await duty.expiry.sweep() == ["1.1"]


async def test_forms_that_are_closed_or_not_yet_begun_are_left_alone(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await duty.expiry.sweep()
        await talked(duty, cast)
        await clock.advance(60)
        await duty.expiry.sweep()
        async with storage.read() as connection:
            before = (await connection.execute(select(wrap_ups))).all()
        clock.step(HOUR)
        assert await duty.expiry.sweep() == []
        async with storage.read() as connection:
            assert (await connection.execute(select(wrap_ups))).all() == before


async def test_nothing_that_is_kept_lasted_less_than_nothing(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await duty.roster.log_in(cast.anna, cast.desk_101)
        clock.step(-HOUR)
        await talked(duty, cast)
        clock.step(-HOUR)
        await duty.roster.pause(cast.anna, "lunch")
        await clock.advance(60)
        await duty.expiry.sweep()
        await duty.settled()
        async with storage.read() as connection:
            stretches = (await connection.execute(select(agent_state_log))).mappings().all()
            call = (await connection.execute(select(calls))).mappings().one()
            talks = (await connection.execute(select(call_talks))).mappings().all()
    assert stretches
    assert all(each["seconds"] is None or each["seconds"] >= 0 for each in stretches)
    lasting = [call[name] for name in ("wait_seconds", "talk_seconds", "hold_seconds")]
    assert min(lasting) >= 0
    assert all(each["ended_at"] >= each["started_at"] for each in talks)


@pytest.mark.parametrize("step", [HOUR, -HOUR])
async def test_nobody_is_logged_out_by_an_hour(
    step: float, storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    sessions = Sessions(storage, clock)
    token = await sessions.open(cast.anna.id)
    clock.step(step)
    for _ in range(3):
        found = await sessions.find(token)
        assert found is not None
        await clock.advance(10 * HOUR)  # used once a shift, it lasts
    clock.step(-step)
    assert await sessions.find(token) is not None


async def test_only_a_jump_is_told_and_only_once() -> None:
    clock = ManualClock()
    watch = ClockWatch(clock)
    assert watch.look() == 0.0
    await clock.advance(500)
    assert watch.look() == 0.0
    clock.step(-HOUR)
    await clock.advance(5)
    assert watch.look() == pytest.approx(-HOUR)
    assert watch.look() == 0.0
    clock.step(1.5)  # as a time server corrects
    assert watch.look() == 0.0
