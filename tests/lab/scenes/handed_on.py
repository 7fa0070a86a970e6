"""Calls that change hands more than once, or by the less common ways."""

from tests.lab.scenes import scene
from tests.lab.scenes.reached import MOBILE, Served, served, told
from tests.lab.sip_phone import Dialog
from tests.lab.stage import CLIENT, DID, Stage


async def _asked(stage: Stage, call: Served, by: str, whom: str) -> tuple[float, Dialog, Dialog]:
    """`by` holds the client and talks with the colleague `whom`; since when, both lines."""
    held = stage.now()
    await call.agent.hold()
    line = stage.phones[by].dial(whom)
    ring = await stage.phones[whom].incoming()
    await stage.pause(0.5)
    await ring.answer()
    await line.answered()
    return held, line, ring


@scene("101 hands the client to 102 by attended transfer, 102 to 103 in the same way.")
async def attended_twice(stage: Stage) -> None:
    call = await served(stage, "101")
    await stage.pause(0.8)
    held_1, line, second = await _asked(stage, call, "101", "102")
    again_1 = await stage.pause(0.6)
    await call.agent.refer_to(line)
    await call.agent.over()
    await stage.pause(0.9)
    middle = Served(call.began, call.answered, call.client, second)
    held_2, line, third = await _asked(stage, middle, "102", "103")
    again_2 = await stage.pause(0.6)
    await second.refer_to(line)
    await second.over()
    ended = await stage.pause(1.1)
    await call.client.hang_up()
    await third.over()
    held = (again_1 - held_1) + (again_2 - held_2)
    told(
        stage,
        call,
        "101",
        ended,
        answered_by=("101", "102", "103"),
        offered=(("101", "answered"), ("102", "answered"), ("103", "answered")),
        transfers=(("attended", "101", "102"), ("attended", "102", "103")),
        talk=ended - call.answered - held,
        hold=held,
    )


@scene("Attended to 102, who then hands the client blind to 103, who hangs up in the end.")
async def attended_then_blind(stage: Stage) -> None:
    call = await served(stage, "101")
    await stage.pause(0.8)
    held, line, second = await _asked(stage, call, "101", "102")
    again = await stage.pause(0.6)
    await call.agent.refer_to(line)
    await call.agent.over()
    left = await stage.pause(0.9)
    await second.refer("103")
    third = await stage.phones["103"].incoming()
    back = await stage.pause(0.6)
    await third.answer()
    ended = await stage.pause(1.1)
    await third.hang_up()
    await call.client.over()
    told(
        stage,
        call,
        "101",
        ended,
        answered_by=("101", "102", "103"),
        offered=(("101", "answered"), ("102", "answered"), ("103", "answered")),
        transfers=(("attended", "101", "102"), ("blind", "102", "103")),
        talk=(held - call.answered) + (left - again) + (ended - back),
        hold=again - held,
        ended_by="agent",
    )


@scene("101 hands the client blind to 102, who hands him blind back to 101.")
async def blind_there_and_back(stage: Stage) -> None:
    call = await served(stage, "101")
    left = await stage.pause(0.8)
    await call.agent.refer("102")
    second = await stage.phones["102"].incoming()
    there = await stage.pause(0.5)
    await second.answer()
    away = await stage.pause(0.9)
    await second.refer("101")
    again = await stage.phones["101"].incoming()
    back = await stage.pause(0.5)
    await again.answer()
    ended = await stage.pause(1.1)
    await call.client.hang_up()
    await again.over()
    told(
        stage,
        call,
        "101",
        ended,
        answered_by=("101", "102"),
        offered=(("101", "answered"), ("102", "answered"), ("101", "answered")),
        transfers=(("blind", "101", "102"), ("blind", "102", "101")),
        talk=(left - call.answered) + (away - there) + (ended - back),
    )


