"""The same requests, made of a real Asterisk with real SIP phones."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from itertools import count
from typing import TypeVar

import pytest

from crm_core.clock import SystemClock
from telephony import actions, switchboard
from telephony.ami import AmiClient, AmiMessage, LinkDown, LinkUp, StreamItem
from telephony.errors import ActionRefused
from telephony.ids import Interface, interface_of
from telephony.settings import TelephonySettings
from telephony.switchboard import Switchboard
from tests.lab.asterisk import LabAsterisk
from tests.lab.sip_message import address, user_of
from tests.lab.sip_phone import Dialog
from tests.lab.stage import Stage

pytestmark = pytest.mark.lab
NUMBER = "79161112233"


def client_of(exchange: LabAsterisk, **changes: str) -> AmiClient:
    clock = SystemClock()
    settings = TelephonySettings(port=exchange.ami_port, secret=exchange.ami_secret)
    return AmiClient(replace(settings, **changes), now=clock.now, sleep=clock.sleep)  # type: ignore[arg-type]


@asynccontextmanager
async def running(client: AmiClient) -> AsyncIterator[AsyncIterator[StreamItem]]:
    task = asyncio.create_task(client.run())
    stream = client.messages()
    try:
        await heard(stream, LinkUp)
        yield stream
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


Item = TypeVar("Item", AmiMessage, LinkUp, LinkDown)


async def heard(stream: AsyncIterator[StreamItem], kind: type[Item]) -> Item:
    async with asyncio.timeout(20):
        async for item in stream:
            if isinstance(item, kind):
                return item
    raise AssertionError("the stream ended")


@dataclass
class Office:
    """The stage, and our own client and switchboard beside it."""

    stage: Stage
    client: AmiClient
    board: Switchboard
    stream: AsyncIterator[StreamItem]

    async def event(self, name: str, **headers: str) -> AmiMessage:
        """The next event with these headers (their values may be a prefix)."""
        while True:
            message = await heard(self.stream, AmiMessage)
            if message.name == name and all(
                message.headers.get(key, "").startswith(value) for key, value in headers.items()
            ):
                return message

    async def bridged(self, *endpoints: str) -> list[str]:
        """The channels of these endpoints once they are together in one bridge of two."""
        async with asyncio.timeout(10):
            while True:
                enter = await self.event("BridgeEnter", bridgetype="basic", bridgenumchannels="2")
                asked = actions.bridge_info(enter.headers["bridgeuniqueid"])
                with suppress(ActionRefused):  # it may have gone or merged since
                    items = (await self.client.send(asked)).items
                    found = {interface_of(c): c for c in map(channel_of, items) if c}
                    if found.keys() == {f"PJSIP/{endpoint}" for endpoint in endpoints}:
                        return [found[Interface(f"PJSIP/{endpoint}")] for endpoint in endpoints]

    async def inbound(self) -> tuple[Dialog, Dialog, str, str]:
        """A client talks with 101: both dialogs, the agent's channel and the client's."""
        client = self.stage.from_city("101", name="Иван")
        agent = await self.stage.phones["101"].incoming()
        await agent.answer()
        await client.answered()
        agent_channel, client_channel = await self.bridged("101", "provider")
        return client, agent, agent_channel, client_channel


def channel_of(item: AmiMessage) -> str:
    return item.headers.get("channel", "")


@pytest.fixture
async def office(exchange: LabAsterisk, lab_stage: Stage) -> AsyncIterator[Office]:
    ids = count(1)
    stamp = SystemClock().now().strftime("%H%M%S%f")
    client = client_of(exchange)
    async with running(client) as stream:
        board = Switchboard(client, TelephonySettings(), lambda: f"pz-{stamp}-{next(ids)}")
        yield Office(lab_stage, client, board, stream)


def shown(dialog: Dialog) -> str:
    """What the phone's display shows of the caller."""
    assert dialog.invite is not None
    return dialog.invite.get("From").partition(";")[0]


