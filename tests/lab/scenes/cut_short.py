"""Calls that the exchange ends, that fail in less common ways, or that race with their own end."""

import asyncio
from contextlib import suppress
from typing import Any

from tests.lab.scenes import scene
from tests.lab.scenes.reached import MOBILE, Served, served, told
from tests.lab.stage import CLIENT, DID, Stage


@scene("The exchange cuts the call after two seconds of talk (Dial L).")
async def talk_limit(stage: Stage) -> None:
    call = await served(stage, "240")
    await call.client.over()
    ended = stage.now()
    told(stage, call, "240", ended, ended_by="system")


@scene("The exchange cuts the call when its whole time is over (TIMEOUT absolute).")
async def absolute_limit(stage: Stage) -> None:
    call = await served(stage, "241")
    await call.client.over()
    ended = stage.now()
    told(stage, call, "241", ended, ended_by="system")
    del stage.truth[-1]["hangup_cause"]


@scene("The time of the whole call is over while 101 still rings.")
async def absolute_limit_ringing(stage: Stage) -> None:
    began = stage.now()
    client = stage.from_city("241")
    ring = await stage.phones["101"].incoming()
    await ring.over()
    await client.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}241",
        queue=None,
        outcome="no_answer",
        offered=(("101", "no_answer"),),
        wait=stage.now() - began,
        talk=0,
        ended_by="system",
    )


@scene("Both channels of a call are hung up by AMI at once.")
async def hung_up_by_ami(stage: Stage) -> None:
    call = await served(stage, "101")
    await stage.pause(0.9)
    names = [await stage.channel_of(one) for one in ("provider", "101")]
    ended = stage.now()
    await asyncio.gather(*(stage.ami.act("Hangup", Channel=name) for name in names))
    await call.client.over()
    await call.agent.over()
    told(stage, call, "101", ended, ended_by="system", hangup_cause=[16, 0])


@scene("A client who waits in a queue is hung up by AMI.")
async def waiting_client_hung_up(stage: Stage) -> None:
    began = stage.now()
    client = stage.from_city("201")
    await client.answered()
    await stage.pause(0.8)
    await stage.ami.do("Hangup", Channel=await stage.channel_of("provider"))
    await client.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}201",
        queue="sales",
        outcome=["no_answer", "abandoned"],
        wait=stage.now() - began,
        talk=0,
        ended_by="system",
    )


async def _refused(stage: Stage, status: int, *, early: bool = False, **known: Any) -> None:
    began = stage.now()
    agent = stage.phones["101"].dial(CLIENT)
    client = await stage.city.incoming()
    if early:
        await client.progress()
    await stage.pause(0.6)
    client.refuse(status)
    await agent.refused()
    stage.expect(
        direction="outbound",
        caller="101",
        dialled=CLIENT,
        queue=None,
        wait=stage.now() - began,
        talk=0,
        **known,
    )


@scene("101 dials; the number is incomplete (484).")
async def outbound_incomplete(stage: Stage) -> None:
    await _refused(stage, 484, outcome=["failed", "no_answer"])


@scene("101 dials; the far network times out (408).")
async def outbound_timed_out(stage: Stage) -> None:
    await _refused(stage, 408, outcome=["no_answer", "failed"])


@scene("101 dials; the far side has an error of its own (500).")
async def outbound_server_error(stage: Stage) -> None:
    await _refused(stage, 500, outcome=["congestion", "failed", "no_answer"])


@scene("101 dials; the number is gone for ever (410).")
async def outbound_gone(stage: Stage) -> None:
    await _refused(stage, 410, outcome=["failed", "no_answer"])


@scene("101 dials; no codec in common (488).")
async def outbound_not_acceptable(stage: Stage) -> None:
    await _refused(stage, 488, outcome=["failed", "no_answer", "congestion"])


@scene("101 dials; busy everywhere (600).")
async def outbound_busy_everywhere(stage: Stage) -> None:
    await _refused(stage, 600, outcome="busy", hangup_cause=17)


@scene("101 dials; a voice speaks before the answer (183), then the number is busy (486).")
async def outbound_early_busy(stage: Stage) -> None:
    await _refused(stage, 486, early=True, outcome="busy", hangup_cause=17)


@scene("101 dials; a voice speaks before the answer; the agent gives up.")
async def outbound_early_given_up(stage: Stage) -> None:
    began = stage.now()
    agent = stage.phones["101"].dial(CLIENT)
    client = await stage.city.incoming()
    await client.progress()
    await stage.pause(1.0)
    await agent.hang_up()
    await client.over()
    stage.expect(
        direction="outbound",
        caller="101",
        dialled=CLIENT,
        queue=None,
        outcome="no_answer",
        wait=stage.now() - began,
        talk=0,
        ended_by="agent",
    )


@scene("The client gives up in the very moment in which 101 answers.")
async def answered_as_given_up(stage: Stage) -> None:
    began = stage.now()
    client = stage.from_city("101")
    ring = await stage.phones["101"].incoming()
    ended = await stage.pause(0.8)
    ring.phone.in_background(ring.answer())
    await client.hang_up()
    with suppress(TimeoutError):  # the answer may have come first: then the CANCEL ended nothing
        await asyncio.wait_for(client.ended.wait(), 0.3)
    if not client.ended.is_set():
        await client.hang_up()
    await ring.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}101",
        queue=None,
        outcome=["answered", "abandoned"],
        wait=ended - began,
        talk=0,
        ended_by="client",
    )
    del stage.truth[-1]["offered"], stage.truth[-1]["answered_by"]


