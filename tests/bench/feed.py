"""`feed`: events a second through client, tracker and journal commit, beside panoramisk alone.

Both read the same bytes over TCP from another process, one after the other, several times in turn;
the best run of each counts.
"""

import asyncio
import re
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from panoramisk import Manager
from sqlalchemy import func, select

from crm_core.calls.journal import Journal
from crm_core.calls.linking import link_numbers
from crm_core.calls.outside import number_reader
from crm_core.calls.story import Knowledge
from crm_core.calls.tables import calls as calls_table
from crm_core.clock import SystemClock
from crm_core.intake import Intake
from crm_core.storage.engine import Storage
from crm_core.storage.migrate import migrate
from telephony.actions import Action
from telephony.ami import AmiClient
from telephony.events import ExchangeConnected, Fact, PhoneStateChanged
from telephony.feed import Feed
from telephony.phones import phones_matching
from telephony.queues import QueueBoard
from telephony.settings import TelephonySettings
from telephony.simulator import (
    COLLEAGUES,
    MENU_NUMBER,
    SALES_NUMBER,
    SUPPORT_NUMBER,
    Exchange,
    Pace,
    PhonePlan,
    Town,
    office,
)
from telephony.simulator.town import BusyTown
from telephony.switchboard import Switchboard
from telephony.tracker import CallTracker
from telephony.wire import WANTED, WANTED_VARIABLES
from tests.bench.blaster import END
from tests.bench.pop import line_of, process
from tests.bench.report import Aim, Measured

HOURS = 2.0
PHONES = 12
CALLS_A_MINUTE = 8.0
ROUNDS = 3
SECRET = "bench"
PATIENCE_SECONDS = 120.0
AIM = 0.4


def make_stream(day: int = 0) -> bytes:
    """Two busy hours of a dozen phones, as the simulated exchange tells them; each day its own."""
    said: list[bytes] = []
    start = datetime(2026, 3, 2, 9, tzinfo=UTC) + timedelta(days=day)
    numbers = tuple(str(101 + place) for place in range(PHONES))
    phones = tuple(
        PhonePlan(number, f"Operator {number}", COLLEAGUES[place % len(COLLEAGUES)], True)
        for place, number in enumerate(numbers)
    )
    town = Town((), ((SALES_NUMBER, 2.0), (SUPPORT_NUMBER, 6.0), (MENU_NUMBER, 1.0)), numbers)
    members = tuple(phone.interface for phone in phones)
    exchange = Exchange(
        office(phones, static_members=members), said.append, start=start, seed=1, town=town
    )
    BusyTown(exchange, Pace(CALLS_A_MINUTE, 2.0), seed=1).start()
    exchange.timetable.run_until(start + timedelta(hours=HOURS))
    return b"".join(said)


async def measure_feed() -> Measured:
    """Both stacks on the same stream."""
    stream = make_stream()
    events = len(re.findall(rb"^Event: ", stream, re.MULTILINE))
    noise = len(re.findall(rb"^Event: (?:VarSet|Newexten)", stream, re.MULTILINE))
    alone: list[float] = []
    whole: list[float] = []
    calls = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stream.ami"
        path.write_bytes(stream)
        async with process("-m", "tests.bench.blaster", str(path), SECRET) as blaster:
            port = int(await line_of(blaster, r"^(\d+)$"))
            for turn in range(ROUNDS):
                alone.append(events / await _panoramisk(port))
                seconds, calls = await take_in(port, f"sqlite:///{Path(folder) / f'{turn}.db'}")
                whole.append(events / seconds)
    numbers = {
        "events": float(events),
        "noise_share": noise / events,
        "calls_committed": float(calls),
        "megabytes": len(stream) / 1e6,
        "events_per_second": max(whole),
        "panoramisk_events_per_second": max(alone),
    }
    ratio = max(whole) / max(alone)
    aims = (Aim("speed beside panoramisk alone", ratio, AIM, least=True),)
    remark = "ours commits every call to SQLite; panoramisk has one empty listener; best of three"
    return Measured("feed", numbers, aims, (remark,))


async def _panoramisk(port: int) -> float:
    """Seconds that panoramisk alone takes, with one listener that does nothing."""
    manager = Manager(host="127.0.0.1", port=port, username="perezvon", secret=SECRET)
    manager.register_event("*", lambda manager, message: None)
    await manager.connect()
    began = time.perf_counter()
    asked = manager.send_action({"Action": "UserEvent", "UserEvent": "go"}, as_list=False)
    await asyncio.wait_for(asked, PATIENCE_SECONDS)
    took = time.perf_counter() - began
    manager.close()
    return took


async def take_in(port: int, url: str) -> tuple[float, int]:
    """Seconds until the last fact of the stream is committed, and the calls there are then."""
    clock, storage = SystemClock(), Storage.open(url)
    await migrate(storage)
    settings = TelephonySettings(port=port, secret=SECRET)
    ami = AmiClient(
        settings,
        now=clock.now,
        sleep=clock.sleep,
        wanted=WANTED,
        wanted_variables=WANTED_VARIABLES,
    )
    journal = Journal(Knowledge(lambda interface: None, number_reader("RU")), link_numbers)
    intake = Intake(storage, journal, clock)
    connected, ended = asyncio.Event(), asyncio.Event()

    async def emit(fact: Fact) -> None:
        await intake.take(fact)
        if isinstance(fact, ExchangeConnected):
            connected.set()
        elif isinstance(fact, PhoneStateChanged) and fact.interface == END:
            ended.set()

    tracker = CallTracker(phones_matching(settings.phones))
    feed = Feed(ami, Switchboard(ami, settings, lambda: "bench"), tracker, QueueBoard(), emit)
    tasks = [asyncio.create_task(work()) for work in (ami.run, feed.run, intake.run)]
    try:
        await asyncio.wait_for(connected.wait(), PATIENCE_SECONDS)
        began = time.perf_counter()
        asked = Action("UserEvent", (("UserEvent", "go"),))
        await ami.send(asked, timeout_seconds=PATIENCE_SECONDS)
        await asyncio.wait_for(ended.wait(), PATIENCE_SECONDS)
        await intake.settled()
        took = time.perf_counter() - began
        return took, await _count(storage)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await storage.close()


async def _count(storage: Storage) -> int:
    async with storage.read() as connection:
        query = select(func.count()).select_from(calls_table)
        return int((await connection.execute(query)).scalar_one())
