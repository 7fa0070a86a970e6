"""The simulated exchange over TCP, spoken to by the product's own AMI client."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from telephony.ami import AmiClient
from telephony.errors import ActionRefused
from telephony.settings import TelephonySettings
from telephony.simulator import (
    SALES_NUMBER,
    SUPPORT_NUMBER,
    Credentials,
    Mood,
    PhonePlan,
    SimulatedExchange,
    Talk,
    direct_number,
    office,
)
from telephony.stream import AmiMessage, LinkDown, LinkUp, StreamItem
from telephony.switchboard import Switchboard

SECRET = "s3cret"
PATIENCE_SECONDS = 30
LONG = Talk(3600)


class QuickTime:
    """A clock on which a second of the exchange passes in a tenth of a real one."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()

    def now(self) -> datetime:
        passed = (self._loop.time() - self._began) * 10
        return datetime(2026, 11, 22, 9, tzinfo=UTC) + timedelta(seconds=passed)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / 10)


@asynccontextmanager
async def exchange(*moods: Mood) -> AsyncIterator[SimulatedExchange]:
    chosen = moods or (Mood(0.3, 0.3), Mood(0.5, 0.5), Mood(0.5, 0.5))
    phones = tuple(
        PhonePlan(str(101 + place), f"Operator {101 + place}", mood)
        for place, mood in enumerate(chosen)
    )
    time = QuickTime()
    credentials = Credentials("perezvon", SECRET)
    async with SimulatedExchange(
        office(phones), credentials=credentials, now=time.now, sleep=time.sleep
    ) as running:
        yield running


class Manager:
    """The AMI client and all that came out of its stream."""

    def __init__(self, port: int, secret: str = SECRET) -> None:
        settings = TelephonySettings(port=port, secret=secret)
        self.client = AmiClient(settings, now=lambda: datetime.now(UTC), sleep=asyncio.sleep)  # noqa: TID251
        self.switchboard = Switchboard(self.client, settings, lambda: "perezvon-test-1")
        self.seen: list[StreamItem] = []
        self._news = asyncio.Event()

    async def listen(self) -> None:
        async for item in self.client.messages():
            self.seen.append(item)
            self._news.set()

    def named(self, name: str) -> list[AmiMessage]:
        return [each for each in self.seen if isinstance(each, AmiMessage) and each.name == name]

    async def until(self, fact: Callable[[], Any], what: str) -> Any:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not (found := fact()):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"never seen: {what}") from None
        return found

    async def until_event(self, name: str, **headers: str) -> AmiMessage:
        def matching() -> list[AmiMessage]:
            wanted = headers.items()
            return [
                message
                for message in self.named(name)
                if all(message.headers.get(key) == value for key, value in wanted)
            ]

        found: list[AmiMessage] = await self.until(matching, f"{name} {headers}")
        return found[0]


@asynccontextmanager
async def manager(running: SimulatedExchange, secret: str = SECRET) -> AsyncIterator[Manager]:
    each = Manager(running.port, secret)
    jobs: list[Coroutine[Any, Any, None]] = [each.client.run(), each.listen()]
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        if secret == SECRET:
            await each.until(lambda: [i for i in each.seen if isinstance(i, LinkUp)], "the link")
        yield each
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


async def test_a_queue_call_goes_through_the_real_client() -> None:
    async with exchange() as running, manager(running) as ami:
        await ami.switchboard.queue_add("sales", "PJSIP/101", "Anna")
        await ami.switchboard.queue_add("sales", "PJSIP/101", "Anna")
        running.ring(number="79161234567", name="Иван", dialled=SALES_NUMBER, talk=Talk(1))
        called = await ami.until_event("AgentCalled", queue="sales")
        assert called.headers["destchannel"].startswith("PJSIP/101-")
        assert called.headers["calleridname"] == "Иван"
        await ami.until_event("BridgeEnter")
        await ami.until_event("Hangup", calleridnum="79161234567")


async def test_ring_tells_which_phones_ring_and_has_written_their_events() -> None:
    async with exchange() as running, manager(running) as ami:
        rung = running.ring(number="79161234567", dialled=direct_number("102"), talk=LONG)
        assert rung.interfaces == ("PJSIP/102",)
        begun = await ami.until_event("DialBegin")
        assert begun.headers["linkedid"] == rung.linkedid


