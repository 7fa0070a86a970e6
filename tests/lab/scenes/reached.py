"""The less common ways in which a call finds somebody: chains, confirmations, queues by turns."""

from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

from tests.lab.scenes import scene
from tests.lab.sip_phone import Dialog, Phone
from tests.lab.stage import CLIENT, DID, Stage

SECOND = "79162223344"
MOBILE = "79165550001"


@dataclass
class Served:
    """A client who has just been answered by `agent`."""

    began: float
    answered: float
    client: Dialog
    agent: Dialog


async def served(
    stage: Stage, inside: str, number: str = "101", *, caller: str = CLIENT, think: float = 0.7
) -> Served:
    """The client calls `inside`, the phone `number` rings and answers."""
    began = stage.now()
    client = stage.from_city(inside, caller=caller)
    agent = await stage.phones[number].incoming()
    answered = await stage.pause(think)
    await agent.answer()
    await client.answered()
    return Served(began, answered, client, agent)


def told(stage: Stage, call: Served, inside: str, ended: float, **known: Any) -> None:
    """The truth of one answered inbound call; `known` overrides what is common."""
    usual: dict[str, Any] = {
        "direction": "inbound",
        "caller": CLIENT,
        "dialled": f"{DID}{inside}",
        "queue": None,
        "outcome": "answered",
        "answered_by": ("101",),
        "offered": (("101", "answered"),),
        "wait": call.answered - call.began,
        "talk": ended - call.answered,
        "ended_by": "client",
        "hangup_cause": 16,
    }
    stage.expect(**{**usual, **known})


async def _client_leaves(stage: Stage, call: Served, after: float = 1.1) -> float:
    ended = await stage.pause(after)
    await call.client.hang_up()
    await call.agent.over()
    return ended


def _forwarding(stage: Stage, *chain: str) -> None:
    for number, goal in pairwise(chain):
        stage.phones[number].mood = partial(_forward, goal)


def _forward(goal: str, ring: Dialog) -> None:
    ring.redirect(goal)


@scene("101 forwards (302) to 102, which forwards (302) to 103, which answers.")
async def forward_chained(stage: Stage) -> None:
    _forwarding(stage, "101", "102", "103")
    call = await served(stage, "101", "103")
    ended = await _client_leaves(stage, call)
    told(stage, call, "101", ended, answered_by=("103",))
    stage.truth[-1]["offered"] = {"includes": {"PJSIP/103": "answered"}}


@scene("101 forwards (302) to 102, which forwards (302) to a mobile outside; it is busy.")
async def forward_chained_outside_busy(stage: Stage) -> None:
    _forwarding(stage, "101", "102", MOBILE)
    client = stage.from_city("101")
    mobile = await stage.city.incoming()
    await stage.pause(0.5)
    mobile.refuse(486)
    await client.refused()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}101",
        queue=None,
        outcome="busy",
        talk=0,
    )
    del stage.truth[-1]["offered"]


@scene("FollowMe rings 101, which answers and accepts the call by keying 1.")
async def follow_me_accepted(stage: Stage) -> None:
    began = stage.now()
    client = stage.from_city("242")
    agent = await stage.phones["101"].incoming()
    await stage.pause(0.5)
    await agent.answer()
    await stage.pause(1.5)
    agent.press("1")
    answered = await stage.pause(0.4)
    call = Served(began, answered, client, agent)
    ended = await _client_leaves(stage, call, 1.5)
    told(stage, call, "242", ended, tolerance_seconds=1.5)


@scene("FollowMe: 101 answers and declines (2), 102 answers and declines: the call ends.")
async def follow_me_declined(stage: Stage) -> None:
    began = stage.now()
    client = stage.from_city("242")
    for number in ("101", "102"):
        agent = await stage.phones[number].incoming()
        await stage.pause(0.4)
        await agent.answer()
        await stage.pause(1.5)
        agent.press("2")
        await agent.over()
    await client.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}242",
        queue=None,
        outcome="no_answer",
        wait=stage.now() - began,
        talk=0,
        ended_by=["system", "agent"],
    )
    del stage.truth[-1]["offered"]


