"""Calls through a queue or an IVR."""

from tests.lab.scenes import scene
from tests.lab.stage import CLIENT, DID, Stage


@scene("Everybody in the queue rings; 102 answers; the client hangs up.")
async def queue_ringall_answered(stage: Stage) -> None:
    await stage.seat("sales", "101", "102", "103")
    began = stage.now()
    client = stage.from_city("201", name="ООО Ромашка")
    rings = [await stage.phones[number].incoming() for number in ("101", "102", "103")]
    answered = await stage.pause(1.3)
    await rings[1].answer()
    for loser in (rings[0], rings[2]):
        await loser.over()
    ended = await stage.pause(1.5)
    await client.hang_up()
    await rings[1].over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        caller_name="ООО Ромашка",
        dialled=f"{DID}201",
        queue="sales",
        outcome="answered",
        answered_by=("102",),
        offered=(
            ("101", "answered_elsewhere"),
            ("102", "answered"),
            ("103", "answered_elsewhere"),
        ),
        wait=answered - began,
        talk=ended - answered,
        ended_by="client",
        hangup_cause=16,
    )


@scene("One agent in the queue answers; the agent hangs up.")
async def queue_agent_hangs_up(stage: Stage) -> None:
    await stage.seat("sales", "101")
    began = stage.now()
    client = stage.from_city("201")
    ring = await stage.phones["101"].incoming()
    answered = await stage.pause(0.8)
    await ring.answer()
    ended = await stage.pause(1.2)
    await ring.hang_up()
    await client.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}201",
        queue="sales",
        outcome="answered",
        answered_by=("101",),
        offered=(("101", "answered"),),
        wait=answered - began,
        talk=ended - answered,
        ended_by="agent",
        hangup_cause=16,
    )


@scene("Nobody is in the queue; the client waits and hangs up.")
async def queue_abandoned_waiting(stage: Stage) -> None:
    began = stage.now()
    client = stage.from_city("201")
    await client.answered()
    await stage.pause(2.0)
    await client.hang_up()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}201",
        queue="sales",
        outcome="abandoned",
        wait=stage.now() - began,
        talk=0,
        ended_by="client",
    )


@scene("Two phones ring for the queue; the client hangs up before anyone answers.")
async def queue_abandoned_ringing(stage: Stage) -> None:
    await stage.seat("sales", "101", "102")
    began = stage.now()
    client = stage.from_city("201")
    for number in ("101", "102"):
        await stage.phones[number].incoming()
    await stage.pause(1.5)
    await client.hang_up()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}201",
        queue="sales",
        outcome="abandoned",
        offered=(("101", "abandoned"), ("102", "abandoned")),
        wait=stage.now() - began,
        talk=0,
        ended_by="client",
    )


@scene("A queue that does not answer the line by itself: the client gives up (CANCEL).")
async def queue_unanswered_line_abandoned(stage: Stage) -> None:
    await stage.seat("support", "101")
    began = stage.now()
    client = stage.from_city("202")
    await stage.phones["101"].incoming()
    await stage.pause(1.0)
    await client.hang_up()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}202",
        queue="support",
        outcome="abandoned",
        offered=(("101", "abandoned"),),
        wait=stage.now() - began,
        talk=0,
        ended_by="client",
    )


@scene("One by one: 101 declines (603), 102 is not picked up in time, 103 answers.")
async def queue_one_by_one(stage: Stage) -> None:
    await stage.seat("support", "101", penalty=0)
    await stage.seat("support", "102", "103", penalty=0)
    began = stage.now()
    client = stage.from_city("202")
    first = await stage.phones["101"].incoming()
    await stage.pause(0.6)
    first.refuse(603)
    second = await stage.phones["102"].incoming()
    await second.over()
    third = await stage.phones["103"].incoming()
    answered = await stage.pause(0.6)
    await third.answer()
    await client.answered()
    ended = await stage.pause(1.2)
    await client.hang_up()
    await third.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}202",
        queue="support",
        outcome="answered",
        answered_by=("103",),
        offered=(("101", "refused"), ("102", "no_answer"), ("103", "answered")),
        wait=answered - began,
        talk=ended - answered,
        ended_by="client",
        hangup_cause=16,
    )