async def test_pausing_is_heard_and_obeyed() -> None:
    async with exchange() as running, manager(running) as ami:
        for extension in ("101", "102"):
            await ami.switchboard.queue_add("support", f"PJSIP/{extension}", extension)
        await ami.switchboard.pause_member("PJSIP/101", "lunch")
        paused = await ami.until_event("QueueMemberPause", interface="PJSIP/101")
        assert (paused.headers["paused"], paused.headers["pausedreason"]) == ("1", "lunch")
        running.ring(number="79161234567", dialled=SUPPORT_NUMBER, talk=LONG)
        await ami.until_event("AgentConnect", interface="PJSIP/102")
        assert {event.headers["interface"] for event in ami.named("AgentCalled")} == {"PJSIP/102"}
        await ami.switchboard.unpause_member("PJSIP/101")
        await ami.switchboard.queue_remove("support", "PJSIP/101")
        await ami.switchboard.queue_remove("support", "PJSIP/101")


async def test_click_to_call_rings_the_own_phone_first() -> None:
    async with exchange() as running, manager(running) as ami:
        channel_id = await ami.switchboard.originate("PJSIP/101", "79031112233", caller_name="Пётр")
        born = await ami.until_event("Newchannel", uniqueid=channel_id)
        assert born.headers["channel"].startswith("PJSIP/101-")
        assert born.headers["linkedid"] == channel_id
        response = await ami.until_event("OriginateResponse", uniqueid=channel_id)
        assert (response.headers["response"], response.headers["reason"]) == ("Success", "4")
        dialled = await ami.until_event("DialBegin", linkedid=channel_id, exten="79031112233")
        assert dialled.headers["destchannel"].startswith("PJSIP/trunk-")


async def test_a_client_can_be_parked_and_fetched_again() -> None:
    async with exchange() as running, manager(running) as ami:
        running.ring(number="79161234567", dialled=direct_number("101"), talk=LONG)
        entered = await ami.until_event("BridgeEnter", calleridnum="79161234567")
        client = entered.headers["channel"]
        await ami.switchboard.hold(client, "PJSIP/101")
        await ami.until_event("ParkedCall", parkeechannel=client)
        await ami.until_event("Hangup", calleridnum="101")
        channel_id = await ami.switchboard.resume(client, "PJSIP/101")
        await ami.until_event("UnParkedCall", retrieveruniqueid=channel_id)
        await ami.until_event("BridgeEnter", uniqueid=channel_id)


async def test_a_call_is_transferred_and_hung_up_on_request() -> None:
    async with exchange() as running, manager(running) as ami:
        running.ring(number="79161234567", dialled=direct_number("101"), talk=LONG)
        await ami.until_event("BridgeEnter", calleridnum="79161234567")
        agent = await ami.until_event("BridgeEnter", calleridnum="101")
        await ami.switchboard.blind_transfer(agent.headers["channel"], "102")
        second = await ami.until_event("BridgeEnter", calleridnum="102")
        await ami.switchboard.hang_up(second.headers["channel"])
        await ami.until_event("Hangup", calleridnum="79161234567")
        [told] = running.exchange.ledger
        assert (told.answered_by, told.ended_by) == (["PJSIP/101", "PJSIP/102"], "agent")


async def test_an_attended_transfer_can_be_completed_or_cancelled() -> None:
    for complete in (True, False):
        async with exchange() as running, manager(running) as ami:
            running.ring(number="79161234567", dialled=direct_number("101"), talk=LONG)
            agent = await ami.until_event("BridgeEnter", calleridnum="101")
            await ami.switchboard.attended_transfer(agent.headers["channel"], "102")
            await ami.until_event("BridgeEnter", calleridnum="102")
            if complete:
                await ami.switchboard.complete_transfer(agent.headers["channel"])
                await ami.until_event("AttendedTransfer", result="Success")
            else:
                await ami.switchboard.cancel_transfer(agent.headers["channel"])
                await ami.until_event("Unhold", calleridnum="101")
            expected = [("attended", "PJSIP/101", "PJSIP/102")] if complete else []
            assert running.exchange.ledger[0].transfers == expected


