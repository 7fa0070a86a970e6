"""Our call log against the exchange's own: all accounted for, or call by call what is not."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from crm_core.audit import list_audit
from crm_core.calls.tables import calls
from crm_core.catchup import accounting
from crm_core.catchup.catching_up import CatchUp
from crm_core.catchup.comparing import Verdict
from crm_core.catchup.findings import Finding
from crm_core.catchup.logs import Logs
from crm_core.catchup.reconciliation import KEPT, Mended, Reconciler
from crm_core.catchup.shelf import SourceRefused
from crm_core.catchup.sources import open_cdr, open_cel
from crm_core.catchup.tables import reconciliations
from crm_core.clock import ManualClock
from crm_core.errors import Conflict, Forbidden, Invalid, NotFound
from crm_core.storage.engine import Storage
from telephony.catchup.retelling import retell
from telephony.catchup.rows import CelRow
from telephony.events import CallEnded, CallRecord
from telephony.ids import CallId
from telephony.phones import phones_matching
from tests.cast import Cast
from tests.crm_core.exchange_log import in_sqlite, logs_of, watch
from tests.crm_core.telling import Office, answered_call, open_office, told
from tests.streams import logged

PHONES = phones_matching(r"\d{2,5}")
MOSCOW = ZoneInfo("Europe/Moscow")
YESTERDAY = datetime(2026, 3, 1, tzinfo=MOSCOW)
TODAY = datetime(2026, 3, 2, tzinfo=MOSCOW)
HOUR = timedelta(hours=1)
SCENES = ("inbound_answered", "queue_abandoned_waiting", "outbound_busy", "internal_answered")


def moved(name: str, to: datetime) -> list[CelRow]:
    """A logged scene as if it had begun `to`."""
    rows = logged.cel_of(name)
    by = to.astimezone(UTC) - rows[0].at
    return [replace(row, at=row.at + by) for row in rows]


def a_day() -> list[CelRow]:
    """Four calls of yesterday, an hour from each other from nine on."""
    at = YESTERDAY + timedelta(hours=9)
    return [row for n, name in enumerate(SCENES) for row in moved(name, at + n * HOUR)]


def calls_of(rows: Sequence[CelRow]) -> list[CallRecord]:
    return [call for one in retell(rows, PHONES) for call in one.calls]


@dataclass
class Desk:
    """Both logs, and who compares them; `living` goes on at the exchange."""

    office: Office
    catch_up: CatchUp
    reconciler: Reconciler
    clock: ManualClock
    living: list[CallRecord] = field(default_factory=list)

    async def take_over(self, *, but: Sequence[int] = ()) -> None:
        """All calls of the exchange's log, but for those at these places."""
        places = iter(range(1000))
        await self.catch_up.bring_in(
            YESTERDAY - timedelta(days=1), self.clock.now(), only=lambda _: next(places) not in but
        )

    async def compare_yesterday(self) -> tuple[int, list[Finding]]:
        found = await self.reconciler.compare(None, YESTERDAY, TODAY)
        return found, await self.reconciler.list_findings(found)

    async def change(self, call: CallRecord, **values: Any) -> None:
        async with self.office.storage.write() as tx:
            wanted = calls.c.call_id == call.call_id
            await tx.execute(update(calls).where(wanted).values(**values))

    async def kept(self, call_id: str) -> Any:
        async with self.office.storage.read() as connection:
            query = select(calls).where(calls.c.call_id == call_id)
            return (await connection.execute(query)).one_or_none()


@asynccontextmanager
async def desk(storage: Storage, clock: ManualClock, logs: Logs) -> AsyncIterator[Desk]:
    async with open_office(storage, clock) as office:
        catch_up = CatchUp(storage, clock, office.intake, logs, PHONES)
        living: list[CallRecord] = []
        reconciler = Reconciler(storage, clock, catch_up, lambda: living, MOSCOW)
        yield Desk(office, catch_up, reconciler, clock, living)


@pytest.fixture
def rows() -> list[CelRow]:
    return a_day()


@pytest.fixture
def records(rows: list[CelRow]) -> list[CallRecord]:
    return sorted(calls_of(rows), key=lambda call: call.started_at)


@pytest.fixture
async def here(
    storage: Storage, cast: Cast, clock: ManualClock, tmp_path: Path, rows: list[CelRow]
) -> AsyncIterator[Desk]:
    """The exchange's log has four calls of yesterday, ours none."""
    async with desk(storage, clock, logs_of(tmp_path / "cel", rows)) as made:
        yield made


