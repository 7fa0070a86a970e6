"""Some days that have been: played on the simulated exchange in no time, recorded as ever."""

import asyncio
import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from crm_core.agents.directory import list_dispositions
from crm_core.agents.people import Agent
from crm_core.calls.journal import Journal
from crm_core.calls.linking import link_numbers
from crm_core.calls.outside import number_reader
from crm_core.calls.story import Knowledge
from crm_core.intake import Intake
from crm_core.storage.engine import Storage
from crm_core.tasks.callbacks import Callbacks
from crm_core.tasks.next_step import NextStep
from crm_core.tasks.records import Tasks
from crm_core.wrap_up.records import WrapUps
from telephony.events import CallEnded, CallRecord, CallStarted, Direction
from telephony.ids import Interface
from telephony.replay import read_stream, replay
from telephony.simulator import Exchange, Pace, office
from telephony.simulator.town import BusyTown
from web.demo.cast import COLLEAGUES, NEXT_STEPS, NOTES
from web.demo.exchange import COUNTRY, phones, town
from web.demo.hours import working_time
from web.demo.tongues import in_language

SHIFT_SECONDS = 3 * 3600
CALLS_A_MINUTE = 0.1
DONE_SHARE = 0.7  # of the promises made then
RECENT = timedelta(hours=20)  # unanswered calls older than that have been seen to


class PastClock:
    """A clock whose hands are set: for rows that are to look as if made on that day."""

    def __init__(self, present: datetime, *, days: int) -> None:
        self.present, self.days = present, days
        self._now = present - timedelta(days=days)

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._now.timestamp()

    async def sleep(self, seconds: float) -> None:
        """Nobody waits for the past."""

    def set(self, moment: datetime) -> None:
        self._now = min(moment, self.present)


async def write_history(
    storage: Storage,
    past: PastClock,
    present: datetime,
    staff: dict[str, Agent],
    language: str,
) -> None:
    """Calls of the days before `present`, with notes, next steps and open callbacks."""
    dice = random.Random(20)  # noqa: S311 - made-up work, no secret
    seats = _seats(staff)
    records = [
        record
        for day in range(past.days, 0, -1)
        for record in _shift(present - timedelta(days=day, hours=-20), day, language)
        if record.ended_at is not None and record.ended_at < present
    ]
    await _record(storage, past, records, seats)
    await _wrap_up(storage, past, records, seats, dice, language)


def _seats(staff: dict[str, Agent]) -> dict[str, Agent]:
    """Who sat where: the visitors shared the first desks, colleagues had their own."""
    fixed = {f"PJSIP/{person.extension}": staff[person.login] for person in COLLEAGUES}
    return {"PJSIP/101": staff["anna"], "PJSIP/102": staff["boris"], **fixed}


def _shift(start: datetime, seed: int, language: str) -> list[CallRecord]:
    """The calls of one made-up shift, as the tracker understands them."""
    said: list[bytes] = []
    seated = tuple(phone.interface for phone in phones() if phone.extension != "103")
    plan = office(phones(), static_members=seated)
    exchange = Exchange(plan, said.append, start=start, seed=seed, town=town(language))
    BusyTown(exchange, Pace(CALLS_A_MINUTE, CALLS_A_MINUTE / 4), seed=seed).start()
    exchange.timetable.run_until(start + timedelta(seconds=SHIFT_SECONDS))
    known = {phone.interface for phone in phones()}
    return replay(list(read_stream(b"".join(said))), lambda interface: interface in known)


async def _record(
    storage: Storage, past: PastClock, records: Iterable[CallRecord], seats: dict[str, Agent]
) -> None:
    def agent_at(interface: str) -> int | None:
        return seats[interface].id if interface in seats else None

    journal = Journal(Knowledge(agent_at, number_reader(COUNTRY)), link_numbers)
    intake = Intake(storage, journal, past)
    callbacks = Callbacks(storage, past)
    working = asyncio.create_task(intake.run())
    try:
        for record in records:
            assert record.ended_at is not None
            await intake.take(_started(record))
            await intake.take(_ended(record))
        await intake.settled()
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    for record in records:
        assert record.ended_at is not None
        if past.present - record.ended_at < RECENT:
            past.set(record.ended_at)
            await callbacks.on_call_ended(_ended(record))


def _started(record: CallRecord) -> CallStarted:
    first = record.legs[0].interface if record.legs else Interface("")
    return CallStarted(
        at=record.started_at,
        call_id=record.call_id,
        linkedid=record.linkedids[0],
        direction=record.direction,
        caller=record.caller,
        caller_name=record.caller_name,
        dialled=record.dialled,
        interface=first,
    )


def _ended(record: CallRecord) -> CallEnded:
    assert record.ended_at is not None
    return CallEnded(at=record.ended_at, call_id=record.call_id, record=replace(record))


async def _wrap_up(
    storage: Storage,
    past: PastClock,
    records: Iterable[CallRecord],
    seats: dict[str, Agent],
    dice: random.Random,
    language: str,
) -> None:
    wrap_ups, tasks = WrapUps(storage, past), Tasks(storage, past)
    async with storage.read() as connection:
        dispositions = await list_dispositions(connection)
    notes, steps = in_language(NOTES, language), in_language(NEXT_STEPS, language)
    for record in records:
        talkers = [seats[each] for each in record.answered_by if each in seats]
        if not talkers or record.direction is Direction.INTERNAL or record.ended_at is None:
            continue
        past.set(record.ended_at + timedelta(seconds=20))
        disposition = dice.choice(dispositions)
        step = None
        if disposition.code in steps:
            due = past.now() + timedelta(hours=dice.choice((20, 26, 44, 70, 96, 150)))
            due = max(due, past.present + timedelta(hours=dice.uniform(0.5, 30)))
            step = NextStep(dice.choice(steps[disposition.code]), working_time(due))
        note = dice.choice(notes[disposition.code])
        await wrap_ups.save_note(talkers[-1], record.call_id, note)
        task_id = await wrap_ups.finish(talkers[-1], record.call_id, disposition.id, note, step)
        if task_id is not None and dice.random() < DONE_SHARE:
            past.set(past.now() + timedelta(hours=dice.uniform(1, 6)))
            await tasks.done(talkers[-1], task_id)
