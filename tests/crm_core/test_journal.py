"""The call log holds what happened: once, whole, whatever was lost, doubled or heard too late."""

import random
from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select, update
from structlog.testing import capture_logs

from crm_core.calls import tables
from crm_core.calls.detail import CallDetail, get_call
from crm_core.calls.shelf import find_stories
from crm_core.calls.story import Story
from crm_core.calls.tables import calls, wrap_ups
from crm_core.storage.engine import Storage
from crm_core.storage.one_trip import OneTripDriver
from crm_core.tasks.tables import tasks
from telephony.events import (
    CallDescribed,
    CallEnded,
    CallFact,
    Direction,
    EndedBy,
    LegRecord,
    LegRole,
    Offer,
    OfferResult,
    Outcome,
)
from telephony.ids import CallId, Interface, Linkedid, Uniqueid
from tests.cast import Cast
from tests.crm_core.telling import (
    ANNAS,
    BORISES,
    IVAN,
    STRANGER,
    TRUNK,
    answered_call,
    at,
    internal,
    open_office,
    outbound,
    told,
)


async def detail_of(storage: Storage, call_id: str) -> CallDetail:
    async with storage.read() as connection:
        return await get_call(connection, None, call_id)


async def ids_in(storage: Storage) -> list[str]:
    async with storage.read() as connection:
        return list((await connection.execute(select(calls.c.call_id))).scalars())


async def test_an_answered_call_is_one_row_with_its_offer_and_its_talk(
    storage: Storage, cast: Cast
) -> None:
    seats: dict[str, int] = {ANNAS: cast.anna.id}
    async with open_office(storage, agent_at=seats.get) as office:
        call = told("1.1")
        await office.hear(answered_call(call))
    seen = await detail_of(storage, "1.1")
    assert seen.call.outcome == "answered"
    assert (seen.call.wait_seconds, seen.call.talk_seconds) == (10.0, 60.0)
    assert seen.call.number == "+79161234567"
    assert seen.call.client_name == "ООО «Ромашка»"
    assert seen.call.agents == ("Anna Orlova",)
    assert [(o.agent_name, o.result) for o in seen.offers] == [("Anna Orlova", "answered")]
    assert [(t.started_at, t.ended_at) for t in seen.talks] == [(at(10), at(70))]
    assert [moment.kind for moment in seen.timeline] == [
        *("started", "offered", "answered", "left", "ended"),
    ]


async def test_facts_told_twice_and_a_whole_replay_change_nothing(
    storage: Storage, cast: Cast
) -> None:
    async with open_office(storage) as office:
        story = answered_call(told("1.1"))
        await office.hear(*[fact for fact in story for _ in range(2)])
        once = await detail_of(storage, "1.1")
        await office.hear(story)
    assert await detail_of(storage, "1.1") == once


async def test_a_restart_between_any_two_facts_leaves_the_same_call(
    storage: Storage, cast: Cast
) -> None:
    for place in range(1, 6):
        call_id = f"1.{place}"
        story = answered_call(told(call_id))
        async with open_office(storage) as office:
            await office.hear(story[:place])
        async with open_office(storage) as office:
            await office.hear(story[place - 1 :])
        seen = await detail_of(storage, call_id)
        assert seen.call.outcome == "answered"
        assert [(t.started_at, t.ended_at) for t in seen.talks] == [(at(10), at(70))]
        assert len(seen.offers) == 1


async def test_a_call_whose_start_was_lost_is_still_logged(storage: Storage, cast: Cast) -> None:
    call = told("1.1")
    async with open_office(storage) as office:
        await office.hear(call.offered(5))
        assert (await detail_of(storage, "1.1")).call.started_at == at(5)
        await office.hear(call.started(2))
    seen = await detail_of(storage, "1.1")
    assert seen.call.started_at == at(2)
    assert seen.call.client_id == cast.romashka


async def test_call_started_never_resets_a_known_call(storage: Storage, cast: Cast) -> None:
    call = told("1.1")
    async with open_office(storage) as office:
        await office.hear(call.started(0), call.answered(5))
        await office.hear(replace(call.started(50), caller="000", direction=Direction.INTERNAL))
    seen = await detail_of(storage, "1.1")
    assert (seen.call.started_at, seen.call.caller) == (at(0), IVAN)
    assert seen.call.answered_at == at(5)


