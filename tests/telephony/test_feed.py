"""The one loop: order, connecting, losing, failing."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest

from telephony import events
from telephony.errors import ActionRefused, ActionTimedOut, NotConnected
from telephony.events import Fact
from telephony.feed import AUDIT_EVERY, PATIENT_ATTEMPTS, Feed, HangUpHeard
from telephony.phones import phones_matching
from telephony.queues import QueueBoard
from telephony.stream import AmiMessage, LinkDown, LinkUp, StreamItem
from telephony.tracker import CallTracker
from tests.telephony.story import NOON

CHANNEL = {
    "uniqueid": "1.1",
    "linkedid": "1.1",
    "channel": "PJSIP/provider-00000001",
    "channelstate": "4",
    "calleridnum": "79161234567",
    "exten": "101",
}


class Exchange:
    """A stream one can push into, and the lists it tells when asked."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[StreamItem] = asyncio.Queue()
        self.asked = self.renewals = 0
        self.lists: list[AmiMessage] = [message("CoreShowChannelsComplete")]
        self.fault: Exception | None = None
        self.faults = 1_000_000
        self.on_hang_up: HangUpHeard = lambda channel, asked: None
        self.release = asyncio.Event()
        self.release.set()

    async def messages(self) -> AsyncIterator[StreamItem]:
        while True:
            yield await self.queue.get()

    async def resync(self) -> None:
        self.asked += 1
        await self.release.wait()
        if self.fault is not None and self.asked <= self.faults:
            raise self.fault
        for item in self.lists:
            self.queue.put_nowait(item)

    def renew_later(self) -> None:
        self.renewals += 1

    def push(self, *items: StreamItem) -> None:
        for item in items:
            self.queue.put_nowait(item)


def message(name: str, /, **headers: str) -> AmiMessage:
    return AmiMessage(name, headers, NOON, NOON)


