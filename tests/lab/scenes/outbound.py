"""Calls from phones: to the city, to each other, by click."""

from typing import Any

from tests.lab.scenes import scene
from tests.lab.stage import CLIENT, Stage


@scene("101 dials a number, the client answers and later hangs up.")
async def outbound_answered(stage: Stage) -> None:
    began = stage.now()
    agent = stage.phones["101"].dial(CLIENT)
    client = await stage.city.incoming()
    answered = await stage.pause(1.2)
    await client.answer()
    await agent.answered()
    ended = await stage.pause(1.4)
    await client.hang_up()
    await agent.over()
    stage.expect(
        direction="outbound",
        caller="101",
        dialled=CLIENT,
        queue=None,
        outcome="answered",
        answered_by=("101",),
        wait=answered - began,
        talk=ended - answered,
        ended_by="client",
        hangup_cause=16,
    )


@scene("101 dials with 8 in front, the exchange rewrites it to 7; the agent hangs up.")
async def outbound_rewritten(stage: Stage) -> None:
    began = stage.now()
    agent = stage.phones["101"].dial("89161234567")
    client = await stage.city.incoming()
    assert client.called == CLIENT
    answered = await stage.pause(0.8)
    await client.answer()
    await agent.answered()
    ended = await stage.pause(1.2)
    await agent.hang_up()
    await client.over()
    stage.expect(
        direction="outbound",
        caller="101",
        dialled=["89161234567", CLIENT],
        queue=None,
        outcome="answered",
        answered_by=("101",),
        wait=answered - began,
        talk=ended - answered,
        ended_by="agent",
        hangup_cause=16,
    )


@scene("The city plays ringing and an announcement (183) before the client answers.")
async def outbound_early_media(stage: Stage) -> None:
    began = stage.now()
    agent = stage.phones["101"].dial(CLIENT)
    client = await stage.city.incoming()
    await client.progress()
    answered = await stage.pause(1.2)
    await client.answer()
    await agent.answered()
    ended = await stage.pause(1.2)
    await agent.hang_up()
    await client.over()
    stage.expect(
        direction="outbound",
        caller="101",
        dialled=CLIENT,
        queue=None,
        outcome="answered",
        answered_by=("101",),
        wait=answered - began,
        talk=ended - answered,
        ended_by="agent",
        hangup_cause=16,
    )


async def _refused(stage: Stage, status: int, **known: Any) -> None:
    began = stage.now()
    agent = stage.phones["101"].dial(CLIENT)
    client = await stage.city.incoming()
    await stage.pause(0.8)
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


@scene("101 dials a number that is busy (486).")
async def outbound_busy(stage: Stage) -> None:
    await _refused(stage, 486, outcome="busy", hangup_cause=17)


@scene("101 dials a client who declines (603).")
async def outbound_refused(stage: Stage) -> None:
    await _refused(stage, 603, outcome=["failed", "busy", "no_answer"], hangup_cause=21)


@scene("101 dials; the provider has no free line (503).")
async def outbound_congestion(stage: Stage) -> None:
    await _refused(stage, 503, outcome="congestion")


@scene("101 dials a number that does not exist (404).")
async def outbound_unallocated(stage: Stage) -> None:
    await _refused(stage, 404, outcome=["failed", "no_answer"], hangup_cause=1)


@scene("101 dials a mobile that is switched off (480).")
async def outbound_switched_off(stage: Stage) -> None:
    await _refused(stage, 480, outcome=["no_answer", "failed"])


@scene("101 dials, the client's phone rings, the agent gives up.")
async def outbound_given_up(stage: Stage) -> None:
    began = stage.now()
    agent = stage.phones["101"].dial(CLIENT)
    client = await stage.city.incoming()
    await stage.pause(1.5)
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