async def test_a_day_of_which_both_logs_say_the_same_is_accounted_for(here: Desk) -> None:
    await here.take_over()
    row_id, findings = await here.compare_yesterday()
    told_of = await here.reconciler.get(row_id)
    assert (told_of.calls, told_of.accounted, told_of.found) == (4, 4, 0)
    assert (told_of.source, told_of.trouble) == ("cel", None)
    assert findings == []
    assert here.reconciler.running is None


async def test_each_way_to_differ_is_found_by_its_name(
    here: Desk, records: list[CallRecord]
) -> None:
    answered, missed, busy, internal = records
    await here.take_over(but=[1])
    await here.change(answered, outcome="abandoned")
    await here.change(busy, complete=False)
    ghost = answered_call(told("ghost"), begun=-20 * 3600.0)  # yesterday, at 16:00 in Moscow
    await here.office.hear(ghost)
    row_id, findings = await here.compare_yesterday()
    assert {finding.call_id: finding.verdict for finding in findings} == {
        answered.call_id: Verdict.DIFFERS,
        missed.call_id: Verdict.MISSING,
        busy.call_id: Verdict.INCOMPLETE,
        "ghost": Verdict.UNLOGGED,
    }
    by_verdict = {finding.verdict: finding for finding in findings}
    differing = by_verdict[Verdict.DIFFERS]
    assert differing.details["differences"] == {"outcome": ["abandoned", "answered"]}
    assert [by_verdict[each].is_known for each in (Verdict.MISSING, Verdict.UNLOGGED)] == [
        False,
        True,
    ]
    told_of = await here.reconciler.get(row_id)
    assert (told_of.calls, told_of.accounted, told_of.found, told_of.to_mend) == (5, 1, 4, 3)
    assert set(told_of.listed.values()) == {1}
    assert internal.call_id not in {finding.call_id for finding in findings}


async def test_one_is_mended_and_the_others_wait(
    here: Desk, cast: Cast, records: list[CallRecord]
) -> None:
    await here.take_over(but=[1, 2])
    await here.change(records[0], outcome="abandoned")
    row_id, findings = await here.compare_yesterday()
    wrong = next(one for one in findings if one.verdict is Verdict.DIFFERS)
    assert await here.reconciler.mend(cast.vera, row_id, [wrong.id]) == Mended(1, 1)
    assert (await here.kept(records[0].call_id)).outcome == "answered"
    assert await here.kept(records[1].call_id) is None
    told_of = await here.reconciler.get(row_id)
    assert (told_of.mended, told_of.to_mend) == (1, 2)


async def test_all_are_mended_and_stay_so(
    here: Desk, cast: Cast, records: list[CallRecord]
) -> None:
    await here.take_over(but=[1, 2])
    await here.change(records[0], outcome="abandoned")
    row_id, _ = await here.compare_yesterday()
    assert await here.reconciler.mend(cast.dina, row_id, None) == Mended(3, 3)
    assert await here.reconciler.mend(cast.dina, row_id, None) == Mended(0, 0)
    assert all(one.mended_at for one in await here.reconciler.list_findings(row_id))
    again, findings = await here.compare_yesterday()
    assert findings == []
    assert (await here.reconciler.get(again)).accounted == 4
    async with here.office.storage.read() as connection:
        entries = await list_audit(connection, subject="reconciliation")
        known = (await connection.execute(select(calls.c.call_id))).scalars().all()
    assert [(entry.agent_id, dict(entry.details)) for entry in entries] == [
        (cast.dina.id, {"calls": 3})
    ]
    assert sorted(known) == sorted(call.call_id for call in records)


async def test_what_another_comparison_had_found_is_mended_there_too(
    here: Desk, cast: Cast
) -> None:
    await here.take_over(but=[1])
    first, _ = await here.compare_yesterday()
    second, _ = await here.compare_yesterday()
    await here.reconciler.mend(cast.vera, second, None)
    assert (await here.reconciler.get(first)).to_mend == 0


