"""A dialer's calls, several lines out, and the ways of FreePBX."""

from typing import Any

from tests.lab.scenes import scene
from tests.lab.sip_phone import Dialog, Phone
from tests.lab.stage import CLIENT, DID, Stage


async def _dialler_calls(stage: Stage, inside: str, channel_id: str) -> tuple[float, Dialog]:
    """Dial the client and send him to `inside` of the dialer's context; he rings."""
    began = stage.now()
    await stage.ami.do(
        "Originate",
        Channel=f"PJSIP/{CLIENT}@provider",
        Context="dialer",
        Exten=inside,
        Priority="1",
        Timeout="5000",
        CallerID='"Office" <74951000000>',
        ChannelId=channel_id,
        Async="true",
    )
    return began, await stage.city.incoming()


def _expect_dialled(stage: Stage, **known: Any) -> None:
    stage.expect(direction="outbound", dialled=CLIENT, **known)


@scene("A dialed client answers, waits in the queue, 101 answers, they talk.")
async def dialer_answered(stage: Stage) -> None:
    await stage.seat("sales", "101")
    began, client = await _dialler_calls(stage, "queue", "perezvon-dialer-1")
    await stage.pause(0.6)
    await client.answer()
    ring = await stage.phones["101"].incoming()
    answered = await stage.pause(0.7)
    await ring.answer()
    ended = await stage.pause(1.2)
    await client.hang_up()
    await ring.over()
    _expect_dialled(
        stage,
        queue="sales",
        outcome="answered",
        answered_by=("101",),
        offered=(("101", "answered"),),
        wait=answered - began,
        talk=ended - answered,
        ended_by="client",
        hangup_cause=16,
        linkedids=["perezvon-dialer-1"],
    )


@scene("A dialed client answers, no operator is free, the client leaves the queue.")
async def dialer_abandoned(stage: Stage) -> None:
    began, client = await _dialler_calls(stage, "queue", "perezvon-dialer-2")
    await stage.pause(0.6)
    await client.answer()
    await stage.pause(1.5)
    await client.hang_up()
    _expect_dialled(
        stage,
        queue="sales",
        outcome="abandoned",
        wait=stage.now() - began,
        talk=0,
        ended_by="client",
    )


@scene("A dialed client does not answer within five seconds.")
async def dialer_no_answer(stage: Stage) -> None:
    _, client = await _dialler_calls(stage, "queue", "perezvon-dialer-3")
    await client.over()
    _expect_dialled(stage, queue=None, outcome="no_answer", talk=0, ended_by="system")


@scene("A dialed client is busy.")
async def dialer_busy(stage: Stage) -> None:
    _, client = await _dialler_calls(stage, "queue", "perezvon-dialer-4")
    await stage.pause(0.5)
    client.refuse(486)
    _expect_dialled(stage, queue=None, outcome="busy", talk=0, hangup_cause=17)


@scene("A dialed number is answered by a machine (silence): AMD says so, the exchange hangs up.")
async def dialer_machine(stage: Stage) -> None:
    _, client = await _dialler_calls(stage, "detect", "perezvon-dialer-5")
    await stage.pause(0.5)
    await client.answer()
    await client.over()
    _expect_dialled(stage, queue=None, outcome="machine", talk=0, ended_by="system")


@scene("A dialed person says hello: AMD says human, 101 takes the call.")
async def dialer_human(stage: Stage) -> None:
    await stage.seat("sales", "101")
    began, client = await _dialler_calls(stage, "detect", "perezvon-dialer-6")
    await stage.pause(0.5)
    await client.answer()
    await stage.pause(0.3)
    client.media.speak(0.6)
    ring = await stage.phones["101"].incoming()
    answered = await stage.pause(0.6)
    await ring.answer()
    ended = await stage.pause(1.2)
    await ring.hang_up()
    await client.over()
    _expect_dialled(
        stage,
        queue="sales",
        outcome="answered",
        answered_by=("101",),
        offered=(("101", "answered"),),
        wait=answered - began,
        talk=ended - answered,
        ended_by="agent",
        hangup_cause=16,
    )


@scene("A Local channel dials the client for the dialer; 101 answers out of the queue.")
async def dialer_through_local(stage: Stage) -> None:
    await stage.seat("sales", "101")
    began = stage.now()
    await stage.ami.do(
        "Originate",
        Channel=f"Local/{CLIENT}@from-internal",
        Context="dialer",
        Exten="queue",
        Priority="1",
        Timeout="6000",
        ChannelId="perezvon-dialer-7",
        Async="true",
    )
    client = await stage.city.incoming()
    await stage.pause(0.6)
    await client.answer()
    ring = await stage.phones["101"].incoming()
    answered = await stage.pause(0.7)
    await ring.answer()
    ended = await stage.pause(1.6)
    await client.hang_up()
    await ring.over()
    _expect_dialled(
        stage,
        queue="sales",
        outcome="answered",
        answered_by=("101",),
        offered=(("101", "answered"),),
        wait=answered - began,
        talk=ended - answered,
        ended_by="client",
        hangup_cause=16,
    )