@scene("101 asks 102 on a second line, hangs that up and talks on with the client.")
async def asked_and_returned(stage: Stage) -> None:
    call = await served(stage, "101")
    await stage.pause(0.8)
    held, line, second = await _asked(stage, call, "101", "102")
    await stage.pause(0.8)
    await line.hang_up()
    await second.over()
    back = await stage.pause(0.3)
    await call.agent.resume()
    ended = await stage.pause(1.0)
    await call.client.hang_up()
    await call.agent.over()
    told(stage, call, "101", ended, talk=ended - call.answered - (back - held), hold=back - held)
    stage.expect(
        direction="internal",
        caller="101",
        dialled="102",
        queue=None,
        outcome="answered",
        answered_by=("102",),
        offered=(("102", "answered"),),
        ended_by="agent",
        hangup_cause=16,
    )


@scene("101 keys *2 201: he waits in the sales queue for 102, joins, and is out.")
async def attended_to_queue_code(stage: Stage) -> None:
    await stage.seat("sales", "102")
    call = await served(stage, "101")
    held = await stage.pause(0.8)
    call.agent.press("*2201")
    second = await stage.phones["102"].incoming()
    await stage.pause(0.6)
    await second.answer()
    again = await stage.pause(1.0)
    await call.agent.hang_up()
    ended = await stage.pause(1.3)
    await call.client.hang_up()
    await second.over()
    told(
        stage,
        call,
        "101",
        ended,
        queue=[None, "sales"],
        answered_by=("101", "102"),
        offered=(("101", "answered"), ("102", "answered")),
        transfers=(("attended", "101", "102"),),
        talk=ended - call.answered - (again - held),
        hold=again - held,
        tolerance_seconds=1.2,
    )
    stage.truth[-1]["transfers"][0]["to"] = ["201", "PJSIP/102"]


@scene("101 hands the client back into the queue that he came from; 102 answers there.")
async def blind_back_into_the_queue(stage: Stage) -> None:
    await stage.seat("support", "101", "102")
    call = await served(stage, "202")
    left = await stage.pause(0.9)
    await stage.ami.do("QueuePause", Interface="PJSIP/101", Paused="true", Reason="enough")
    await call.agent.refer("202")
    second = await stage.phones["102"].incoming()
    back = await stage.pause(0.6)
    await second.answer()
    ended = await stage.pause(1.1)
    await call.client.hang_up()
    await second.over()
    told(
        stage,
        call,
        "202",
        ended,
        queue="support",
        answered_by=("101", "102"),
        offered=(("101", "answered"), ("102", "answered")),
        transfers=(("blind", "101", "202"),),
        talk=(left - call.answered) + (ended - back),
    )


@scene("101 hands the client blind to a mobile outside, where nobody answers; the call ends.")
async def blind_outside_no_answer(stage: Stage) -> None:
    call = await served(stage, "101")
    left = await stage.pause(0.8)
    await call.agent.refer(MOBILE)
    mobile = await stage.city.incoming()
    await mobile.over()
    await call.client.over()
    told(
        stage,
        call,
        "101",
        left,
        transfers=(("blind", "101", MOBILE),),
        ended_by="system",
        hangup_cause=[16, 19],
    )


@scene("101 parks the client, 102 fetches him and parks him again, 101 fetches him.")
async def parked_twice(stage: Stage) -> None:
    call = await served(stage, "101")
    held = talked = 0.0
    since, agent = call.answered, call.agent
    for fetcher in ("102", "101"):
        parked = await stage.pause(0.8)
        talked += parked - since
        heard = len(stage.ami.events)
        await agent.refer("700")
        lot = await stage.ami.until(lambda e: e["event"] == "ParkedCall", since=heard)
        await agent.over()
        await stage.pause(0.8)
        agent = stage.phones[fetcher].dial(lot["parkingspace"])
        await agent.answered()
        since = stage.now()
        held += since - parked
    ended = await stage.pause(1.0)
    talked += ended - since
    await agent.hang_up()
    await call.client.over()
    told(
        stage,
        call,
        "101",
        ended,
        answered_by=("101", "102"),
        talk=talked,
        hold=held,
        ended_by="agent",
    )


