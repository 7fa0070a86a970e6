"""A client on hold by parking: the phone is free, the call and its form are the agent's still."""

from dataclasses import replace

from sqlalchemy import select

from crm_core.calls.parking import Parking
from crm_core.calls.tables import wrap_ups
from crm_core.clock import ManualClock
from crm_core.events import WrapUpStarted
from crm_core.storage.engine import Storage
from tests.cast import Cast
from tests.crm_core.duty import Duty, Exchange, on_duty
from tests.crm_core.telling import ANNAS, BORISES, Told, told


async def _parked(duty: Duty, cast: Cast) -> Told:
    """Anna has parked the client and her phone has hung up; Boris is ready."""
    call = told("1.1")
    await duty.roster.log_in(cast.anna, cast.desk_101)
    await duty.roster.log_in(cast.boris, cast.desk_102)
    await duty.hear(call.started(), call.queued(0), call.answered(1))
    await duty.hear(replace(call.held(5), parked=True), call.left(6))
    return call


def _began(duty: Duty) -> list[int]:
    return [fact.agent_id for fact in duty.office.heard if isinstance(fact, WrapUpStarted)]


async def test_who_has_parked_the_client_is_talking_and_owes_no_form_yet(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    exchange = Exchange()
    async with on_duty(storage, clock, exchange) as duty:
        await _parked(duty, cast)
        assert duty.state_of(cast.anna.id) == "talking"
        assert exchange.pauses == {"PJSIP/101": "wrap-up"}
        assert _began(duty) == []


async def test_who_fetches_his_own_client_talks_on_and_has_one_form_at_the_end(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        call = await _parked(duty, cast)
        await duty.hear(call.resumed(20), call.answered(20))
        assert duty.state_of(cast.anna.id) == "talking"
        assert _began(duty) == []
        await duty.hear(call.left(30), call.ended(30))
        assert duty.state_of(cast.anna.id) == "wrap_up"
        assert _began(duty) == [cast.anna.id]


async def test_whom_a_colleague_fetches_is_the_colleagues_and_the_form_of_the_first_begins(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        call = await _parked(duty, cast)
        await duty.hear(call.resumed(20), call.answered(20, BORISES))
        assert duty.state_of(cast.anna.id) == "wrap_up"
        assert duty.state_of(cast.boris.id) == "talking"
        assert _began(duty) == [cast.anna.id]


async def test_who_gives_up_on_hold_ends_the_call_and_the_form_begins(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with on_duty(storage, clock) as duty:
        call = await _parked(duty, cast)
        await duty.hear(call.ended(20))
        assert duty.state_of(cast.anna.id) == "wrap_up"
        assert _began(duty) == [cast.anna.id]


async def test_a_phone_that_parks_and_hangs_up_after_the_colleague_answered_leaves_then(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    call = told("1.1")
    async with on_duty(storage, clock) as duty:
        await duty.roster.log_in(cast.anna, cast.desk_101)
        await duty.roster.log_in(cast.boris, cast.desk_102)
        await duty.hear(call.started(), call.answered(1), replace(call.held(5), parked=True))
        await duty.hear(call.resumed(8), call.answered(8, BORISES))
        assert duty.state_of(cast.anna.id) == "talking"
        await duty.hear(call.left(9))
        assert duty.state_of(cast.anna.id) == "wrap_up"
        assert _began(duty) == [cast.anna.id]


async def test_a_phone_that_hangs_up_before_the_parking_is_told_is_with_the_client_again(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    call, exchange = told("1.1"), Exchange()
    async with on_duty(storage, clock, exchange) as duty:
        await duty.roster.log_in(cast.anna, cast.desk_101)
        await duty.hear(call.started(), call.queued(0), call.answered(1))
        await duty.hear(call.left(5), replace(call.held(5), parked=True))
        assert duty.state_of(cast.anna.id) == "talking"
        assert exchange.pauses == {"PJSIP/101": "wrap-up"}
        async with storage.read() as connection:
            [row] = (await connection.execute(select(wrap_ups.c.started_at))).all()
        assert row.started_at is None
        await duty.hear(call.resumed(20), call.answered(20), call.left(30), call.ended(30))
        assert duty.state_of(cast.anna.id) == "wrap_up"


def test_parking_follows_a_call_into_another() -> None:
    parking = Parking()
    parking.hold("2.2", ANNAS)
    parking.join("1.1", "2.2")
    assert not parking.stays("2.2", ANNAS)
    assert parking.stays("1.1", ANNAS)
    assert parking.relieved("1.1", BORISES) == [ANNAS]
    assert parking.relieved("1.1", BORISES) == []


def test_a_call_that_is_over_parks_nobody() -> None:
    parking = Parking()
    parking.hold("1.1", ANNAS)
    parking.forget("1.1")
    assert not parking.stays("1.1", ANNAS)