async def test_better_knowledge_moves_the_call_to_another_client(
    storage: Storage, cast: Cast
) -> None:
    call = told("1.1", caller=STRANGER)
    async with open_office(storage) as office:
        await office.hear(call.started(0))
        assert (await detail_of(storage, "1.1")).call.client_id is None
        await office.hear(
            CallDescribed(
                at=at(1),
                call_id=call.call_id,
                linkedids=(Linkedid("1.1"), Linkedid("1.9")),
                direction=Direction.OUTBOUND,
                caller="101",
                caller_name="Anna",
                dialled="+7 903 765-43-21",
            )
        )
    seen = await detail_of(storage, "1.1")
    assert (seen.call.client_id, seen.call.number) == (cast.pavel, "+79037654321")
    assert seen.linkedids == ("1.1", "1.9")


async def test_an_internal_call_has_no_outside_number(storage: Storage, cast: Cast) -> None:
    async with open_office(storage) as office:
        await office.hear(internal("1.1").started())
    assert (await detail_of(storage, "1.1")).call.number == ""


async def test_a_whole_record_is_the_last_word(storage: Storage, cast: Cast) -> None:
    call = told("1.1")
    ringing = Offer(BORISES, at(3), OfferResult.BUSY, at(4))
    async with open_office(storage) as office:
        await office.hear(call.started(0), call.offered(1, ANNAS), call.held(2))
        await office.hear(call.ended(9, Outcome.BUSY, offered=(ringing,), ended_by=EndedBy.SYSTEM))
    seen = await detail_of(storage, "1.1")
    assert [(o.interface, o.result) for o in seen.offers] == [(BORISES, "busy")]
    assert seen.holds == ()
    assert (seen.call.outcome, seen.call.ended_by) == ("busy", "system")


async def test_legs_are_kept_with_the_cause_of_their_end(storage: Storage, cast: Cast) -> None:
    call = told("1.1")
    leg = LegRecord(
        Uniqueid("1.1"), "PJSIP/trunk-1", TRUNK, LegRole.TRUNK, at(0), None, at(9), cause=17
    )
    async with open_office(storage) as office:
        await office.hear(call.started(0), call.ended(9, Outcome.BUSY, legs=(leg,)))
    assert [(leg.role, leg.cause) for leg in (await detail_of(storage, "1.1")).legs] == [
        ("trunk", 17)
    ]


async def test_a_partial_record_adds_to_what_was_known(storage: Storage, cast: Cast) -> None:
    call = told("1.1")
    async with open_office(storage) as office:
        await office.hear(
            call.started(0), call.offered(1), call.answered(10), call.held(20), call.resumed(30)
        )
    async with open_office(storage) as office:  # restarted: the call is adopted at 60
        await office.hear(
            call.started(60),
            call.answered(60),
            call.ended(
                100,
                by=(ANNAS,),
                caller="",
                started_at=at(60),
                answered_at=at(60),
                talk_seconds=40.0,
                offered=(Offer(BORISES, at(70), OfferResult.NO_ANSWER, at(80)),),
                complete=False,
            ),
        )
    seen = await detail_of(storage, "1.1")
    assert (seen.call.started_at, seen.call.answered_at) == (at(0), at(10))
    assert seen.call.caller == IVAN
    assert {offer.interface for offer in seen.offers} == {ANNAS, BORISES}
    assert (seen.call.wait_seconds, seen.call.talk_seconds) == (10.0, 80.0)
    assert seen.call.hold_seconds == 10.0
    assert not seen.call.complete


async def test_what_was_answered_once_stays_answered(storage: Storage, cast: Cast) -> None:
    call = told("1.1")
    async with open_office(storage) as office:
        await office.hear(call.started(0), call.answered(10), call.left(20))
        await office.hear(call.ended(30, Outcome.ABANDONED, complete=False))
    assert (await detail_of(storage, "1.1")).call.outcome == "answered"


async def test_a_partial_record_says_nothing_to_a_whole_one(storage: Storage, cast: Cast) -> None:
    story = answered_call(told("1.1"))
    async with open_office(storage) as office:
        await office.hear(story, told("1.1").ended(500, Outcome.FAILED, complete=False))
    seen = await detail_of(storage, "1.1")
    assert (seen.call.outcome, seen.call.ended_at) == ("answered", at(70))


async def test_a_partial_record_adds_to_a_call_that_we_had_closed_ourselves(
    storage: Storage, cast: Cast
) -> None:
    call = told("1.1")
    async with open_office(storage) as office:
        await office.hear(call.started(10), call.answered(20))
        await office.intake.close_orphans([], at(30))
        call.begun = 0
        await office.hear(call.ended(100, complete=False, talk_seconds=85.0, answered_at=at(15)))
    seen = (await detail_of(storage, "1.1")).call
    assert (seen.started_at, seen.answered_at, seen.ended_at) == (at(0), at(15), at(100))
    assert seen.talk_seconds == 85.0


