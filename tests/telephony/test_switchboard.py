"""The product's requests, as Asterisk hears them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import count

import pytest

from telephony.errors import ActionRefused, NotConnected, NotParked, UnsafeValue
from telephony.switchboard import Switchboard
from tests.telephony.fake_ami import Answer, FakeAmi, Line, Request, block, refusal, success
from tests.telephony.talk import Talk, connected

CLIENT = "PJSIP/trunk-00000001"
AGENT = "PJSIP/101-00000002"


def board_of(talking: Talk) -> Switchboard:
    ids = count(1)
    return Switchboard(talking.client, talking.fake.settings(), lambda: f"own-{next(ids)}")


@pytest.fixture
async def talking() -> AsyncIterator[Talk]:
    async with connected() as talking:
        yield talking


@pytest.fixture
def fake(talking: Talk) -> FakeAmi:
    """An exchange that says yes to whatever it is asked."""
    for name in ("Originate", "Hangup", "Park", "BlindTransfer", "Atxfer", "CancelAtxfer"):
        talking.fake.answers[name] = success(Message="done")
    for name in ("QueueAdd", "QueueRemove", "QueuePause"):
        talking.fake.answers[name] = success(Message="done")
    return talking.fake


@pytest.fixture
def board(talking: Talk) -> Switchboard:
    return board_of(talking)


def a_list(end: str, *items: dict[str, str]) -> Answer:
    """An answer of list items, each with its Event."""

    async def answer(line: Line, request: Request) -> None:
        number = ("ActionID", request["ActionID"])
        await line.respond(request, EventList="start")
        for item in items:
            await line.write(block(*item.items(), number))
        await line.write(block(("Event", end), number, ("EventList", "Complete")))

    return answer


def variables(fake: FakeAmi) -> list[str]:
    lines = fake.line.heard[-1]["_text"].split("\r\n")
    return [line.removeprefix("Variable: ") for line in lines if line.startswith("Variable: ")]


async def test_click_to_call_rings_the_agents_phone_and_then_dials_for_it(
    fake: FakeAmi, board: Switchboard
) -> None:
    channel_id = await board.originate("PJSIP/101", "+79161234567", caller_name="Анна Щукина")
    heard = fake.line.heard[-1]
    assert channel_id == heard["ChannelId"] == "own-1"
    assert heard["Channel"] == "PJSIP/101"
    assert (heard["Context"], heard["Exten"]) == ("from-internal", "+79161234567")
    assert variables(fake) == [
        "PEREZVON_DIALLED=+79161234567",
        "CALLERID(num)=101",
        "CONNECTEDLINE(num,i)=+79161234567",
        "CONNECTEDLINE(name,i)=Анна Щукина",
    ]
    assert "CallerID" not in heard  # it would tell the name to the other side


async def test_a_hostile_client_name_is_cut_down_to_what_a_display_shows(
    fake: FakeAmi, board: Switchboard
) -> None:
    name = 'Иван\r\nApplication: System",SHELL(rm)=1 <b>\0'
    await board.originate("PJSIP/101", "102", caller_name=name)
    assert variables(fake)[-1] == "CONNECTEDLINE(name,i)=ИванApplication: SystemSHELLrm=1 b"
    assert "Application" not in fake.line.heard[-1]


async def test_a_channel_id_of_the_callers_choice_is_used(
    fake: FakeAmi, board: Switchboard
) -> None:
    assert await board.originate("PJSIP/101", "102", call_channel_id="dial-7") == "dial-7"
    assert fake.line.heard[-1]["ChannelId"] == "dial-7"


BAD_NUMBERS = ["", "+", "8 916", "112;x", "1\r\n", "１２３", "doe", "7916@evil", "1" * 60, "1&2"]


@pytest.mark.parametrize("number", BAD_NUMBERS)
@pytest.mark.parametrize(
    "ask",
    [
        lambda board, number: board.originate("PJSIP/101", number),
        lambda board, number: board.blind_transfer(AGENT, number),
        lambda board, number: board.attended_transfer(AGENT, number),
    ],
    ids=["originate", "blind", "attended"],
)
async def test_what_is_no_number_is_not_dialled(
    fake: FakeAmi,
    board: Switchboard,
    ask: Callable[[Switchboard, str], Awaitable[object]],
    number: str,
) -> None:
    with pytest.raises(UnsafeValue, match="Exten"):
        await ask(board, number)
    assert fake.line.names() == []


@pytest.mark.parametrize("channel", ["/.*/", "", "PJSIP/1\nX: y", "PJSIP/1&PJSIP/2", "PJSIP/"])
async def test_a_pattern_or_a_pair_is_no_channel(
    fake: FakeAmi, board: Switchboard, channel: str
) -> None:
    for ask in (board.hang_up, board.complete_transfer, board.cancel_transfer):
        with pytest.raises(UnsafeValue):
            await ask(channel)
    with pytest.raises(UnsafeValue):
        await board.hold(channel, "PJSIP/101")
    with pytest.raises(UnsafeValue):
        await board.originate(channel, "102")
    assert fake.line.names() == []


async def test_who_watches_hears_of_a_hang_up_before_the_exchange_does(
    fake: FakeAmi, board: Switchboard
) -> None:
    told: list[tuple[str, bool, int]] = []
    board.on_hang_up = lambda channel, asked: told.append((channel, asked, len(fake.line.names())))
    await board.hang_up(AGENT)
    await board.complete_transfer(AGENT)
    assert told == [(AGENT, True, 0), (AGENT, True, 1)]


async def test_who_watches_hears_that_a_hang_up_was_refused(
    fake: FakeAmi, board: Switchboard
) -> None:
    told: list[tuple[str, bool]] = []
    board.on_hang_up = lambda channel, asked: told.append((channel, asked))
    fake.answers["Hangup"] = refusal("No such channel")
    with pytest.raises(ActionRefused):
        await board.hang_up(AGENT)
    assert told == [(AGENT, True), (AGENT, False)]


async def test_a_held_client_rings_back_at_the_agents_phone_if_forgotten(
    fake: FakeAmi, board: Switchboard
) -> None:
    await board.hold(CLIENT, "PJSIP/101")
    heard = fake.line.heard[-1]
    assert (heard["Action"], heard["Channel"]) == ("Park", CLIENT)
    assert (heard["TimeoutChannel"], heard["Timeout"]) == ("PJSIP/101", "300000")


async def test_resuming_rings_the_agents_phone_for_the_clients_own_parking_space(
    fake: FakeAmi, board: Switchboard
) -> None:
    def parked(channel: str, space: str) -> dict[str, str]:
        return {
            "Event": "ParkedCall",
            "ParkeeChannel": channel,
            "ParkeeCallerIDNum": "79161234567",
            "ParkeeCallerIDName": 'Петров, "П"',
            "Parkinglot": "default",
            "ParkingSpace": space,
        }

    fake.answers["ParkedCalls"] = a_list(
        "ParkedCallsComplete", parked("PJSIP/other-00000009", "701"), parked(CLIENT, "702")
    )
    assert await board.resume(CLIENT, "PJSIP/101") == "own-1"
    heard = fake.line.heard[-1]
    assert (heard["Channel"], heard["ChannelId"]) == ("PJSIP/101", "own-1")
    assert (heard["Application"], heard["Data"]) == ("ParkedCall", "default,702")
    assert "CONNECTEDLINE(name,i)=Петров П" in variables(fake)


async def test_a_client_no_longer_on_hold_cannot_be_resumed(
    fake: FakeAmi, board: Switchboard
) -> None:
    fake.answers["ParkedCalls"] = a_list("ParkedCallsComplete")
    with pytest.raises(NotParked):
        await board.resume(CLIENT, "PJSIP/101")
    assert fake.line.names() == ["ParkedCalls"]


async def test_transfers_name_the_agents_channel_and_the_dial_context(
    fake: FakeAmi, board: Switchboard
) -> None:
    await board.blind_transfer(AGENT, "102")
    await board.attended_transfer(AGENT, "103")
    for heard, name, exten in zip(
        fake.line.heard[-2:], ("BlindTransfer", "Atxfer"), ("102", "103"), strict=True
    ):
        assert heard["Action"] == name
        assert (heard["Channel"], heard["Context"]) == (AGENT, "from-internal")
        assert heard["Exten"] == exten
    await board.cancel_transfer(AGENT)
    await board.complete_transfer(AGENT)
    assert fake.line.names()[-2:] == ["CancelAtxfer", "Hangup"]


async def test_taking_a_seat_twice_or_leaving_it_twice_is_no_error(
    fake: FakeAmi, board: Switchboard
) -> None:
    fake.answers["QueueAdd"] = refusal("Unable to add interface: Already there")
    await board.queue_add("sales", "PJSIP/101", "Анна", 1)
    fake.answers["QueueRemove"] = refusal("Unable to remove interface: Not there")
    await board.queue_remove("sales", "PJSIP/101")


async def test_a_seat_is_open_unless_it_is_taken_paused(fake: FakeAmi, board: Switchboard) -> None:
    await board.queue_add("sales", "PJSIP/101", "Анна")
    assert "Paused" not in fake.line.heard[-1]
    await board.queue_add("sales", "PJSIP/101", "Анна", paused=True)
    assert fake.line.heard[-1]["Paused"] == "true"


async def test_a_seat_in_a_queue_that_does_not_exist_is_an_error(
    fake: FakeAmi, board: Switchboard
) -> None:
    fake.answers["QueueAdd"] = refusal("Unable to add interface to queue: No such queue")
    with pytest.raises(ActionRefused, match="No such queue"):
        await board.queue_add("nowhere", "PJSIP/101", "Анна")


@pytest.mark.parametrize("text", ["", "a\r\nAction: Hangup", "a\nb", "a\0", "x" * 81, "a\u2028b"])
async def test_names_and_reasons_are_one_short_printable_line(
    fake: FakeAmi, board: Switchboard, text: str
) -> None:
    with pytest.raises(UnsafeValue):
        await board.queue_add(text, "PJSIP/101", "Анна")
    with pytest.raises(UnsafeValue):
        await board.queue_add("sales", "PJSIP/101", text)
    with pytest.raises(UnsafeValue):
        await board.pause_member("PJSIP/101", text)
    with pytest.raises(UnsafeValue):
        await board.unpause_member("PJSIP/101", text)
    with pytest.raises(UnsafeValue):
        await board.queue_remove(text, "PJSIP/101")
    assert fake.line.names() == []


async def test_a_pause_holds_in_all_queues_unless_one_is_named(
    fake: FakeAmi, board: Switchboard
) -> None:
    await board.pause_member("PJSIP/101", "обед")
    everywhere = fake.line.heard[-1]
    assert (everywhere["Paused"], everywhere["Reason"]) == ("true", "обед")
    assert "Queue" not in everywhere
    await board.unpause_member("PJSIP/101", "sales")
    one = fake.line.heard[-1]
    assert (one["Paused"], one["Queue"]) == ("false", "sales")


async def test_a_resync_asks_for_everything_and_its_items_enter_the_stream_in_order(
    talking: Talk, fake: FakeAmi, board: Switchboard
) -> None:
    fake.answers["CoreShowChannels"] = a_list(
        "CoreShowChannelsComplete", {"Event": "CoreShowChannel", "Channel": AGENT}
    )
    fake.answers["Status"] = a_list("StatusComplete", {"Event": "Status", "Channel": AGENT})
    bridges = ({"Event": "BridgeListItem", "BridgeUniqueid": name} for name in ("b1", "b2"))
    fake.answers["BridgeList"] = a_list("BridgeListComplete", *bridges)
    channel = {"Event": "BridgeInfoChannel", "Channel": AGENT}
    fake.answers["BridgeInfo"] = a_list("BridgeInfoComplete", channel)
    fake.answers["QueueStatus"] = a_list("QueueStatusComplete", {"Event": "QueueMember"})
    await board.resync()
    assert fake.line.names() == [
        "CoreShowChannels",
        "Status",
        "BridgeList",
        "BridgeInfo",
        "BridgeInfo",
        "ParkedCalls",
        "QueueStatus",
    ]
    asked = [
        request["BridgeUniqueid"]
        for request in fake.line.heard
        if "Bridge" in str(request) and "BridgeUniqueid" in request
    ]
    assert asked == ["b1", "b2"]
    for name in ("CoreShowChannelsComplete", "Status", "BridgeListItem", "BridgeInfoChannel"):
        await talking.event(name)
    await talking.event("QueueMember")
    await talking.event("QueueStatusComplete")


async def test_a_resync_without_the_right_to_see_channels_says_so(
    fake: FakeAmi, board: Switchboard
) -> None:
    fake.answers["CoreShowChannels"] = refusal("Permission denied")
    with pytest.raises(ActionRefused, match="Permission denied"):
        await board.resync()


async def test_requests_fail_at_once_while_there_is_no_exchange(talking: Talk) -> None:
    board = board_of(talking)
    talking.task.cancel()
    while talking.client.connected:
        await talking.next()
    with pytest.raises(NotConnected):
        await board.originate("PJSIP/101", "102")