@scene("One by one: the first phone says busy (486), the second answers.")
async def queue_first_busy(stage: Stage) -> None:
    await stage.seat("support", "101", "102")
    began = stage.now()
    client = stage.from_city("202")
    first = await stage.phones["101"].incoming()
    first.refuse(486)
    second = await stage.phones["102"].incoming()
    answered = await stage.pause(0.6)
    await second.answer()
    await client.answered()
    ended = await stage.pause(1.0)
    await second.hang_up()
    await client.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}202",
        queue="support",
        outcome="answered",
        answered_by=("102",),
        offered=(("101", "busy"), ("102", "answered")),
        wait=answered - began,
        talk=ended - answered,
        ended_by="agent",
        hangup_cause=16,
    )


@scene("The only agent lets it ring, is offered the call again, and answers then.")
async def queue_offered_twice(stage: Stage) -> None:
    await stage.seat("support", "101")
    began = stage.now()
    client = stage.from_city("202")
    first = await stage.phones["101"].incoming()
    await first.over()
    second = await stage.phones["101"].incoming()
    answered = await stage.pause(0.5)
    await second.answer()
    await client.answered()
    ended = await stage.pause(1.0)
    await client.hang_up()
    await second.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}202",
        queue="support",
        outcome="answered",
        answered_by=("101",),
        offered=(("101", "no_answer"), ("101", "answered")),
        wait=answered - began,
        talk=ended - answered,
        ended_by="client",
        hangup_cause=16,
    )


@scene("The queue times out while a phone rings; the client leaves a message.")
async def queue_timeout_voicemail(stage: Stage) -> None:
    await stage.seat("orders", "101")
    began = stage.now()
    client = stage.from_city("203")
    ring = await stage.phones["101"].incoming()
    await ring.over()
    await stage.pause(5.0)
    await client.hang_up()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}203",
        queue="orders",
        outcome="voicemail",
        wait=stage.now() - began,
        talk=0,
        ended_by="client",
    )
    del stage.truth[-1]["offered"]  # whether a second ring fits before the time-out is chance


@scene("The queue times out to voicemail; the client hangs up during the greeting.")
async def queue_timeout_greeting_abandoned(stage: Stage) -> None:
    began = stage.now()
    client = stage.from_city("203")
    await client.answered()
    await stage.pause(3.8)
    await client.hang_up()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}203",
        queue="orders",
        outcome=["abandoned", "voicemail"],
        wait=stage.now() - began,
        talk=0,
        ended_by="client",
    )


@scene("The queue lets nobody in because no agent is there; congestion.")
async def queue_join_empty(stage: Stage) -> None:
    began = stage.now()
    client = stage.from_city("205")
    await client.refused()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}205",
        outcome=["congestion", "failed", "no_answer"],
        wait=stage.now() - began,
        talk=0,
        ended_by="system",
    )


@scene("Two clients wait for one agent; the first is served, then the second.")
async def queue_two_wait_for_one(stage: Stage) -> None:
    await stage.seat("sales", "101")
    other_number = "79037654321"
    began_1 = stage.now()
    first = stage.from_city("201")
    ring_1 = await stage.phones["101"].incoming()
    began_2 = await stage.pause(0.4)
    second = stage.from_city("201", caller=other_number)
    answered_1 = await stage.pause(0.4)
    await ring_1.answer()
    ended_1 = await stage.pause(1.2)
    await first.hang_up()
    ring_2 = await stage.phones["101"].incoming()
    answered_2 = await stage.pause(0.4)
    await ring_2.answer()
    ended_2 = await stage.pause(1.0)
    await ring_2.hang_up()
    await second.over()
    for number, began, answered, ended, by in (
        (CLIENT, began_1, answered_1, ended_1, "client"),
        (other_number, began_2, answered_2, ended_2, "agent"),
    ):
        stage.expect(
            direction="inbound",
            caller=number,
            dialled=f"{DID}201",
            queue="sales",
            outcome="answered",
            answered_by=("101",),
            offered=(("101", "answered"),),
            wait=answered - began,
            talk=ended - answered,
            ended_by=by,
            hangup_cause=16,
        )