async def test_a_call_that_we_close_ourselves_never_ends_before_what_it_has_told(
    storage: Storage, cast: Cast
) -> None:
    call = told("1.1")
    async with open_office(storage) as office:
        await office.hear(call.started(0), call.answered(20))
        await office.intake.close_orphans([], at(10))
        await office.settled()
        assert (await detail_of(storage, "1.1")).call.ended_at == at(20)
        await office.hear(call.ended(15, complete=False))
    assert (await detail_of(storage, "1.1")).call.ended_at == at(20)


async def test_what_was_told_before_we_closed_a_call_does_not_open_it_again(
    storage: Storage, cast: Cast
) -> None:
    call = told("1.1")
    async with open_office(storage) as office:
        await office.hear(call.started(0))
        await office.intake.close_orphans([], at(30))
        await office.hear(call.offered(20))
        assert (await detail_of(storage, "1.1")).call.ended_at == at(30)
        await office.hear(call.offered(40))
        assert (await detail_of(storage, "1.1")).call.ended_at is None


async def test_a_joined_call_keeps_the_queue_that_only_one_of_both_has(
    storage: Storage, cast: Cast
) -> None:
    first, second = told("1.1"), told("2.2")
    async with open_office(storage) as office:
        await office.hear(first.started(0), second.started(1), second.queued(1))
        await office.hear(first.absorbs(2, second))
    assert (await detail_of(storage, "1.1")).call.queue == "sales"


async def test_a_partial_record_that_is_all_there_is_is_believed(
    storage: Storage, cast: Cast
) -> None:
    async with open_office(storage) as office:
        await office.hear(told("1.1").ended(30, wait_seconds=7.0, hold_seconds=3.0, complete=False))
    seen = (await detail_of(storage, "1.1")).call
    assert (seen.wait_seconds, seen.hold_seconds, seen.started_at) == (7.0, 3.0, at(0))


async def test_a_phone_that_rang_twice_has_two_offers_after_a_partial_record_too(
    storage: Storage, cast: Cast
) -> None:
    call = told("1.1")
    async with open_office(storage) as office:
        await office.hear(call.started(0), call.offered(1), call.offer_ended(20), call.offered(60))
        again = Offer(ANNAS, at(25), OfferResult.NO_ANSWER, at(40))
        told_again = Offer(ANNAS, at(61), OfferResult.ABANDONED, at(70))
        await office.hear(
            call.ended(70, Outcome.ABANDONED, offered=(again, told_again), complete=False)
        )
    seen = await detail_of(storage, "1.1")
    assert [(offer.offered_at, offer.result) for offer in seen.offers] == [
        (at(1), "no_answer"),
        (at(25), "no_answer"),
        (at(60), "abandoned"),
    ]


async def test_joined_calls_are_one_row_with_everything_of_both(
    storage: Storage, cast: Cast
) -> None:
    first, consult = told("1.1"), internal("2.2", begun=20)
    seats: dict[str, int] = {BORISES: cast.boris.id}
    async with open_office(storage, agent_at=seats.get) as office:
        await office.hear(first.started(0), first.answered(5))
        await office.hear(consult.started(20), consult.offered(21, BORISES))
        await office.hear(consult.answered(22, BORISES))
        async with storage.write() as tx:
            for call_id, note in (("1.1", "wants a price"), ("2.2", "asked Boris")):
                await tx.execute(
                    insert(wrap_ups).values(call_id=call_id, agent_id=cast.anna.id, note=note)
                )
            await tx.execute(
                insert(tasks).values(
                    kind="next_step", call_id="2.2", due_at=at(0), created_at=at(0)
                )
            )
        await office.hear(first.absorbs(30, consult), first.answered(30, BORISES))
        await office.hear(consult.left(40, BORISES))
    seen = await detail_of(storage, "1.1")
    assert await ids_in(storage) == ["1.1"]
    assert [(t.interface, t.ended_at) for t in seen.talks] == [(ANNAS, None), (BORISES, at(40))]
    assert [w.note for w in seen.wrap_ups] == ["wants a price\nasked Boris"]
    assert seen.linkedids == ("1.1", "2.2")
    async with storage.read() as connection:
        assert (await connection.execute(select(tasks.c.call_id))).scalar_one() == "1.1"


