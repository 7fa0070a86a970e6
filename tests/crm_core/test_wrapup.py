"""No conversation ends without its next step, and none keeps a seat shut for ever."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from crm_core.agents.tables import queues
from crm_core.calls.detail import get_call, list_wrap_ups
from crm_core.calls.tables import dispositions, wrap_ups
from crm_core.clock import ManualClock
from crm_core.errors import Conflict, Invalid, NotFound
from crm_core.events import NoteSaved, TaskDone, WrapUpFinished, WrapUpStarted
from crm_core.storage.engine import Storage
from crm_core.tasks.next_step import NextStep
from crm_core.tasks.queries import Scope, TaskFilter, TaskRow, list_tasks
from crm_core.wrap_up.queries import find_wrap_up, open_wrap_ups
from telephony.events import Outcome
from tests.cast import Cast
from tests.crm_core.duty import Duty, on_duty
from tests.crm_core.telling import ANNAS, BORISES, Told, at, internal, told


def tomorrow(clock: ManualClock, **values: Any) -> NextStep:
    return NextStep("Call with the price", clock.now() + timedelta(days=1), **values)


async def all_tasks(storage: Storage) -> tuple[TaskRow, ...]:
    async with storage.read() as connection:
        return (await list_tasks(connection, None, TaskFilter(is_open=None))).rows


async def talked(duty: Duty, cast: Cast, call_id: str = "1.1", queue: str = "sales") -> Told:
    """Anna sits at her desk and has had this conversation."""
    call = told(call_id)
    await duty.roster.log_in(cast.anna, cast.desk_101)
    await duty.hear(call.started(), call.queued(0, queue), call.answered(1))
    await duty.hear(call.left(60), call.ended(60))
    return call


def heard(duty: Duty, kind: type) -> list[Any]:
    return [fact for fact in duty.office.heard if isinstance(fact, kind)]


async def test_the_deadline_runs_from_the_end_of_the_talk_by_the_queues_rule(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await talked(duty, cast, queue="support")
        [started] = heard(duty, WrapUpStarted)
        assert started.deadline_at == clock.now() + timedelta(seconds=30)
        async with storage.read() as connection:
            [shown] = await open_wrap_ups(connection, cast.anna.id)
        assert (shown.skippable, shown.next_step_required) == (True, True)


async def test_disposition_note_and_next_step_are_saved_together(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await talked(duty, cast)
        task_id = await duty.wrap_ups.finish(
            cast.anna, "1.1", cast.agreed, "  wants 20 pieces ", tomorrow(clock)
        )
    async with storage.read() as connection:
        detail = await get_call(connection, None, "1.1")
    [wrap] = detail.wrap_ups
    assert (wrap.ending, wrap.disposition, wrap.note) == ("saved", "Agreed", "wants 20 pieces")
    assert (wrap.task_id, wrap.next_step) == (task_id, "Call with the price")
    [task] = await all_tasks(storage)
    assert (task.client_id, task.call_id, task.number) == (cast.romashka, "1.1", "+79161234567")
    assert (task.assignee_agent_id, task.created_by) == (cast.anna.id, cast.anna.id)
    assert detail.call.dispositions == ("Agreed",)


async def test_when_the_next_step_is_refused_nothing_is_saved(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await talked(duty, cast)
        past = NextStep("Call", clock.now() - timedelta(hours=1))
        with pytest.raises(Invalid, match="past"):
            await duty.wrap_ups.finish(cast.anna, "1.1", cast.agreed, "note", past)
        async with storage.read() as connection:
            [shown] = await open_wrap_ups(connection, cast.anna.id)
        assert shown.note == ""
        assert await all_tasks(storage) == ()


@pytest.mark.parametrize(("disposition", "field"), [("agreed", "next_step"), (None, "disposition")])
async def test_what_is_owed_is_demanded(
    storage: Storage, cast: Cast, clock: ManualClock, disposition: str | None, field: str
) -> None:
    chosen = getattr(cast, disposition) if disposition else None
    async with on_duty(storage, clock) as duty:
        await talked(duty, cast)
        with pytest.raises(Invalid, match="required") as refused:
            await duty.wrap_ups.finish(cast.anna, "1.1", chosen, "note")
        assert refused.value.field == field


async def test_a_queue_without_required_next_steps_demands_none(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with storage.write() as tx:
        await tx.execute(update(queues).values(next_step_required=False))
    async with on_duty(storage, clock) as duty:
        await talked(duty, cast)
        assert await duty.wrap_ups.finish(cast.anna, "1.1", cast.agreed, "") is None


async def test_a_retired_or_invented_disposition_is_refused(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with storage.write() as tx:
        await tx.execute(
            update(dispositions).where(dispositions.c.id == cast.refused).values(active=False)
        )
    async with on_duty(storage, clock) as duty:
        await talked(duty, cast)
        for wrong in (cast.refused, -1, 10**12):
            with pytest.raises(Invalid, match="unknown"):
                await duty.wrap_ups.finish(cast.anna, "1.1", wrong, "")


async def test_a_step_may_be_for_a_colleague_or_for_a_team(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await talked(duty, cast)
        for_boris = tomorrow(clock, assignee_agent_id=cast.boris.id)
        await duty.wrap_ups.finish(cast.anna, "1.1", cast.agreed, "", for_boris)
        await talked(duty, cast, "2.2")
        for_team = tomorrow(clock, queue="support")
        await duty.wrap_ups.finish(cast.anna, "2.2", cast.agreed, "", for_team)
    async with storage.read() as connection:
        mine = await list_tasks(connection, cast.boris, TaskFilter(scope=Scope.MINE))
        team = await list_tasks(connection, cast.boris, TaskFilter(scope=Scope.TEAM))
    assert [task.call_id for task in mine.rows] == ["1.1"]
    assert [task.call_id for task in team.rows] == ["2.2"]


async def test_a_wrap_up_is_finished_once_and_by_its_own_agent(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await talked(duty, cast)
        for stranger in (cast.boris, cast.vera, cast.dina):
            with pytest.raises(NotFound):
                await duty.wrap_ups.finish(stranger, "1.1", cast.refused, "")
            with pytest.raises(NotFound):
                await duty.wrap_ups.save_note(stranger, "1.1", "mine")
        await duty.wrap_ups.finish(cast.anna, "1.1", cast.refused, "")
        for again in (
            duty.wrap_ups.finish(cast.anna, "1.1", cast.refused, ""),
            duty.wrap_ups.save_note(cast.anna, "1.1", "later"),
        ):
            with pytest.raises(Conflict, match="already_finished"):
                await again


async def test_notes_are_kept_while_ringing_and_talking_and_seen_by_the_next_agent(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    call = told("1.1")
    async with on_duty(storage, clock) as duty:
        await duty.roster.log_in(cast.anna, cast.desk_101)
        await duty.roster.log_in(cast.boris, cast.desk_102)
        await duty.hear(call.started(), call.offered(1))
        await duty.wrap_ups.save_note(cast.anna, "1.1", "he rang")
        await duty.hear(call.answered(5))
        await duty.wrap_ups.save_note(cast.anna, "1.1", "he rang\nwants a price")
        await duty.wrap_ups.save_note(cast.anna, "1.1", "he rang\nwants a price")
        assert len(heard(duty, NoteSaved)) == 2
        await duty.hear(call.transferred(9), call.left(9), call.answered(10, BORISES))
        async with storage.read() as connection:
            notes = await list_wrap_ups(connection, "1.1")
    assert [(each.agent_name, each.note) for each in notes] == [
        ("Anna Orlova", "he rang\nwants a price"),
        ("Boris Klimov", ""),
    ]


async def test_a_transfer_begins_the_first_agents_wrap_up_at_once(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    call = told("1.1")
    async with on_duty(storage, clock) as duty:
        await duty.roster.log_in(cast.anna, cast.desk_101)
        await duty.roster.log_in(cast.boris, cast.desk_102)
        await duty.hear(call.started(), call.answered(1), call.left(9))
        await duty.hear(call.answered(10, BORISES))
        assert [fact.agent_id for fact in heard(duty, WrapUpStarted)] == [cast.anna.id]
        await duty.hear(call.left(60, BORISES), call.ended(60))
        started = [fact.agent_id for fact in heard(duty, WrapUpStarted)]
        assert started == [cast.anna.id, cast.boris.id]


async def test_who_gets_the_call_back_goes_on_with_his_notes(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    call = told("1.1")
    async with on_duty(storage, clock) as duty:
        await duty.roster.log_in(cast.anna, cast.desk_101)
        await duty.hear(call.started(), call.answered(1), call.left(9))
        await duty.wrap_ups.finish(cast.anna, "1.1", cast.refused, "gone to Boris")
        await duty.hear(call.answered(20))
        async with storage.read() as connection:
            shown = await find_wrap_up(connection, "1.1", cast.anna.id)
        assert shown is not None
        assert (shown.note, shown.deadline_at) == ("gone to Boris", None)
        await duty.hear(call.left(60), call.ended(60))
        assert duty.state_of(cast.anna.id) == "wrap_up"


async def test_a_wrap_up_saved_while_talking_is_done_at_the_hang_up(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    call = told("1.1")
    async with on_duty(storage, clock) as duty:
        await duty.roster.log_in(cast.anna, cast.desk_101)
        await duty.hear(call.started(), call.answered(1))
        await duty.wrap_ups.finish(cast.anna, "1.1", cast.refused, "")
        await duty.settled()
        assert duty.state_of(cast.anna.id) == "talking"
        await duty.hear(call.left(9), call.ended(9))
        assert duty.state_of(cast.anna.id) == "ready"


async def test_a_lost_answer_and_a_lost_hang_up_still_lead_to_the_wrap_up(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    first, second = told("1.1"), told("2.2")
    async with on_duty(storage, clock) as duty:
        await duty.roster.log_in(cast.anna, cast.desk_101)
        await duty.hear(first.started(), first.answered(1), first.ended(9))
        await duty.hear(second.started(20), second.offered(21))
        await duty.hear(second.ended(60, by=("PJSIP/101",)))  # type: ignore[arg-type]
        assert {fact.call_id for fact in heard(duty, WrapUpStarted)} == {"1.1", "2.2"}
        assert len(heard(duty, WrapUpStarted)) == 2


async def test_nothing_is_owed_for_an_unanswered_or_internal_call_though_notes_are_kept(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    missed, inside = told("1.1"), internal("2.2")
    async with on_duty(storage, clock) as duty:
        await duty.roster.log_in(cast.anna, cast.desk_101)
        await duty.hear(missed.started(), missed.offered(1))
        await duty.wrap_ups.save_note(cast.anna, "1.1", "hung up as I answered")
        await duty.hear(missed.offer_ended(9), missed.ended(9, Outcome.ABANDONED))
        await duty.hear(inside.started(20), inside.answered(21), inside.left(30), inside.ended(30))
        assert heard(duty, WrapUpStarted) == []
        assert duty.state_of(cast.anna.id) == "ready"
        async with storage.read() as connection:
            assert await open_wrap_ups(connection, cast.anna.id) == []
            [note] = await list_wrap_ups(connection, "1.1")
        assert note.note == "hung up as I answered"


async def test_skipping_is_for_queues_that_permit_it(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await talked(duty, cast, "1.1", queue="sales")
        with pytest.raises(Conflict, match="skip_not_allowed"):
            await duty.wrap_ups.skip(cast.anna, "1.1")
        await duty.wrap_ups.finish(cast.anna, "1.1", cast.refused, "")
        await talked(duty, cast, "2.2", queue="support")
        await duty.wrap_ups.skip(cast.anna, "2.2")
        await duty.settled()
        assert duty.state_of(cast.anna.id) == "ready"
        assert [fact.ending for fact in heard(duty, WrapUpFinished)] == ["saved", "skipped"]


async def test_past_its_deadline_a_wrap_up_opens_the_seat_and_leaves_a_task(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await talked(duty, cast)
        await duty.wrap_ups.save_note(cast.anna, "1.1", "half a sentence")
        await clock.advance(59)
        assert await duty.expiry.sweep() == []
        await clock.advance(1)
        assert await duty.expiry.sweep() == ["1.1"]
        assert await duty.expiry.sweep() == []
        await duty.settled()
        assert duty.state_of(cast.anna.id) == "ready"
        assert duty.exchange.pauses == {}
        [task] = await all_tasks(storage)
        assert (task.kind, task.assignee_agent_id, task.call_id) == ("wrap_up", cast.anna.id, "1.1")


async def test_who_talks_again_and_lets_it_expire_again_has_one_task(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        call = told("1.1")
        await duty.roster.log_in(cast.anna, cast.desk_101)
        await duty.hear(call.started(), call.queued(0), call.answered(1), call.left(10))
        for _ in range(2):
            await clock.advance(60)
            assert await duty.expiry.sweep() == ["1.1"]
            await duty.hear(call.answered(200), call.left(210))
        assert len(await all_tasks(storage)) == 1


async def test_finishing_late_does_the_task_that_demanded_it(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await talked(duty, cast)
        await clock.advance(60)
        await duty.expiry.sweep()
        await duty.wrap_ups.save_note(cast.anna, "1.1", "still typing")
        await duty.wrap_ups.finish(cast.anna, "1.1", cast.agreed, "ok", tomorrow(clock))
        done, step = await all_tasks(storage)
        assert (done.kind, done.ending) == ("wrap_up", "done")
        assert (step.kind, step.done_at) == ("next_step", None)
        assert [fact.task_id for fact in heard(duty, TaskDone)] == [done.id]


async def test_where_no_next_step_is_required_an_expired_wrap_up_leaves_no_task(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with storage.write() as tx:
        await tx.execute(update(queues).values(next_step_required=False))
    async with on_duty(storage, clock) as duty:
        await talked(duty, cast)
        await clock.advance(60)
        await duty.expiry.sweep()
        assert await all_tasks(storage) == ()


async def test_a_call_that_ended_while_the_service_was_down_is_wrapped_up_after_it(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await talked(duty, cast)
        async with storage.write() as tx:  # as if killed before the hang-up was understood
            await tx.execute(update(wrap_ups).values(started_at=None, deadline_at=None))
    async with on_duty(storage, clock) as duty:
        assert duty.state_of(cast.anna.id) == "wrap_up"
        assert [fact.call_id for fact in heard(duty, WrapUpStarted)] == ["1.1"]


async def test_an_agent_who_is_not_logged_in_owes_nothing(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    call = told("1.1")
    async with on_duty(storage, clock) as duty:
        await duty.hear(call.started(), call.answered(1), call.left(9), call.ended(9))
    async with storage.read() as connection:
        assert (await connection.execute(select(wrap_ups.c.id))).all() == []


async def test_hostile_notes_are_kept_as_text_and_endless_ones_refused(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await talked(duty, cast)
        await duty.wrap_ups.save_note(cast.anna, "1.1", "<script>\x00'; DROP TABLE calls; --")
        with pytest.raises(Invalid, match="too_long"):
            await duty.wrap_ups.save_note(cast.anna, "1.1", "x" * 10_001)
        async with storage.read() as connection:
            [shown] = await open_wrap_ups(connection, cast.anna.id)
        assert shown.note == "<script> '; DROP TABLE calls; --"


async def test_two_conversations_wait_for_their_wrap_ups_one_after_the_other(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await talked(duty, cast, "1.1")
        await talked(duty, cast, "2.2")
        await duty.wrap_ups.finish(cast.anna, "1.1", cast.refused, "")
        await duty.settled()
        status = duty.roster.status_of(cast.anna.id)
        assert status is not None
        assert (status.state, status.call_id) == ("wrap_up", "2.2")


async def test_each_agent_of_a_call_has_notes_of_his_own(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await talked(duty, cast)
        async with storage.write() as tx:
            values = {"call_id": "1.1", "agent_id": cast.boris.id, "note": "his"}
            await tx.execute(insert(wrap_ups).values(**values))
        await duty.wrap_ups.save_note(cast.anna, "1.1", "hers")
        async with storage.read() as connection:
            notes = {each.agent_id: each.note for each in await list_wrap_ups(connection, "1.1")}
    assert notes == {cast.anna.id: "hers", cast.boris.id: "his"}


async def consulted(duty: Duty, cast: Cast) -> Told:
    """Anna talks with a client, asks Boris beside it, and the two calls become one."""
    call, consult = told("1.1"), internal("2.2")
    await duty.roster.log_in(cast.anna, cast.desk_101)
    await duty.roster.log_in(cast.boris, cast.desk_102)
    await duty.hear(call.started(), call.queued(0), call.answered(1))
    await duty.hear(consult.started(5), consult.offered(5, BORISES), consult.answered(6, BORISES))
    await duty.wrap_ups.save_note(cast.boris, "2.2", "Anna asks for a price")
    await duty.hear(call.absorbs(9, consult))
    return call


async def test_a_colleague_who_was_only_asked_owes_nothing_for_the_clients_call(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        call = await consulted(duty, cast)
        await duty.hear(call.left(60), call.ended(60))
        assert duty.state_of(cast.boris.id) == "ready"
        assert [fact.agent_id for fact in heard(duty, WrapUpStarted)] == [cast.anna.id]
    async with storage.read() as connection:
        assert await open_wrap_ups(connection, cast.boris.id) == []
        detail = await get_call(connection, None, "1.1")
    assert [talk.interface for talk in detail.talks] == [ANNAS]
    assert [wrap.note for wrap in detail.wrap_ups] == ["", "Anna asks for a price"]


async def test_a_colleague_who_took_the_call_over_owes_its_wrap_up(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        call = await consulted(duty, cast)
        await duty.hear(call.left(10), call.answered(10, BORISES))
        assert duty.state_of(cast.boris.id) == "talking"
        await duty.hear(call.left(60, BORISES), call.ended(60))
        assert duty.state_of(cast.boris.id) == "wrap_up"
        async with storage.read() as connection:
            [owed] = await open_wrap_ups(connection, cast.boris.id)
            detail = await get_call(connection, None, "1.1")
    assert owed.note == "Anna asks for a price"
    assert [(talk.interface, talk.started_at) for talk in detail.talks] == [
        (ANNAS, at(1)),
        (BORISES, at(10)),
    ]


async def test_who_asked_a_colleague_first_and_was_left_alone_by_a_lost_hang_up_owes_one(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        call = await consulted(duty, cast)
        await duty.hear(call.ended(60))
        assert duty.state_of(cast.anna.id) == "wrap_up"
        assert duty.state_of(cast.boris.id) == "ready"