@scene("The agent is paused while the phone rings, answers, and is unpaused after the call.")
async def queue_paused_while_ringing(stage: Stage) -> None:
    await stage.seat("sales", "101", "102")
    await stage.ami.do("QueuePause", Interface="PJSIP/102", Paused="true", Reason="lunch")
    began = stage.now()
    client = stage.from_city("201")
    ring = await stage.phones["101"].incoming()
    await stage.ami.do("QueuePause", Interface="PJSIP/101", Paused="true", Reason="wrap-up")
    answered = await stage.pause(0.7)
    await ring.answer()
    ended = await stage.pause(1.0)
    await client.hang_up()
    await ring.over()
    await stage.ami.do("QueuePause", Interface="PJSIP/101", Paused="false", Reason="")
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}201",
        queue="sales",
        outcome="answered",
        answered_by=("101",),
        offered=(("101", "answered"),),
        wait=answered - began,
        talk=ended - answered,
        ended_by="client",
        hangup_cause=16,
    )


@scene("The client presses 1 in the IVR, comes into the queue and is answered.")
async def ivr_to_queue(stage: Stage) -> None:
    await stage.seat("sales", "101")
    began = stage.now()
    client = stage.from_city("210")
    await client.answered()
    await stage.pause(0.8)
    client.press("1")
    ring = await stage.phones["101"].incoming()
    answered = await stage.pause(0.6)
    await ring.answer()
    ended = await stage.pause(1.2)
    await client.hang_up()
    await ring.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}210",
        queue="sales",
        outcome="answered",
        answered_by=("101",),
        offered=(("101", "answered"),),
        wait=answered - began,
        talk=ended - answered,
        ended_by="client",
        hangup_cause=16,
    )


@scene("The client presses 2 in the IVR and reaches phone 102; nobody answers there.")
async def ivr_to_phone_no_answer(stage: Stage) -> None:
    began = stage.now()
    client = stage.from_city("210")
    await client.answered()
    await stage.pause(0.5)
    client.press("2")
    ring = await stage.phones["102"].incoming()
    await ring.over()
    await client.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}210",
        queue=None,
        outcome="no_answer",
        offered=(("102", "no_answer"),),
        wait=stage.now() - began,
        talk=0,
        ended_by="system",
    )


@scene("The client listens to the IVR's menu and hangs up.")
async def ivr_abandoned(stage: Stage) -> None:
    began = stage.now()
    client = stage.from_city("210")
    await client.answered()
    await stage.pause(1.5)
    await client.hang_up()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}210",
        queue=None,
        outcome="abandoned",
        wait=stage.now() - began,
        talk=0,
        ended_by="client",
    )


@scene("Queue members are Local channels, optimised away once the agent talks.")
async def queue_local_members(stage: Stage) -> None:
    await stage.seat("team", "Local/101@reach", "Local/102@reach")
    began = stage.now()
    client = stage.from_city("204")
    other = await stage.phones["102"].incoming()
    ring = await stage.phones["101"].incoming()
    answered = await stage.pause(0.8)
    await ring.answer()
    await other.over()
    ended = await stage.pause(2.0)
    await client.hang_up()
    await ring.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}204",
        queue="team",
        outcome="answered",
        answered_by=("101",),
        offered=(("101", "answered"), ("102", "answered_elsewhere")),
        wait=answered - began,
        talk=ended - answered,
        ended_by="client",
        hangup_cause=16,
    )


@scene("A Local queue member that is not optimised (/n); the agent hangs up.")
async def queue_local_member_kept(stage: Stage) -> None:
    await stage.seat("team", "Local/101@reach/n")
    began = stage.now()
    client = stage.from_city("204")
    ring = await stage.phones["101"].incoming()
    answered = await stage.pause(0.8)
    await ring.answer()
    ended = await stage.pause(1.2)
    await ring.hang_up()
    await client.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}204",
        queue="team",
        outcome="answered",
        answered_by=("101",),
        offered=(("101", "answered"),),
        wait=answered - began,
        talk=ended - answered,
        ended_by="agent",
        hangup_cause=16,
    )
