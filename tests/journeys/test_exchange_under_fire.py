"""The exchange itself under fire: restarted, killed, rebuilt while people are talking."""

import asyncio
import os
import re
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import select

from crm_core.calls.tables import calls
from crm_core.catchup.catching_up import LATE_SECONDS
from tests.journeys.crowd import PEOPLE, crowd
from tests.journeys.fire import PHONE, OfficeUnderFire, under_fire
from tests.journeys.office import until
from tests.journeys.running import own_exchange
from tests.lab.asterisk import LabAsterisk, running
from tests.lab.phones import answering_phone, callers

pytestmark = [pytest.mark.lab]


@pytest.fixture
def exchange() -> Iterator[LabAsterisk]:
    """An exchange of the test's own."""
    with own_exchange() as found:
        yield found


async def test_an_exchange_restarted_in_mid_call_costs_no_call(
    exchange: LabAsterisk, tmp_path: Path
) -> None:
    async with under_fire(exchange, tmp_path) as office, office.service():
        with crowd(exchange, a_second=4):
            await _talking(office)
            await asyncio.to_thread(exchange.cli, "core restart now")
            await office.until_said("exchange", "exchange_away", reason="shutdown")
            await _is_back(office)
        await office.until_quiet()
        found = await office.settled()
    assert found.disagreements() == []
    assert "answered" in found.billed.values()


async def test_an_exchange_killed_in_mid_call_leaves_no_call_open_and_none_twice(
    exchange: LabAsterisk, tmp_path: Path
) -> None:
    """What was cut nobody bills: we have watched it, and it stays as it was then."""
    async with under_fire(exchange, tmp_path) as office, office.service():
        with ExitStack() as second_life:
            with crowd(exchange, a_second=4):
                talking = await _talking(office)
                os.kill(int((exchange.home / "run/asterisk.pid").read_text()), signal.SIGKILL)
                await office.until_said("exchange", "exchange_away")
                first_life = {
                    e["linkedid"] for e in office.ami.events if e["event"] == "Newchannel"
                }
                second_life.enter_context(running(exchange))
                await _is_back(office)
            await office.until_quiet()
            await until(
                lambda: _are_told(office),
                "every bill is in the log, and no call is open",
                patience_seconds=LATE_SECONDS + 20,
            )
            found = await office.accounts()
    assert found.logged[talking] == ["answered"]
    assert first_life <= found.logged.keys()
    assert found.logged.keys() - found.billed.keys() <= first_life
    assert all(len(told) == 1 for told in found.logged.values())


async def _talking(office: OfficeUnderFire) -> str:
    """The linkedid of a call in which she talks, and we know it."""

    async def found() -> str | None:
        talks = await office.talks_of(PHONE)
        return talks[0] if talks and await office.state() == "talking" else None

    return str(await until(found, "she talks"))


async def _is_back(office: OfficeUnderFire) -> None:
    await asyncio.to_thread(office.exchange.wait_until_up)
    await office.hear_again()
    await office.until_said("exchange", "connected", patience_seconds=5)
    await office.until_her_state_is_right()


async def _are_told(office: OfficeUnderFire) -> bool:
    found = await office.accounts()
    told = all(found.logged.get(key) == [bill] for key, bill in found.billed.items())
    return told and not found.open_calls


_UNKNOWN = "No such queue|Unable to find object|There is no existence of"
QUEUE = """
[fresh](plain)
strategy = ringall
timeout = 15
"""
EXTENSION = """
[office]
exten => 298,1,Queue(fresh,tT,,,20)
 same => n,Hangup()
"""
ENDPOINT = """
[107](phone)
auth = 107
aors = 107
[107](phone-auth)
username = 107
[107](phone-aor)
"""


async def test_a_queue_and_a_phone_that_come_and_go_while_people_call_are_heard_at_once(
    exchange: LabAsterisk, tmp_path: Path
) -> None:
    """And everything else goes on: the link is not made anew."""
    added = {"queues.conf": QUEUE, "extensions.conf": EXTENSION, "pjsip.conf": ENDPOINT}
    before = {name: (exchange.home / "etc" / name).read_text() for name in added}
    async with under_fire(exchange, tmp_path) as office, office.service():
        with crowd(exchange, a_second=2):
            await _reload(exchange, {name: before[name] + text for name, text in added.items()})
            with answering_phone(exchange, "107", ring_ms=100):
                await office.ami.do("QueueAdd", Queue="fresh", Interface="PJSIP/107")
                await until(lambda: asyncio.to_thread(_is_ready, exchange), "the queue may ring it")
                with (
                    callers(exchange, "298", PEOPLE, talk_ms=300, calls=3, a_second=3) as queued,
                    callers(exchange, "107", PEOPLE, talk_ms=300, calls=3, a_second=3) as direct,
                ):
                    assert await asyncio.to_thread(queued.wait) == 0, queued.complaints()
                    assert await asyncio.to_thread(direct.wait) == 0, direct.complaints()
            await office.ami.do("QueueRemove", Queue="fresh", Interface="PJSIP/107")
            await _reload(exchange, before)
            with callers(exchange, "107", PEOPLE, calls=2, a_second=4) as nobody:
                await asyncio.to_thread(nobody.wait)
            await office.until_her_state_is_right()
        await office.until_quiet()
        found = await office.settled()
        assert await office.says("exchange", "connected")
        queued_calls = await _outcomes(office, queue="fresh")
    assert found.disagreements() == []
    assert queued_calls == ["answered"] * 3
    assert office.log.read_text().count("connected to Asterisk") == 1


async def _reload(exchange: LabAsterisk, texts: dict[str, str]) -> None:
    for name, text in texts.items():
        (exchange.home / "etc" / name).write_text(text)
    await asyncio.to_thread(exchange.cli, "module reload")
    wanted = "[107]" in texts["pjsip.conf"]

    def is_loaded() -> bool:
        asked = ("queue show fresh", "pjsip show endpoint 107", "dialplan show 298@office")
        unknown = re.findall(_UNKNOWN, "".join(map(exchange.cli, asked)))
        return len(unknown) == (0 if wanted else len(asked))

    await until(lambda: asyncio.to_thread(is_loaded), "the exchange has read its settings")


def _is_ready(exchange: LabAsterisk) -> bool:
    return "(Not in use)" in exchange.cli("queue show fresh")


async def _outcomes(office: OfficeUnderFire, *, queue: str) -> list[str]:
    async with office.storage.read() as connection:
        query = select(calls.c.outcome).where(calls.c.queue == queue)
        return list((await connection.execute(query)).scalars())
