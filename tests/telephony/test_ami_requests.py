"""Every request ends: answered, refused, timed out or failed, and never done twice."""

import asyncio
from collections.abc import Callable

import pytest

from telephony import actions
from telephony.actions import Action
from telephony.ami import AmiClient, LinkDown, LinkUp
from telephony.errors import (
    ActionRefused,
    ActionTimedOut,
    LinkLost,
    NotConnected,
    UnsafeValue,
)
from tests.telephony.fake_ami import Line, Request, block, event, fake_ami, silence, success
from tests.telephony.talk import Talk, connected, eventually, talk


def unanswered(client: AmiClient) -> int:
    """Answers the protocol still waits for (its pings apart)."""
    link = client._link
    assert link is not None
    return sum(pending["Action"] != "Ping" for pending in link.protocol.responses.values())


ORIGINATE = actions.originate_to_extension(
    "PJSIP/101",
    context="from-internal",
    exten="+79161234567",
    channel_id="perezvon-1",
    timeout_seconds=30,
)


@pytest.mark.parametrize(
    ("action", "text"),
    [
        (
            actions.attended_transfer("PJSIP/101-1", context="x", exten="102"),
            "Atxfer successfully queued",
        ),
        (Action("PlayDTMF", (("Digit", "1"),)), "DTMF successfully queued"),
        (ORIGINATE, "Originate successfully queued"),
        (actions.queue_add("sales", "PJSIP/101", member_name="Анна"), "Added interface to queue"),
        (actions.hang_up("PJSIP/101-1"), "Statuses will follow"),
    ],
    ids=["Atxfer", "PlayDTMF", "Originate", "QueueAdd", "will follow"],
)
async def test_an_answer_that_sounds_like_a_list_is_one_answer(action: Action, text: str) -> None:
    async with connected() as talking:
        talking.fake.answers[action.name] = success(Message=text)
        reply = await talking.client.send(action)
        assert reply.message == text
        assert reply.items == ()
        await talking.client.send(actions.ping())
        assert len(talking.fake.lines) == 1


async def test_the_response_to_an_originate_comes_as_an_event_even_before_the_answer() -> None:
    async with connected() as talking:

        async def both(line: Line, request: Request) -> None:
            outcome = event("OriginateResponse", ActionID=request["ActionID"], Reason="4")
            await line.write(outcome)
            await line.respond(request, Message="Originate successfully queued")
            await line.write(outcome)

        talking.fake.answers["Originate"] = both
        await talking.client.send(ORIGINATE)
        for _ in range(2):
            assert (await talking.event("OriginateResponse")).headers["reason"] == "4"


async def queue_of_two(line: Line, request: Request) -> None:
    number = ("ActionID", request["ActionID"])
    await line.respond(request, EventList="start", Message="Queue status will follow")
    await line.write(event("Newchannel", Exten="100"))
    await line.write(block(("Event", "QueueMember"), number, ("Name", "Анна")))
    await line.write(block(("Event", "AgentComplete"), number))  # no end, whatever its name
    await line.write(block(("Event", "QueueMember"), number, ("Name", "Борис")))
    await line.write(block(("Event", "QueueStatusComplete"), number, ("EventList", "Complete")))


async def test_a_list_is_both_an_answer_and_part_of_the_stream_in_true_order() -> None:
    async with connected(wanted=frozenset({"Newchannel"})) as talking:
        talking.fake.answers["QueueStatus"] = queue_of_two
        reply = await talking.client.send(actions.queue_status())
        members = [item for item in reply.items if item.name == "QueueMember"]
        assert [member.headers["name"] for member in members] == ["Анна", "Борис"]
        names = [(await talking.event(name)).name for name in ("Newchannel", "QueueMember")]
        assert names == ["Newchannel", "QueueMember"]
        await talking.event("QueueStatusComplete")


async def test_a_list_that_is_refused_raises_and_is_over() -> None:
    async with connected() as talking:
        with pytest.raises(ActionRefused, match="Invalid/unknown command"):
            await talking.client.send(actions.bridge_list())
        assert unanswered(talking.client) == 0


async def test_a_refusal_carries_asterisks_own_words() -> None:
    async with connected() as talking:
        with pytest.raises(ActionRefused) as refused:
            await talking.client.send(actions.hang_up("PJSIP/nobody"))
        assert refused.value.message == "Invalid/unknown command"
        assert refused.value.code == "action_refused"


async def test_a_lost_answer_times_out_and_leaves_nothing_behind() -> None:
    async with connected() as talking:
        talking.fake.answers["Hangup"] = silence
        with pytest.raises(ActionTimedOut):
            await talking.client.send(actions.hang_up("PJSIP/101-1"), timeout_seconds=0.05)
        assert unanswered(talking.client) == 0
        talking.fake.answers["Hangup"] = success()
        await talking.client.send(actions.hang_up("PJSIP/101-1"))


async def test_an_answer_that_comes_too_late_disturbs_nobody() -> None:
    async with connected() as talking:
        talking.fake.answers["Hangup"] = silence
        with pytest.raises(ActionTimedOut):
            await talking.client.send(actions.hang_up("PJSIP/101-1"), timeout_seconds=0.05)
        await talking.fake.line.respond(talking.fake.line.heard[-1])
        reply = await talking.client.send(actions.ping())
        assert reply.headers["ping"] == "Pong"