@scene("Dial asks who answers: 101 keys nothing and loses the call, 102 accepts with 1.")
async def confirmed_by_the_second(stage: Stage) -> None:
    began = stage.now()
    client = stage.from_city("243")
    first = await stage.phones["101"].incoming()
    await stage.pause(0.4)
    await first.answer()
    await first.over()
    agent = await stage.phones["102"].incoming()
    await stage.pause(0.4)
    await agent.answer()
    await stage.pause(0.7)
    agent.press("1")
    answered = await stage.pause(0.4)
    call = Served(began, answered, client, agent)
    ended = await _client_leaves(stage, call, 1.3)
    told(stage, call, "243", ended, answered_by=("102",), tolerance_seconds=1.2)
    stage.truth[-1]["offered"] = {"includes": {"PJSIP/102": "answered"}}


@scene("The keyed choice (Read) leads into a queue where nobody answers, then to voicemail.")
async def read_queue_voicemail(stage: Stage) -> None:
    await stage.seat("orders", "101")
    began = stage.now()
    client = stage.from_city("244")
    await client.answered()
    await stage.pause(1.2)
    client.press("1")
    ring = await stage.phones["101"].incoming()
    await ring.over()
    await stage.pause(5.5)
    await client.hang_up()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}244",
        queue="orders",
        outcome=["voicemail", "abandoned"],
        wait=stage.now() - began,
        talk=0,
        ended_by="client",
    )
    stage.truth[-1]["offered"] = {"includes": {"PJSIP/101": "no_answer"}}


@scene("The line takes one call at a time: the second client hears busy while the first talks.")
async def line_is_full(stage: Stage) -> None:
    call = await served(stage, "245")
    second = stage.from_city("245", caller=SECOND)
    await second.refused()
    ended = await _client_leaves(stage, call)
    told(stage, call, "245", ended)
    stage.expect(
        direction="inbound",
        caller=SECOND,
        dialled=f"{DID}245",
        queue=None,
        outcome=["busy", "failed"],
        talk=0,
        ended_by="system",
    )


@scene("101 is busy; a voice says so to the client, and the exchange hangs up.")
async def busy_told_by_a_voice(stage: Stage) -> None:
    began = stage.now()
    client = stage.from_city("246")
    ring = await stage.phones["101"].incoming()
    await stage.pause(0.4)
    ring.refuse(486)
    await client.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}246",
        queue=None,
        outcome="busy",
        offered=(("101", "busy"),),
        wait=stage.now() - began,
        talk=0,
        ended_by="system",
    )


@scene("A number behind which there is only a voice: it speaks and hangs up.")
async def only_a_voice(stage: Stage) -> None:
    began = stage.now()
    client = stage.from_city("247")
    await client.over()
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}247",
        queue=None,
        outcome="no_answer",
        wait=stage.now() - began,
        talk=0,
        ended_by="system",
    )


@scene("leastrecent: two clients one after the other come to two different agents.")
async def queue_least_recent(stage: Stage) -> None:
    await stage.seat("rested", "101", "102")
    for inside_first in (True, False):
        began = stage.now()
        client = stage.from_city("250", caller=CLIENT if inside_first else SECOND)
        number = "101" if inside_first else "102"
        agent = await stage.phones[number].incoming()
        answered = await stage.pause(0.5)
        await agent.answer()
        call = Served(began, answered, client, agent)
        ended = await _client_leaves(stage, call)
        told(
            stage,
            call,
            "250",
            ended,
            caller=CLIENT if inside_first else SECOND,
            queue="rested",
            answered_by=(number,),
            offered=((number, "answered"),),
        )
        await stage.pause(1.1)