class Listener:
    """Keeps the facts, and lets a test wait for one."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self._news = asyncio.Condition()
        self.fault: Exception | None = None

    async def take(self, fact: Fact) -> None:
        async with self._news:
            self.facts.append(fact)
            self._news.notify_all()
        if self.fault is not None:
            raise self.fault

    async def until(self, what: Callable[[list[Fact]], bool]) -> None:
        async with asyncio.timeout(5), self._news:
            await self._news.wait_for(lambda: what(self.facts))

    async def until_kind(self, kind: type[Fact], times: int = 1) -> None:
        await self.until(lambda facts: sum(isinstance(fact, kind) for fact in facts) >= times)

    def kinds(self) -> list[str]:
        return [type(fact).__name__ for fact in self.facts]


@pytest.fixture
async def exchange() -> Exchange:
    return Exchange()


@pytest.fixture
async def listener(exchange: Exchange) -> AsyncIterator[Listener]:
    listening = Listener()
    tracker = CallTracker(phones_matching(r"\d{2,5}"))
    feed = Feed(exchange, exchange, tracker, QueueBoard(), listening.take)
    running = asyncio.create_task(feed.run())
    yield listening
    running.cancel()
    await asyncio.wait([running])


UP = LinkUp(NOON, "22.10.1")


async def test_connected_is_told_after_everything_that_was_going_on(
    exchange: Exchange, listener: Listener
) -> None:
    exchange.lists = [
        message("CoreShowChannel", **CHANNEL),
        message("CoreShowChannelsComplete"),
        message("QueueParams", queue="sales"),
        message("QueueMember", queue="sales", interface="PJSIP/101", status="1"),
        message("QueueStatusComplete"),
    ]
    exchange.push(UP)
    await listener.until_kind(events.ExchangeConnected)
    assert listener.kinds()[-1] == "ExchangeConnected"
    assert {"CallStarted", "MemberSeen"} < set(listener.kinds())


async def test_events_go_on_while_the_lists_are_asked_for(
    exchange: Exchange, listener: Listener
) -> None:
    exchange.release.clear()
    exchange.push(UP, message("Newchannel", **CHANNEL))
    await listener.until_kind(events.CallStarted)
    assert "ExchangeConnected" not in listener.kinds()
    exchange.release.set()
    await listener.until_kind(events.ExchangeConnected)
    assert "CallEnded" not in listener.kinds()


async def test_a_lost_link_is_told_and_the_next_one_ends_what_has_gone(
    exchange: Exchange, listener: Listener
) -> None:
    exchange.push(UP)
    await listener.until_kind(events.ExchangeConnected)
    exchange.push(message("Newchannel", **CHANNEL), LinkDown(NOON, "closed", "by peer"))
    await listener.until_kind(events.ExchangeLost)
    assert "CallEnded" not in listener.kinds()
    exchange.push(UP)
    await listener.until_kind(events.ExchangeConnected, times=2)
    assert listener.kinds()[-2:] == ["CallEnded", "ExchangeConnected"]


async def test_a_link_lost_while_connecting_is_not_told_as_connected(
    exchange: Exchange, listener: Listener
) -> None:
    exchange.release.clear()
    exchange.push(UP, LinkDown(NOON, "closed"))
    await listener.until_kind(events.ExchangeLost)
    exchange.release.set()
    exchange.push(UP)
    await listener.until_kind(events.ExchangeConnected)
    assert listener.kinds() == ["ExchangeLost", "ExchangeConnected"]


async def test_lists_that_are_refused_are_told_and_what_happens_is_taken_all_the_same(
    exchange: Exchange, listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    exchange.fault = ActionRefused("Permission denied")
    exchange.push(UP)
    await listener.until_kind(events.ExchangeLost)
    exchange.push(message("Newchannel", **CHANNEL))
    await listener.until_kind(events.CallStarted)
    (lost,) = [fact for fact in listener.facts if isinstance(fact, events.ExchangeLost)]
    assert (lost.reason, lost.details) == ("forbidden", "Permission denied")
    assert "may not ask which calls are going on: Permission denied" in caplog.text
    assert exchange.renewals == 1  # the rights given meanwhile are those of a new login
    assert "ExchangeConnected" not in listener.kinds()


async def test_lists_cut_off_by_the_link_tell_nothing(
    exchange: Exchange, listener: Listener
) -> None:
    exchange.fault = NotConnected("CoreShowChannels")
    exchange.push(UP, message("Newchannel", **CHANNEL))
    await listener.until_kind(events.CallStarted)
    exchange.push(LinkDown(NOON, "closed"))
    await listener.until_kind(events.ExchangeLost)
    assert "ExchangeConnected" not in listener.kinds()


async def test_one_message_that_fails_does_not_stop_the_next(
    exchange: Exchange, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    exploded = asyncio.Event()

    def explode(*_: object) -> None:
        exploded.set()
        raise RuntimeError("broken on purpose")

    exchange.push(UP)
    await listener.until_kind(events.ExchangeConnected)
    for place in ("telephony.feed.parse", "telephony.queues.QueueBoard.feed"):
        with monkeypatch.context() as broken:
            broken.setattr(place, explode)
            exchange.push(message("Hangup", **CHANNEL))
            await asyncio.wait_for(exploded.wait(), 5)
            exploded.clear()
    exchange.push(message("Newchannel", **CHANNEL))
    await listener.until_kind(events.CallStarted)


async def test_a_listener_that_fails_hears_the_next_fact_all_the_same(
    exchange: Exchange, listener: Listener
) -> None:
    listener.fault = RuntimeError("the database is full")
    exchange.push(UP, message("Newchannel", **CHANNEL), message("Hangup", **CHANNEL))
    await listener.until_kind(events.CallEnded)


async def test_now_and_then_the_living_calls_are_compared_with_asterisks_own_list(
    exchange: Exchange, listener: Listener
) -> None:
    exchange.push(UP)
    await listener.until_kind(events.ExchangeConnected)
    exchange.push(message("Newchannel", **CHANNEL))
    await listener.until_kind(events.CallStarted)
    later = NOON + AUDIT_EVERY + timedelta(seconds=1)
    exchange.lists = [AmiMessage("CoreShowChannelsComplete", {}, later, later)]
    exchange.push(AmiMessage("", {"response": "Pong"}, later, later))
    await listener.until_kind(events.CallEnded)
    assert exchange.asked == 2
    assert listener.kinds().count("ExchangeConnected") == 1


async def test_a_hang_up_asked_of_the_switchboard_is_its_agents(
    exchange: Exchange, listener: Listener
) -> None:
    agent = {"uniqueid": "1.2", "linkedid": "1.1", "channel": "PJSIP/101-00000002"}
    up = {"channelstate": "6"}
    exchange.push(UP)
    await listener.until_kind(events.ExchangeConnected)
    exchange.push(
        message("Newchannel", **CHANNEL),
        message("Newchannel", **agent, channelstate="0"),
        message("BridgeEnter", **{**CHANNEL, **up}, bridgeuniqueid="b"),
        message("BridgeEnter", **agent, **up, bridgeuniqueid="b"),
    )
    await listener.until_kind(events.CallAnswered)
    exchange.on_hang_up(agent["channel"], True)
    exchange.push(
        message("Hangup", **{**CHANNEL, **up}, cause="16"), message("Hangup", **agent, **up)
    )
    await listener.until_kind(events.CallEnded)
    [ended] = [fact for fact in listener.facts if isinstance(fact, events.CallEnded)]
    assert ended.record.ended_by is events.EndedBy.AGENT


async def test_lists_that_time_out_are_asked_for_again_before_the_exchange_counts_as_read(
    exchange: Exchange, listener: Listener
) -> None:
    exchange.fault, exchange.faults = ActionTimedOut("CoreShowChannels"), PATIENT_ATTEMPTS - 1
    exchange.push(UP)
    await listener.until_kind(events.ExchangeConnected)
    assert exchange.asked == PATIENT_ATTEMPTS
    assert listener.kinds() == ["ExchangeConnected"]


async def test_an_exchange_that_cannot_tell_its_calls_is_no_connected_one_until_it_can(
    exchange: Exchange, listener: Listener
) -> None:
    """Counted as connected, it would have us close every call that it did not list."""
    exchange.push(UP)
    await listener.until_kind(events.ExchangeConnected)
    exchange.push(message("Newchannel", **CHANNEL), LinkDown(NOON, "closed", "by peer"))
    await listener.until_kind(events.ExchangeLost)
    exchange.asked = 0
    exchange.fault, exchange.faults = ActionTimedOut("CoreShowChannels"), PATIENT_ATTEMPTS + 2
    exchange.lists = [message("CoreShowChannel", **CHANNEL), message("CoreShowChannelsComplete")]
    exchange.push(UP)
    await listener.until_kind(events.ExchangeConnected, times=2)
    assert exchange.asked == PATIENT_ATTEMPTS + 3
    lost = [fact.reason for fact in listener.facts if isinstance(fact, events.ExchangeLost)]
    assert lost == ["closed", "unreadable"]
    assert "CallEnded" not in listener.kinds()


async def test_what_happens_beside_an_exchange_that_cannot_tell_its_calls_is_taken(
    exchange: Exchange, listener: Listener
) -> None:
    exchange.fault = ActionTimedOut("CoreShowChannels")
    exchange.push(UP)
    await listener.until_kind(events.ExchangeLost)
    exchange.push(message("Newchannel", **CHANNEL))
    await listener.until_kind(events.CallStarted)
    exchange.push(message("Hangup", **CHANNEL, cause="16"))
    await listener.until_kind(events.CallEnded)
    assert "ExchangeConnected" not in listener.kinds()


async def test_an_audit_that_times_out_is_tried_at_its_next_time_and_ends_no_call(
    exchange: Exchange, listener: Listener
) -> None:
    exchange.push(UP)
    await listener.until_kind(events.ExchangeConnected)
    exchange.push(message("Newchannel", **CHANNEL))
    await listener.until_kind(events.CallStarted)
    exchange.fault = ActionTimedOut("CoreShowChannels")
    later = NOON + AUDIT_EVERY
    exchange.push(AmiMessage("Newstate", CHANNEL, later, later))
    exchange.push(AmiMessage("Newstate", {**CHANNEL, "uniqueid": "2.2"}, later, later))
    ringing = {**CHANNEL, "channel": "PJSIP/provider-00000002", "uniqueid": "3.3", "linkedid": "3"}
    exchange.push(AmiMessage("Newchannel", ringing, later, later))
    await listener.until_kind(events.CallStarted, times=2)
    assert exchange.asked == 2
    assert set(listener.kinds()) == {"ExchangeConnected", "CallStarted"}