async def test_a_late_fact_of_an_absorbed_call_finds_the_survivor(
    storage: Storage, cast: Cast
) -> None:
    first, second = told("1.1"), told("2.2")
    async with open_office(storage) as office:
        await office.hear(first.started(0), second.started(1), first.absorbs(2, second))
    async with open_office(storage) as office:
        await office.hear(second.answered(9, BORISES))
        assert [fact.call_id for fact in office.heard] == ["1.1"]  # type: ignore[attr-defined]
    assert [talk.interface for talk in (await detail_of(storage, "1.1")).talks] == [BORISES]
    assert await ids_in(storage) == ["1.1"]


async def test_calls_joined_before_either_was_stored_are_one(storage: Storage, cast: Cast) -> None:
    first, second, third = told("1.1", begun=1), told("2.2", begun=0), told("3.3")
    async with open_office(storage) as office:
        for fact in (first.started(1), second.started(0), second.offered(3)):
            await office.intake.take(fact)
        await office.hear(second.absorbs(4, third), first.absorbs(5, second))
        await office.hear(first.absorbs(5, second), first.absorbs(6, first), third.answered(9))
    seen = await detail_of(storage, "1.1")
    assert await ids_in(storage) == ["1.1"]
    assert (seen.call.started_at, len(seen.offers), len(seen.talks)) == (at(0), 1, 1)
    assert seen.linkedids == ("1.1", "2.2", "3.3")


async def test_no_call_stays_open_that_the_exchange_no_longer_has(
    storage: Storage, cast: Cast
) -> None:
    gone, talking, alive, dialled = told("1.1"), told("2.2"), told("3.3"), outbound("4.4")
    async with open_office(storage) as office:
        await office.hear(gone.started(0), gone.offered(1), alive.started(0), dialled.started(0))
        await office.hear(talking.started(0), talking.answered(10), talking.held(20))
    async with open_office(storage) as office:
        await office.intake.close_orphans(["3.3"], at(60))
        await office.settled()
        ended = [fact for fact in office.heard if isinstance(fact, CallEnded)]
        assert [fact.call_id for fact in ended] == ["1.1", "2.2", "4.4"]
    outcomes = {each: (await detail_of(storage, each)).call for each in await ids_in(storage)}
    assert {key: call.outcome for key, call in outcomes.items()} == {
        "1.1": "abandoned",
        "2.2": "answered",
        "3.3": None,
        "4.4": "no_answer",
    }
    assert outcomes["2.2"].ended_by == "system"
    assert (outcomes["2.2"].talk_seconds, outcomes["2.2"].hold_seconds) == (10.0, 40.0)
    assert not outcomes["1.1"].complete
    assert (await detail_of(storage, "1.1")).offers[0].result == "abandoned"


async def test_a_call_lives_by_any_of_its_linkedids(storage: Storage, cast: Cast) -> None:
    first, second = told("1.1"), told("2.2")
    async with open_office(storage) as office:
        await office.hear(first.started(0), second.started(1), first.absorbs(2, second))
        await office.intake.close_orphans(["2.2"], at(60))
        await office.settled()
    assert (await detail_of(storage, "1.1")).call.ended_at is None


async def test_a_call_closed_by_us_that_lives_after_all_is_open_again(
    storage: Storage, cast: Cast
) -> None:
    call = told("1.1")
    async with open_office(storage) as office:
        await office.hear(call.started(0))
        await office.intake.close_orphans([], at(60))
        await office.hear(call.offered(61))
        assert (await detail_of(storage, "1.1")).call.ended_at is None
        await office.hear(call.ended(90, Outcome.BUSY))
    assert (await detail_of(storage, "1.1")).call.outcome == "busy"


async def test_hostile_names_and_numbers_are_stored_and_stop_nothing(
    storage: Storage, cast: Cast
) -> None:
    nasty = ["\x00", "\udcff" * 5, "A" * 1_000_000, "<script>alert(1)</script>\r\nX: y", "'; --"]
    async with open_office(storage) as office:
        for number, text in enumerate(nasty):
            call = told(f"1.{number}", caller=text, dialled=text)
            await office.hear(
                replace(call.started(0), caller_name=text),
                call.queued(1, text),
                call.offered(2, Interface(text)),
                call.transferred(3, text),
                call.ended(4, caller_name=text, by=(Interface(text),)),
            )
        await office.hear(told("Z" * 500).started(0))
    assert len(await ids_in(storage)) == len(nasty) + 1