@scene("random: the only agent does not answer, is drawn again, declines, answers the third time.")
async def queue_random_thrice(stage: Stage) -> None:
    await stage.seat("lottery", "101")
    began = stage.now()
    client = stage.from_city("251")
    await (await stage.phones["101"].incoming()).over()
    ring = await stage.phones["101"].incoming()
    await stage.pause(0.4)
    ring.refuse(603)
    agent = await stage.phones["101"].incoming()
    answered = await stage.pause(0.5)
    await agent.answer()
    call = Served(began, answered, client, agent)
    ended = await _client_leaves(stage, call)
    results = (("101", "no_answer"), ("101", "refused"), ("101", "answered"))
    told(stage, call, "251", ended, queue="lottery", offered=results)


@scene("Two queues share 101: the client of the weightier one is served first.")
async def queue_weight(stage: Stage) -> None:
    await stage.seat("sales", "101")
    await stage.seat("urgent", "101")
    busy = stage.phones["101"].dial(MOBILE)
    mobile = await stage.city.incoming()
    dialled = stage.now()
    await mobile.answer()
    await busy.answered()
    t_plain = stage.now()
    plain = stage.from_city("201")
    await plain.answered()
    t_urgent = await stage.pause(0.3)
    urgent = stage.from_city("252", caller=SECOND)
    await urgent.answered()
    freed = await stage.pause(0.6)
    await busy.hang_up()
    first = await stage.phones["101"].incoming()
    a_urgent = await stage.pause(0.5)
    await first.answer()
    e_urgent = await stage.pause(1.1)
    await urgent.hang_up()
    await first.over()
    second = await stage.phones["101"].incoming()
    a_plain = await stage.pause(0.5)
    await second.answer()
    e_plain = await stage.pause(1.1)
    await plain.hang_up()
    await second.over()
    stage.expect(
        direction="outbound",
        caller="101",
        dialled=MOBILE,
        queue=None,
        outcome="answered",
        answered_by=("101",),
        talk=freed - dialled,
        ended_by="agent",
        hangup_cause=16,
    )
    told(
        stage,
        Served(t_plain, a_plain, plain, second),
        "201",
        e_plain,
        queue="sales",
    )
    told(
        stage,
        Served(t_urgent, a_urgent, urgent, first),
        "252",
        e_urgent,
        caller=SECOND,
        queue="urgent",
    )


@scene("A queue gives up after three seconds into a second queue, where another agent answers.")
async def queue_into_queue(stage: Stage) -> None:
    await stage.seat("rested", "101")
    await stage.seat("lottery", "102")
    began = stage.now()
    client = stage.from_city("253")
    await (await stage.phones["101"].incoming()).over()
    agent = await stage.phones["102"].incoming()
    answered = await stage.pause(0.5)
    await agent.answer()
    call = Served(began, answered, client, agent)
    ended = await _client_leaves(stage, call)
    told(
        stage,
        call,
        "253",
        ended,
        queue="lottery",
        answered_by=("102",),
        offered=(("101", "no_answer"), ("102", "answered")),
    )


@scene("A queue's member is a mobile outside (Local): it answers and talks with the client.")
async def queue_member_mobile(stage: Stage) -> None:
    await stage.ami.do(
        "QueueAdd", Queue="team", Interface=f"Local/{MOBILE}@reach/n", MemberName="Mobile"
    )
    try:
        began = stage.now()
        client = stage.from_city("204")
        mobile = await stage.city.incoming()
        answered = await stage.pause(0.7)
        await mobile.answer()
        ended = await stage.pause(1.3)
        await client.hang_up()
        await mobile.over()
    finally:
        await stage.ami.do("QueueRemove", Queue="team", Interface=f"Local/{MOBILE}@reach/n")
    stage.expect(
        direction="inbound",
        caller=CLIENT,
        dialled=f"{DID}204",
        queue="team",
        outcome="answered",
        wait=answered - began,
        talk=ended - answered,
        ended_by="client",
        hangup_cause=16,
    )
    del stage.truth[-1]["offered"], stage.truth[-1]["answered_by"]


