"""A busy office of SIPp's making, and whether the call log agrees with Asterisk's own bills."""

import csv
import signal
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.calls.tables import call_legs, call_linkedids, calls
from crm_core.catchup.files import SAMPLE_COLUMNS
from crm_core.storage.engine import Storage
from tests.lab.asterisk import LabAsterisk
from tests.lab.phones import answering_phone, callers, refusing_phone

PARTING_SECONDS = 5.0
"""So long those who talk may finish; whoever's call was cut under him never does."""
MOMENT = timedelta(milliseconds=100)
PEOPLE = [(f"7916{n:07d}", f"Client {n}") for n in range(40)]


@contextmanager
def crowd(exchange: LabAsterisk, *, a_second: float = 2.0) -> Iterator[None]:
    """Phones 101, 102 and 104 answer, 103 is busy; people call, some give up while it rings. At the
    end nobody calls any more, and those who talk finish."""
    share = a_second / 4
    with ExitStack() as phones:
        for number, ring_ms in (("101", 200), ("102", 400), ("104", 300)):
            phones.enter_context(answering_phone(exchange, number, ring_ms=ring_ms))
        phones.enter_context(refusing_phone(exchange, "103", ring_ms=100))
        with ExitStack() as people:
            calling = [
                people.enter_context(
                    callers(exchange, inside, PEOPLE, talk_ms=talk_ms, a_second=share)
                )
                for inside, talk_ms in (("101", 900), ("102", 1600), ("103", 500))
            ]
            impatient = callers(exchange, "104", PEOPLE, a_second=share, gives_up_after_ms=150)
            calling.append(people.enter_context(impatient))
            yield
            for each in calling:
                each.process.send_signal(signal.SIGUSR1)  # SIPp: no new calls, finish these
            until = time.monotonic() + PARTING_SECONDS
            for each in calling:
                with suppress(subprocess.TimeoutExpired):
                    each.wait(max(0.0, until - time.monotonic()))


@dataclass(frozen=True)
class Accounts:
    """By linkedid what came of each call: answered, busy or missed."""

    billed: dict[str, str]
    logged: dict[str, list[str]]
    cut_at_once: frozenset[str]
    """Calls that ended in the moment in which they were picked up: of those in which nobody has
    talked yet, which we call missed, Asterisk bills some as answered and some as not."""
    open_calls: int

    def disagreements(self) -> list[str]:
        """One line for each call that the call log lacks, has twice, or tells otherwise."""
        found = [f"{self.open_calls} calls are open"] if self.open_calls else []
        for linkedid in self.billed.keys() | self.logged.keys():
            bill, log = self.billed.get(linkedid), self.logged.get(linkedid, [])
            if linkedid in self.cut_at_once and bill == "answered" and log == ["missed"]:
                continue
            if log != [bill]:
                found.append(f"{linkedid}: billed {bill}, logged {log}")
        return found


async def accounts(exchange: LabAsterisk, storage: Storage) -> Accounts:
    """Asterisk's CDR beside our call log, as they are now."""
    return Accounts(_billed(exchange), *await _logged(storage))


def _billed(exchange: LabAsterisk) -> dict[str, str]:
    """Out of the file that Asterisk appends to: rows of an SQLite file that is read it may drop."""
    told: dict[str, set[str]] = defaultdict(set)
    with (exchange.home / "log/cdr-csv/Master.csv").open(newline="") as file:
        for row in csv.reader(file):
            bill = dict(zip(SAMPLE_COLUMNS["cdr"], row, strict=False))
            told[bill["linkedid"]].add(bill["disposition"] if bill["dstchannel"] else "NOBODY")
    return {linkedid: _class(found) for linkedid, found in told.items()}


def _class(dispositions: set[str]) -> str:
    if "ANSWERED" in dispositions:
        return "answered"
    return "busy" if "BUSY" in dispositions else "missed"


async def _logged(storage: Storage) -> tuple[dict[str, list[str]], frozenset[str], int]:
    query: Any = select(
        calls.c.call_id, calls.c.outcome, calls.c.ended_at, call_linkedids.c.linkedid
    ).join(call_linkedids, call_linkedids.c.call_id == calls.c.call_id)
    logged: dict[str, list[str]] = defaultdict(list)
    cut_at_once: set[str] = set()
    open_calls = 0
    async with storage.read() as connection:
        picked_up = await _picked_up_at_the_end(connection)
        for call_id, outcome, ended_at, linkedid in await connection.execute(query):
            open_calls += ended_at is None
            logged[linkedid].append(outcome if outcome in ("answered", "busy") else "missed")
            if call_id in picked_up:
                cut_at_once.add(linkedid)
        count = len((await connection.execute(select(calls.c.call_id))).all())
    told = sum(map(len, logged.values()))
    if count != told:
        logged["calls without a linkedid, or with several"] = [f"{count} calls, {told} linkedids"]
    return logged, frozenset(cut_at_once), open_calls


async def _picked_up_at_the_end(connection: AsyncConnection) -> set[str]:
    """Calls that were cut in the moment between the answer and the talk."""
    legs = select(call_legs.c.call_id, call_legs.c.answered_at, call_legs.c.ended_at)
    picked_up = legs.where(call_legs.c.role == "phone", call_legs.c.answered_at.is_not(None))
    return {
        call_id
        for call_id, answered_at, ended_at in await connection.execute(picked_up)
        if ended_at is not None and ended_at - answered_at < MOMENT
    }
