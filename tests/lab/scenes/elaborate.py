"""Longer stories: several things happen to one call, or several calls to one office."""

from tests.lab.scenes import scene
from tests.lab.scenes.moved import MOBILE, talking
from tests.lab.sip_phone import Dialog
from tests.lab.stage import CLIENT, DID, Stage

OTHER = "79037654321"


async def _queue_talk(stage: Stage) -> tuple[float, float, Dialog, Dialog]:
    """101 talks with a client out of the queue: began, answered, client, agent."""
    await stage.seat("sales", "101")
    began = stage.now()
    client = stage.from_city("201")
    agent = await stage.phones["101"].incoming()
    answered = await stage.pause(0.7)
    await agent.answer()
    await stage.pause(1.0)
    return began, answered, client, agent


def _expect_queue(stage: Stage, began: float, answered: float, **known: object) -> None:
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}201",
        queue="sales",
        outcome="answered",
        wait=answered - began,
        **known,  # type: ignore[arg-type]
    )


@scene("A queue call: 101 holds, consults 103 and joins them (REFER, Replaces); client leaves.")
async def queue_attended_refer(stage: Stage) -> None:
    began, answered, client, agent = await _queue_talk(stage)
    held = stage.now()
    await agent.hold()
    consultation = stage.phones["101"].dial("103")
    ring = await stage.phones["103"].incoming()
    await stage.pause(0.5)
    await ring.answer()
    await consultation.answered()
    again = await stage.pause(0.9)
    await agent.refer_to(consultation)
    await agent.over()
    ended = await stage.pause(1.3)
    await client.hang_up()
    await ring.over()
    hold = again - held
    _expect_queue(
        stage,
        began,
        answered,
        answered_by=("101", "103"),
        offered=(("101", "answered"), ("103", "answered")),
        transfers=(("attended", "101", "103"),),
        talk=ended - answered - hold,
        hold=hold,
        ended_by="client",
        hangup_cause=16,
    )


@scene("A queue call is parked by AMI Park and retrieved by 102.")
async def queue_parked_by_ami(stage: Stage) -> None:
    began, answered, client, agent = await _queue_talk(stage)
    channel = await stage.channel_of("provider")
    since = len(stage.ami.events)
    parked = stage.now()
    await stage.ami.do("Park", Channel=channel, TimeoutChannel=await stage.channel_of("101"))
    lot = await stage.ami.until(lambda e: e["event"] == "ParkedCall", since=since)
    await agent.over()
    retrieved = await stage.pause(1.2)
    second = stage.phones["102"].dial(lot["parkingspace"])
    await second.answered()
    ended = await stage.pause(1.3)
    await second.hang_up()
    await client.over()
    _expect_queue(
        stage,
        began,
        answered,
        answered_by=("101", "102"),
        offered=(("101", "answered"),),
        talk=(parked - answered) + (ended - retrieved),
        hold=retrieved - parked,
        ended_by="agent",
        hangup_cause=16,
    )
    del stage.truth[-1]["transfers"]


@scene("The queue's client is redirected to voicemail after he has talked with 101.")
async def queue_then_voicemail(stage: Stage) -> None:
    began, answered, client, agent = await _queue_talk(stage)
    left = stage.now()
    await stage.ami.do(
        "Redirect",
        Channel=await stage.channel_of("provider"),
        Context="from-internal",
        Exten="234",
        Priority="1",
    )
    await agent.over()
    await stage.pause(3.0)
    await client.hang_up()
    _expect_queue(
        stage,
        began,
        answered,
        answered_by=("101",),
        offered=(("101", "answered"),),
        transfers=(("blind", "101", "234"),),
        talk=left - answered,
        ended_by="client",
    )


@scene("The first queue times out while 101 rings; the second queue's 102 answers.")
async def queue_overflow(stage: Stage) -> None:
    await stage.seat("orders", "101")
    await stage.seat("sales", "102")
    began = stage.now()
    client = stage.from_city("206")
    first = await stage.phones["101"].incoming()
    await first.over()
    ring = await stage.phones["102"].incoming()
    answered = await stage.pause(0.7)
    await ring.answer()
    ended = await stage.pause(1.3)
    await client.hang_up()
    await ring.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}206",
        queue=["orders", "sales"],
        outcome="answered",
        answered_by=("102",),
        offered=(("101", "no_answer"), ("102", "answered")),
        wait=answered - began,
        talk=ended - answered,
        ended_by="client",
        hangup_cause=16,
    )


@scene("The waiting client presses 1, leaves the queue and speaks to voicemail.")
async def queue_left_by_key(stage: Stage) -> None:
    began = stage.now()
    client = stage.from_city("207")
    await client.answered()
    await stage.pause(1.0)
    client.press("1")
    await stage.pause(3.5)
    await client.hang_up()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}207",
        queue="leavable",
        outcome="voicemail",
        wait=stage.now() - began,
        talk=0,
        ended_by="client",
    )


