"""The AMI link is lost and comes back, Asterisk restarts: what is known, what is left."""

from tests.lab.scenes import scene
from tests.lab.scenes.moved import talking
from tests.lab.stage import CLIENT, DID, Stage


async def _lose(stage: Stage) -> None:
    assert stage.leave is not None
    await stage.leave()


async def _again(stage: Stage) -> None:
    assert stage.join is not None
    assert stage.listing is not None
    await stage.join()
    await stage.listing()


def _expect(stage: Stage, began: float, answered: float, **known: object) -> None:
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}101",
        queue=None,
        outcome="answered",
        answered_by=("101",),
        offered=(("101", "answered"),),
        wait=answered - began,
        **known,  # type: ignore[arg-type]
    )


@scene("The link is lost while a client talks and is back before he hangs up.")
async def link_lost_call_survives(stage: Stage) -> None:
    talk = await talking(stage)
    await _lose(stage)
    await stage.pause(0.6)
    await _again(stage)
    ended = await stage.pause(0.8)
    await talk.client.hang_up()
    await talk.agent.over()
    _expect(
        stage,
        talk.began,
        talk.answered,
        talk=ended - talk.answered,
        ended_by="client",
        hangup_cause=16,
    )


@scene("The link is lost while a client talks; he hangs up before it is back.")
async def link_lost_call_ends_unseen(stage: Stage) -> None:
    talk = await talking(stage)
    lost = stage.now()
    await _lose(stage)
    await stage.pause(0.4)
    await talk.client.hang_up()
    await talk.agent.over()
    back = await stage.pause(0.6)
    await _again(stage)
    _expect(stage, talk.began, talk.answered, talk=None)
    between = [round(moment - talk.answered, 2) for moment in (lost, back)]
    stage.truth[-1]["talk_seconds"] = between


@scene("The link is lost while 101 rings; 101 answers unseen; the link is back, they talk on.")
async def link_lost_answered_unseen(stage: Stage) -> None:
    began = stage.now()
    client = stage.from_city("101")
    ring = await stage.phones["101"].incoming()
    await stage.pause(0.5)
    await _lose(stage)
    answered = await stage.pause(0.4)
    await ring.answer()
    await client.answered()
    await stage.pause(0.5)
    await _again(stage)
    ended = await stage.pause(0.8)
    await ring.hang_up()
    await client.over()
    _expect(stage, began, answered, talk=ended - answered, ended_by="agent", hangup_cause=16)
    stage.truth[-1]["tolerance_seconds"] = 1.5


@scene("While the link is away one call ends and another one begins.")
async def link_lost_calls_change(stage: Stage) -> None:
    talk = await talking(stage)
    lost = stage.now()
    await _lose(stage)
    await talk.client.hang_up()
    await talk.agent.over()
    client = stage.from_city("102", caller="79037654321")
    ring = await stage.phones["102"].incoming()
    await ring.answer()
    back = await stage.pause(0.5)
    await _again(stage)
    await stage.pause(0.8)
    await client.hang_up()
    await ring.over()
    _expect(stage, talk.began, talk.answered, talk=None)
    between = [round(moment - talk.answered, 2) for moment in (lost, back)]
    stage.truth[-1]["talk_seconds"] = between
    stage.truth.append(
        {
            "direction": "inbound",
            "caller": "79037654321",
            "outcome": "answered",
            "answered_by": ["PJSIP/102"],
            "ended_by": "client",
        }
    )


@scene("Asterisk restarts at once in the middle of a call: every channel is hung up, Shutdown.")
async def exchange_restarts(stage: Stage) -> None:
    talk = await talking(stage)
    ended = stage.now()
    await stage.restart_exchange()
    await _lose(stage)
    await _again(stage)
    await talk.client.over()
    await talk.agent.over()
    _expect(stage, talk.began, talk.answered, talk=ended - talk.answered)
