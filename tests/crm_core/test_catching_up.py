"""The exchange's log brings in what nobody watched: each call once, whole, and nothing else."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from crm_core.calls.tables import call_holds, call_talks, calls
from crm_core.catchup import catching_up
from crm_core.catchup.catching_up import LATE_SECONDS, CatchUp
from crm_core.catchup.comparing import Verdict
from crm_core.catchup.logs import Logs
from crm_core.catchup.shelf import SourceRefused
from crm_core.catchup.sources import open_cel
from crm_core.catchup.tables import exchange_watch
from crm_core.catchup.watching import note_watched, read_watched
from crm_core.clock import ManualClock
from crm_core.intake import Intake
from crm_core.storage.engine import Storage
from crm_core.tasks.callbacks import Callbacks
from crm_core.tasks.tables import tasks
from telephony.catchup.retelling import retell
from telephony.catchup.rows import CelRow
from telephony.errors import LinkReason
from telephony.events import CallEnded, CallHeld, CallRetold, ExchangeLost
from telephony.ids import Interface
from telephony.phones import phones_matching
from tests.cast import Cast
from tests.crm_core.exchange_log import in_sqlite, logs_of, watch
from tests.crm_core.telling import Office, answered_call, at, open_office, outbound, told, until
from tests.streams import logged

PHONES = phones_matching(r"\d{2,5}")
DAY = timedelta(days=1)
SOME = (
    *("inbound_answered", "inbound_busy", "inbound_abandoned_ringing", "queue_ringall_answered"),
    *("queue_two_wait_for_one", "attended_refer", "blind_refer_answered", "park_and_retrieve"),
    *("pickup_queue", "forward_to_phone", "voicemail_after_no_answer", "outbound_answered"),
    *("outbound_busy", "internal_answered", "click_answered", "follow_me_accepted"),
    *("conference_from_call", "two_clients_joined", "queue_local_members", "attended_twice"),
)


@dataclass
class Listening:
    """A call log that is written beside the exchange's."""

    office: Office
    catch_up: CatchUp
    clock: ManualClock

    async def rows(self, query: Any) -> list[Any]:
        async with self.office.storage.read() as connection:
            return list((await connection.execute(query)).all())

    async def calls(self) -> list[Any]:
        return await self.rows(select(calls).order_by(calls.c.started_at))


@asynccontextmanager
async def listening(storage: Storage, clock: ManualClock, logs: Logs) -> AsyncIterator[Listening]:
    async with open_office(storage, clock) as office:
        catch_up = CatchUp(storage, clock, office.intake, logs, PHONES)
        office.bus.subscribe("catch-up", catch_up.handlers())
        running = asyncio.create_task(catch_up.run())
        try:
            yield Listening(office, catch_up, clock)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


def when(rows: Sequence[CelRow]) -> ManualClock:
    """A clock that stands a minute after the last of the rows."""
    return ManualClock(max(row.at for row in rows) + timedelta(minutes=1))


def told_by(rows: Sequence[CelRow]) -> list[tuple[Any, ...]]:
    """What the exchange's log tells, as `kept` gives it."""
    found = [call for one in retell(rows, PHONES) for call in one.calls]
    told_calls = (
        (
            str(call.direction),
            call.caller,
            str(call.outcome),
            call.queue,
            call.started_at,
            call.answered_at,
            call.ended_at,
            round(call.talk_seconds, 3),
            tuple(sorted(call.answered_by)),
        )
        for call in found
    )
    return sorted(told_calls, key=str)


async def kept(storage: Storage) -> list[tuple[Any, ...]]:
    async with storage.read() as connection:
        rows = (await connection.execute(select(calls))).all()
        talks = (await connection.execute(select(call_talks))).all()
    kept_calls = (
        (
            row.direction,
            row.caller,
            row.outcome,
            row.queue,
            row.started_at,
            row.answered_at,
            row.ended_at,
            round(row.talk_seconds, 3),
            tuple(sorted({talk.interface for talk in talks if talk.call_id == row.call_id})),
        )
        for row in rows
    )
    return sorted(kept_calls, key=str)