@scene("101 consults a mobile outside and joins it with the client; the mobile hangs up.")
async def attended_to_outside(stage: Stage) -> None:
    talk = await talking(stage)
    await talk.agent.hold()
    consultation = stage.phones["101"].dial(MOBILE)
    mobile = await stage.city.incoming()
    await stage.pause(0.5)
    await mobile.answer()
    await consultation.answered()
    await stage.pause(0.8)
    await talk.agent.refer_to(consultation)
    await talk.agent.over()
    await stage.pause(1.2)
    await mobile.hang_up()
    await talk.client.over()
    stage.truth.append(
        {
            "direction": "inbound",
            "caller": CLIENT,
            "dialled": f"{DID}101",
            "queue": None,
            "outcome": "answered",
            "answered_by": ["PJSIP/101"],
            "transfers": [{"kind": "attended", "from": "PJSIP/101", "to": [MOBILE]}],
            "wait_seconds": round(talk.answered - talk.began, 2),
        }
    )
    stage.truth[-1]["transfers"][0]["to"] += ["PJSIP/provider", f"PJSIP/{MOBILE}@provider"]
    stage.truth.append({"maybe_absent": True, "direction": "outbound", "dialled": MOBILE})


@scene("101 talks with one client and calls another outside, then joins both and leaves.")
async def two_clients_joined(stage: Stage) -> None:
    talk = await talking(stage)
    await talk.agent.hold()
    second = stage.phones["101"].dial(OTHER)
    other = await stage.city.incoming()
    await other.answer()
    await second.answered()
    await stage.pause(0.8)
    await second.refer_to(talk.agent)
    await second.over()
    await stage.pause(1.2)
    await talk.client.hang_up()
    await other.over()
    stage.truth.append(
        {
            "direction": ["inbound", "outbound"],
            "outcome": "answered",
            "answered_by": ["PJSIP/101"],
        }
    )
    stage.truth.append({"maybe_absent": True, "direction": ["inbound", "outbound"]})


@scene("101 hands an outgoing call attended (REFER, Replaces) to 102.")
async def outbound_attended_refer(stage: Stage) -> None:
    began = stage.now()
    agent = stage.phones["101"].dial(CLIENT)
    client = await stage.city.incoming()
    answered = await stage.pause(0.6)
    await client.answer()
    await agent.answered()
    held = await stage.pause(0.8)
    await agent.hold()
    consultation = stage.phones["101"].dial("102")
    ring = await stage.phones["102"].incoming()
    await stage.pause(0.5)
    await ring.answer()
    await consultation.answered()
    again = await stage.pause(0.8)
    await agent.refer_to(consultation)
    await agent.over()
    ended = await stage.pause(1.2)
    await ring.hang_up()
    await client.over()
    stage.expect(
        direction="outbound",
        caller="101",
        dialled=CLIENT,
        queue=None,
        outcome="answered",
        answered_by=("101", "102"),
        offered=(("102", "answered"),),
        transfers=(("attended", "101", "102"),),
        wait=answered - began,
        talk=ended - answered - (again - held),
        hold=again - held,
        ended_by="agent",
        hangup_cause=16,
    )


@scene("101 parks an outgoing call's client; 102 retrieves him.")
async def outbound_parked(stage: Stage) -> None:
    began = stage.now()
    agent = stage.phones["101"].dial(CLIENT)
    client = await stage.city.incoming()
    answered = await stage.pause(0.6)
    await client.answer()
    await agent.answered()
    parked = await stage.pause(1.0)
    since = len(stage.ami.events)
    await agent.refer("700")
    lot = await stage.ami.until(lambda e: e["event"] == "ParkedCall", since=since)
    retrieved = await stage.pause(1.2)
    second = stage.phones["102"].dial(lot["parkingspace"])
    await second.answered()
    ended = await stage.pause(1.2)
    await client.hang_up()
    await second.over()
    stage.expect(
        direction="outbound",
        caller="101",
        dialled=CLIENT,
        queue=None,
        outcome="answered",
        answered_by=("101", "102"),
        wait=answered - began,
        talk=(parked - answered) + (ended - retrieved),
        hold=retrieved - parked,
        ended_by="client",
        hangup_cause=16,
    )
    del stage.truth[-1]["transfers"]


@scene("Both hold: the agent with inactive, the client too; the overlap counts once.")
async def hold_by_both(stage: Stage) -> None:
    talk = await talking(stage)
    held = stage.now()
    await talk.agent.hold("inactive")
    await stage.pause(0.6)
    await talk.client.hold()
    await stage.pause(0.6)
    await talk.agent.resume()
    resumed = await stage.pause(0.6)
    await talk.client.resume()
    ended = await stage.pause(0.8)
    await talk.agent.hang_up()
    await talk.client.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}101",
        queue=None,
        outcome="answered",
        answered_by=("101",),
        offered=(("101", "answered"),),
        wait=talk.answered - talk.began,
        talk=ended - talk.answered - (resumed - held),
        hold=resumed - held,
        ended_by="agent",
        hangup_cause=16,
    )