async def test_click_to_call_shows_the_client_to_the_agent_and_not_the_name_to_the_client(
    office: Office,
) -> None:
    channel_id = await office.board.originate("PJSIP/101", NUMBER, caller_name='Иван, "должник"')
    agent = await office.stage.phones["101"].incoming()
    assert shown(agent).startswith(f'"Иван должник" <sip:{NUMBER}@')
    await agent.answer()
    client = await office.stage.city.incoming()
    assert client.called == NUMBER
    assert "должник" not in shown(client)
    await client.answer()
    agent_channel, _ = await office.bridged("101", "provider")
    listed = (await office.client.send(actions.core_show_channels())).items
    ids = {channel_of(item): item.headers.get("uniqueid") for item in listed}
    assert ids[agent_channel] == channel_id
    assert {item.headers.get("linkedid") for item in listed if channel_of(item)} == {channel_id}
    await client.hang_up()
    await agent.over()


async def test_a_refused_click_to_call_tells_of_it_as_an_event(office: Office) -> None:
    channel_id = await office.board.originate("PJSIP/101", NUMBER)
    agent = await office.stage.phones["101"].incoming()
    agent.refuse(486)
    outcome = await office.event("OriginateResponse")
    assert outcome.headers["response"] == "Failure"
    assert outcome.headers["uniqueid"] == channel_id


async def test_a_client_of_an_inbound_call_is_held_and_resumed(office: Office) -> None:
    client, agent, _, client_channel = await office.inbound()
    await office.board.hold(client_channel, "PJSIP/101")
    await agent.over()
    await office.event("MusicOnHoldStart", channel=client_channel)
    await office.board.resume(client_channel, "PJSIP/101")
    again = await office.stage.phones["101"].incoming()
    assert again.caller == client_number(client)
    await again.answer()
    await office.bridged("101", "provider")
    await client.hang_up()
    await again.over()


async def test_a_client_whom_we_called_is_held_and_resumed(office: Office) -> None:
    await office.board.originate("PJSIP/101", NUMBER)
    agent = await office.stage.phones["101"].incoming()
    await agent.answer()
    client = await office.stage.city.incoming()
    await client.answer()
    _, client_channel = await office.bridged("101", "provider")
    await office.board.hold(client_channel, "PJSIP/101")
    await agent.over()
    await office.event("MusicOnHoldStart", channel=client_channel)
    await office.board.resume(client_channel, "PJSIP/101")
    again = await office.stage.phones["101"].incoming()
    await again.answer()
    await office.bridged("101", "provider")
    await again.hang_up()
    await client.over()