@scene("101 parks the client; nobody fetches him, 101 is rung back and does not answer.")
async def park_returns_in_vain(stage: Stage) -> None:
    call = await served(stage, "101")
    parked = await stage.pause(0.8)
    heard = len(stage.ami.events)
    await call.agent.refer("700")
    await stage.ami.until(lambda e: e["event"] == "ParkedCall", since=heard)
    await call.agent.over()
    back = await stage.phones["101"].incoming()
    returned = stage.now()
    await back.over()
    await call.client.over()
    told(
        stage,
        call,
        "101",
        parked,
        offered=(("101", "answered"), ("101", "no_answer")),
        hold=returned - parked,
        ended_by="system",
    )
    del stage.truth[-1]["hangup_cause"]
    stage.truth[-1]["tolerance_seconds"] = 1.0


@scene("102 picks up what rings at 101 and hands the client on to 103.")
async def picked_up_and_handed_on(stage: Stage) -> None:
    began = stage.now()
    client = stage.from_city("101")
    ring = await stage.phones["101"].incoming()
    answered = await stage.pause(0.7)
    second = stage.phones["102"].dial("*8")
    await second.answered()
    await ring.over()
    left = await stage.pause(1.0)
    await second.refer("103")
    third = await stage.phones["103"].incoming()
    back = await stage.pause(0.5)
    await third.answer()
    ended = await stage.pause(1.1)
    await client.hang_up()
    await third.over()
    call = Served(began, answered, client, second)
    told(
        stage,
        call,
        "101",
        ended,
        answered_by=("102", "103"),
        transfers=(("blind", "102", "103"),),
        talk=(left - answered) + (ended - back),
    )
    stage.truth[-1]["offered"] = {
        "includes": {"PJSIP/101": "answered_elsewhere", "PJSIP/103": "answered"}
    }


@scene(
    "A supervisor is rung by AMI to whisper, listens for a while and hangs up; the call goes on."
)
async def spy_comes_and_goes(stage: Stage) -> None:
    call = await served(stage, "101")
    await stage.pause(0.5)
    await stage.ami.do(
        "Originate",
        Channel="PJSIP/106",
        Application="ChanSpy",
        Data="PJSIP/101,qwE",
        CallerID='"Spy" <101>',
        Async="true",
    )
    spy = await stage.phones["106"].incoming()
    await stage.pause(0.4)
    await spy.answer()
    await stage.pause(0.9)
    await spy.hang_up()
    ended = await stage.pause(0.9)
    await call.agent.hang_up()
    await call.client.over()
    told(stage, call, "101", ended, ended_by="agent")


@scene("A supervisor barges in (ChanSpy B) on an outgoing call and stays until its end.")
async def spy_barges_in(stage: Stage) -> None:
    began = stage.now()
    agent = stage.phones["101"].dial(CLIENT)
    client = await stage.city.incoming()
    answered = await stage.pause(0.6)
    await client.answer()
    await agent.answered()
    await stage.pause(0.5)
    await stage.ami.do(
        "Originate",
        Channel="PJSIP/106",
        Application="ChanSpy",
        Data="PJSIP/101,qBE",
        Async="true",
    )
    spy = await stage.phones["106"].incoming()
    await spy.answer()
    ended = await stage.pause(1.2)
    await client.hang_up()
    await agent.over()
    await spy.over()
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


@scene("The agent hangs up while he himself has the client on hold.")
async def hung_up_out_of_hold(stage: Stage) -> None:
    call = await served(stage, "101")
    held = await stage.pause(0.8)
    await call.agent.hold()
    ended = await stage.pause(1.0)
    await call.agent.hang_up()
    await call.client.over()
    told(
        stage,
        call,
        "101",
        ended,
        talk=held - call.answered,
        hold=ended - held,
        ended_by="agent",
    )