@scene("A client gives up while it rings and calls again at once; the second call is answered.")
async def abandoned_then_again(stage: Stage) -> None:
    began = stage.now()
    client = stage.from_city("101")
    ring = await stage.phones["101"].incoming()
    gone = await stage.pause(0.8)
    await client.hang_up()
    await ring.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}101",
        queue=None,
        outcome="abandoned",
        offered=(("101", "abandoned"),),
        wait=gone - began,
        talk=0,
        ended_by="client",
    )
    began = stage.now()
    client = stage.from_city("101")
    ring = await stage.phones["101"].incoming()
    answered = await stage.pause(0.5)
    await ring.answer()
    ended = await stage.pause(1.0)
    await ring.hang_up()
    await client.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}101",
        queue=None,
        outcome="answered",
        answered_by=("101",),
        offered=(("101", "answered"),),
        wait=answered - began,
        talk=ended - answered,
        ended_by="agent",
        hangup_cause=16,
    )


@scene("101 calls 102, who hands him on (REFER) to 103: an internal call with a transfer.")
async def internal_transferred(stage: Stage) -> None:
    caller = stage.phones["101"].dial("102")
    ring = await stage.phones["102"].incoming()
    await stage.pause(0.5)
    await ring.answer()
    await caller.answered()
    await stage.pause(0.8)
    await ring.refer("103")
    third = await stage.phones["103"].incoming()
    await stage.pause(0.5)
    await third.answer()
    await stage.pause(1.0)
    await caller.hang_up()
    await third.over()
    stage.expect(
        direction="internal",
        caller="101",
        dialled="102",
        queue=None,
        outcome="answered",
        transfers=(("blind", "102", "103"),),
        ended_by="agent",
        hangup_cause=16,
    )
    del stage.truth[-1]["offered"], stage.truth[-1]["answered_by"]


@scene("101 listens to voicemail (*97), then keys a code of the exchange (*45).")
async def codes_are_no_conversations(stage: Stage) -> None:
    for code in ("*97", "*45"):
        phone = stage.phones["101"].dial(code)
        await phone.answered()
        await stage.pause(0.6)
        await phone.hang_up()
        await stage.quiet()
        stage.truth.append({"maybe_absent": True, "direction": "internal", "talk_seconds": 0})


@scene("A busy minute: six calls at once, in and out, answered, abandoned, busy, transferred.")
async def busy_minute(stage: Stage) -> None:
    await stage.seat("sales", "101", "102")
    phones, city, numbers = stage.phones, stage.city, ["7916000000" + d for d in "1234"]
    t_queue = stage.now()
    queued = stage.from_city("201", caller=numbers[0])
    loser, winner = await phones["101"].incoming(), await phones["102"].incoming()
    t_out = await stage.pause(0.1)
    out = phones["103"].dial(numbers[1])
    called = await city.incoming()
    t_direct = await stage.pause(0.1)
    direct = stage.from_city("104", caller=numbers[2])
    ring_104 = await phones["104"].incoming()
    a_queue = await stage.pause(0.3)
    await winner.answer()
    await loser.over()
    t_busy = stage.now()
    busy = phones["105"].dial(numbers[3])
    (await city.incoming()).refuse(486)
    await busy.refused()
    e_busy = stage.now()
    a_out = await stage.pause(0.3)
    await called.answer()
    g_direct = await stage.pause(0.4)
    await direct.hang_up()
    l_queue = await stage.pause(0.3)
    await winner.refer("106")
    ring_106 = await phones["106"].incoming()
    e_out = await stage.pause(0.4)
    await out.hang_up()
    again = stage.now()
    await ring_106.answer()
    e_queue = await stage.pause(1.0)
    await queued.hang_up()
    await ring_106.over()
    await ring_104.over()
    stage.expect(
        direction="inbound",
        caller=numbers[0],
        dialled=f"{DID}201",
        queue="sales",
        outcome="answered",
        answered_by=("102", "106"),
        offered=(("101", "answered_elsewhere"), ("102", "answered"), ("106", "answered")),
        transfers=(("blind", "102", "106"),),
        wait=a_queue - t_queue,
        talk=(l_queue - a_queue) + (e_queue - again),
        ended_by="client",
        hangup_cause=16,
    )
    stage.expect(
        direction="outbound",
        caller="103",
        dialled=numbers[1],
        queue=None,
        outcome="answered",
        answered_by=("103",),
        wait=a_out - t_out,
        talk=e_out - a_out,
        ended_by="agent",
        hangup_cause=16,
    )
    stage.expect(
        direction="inbound",
        caller=numbers[2],
        dialled=f"{DID}104",
        queue=None,
        outcome="abandoned",
        offered=(("104", "abandoned"),),
        wait=g_direct - t_direct,
        talk=0,
        ended_by="client",
    )
    stage.expect(
        direction="outbound",
        caller="105",
        dialled=numbers[3],
        queue=None,
        outcome="busy",
        wait=e_busy - t_busy,
        talk=0,
        hangup_cause=17,
    )