@scene("101 calls the support queue from his own phone; 102 answers: an internal call.")
async def internal_through_queue(stage: Stage) -> None:
    await stage.seat("support", "102")
    began = stage.now()
    caller = stage.phones["101"].dial("202")
    agent = await stage.phones["102"].incoming()
    answered = await stage.pause(0.6)
    await agent.answer()
    await stage.pause(1.1)
    await caller.hang_up()
    await agent.over()
    stage.expect(
        direction="internal",
        caller="101",
        dialled="202",
        queue="support",
        outcome="answered",
        answered_by=("102",),
        offered=(("102", "answered"),),
        wait=answered - began,
        ended_by="agent",
        hangup_cause=16,
    )


@scene("101 calls a queue from his own phone, waits in vain and gives up.")
async def internal_queue_given_up(stage: Stage) -> None:
    began = stage.now()
    caller = stage.phones["101"].dial("201")
    await caller.answered()
    await stage.pause(1.2)
    await caller.hang_up()
    stage.expect(
        direction="internal",
        caller="101",
        dialled="201",
        queue="sales",
        outcome=["abandoned", "no_answer"],
        wait=stage.now() - began,
        talk=0,
        ended_by="agent",
    )


@scene("101 dials 112: a short number, but the world outside.")
async def outbound_short_number(stage: Stage) -> None:
    began = stage.now()
    agent = stage.phones["101"].dial("112")
    client = await stage.city.incoming()
    answered = await stage.pause(0.6)
    await client.answer()
    await agent.answered()
    ended = await stage.pause(1.1)
    await client.hang_up()
    await agent.over()
    stage.expect(
        direction="outbound",
        caller="101",
        dialled="112",
        queue=None,
        outcome="answered",
        answered_by=("101",),
        wait=answered - began,
        talk=ended - answered,
        ended_by="client",
        hangup_cause=16,
    )


@scene("A number of ours that leads out again to a mobile: two outsiders and none of us.")
async def in_and_out_again(stage: Stage) -> None:
    client = stage.from_city("255")
    mobile = await stage.city.incoming()
    await stage.pause(0.6)
    await mobile.answer()
    await client.answered()
    await stage.pause(1.1)
    await mobile.hang_up()
    await client.over()
    stage.truth.append(
        {
            "direction": "inbound",
            "caller": CLIENT,
            "dialled": f"{DID}255",
            "queue": None,
            "outcome": ["answered", "no_answer"],
        }
    )


async def _desks(stage: Stage) -> list[Phone]:
    secret = stage.exchange.phone_secret
    desks = [
        Phone(name, stage.exchange.sip_port, password=secret)
        for name in ("desk-anna", "desk-boris")
    ]
    for desk in desks:
        await desk.open()
        await desk.register()
    return desks


@scene(
    "Phones named desk-anna and desk-boris, media from phone to phone: a client, then each other.",
    phones=r"desk-.+|\d{2,5}",
)
async def dashed_names(stage: Stage) -> None:
    anna, boris = await _desks(stage)
    began = stage.now()
    client = stage.from_city("260")
    ring = await anna.incoming()
    answered = await stage.pause(0.6)
    await ring.answer()
    await client.answered()
    ended = await stage.pause(1.1)
    await ring.hang_up()
    await client.over()
    told(
        stage,
        Served(began, answered, client, ring),
        "260",
        ended,
        answered_by=("PJSIP/desk-anna",),
        offered=(("PJSIP/desk-anna", "answered"),),
        ended_by="agent",
    )
    caller = anna.dial("261")
    ring = await boris.incoming()
    await stage.pause(0.6)
    await ring.answer()
    await caller.answered()
    await stage.pause(1.2)
    await ring.hang_up()
    await caller.over()
    stage.expect(
        direction="internal",
        caller="desk-anna",
        dialled="261",
        queue=None,
        outcome="answered",
        answered_by=("PJSIP/desk-boris",),
        offered=(("PJSIP/desk-boris", "answered"),),
        ended_by="agent",
        hangup_cause=16,
    )
    for desk in (anna, boris):
        await desk.register(expires=0)
        desk.close()