async def test_calls_that_nobody_watched_are_brought_in_once(
    storage: Storage, cast: Cast, tmp_path: Path
) -> None:
    rows = [row for name in SOME for row in logged.cel_of(name)]
    rows.sort(key=lambda row: row.at)
    clock = when(rows)
    async with listening(storage, clock, logs_of(tmp_path / "cel", rows)) as here:
        first = await here.catch_up.bring_in(rows[0].at - DAY, clock.now())
        assert await kept(storage) == told_by(rows)
        assert first.verdicts[Verdict.MISSING] == len(told_by(rows))
        again = await here.catch_up.bring_in(rows[0].at - DAY, clock.now())
    assert again.verdicts[Verdict.ACCOUNTED] == again.calls == len(told_by(rows))
    assert await kept(storage) == told_by(rows)


@pytest.mark.parametrize("name", SOME)
async def test_a_call_cut_off_anywhere_is_completed_and_not_doubled(
    name: str, storage: Storage, cast: Cast, tmp_path: Path
) -> None:
    """The service is killed at a moment, and starts after the call is over.

    The moments are all tried on SQLite; PostgreSQL, for which the same is written, sees two.
    """
    rows = logged.cel_of(name)
    clock = when(rows)
    wanted = told_by(rows)
    places = range(1, len(rows), max(1, len(rows) // 6))
    for number, place in enumerate(places if storage.is_sqlite else places[1::3]):
        await forget_all(storage)
        heard, _, heard_at = watch(rows[:place], PHONES)
        async with open_office(storage, clock) as before:
            await before.hear(heard)
        await note_watched(storage, heard_at)
        async with listening(storage, clock, logs_of(tmp_path / f"cel{number}", rows)) as here:
            await here.catch_up.connected((), clock.now())
            await pass_time(here)
            await here.catch_up.settled()
        assert await kept(storage) == wanted, f"cut after row {place}"


async def forget_all(storage: Storage) -> None:
    async with storage.write() as tx:
        await tx.execute(calls.delete())
        await tx.execute(exchange_watch.delete())


async def pass_time(here: Listening) -> None:
    """Asterisk is given its second to write."""
    for _ in range(3):
        await here.clock.advance(1.0)
        await here.office.settled()


async def pass_doubt(here: Listening) -> None:
    """What the log does not end then, it never will."""
    await pass_time(here)
    await here.catch_up.settled()
    await here.clock.advance(LATE_SECONDS)
    await pass_time(here)
    await here.catch_up.settled()


async def test_a_call_that_goes_on_is_left_to_those_who_watch_it(
    storage: Storage, cast: Cast, tmp_path: Path
) -> None:
    rows = logged.cel_of("inbound_answered")
    half = rows[: len(rows) // 2]
    heard, live, heard_at = watch(half, PHONES)
    clock = ManualClock(heard_at + timedelta(hours=1))
    async with listening(storage, clock, logs_of(tmp_path / "cel", half)) as here:
        await note_watched(storage, heard_at)
        await here.office.hear(heard)
        await here.catch_up.connected(live, clock.now())
        await pass_time(here)
        await here.catch_up.settled()
        (call,) = await here.calls()
        assert call.ended_at is None


async def test_a_call_that_the_exchange_took_with_it_is_ended(
    storage: Storage, cast: Cast, tmp_path: Path
) -> None:
    rows = logged.cel_of("inbound_answered")
    half = [row for row in rows if row.kind not in ("HANGUP", "CHAN_END", "LINKEDID_END")]
    heard, _, heard_at = watch(half, PHONES)
    clock = ManualClock(heard_at + timedelta(minutes=2))
    async with listening(storage, clock, logs_of(tmp_path / "cel", half)) as here:
        await note_watched(storage, heard_at)
        await here.office.hear(heard)
        await here.catch_up.connected((), clock.now())
        await pass_doubt(here)
        (call,) = await here.calls()
    assert (call.outcome, call.ended_by, call.ended_at) == ("answered", "system", heard_at)


async def test_while_a_long_log_is_read_no_call_that_is_over_stays_open(
    storage: Storage, cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever was in it would seem to talk, and may for five seconds."""
    assert catching_up.WRITTEN_SECONDS + catching_up.ORPHANS_SECONDS < 4
    monkeypatch.setattr(catching_up, "ORPHANS_SECONDS", 0.0)
    rows = logged.cel_of("inbound_answered")
    heard, _, heard_at = watch(rows[: len(rows) // 2], PHONES)
    clock = ManualClock(rows[-1].at + timedelta(minutes=2))
    logs, is_read = logs_of(tmp_path / "cel", rows), asyncio.Event()
    conversations = Logs.conversations

    async def slowly(*where: Any) -> AsyncIterator[Any]:
        await is_read.wait()
        async for step in conversations(*where):
            yield step

    monkeypatch.setattr(Logs, "conversations", slowly)
    async with listening(storage, clock, logs) as here:
        await note_watched(storage, heard_at)
        await here.office.hear(heard)
        await here.catch_up.connected((), clock.now())
        await clock.advance(catching_up.WRITTEN_SECONDS)
        async with asyncio.timeout(10):
            while [call.ended_by for call in await here.calls()] != ["system"]:
                await here.office.settled()
        is_read.set()
        async with asyncio.timeout(10):
            while await kept(storage) != told_by(rows):
                await pass_time(here)


async def test_a_log_that_is_written_late_is_waited_for(
    storage: Storage, cast: Cast, tmp_path: Path
) -> None:
    """A busy Asterisk is seconds behind: half a call is not taken for one that was cut."""
    rows = logged.cel_of("inbound_answered")
    clock = ManualClock(rows[-1].at + timedelta(seconds=1))
    half = rows[: len(rows) // 2]
    async with listening(storage, clock, logs_of(tmp_path / "cel", half)) as here:
        await note_watched(storage, rows[0].at)
        await here.catch_up.connected((), clock.now())
        await pass_time(here)
        await here.catch_up.settled()
        assert await here.calls() == []
        in_sqlite(tmp_path / "cel", rows[len(rows) // 2 :])
        await pass_doubt(here)
        assert await kept(storage) == told_by(rows)


async def test_whoever_is_killed_before_a_late_log_is_written_reads_it_again(
    storage: Storage, cast: Cast, tmp_path: Path
) -> None:
    rows = logged.cel_of("inbound_answered")
    clock = ManualClock(rows[-1].at + timedelta(minutes=5))
    logs = logs_of(tmp_path / "cel", rows[: len(rows) // 2])
    async with listening(storage, clock, logs) as here:
        await note_watched(storage, rows[0].at)
        await here.catch_up.connected((), clock.now())
        await pass_time(here)
        await here.catch_up.settled()
        await here.catch_up.note()
    in_sqlite(tmp_path / "cel", rows[len(rows) // 2 :])
    async with listening(storage, clock, logs) as here:
        await here.catch_up.connected((), clock.now())
        await pass_doubt(here)
        assert await kept(storage) == told_by(rows)


async def test_a_call_seen_in_part_ends_no_talk_that_is_watched_beside_it(
    storage: Storage, cast: Cast, tmp_path: Path
) -> None:
    """The log is read for the one, and has not ended the other either."""
    rows = logged.cel_of("inbound_answered")
    half = [row for row in rows if row.kind not in ("HANGUP", "CHAN_END", "LINKEDID_END")]
    heard, live, heard_at = watch(half, PHONES)
    clock = ManualClock(heard_at + timedelta(minutes=2))
    other = told("1.1").started(0)
    record = replace(live[0], call_id=other.call_id, linkedids=(), legs=(), complete=False)
    async with listening(storage, clock, logs_of(tmp_path / "cel", half)) as here:
        here.catch_up.live = lambda: live
        await here.office.hear(heard)
        await here.office.hear(CallEnded(at=clock.now(), call_id=other.call_id, record=record))
        await pass_doubt(here)
        mine = [row.ended_at for row in await here.calls() if row.call_id == live[0].call_id]
    assert mine == [None]


async def test_a_talk_that_the_exchange_s_log_was_killed_before_telling_stays(
    storage: Storage, cast: Cast, tmp_path: Path
) -> None:
    """Asterisk was killed: what we heard last is not in its log."""
    rows = logged.cel_of("inbound_answered")
    half = [row for row in rows if row.kind not in ("HANGUP", "CHAN_END", "LINKEDID_END")]
    first_answer = next(number for number, row in enumerate(rows) if row.kind == "ANSWER")
    heard, _, heard_at = watch(half, PHONES)
    clock = ManualClock(heard_at + timedelta(minutes=2))
    async with listening(storage, clock, logs_of(tmp_path / "cel", rows[:first_answer])) as here:
        await note_watched(storage, heard_at)
        await here.office.hear(heard)
        await here.catch_up.connected((), clock.now())
        await pass_time(here)
        await here.catch_up.settled()
        (call,) = await here.calls()
    assert (call.outcome, call.ended_by) == ("answered", "system")
    assert call.ended_at is not None


async def test_without_any_log_the_exchange_s_calls_are_at_least_ended(
    storage: Storage, cast: Cast
) -> None:
    clock = ManualClock()
    call = told("1.1")
    async with listening(storage, clock, Logs()) as here:
        await here.office.hear(call.started(0))
        await here.catch_up.connected((), at(60))
        await here.office.settled()
        (row,) = await here.calls()
    assert (row.outcome, row.ended_by) == ("abandoned", "system")


async def test_what_a_log_never_tells_stays_as_it_was_heard(
    storage: Storage, cast: Cast, tmp_path: Path
) -> None:
    """Whom the exchange was asked to dial, and a hold of which no music was logged."""
    rows = [row for row in logged.cel_of("dialer_answered") if row.kind[:6] != "STREAM"]
    (call,) = [call for one in retell(rows, PHONES) for call in one.calls]
    heard = outbound(call.call_id, to="89161234567")
    begun = call.started_at
    agent = Interface("PJSIP/101")
    answered_at = call.answered_at
    assert answered_at is not None
    held = CallHeld(
        at=answered_at + timedelta(milliseconds=300), call_id=call.call_id, interface=agent
    )
    clock = when(rows)
    async with listening(storage, clock, logs_of(tmp_path / "cel", rows)) as here:
        started = replace(heard.started(0), at=begun)
        answer = replace(heard.answered(1, agent), at=answered_at)
        await here.office.hear(started, answer, held)
        await here.catch_up.bring_in(begun, clock.now())
        (row,) = await here.calls()
        (hold,) = await here.rows(select(call_holds))
    assert (row.dialled, row.number, row.direction) == ("89161234567", "+79161234567", "outbound")
    assert (row.complete, row.ended_at) == (True, call.ended_at)
    assert hold.ended_at == call.ended_at
    whole = (call.ended_at or begun) - answered_at
    assert row.talk_seconds == pytest.approx(0.3, abs=0.01)
    assert row.hold_seconds == pytest.approx(whole.total_seconds() - 0.3, abs=0.01)


async def test_a_caller_missed_while_we_were_away_is_to_be_called_back(
    storage: Storage, cast: Cast, tmp_path: Path
) -> None:
    rows = logged.cel_of("queue_abandoned_waiting")
    clock = when(rows)
    async with listening(storage, clock, logs_of(tmp_path / "cel", rows)) as here:
        here.office.bus.subscribe("callbacks", Callbacks(storage, clock).handlers())
        await note_watched(storage, rows[0].at - timedelta(minutes=5))
        await here.catch_up.connected((), clock.now())
        await pass_time(here)
        await here.catch_up.settled()
        await here.office.settled()
        (callback,) = await here.rows(select(tasks))
    assert (callback.kind, callback.number) == ("callback", "+79161234567")


async def test_calls_of_before_we_ever_listened_ask_nobody_to_act(
    storage: Storage, cast: Cast, tmp_path: Path
) -> None:
    rows = logged.cel_of("queue_abandoned_waiting")
    clock = when(rows)
    async with listening(storage, clock, logs_of(tmp_path / "cel", rows)) as here:
        await note_watched(storage, clock.now())
        await here.catch_up.bring_in(rows[0].at - DAY, clock.now())
        assert [fact for fact in here.office.heard if isinstance(fact, CallEnded)] == []
        assert len(await here.calls()) == 1


async def test_two_halves_of_a_call_become_one(
    storage: Storage, cast: Cast, tmp_path: Path
) -> None:
    """Met in its middle, nobody could tell that both were one conversation."""
    rows = logged.cel_of("attended_refer")
    linkedids = list(dict.fromkeys(str(row.linkedid) for row in rows))
    assert len(linkedids) == 2
    clock = when(rows)
    async with listening(storage, clock, logs_of(tmp_path / "cel", rows)) as here:
        for linkedid in linkedids:
            half = told(linkedid)
            start = replace(half.started(0), at=rows[5].at)
            await here.office.hear(start)
        await here.catch_up.bring_in(rows[0].at - DAY, clock.now())
        assert await kept(storage) == told_by(rows)


async def test_the_moment_until_which_we_listened_waits_for_what_was_missed(
    storage: Storage, cast: Cast, tmp_path: Path
) -> None:
    """A log that cannot be read now is read later: until then the time away stays to be read."""
    rows = logged.cel_of("inbound_answered")
    clock = when(rows)
    before = rows[0].at - timedelta(minutes=5)
    path = tmp_path / "later"
    async with listening(storage, clock, Logs(cel=open_cel(f"sqlite:///{path}", "UTC"))) as here:
        await note_watched(storage, before)
        await here.catch_up.connected((), clock.now())
        await pass_time(here)
        await here.catch_up.settled()
        await here.catch_up.note()
        watched = await read_watched(storage)
        assert watched is not None
        assert watched.until == before
        connected_at = clock.now()
        in_sqlite(path, rows)
        await clock.advance(60)
        await pass_time(here)
        await until(lambda: here.catch_up.last is not None and here.catch_up.last.calls == 1)
        await here.catch_up.settled()
        assert len(await here.calls()) == 1
        await here.catch_up.note()
        watched = await read_watched(storage)
        assert watched is not None
        assert watched.until >= connected_at


async def test_calls_seen_in_part_wait_for_a_log_that_is_away(
    storage: Storage, cast: Cast, tmp_path: Path
) -> None:
    """All of them for one attempt a minute."""
    rows = logged.cel_of("inbound_answered")
    clock, path = when(rows), tmp_path / "later"
    async with listening(storage, clock, Logs(cel=open_cel(f"sqlite:///{path}", "UTC"))) as here:
        await note_watched(storage, clock.now())
        (record,) = watch(rows[: len(rows) // 2], PHONES)[1]
        part = replace(record, ended_at=clock.now(), complete=False)
        ended = CallEnded(at=clock.now(), call_id=part.call_id, record=part)
        await here.office.hear([ended])
        for _ in range(3):
            await here.catch_up.on_call_ended(ended)
            await pass_time(here)
        await here.catch_up.settled()
        in_sqlite(path, rows)
        await clock.advance(60)
        await pass_time(here)
        await until(lambda: here.catch_up.readings > 0)
        await here.catch_up.settled()
        (call,) = await here.calls()
        assert (call.complete, here.catch_up.readings, here.catch_up.brought_in) == (True, 1, 1)


async def test_what_is_heard_and_not_written_down_does_not_count_as_watched(
    storage: Storage, cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed at this moment we would lose it; it has to be read again then."""
    clock = when(logged.cel_of("inbound_answered"))
    logs = Logs(cel=open_cel(f"sqlite:///{tmp_path / 'none'}", "UTC"))
    async with listening(storage, clock, logs) as here:
        catch_up = here.catch_up
        catch_up._is_watching = True

        async def noted() -> timedelta:
            await clock.advance(3600)
            await catch_up.note()
            watched = await read_watched(storage)
            assert watched is not None
            return clock.now() - watched.until

        assert await noted() == timedelta(0)
        unread, unwritten = clock.now() - timedelta(1), clock.now() + timedelta(seconds=1)
        monkeypatch.setattr(Intake, "unwritten_since", unwritten)
        assert await noted() == clock.now() - unwritten
        catch_up.unread_since = lambda: unwritten + timedelta(seconds=9)
        assert await noted() == clock.now() - unwritten
        catch_up.unread_since = lambda: unread  # it never goes back
        assert await noted() == clock.now() - unwritten
        monkeypatch.undo()
        catch_up.unread_since = lambda: None
        assert await noted() == timedelta(0)


async def test_a_link_that_falls_while_the_log_is_read_leaves_the_time_to_be_read(
    storage: Storage, cast: Cast, tmp_path: Path
) -> None:
    """Else the moment until which we listened would go on while nobody listens."""
    rows = logged.cel_of("inbound_answered")
    clock = ManualClock(rows[0].at - timedelta(minutes=10))
    async with listening(storage, clock, logs_of(tmp_path / "cel", rows)) as here:
        await note_watched(storage, clock.now())
        await here.catch_up.connected((), clock.now())
        await clock.advance(0.5)
        await here.office.hear(ExchangeLost(at=clock.now(), reason=LinkReason.SILENT))
        await pass_time(here)
        await here.catch_up.settled()
        clock.step(timedelta(minutes=20).total_seconds())
        await here.catch_up.note()
        await here.catch_up.connected((), clock.now())
        await pass_time(here)
        await here.catch_up.settled()
        assert await kept(storage) == told_by(rows)


async def test_whoever_was_killed_at_once_after_his_first_start_misses_nothing(
    storage: Storage, cast: Cast, tmp_path: Path
) -> None:
    rows = logged.cel_of("inbound_answered")
    clock = ManualClock(rows[0].at - timedelta(minutes=2))
    logs = logs_of(tmp_path / "cel", rows)
    async with listening(storage, clock, logs) as here:
        await here.catch_up.connected((), clock.now())
        async with asyncio.timeout(10):
            while await read_watched(storage) is None:  # noqa: ASYNC110 - a row has no event
                await asyncio.sleep(0.001)
    clock.step(timedelta(minutes=20).total_seconds())
    async with listening(storage, clock, logs) as here:
        await here.catch_up.connected((), clock.now())
        await pass_time(here)
        await here.catch_up.settled()
        assert await kept(storage) == told_by(rows)


@pytest.mark.parametrize("ahead_seconds", [3600.0, -3600.0])
async def test_a_log_of_another_clock_is_read_for_the_time_that_was_missed(
    ahead_seconds: float, storage: Storage, cast: Cast, tmp_path: Path
) -> None:
    rows = logged.cel_of("inbound_answered")
    clock = ManualClock(rows[0].at + timedelta(seconds=ahead_seconds))
    async with listening(storage, clock, logs_of(tmp_path / "cel", rows)) as here:
        here.catch_up.ahead_seconds = lambda: ahead_seconds
        await note_watched(storage, clock.now())
        clock.step(timedelta(minutes=2).total_seconds())
        await here.catch_up.connected((), clock.now())
        await pass_time(here)
        await here.catch_up.settled()
        assert await kept(storage) == told_by(rows)


async def test_a_clock_set_back_behind_the_time_we_listened_loses_no_call(
    storage: Storage, cast: Cast, tmp_path: Path
) -> None:
    rows = logged.cel_of("inbound_answered")
    clock = when(rows)
    async with listening(storage, clock, logs_of(tmp_path / "cel", rows)) as here:
        await note_watched(storage, clock.now() + timedelta(hours=1))
        await here.catch_up.connected((), clock.now())
        await pass_time(here)
        await here.catch_up.settled()
        assert await kept(storage) == told_by(rows)


async def test_a_clock_put_right_while_the_log_is_read_ends_nobodys_call(
    storage: Storage, cast: Cast, tmp_path: Path
) -> None:
    """It was an hour ahead when the exchange said who is on the line; somebody rang after that."""
    rows = logged.cel_of("inbound_answered")
    clock = ManualClock(at(0) + timedelta(hours=1))
    ahead = 3600.0
    async with listening(storage, clock, logs_of(tmp_path / "cel", rows)) as here:
        here.catch_up.ahead_seconds = lambda: ahead
        await note_watched(storage, clock.now())
        await here.catch_up.connected((), clock.now())
        ahead = 0.0
        rang = told("1.1").started(60)
        await here.office.hear(rang)
        await pass_time(here)
        await here.catch_up.settled()
        assert [row.ended_at for row in await here.calls() if row.call_id == rang.call_id] == [None]


async def test_many_links_in_a_row_do_not_wait_for_each_other(
    storage: Storage, cast: Cast, tmp_path: Path
) -> None:
    rows = logged.cel_of("inbound_answered")
    clock = when(rows)
    async with listening(storage, clock, logs_of(tmp_path / "cel", rows)) as here:
        await note_watched(storage, clock.now())
        for _ in range(20):
            await here.catch_up.connected((), clock.now())
        await clock.advance(2)
        await asyncio.wait_for(here.catch_up.settled(), 5)
        assert 1 <= here.catch_up.readings <= 2  # one reading serves all that waited


async def test_a_call_seen_in_part_is_completed_when_it_has_ended(
    storage: Storage, cast: Cast, tmp_path: Path
) -> None:
    rows = logged.cel_of("queue_ringall_answered")
    (record,) = [call for one in retell(rows, PHONES) for call in one.calls]
    part = replace(record, started_at=record.started_at + timedelta(seconds=1), complete=False)
    clock = when(rows)
    async with listening(storage, clock, logs_of(tmp_path / "cel", rows)) as here:
        ended = CallEnded(at=clock.now(), call_id=part.call_id, record=part)
        await here.office.hear(ended)
        await pass_time(here)
        await here.catch_up.settled()
        assert await kept(storage) == told_by(rows)
        (row,) = await here.calls()
        assert row.complete


async def test_a_whole_call_is_not_changed_by_the_log_unless_somebody_wants_it(
    storage: Storage, cast: Cast
) -> None:
    async with open_office(storage) as office:
        call = told("1.1", queue="sales")
        await office.hear(answered_call(call))
        (ended,) = [fact for fact in office.heard if isinstance(fact, CallEnded)]
        other = replace(ended.record, queue="support", talk_seconds=1.0)
        retold = CallRetold(at=at(99), call_id=call.call_id, record=other)
        office.heard.clear()
        await office.hear(retold)
        assert office.heard == []
        await office.hear(replace(retold, is_wanted=True))
        (told_again,) = office.heard
        assert isinstance(told_again, CallEnded)
        async with storage.read() as connection:
            row = (await connection.execute(select(calls))).one()
        assert (row.queue, row.talk_seconds) == ("support", 1.0)


async def test_no_log_at_all_is_refused(storage: Storage, cast: Cast) -> None:
    clock = ManualClock()
    async with listening(storage, clock, Logs()) as here:
        with pytest.raises(SourceRefused) as refused:
            await here.catch_up.bring_in(datetime(2026, 1, 1, tzinfo=at(0).tzinfo), clock.now())
    assert refused.value.code == "none"


async def test_many_calls_seen_in_part_are_completed_in_one_reading(
    storage: Storage, cast: Cast, tmp_path: Path
) -> None:
    """A link that fell while a hundred talked must not cost a hundred readings of the log."""
    rows = sorted((row for name in SOME for row in logged.cel_of(name)), key=lambda row: row.at)
    clock = when(rows)
    whole = [call for one in retell(rows, PHONES) for call in one.calls]
    async with listening(storage, clock, logs_of(tmp_path / "cel", rows)) as here:
        for record in whole:
            part = replace(record, complete=False)
            await here.office.hear(CallEnded(at=clock.now(), call_id=part.call_id, record=part))
        await pass_time(here)
        await here.catch_up.settled()
        assert all(call.complete for call in await here.calls())
        assert here.catch_up.readings <= 2


async def test_a_long_call_that_goes_on_does_not_have_its_hours_read_again(
    storage: Storage, cast: Cast, tmp_path: Path
) -> None:
    rows = logged.cel_of("inbound_answered")
    half = rows[: len(rows) // 2]
    heard, live, heard_at = watch(half, PHONES)
    clock = ManualClock(heard_at + timedelta(hours=5))
    async with listening(storage, clock, logs_of(tmp_path / "cel", half)) as here:
        await here.office.hear(heard)
        await note_watched(storage, clock.now())
        await here.catch_up.connected(live, clock.now())
        await pass_time(here)
        await here.catch_up.settled()
        assert here.catch_up.last is not None
        assert clock.now() - here.catch_up.last.since < timedelta(minutes=5)


async def test_a_call_whose_beginning_is_not_read_is_not_taken_for_a_call(
    storage: Storage, cast: Cast, tmp_path: Path
) -> None:
    """Reading begins at some moment, in the middle of somebody's talk."""
    rows = logged.cel_of("inbound_answered")
    clock, half = when(rows), rows[: len(rows) // 2]
    middle = half[-1].at + timedelta(microseconds=1)
    async with listening(storage, clock, logs_of(tmp_path / "cel", rows)) as here:
        summary = await here.catch_up.bring_in(middle, clock.now())
        assert (summary.calls, await here.calls()) == (0, [])
        heard, _, heard_at = watch(half, PHONES)
        await here.office.hear(heard)
        await note_watched(storage, heard_at)  # whom we know is read from his beginning
        await here.catch_up.connected((), clock.now())
        await pass_time(here)
        await here.catch_up.settled()
        (call,) = await here.calls()
    assert (call.outcome, call.caller, call.started_at) == ("answered", "79161234567", rows[0].at)
    assert call.ended_at == told_by(rows)[0][6]


async def test_half_a_conversation_is_not_brought_in_as_a_call_between_colleagues(
    storage: Storage, cast: Cast, tmp_path: Path
) -> None:
    """`catch-up --since` a moment at which a client is handed from one operator to another."""
    rows = logged.cel_of("attended_ami")
    middle = rows[len(rows) // 4].at
    async with listening(storage, when(rows), logs_of(tmp_path / "cel", rows)) as here:
        await here.catch_up.bring_in(middle, here.clock.now())
        assert await here.calls() == []
        await here.catch_up.bring_in(middle - DAY, here.clock.now())
        (call,) = await here.calls()
    assert (call.direction, call.complete) == ("inbound", True)
