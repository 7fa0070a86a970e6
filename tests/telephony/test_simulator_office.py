"""A day at the simulated office: believable, faithful to real Asterisk, the same for one seed."""

from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from telephony.events import CallRecord
from telephony.simulator import COLLEAGUES, SALES_NUMBER, SUPPORT_NUMBER, Pace, Town, direct_number
from telephony.simulator.town import BusyTown
from telephony.simulator.truth import Told
from tests.telephony.simulated import SLEEPY, Stage, meant, recorded, stage

STREAMS = Path(__file__).parent.parent / "streams"
EIGHT = tuple(str(number) for number in range(101, 109))
HOUR = 3600


def busy_office(seed: int = 5, hours: float = 1) -> Stage:
    people = (("79161234567", "Иван"), ("79031234567", "Пётр"), ("74952223344", "ООО «Ромашка»"))
    dialled = ((SALES_NUMBER, 5.0), (SUPPORT_NUMBER, 4.0), ("74951000210", 1.0))
    town = Town(people, (*dialled, (direct_number("101"), 1.0)), EIGHT)
    moods = {extension: COLLEAGUES[int(extension) % 3] for extension in EIGHT}
    scene = stage(moods, extensions=8, seated=4, seed=seed, town=town)
    BusyTown(scene.exchange, Pace(4, 2), seed=seed).start()
    scene.play(hours * HOUR)
    return scene


@pytest.fixture(scope="module")
def day() -> Stage:
    return busy_office(hours=2)


def test_every_call_of_a_busy_day_is_recorded_as_it_was_meant(day: Stage) -> None:
    by_linkedid = {str(record.linkedids[0]): record for record in day.records()}
    assert len(by_linkedid) == len(day.exchange.ledger)
    finished = [told for told in day.exchange.ledger if told.ended_at is not None]
    wrong = {told.linkedid: differences(told, by_linkedid[told.linkedid]) for told in finished}
    assert {linkedid: fields for linkedid, fields in wrong.items() if fields} == {}


def differences(told: Told, record: CallRecord) -> dict[str, tuple[Any, Any]]:
    """Where the books disagree."""
    ours, theirs = meant(told), recorded(record)
    return {key: (ours[key], theirs[key]) for key in ours if ours[key] != theirs[key]}


def test_a_day_has_every_kind_of_call(day: Stage) -> None:
    outcomes = Counter(told.outcome for told in day.exchange.ledger)
    assert {"answered", "abandoned", "busy", "no_answer", "voicemail"} <= set(outcomes)
    assert outcomes["answered"] > sum(outcomes.values()) / 2
    kinds = {kind for told in day.exchange.ledger for kind, _, _ in told.transfers}
    assert kinds == {"blind", "attended"}
    assert {told.direction for told in day.exchange.ledger} == {"inbound", "outbound", "internal"}
    assert any(told.caller == "anonymous" for told in day.exchange.ledger)
    assert any(told.hold_seconds for told in day.exchange.ledger)


def test_events_carry_exactly_the_headers_that_a_real_asterisk_sends(day: Stage) -> None:
    real: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for path in STREAMS.glob("*.ami"):
        for name, keys in shapes(path.read_bytes()):
            real[name].add(keys)
    for name, keys in set(shapes(day.stream)):
        assert name in real, f"{name} was never captured on a real Asterisk"
        assert keys in real[name], f"{name} has other headers than any real one: {keys}"


def test_the_same_seed_plays_the_same_day() -> None:
    assert busy_office(seed=3, hours=0.2).stream == busy_office(seed=3, hours=0.2).stream
    assert busy_office(seed=3, hours=0.2).stream != busy_office(seed=4, hours=0.2).stream


def test_a_phone_never_has_two_calls(day: Stage) -> None:
    talking: dict[str, str] = {}
    for block in day.stream.decode().split("\r\n\r\n"):
        headers = dict(line.split(": ", 1) for line in block.split("\r\n") if ": " in line)
        channel = headers.get("Channel", "")
        if headers.get("Event") == "Newstate" and headers["ChannelStateDesc"] == "Up":
            interface = channel.rpartition("-")[0]
            if interface != "PJSIP/trunk" and not interface.startswith("Local"):
                assert talking.setdefault(interface, channel) == channel
        elif headers.get("Event") == "Hangup":
            talking = {key: name for key, name in talking.items() if name != channel}


def test_a_paused_member_is_not_offered_calls() -> None:
    scene = stage(seated=2)
    scene.exchange.members.pause("PJSIP/101", True, "lunch", None)
    scene.come_in(SALES_NUMBER)
    scene.play(60)
    [told] = scene.exchange.ledger
    assert [offer.interface for offer in told.offers] == ["PJSIP/102"]
    assert {event["PausedReason"] for event in scene.events("QueueMemberPause")} == {"lunch"}


def test_an_unpaused_member_is_rung_for_the_caller_who_waits() -> None:
    scene = stage(seated=1)
    scene.exchange.members.pause("PJSIP/101", True, "wrap-up", None)
    scene.come_in(SALES_NUMBER, patience=60)
    scene.play(10)
    assert not scene.events("AgentCalled")
    scene.exchange.members.pause("PJSIP/101", False, "", None)
    scene.play(1.5)
    assert len(scene.events("AgentCalled")) == 1


def test_two_callers_are_served_in_order_of_coming() -> None:
    scene = stage(seated=1)
    scene.come_in(SALES_NUMBER, patience=100)
    scene.play(0.5)
    scene.come_in(SALES_NUMBER, patience=100)
    scene.play(200)
    served = [event["Uniqueid"] for event in scene.events("AgentConnect")]
    assert served == [told.linkedid for told in scene.exchange.ledger]
    assert [event["Position"] for event in scene.events("QueueCallerJoin")] == ["1", "2"]


def test_nobody_seated_means_that_callers_wait_and_leave() -> None:
    scene = stage(seated=0)
    scene.come_in(SALES_NUMBER, patience=20)
    scene.play(60)
    [told] = scene.exchange.ledger
    assert (told.outcome, told.wait_seconds, told.offers) == ("abandoned", 20, [])


def test_one_by_one_gives_each_member_his_turn() -> None:
    scene = stage({"101": SLEEPY, "102": SLEEPY, "103": SLEEPY}, seated=3)
    scene.come_in(SUPPORT_NUMBER, patience=58)
    scene.play(58)
    rung = [event["Interface"] for event in scene.events("AgentCalled")]
    assert rung[:4] == ["PJSIP/101", "PJSIP/102", "PJSIP/103", "PJSIP/101"]


def shapes(stream: bytes) -> list[tuple[str, tuple[str, ...]]]:
    """Each event's name and header names in order, without what recorders and requests add."""
    found = []
    for block in stream.decode("utf-8", "replace").replace("\r\n", "\n").split("\n\n"):
        keys = [line.partition(":")[0] for line in block.strip().split("\n") if ":" in line]
        if keys and keys[0] == "Event":
            name = block.strip().partition("\n")[0].partition(": ")[2]
            found.append((name, tuple(key for key in keys if key not in ("Received", "ActionID"))))
    return found
