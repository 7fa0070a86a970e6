"""Who sits where: desks, states, wishes and the exchange's seats, through calls and restarts."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from crm_core.agents.directory import DirectoryChanged
from crm_core.agents.tables import agent_state_log, agents, queue_members
from crm_core.clock import ManualClock
from crm_core.errors import Conflict, Forbidden, Invalid, NotFound
from crm_core.events import AgentStateChanged
from crm_core.storage.engine import Storage
from telephony.events import ExchangeConnected, OfferResult, Outcome
from telephony.ids import Interface
from tests.cast import Cast
from tests.crm_core.duty import Exchange, on_duty
from tests.crm_core.storage_cuts import cancel_at_commit
from tests.crm_core.telling import ANNAS, BORISES, at, internal, outbound, told

CONNECTED = ExchangeConnected(at=at(0), version="22.10")
HOT_DESK = Interface("PJSIP/103")


async def test_who_logs_in_is_ready_and_a_member_of_his_queues(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        status = await duty.roster.log_in(cast.boris, cast.desk_102)
        await duty.settled()
        assert (status.state, status.extension, status.since) == ("ready", "102", clock.now())
        assert duty.exchange.members == {BORISES: {"sales": 1, "support": 0}}
        assert duty.exchange.pauses == {}
        assert duty.roster.agent_at(BORISES) == cast.boris.id
        assert [type(fact) for fact in duty.office.heard] == [AgentStateChanged]


async def test_who_logs_in_paused_is_offered_nothing(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        status = await duty.roster.log_in(cast.anna, cast.desk_101, pause_reason="training")
        await duty.settled()
        assert (status.state, status.reason) == ("paused", "training")
        assert duty.exchange.pauses == {ANNAS: "training"}


async def test_a_taken_desk_is_refused_with_the_name_of_who_has_it(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await duty.roster.log_in(cast.boris, cast.desk_103)
        with pytest.raises(Conflict) as refused:
            await duty.roster.log_in(cast.anna, cast.desk_103)
        assert refused.value.code == "extension_taken"
        assert refused.value.values["name"] == "Boris Klimov"


async def test_a_fixed_desk_is_its_owners_alone(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        with pytest.raises(Conflict) as refused:
            await duty.roster.log_in(cast.boris, cast.desk_101)
        assert refused.value.code == "extension_reserved"
        assert refused.value.values["name"] == "Anna Orlova"
        with pytest.raises(NotFound):
            await duty.roster.log_in(cast.boris, 999_999)


async def test_two_tabs_are_one_seat(storage: Storage, cast: Cast, clock: ManualClock) -> None:
    async with on_duty(storage, clock) as duty:
        first = await duty.roster.log_in(cast.anna, cast.desk_101)
        await clock.advance(60)
        assert await duty.roster.log_in(cast.anna, cast.desk_101) == first
        assert len(duty.roster.states()) == 1


async def test_an_agent_moves_to_another_desk_but_not_in_a_call(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await duty.roster.log_in(cast.anna, cast.desk_101)
        await duty.roster.log_in(cast.anna, cast.desk_103)
        await duty.settled()
        assert duty.roster.agent_at(ANNAS) is None
        assert duty.exchange.members == {ANNAS: {}, HOT_DESK: {"sales": 0}}
        call = told("1.1")
        await duty.hear(call.started(), call.answered(1, HOT_DESK))
        with pytest.raises(Conflict) as refused:
            await duty.roster.log_in(cast.anna, cast.desk_101)
        assert refused.value.code == "busy_with_call"


async def test_a_call_that_rings_or_talks_already_is_adopted_at_log_in(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    call = told("1.1")
    async with on_duty(storage, clock) as duty:
        await duty.hear(call.started(), call.answered(1))
        status = await duty.roster.log_in(cast.anna, cast.desk_101)
        await duty.settled()
        assert (status.state, status.call_id) == ("talking", "1.1")
        assert duty.exchange.pauses == {ANNAS: "wrap-up"}


async def test_a_call_leads_from_ready_over_ringing_talking_and_wrap_up_back_to_ready(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    call = told("1.1")
    async with on_duty(storage, clock) as duty:
        await duty.roster.log_in(cast.anna, cast.desk_101)
        await duty.hear(call.started(), call.queued(0), call.offered(1))
        assert duty.state_of(cast.anna.id) == "ringing"
        await duty.hear(call.offer_ended(5, result=OfferResult.ANSWERED), call.answered(5))
        assert duty.state_of(cast.anna.id) == "talking"
        assert duty.exchange.pauses == {ANNAS: "wrap-up"}
        await duty.hear(call.left(60), call.ended(60))
        assert duty.state_of(cast.anna.id) == "wrap_up"
        assert duty.exchange.pauses == {ANNAS: "wrap-up"}
        await duty.wrap_ups.finish(cast.anna, "1.1", cast.refused, "no")
        await duty.settled()
        assert duty.state_of(cast.anna.id) == "ready"
        assert duty.exchange.pauses == {}
        told_states = [f.state for f in duty.office.heard if isinstance(f, AgentStateChanged)]
        assert told_states == ["ready", "ringing", "talking", "wrap_up", "ready"]


async def test_an_offer_that_rings_out_is_counted_and_the_agent_stays_ready(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    call = told("1.1")
    async with on_duty(storage, clock) as duty:
        await duty.roster.log_in(cast.anna, cast.desk_101)
        await duty.hear(call.started(), call.offered(1), call.offer_ended(20))
        [status] = duty.roster.states()
        assert (status.state, status.missed) == ("ready", 1)
        elsewhere = call.offer_ended(40, result=OfferResult.ANSWERED_ELSEWHERE)
        await duty.hear(call.offered(30), elsewhere)
        assert duty.roster.states()[0].missed == 1


async def test_an_internal_call_is_a_talk_without_a_wrap_up(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    call = internal("1.1")
    async with on_duty(storage, clock) as duty:
        await duty.roster.log_in(cast.anna, cast.desk_101)
        await duty.roster.log_in(cast.boris, cast.desk_102)
        started = replace(call.started(), interface=ANNAS)
        await duty.hear(started, call.offered(1, BORISES))
        assert duty.roster.status_of(cast.anna.id).reason == "dialling"  # type: ignore[union-attr]
        await duty.hear(call.answered(2, ANNAS), call.answered(2, BORISES))
        assert [each.state for each in duty.roster.states()] == ["talking", "talking"]
        await duty.hear(call.left(9, ANNAS), call.left(9, BORISES), call.ended(9))
        assert [each.state for each in duty.roster.states()] == ["ready", "ready"]


async def test_an_answered_outbound_call_owes_a_wrap_up_and_an_unanswered_none(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    lost, call = outbound("1.1"), outbound("2.2")
    async with on_duty(storage, clock) as duty:
        await duty.roster.log_in(cast.anna, cast.desk_101)
        await duty.hear(replace(lost.started(), interface=ANNAS))
        assert duty.state_of(cast.anna.id) == "ringing"
        await duty.hear(lost.ended(20, Outcome.NO_ANSWER))
        assert duty.state_of(cast.anna.id) == "ready"
        await duty.hear(replace(call.started(30), interface=ANNAS), call.answered(40))
        await duty.hear(call.left(50), call.ended(50))
        assert duty.state_of(cast.anna.id) == "wrap_up"


async def test_who_is_believed_to_owe_a_wrap_up_does_not_wait_for_one_that_never_comes(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    """After a restart the roster takes a talk for one with the outside; the log knows better."""
    call = internal("1.1")
    async with on_duty(storage, clock) as duty:
        await duty.roster.log_in(cast.boris, cast.desk_102)
        await duty.hear(call.started())
    async with on_duty(storage, clock) as duty:
        await duty.hear(call.answered(2, BORISES), call.left(9, BORISES))
        states = [f.state for f in duty.office.heard if isinstance(f, AgentStateChanged)]
        assert states == ["talking", "wrap_up", "ready"]


async def test_a_pause_wished_in_a_call_is_pending_and_follows_the_wrap_up(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    call = told("1.1")
    async with on_duty(storage, clock) as duty:
        await duty.roster.log_in(cast.anna, cast.desk_101)
        await duty.hear(call.started(), call.answered(1))
        status = await duty.roster.pause(cast.anna, "lunch")
        assert (status.state, status.pending) == ("talking", "lunch")
        await duty.hear(call.left(9), call.ended(9))
        await duty.wrap_ups.finish(cast.anna, "1.1", cast.refused, "")
        await duty.settled()
        [after] = duty.roster.states()
        assert (after.state, after.reason, after.pending) == ("paused", "lunch", None)
        assert duty.exchange.pauses == {ANNAS: "lunch"}
        assert (await duty.roster.ready(cast.anna)).state == "ready"


async def test_a_log_out_wished_in_a_call_comes_after_its_wrap_up(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    call = told("1.1")
    async with on_duty(storage, clock) as duty:
        await duty.roster.log_in(cast.anna, cast.desk_101)
        await duty.hear(call.started(), call.answered(1))
        assert (await duty.roster.log_out(cast.anna)).pending == "log_out"
        await duty.hear(call.left(9), call.ended(9))
        assert duty.state_of(cast.anna.id) == "wrap_up"
        await duty.wrap_ups.finish(cast.anna, "1.1", cast.refused, "")
        await duty.settled()
        assert duty.state_of(cast.anna.id) == "offline"
        assert duty.roster.agent_at(ANNAS) is None
        assert duty.exchange.members == {ANNAS: {}}


async def test_an_unknown_pause_reason_and_a_wish_without_a_seat_are_refused(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        with pytest.raises(Conflict, match="not_logged_in"):
            await duty.roster.ready(cast.anna)
        await duty.roster.log_in(cast.anna, cast.desk_101)
        with pytest.raises(Invalid, match="unknown"):
            await duty.roster.pause(cast.anna, "wrap-up")


async def test_supervisors_direct_others_and_operators_only_themselves(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await duty.roster.log_in(cast.anna, cast.desk_101)
        for stranger in (cast.boris, cast.grigory):
            with pytest.raises(Forbidden):
                await duty.roster.log_out(stranger, cast.anna.id)
        assert (await duty.roster.pause(cast.vera, "lunch", cast.anna.id)).state == "paused"
        assert (await duty.roster.ready(cast.dina, cast.anna.id)).state == "ready"
        assert (await duty.roster.log_out(cast.vera, cast.anna.id)).state == "offline"


async def test_ready_is_refused_while_a_wrap_up_is_open(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    call = told("1.1")
    async with on_duty(storage, clock) as duty:
        await duty.roster.log_in(cast.anna, cast.desk_101)
        await duty.hear(call.started(), call.answered(1), call.left(9), call.ended(9))
        with pytest.raises(Conflict, match="wrap_up_open"):
            await duty.roster.ready(cast.anna)


async def test_states_and_their_lengths_are_kept_for_the_reports(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await duty.roster.log_in(cast.anna, cast.desk_101)
        await clock.advance(30)
        await duty.roster.pause(cast.anna, "lunch")
        await clock.advance(90)
        await duty.roster.log_out(cast.anna)
    query = select(
        agent_state_log.c.state, agent_state_log.c.reason, agent_state_log.c.seconds
    ).order_by(agent_state_log.c.id)
    async with storage.read() as connection:
        rows = [tuple(row) for row in await connection.execute(query)]
    assert rows == [("ready", None, 30.0), ("paused", "lunch", 90.0)]


async def test_a_state_stored_though_its_command_was_cut_off_is_stored_once(
    storage: Storage, cast: Cast, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with on_duty(storage, clock) as duty:
        await duty.roster.log_in(cast.anna, cast.desk_101)
        await clock.advance(30)
        pausing = asyncio.create_task(duty.roster.pause(cast.anna, "lunch"))
        cancel_at_commit(monkeypatch, pausing)
        with pytest.raises(asyncio.CancelledError):
            await pausing
        monkeypatch.undo()
        await clock.advance(90)
        await duty.roster.ready(cast.anna)
    query = select(
        agent_state_log.c.state, agent_state_log.c.reason, agent_state_log.c.seconds
    ).order_by(agent_state_log.c.id)
    async with storage.read() as connection:
        rows = [tuple(row) for row in await connection.execute(query)]
    assert rows == [("ready", None, 30.0), ("paused", "lunch", 90.0), ("ready", None, None)]


async def test_an_exchange_that_is_away_loses_no_state_and_its_seats_are_taken_when_it_is_back(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    exchange = Exchange(down=True)
    async with on_duty(storage, clock, exchange) as duty:
        await duty.roster.log_in(cast.anna, cast.desk_101)
        await duty.roster.pause(cast.anna, "lunch")
        await duty.settled()
        assert duty.state_of(cast.anna.id) == "paused"
        assert exchange.members == {}
        exchange.down = False
        await duty.hear(CONNECTED)
        assert exchange.members == {ANNAS: {"sales": 0}}
        assert exchange.pauses == {ANNAS: "lunch"}


async def test_after_a_restart_of_the_exchange_every_seat_and_pause_is_asked_for_again(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await duty.roster.log_in(cast.anna, cast.desk_101, pause_reason="lunch")
        await duty.roster.log_in(cast.boris, cast.desk_102)
        await duty.settled()
        duty.exchange.restart()
        await duty.hear(CONNECTED)
        assert duty.exchange.members == {ANNAS: {"sales": 0}, BORISES: {"sales": 1, "support": 0}}
        assert duty.exchange.pauses == {ANNAS: "lunch"}


async def test_a_seat_that_could_not_be_left_is_left_when_the_exchange_is_back(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await duty.roster.log_in(cast.anna, cast.desk_101)
        await duty.settled()
        duty.exchange.down = True
        await duty.roster.log_out(cast.anna)
        await duty.settled()
        assert duty.exchange.members == {ANNAS: {"sales": 0}}
        duty.exchange.down = False
        await duty.hear(CONNECTED)
        assert duty.exchange.members == {ANNAS: {}}


async def test_a_request_that_failed_is_tried_again_after_a_while(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        duty.exchange.down = True
        await duty.roster.log_in(cast.anna, cast.desk_101)
        await duty.settled()
        duty.exchange.down = False
        await clock.advance(5)
        await duty.settled()
        assert duty.exchange.members == {ANNAS: {"sales": 0}}


async def test_a_changed_team_changes_the_seat(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await duty.roster.log_in(cast.boris, cast.desk_102)
        async with storage.write() as tx:
            await tx.execute(queue_members.delete().where(queue_members.c.queue_id == cast.support))
            tx.announce(DirectoryChanged("teams"))
        await duty.settled()
        assert duty.exchange.members == {BORISES: {"sales": 1}}


async def test_who_no_longer_works_here_leaves_his_seat(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await duty.roster.log_in(cast.boris, cast.desk_102)
        async with storage.write() as tx:
            await tx.execute(
                update(agents).where(agents.c.id == cast.boris.id).values(active=False)
            )
            tx.announce(DirectoryChanged("agents"))
        await duty.settled()
        assert duty.state_of(cast.boris.id) == "offline"


async def test_a_restart_finds_people_where_they_were(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await duty.roster.log_in(cast.anna, cast.desk_101, pause_reason="lunch")
        since = clock.now()
    await clock.advance(600)
    async with on_duty(storage, clock) as duty:
        [status] = duty.roster.states()
        assert (status.name, status.extension, status.state) == ("Anna Orlova", "101", "paused")
        assert (status.reason, status.since) == ("lunch", since)
        assert duty.exchange.pauses == {ANNAS: "lunch"}


async def test_a_restart_in_a_talk_goes_on_where_the_call_does(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    call = told("1.1")
    async with on_duty(storage, clock) as duty:
        await duty.roster.log_in(cast.anna, cast.desk_101)
        await duty.hear(call.started(), call.answered(1))
    async with on_duty(storage, clock) as duty:
        assert duty.state_of(cast.anna.id) == "talking"
        await duty.hear(call.started(), call.answered(30), CONNECTED)
        assert duty.state_of(cast.anna.id) == "talking"
        await duty.hear(call.left(60), call.ended(60))
        assert duty.state_of(cast.anna.id) == "wrap_up"


async def test_a_restart_after_which_the_call_is_gone_leads_to_its_wrap_up(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    call = told("1.1")
    async with on_duty(storage, clock) as duty:
        await duty.roster.log_in(cast.anna, cast.desk_101)
        await duty.hear(call.started(), call.answered(1))
    async with on_duty(storage, clock) as duty:
        await duty.hear(CONNECTED)
        await duty.office.intake.close_orphans([], at(90))
        await duty.settled()
        assert duty.state_of(cast.anna.id) == "wrap_up"
        await duty.wrap_ups.finish(cast.anna, "1.1", cast.refused, "cut off")
        await duty.settled()
        assert duty.state_of(cast.anna.id) == "ready"


async def test_a_restart_after_a_ring_that_is_over_leads_to_ready(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    call = told("1.1")
    async with on_duty(storage, clock) as duty:
        await duty.roster.log_in(cast.anna, cast.desk_101)
        await duty.hear(call.started(), call.offered(1))
    async with on_duty(storage, clock) as duty:
        assert duty.state_of(cast.anna.id) == "ringing"
        await duty.hear(CONNECTED)
        assert duty.state_of(cast.anna.id) == "ready"


async def test_a_transferred_call_leaves_the_first_agent_in_his_wrap_up(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    call = told("1.1")
    async with on_duty(storage, clock) as duty:
        await duty.roster.log_in(cast.anna, cast.desk_101)
        await duty.roster.log_in(cast.boris, cast.desk_102)
        await duty.hear(call.started(), call.answered(1), call.transferred(5))
        await duty.hear(call.left(5), call.offered(5, BORISES), call.answered(8, BORISES))
        assert duty.state_of(cast.anna.id) == "wrap_up"
        assert duty.state_of(cast.boris.id) == "talking"


async def test_a_consultation_that_joins_the_call_counts_as_one_for_both(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    call, consult = told("1.1"), internal("2.2")
    async with on_duty(storage, clock) as duty:
        await duty.roster.log_in(cast.anna, cast.desk_101)
        await duty.roster.log_in(cast.boris, cast.desk_102)
        await duty.hear(call.started(), call.answered(1))
        await duty.hear(replace(consult.started(5), interface=ANNAS))
        await duty.hear(consult.answered(6, BORISES), consult.answered(6, ANNAS))
        await duty.hear(call.absorbs(9, consult), call.left(9, ANNAS))
        assert duty.state_of(cast.anna.id) == "wrap_up"
        status = duty.roster.status_of(cast.boris.id)
        assert status is not None
        assert (status.state, status.call_id) == ("talking", "1.1")
        await duty.hear(call.answered(9, BORISES), call.left(60, BORISES), call.ended(60))
        assert duty.state_of(cast.boris.id) == "wrap_up"


async def test_a_consulted_colleague_who_left_before_he_met_the_client_owes_nothing(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    call, consult = told("1.1"), internal("2.2")
    async with on_duty(storage, clock) as duty:
        await duty.roster.log_in(cast.anna, cast.desk_101)
        await duty.roster.log_in(cast.boris, cast.desk_102)
        await duty.hear(call.started(), call.answered(1))
        await duty.hear(replace(consult.started(5), interface=ANNAS), consult.answered(6, BORISES))
        await duty.hear(call.absorbs(9, consult), call.left(9, BORISES))
        assert duty.state_of(cast.boris.id) == "ready"
        await duty.hear(call.left(60, ANNAS), call.ended(60))
        assert duty.state_of(cast.boris.id) == "ready"
        assert duty.state_of(cast.anna.id) == "wrap_up"


async def test_whose_fixed_desk_it_is_is_noted_though_he_has_not_logged_in(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        assert duty.roster.agent_at(ANNAS) is None
        assert duty.roster.agent_of(ANNAS) == cast.anna.id
        assert duty.roster.agent_of(HOT_DESK) is None


async def test_a_state_begins_neither_in_the_future_nor_before_the_last_one(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        await clock.advance(100)
        await duty.roster.log_in(cast.anna, cast.desk_101)
        call, later = told("1.1"), told("2.2")
        for fact in (call.offered(5), later.answered(5000)):  # the exchange's clock is off
            await duty.hear(fact)
            status = duty.roster.status_of(cast.anna.id)
            assert status is not None
            assert status.since == at(100)