async def test_a_call_that_the_exchange_s_log_has_lost_is_not_called_mended(
    here: Desk, cast: Cast, tmp_path: Path
) -> None:
    row_id, findings = await here.compare_yesterday()
    with closing(sqlite3.connect(tmp_path / "cel")) as database:
        database.execute("DELETE FROM cel WHERE eventtime < '2026-03-01 06:30'")
        database.commit()
    assert await here.reconciler.mend(cast.vera, row_id, None) == Mended(4, 3)
    left = [one for one in await here.reconciler.list_findings(row_id) if one.can_be_mended]
    assert [one.call_id for one in left] == [findings[0].call_id]


async def test_calls_over_midnight_belong_to_the_day_they_began(
    storage: Storage, cast: Cast, clock: ManualClock, tmp_path: Path
) -> None:
    """Nor does a call whose first half lies before the time count as one of its own."""
    long = moved("inbound_answered", YESTERDAY)
    before = [
        replace(row, at=row.at + 300 * (row.at - long[0].at) - timedelta(minutes=5)) for row in long
    ]
    at_end = moved("queue_abandoned_waiting", TODAY - timedelta(seconds=1))
    assert before[0].at < YESTERDAY < before[-1].at
    assert at_end[0].at < TODAY < at_end[-1].at
    async with desk(storage, clock, logs_of(tmp_path / "cel", [*before, *at_end])) as here:
        row_id, (finding,) = await here.compare_yesterday()
        assert finding.call_id == calls_of(at_end)[0].call_id
        assert (await here.reconciler.get(row_id)).calls == 1
        await here.catch_up.bring_in(YESTERDAY - HOUR, clock.now())
        _, findings = await here.compare_yesterday()
        assert findings == []