@scene("101 dials; the second line is full (503), the first takes the call, the client answers.")
async def outbound_line_failover(stage: Stage) -> None:
    began = stage.now()
    agent = stage.phones["101"].dial("9" + CLIENT)
    full = await stage.city.incoming()
    full.refuse(503)
    client = await stage.city.incoming()
    answered = await stage.pause(0.8)
    await client.answer()
    await agent.answered()
    ended = await stage.pause(1.2)
    await client.hang_up()
    await agent.over()
    stage.expect(
        direction="outbound",
        caller="101",
        dialled="9" + CLIENT,
        queue=None,
        outcome="answered",
        answered_by=("101",),
        wait=answered - began,
        talk=ended - answered,
        ended_by="client",
        hangup_cause=16,
    )


@scene("FreePBX's way: Local members that stay, Gosubs, a name with a prefix; 102 is busy.")
async def freepbx_queue(stage: Stage) -> None:
    await stage.seat("team", "Local/101@from-queue/n", "Local/102@from-queue/n")
    stage.phones["102"].mood = lambda ring: ring.refuse(486)
    began = stage.now()
    client = stage.from_city("74954000201", name="Ирина")
    ring = await stage.phones["101"].incoming()
    answered = await stage.pause(0.8)
    await ring.answer()
    ended = await stage.pause(1.3)
    await ring.hang_up()
    await client.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled="74954000201",
        queue="team",
        outcome="answered",
        answered_by=("101",),
        wait=answered - began,
        talk=ended - answered,
        ended_by="agent",
        hangup_cause=16,
    )
    stage.truth[-1]["offered"] = {"includes": {"PJSIP/101": "answered"}}


@scene("FreePBX's ring group: both phones behind Locals that stay; 102 answers.")
async def freepbx_ring_group(stage: Stage) -> None:
    began = stage.now()
    client = stage.from_city("74954000600")
    other = await stage.phones["101"].incoming()
    ring = await stage.phones["102"].incoming()
    answered = await stage.pause(0.8)
    await ring.answer()
    await other.over()
    ended = await stage.pause(1.3)
    await client.hang_up()
    await ring.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled="74954000600",
        queue=None,
        outcome="answered",
        answered_by=("102",),
        offered=(("101", "answered_elsewhere"), ("102", "answered")),
        wait=answered - began,
        talk=ended - answered,
        ended_by="client",
        hangup_cause=16,
    )


@scene("FreePBX's way: a queue with Local members that nobody picks up in time; the client leaves.")
async def freepbx_queue_abandoned(stage: Stage) -> None:
    await stage.seat("team", "Local/101@from-queue/n", "Local/102@from-queue/n")
    began = stage.now()
    client = stage.from_city("74954000201")
    for number in ("101", "102"):
        await stage.phones[number].incoming()
    await stage.pause(1.2)
    await client.hang_up()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled="74954000201",
        queue="team",
        outcome="abandoned",
        offered=(("101", "abandoned"), ("102", "abandoned")),
        wait=stage.now() - began,
        talk=0,
        ended_by="client",
    )


@scene("A FreePBX queue call on a Local member is transferred blind (REFER) to 102.")
async def freepbx_queue_transferred(stage: Stage) -> None:
    await stage.seat("team", "Local/101@from-queue/n")
    began = stage.now()
    client = stage.from_city("74954000201")
    first = await stage.phones["101"].incoming()
    answered = await stage.pause(0.6)
    await first.answer()
    left = await stage.pause(1.2)
    await first.refer("102")
    ring = await stage.phones["102"].incoming()
    again = await stage.pause(0.7)
    await ring.answer()
    ended = await stage.pause(1.2)
    await client.hang_up()
    await ring.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled="74954000201",
        queue="team",
        outcome="answered",
        answered_by=("101", "102"),
        offered=(("101", "answered"), ("102", "answered")),
        transfers=(("blind", "101", "102"),),
        wait=answered - began,
        talk=(left - answered) + (ended - again),
        ended_by="client",
        hangup_cause=16,
    )


@scene("Both devices of extension 108 ring; one of them answers.")
async def two_devices_of_one_extension(stage: Stage) -> None:
    secret = stage.exchange.phone_secret
    devices = [Phone("108", stage.exchange.sip_port, password=secret) for _ in range(2)]
    try:
        for device in devices:
            await device.open()
            await device.register()
        await _devices_ring(stage, devices)
    finally:
        for device in devices:
            await device.register(expires=0)
            device.close()


async def _devices_ring(stage: Stage, devices: list[Phone]) -> None:
    began = stage.now()
    client = stage.from_city("108")
    rings = [await device.incoming() for device in devices]
    answered = await stage.pause(0.8)
    await rings[1].answer()
    await rings[0].over()
    ended = await stage.pause(1.2)
    await client.hang_up()
    await rings[1].over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}108",
        queue=None,
        outcome="answered",
        answered_by=("108",),
        wait=answered - began,
        talk=ended - answered,
        ended_by="client",
        hangup_cause=16,
    )
    stage.truth[-1]["offered"] = {"includes": {"PJSIP/108": "answered"}}
