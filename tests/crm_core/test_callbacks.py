"""A missed caller is one open task until somebody has talked with him."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update
from structlog.testing import capture_logs

from crm_core.agents.tables import agents, queues
from crm_core.calls.linking import CallLinks
from crm_core.calls.tables import calls
from crm_core.clients.tables import client_numbers, clients
from crm_core.clock import ManualClock
from crm_core.events import ClientChosen, ClientCreated, TaskChanged, TaskDone
from crm_core.storage.engine import Connection, Storage
from crm_core.tasks import callbacks
from crm_core.tasks.callbacks import LOOKED_BACK, Callbacks, demands_callback
from crm_core.tasks.queries import TaskFilter, TaskRow, list_tasks
from crm_core.tasks.tables import tasks
from telephony.events import Offer, OfferResult, Outcome
from tests.cast import Cast
from tests.crm_core.duty import on_duty
from tests.crm_core.telling import (
    BORISES,
    IVAN,
    NINE,
    PAVEL,
    STRANGER,
    answered_call,
    at,
    internal,
    missed_call,
    open_office,
    outbound,
    told,
)


async def callbacks_in(storage: Storage, *, is_open: bool | None = True) -> list[TaskRow]:
    async with storage.read() as connection:
        asked = TaskFilter(kind="callback", is_open=is_open)
        return list((await list_tasks(connection, None, asked)).rows)


@pytest.mark.parametrize(
    ("outcome", "demanded"),
    [
        (Outcome.ABANDONED, True),
        (Outcome.NO_ANSWER, True),
        (Outcome.BUSY, True),
        (Outcome.VOICEMAIL, True),
        (Outcome.FAILED, True),
        (Outcome.CONGESTION, True),
        (Outcome.ANSWERED, False),
        (Outcome.MACHINE, False),
    ],
)
def test_which_ends_of_an_inbound_call_demand_a_callback(outcome: Outcome, demanded: bool) -> None:
    assert demands_callback("inbound", outcome.value, "+79161234567") is demanded
    assert not demands_callback("outbound", outcome.value, "+79161234567")
    assert not demands_callback("internal", outcome.value, "+79161234567")
    assert not demands_callback("inbound", outcome.value, "")
    assert not demands_callback("inbound", outcome.value, "101")


async def test_a_missed_call_of_a_client_is_his_owners_task(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    call = told("1.1", queue="sales")
    async with on_duty(storage, clock) as duty:
        await duty.hear(missed_call(call))
        [task] = await callbacks_in(storage)
        assert [type(fact) for fact in duty.office.heard[-1:]] == [TaskChanged]
    assert (task.assignee_name, task.queue, task.client_id) == ("Anna Orlova", None, cast.romashka)
    assert (task.number, task.call_id, task.call_count) == ("+79161234567", "1.1", 1)
    assert task.due_at == at(30) + timedelta(seconds=900)


async def test_a_missed_call_of_a_stranger_is_the_teams_task(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await duty.hear(missed_call(told("1.1", caller=STRANGER, queue="sales")))
    [task] = await callbacks_in(storage)
    assert (task.assignee_agent_id, task.queue) == (None, "sales")


async def test_a_missed_direct_call_is_the_task_of_whose_phone_rang(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    call = told("1.1", caller=STRANGER)
    async with on_duty(storage, clock) as duty:
        await duty.hear(call.started(), call.offered(1, BORISES), call.offer_ended(20, BORISES))
        call.offers = []
        await duty.hear(call.ended(30, Outcome.NO_ANSWER, complete=False, offered=()))
    [task] = await callbacks_in(storage)
    assert task.assignee_agent_id == cast.boris.id


async def test_an_owner_who_left_leaves_the_callback_to_the_team(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with storage.write() as tx:
        await tx.execute(update(agents).where(agents.c.id == cast.anna.id).values(active=False))
    async with on_duty(storage, clock) as duty:
        await duty.hear(missed_call(told("1.1", queue="sales")))
    [task] = await callbacks_in(storage)
    assert (task.assignee_agent_id, task.queue) == (None, "sales")


async def test_many_calls_from_one_number_are_one_task_that_counts_them(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        for number, writing in enumerate([IVAN, "+7 (916) 123-45-67", "0079161234567"]):
            await duty.hear(missed_call(told(f"1.{number}", caller=writing), number * 100.0))
    [task] = await callbacks_in(storage)
    assert (task.call_count, task.last_call_at, task.call_id) == (3, at(230), "1.0")
    assert task.due_at == at(30) + timedelta(seconds=900)


async def test_another_number_of_the_same_client_counts_on_the_same_task(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await duty.hear(missed_call(told("1.1", caller=IVAN)))
        await duty.hear(missed_call(told("1.2", caller="84951234567"), 100))
    [task] = await callbacks_in(storage)
    assert task.call_count == 2


async def test_a_missed_call_told_twice_counts_once(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    story = missed_call(told("1.1"))
    async with on_duty(storage, clock) as duty:
        await duty.hear(story, story[-1:])
    async with on_duty(storage, clock) as duty:
        await duty.hear(story)
    [task] = await callbacks_in(storage)
    assert (task.call_count, task.version) == (1, 1)


@pytest.mark.parametrize("caller", ["", "anonymous", "101", "0000000"])
async def test_who_cannot_be_called_back_makes_no_task_but_a_logged_call(
    storage: Storage, cast: Cast, clock: ManualClock, caller: str
) -> None:
    async with on_duty(storage, clock) as duty:
        await duty.hear(missed_call(told("1.1", caller=caller)))
    assert await callbacks_in(storage, is_open=None) == []


async def test_a_talk_in_either_direction_closes_it_with_the_call(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await duty.roster.log_in(cast.anna, cast.desk_101)
        await duty.hear(missed_call(told("1.1")))
        await duty.hear(answered_call(outbound("1.2", IVAN), 100))
        await duty.hear(missed_call(told("2.1", caller=PAVEL), 200))
        await duty.hear(answered_call(told("2.2", caller=PAVEL), 300))
        assert [fact.ending for fact in duty.office.heard if isinstance(fact, TaskDone)] == [
            *("talked", "talked"),
        ]
    assert await callbacks_in(storage) == []
    done = await callbacks_in(storage, is_open=None)
    assert [(t.ending, t.done_call_id, t.done_by) for t in done] == [
        ("talked", "1.2", cast.anna.id),
        ("talked", "2.2", cast.anna.id),
    ]


async def test_a_talk_on_any_number_of_the_client_closes_it(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await duty.hear(missed_call(told("1.1", caller=IVAN)))
        await duty.hear(answered_call(outbound("1.2", "8 (495) 123-45-67"), 100))
    assert await callbacks_in(storage) == []


async def test_a_talk_with_somebody_else_closes_nothing(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await duty.hear(missed_call(told("1.1", caller=IVAN)))
        await duty.hear(answered_call(told("1.2", caller=PAVEL), 100))
        await duty.hear(answered_call(internal("1.3"), 200))
    assert len(await callbacks_in(storage)) == 1


@pytest.mark.parametrize(
    "outcome", [Outcome.NO_ANSWER, Outcome.BUSY, Outcome.MACHINE, Outcome.VOICEMAIL]
)
async def test_an_attempt_that_reaches_nobody_leaves_it_open(
    storage: Storage, cast: Cast, clock: ManualClock, outcome: Outcome
) -> None:
    attempt = outbound("1.2", IVAN, begun=100.0)
    async with on_duty(storage, clock) as duty:
        await duty.hear(missed_call(told("1.1")))
        await duty.hear(attempt.started(100), attempt.ended(130, outcome))
    [task] = await callbacks_in(storage)
    assert task.call_count == 1


async def test_a_missed_call_heard_of_after_the_talk_demands_nothing(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await duty.hear(answered_call(told("1.2"), 100), missed_call(told("1.1"), 0))
    assert await callbacks_in(storage, is_open=None) == []


async def test_after_a_talk_a_new_missed_call_is_a_new_task_from_one(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await duty.hear(missed_call(told("1.1")))
        await duty.hear(answered_call(told("1.2"), 100))
        await duty.hear(missed_call(told("1.3"), 300))
    [task] = await callbacks_in(storage)
    assert (task.call_id, task.call_count) == ("1.3", 1)
    assert len(await callbacks_in(storage, is_open=None)) == 2


async def test_a_callback_done_by_hand_is_not_opened_again_by_an_old_call(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    story = missed_call(told("1.1"))
    await clock.advance(60)
    async with on_duty(storage, clock) as duty:
        await duty.hear(story)
        [task] = await callbacks_in(storage)
        await duty.tasks.done(cast.anna, task.id)
        await duty.hear(story)
        assert await callbacks_in(storage) == []
        await duty.hear(missed_call(told("1.2"), 100))
    [task] = await callbacks_in(storage)
    assert task.call_count == 1


async def test_a_call_that_vanished_with_the_exchange_is_called_back(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    call = told("1.1")
    async with on_duty(storage, clock) as duty:
        await duty.hear(call.started(), call.queued(1))
        await duty.office.intake.close_orphans([], at(60))
        await duty.settled()
    [task] = await callbacks_in(storage)
    assert task.call_id == "1.1"


async def test_a_partial_record_that_is_completed_later_takes_its_callback_back(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    """We had closed the call as gone; the catch-up knows that it was answered."""
    call = told("1.1")
    async with on_duty(storage, clock) as duty:
        await duty.hear(call.started())
        await duty.office.intake.close_orphans([], at(60))
        await duty.settled()
        assert len(await callbacks_in(storage)) == 1
        await duty.hear(answered_call(call))
    assert await callbacks_in(storage) == []


async def test_a_stranger_who_becomes_a_client_takes_his_calls_and_callback_along(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        links = CallLinks(storage)
        await duty.hear(missed_call(told("1.1", caller=STRANGER)))
        async with storage.write() as tx:
            values = {"kind": "person", "name": "New", "created_at": NINE, "updated_at": NINE}
            client_id = (await tx.execute(insert(clients).values(**values))).inserted_primary_key[0]
            number = {"written": STRANGER, "e164": "+74951112233", "digits": "74951112233"}
            await tx.execute(
                insert(client_numbers).values(
                    client_id=client_id, last_digits="1112233", created_at=NINE, **number
                )
            )
        await links.on_client_created(ClientCreated(client_id=client_id))
        [task] = await callbacks_in(storage)
        assert task.client_id == client_id


async def test_a_choice_among_clients_moves_the_open_call_and_its_callback(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    call = told("1.1", caller=STRANGER)
    async with on_duty(storage, clock) as duty:
        links = CallLinks(storage)
        await duty.hear(call.started())
        await links.on_client_chosen(ClientChosen(number="+74951112233", client_id=cast.pavel))
        await duty.hear(call.ended(30, Outcome.ABANDONED))
    [task] = await callbacks_in(storage)
    assert task.client_id == cast.pavel


async def test_a_queue_gives_its_own_time_to_call_back(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with storage.write() as tx:
        await tx.execute(
            update(queues).where(queues.c.name == "sales").values(callback_due_seconds=60)
        )
    async with on_duty(storage, clock) as duty:
        await duty.hear(missed_call(replace(told("1.1"), queue="sales")))
    async with storage.read() as connection:
        due = (await connection.execute(select(tasks.c.due_at))).scalar_one()
    assert due == at(90)


async def test_a_call_missed_in_the_second_of_a_kill_is_demanded_at_the_next_start(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with open_office(storage) as office:  # where nobody hears what is recorded
        await office.hear(missed_call(told("1.1", caller=STRANGER)))
        await office.hear(missed_call(told("1.2", caller=STRANGER), 60))
    assert await callbacks_in(storage) == []
    for _ in range(2):
        await Callbacks(storage, clock).catch_up()
        [callback] = await callbacks_in(storage)
        assert (callback.call_count, callback.call_id) == (2, "1.1")


async def test_what_was_settled_before_a_kill_is_not_demanded_again(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with open_office(storage) as office:
        await office.hear(missed_call(told("1.1")), answered_call(told("1.2"), 100))
        await office.hear(missed_call(told("2.1", caller="anonymous")))
        await office.hear(missed_call(told("4.1", caller="102")), answered_call(internal("4.2")))
    async with on_duty(storage, clock) as duty:
        await duty.hear(missed_call(told("3.1", caller=PAVEL)))
        [callback] = await callbacks_in(storage)
        await clock.advance(60)
        await duty.tasks.done(cast.vera, callback.id)
    await Callbacks(storage, clock).catch_up()
    assert await callbacks_in(storage) == []


async def test_a_talk_in_the_second_of_a_kill_closes_the_callback_at_the_next_start(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await duty.roster.log_in(cast.anna, cast.desk_101)
        await duty.hear(missed_call(told("1.1")), missed_call(told("9.1", caller=PAVEL), 300))
    async with open_office(storage) as office:  # where nobody hears what is recorded
        await office.hear(answered_call(outbound("1.2", "8 (495) 123-45-67"), 100))
        await office.hear(answered_call(told("9.0", caller=PAVEL), 200))
    assert len(await callbacks_in(storage)) == 2
    async with on_duty(storage, clock) as duty:
        await Callbacks(storage, clock).catch_up()
        await duty.settled()
        assert [fact.ending for fact in duty.office.heard if isinstance(fact, TaskDone)] == [
            "talked"
        ]
    [left] = await callbacks_in(storage)  # he was missed again after the talk
    assert left.number == "+79037654321"
    [done] = [task for task in await callbacks_in(storage, is_open=None) if task.done_at]
    assert (done.ending, done.done_call_id, done.done_at) == ("talked", "1.2", clock.now())
    assert done.version == 2


async def test_who_was_missed_after_the_talk_in_the_second_of_a_kill_is_called_back(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await duty.hear(missed_call(told("1.1")))
    async with open_office(storage) as office:  # where nobody hears what is recorded
        await office.hear(answered_call(told("1.2"), 100), missed_call(told("1.3"), 200))
    await clock.advance(600)
    for _ in range(2):  # a second start finds nothing more to do
        await Callbacks(storage, clock).catch_up()
    [task] = await callbacks_in(storage)
    assert (task.call_id, task.call_count) == ("1.3", 1)
    assert len(await callbacks_in(storage, is_open=None)) == 2


async def test_who_was_missed_after_a_talk_that_is_heard_of_late_is_called_back(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await duty.hear(missed_call(told("1.1")))
        await clock.advance(600)  # the database took nothing for so long
        await duty.hear(answered_call(told("1.2"), 100), missed_call(told("1.3"), 200))
    [task] = await callbacks_in(storage)
    assert (task.call_id, task.call_count) == ("1.3", 1)


async def test_a_callback_that_somebody_opened_again_is_still_open_after_a_start(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await duty.roster.log_in(cast.anna, cast.desk_101)
        await duty.hear(missed_call(told("1.1")))
        await duty.hear(answered_call(outbound("1.2", "8 (495) 123-45-67"), 100))
        [done] = await callbacks_in(storage, is_open=None)
        await clock.advance(600)
        await duty.tasks.reopen(cast.anna, done.id)
    await Callbacks(storage, clock).catch_up()
    [still] = await callbacks_in(storage)
    assert (done.ending, still.id) == ("talked", done.id)


async def test_a_talk_with_a_stranger_who_has_become_a_client_is_heeded_at_the_next_start(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await duty.hear(missed_call(told("1.1", caller=STRANGER)))
    async with storage.write() as tx:
        number = {"written": STRANGER, "e164": "+74951112233", "digits": "74951112233"}
        await tx.execute(
            insert(client_numbers).values(
                client_id=cast.pavel, last_digits="1112233", created_at=NINE, **number
            )
        )
    async with open_office(storage) as office:
        await office.hear(answered_call(told("1.2", caller=PAVEL), 100))
    await Callbacks(storage, clock).catch_up()
    assert await callbacks_in(storage) == []


async def test_what_was_missed_long_ago_is_history(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with open_office(storage) as office:
        await office.hear(missed_call(told("1.1")))
    await clock.advance(LOOKED_BACK.total_seconds() + 1)
    await Callbacks(storage, clock).catch_up()
    assert await callbacks_in(storage) == []


async def test_what_was_settled_in_the_second_of_its_end_is_settled(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        first, second = missed_call(told("1.1")), missed_call(told("1.2"), 100)
        await duty.hear(first)
        [callback] = await callbacks_in(storage)
        await clock.advance(30)  # the second in which the call ended
        await duty.tasks.done(cast.vera, callback.id)
        await duty.hear(first)
        assert await callbacks_in(storage) == []
        await duty.hear(second)
        [callback] = await callbacks_in(storage)
    assert (callback.call_count, callback.call_id) == (1, "1.2")


async def test_a_callback_from_a_retired_queue_is_for_whose_phone_rang(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with storage.write() as tx:
        await tx.execute(update(queues).values(active=False))
    async with on_duty(storage, clock) as duty:
        await duty.roster.log_in(cast.boris, cast.desk_102)
        call = told("1.1", caller=STRANGER)
        call.offers = [Offer(BORISES, at(1), OfferResult.NO_ANSWER, at(20), "sales")]
        await duty.hear(call.started(), call.queued(0), call.offered(1, BORISES))
        await duty.hear(call.offer_ended(20, BORISES), call.ended(30, Outcome.ABANDONED))
    [callback] = await callbacks_in(storage)
    assert (callback.queue, callback.assignee_agent_id) == (None, cast.boris.id)


async def test_a_talk_with_a_client_leaves_what_came_from_a_number_wrongly_his(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with storage.write() as tx:
        pavels = client_numbers.c.client_id == cast.pavel
        values = {"client_id": cast.romashka, "wrong": True}
        await tx.execute(update(client_numbers).where(pavels).values(**values))
    async with on_duty(storage, clock) as duty:
        await duty.hear(missed_call(told("1.1", caller=PAVEL)))
        await duty.hear(answered_call(told("1.2", caller=IVAN), 100))
        [callback] = await callbacks_in(storage)
    assert callback.number == "+79037654321"


async def test_a_missed_call_that_becomes_part_of_another_meanwhile_demands_nothing(
    storage: Storage, cast: Cast, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine = callbacks._ended_call

    async def then_it_goes(connection: Connection, call_id: str) -> Any:
        found = await genuine(connection, call_id)
        async with storage.write() as tx:
            await tx.execute(delete(calls).where(calls.c.call_id == call_id))
        return found

    async with on_duty(storage, clock) as duty:
        monkeypatch.setattr(callbacks, "_ended_call", then_it_goes)
        with capture_logs() as logs:
            await duty.hear(missed_call(told("1.1", queue="sales")))
        assert await callbacks_in(storage) == []
    assert [entry for entry in logs if entry["event"] == "handler_failed"] == []