async def test_calls_that_go_on_are_no_findings(
    storage: Storage, cast: Cast, clock: ManualClock, tmp_path: Path
) -> None:
    whole = moved("inbound_answered", clock.now() - HOUR)
    half = whole[: len(whole) // 2]
    _, live, _ = watch(half, PHONES)
    async with desk(storage, clock, logs_of(tmp_path / "cel", half)) as here:
        here.living += live
        row_id = await here.reconciler.compare(None, clock.now() - 3 * HOUR, clock.now())
        assert (await here.reconciler.get(row_id)).calls == 0
        here.living.clear()
        row_id = await here.reconciler.compare(None, clock.now() - 3 * HOUR, clock.now())
        assert (await here.reconciler.get(row_id)).found == 1


async def test_a_call_that_has_just_ended_is_given_time_to_stand_in_both_logs(
    storage: Storage, cast: Cast, clock: ManualClock, tmp_path: Path
) -> None:
    rows = moved("inbound_answered", clock.now() - timedelta(seconds=20))
    (record,) = calls_of(rows)
    late = CallEnded(
        at=clock.now(),
        call_id=CallId("late"),
        record=replace(record, call_id=CallId("late"), linkedids=()),
    )
    async with desk(storage, clock, logs_of(tmp_path / "cel", rows)) as here:
        await here.office.hear(late)
        row_id = await here.reconciler.compare(None, clock.now() - HOUR, clock.now())
        assert (await here.reconciler.get(row_id)).calls == 0
        await clock.advance(60)
        row_id = await here.reconciler.compare(None, clock.now() - HOUR, clock.now())
        found = await here.reconciler.list_findings(row_id)
        assert {one.verdict for one in found} == {Verdict.MISSING, Verdict.UNLOGGED}


async def test_a_half_that_was_doubled_is_found(here: Desk, records: list[CallRecord]) -> None:
    """A second call of ours with the same linkedid is nobody's."""
    await here.take_over()
    double = replace(records[0], call_id=CallId("double"))
    await here.office.hear(CallEnded(at=here.clock.now(), call_id=double.call_id, record=double))
    _, findings = await here.compare_yesterday()
    assert [(one.call_id, one.verdict) for one in findings] == [("double", Verdict.UNLOGGED)]


async def test_more_than_can_be_listed_are_counted_and_mended_with_the_rest(
    here: Desk, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounting, "MANY", 3)
    row_id, findings = await here.compare_yesterday()
    told_of = await here.reconciler.get(row_id)
    assert (len(findings), told_of.found, told_of.unlisted) == (3, 4, 1)
    assert await here.reconciler.mend(cast.vera, row_id, [findings[0].id]) == Mended(1, 1)
    assert await here.reconciler.mend(cast.vera, row_id, None) == Mended(3, 3)
    again, _ = await here.compare_yesterday()
    assert (await here.reconciler.get(again)).accounted == 4


async def test_a_log_that_is_away_is_its_trouble_and_can_be_compared_again(
    storage: Storage, cast: Cast, clock: ManualClock, tmp_path: Path, rows: list[CelRow]
) -> None:
    path = tmp_path / "away"
    async with desk(storage, clock, Logs(cel=open_cel(f"sqlite:///{path}", "UTC"))) as here:
        row_id, findings = await here.compare_yesterday()
        told_of = await here.reconciler.get(row_id)
        assert (told_of.trouble, told_of.calls, findings) == ("no_file", 0, [])
        with pytest.raises(NotFound):
            await here.reconciler.mend(cast.vera, row_id + 1, None)
        in_sqlite(path, rows)
        again, _ = await here.compare_yesterday()
        assert (await here.reconciler.get(again)).calls == 4
        assert [one.id for one in await here.reconciler.list_reconciliations()] == [again]
        path.unlink()
        with pytest.raises(SourceRefused):
            await here.reconciler.mend(cast.vera, again, None)
        assert here.reconciler.running is None
        assert (await here.reconciler.get(again)).to_mend == 4


async def test_bills_alone_are_compared_too(
    storage: Storage, cast: Cast, clock: ManualClock, tmp_path: Path
) -> None:
    bills = logged.scene("inbound_answered")
    path = tmp_path / "cdr"
    with closing(sqlite3.connect(path)) as database:
        names = ", ".join(f'"{name}"' for name in bills["cdr_columns"])
        database.execute(f"CREATE TABLE cdr ({names})")
        marks = ", ".join("?" * len(bills["cdr_columns"]))
        database.executemany(f"INSERT INTO cdr VALUES ({marks})", bills["cdr"])
        database.commit()
    (call,) = calls_of(logged.cel_of("inbound_answered"))
    clock.step((call.started_at + HOUR - clock.now()).total_seconds())
    logs = Logs(cdr=open_cdr(f"sqlite:///{path}", "UTC"))
    async with desk(storage, clock, logs) as here:
        since = call.started_at - HOUR
        row_id = await here.reconciler.compare(None, since, clock.now())
        told_of = await here.reconciler.get(row_id)
        assert (told_of.source, dict(told_of.listed)) == ("cdr", {Verdict.MISSING: 1})
        await here.office.hear(CallEnded(at=clock.now(), call_id=call.call_id, record=call))
        row_id = await here.reconciler.compare(None, since, clock.now())
        assert (await here.reconciler.get(row_id)).accounted == 1


class TestAtNight:
    """By the office's clock, whatever that does."""

    async def test_yesterday_is_compared_once(self, here: Desk) -> None:
        here.clock.step((TODAY - here.clock.now()).total_seconds() + 4 * 3600)
        assert await here.reconciler.look() is None
        await here.clock.advance(660)
        row_id = await here.reconciler.look()
        assert row_id is not None
        told_of = await here.reconciler.get(row_id)
        assert (told_of.since, told_of.until, told_of.calls) == (YESTERDAY, TODAY, 4)
        await here.clock.advance(7200)
        assert await here.reconciler.look() is None

    async def test_it_looks_by_itself(self, here: Desk) -> None:
        here.clock.step((TODAY - here.clock.now()).total_seconds() + 4 * 3600)
        running = asyncio.create_task(here.reconciler.run())
        try:
            async with asyncio.timeout(10):
                while not any(
                    one.finished_at for one in await here.reconciler.list_reconciliations()
                ):
                    await here.clock.advance(60)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def test_a_night_that_came_to_nothing_is_tried_again_each_hour(
        self, here: Desk, tmp_path: Path
    ) -> None:
        (tmp_path / "cel").rename(tmp_path / "gone")
        assert await here.reconciler.look() is not None
        assert await here.reconciler.look() is None
        (tmp_path / "gone").rename(tmp_path / "cel")
        assert await here.reconciler.look() is None
        await here.clock.advance(3601)
        row_id = await here.reconciler.look()
        assert row_id is not None
        assert (await here.reconciler.get(row_id)).calls == 4
        assert len(await here.reconciler.list_reconciliations()) == 1

    async def test_one_that_was_cut_off_is_done_again(self, here: Desk) -> None:
        begun = asyncio.Event()
        cut = asyncio.create_task(
            here.reconciler.compare(None, YESTERDAY, TODAY, lambda _: begun.set())
        )
        await begun.wait()
        assert here.reconciler.running is not None
        assert here.reconciler.running.share < 1
        cut.cancel()
        await asyncio.gather(cut, return_exceptions=True)
        assert here.reconciler.running is None
        await here.clock.advance(3601)
        assert await here.reconciler.look() is not None
        (only,) = await here.reconciler.list_reconciliations()
        assert only.finished_at is not None

    @pytest.mark.parametrize(
        ("morning", "hours"),
        [(date(2026, 3, 30), 23), (date(2026, 10, 26), 25), (date(2026, 6, 1), 24)],
    )
    async def test_a_day_is_as_long_as_the_office_s_clock_makes_it(
        self,
        storage: Storage,
        cast: Cast,
        clock: ManualClock,
        tmp_path: Path,
        morning: date,
        hours: int,
    ) -> None:
        bratislava = ZoneInfo("Europe/Bratislava")
        midnight = datetime.combine(morning, time.min, bratislava)
        clock.step((midnight - clock.now()).total_seconds() + 5 * 3600)
        async with desk(storage, clock, logs_of(tmp_path / "cel", a_day())) as made:
            reconciler = Reconciler(storage, clock, made.catch_up, list, bratislava)
            row_id = await reconciler.look()
            assert row_id is not None
            told_of = await reconciler.get(row_id)
            assert told_of.until == midnight
            assert told_of.until - told_of.since == hours * HOUR
            assert await reconciler.look() is None

    async def test_without_a_log_there_is_nothing_to_compare(
        self, storage: Storage, cast: Cast, clock: ManualClock
    ) -> None:
        async with desk(storage, clock, Logs()) as here:
            assert await here.reconciler.look() is None
            with pytest.raises(Conflict, match="no_exchange_log"):
                await here.compare_yesterday()
            with pytest.raises(Conflict, match="no_exchange_log"):
                await here.reconciler.mend(cast.vera, 1, None)

    async def test_what_is_long_past_is_forgotten(self, here: Desk) -> None:
        await here.compare_yesterday()
        await here.clock.advance(KEPT.total_seconds() + 1)
        now = here.clock.now()
        await here.reconciler.compare(None, now - HOUR, now)
        (only,) = await here.reconciler.list_reconciliations()
        assert only.until == now
        assert await here.reconciler.list_findings(only.id) == []


@pytest.mark.parametrize(
    ("since", "until", "code"),
    [
        (YESTERDAY, YESTERDAY, "period_backwards"),
        (TODAY, YESTERDAY, "period_backwards"),
        (TODAY - timedelta(days=32), TODAY, "period_too_long"),
        (TODAY + timedelta(days=1), TODAY + timedelta(days=2), "not_yet"),
    ],
)
async def test_a_time_that_makes_no_sense_is_refused(
    here: Desk, cast: Cast, since: datetime, until: datetime, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await here.reconciler.compare(cast.vera, since, until)
    assert refused.value.code == code
    assert await here.reconciler.list_reconciliations() == []


async def test_one_comparison_at_a_time(here: Desk, cast: Cast) -> None:
    begun = asyncio.Event()
    first = asyncio.create_task(
        here.reconciler.compare(cast.vera, YESTERDAY, TODAY, lambda _: begun.set())
    )
    await begun.wait()
    with pytest.raises(Conflict, match="already_comparing"):
        await here.compare_yesterday()
    with pytest.raises(Conflict, match="already_comparing"):
        await here.reconciler.mend(cast.vera, 1, None)
    assert await here.reconciler.look() is None
    await first


async def test_who_may_compare_and_who_may_mend(here: Desk, cast: Cast) -> None:
    with pytest.raises(Forbidden):
        await here.reconciler.compare(cast.anna, YESTERDAY, TODAY)
    row_id = await here.reconciler.compare(cast.grigory, YESTERDAY, TODAY)
    for nobody in (cast.anna, cast.grigory):
        with pytest.raises(Forbidden):
            await here.reconciler.mend(nobody, row_id, None)
    assert (await here.reconciler.mend(cast.vera, row_id, None)).mended == 4


async def test_the_newest_comparison_stands_first(here: Desk) -> None:
    first, _ = await here.compare_yesterday()
    second, _ = await here.compare_yesterday()
    listed = await here.reconciler.list_reconciliations()
    assert [one.id for one in listed] == [second, first]
    async with here.office.storage.read() as connection:
        assert len((await connection.execute(select(reconciliations))).all()) == 2
