"""Calls that change hands: blind, attended and blonde transfer, redirect."""

from dataclasses import dataclass

from tests.lab.scenes import scene
from tests.lab.sip_phone import Dialog
from tests.lab.stage import CLIENT, DID, Stage

MOBILE = "79165550001"


@dataclass
class Talk:
    """A client who talks with 101."""

    began: float
    answered: float
    client: Dialog
    agent: Dialog


async def talking(stage: Stage) -> Talk:
    """The client calls 101, which answers; a second later they still talk."""
    began = stage.now()
    client = stage.from_city("101")
    agent = await stage.phones["101"].incoming()
    answered = await stage.pause(0.7)
    await agent.answer()
    await client.answered()
    await stage.pause(1.0)
    return Talk(began, answered, client, agent)


async def _second_answers(stage: Stage, talk: Talk, left: float, kind: str = "blind") -> None:
    """102 rings, answers, talks and hangs up; the first agent left the client at `left`."""
    ring = await stage.phones["102"].incoming()
    again = await stage.pause(0.8)
    await ring.answer()
    ended = await stage.pause(1.2)
    await ring.hang_up()
    await talk.client.over()
    expect_moved(stage, talk, left, again, ended, kind=kind)


def expect_moved(
    stage: Stage,
    talk: Talk,
    left: float,
    again: float,
    ended: float,
    *,
    kind: str = "blind",
    ended_by: str = "agent",
    hold: float | None = 0.0,
) -> None:
    """One call, two agents: the client talked until `left` and again from `again` to `ended`."""
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}101",
        queue=None,
        outcome="answered",
        answered_by=("101", "102"),
        offered=(("101", "answered"), ("102", "answered")),
        transfers=((kind, "101", "102"),),
        wait=talk.answered - talk.began,
        talk=(left - talk.answered) + (ended - again) - (hold or 0),
        hold=hold,
        ended_by=ended_by,
        hangup_cause=16,
    )


@scene("101 transfers the client blind by REFER to 102, who answers.")
async def blind_refer_answered(stage: Stage) -> None:
    talk = await talking(stage)
    left = stage.now()
    await talk.agent.refer("102")
    await _second_answers(stage, talk, left)


@scene("101 keys *1 102: a blind transfer by feature code; 102 answers.")
async def blind_feature_code_answered(stage: Stage) -> None:
    talk = await talking(stage)
    talk.agent.press("*1102")
    ring = await stage.phones["102"].incoming()
    left = stage.now()
    again = await stage.pause(0.8)
    await ring.answer()
    ended = await stage.pause(1.2)
    await ring.hang_up()
    await talk.client.over()
    expect_moved(stage, talk, left, again, ended, hold=None)
    del stage.truth[-1]["talk_seconds"]  # while digits are keyed the client hears music


@scene("AMI BlindTransfer moves the client from 101 to 102, who answers.")
async def blind_ami_answered(stage: Stage) -> None:
    talk = await talking(stage)
    channel = await stage.channel_of("101")
    left = stage.now()
    await stage.ami.do("BlindTransfer", Channel=channel, Context="from-internal", Exten="102")
    await _second_answers(stage, talk, left)


@scene("AMI Redirect takes the client away from 101 to 102, who answers.")
async def redirect_answered(stage: Stage) -> None:
    talk = await talking(stage)
    channel = await stage.channel_of("provider")
    left = stage.now()
    await stage.ami.do(
        "Redirect", Channel=channel, Context="from-internal", Exten="102", Priority="1"
    )
    await _second_answers(stage, talk, left)


def _expect_lost(stage: Stage, talk: Talk, left: float, result: str, ended_by: str) -> None:
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}101",
        queue=None,
        outcome="answered",
        answered_by=("101",),
        offered=(("101", "answered"), ("102", result)),
        transfers=(("blind", "101", "102"),),
        wait=talk.answered - talk.began,
        talk=left - talk.answered,
        ended_by=ended_by,
    )


@scene("101 transfers blind to 102, who does not answer; the call ends by time-out.")
async def blind_refer_no_answer(stage: Stage) -> None:
    talk = await talking(stage)
    left = stage.now()
    await talk.agent.refer("102")
    await stage.phones["102"].incoming()
    await talk.client.over()
    _expect_lost(stage, talk, left, "no_answer", "system")


@scene("101 transfers blind to 102; the client hangs up while 102 rings.")
async def blind_refer_abandoned(stage: Stage) -> None:
    talk = await talking(stage)
    left = stage.now()
    await talk.agent.refer("102")
    ring = await stage.phones["102"].incoming()
    await stage.pause(1.0)
    await talk.client.hang_up()
    await ring.over()
    _expect_lost(stage, talk, left, "abandoned", "client")


