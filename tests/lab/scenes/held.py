"""Hold, parking and pickup."""

from tests.lab.scenes import scene
from tests.lab.scenes.moved import talking
from tests.lab.stage import CLIENT, DID, Stage


@scene("101 holds the client once and resumes; 101 hangs up.")
async def hold_once(stage: Stage) -> None:
    talk = await talking(stage)
    held = stage.now()
    await talk.agent.hold()
    resumed = await stage.pause(1.5)
    await talk.agent.resume()
    ended = await stage.pause(1.0)
    await talk.agent.hang_up()
    await talk.client.over()
    hold = resumed - held
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}101",
        queue=None,
        outcome="answered",
        answered_by=("101",),
        offered=(("101", "answered"),),
        wait=talk.answered - talk.began,
        talk=ended - talk.answered - hold,
        hold=hold,
        ended_by="agent",
        hangup_cause=16,
    )


@scene("101 holds the client twice.")
async def hold_twice(stage: Stage) -> None:
    talk = await talking(stage)
    hold = 0.0
    for seconds in (1.2, 0.8):
        held = stage.now()
        await talk.agent.hold()
        hold += await stage.pause(seconds) - held
        await talk.agent.resume()
        ended = await stage.pause(0.8)
    await talk.client.hang_up()
    await talk.agent.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}101",
        queue=None,
        outcome="answered",
        answered_by=("101",),
        offered=(("101", "answered"),),
        wait=talk.answered - talk.began,
        talk=ended - talk.answered - hold,
        hold=hold,
        ended_by="client",
        hangup_cause=16,
    )


@scene("The client hangs up while on hold.")
async def hold_hang_up(stage: Stage) -> None:
    talk = await talking(stage)
    held = stage.now()
    await talk.agent.hold()
    ended = await stage.pause(1.5)
    await talk.client.hang_up()
    await talk.agent.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}101",
        queue=None,
        outcome="answered",
        answered_by=("101",),
        offered=(("101", "answered"),),
        wait=talk.answered - talk.began,
        talk=held - talk.answered,
        hold=ended - held,
        ended_by="client",
        hangup_cause=16,
    )


@scene("On an outgoing call the client holds the agent (another PBX) and resumes.")
async def hold_by_client(stage: Stage) -> None:
    began = stage.now()
    agent = stage.phones["101"].dial(CLIENT)
    client = await stage.city.incoming()
    answered = await stage.pause(0.6)
    await client.answer()
    await agent.answered()
    held = await stage.pause(0.8)
    await client.hold()
    resumed = await stage.pause(1.2)
    await client.resume()
    ended = await stage.pause(0.8)
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
        talk=ended - answered - (resumed - held),
        hold=resumed - held,
        ended_by="agent",
        hangup_cause=16,
    )


@scene("101 parks the client by REFER to 700; 102 dials the space and talks with him.")
async def park_and_retrieve(stage: Stage) -> None:
    talk = await talking(stage)
    parked = stage.now()
    since = len(stage.ami.events)
    await talk.agent.refer("700")
    lot = await stage.ami.until(lambda e: e["event"] == "ParkedCall", since=since)
    retrieved = await stage.pause(1.5)
    second = stage.phones["102"].dial(lot["parkingspace"])
    await second.answered()
    ended = await stage.pause(1.4)
    await talk.client.hang_up()
    await second.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}101",
        queue=None,
        outcome="answered",
        answered_by=("101", "102"),
        offered=(("101", "answered"),),
        wait=talk.answered - talk.began,
        talk=(parked - talk.answered) + (ended - retrieved),
        hold=retrieved - parked,
        ended_by="client",
        hangup_cause=16,
    )
    del stage.truth[-1]["transfers"]  # whether parking is told as a transfer is left open


@scene("101 parks the client with feature code *3; nobody comes, 101 is rung back and answers.")
async def park_timeout_returns(stage: Stage) -> None:
    talk = await talking(stage)
    talk.agent.press("*3")
    since = len(stage.ami.events)
    await stage.ami.until(lambda e: e["event"] == "ParkedCall", since=since)
    parked = stage.now()
    back = await stage.phones["101"].incoming()
    retrieved = await stage.pause(0.6)
    await back.answer()
    ended = await stage.pause(1.2)
    await back.hang_up()
    await talk.client.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}101",
        queue=None,
        outcome="answered",
        offered=(("101", "answered"), ("101", "answered")),
        wait=talk.answered - talk.began,
        talk=(parked - talk.answered) + (ended - retrieved),
        hold=None,
        ended_by="agent",
        hangup_cause=16,
    )
    truth = stage.truth[-1]
    truth["answered_by"] = {"any_of": [["PJSIP/101"], ["PJSIP/101", "PJSIP/101"]]}
    del truth["transfers"]


@scene("101 parks the client; he hangs up in the parking lot.")
async def park_abandoned(stage: Stage) -> None:
    talk = await talking(stage)
    parked = stage.now()
    await talk.agent.refer("700")
    ended = await stage.pause(1.6)
    await talk.client.hang_up()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}101",
        queue=None,
        outcome="answered",
        answered_by=("101",),
        offered=(("101", "answered"),),
        wait=talk.answered - talk.began,
        talk=parked - talk.answered,
        hold=ended - parked,
        ended_by="client",
    )
    del stage.truth[-1]["transfers"]


async def _picked_up(stage: Stage, code: str) -> None:
    began = stage.now()
    client = stage.from_city("101")
    ring = await stage.phones["101"].incoming()
    answered = await stage.pause(1.0)
    second = stage.phones["102"].dial(code)
    await second.answered()
    await ring.over()
    ended = await stage.pause(1.4)
    await client.hang_up()
    await second.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}101",
        queue=None,
        outcome="answered",
        answered_by=("102",),
        wait=answered - began,
        talk=ended - answered,
        ended_by="client",
        hangup_cause=16,
    )
    stage.truth[-1]["offered"] = {"includes": {"PJSIP/101": "answered_elsewhere"}}


@scene("101 rings; 102 picks the call up with *8.")
async def pickup_group(stage: Stage) -> None:
    await _picked_up(stage, "*8")


@scene("101 rings; 102 picks that very phone up with *8101.")
async def pickup_directed(stage: Stage) -> None:
    await _picked_up(stage, "*8101")


@scene("A queue rings 101; 103, who is no member, picks the call up with *8.")
async def pickup_queue(stage: Stage) -> None:
    await stage.seat("sales", "101", "102")
    began = stage.now()
    client = stage.from_city("201")
    rings = [await stage.phones[number].incoming() for number in ("101", "102")]
    answered = await stage.pause(1.0)
    third = stage.phones["103"].dial("*8")
    await third.answered()
    for ring in rings:
        await ring.over()
    ended = await stage.pause(1.4)
    await third.hang_up()
    await client.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}201",
        queue="sales",
        outcome="answered",
        answered_by=("103",),
        wait=answered - began,
        talk=ended - answered,
        ended_by="agent",
        hangup_cause=16,
    )
    loser = "answered_elsewhere"
    stage.truth[-1]["offered"] = {"includes": {"PJSIP/101": loser, "PJSIP/102": loser}}


@scene("103 dials *8 when nothing rings.")
async def pickup_of_nothing(stage: Stage) -> None:
    third = stage.phones["103"].dial("*8")
    await third.refused()
    stage.truth.append({"maybe_absent": True, "talk_seconds": 0, "answered_by": []})