@scene("101 dials, nobody answers until the exchange gives up after six seconds.")
async def outbound_no_answer(stage: Stage) -> None:
    began = stage.now()
    agent = stage.phones["101"].dial(CLIENT)
    client = await stage.city.incoming()
    await client.over()
    await agent.refused()
    stage.expect(
        direction="outbound",
        caller="101",
        dialled=CLIENT,
        queue=None,
        outcome="no_answer",
        wait=stage.now() - began,
        talk=0,
        ended_by="system",
    )


@scene("101 keys something that leads nowhere.")
async def outbound_invalid_number(stage: Stage) -> None:
    agent = stage.phones["101"].dial("5")
    await agent.refused()
    stage.truth.append({"maybe_absent": True, "outcome": "failed", "talk_seconds": 0})


@scene("The phone in the lobby calls one number whatever is keyed.")
async def hotline(stage: Stage) -> None:
    began = stage.now()
    agent = stage.phones["109"].dial("0000")
    client = await stage.city.incoming()
    answered = await stage.pause(0.6)
    await client.answer()
    await agent.answered()
    ended = await stage.pause(1.0)
    await agent.hang_up()
    await client.over()
    stage.expect(
        direction="outbound",
        caller="109",
        dialled=["0000", "79160000112"],
        queue=None,
        outcome="answered",
        answered_by=("109",),
        wait=answered - began,
        talk=ended - answered,
        ended_by="agent",
        hangup_cause=16,
    )


@scene("101 calls 102 inside the office; they talk; 101 hangs up.")
async def internal_answered(stage: Stage) -> None:
    began = stage.now()
    caller = stage.phones["101"].dial("102")
    ring = await stage.phones["102"].incoming()
    answered = await stage.pause(0.7)
    await ring.answer()
    await caller.answered()
    await stage.pause(1.2)
    await caller.hang_up()
    await ring.over()
    stage.expect(
        direction="internal",
        caller="101",
        dialled="102",
        queue=None,
        outcome="answered",
        offered=(("102", "answered"),),
        wait=answered - began,
        talk=None,
        ended_by="agent",
        hangup_cause=16,
    )
    stage.truth[-1]["answered_by"] = {"any_of": [["PJSIP/102"], ["PJSIP/101", "PJSIP/102"]]}


@scene("101 calls 102, who does not answer.")
async def internal_no_answer(stage: Stage) -> None:
    began = stage.now()
    caller = stage.phones["101"].dial("102")
    ring = await stage.phones["102"].incoming()
    await ring.over()
    await caller.refused()
    stage.expect(
        direction="internal",
        caller="101",
        dialled="102",
        queue=None,
        outcome="no_answer",
        offered=(("102", "no_answer"),),
        wait=stage.now() - began,
        talk=0,
        ended_by="system",
    )


async def _click(stage: Stage, channel_id: str) -> None:
    await stage.ami.do(
        "Originate",
        Channel="PJSIP/101",
        Context="from-internal",
        Exten=CLIENT,
        Priority="1",
        Timeout="3000",
        CallerID=f'"Click" <{CLIENT}>',
        ChannelId=channel_id,
        Async="true",
    )


@scene("Click to call: the agent's own phone rings, he picks up, the client answers, both talk.")
async def click_answered(stage: Stage) -> None:
    began = stage.now()
    await _click(stage, "perezvon-click-1")
    agent = await stage.phones["101"].incoming()
    await stage.pause(0.7)
    await agent.answer()
    client = await stage.city.incoming()
    answered = await stage.pause(0.9)
    await client.answer()
    ended = await stage.pause(1.3)
    await client.hang_up()
    await agent.over()
    stage.expect(
        direction="outbound",
        dialled=CLIENT,
        queue=None,
        outcome="answered",
        answered_by=("101",),
        wait=answered - began,
        talk=ended - answered,
        ended_by="client",
        hangup_cause=16,
        linkedids=["perezvon-click-1"],
    )
    del stage.truth[-1]["offered"]


