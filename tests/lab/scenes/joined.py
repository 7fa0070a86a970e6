"""Forwarding, Local channels, conferences, spies, and streams that begin in the middle."""

from tests.lab.scenes import scene
from tests.lab.scenes.moved import MOBILE, talking
from tests.lab.sip_phone import Dialog
from tests.lab.stage import CLIENT, DID, Stage


@scene("101's phone forwards to 102 (302), which answers.")
async def forward_to_phone(stage: Stage) -> None:
    stage.phones["101"].mood = lambda ring: ring.redirect("102")
    began = stage.now()
    client = stage.from_city("101")
    ring = await stage.phones["102"].incoming()
    answered = await stage.pause(0.8)
    await ring.answer()
    await client.answered()
    ended = await stage.pause(1.4)
    await client.hang_up()
    await ring.over()
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
    stage.truth[-1]["offered"] = {"includes": {"PJSIP/102": "answered"}}


@scene("101's phone forwards to a mobile outside (302), which answers.")
async def forward_outside(stage: Stage) -> None:
    stage.phones["101"].mood = lambda ring: ring.redirect(MOBILE)
    client = stage.from_city("101")
    mobile = await stage.city.incoming()
    assert mobile.called == MOBILE
    await stage.pause(0.8)
    await mobile.answer()
    await client.answered()
    await stage.pause(1.4)
    await client.hang_up()
    await mobile.over()
    stage.truth.append(
        {
            "direction": "inbound",
            "caller": CLIENT,
            "dialled": f"{DID}101",
            "queue": None,
            "outcome": ["answered", "no_answer"],
        }
    )


@scene("101's phone forwards to 102 (302), which does not answer.")
async def forward_no_answer(stage: Stage) -> None:
    stage.phones["101"].mood = lambda ring: ring.redirect("102")
    began = stage.now()
    client = stage.from_city("101")
    ring = await stage.phones["102"].incoming()
    await ring.over()
    await client.refused()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}101",
        queue=None,
        outcome="no_answer",
        wait=stage.now() - began,
        talk=0,
        ended_by="system",
    )
    stage.truth[-1]["offered"] = {"includes": {"PJSIP/102": "no_answer"}}


async def _local(stage: Stage, inside: str, *losers: str) -> None:
    began = stage.now()
    client = stage.from_city(inside)
    ring = await stage.phones["101"].incoming()
    others: list[Dialog] = [await stage.phones[number].incoming() for number in losers]
    answered = await stage.pause(0.8)
    await ring.answer()
    await client.answered()
    for other in others:
        await other.over()
    ended = await stage.pause(2.0)
    await client.hang_up()
    await ring.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}{inside}",
        queue=None,
        outcome="answered",
        answered_by=("101",),
        offered=(("101", "answered"), *((number, "answered_elsewhere") for number in losers)),
        wait=answered - began,
        talk=ended - answered,
        ended_by="client",
        hangup_cause=16,
    )


@scene("Follow me: 101 and 102 ring behind Local channels, 101 answers, the Locals vanish.")
async def follow_me_local(stage: Stage) -> None:
    await _local(stage, "161", "102")


@scene("A Local channel in front of a Local channel in front of 101.")
async def local_behind_local(stage: Stage) -> None:
    await _local(stage, "163")


@scene("Follow me: the desk phone rings two seconds, then a mobile outside answers.")
async def follow_me_outside(stage: Stage) -> None:
    client = stage.from_city("162")
    ring = await stage.phones["101"].incoming()
    await ring.over()
    mobile = await stage.city.incoming()
    await stage.pause(0.6)
    await mobile.answer()
    await client.answered()
    await stage.pause(1.4)
    await client.hang_up()
    await mobile.over()
    stage.truth.append(
        {
            "direction": "inbound",
            "caller": CLIENT,
            "dialled": f"{DID}162",
            "queue": None,
            "outcome": ["answered", "no_answer"],
            "offered": {"includes": {"PJSIP/101": "no_answer"}},
        }
    )


async def _conference(stage: Stage) -> tuple[float, float, Dialog, Dialog]:
    """The client and 101 meet in the conference; since when they talk."""
    began = stage.now()
    client = stage.from_city("300")
    await client.answered()
    await stage.pause(0.8)
    agent = stage.phones["101"].dial("300")
    answered = stage.now()
    await agent.answered()
    await stage.pause(1.0)
    return began, answered, client, agent


@scene("A client dials into the conference, 101 and 102 dial in too; the client leaves first.")
async def conference_dialled(stage: Stage) -> None:
    began, answered, client, agent = await _conference(stage)
    second = stage.phones["102"].dial("300")
    await second.answered()
    ended = await stage.pause(1.2)
    await client.hang_up()
    await stage.pause(0.6)
    await agent.hang_up()
    await stage.pause(0.3)
    await second.hang_up()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}300",
        queue=None,
        outcome="answered",
        answered_by=("101", "102"),
        wait=answered - began,
        talk=ended - answered,
        ended_by=["client", "agent"],
    )
    del stage.truth[-1]["offered"]


@scene("In the conference 101 has colleague 102 called in (Originate into the room).")
async def conference_colleague(stage: Stage) -> None:
    began, answered, client, agent = await _conference(stage)
    await stage.ami.do(
        "Originate",
        Channel="PJSIP/102",
        Application="ConfBridge",
        Data="meeting",
        ChannelId="perezvon-colleague-1",
        Async="true",
    )
    ring = await stage.phones["102"].incoming()
    await stage.pause(0.6)
    await ring.answer()
    await stage.pause(1.0)
    await agent.hang_up()
    ended = await stage.pause(1.0)
    await client.hang_up()
    await stage.pause(0.3)
    await ring.hang_up()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}300",
        queue=None,
        outcome="answered",
        answered_by=("101", "102"),
        wait=answered - began,
        talk=ended - answered,
        ended_by=["client", "agent"],
    )
    del stage.truth[-1]["offered"]