@scene("A client is dialled by AMI for a recorded message, listens and hangs up: no agent at all.")
async def originated_message(stage: Stage) -> None:
    await stage.ami.do(
        "Originate",
        Channel=f"PJSIP/{CLIENT}@provider",
        Application="Playback",
        Data=f"{stage.exchange.inner}/sounds/moh/tone",
        ChannelId="perezvon-message-1",
        Async="true",
    )
    client = await stage.city.incoming()
    await stage.pause(0.5)
    await client.answer()
    await stage.pause(1.0)
    await client.hang_up()
    stage.expect(
        direction="outbound",
        dialled=CLIENT,
        queue=None,
        outcome=["abandoned", "no_answer"],
        talk=0,
        ended_by="client",
        linkedids=["perezvon-message-1"],
    )


async def _through_local(stage: Stage, channel_id: str) -> None:
    await stage.ami.do(
        "Originate",
        Channel="Local/101@from-internal/n",
        Context="from-internal",
        Exten=CLIENT,
        Priority="1",
        Timeout="8000",
        ChannelId=channel_id,
        OtherChannelId=f"{channel_id}-2",
        Async="true",
    )


@scene("Click to call through a Local channel: 101 picks up, the client answers, 101 hangs up.")
async def click_local_answered(stage: Stage) -> None:
    began = stage.now()
    await _through_local(stage, "perezvon-local-1")
    agent = await stage.phones["101"].incoming()
    await stage.pause(0.5)
    await agent.answer()
    client = await stage.city.incoming()
    answered = await stage.pause(0.6)
    await client.answer()
    ended = await stage.pause(1.2)
    await agent.hang_up()
    await client.over()
    stage.expect(
        direction="outbound",
        dialled=CLIENT,
        queue=None,
        outcome="answered",
        answered_by=("101",),
        wait=answered - began,
        talk=ended - answered,
        ended_by="agent",
        hangup_cause=16,
    )
    del stage.truth[-1]["offered"]


@scene("Click to call through a Local channel: 101 declines.")
async def click_local_agent_refuses(stage: Stage) -> None:
    await _through_local(stage, "perezvon-local-2")
    agent = await stage.phones["101"].incoming()
    await stage.pause(0.5)
    agent.refuse(603)
    stage.expect(
        direction=["outbound", "internal"],
        queue=None,
        outcome=["no_answer", "failed", "busy"],
        talk=0,
        maybe_absent=True,
    )
    del stage.truth[-1]["offered"]


@scene("Click to call through a Local channel: 101 picks up, the client is busy.")
async def click_local_client_busy(stage: Stage) -> None:
    await _through_local(stage, "perezvon-local-3")
    agent = await stage.phones["101"].incoming()
    await stage.pause(0.5)
    await agent.answer()
    client = await stage.city.incoming()
    await stage.pause(0.4)
    client.refuse(486)
    await agent.over()
    stage.expect(
        direction="outbound",
        dialled=CLIENT,
        queue=None,
        outcome="busy",
        talk=0,
        ended_by=["client", "system"],
    )
    del stage.truth[-1]["offered"]


@scene("Digits are keyed by both sides in the talk; both hold in the same moment and come back.")
async def digits_and_both_hold_at_once(stage: Stage) -> None:
    call = await served(stage, "101")
    call.agent.press("5")
    call.client.press("7")
    held = await stage.pause(0.8)
    await asyncio.gather(call.agent.hold(), call.client.hold())
    await stage.pause(0.7)
    await asyncio.gather(call.agent.resume(), call.client.resume())
    back = stage.now()
    ended = await stage.pause(0.9)
    await call.client.hang_up()
    await call.agent.over()
    told(stage, call, "101", ended, talk=ended - call.answered - (back - held), hold=back - held)


@scene(
    "AMI joins in the middle of a call and asks for nothing; the next call is whole.",
    joins_late=True,
)
async def joined_without_lists(stage: Stage) -> None:
    old = await served(stage, "102", "102")
    await stage.pause(0.5)
    assert stage.join is not None
    await stage.join()
    call = await served(stage, "101", caller=MOBILE)
    await stage.pause(0.5)
    await old.agent.hold()
    await old.agent.resume()
    await old.client.hang_up()
    await old.agent.over()
    ended = await stage.pause(0.6)
    await call.client.hang_up()
    await call.agent.over()
    stage.truth.append({"maybe_absent": True, "caller": CLIENT})
    told(stage, call, "101", ended, caller=MOBILE)


@scene("The line to a phone is cut while it rings for a queue: it signs off; then 102 answers.")
async def phone_signs_off_while_ringing(stage: Stage) -> None:
    await stage.seat("sales", "101", "102")
    began = stage.now()
    client = stage.from_city("201")
    lost = await stage.phones["101"].incoming()
    agent = await stage.phones["102"].incoming()
    await stage.phones["101"].register(expires=0)
    answered = await stage.pause(0.7)
    await agent.answer()
    await lost.over()
    await stage.phones["101"].register()
    ended = await stage.pause(1.1)
    await client.hang_up()
    await agent.over()
    told(
        stage,
        Served(began, answered, client, agent),
        "201",
        ended,
        queue="sales",
        answered_by=("102",),
        offered=(("101", "answered_elsewhere"), ("102", "answered")),
    )
