"""Each story of the simulated exchange, told to the tracker, comes out as it was meant."""

from collections.abc import Callable

import pytest

from telephony.simulator import (
    MENU_NUMBER,
    SALES_NUMBER,
    SUPPORT_NUMBER,
    Handover,
    Hold,
    Mood,
    Reply,
    Talk,
    direct_number,
)
from tests.telephony.simulated import SLEEPY, UNWILLING, Stage, meant, recorded, stage

Begin = Callable[[Stage], None]
DIRECT = direct_number("101")
ANSWERED = Reply("answer", 3)


def incoming(dialled: str, patience: float = 60, talk: Talk | None = None) -> Begin:
    return lambda scene: scene.come_in(dialled, patience=patience, talk=talk)


def outgoing(reply: Reply, patience: float = 25, talk: Talk | None = None) -> Begin:
    return lambda scene: scene.go_out(reply=reply, patience=patience, talk=talk)


def internal(patience: float = 40) -> Begin:
    return lambda scene: scene.go_out("102", patience=patience)


STORIES: dict[str, tuple[Begin, dict[str, Mood], str]] = {
    "ring all": (incoming(SALES_NUMBER), {}, "answered"),
    "abandoned ringing": (incoming(SALES_NUMBER, 5), {"101": SLEEPY, "102": SLEEPY}, "abandoned"),
    "one by one": (incoming(SUPPORT_NUMBER), {"101": SLEEPY}, "answered"),
    "first declines": (incoming(SUPPORT_NUMBER), {"101": UNWILLING}, "answered"),
    "mailbox": (incoming(SUPPORT_NUMBER, 300), {"101": SLEEPY, "102": SLEEPY}, "voicemail"),
    "menu": (incoming(MENU_NUMBER), {}, "answered"),
    "abandoned in the menu": (incoming(MENU_NUMBER, 3), {}, "abandoned"),
    "direct": (incoming(DIRECT), {}, "answered"),
    "agent hangs up": (incoming(DIRECT, talk=Talk(20, "agent")), {}, "answered"),
    "direct, nobody answers": (incoming(DIRECT, 100), {"101": SLEEPY}, "no_answer"),
    "direct, declined": (incoming(DIRECT, 100), {"101": UNWILLING}, "failed"),
    "unknown number": (incoming("74951009999"), {}, "failed"),
    "outgoing": (outgoing(Reply("answer", 3)), {}, "answered"),
    "outgoing busy": (outgoing(Reply("busy", 1)), {}, "busy"),
    "outgoing declined": (outgoing(Reply("decline", 2)), {}, "failed"),
    "outgoing unreachable": (outgoing(Reply("unreachable", 1)), {}, "congestion"),
    "outgoing given up": (outgoing(Reply("miss"), 10), {}, "no_answer"),
    "outgoing unanswered": (outgoing(Reply("miss"), 50), {}, "no_answer"),
    "internal": (internal(), {}, "answered"),
    "internal unanswered": (internal(), {"102": SLEEPY}, "no_answer"),
    "hold": (incoming(DIRECT, talk=Talk(30, hold=Hold(5, 7))), {}, "answered"),
    "hung up on hold": (incoming(DIRECT, talk=Talk(8, hold=Hold(5, 7))), {}, "answered"),
    "outgoing hold": (
        outgoing(Reply("answer", 3), 20, Talk(30, "agent", Hold(5, 7))),
        {},
        "answered",
    ),
}
HANDOVERS = ("blind", "attended", "blonde", "cancelled", "parked")


@pytest.mark.parametrize("name", STORIES)
def test_a_story_is_recorded_as_it_was_meant(name: str) -> None:
    begin, moods, outcome = STORIES[name]
    scene = stage(moods)
    begin(scene)
    scene.play(400)
    [told], [record] = scene.exchange.ledger, scene.records()
    assert told.outcome == outcome
    assert recorded(record) == meant(told)
    assert not scene.exchange.switch.channels


@pytest.mark.parametrize("kind", HANDOVERS)
@pytest.mark.parametrize("target", ["answers", "does not answer"])
@pytest.mark.parametrize("begins", ["direct", "queue", "outgoing"])
def test_a_handover_is_recorded_as_it_was_meant(kind: str, target: str, begins: str) -> None:
    scene = stage({} if target == "answers" else {"103": SLEEPY, "102": SLEEPY})
    talk = Talk(40, handover=Handover(kind, 10, "103"))  # type: ignore[arg-type]
    if begins == "outgoing":
        scene.go_out(talk=talk)
    else:
        scene.come_in(SALES_NUMBER if begins == "queue" else DIRECT, talk=talk)
    scene.play(400)
    [told], [record] = scene.exchange.ledger, scene.records()
    assert recorded(record) == meant(told)
    assert not scene.exchange.switch.channels
    moved = [(what, who) for what, who, _ in told.transfers]
    who = told.answered_by[0]
    if kind in ("blind", "blonde") or (kind == "attended" and target == "answers"):
        assert moved == [("blind" if kind == "blind" else "attended", who)]
    if kind == "parked":
        assert told.hold_seconds > 3


def test_the_client_who_hangs_up_during_a_consultation_ends_it_for_all() -> None:
    scene = stage()
    scene.come_in(DIRECT, talk=Talk(18, handover=Handover("attended", 5, "102")))
    scene.play(120)
    [told] = scene.exchange.ledger
    assert told.ended_by == "client"
    assert not scene.exchange.switch.channels
    assert len(scene.records()) == 1


def test_a_parked_client_who_is_forgotten_rings_back() -> None:
    scene = stage()
    scene.come_in(DIRECT, talk=Talk(60))
    scene.play(5)
    [channel] = [each for each in scene.exchange.switch.channels.values() if "trunk" in each.name]
    scene.exchange.transfers.park(channel, parked_for="PJSIP/101", seconds=10)
    scene.play(200)
    [told], [record] = scene.exchange.ledger, scene.records()
    assert [offer.interface for offer in told.offers] == ["PJSIP/101", "PJSIP/101"]
    assert told.hold_seconds == pytest.approx(10)
    assert record.hold_seconds == pytest.approx(10, abs=0.1)