@scene("101 transfers blind to 102, who is busy.")
async def blind_refer_busy(stage: Stage) -> None:
    talk = await talking(stage)
    left = stage.now()
    await talk.agent.refer("102")
    ring = await stage.phones["102"].incoming()
    await stage.pause(0.4)
    ring.refuse(486)
    await talk.client.over()
    _expect_lost(stage, talk, left, "busy", "system")


@scene("101 transfers the client blind to a mobile outside, which answers; the mobile hangs up.")
async def blind_refer_outside(stage: Stage) -> None:
    talk = await talking(stage)
    left = stage.now()
    await talk.agent.refer(MOBILE)
    mobile = await stage.city.incoming()
    await stage.pause(0.8)
    await mobile.answer()
    await stage.pause(1.0)
    await mobile.hang_up()
    await talk.client.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}101",
        queue=None,
        outcome="answered",
        answered_by=("101",),
        transfers=(("blind", "101", MOBILE),),
        wait=talk.answered - talk.began,
        talk=left - talk.answered,
        hold=0,
    )
    del stage.truth[-1]["offered"]


async def _consult(stage: Stage, talk: Talk) -> tuple[float, Dialog]:
    """101 holds the client and calls 102 on a second line; since when the client is on hold."""
    held = stage.now()
    await talk.agent.hold()
    return held, stage.phones["101"].dial("102")


@scene("101 holds the client, talks with 102, joins them by REFER with Replaces.")
async def attended_refer(stage: Stage) -> None:
    talk = await talking(stage)
    held, consultation = await _consult(stage, talk)
    ring = await stage.phones["102"].incoming()
    await stage.pause(0.6)
    await ring.answer()
    await consultation.answered()
    again = await stage.pause(1.0)
    await talk.agent.refer_to(consultation)
    await talk.agent.over()
    ended = await stage.pause(1.4)
    await talk.client.hang_up()
    await ring.over()
    expect_moved(
        stage, talk, again, again, ended, kind="attended", ended_by="client", hold=again - held
    )


@scene("Blonde: 101 joins the client with 102 by REFER while 102 still rings; 102 answers.")
async def blonde_refer(stage: Stage) -> None:
    talk = await talking(stage)
    held, consultation = await _consult(stage, talk)
    ring = await stage.phones["102"].incoming()
    await consultation.rings()
    left = await stage.pause(0.8)
    await talk.agent.refer_to(consultation)
    again = await stage.pause(0.9)
    await ring.answer()
    ended = await stage.pause(1.4)
    await talk.client.hang_up()
    await ring.over()
    expect_moved(
        stage, talk, left, again, ended, kind="attended", ended_by="client", hold=left - held
    )
    stage.truth[-1]["hold_seconds"] = [round(left - held, 2), round(again - held, 2)]
    stage.truth[-1]["transfers"][0]["kind"] = ["attended", "blind"]


@scene("101 consults 102, who declines; 101 goes back to the client and ends the call.")
async def attended_refused(stage: Stage) -> None:
    talk = await talking(stage)
    held, consultation = await _consult(stage, talk)
    ring = await stage.phones["102"].incoming()
    await stage.pause(0.6)
    ring.refuse(603)
    await consultation.refused()
    await talk.agent.resume()
    resumed = stage.now()
    ended = await stage.pause(1.0)
    await talk.agent.hang_up()
    await talk.client.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}101",
        queue=None,
        outcome="answered",
        answered_by=("101",),
        wait=talk.answered - talk.began,
        talk=ended - talk.answered - (resumed - held),
        hold=resumed - held,
        ended_by="agent",
    )
    del stage.truth[-1]["offered"]  # the consultation may be told as a call of its own
    stage.truth.append({"maybe_absent": True, "direction": "internal", "talk_seconds": 0})


@scene("101 keys *2 102, talks with 102 while the client hears music, hangs up: joined.")
async def attended_feature_code(stage: Stage) -> None:
    talk = await talking(stage)
    held = stage.now()
    talk.agent.press("*2102")
    ring = await stage.phones["102"].incoming()
    await stage.pause(0.8)
    await ring.answer()
    again = await stage.pause(1.2)
    await talk.agent.hang_up()
    ended = await stage.pause(1.4)
    await talk.client.hang_up()
    await ring.over()
    expect_moved(
        stage, talk, again, again, ended, kind="attended", ended_by="client", hold=again - held
    )
    stage.truth[-1]["tolerance_seconds"] = 1.2  # the digits are keyed while the client listens