@scene("The client and 101 talk; both are redirected into a conference, 102 joins by Originate.")
async def conference_from_call(stage: Stage) -> None:
    talk = await talking(stage)
    await stage.ami.do(
        "Redirect",
        Channel=await stage.channel_of("provider"),
        ExtraChannel=await stage.channel_of("101"),
        Context="from-internal",
        Exten="300",
        Priority="1",
        ExtraContext="from-internal",
        ExtraExten="300",
        ExtraPriority="1",
    )
    await stage.pause(0.6)
    await stage.ami.do(
        "Originate",
        Channel="PJSIP/102",
        Application="ConfBridge",
        Data="meeting",
        ChannelId="perezvon-colleague-2",
        Async="true",
    )
    ring = await stage.phones["102"].incoming()
    await stage.pause(0.6)
    await ring.answer()
    ended = await stage.pause(1.2)
    await talk.client.hang_up()
    await stage.pause(0.3)
    await talk.agent.hang_up()
    await ring.hang_up()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}101",
        queue=None,
        outcome="answered",
        answered_by=("101", "102"),
        wait=talk.answered - talk.began,
        talk=ended - talk.answered,
        ended_by=["client", "agent"],
    )
    del stage.truth[-1]["offered"], stage.truth[-1]["transfers"]


async def _spied(stage: Stage, code: str) -> None:
    talk = await talking(stage)
    spy = stage.phones["106"].dial(code + "101")
    await spy.answered()
    await stage.pause(1.2)
    ended = stage.now()
    await talk.client.hang_up()
    await talk.agent.over()
    await stage.pause(0.4)
    await spy.hang_up()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}101",
        queue=None,
        outcome="answered",
        answered_by=("101",),
        offered=(("101", "answered"),),
        wait=talk.answered - talk.began,
        talk=ended - talk.answered,
        ended_by="client",
        hangup_cause=16,
    )
    stage.truth.append({"maybe_absent": True, "direction": "internal", "talk_seconds": 0})


@scene("Supervisor 106 listens to 101's call by ChanSpy: no party of it.")
async def spy_listens(stage: Stage) -> None:
    await _spied(stage, "*55")


@scene("Supervisor 106 whispers to 101 by ChanSpy.")
async def spy_whispers(stage: Stage) -> None:
    await _spied(stage, "*56")


@scene("AMI joins in the middle of a call, asks for the lists, and sees its end.", joins_late=True)
async def joined_mid_call(stage: Stage) -> None:
    talk = await talking(stage)
    await _join(stage)
    ended = await stage.pause(1.2)
    await talk.client.hang_up()
    await talk.agent.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        queue=None,
        outcome="answered",
        answered_by=("101",),
        ended_by="client",
        talk=ended - talk.answered,
        hangup_cause=16,
    )
    del stage.truth[-1]["offered"]
    stage.truth[-1]["tolerance_seconds"] = 1.5


@scene("AMI joins while a queue's phones ring for a client; then 102 answers.", joins_late=True)
async def joined_while_ringing(stage: Stage) -> None:
    await stage.seat("sales", "101", "102")
    client = stage.from_city("201")
    loser = await stage.phones["101"].incoming()
    ring = await stage.phones["102"].incoming()
    await stage.pause(0.6)
    await _join(stage)
    answered = await stage.pause(0.8)
    await ring.answer()
    await loser.over()
    ended = await stage.pause(1.2)
    await client.hang_up()
    await ring.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        queue="sales",
        outcome="answered",
        answered_by=("102",),
        talk=ended - answered,
        ended_by="client",
        hangup_cause=16,
    )
    del stage.truth[-1]["offered"]


@scene(
    "AMI joins during an outgoing call of 101 and a call of 102, both answered.", joins_late=True
)
async def joined_two_calls(stage: Stage) -> None:
    agent_1 = stage.phones["101"].dial(CLIENT)
    client_1 = await stage.city.incoming()
    await client_1.answer()
    client_2 = stage.from_city("102", caller="79037654321")
    agent_2 = await stage.phones["102"].incoming()
    await agent_2.answer()
    await stage.pause(0.8)
    await _join(stage)
    await stage.pause(0.8)
    await agent_1.hang_up()
    await client_1.over()
    await stage.pause(0.5)
    await client_2.hang_up()
    await agent_2.over()
    stage.expect(
        direction="outbound",
        queue=None,
        outcome="answered",
        answered_by=("101",),
        ended_by="agent",
        hangup_cause=16,
    )
    stage.expect(
        direction="inbound",
        caller="79037654321",
        queue=None,
        outcome="answered",
        answered_by=("102",),
        ended_by="client",
        hangup_cause=16,
    )
    for call in stage.truth:
        del call["offered"]


@scene("A whole queue call on a link that had asked for the lists before it began.")
async def lists_then_queue_call(stage: Stage) -> None:
    await stage.seat("sales", "101")
    assert stage.listing is not None
    await stage.listing()
    began = stage.now()
    client = stage.from_city("201")
    ring = await stage.phones["101"].incoming()
    answered = await stage.pause(0.7)
    await ring.answer()
    ended = await stage.pause(1.0)
    await stage.listing()
    await client.hang_up()
    await ring.over()
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


async def _join(stage: Stage) -> None:
    assert stage.join is not None
    assert stage.listing is not None
    await stage.join()
    await stage.listing()