async def test_a_held_client_who_is_forgotten_rings_back_at_the_agents_phone(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(switchboard, "HOLD_SECONDS", 1.0)
    client, agent, _, client_channel = await office.inbound()
    await office.board.hold(client_channel, "PJSIP/101")
    await agent.over()
    again = await office.stage.phones["101"].incoming()
    await again.answer()
    await office.bridged("101", "provider")
    await client.hang_up()
    await again.over()


async def test_a_blind_transfer_brings_the_client_to_the_next_phone(office: Office) -> None:
    client, agent, agent_channel, _ = await office.inbound()
    await office.board.blind_transfer(agent_channel, "102")
    await agent.over()
    second = await office.stage.phones["102"].incoming()
    await second.answer()
    await office.bridged("102", "provider")
    await client.hang_up()
    await second.over()


async def test_an_attended_transfer_is_completed_by_leaving(office: Office) -> None:
    client, agent, agent_channel, client_channel = await office.inbound()
    await office.board.attended_transfer(agent_channel, "102")
    await office.event("MusicOnHoldStart", channel=client_channel)
    second = await office.stage.phones["102"].incoming()
    await second.answer()
    await office.event("BridgeEnter", channel="PJSIP/102")
    await office.board.complete_transfer(agent_channel)
    await agent.over()
    await office.event("AttendedTransfer", result="Success")
    await client.hang_up()
    await second.over()


async def test_an_attended_transfer_is_cancelled_and_the_client_is_back(office: Office) -> None:
    client, agent, agent_channel, client_channel = await office.inbound()
    await office.board.attended_transfer(agent_channel, "102")
    second = await office.stage.phones["102"].incoming()
    await second.answer()
    await office.event("BridgeEnter", channel="PJSIP/102")
    await office.board.cancel_transfer(agent_channel)
    await second.over()
    await office.event("MusicOnHoldStop", channel=client_channel)
    assert not agent.ended.is_set()
    await client.hang_up()
    await agent.over()


async def test_a_seat_is_taken_paused_opened_and_left(office: Office) -> None:
    board = office.board
    for _ in range(2):
        await board.queue_add("sales", "PJSIP/103", "Вера Ёлкина", 1)
    added = await office.event("QueueMemberAdded")
    assert added.headers["membername"] == "Вера Ёлкина"
    await board.pause_member("PJSIP/103", "обед")
    assert (await office.event("QueueMemberPause")).headers["pausedreason"] == "обед"
    await board.unpause_member("PJSIP/103", "sales")
    assert (await office.event("QueueMemberPause")).headers["paused"] == "0"
    for _ in range(2):
        await board.queue_remove("sales", "PJSIP/103")
    await office.event("QueueMemberRemoved")
    with pytest.raises(ActionRefused):
        await board.queue_add("no such queue", "PJSIP/103", "Вера")


async def test_a_member_added_paused_is_never_offered_the_waiting_call(office: Office) -> None:
    """The one who waits would ring an open seat at once; 104, seated open after it, proves that
    the queue had looked for somebody in the meantime."""
    board = office.board
    client = office.stage.from_city("201")
    await office.event("QueueCallerJoin", queue="sales")
    await board.queue_add("sales", "PJSIP/103", "Вера", paused=True)
    added = await office.event("QueueMemberAdded")
    assert (added.headers["interface"], added.headers["paused"]) == ("PJSIP/103", "1")
    try:
        for _ in range(3):
            await board.queue_add("sales", "PJSIP/104", "Глеб")
            rung = await office.event("AgentCalled")
            assert rung.headers["interface"] == "PJSIP/104"
            (await office.stage.phones["104"].incoming()).refuse(486)
            await board.queue_remove("sales", "PJSIP/104")
        rung_before = office.stage.phones["103"].dialogs.values()
        assert not any(dialog.incoming for dialog in rung_before)
        await board.unpause_member("PJSIP/103")
        await (await office.stage.phones["103"].incoming()).answer()
        await client.answered()
    finally:
        for phone in ("PJSIP/103", "PJSIP/104"):
            await board.queue_remove("sales", phone)
    await client.hang_up()


async def test_a_resync_tells_who_talks_with_whom_and_since_when(office: Office) -> None:
    client, agent, _, client_channel = await office.inbound()
    await office.board.resync()
    status = await office.event("Status", channel=client_channel)
    answered = float(status.headers["variable(cdr(answer,u))"])
    assert float(status.headers["variable(cdr(start,u))"]) <= answered
    await office.event("BridgeInfoChannel", channel=client_channel)
    await office.event("QueueParams", queue="sales")
    await client.hang_up()
    await agent.over()


async def test_an_account_without_rights_connects_and_is_told_so_when_it_asks(
    exchange: LabAsterisk,
) -> None:
    """Its event classes hold no FullyBooted either."""
    client = client_of(exchange, username="powerless")
    async with running(client):
        with pytest.raises(ActionRefused, match="Permission denied"):
            await client.send(actions.hang_up("PJSIP/101-00000001"))


async def test_a_wrong_secret_is_named(exchange: LabAsterisk) -> None:
    client = client_of(exchange, secret="wrong")
    task = asyncio.create_task(client.run())
    try:
        down = await heard(client.messages(), LinkDown)
        assert (down.reason, down.details) == ("login_refused", "Authentication failed")
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_restart_is_told_as_such_and_the_link_comes_back(exchange: LabAsterisk) -> None:
    client = client_of(exchange)
    async with running(client) as stream:
        exchange.cli("core restart now")
        assert (await heard(stream, LinkDown)).reason == "shutdown"
        assert (await heard(stream, LinkUp)).version.startswith("2")


def client_number(client: Dialog) -> str:
    return user_of(address(client.local))