@scene("Blonde by feature code: 101 keys *2 102 and hangs up while 102 rings; 102 answers.")
async def blonde_feature_code(stage: Stage) -> None:
    talk = await talking(stage)
    held = stage.now()
    talk.agent.press("*2102")
    ring = await stage.phones["102"].incoming()
    left = await stage.pause(0.8)
    await talk.agent.hang_up()
    again = await stage.pause(0.8)
    await ring.answer()
    ended = await stage.pause(1.4)
    await talk.client.hang_up()
    await ring.over()
    expect_moved(
        stage, talk, left, again, ended, kind="attended", ended_by="client", hold=left - held
    )
    stage.truth[-1]["tolerance_seconds"] = 1.2
    stage.truth[-1]["hold_seconds"] = [round(left - held, 2), round(again - held, 2)]
    stage.truth[-1]["transfers"][0]["kind"] = ["attended", "blind"]


@scene("AMI Atxfer from 101 to 102; 101 hangs up after a word; the client talks with 102.")
async def attended_ami(stage: Stage) -> None:
    talk = await talking(stage)
    channel = await stage.channel_of("101")
    held = stage.now()
    await stage.ami.do("Atxfer", Channel=channel, Context="from-internal", Exten="102")
    ring = await stage.phones["102"].incoming()
    await stage.pause(0.8)
    await ring.answer()
    again = await stage.pause(1.2)
    await talk.agent.hang_up()
    ended = await stage.pause(1.4)
    await ring.hang_up()
    await talk.client.over()
    expect_moved(stage, talk, again, again, ended, kind="attended", hold=again - held)
    stage.truth[-1]["tolerance_seconds"] = 1.2


@scene("A queue's client is transferred blind by REFER into another queue and answered there.")
async def queue_to_queue(stage: Stage) -> None:
    await stage.seat("sales", "101")
    await stage.seat("support", "102")
    began = stage.now()
    client = stage.from_city("201")
    agent = await stage.phones["101"].incoming()
    answered = await stage.pause(0.7)
    await agent.answer()
    left = await stage.pause(1.2)
    await agent.refer("202")
    ring = await stage.phones["102"].incoming()
    again = await stage.pause(0.8)
    await ring.answer()
    ended = await stage.pause(1.2)
    await client.hang_up()
    await ring.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}201",
        queue=["sales", "support"],
        outcome="answered",
        answered_by=("101", "102"),
        offered=(("101", "answered"), ("102", "answered")),
        transfers=(("blind", "101", "202"),),
        wait=answered - began,
        talk=(left - answered) + (ended - again),
        ended_by="client",
        hangup_cause=16,
    )


@scene("An outgoing call is handed by the agent (REFER) to 102, who talks on with the client.")
async def outbound_blind_refer(stage: Stage) -> None:
    began = stage.now()
    agent = stage.phones["101"].dial(CLIENT)
    client = await stage.city.incoming()
    answered = await stage.pause(0.8)
    await client.answer()
    await agent.answered()
    left = await stage.pause(1.0)
    await agent.refer("102")
    ring = await stage.phones["102"].incoming()
    again = await stage.pause(0.8)
    await ring.answer()
    ended = await stage.pause(1.2)
    await client.hang_up()
    await ring.over()
    stage.expect(
        direction="outbound",
        caller="101",
        dialled=CLIENT,
        queue=None,
        outcome="answered",
        answered_by=("101", "102"),
        offered=(("102", "answered"),),
        transfers=(("blind", "101", "102"),),
        wait=answered - began,
        talk=(left - answered) + (ended - again),
        ended_by="client",
        hangup_cause=16,
    )


@scene("Two transfers in a row: 101 to 102 to 103, by REFER; the client hangs up.")
async def blind_twice(stage: Stage) -> None:
    talk = await talking(stage)
    left_1 = stage.now()
    await talk.agent.refer("102")
    second = await stage.phones["102"].incoming()
    again_1 = await stage.pause(0.6)
    await second.answer()
    left_2 = await stage.pause(1.0)
    await second.refer("103")
    third = await stage.phones["103"].incoming()
    again_2 = await stage.pause(0.6)
    await third.answer()
    ended = await stage.pause(1.0)
    await talk.client.hang_up()
    await third.over()
    talked = (left_1 - talk.answered) + (left_2 - again_1) + (ended - again_2)
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}101",
        queue=None,
        outcome="answered",
        answered_by=("101", "102", "103"),
        offered=(("101", "answered"), ("102", "answered"), ("103", "answered")),
        transfers=(("blind", "101", "102"), ("blind", "102", "103")),
        wait=talk.answered - talk.began,
        talk=talked,
        ended_by="client",
        hangup_cause=16,
    )