async def test_an_operators_choice_of_client_survives_what_the_exchange_says_next(
    storage: Storage, cast: Cast
) -> None:
    call = told("1.1", caller=STRANGER)
    async with open_office(storage) as office:
        await office.hear(call.started(0))
        async with storage.write() as tx:
            await tx.execute(
                update(calls).where(calls.c.call_id == "1.1").values(client_id=cast.pavel)
            )
        await office.hear(call.answered(5), call.ended(9, by=(ANNAS,)))
    assert (await detail_of(storage, "1.1")).call.client_id == cast.pavel


async def test_only_live_calls_are_held_in_memory(storage: Storage, cast: Cast) -> None:
    async with open_office(storage) as office:
        await office.hear(answered_call(told("1.1")), told("2.2").started(0))
        assert office.journal.live_count == 1


NOBODYS = Interface("PJSIP/666")


@pytest.mark.parametrize("seed", range(3))
async def test_what_is_in_memory_is_what_is_stored_though_rows_are_refused(
    storage: Storage, cast: Cast, seed: int
) -> None:
    """A talk at a phone of an agent who does not exist is refused, by SQLite in the commit only."""
    seats: dict[str, int] = {ANNAS: cast.anna.id, BORISES: cast.boris.id, NOBODYS: 99_999}
    chance = random.Random(seed)
    calls_now = [told(f"{seed}.{n}") for n in range(6)]
    with capture_logs() as logged:
        async with open_office(storage, agent_at=seats.get) as office:
            await office.hear(*(call.started(0) for call in calls_now))
            for second in range(1, 40):
                batch: list[CallFact] = []
                for call in chance.sample(calls_now, min(3, len(calls_now))):
                    phone = chance.choice((ANNAS, BORISES, NOBODYS))
                    told_of = chance.choice((call.offered, call.answered, call.left, call.held))
                    batch.append(told_of(second, phone))
                if len(calls_now) > 2 and chance.random() < 0.1:
                    batch.append(calls_now[0].absorbs(second, calls_now.pop()))
                await office.hear(batch)
                live = office.journal._live
                async with storage.read() as connection:
                    stored = await find_stories(connection, list(live))
                assert {key: _plain(story) for key, story in live.items()} == {
                    key: _plain(story) for key, story in stored.items()
                }
    assert "fact_not_recorded" in {entry["event"] for entry in logged}


def _plain(story: Story) -> dict[str, object]:
    """A story without what only memory has of it, its rows in one order."""
    rows = {
        name: sorted(repr(replace(row, dirty=False)) for row in getattr(story, name))
        for name in ("offers", "talks", "holds", "transfers")
    }
    passing = ("absorbed", "dirty", "legs", "new_linkedids", "stored", "to_link")
    kept = {f.name: getattr(story, f.name) for f in fields(story) if f.name not in passing}
    return {name: value for name, value in {**kept, **rows}.items() if name[:5] != "gone_"}


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_what_is_heard_of_a_known_call_asks_the_tables_nothing(
    storage: Storage, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_office(storage) as office:
        call = told("1.1")
        await office.hear(call.started(0), call.offered(1))
        asked: list[object] = []
        monkeypatch.setattr(OneTripDriver, "converse", lambda driver, work: asked.append(work))
        await office.hear(call.answered(5))
        assert asked == []
    assert len((await detail_of(storage, "1.1")).talks) == 1


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_no_order_loss_or_doubling_of_facts_makes_a_second_call(
    storage: Storage, cast: Cast
) -> None:
    """Whatever reaches the journal, a call is one row, and its end leaves nothing open on it."""
    serial = iter(range(100_000))

    @given(data=st.data())
    @settings(max_examples=40, deadline=None)
    def check(data: st.DataObject) -> None:
        heard.append(data.draw(st.lists(st.sampled_from(range(6)), max_size=15)))

    heard: list[list[int]] = []
    check()
    async with open_office(storage) as office:
        for picks in heard:
            call_id = CallId(f"7.{next(serial)}")
            story = answered_call(told(call_id))
            await office.hear(*[story[pick] for pick in picks], story[-1])
            seen = await detail_of(storage, call_id)
            assert seen.call.outcome == "answered"
            assert all(talk.ended_at for talk in seen.talks)
            assert len(seen.talks) == 1
            assert [offer.result for offer in seen.offers] == ["answered"]
    async with storage.read() as connection:
        counted = select(func.count()).select_from(tables.calls)
        assert (await connection.execute(counted)).scalar_one() == len(heard)