async def test_resync_lists_living_calls_queues_and_parked_calls() -> None:
    async with exchange() as running, manager(running) as ami:
        await ami.switchboard.queue_add("sales", "PJSIP/101", "Anna")
        running.ring(number="79161234567", dialled=SALES_NUMBER, talk=LONG)
        await ami.until_event("BridgeEnter", calleridnum="79161234567")
        await ami.switchboard.resync()
        channels = ami.named("CoreShowChannel")
        assert len(channels) == 2
        assert len({message.headers["bridgeid"] for message in channels}) == 1
        [member] = ami.named("QueueMember")
        assert (member.headers["location"], member.headers["incall"]) == ("PJSIP/101", "1")
        assert len(ami.named("BridgeInfoChannel")) == 2
        assert ami.named("StatusComplete")
        assert ami.named("QueueStatusComplete")


async def test_a_wrong_secret_is_refused() -> None:
    async with exchange() as running, manager(running, secret="guess") as ami:
        down = await ami.until(
            lambda: [item for item in ami.seen if isinstance(item, LinkDown)], "a refusal"
        )
        assert down[0].reason == "login_refused"
        assert running.managers == 0


async def test_a_lost_link_comes_back_and_finds_the_call() -> None:
    async with exchange() as running, manager(running) as ami:
        running.ring(number="79161234567", dialled=direct_number("101"), talk=LONG)
        await ami.until_event("BridgeEnter", calleridnum="79161234567")
        running.cut()
        await ami.until(
            lambda: len([item for item in ami.seen if isinstance(item, LinkUp)]) == 2, "a new link"
        )


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda board: board.hang_up("PJSIP/101-000000ff"), "No such channel"),
        (lambda board: board.blind_transfer("PJSIP/101-000000ff", "102"), "does not exist"),
        (lambda board: board.queue_add("nowhere", "PJSIP/101", "Anna"), "No such queue"),
        (lambda board: board.pause_member("PJSIP/999", "lunch"), "Interface not found"),
    ],
)
async def test_refusals_have_asterisks_own_words(
    ask: Callable[[Switchboard], Coroutine[Any, Any, None]], message: str
) -> None:
    async with exchange() as running, manager(running) as ami:
        with pytest.raises(ActionRefused, match=message):
            await ask(ami.switchboard)


async def raw(port: int, sent: bytes) -> bytes:
    """All that the server says to these bytes until the connection ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    heard = b""
    with suppress(ConnectionError):
        writer.write(sent)
        writer.write_eof()
        while data := await reader.read(65536):
            heard += data
    writer.close()
    return heard


async def test_nothing_is_answered_before_login() -> None:
    async with exchange() as running:
        heard = await raw(running.port, b"Action: CoreShowChannels\r\nActionID: 7\r\n\r\n")
        assert b"Permission denied" in heard
        assert b"ActionID: 7" in heard


async def test_hostile_bytes_do_no_harm() -> None:
    login = f"Action: Login\r\nUsername: perezvon\r\nSecret: {SECRET}\r\n\r\n".encode()
    async with exchange() as running:
        assert b"Asterisk Call Manager" in await raw(running.port, b"\xff\xfe\x00:::\r\n\r\n" * 20)
        await raw(running.port, b"A: " + b"x" * 200_000)
        heard = await raw(running.port, login + b"Action: \xd0\r\n\r\nNonsense\r\n\r\n")
        assert b"Invalid/unknown command" in heard
        assert b"Missing action" not in heard
        heard = await raw(running.port, login + b"Action: Ping\nActionID: 2\n\n")
        assert b"Ping: Pong" in heard


async def test_an_md5_login_is_accepted() -> None:
    async with exchange() as running:
        reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
        writer.write(b"Action: Challenge\r\nAuthType: MD5\r\n\r\n")
        heard = await reader.readuntil(b"\r\n\r\n")
        challenge = heard.partition(b"Challenge: ")[2].strip()
        key = hashlib.md5(challenge + SECRET.encode()).hexdigest()
        writer.write(
            f"Action: Login\r\nUsername: perezvon\r\nAuthType: MD5\r\nKey: {key}\r\n\r\n".encode()
        )
        assert b"Authentication accepted" in await reader.readuntil(b"\r\n\r\n")
        writer.close()