async def test_a_request_whose_asker_was_cancelled_leaks_nothing() -> None:
    async with connected() as talking:
        talking.fake.answers["Hangup"] = silence
        asking = asyncio.create_task(talking.client.send(actions.hang_up("PJSIP/101-1")))
        await talking.fake.until(lambda: talking.fake.line.names() == ["Hangup"])
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert unanswered(talking.client) == 0
        assert talking.client.connected


async def test_a_request_unanswered_when_the_link_falls_fails_and_is_not_sent_again() -> None:
    async with connected() as talking:
        fake = talking.fake
        fake.answers["Originate"] = silence
        asking = asyncio.create_task(talking.client.send(ORIGINATE))
        await fake.until(lambda: fake.line.names() == ["Originate"])
        fake.line.drop()
        with pytest.raises(LinkLost):
            await asking
        assert (await talking.hear(LinkDown)).reason == "peer_closed"
        await talking.hear(LinkUp)
        await talking.client.send(actions.ping())  # everything sent before it has been heard
        assert [line.names() for line in fake.lines] == [["Originate"], []]


async def test_asking_while_there_is_no_link_fails_at_once_and_is_not_kept_for_later() -> None:
    async with connected() as talking:
        fake = talking.fake
        again = asyncio.Event()

        async def later(line: Line, request: Request) -> None:
            await again.wait()
            await line.respond(request)
            await line.write(event("FullyBooted"))

        fake.answers["Login"] = later
        fake.line.drop()
        await talking.hear(LinkDown)
        with pytest.raises(NotConnected):
            await talking.client.send(ORIGINATE)
        await fake.until(lambda: len(fake.lines) == 2 and len(fake.line.heard) == 1)
        with pytest.raises(NotConnected):
            await talking.client.send(ORIGINATE)
        again.set()
        await talking.hear(LinkUp)
        await talking.client.send(actions.ping())
        assert fake.line.names() == []


async def test_asking_before_the_first_link_fails_at_once() -> None:
    async with fake_ami() as fake, talk(fake, up=False) as talking:
        with pytest.raises(NotConnected):
            await talking.client.send(actions.ping())


async def test_many_requests_at_once_each_get_their_own_answer() -> None:
    async with connected() as talking:
        held: list[Request] = []

        async def backwards(line: Line, request: Request) -> None:
            held.append(request)
            if len(held) == 20:
                for one in reversed(held):
                    await line.respond(one, Message=one["Channel"])

        talking.fake.answers["Hangup"] = backwards
        channels = [f"PJSIP/101-{number:08x}" for number in range(20)]
        replies = await asyncio.gather(
            *(talking.client.send(actions.hang_up(channel)) for channel in channels)
        )
        assert [reply.message for reply in replies] == channels
        assert unanswered(talking.client) == 0


@pytest.mark.parametrize(
    "value", ["1\r\nAction: Hangup", "1\nApplication: System", "1\rX: y", "1\0"]
)
@pytest.mark.parametrize(
    "build",
    [
        lambda value: actions.hang_up(value),
        lambda value: actions.queue_add("sales", "PJSIP/101", member_name=value),
        lambda value: actions.queue_pause("PJSIP/101", paused=True, reason=value),
        lambda value: actions.redirect("PJSIP/101-1", context="x", exten=value),
    ],
)
async def test_a_value_that_would_forge_a_header_is_refused_and_nothing_is_sent(
    build: Callable[[str], Action], value: str
) -> None:
    async with connected() as talking:
        with pytest.raises(UnsafeValue):
            await talking.client.send(build(value))
        await talking.client.send(actions.ping())
        assert talking.fake.line.names() == []


async def test_what_is_sent_is_exactly_the_headers_of_the_action() -> None:
    async with connected() as talking:
        talking.fake.answers["QueueAdd"] = success()
        action = actions.queue_add("Продажи", "PJSIP/101", member_name="Анна Щукина", penalty=2)
        await talking.client.send(action)
        heard = dict(talking.fake.line.heard[-1])
        del heard["_text"], heard["ActionID"]
        assert heard == {
            "Action": "QueueAdd",
            "Queue": "Продажи",
            "Interface": "PJSIP/101",
            "MemberName": "Анна Щукина",
            "Penalty": "2",
        }


async def test_a_link_that_falls_while_many_wait_fails_them_all() -> None:
    async with connected() as talking:
        talking.fake.answers["Hangup"] = silence
        asking = [
            asyncio.create_task(talking.client.send(actions.hang_up(f"PJSIP/{n}")))
            for n in range(10)
        ]
        await talking.fake.until(lambda: len(talking.fake.line.names()) == 10)
        talking.fake.line.drop()
        results = await asyncio.gather(*asking, return_exceptions=True)
        assert all(isinstance(result, LinkLost) for result in results)
        await _fresh(talking)
        assert unanswered(talking.client) == 0


async def _fresh(talking: Talk) -> None:
    await eventually(lambda: len(talking.fake.lines) == 2 and talking.client.connected)
