"""Transfers that do not go as meant: back to the first agent, cancelled, or out of a hold."""

from tests.lab.scenes import scene
from tests.lab.scenes.moved import Talk, expect_moved, talking
from tests.lab.stage import CLIENT, DID, Stage


def _expect_kept(
    stage: Stage, talk: Talk, ended: float, hold: tuple[float, float], by: str
) -> None:
    """101 keeps the client in the end; somewhere between the two the client heard music."""
    stage.truth.append(
        {
            "direction": "inbound",
            "caller": CLIENT,
            "dialled": f"{DID}101",
            "queue": None,
            "outcome": "answered",
            "answered_by": {"any_of": [["PJSIP/101"], ["PJSIP/101", "PJSIP/101"]]},
            "wait_seconds": round(talk.answered - talk.began, 2),
            "hold_seconds": [round(moment, 2) for moment in hold],
            "talk_seconds": [
                round(ended - talk.answered - hold[1], 2),
                round(ended - talk.answered - hold[0], 2),
            ],
            "transfers": [],
            "ended_by": by,
        }
    )


@scene("101 keys *2 102; 102 does not answer; 101 has the client back and hangs up.")
async def attended_code_no_answer(stage: Stage) -> None:
    talk = await talking(stage)
    held = stage.now()
    talk.agent.press("*2102")
    ring = await stage.phones["102"].incoming()
    await ring.over()
    back = stage.now()
    ended = await stage.pause(1.8)
    await talk.agent.hang_up()
    await talk.client.over()
    _expect_kept(stage, talk, ended, (back - held - 1.8, back - held + 1.2), "agent")


@scene("101 keys *2 102, who answers and hangs up; 101 has the client back.")
async def attended_code_target_leaves(stage: Stage) -> None:
    talk = await talking(stage)
    held = stage.now()
    talk.agent.press("*2102")
    ring = await stage.phones["102"].incoming()
    await stage.pause(0.5)
    await ring.answer()
    back = await stage.pause(0.8)
    await ring.hang_up()
    ended = await stage.pause(1.8)
    await talk.client.hang_up()
    await talk.agent.over()
    _expect_kept(stage, talk, ended, (back - held - 1.8, back - held + 1.2), "client")


@scene("AMI Atxfer to 102 is cancelled (CancelAtxfer) while 102 rings; 101 talks on.")
async def attended_ami_cancelled(stage: Stage) -> None:
    talk = await talking(stage)
    channel = await stage.channel_of("101")
    held = stage.now()
    await stage.ami.do("Atxfer", Channel=channel, Context="from-internal", Exten="102")
    ring = await stage.phones["102"].incoming()
    back = await stage.pause(0.8)
    await stage.ami.do("CancelAtxfer", Channel=channel)
    await ring.over()
    ended = await stage.pause(1.5)
    await talk.agent.hang_up()
    await talk.client.over()
    _expect_kept(stage, talk, ended, (back - held - 1.8, back - held + 1.2), "agent")


@scene("Blonde by feature code to 102, who does not answer: 101 is rung back and answers.")
async def blonde_code_comes_back(stage: Stage) -> None:
    talk = await talking(stage)
    talk.agent.press("*2102")
    ring = await stage.phones["102"].incoming()
    await stage.pause(0.6)
    await talk.agent.hang_up()
    await ring.over()
    back = await stage.phones["101"].incoming()
    await stage.pause(0.5)
    await back.answer()
    await stage.pause(1.5)
    await talk.client.hang_up()
    await back.over()
    stage.truth.append(
        {
            "direction": "inbound",
            "caller": CLIENT,
            "dialled": f"{DID}101",
            "outcome": "answered",
            "answered_by": {"any_of": [["PJSIP/101"], ["PJSIP/101", "PJSIP/101"]]},
            "wait_seconds": round(talk.answered - talk.began, 2),
            "ended_by": "client",
        }
    )


@scene("As softphones do it: 101 holds the client, then transfers him blind (REFER) to 102.")
async def blind_out_of_hold(stage: Stage) -> None:
    talk = await talking(stage)
    held = stage.now()
    await talk.agent.hold()
    left = await stage.pause(0.9)
    await talk.agent.refer("102")
    ring = await stage.phones["102"].incoming()
    again = await stage.pause(0.7)
    await ring.answer()
    ended = await stage.pause(1.2)
    await talk.client.hang_up()
    await ring.over()
    expect_moved(stage, talk, left, again, ended, ended_by="client", hold=left - held)


@scene("101 transfers the client blind into a queue where nobody is; he leaves.")
async def blind_to_queue_abandoned(stage: Stage) -> None:
    talk = await talking(stage)
    left = stage.now()
    await talk.agent.refer("201")
    await stage.pause(1.5)
    await talk.client.hang_up()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}101",
        queue=[None, "sales"],
        outcome="answered",
        answered_by=("101",),
        offered=(("101", "answered"),),
        transfers=(("blind", "101", "201"),),
        wait=talk.answered - talk.began,
        talk=left - talk.answered,
        ended_by="client",
    )


@scene("A queue rings 101, whose phone forwards (302) to 103, which answers.")
async def queue_member_forwards(stage: Stage) -> None:
    await stage.seat("sales", "101")
    stage.phones["101"].mood = lambda ring: ring.redirect("103")
    began = stage.now()
    client = stage.from_city("201")
    ring = await stage.phones["103"].incoming()
    answered = await stage.pause(0.7)
    await ring.answer()
    ended = await stage.pause(1.6)
    await client.hang_up()
    await ring.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}201",
        queue="sales",
        outcome="answered",
        answered_by=("103",),
        wait=answered - began,
        talk=ended - answered,
        ended_by="client",
        hangup_cause=16,
    )
    stage.truth[-1]["offered"] = {"includes": {"PJSIP/103": "answered"}}


@scene("A queue's phone behind a Local member rings; 103 picks the call up with *8.")
async def pickup_local_member(stage: Stage) -> None:
    await stage.seat("team", "Local/101@reach")
    began = stage.now()
    client = stage.from_city("204")
    ring = await stage.phones["101"].incoming()
    answered = await stage.pause(0.8)
    third = stage.phones["103"].dial("*8")
    await third.answered()
    await ring.over()
    ended = await stage.pause(1.6)
    await client.hang_up()
    await third.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}204",
        queue="team",
        outcome="answered",
        answered_by=("103",),
        wait=answered - began,
        talk=ended - answered,
        ended_by="client",
        hangup_cause=16,
    )
    stage.truth[-1]["offered"] = {"includes": {"PJSIP/101": "answered_elsewhere"}}


@scene("101 talks; the supervisor's AMI Bridge joins the client with 102's own waiting line.")
async def bridged_by_ami(stage: Stage) -> None:
    talk = await talking(stage)
    second = stage.phones["102"].dial("600")
    await second.answered()
    await stage.pause(0.4)
    await stage.ami.do(
        "Bridge",
        Channel1=await stage.channel_of("provider"),
        Channel2=await stage.channel_of("102"),
    )
    await talk.agent.over()
    ended = await stage.pause(1.3)
    await talk.client.hang_up()
    await second.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}101",
        queue=None,
        outcome="answered",
        answered_by=("101", "102"),
        wait=talk.answered - talk.began,
        talk=ended - talk.answered,
        ended_by="client",
    )
    del stage.truth[-1]["offered"], stage.truth[-1]["transfers"]
    stage.truth.append({"maybe_absent": True, "direction": "internal"})