@scene("Click to call: the agent does not pick up his own phone.")
async def click_agent_absent(stage: Stage) -> None:
    await _click(stage, "perezvon-click-2")
    agent = await stage.phones["101"].incoming()
    await agent.over()
    stage.expect(
        direction="outbound",
        queue=None,
        outcome="no_answer",
        talk=0,
        linkedids=["perezvon-click-2"],
    )
    del stage.truth[-1]["offered"]


@scene("Click to call: the agent declines on his own phone.")
async def click_agent_refuses(stage: Stage) -> None:
    await _click(stage, "perezvon-click-3")
    agent = await stage.phones["101"].incoming()
    await stage.pause(0.5)
    agent.refuse(603)
    stage.expect(
        direction="outbound",
        queue=None,
        outcome=["no_answer", "failed", "busy"],
        talk=0,
        linkedids=["perezvon-click-3"],
    )
    del stage.truth[-1]["offered"]


async def _click_and_client(stage: Stage, channel_id: str, status: int | None) -> None:
    await _click(stage, channel_id)
    agent = await stage.phones["101"].incoming()
    await stage.pause(0.4)
    await agent.answer()
    client = await stage.city.incoming()
    if status is None:
        await client.over()
    else:
        await stage.pause(0.8)
        client.refuse(status)
    await agent.over()


@scene("Click to call: the agent picks up, the client does not.")
async def click_client_absent(stage: Stage) -> None:
    began = stage.now()
    await _click_and_client(stage, "perezvon-click-4", None)
    stage.expect(
        direction="outbound",
        dialled=CLIENT,
        queue=None,
        outcome="no_answer",
        wait=stage.now() - began,
        talk=0,
        linkedids=["perezvon-click-4"],
    )
    del stage.truth[-1]["offered"]


@scene("Click to call: the agent picks up, the client is busy.")
async def click_client_busy(stage: Stage) -> None:
    began = stage.now()
    await _click_and_client(stage, "perezvon-click-5", 486)
    stage.expect(
        direction="outbound",
        dialled=CLIENT,
        queue=None,
        outcome="busy",
        wait=stage.now() - began,
        talk=0,
        linkedids=["perezvon-click-5"],
    )
    del stage.truth[-1]["offered"]


@scene("Click to call the other way: the client is dialled first (Local), then 101's phone.")
async def click_client_first(stage: Stage) -> None:
    await stage.ami.do(
        "Originate",
        Channel=f"Local/{CLIENT}@from-internal",
        Context="from-internal",
        Exten="101",
        Priority="1",
        Timeout="8000",
        ChannelId="perezvon-click-6",
        Async="true",
    )
    client = await stage.city.incoming()
    await stage.pause(0.6)
    await client.answer()
    agent = await stage.phones["101"].incoming()
    answered = await stage.pause(0.8)
    await agent.answer()
    ended = await stage.pause(1.6)
    await agent.hang_up()
    await client.over()
    stage.expect(
        direction="outbound",
        dialled=CLIENT,
        queue=None,
        outcome="answered",
        answered_by=("101",),
        offered=(("101", "answered"),),
        talk=ended - answered,
        ended_by="agent",
        hangup_cause=16,
    )


@scene("The client is dialled first and answers; 101 does not: the client leaves.")
async def click_client_first_agent_absent(stage: Stage) -> None:
    await stage.ami.do(
        "Originate",
        Channel=f"Local/{CLIENT}@from-internal",
        Context="from-internal",
        Exten="101",
        Priority="1",
        Timeout="8000",
        ChannelId="perezvon-click-7",
        Async="true",
    )
    client = await stage.city.incoming()
    await stage.pause(0.6)
    await client.answer()
    agent = await stage.phones["101"].incoming()
    await stage.pause(1.2)
    await client.hang_up()
    await agent.over()
    stage.expect(
        direction="outbound",
        dialled=CLIENT,
        queue=None,
        outcome="abandoned",
        offered=(("101", "abandoned"),),
        talk=0,
        ended_by="client",
    )