@scene("A client is handed blind to 102 by AMI while he is on hold; 102 declines (603).")
async def blind_out_of_hold_refused(stage: Stage) -> None:
    call = await served(stage, "101")
    held = await stage.pause(0.8)
    await call.agent.hold()
    left = await stage.pause(0.8)
    await stage.ami.do(
        "BlindTransfer",
        Channel=await stage.channel_of("101"),
        Context="from-internal",
        Exten="102",
    )
    ring = await stage.phones["102"].incoming()
    await stage.pause(0.4)
    ring.refuse(603)
    await call.client.over()
    told(
        stage,
        call,
        "101",
        held,
        offered=(("101", "answered"), ("102", "refused")),
        transfers=(("blind", "101", "102"),),
        hold=left - held,
        ended_by=["system", "agent"],
    )
    del stage.truth[-1]["hangup_cause"]


@scene("An outgoing call: 101 asks 102 on a second line and joins the client with him.")
async def outbound_attended_then_hang_up(stage: Stage) -> None:
    began = stage.now()
    agent = stage.phones["101"].dial(CLIENT)
    client = await stage.city.incoming()
    answered = await stage.pause(0.5)
    await client.answer()
    await agent.answered()
    await stage.pause(0.8)
    call = Served(began, answered, client, agent)
    held, line, second = await _asked(stage, call, "101", "102")
    again = await stage.pause(0.6)
    await agent.refer_to(line)
    await agent.over()
    ended = await stage.pause(1.0)
    await second.hang_up()
    await client.over()
    stage.expect(
        direction="outbound",
        caller="101",
        dialled=CLIENT,
        queue=None,
        outcome="answered",
        answered_by=("101", "102"),
        transfers=(("attended", "101", "102"),),
        wait=answered - began,
        talk=ended - answered - (again - held),
        hold=again - held,
        ended_by="agent",
        hangup_cause=16,
    )
    stage.truth[-1]["offered"] = {"includes": {"PJSIP/102": "answered"}}


@scene("101 joins client and 102, and 102 hangs up at that very moment: the client is alone.")
async def joined_with_one_who_leaves(stage: Stage) -> None:
    call = await served(stage, "101")
    await stage.pause(0.8)
    held, line, second = await _asked(stage, call, "101", "102")
    left = await stage.pause(0.7)
    await call.agent.refer_to(line)
    await second.hang_up()
    await call.client.over()
    told(
        stage,
        call,
        "101",
        left,
        transfers=(("attended", "101", "102"),),
        talk=held - call.answered,
        hold=left - held,
        ended_by="agent",
    )
    stage.truth[-1]["answered_by"] = {"any_of": [["PJSIP/101"], ["PJSIP/101", "PJSIP/102"]]}
    stage.truth[-1]["offered"] = {"includes": {"PJSIP/101": "answered"}}


@scene("101 and 102 talk; 101 takes a client's call on a second line and joins him with 102.")
async def colleagues_then_client(stage: Stage) -> None:
    caller = stage.phones["101"].dial("102")
    second = await stage.phones["102"].incoming()
    await stage.pause(0.4)
    await second.answer()
    await caller.answered()
    await stage.pause(0.8)
    await caller.hold()
    call = await served(stage, "101")
    left = await stage.pause(0.9)
    await call.agent.refer_to(caller)
    await call.agent.over()
    ended = await stage.pause(1.2)
    await call.client.hang_up()
    await second.over()
    told(
        stage,
        call,
        "101",
        ended,
        answered_by=("101", "102"),
        transfers=(("attended", "101", "102"),),
        talk=ended - call.answered,
    )
    stage.truth[-1]["offered"] = {"includes": {"PJSIP/101": "answered"}}
    stage.truth[-1]["dialled"] = [f"{DID}101", "102"]
    assert left
