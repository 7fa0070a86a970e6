"""The simulated exchange tells a call as a real Asterisk does: the same script, the same record.

What differs is listed in docs/simulator.md with its reason: a difference that is not there fails,
and so does one that is there and has gone.
"""

import asyncio
import re
import traceback
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from telephony.events import CallRecord
from telephony.simulator import CANNOT
from tests.lab.asterisk import LabAsterisk
from tests.telephony.houses import (
    CLIENT,
    DIRECT,
    OTHER_CLIENT,
    SALES,
    House,
    Played,
    Script,
    SimulatedHouse,
    real_stage,
)

TOLERANCE_SECONDS = 0.5
"""Phones and packets of the real house take a moment; people pause as long in the other one."""

DOCUMENT = Path(__file__).parents[2] / "docs/simulator.md"
SCRIPTS: dict[str, Script] = {}


def script(play: Script) -> Script:
    SCRIPTS[play.__name__.replace("_", " ")] = play
    return play


# --- calls from outside --------------------------------------------------------------------------


@script
async def inbound_answered(house: House) -> None:
    client = await house.client_calls(DIRECT, name="Ivan Petrov")
    ring = await house.rings("101")
    await house.pause(0.6)
    await ring.answer()
    await client.answered()
    await house.pause(0.6)
    await client.hang_up()
    await ring.over()


@script
async def inbound_answered_and_the_operator_hangs_up(house: House) -> None:
    client = await house.client_calls(DIRECT)
    ring = await house.rings("101")
    await house.pause(0.4)
    await ring.answer()
    await client.answered()
    await house.pause(0.6)
    await ring.hang_up()
    await client.over()


@script
async def inbound_abandoned(house: House) -> None:
    client = await house.client_calls(DIRECT)
    ring = await house.rings("101")
    await house.pause(0.6)
    await client.hang_up()
    await ring.over()


@script
async def inbound_busy(house: House) -> None:
    client = await house.client_calls(DIRECT)
    ring = await house.rings("101")
    await house.pause(0.5)
    ring.refuse("busy")
    await client.over()


@script
async def inbound_declined(house: House) -> None:
    client = await house.client_calls(DIRECT)
    ring = await house.rings("101")
    await house.pause(0.5)
    ring.refuse("declined")
    await client.over()


@script
async def inbound_unanswered(house: House) -> None:
    client = await house.client_calls(DIRECT)
    ring = await house.rings("101")
    await ring.over()
    await client.over()


# --- queues --------------------------------------------------------------------------------------


@script
async def queue_rings_all(house: House) -> None:
    await house.seat("sales", "101", "102")
    client = await house.client_calls(SALES)
    first, second = await house.rings("101"), await house.rings("102")
    await house.pause(0.6)
    await second.answer()
    await first.over()
    await house.pause(0.6)
    await client.hang_up()
    await second.over()


@script
async def queue_abandoned(house: House) -> None:
    await house.seat("sales", "101")
    client = await house.client_calls(SALES)
    ring = await house.rings("101")
    await house.pause(0.6)
    await client.hang_up()
    await ring.over()


@script
async def queue_two_wait_for_one(house: House) -> None:
    await house.seat("sales", "101")
    first = await house.client_calls(SALES)
    ring = await house.rings("101")
    await house.pause(0.4)
    second = await house.client_calls(SALES, caller=OTHER_CLIENT)
    await house.pause(0.4)
    await ring.answer()
    await house.pause(0.3)  # not a second after the other came: each second the queue looks again
    await first.hang_up()
    await ring.over()
    again = await house.rings("101")
    await house.pause(0.4)
    await again.answer()
    await house.pause(0.6)
    await again.hang_up()
    await second.over()


@script
async def queue_passes_over_a_paused_operator(house: House) -> None:
    await house.seat("sales", "101", "102")
    await house.board.pause_member("PJSIP/101", "lunch")
    client = await house.client_calls(SALES)
    ring = await house.rings("102")
    await house.pause(0.4)
    await ring.answer()
    await house.pause(0.6)
    await ring.hang_up()
    await client.over()


# --- calls from phones ---------------------------------------------------------------------------


@script
async def outbound_answered(house: House) -> None:
    agent = await house.phone_dials("101", CLIENT)
    client = await house.client_rings()
    await house.pause(0.6)
    await client.answer()
    await agent.answered()
    await house.pause(0.6)
    await client.hang_up()
    await agent.over()


@script
async def outbound_busy(house: House) -> None:
    agent = await house.phone_dials("101", CLIENT)
    client = await house.client_rings()
    await house.pause(0.5)
    client.refuse("busy")
    await agent.over()


@script
async def outbound_declined(house: House) -> None:
    agent = await house.phone_dials("101", CLIENT)
    client = await house.client_rings()
    await house.pause(0.5)
    client.refuse("declined")
    await agent.over()


@script
async def outbound_given_up(house: House) -> None:
    agent = await house.phone_dials("101", CLIENT)
    client = await house.client_rings()
    await house.pause(0.6)
    await agent.hang_up()
    await client.over()


@script
async def internal(house: House) -> None:
    caller = await house.phone_dials("101", "102")
    ring = await house.rings("102")
    await house.pause(0.5)
    await ring.answer()
    await caller.answered()
    await house.pause(0.6)
    await caller.hang_up()
    await ring.over()


@script
async def click_to_call_answered(house: House) -> None:
    await house.board.originate("PJSIP/101", CLIENT)
    agent = await house.rings("101")
    await house.pause(0.4)
    await agent.answer()
    client = await house.client_rings()
    await house.pause(0.6)
    await client.answer()
    await house.pause(0.6)
    await client.hang_up()
    await agent.over()


@script
async def click_to_call_declined_by_the_operator(house: House) -> None:
    await house.board.originate("PJSIP/101", CLIENT)
    agent = await house.rings("101")
    await house.pause(0.5)
    agent.refuse("declined")


# --- what operators do in a talk -----------------------------------------------------------------


@script
async def blind_transfer(house: House) -> None:
    client = await house.client_calls(DIRECT)
    first = await house.rings("101")
    await house.pause(0.4)
    await first.answer()
    await client.answered()
    await house.pause(0.6)
    await house.board.blind_transfer(await house.channel_of("101"), "102")
    second = await house.rings("102")
    await first.over()
    await house.pause(0.5)
    await second.answer()
    await house.pause(0.6)
    await client.hang_up()
    await second.over()


@script
async def attended_transfer(house: House) -> None:
    client = await house.client_calls(DIRECT)
    first = await house.rings("101")
    await house.pause(0.4)
    await first.answer()
    await client.answered()
    await house.pause(0.6)
    channel = await house.channel_of("101")
    await house.board.attended_transfer(channel, "102")
    second = await house.rings("102")
    await house.pause(0.5)
    await second.answer()
    await house.pause(0.6)
    await house.board.complete_transfer(channel)
    await first.over()
    await house.pause(0.6)
    await second.hang_up()
    await client.over()


@script
async def attended_transfer_while_it_still_rings(house: House) -> None:
    client = await house.client_calls(DIRECT)
    first = await house.rings("101")
    await first.answer()
    await client.answered()
    await house.pause(0.4)
    channel = await house.channel_of("101")
    await house.board.attended_transfer(channel, "102")
    second = await house.rings("102")
    await house.pause(0.5)
    await house.board.complete_transfer(channel)
    await first.over()
    await house.pause(0.5)
    await second.answer()
    await house.pause(0.6)
    await client.hang_up()
    await second.over()


@script
async def attended_transfer_cancelled(house: House) -> None:
    client = await house.client_calls(DIRECT)
    first = await house.rings("101")
    await first.answer()
    await client.answered()
    await house.pause(0.4)
    channel = await house.channel_of("101")
    await house.board.attended_transfer(channel, "102")
    second = await house.rings("102")
    await house.pause(0.4)
    await second.answer()
    await house.pause(0.6)
    await house.board.cancel_transfer(channel)
    await second.over()
    await house.pause(0.5)
    await client.hang_up()
    await first.over()


@script
async def blind_transfer_declined(house: House) -> None:
    client = await house.client_calls(DIRECT)
    first = await house.rings("101")
    await first.answer()
    await client.answered()
    await house.pause(0.5)
    await house.board.blind_transfer(await house.channel_of("101"), "102")
    second = await house.rings("102")
    await house.pause(0.5)
    second.refuse("busy")
    await client.over()


@script
async def hold_and_the_client_hangs_up(house: House) -> None:
    client = await house.client_calls(DIRECT)
    first = await house.rings("101")
    await first.answer()
    await client.answered()
    await house.pause(0.5)
    await house.board.hold(await house.line_of(CLIENT), "PJSIP/101")
    await first.over()
    await house.pause(0.6)
    await client.hang_up()


@script
async def hold_and_resume(house: House) -> None:
    """Hold is parking: the operator's phone is free meanwhile, and is rung to resume."""
    client = await house.client_calls(DIRECT)
    first = await house.rings("101")
    await house.pause(0.4)
    await first.answer()
    await client.answered()
    await house.pause(0.6)
    held = await house.line_of(CLIENT)
    await house.board.hold(held, "PJSIP/101")
    await first.over()
    await house.pause(0.6)
    await house.board.resume(held, "PJSIP/101")
    again = await house.rings("101")
    await house.pause(0.3)
    await again.answer()
    await house.pause(0.6)
    await client.hang_up()
    await again.over()


@script
async def two_held_at_once(house: House) -> None:
    """Both wait in one parking lot, and remain two calls."""
    lines = []
    for extension, caller in (("101", CLIENT), ("102", OTHER_CLIENT)):
        client = await house.client_calls(f"74951000{extension}", caller=caller)
        ring = await house.rings(extension)
        await ring.answer()
        await client.answered()
        lines.append((client, ring))
        await house.pause(0.3)
        held = await house.line_of(caller)
        await house.board.hold(held, f"PJSIP/{extension}")
        await ring.over()
    await house.pause(0.4)
    for client, _ in lines:
        await client.hang_up()
        await house.pause(0.3)


# --- the comparison ------------------------------------------------------------------------------


def described(record: CallRecord) -> dict[str, Any]:
    """The record as a person would compare two: no ids, names of trunks, or times of day."""
    return {
        "direction": record.direction.value,
        "caller": record.caller,
        "caller_name": record.caller_name,
        "dialled": record.dialled,
        "queue": record.queue,
        "outcome": record.outcome and record.outcome.value,
        "answered_by": list(record.answered_by),
        "offered": [(one.interface, one.result and one.result.value) for one in record.offered],
        "offered_after": [_after(record, one.offered_at) for one in record.offered],
        "answered_after": _after(record, record.answered_at),
        "ended_after": _after(record, record.ended_at),
        "wait_seconds": record.wait_seconds,
        "talk_seconds": record.talk_seconds,
        "hold_seconds": record.hold_seconds,
        "transfers": [(each.kind.value, each.from_interface, each.to) for each in record.transfers],
        "holds": [(hold.interface, hold.parked) for hold in record.holds],
        "ended_by": record.ended_by and record.ended_by.value,
        "hangup_cause": record.hangup_cause,
        "legs": sorted(
            (leg.interface if leg.role == "phone" else "trunk", leg.cause, bool(leg.answered_at))
            for leg in record.legs
        ),
        "complete": record.complete,
    }


def _after(record: CallRecord, at: datetime | None) -> float | None:
    return None if at is None else (at - record.started_at).total_seconds()


def same(one: Any, other: Any) -> bool:
    """Numbers of seconds within the tolerance, everything else exactly."""
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= TOLERANCE_SECONDS
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


Listed = Mapping[tuple[str, str], str]
"""Script and field, with the reason why the two differ there."""


def listed_in(text: str) -> Listed:
    """The differences that a table of the document lists."""
    rows = re.findall(r"(?m)^\| ([a-z ]+) \| `(\w+)` \|[^|]*\|[^|]*\| ([^|]+) \|$", text)
    return {(name, field): reason.strip() for name, field, reason in rows}


def complaints(
    name: str, simulated: Sequence[CallRecord], real: Sequence[CallRecord], listed: Listed
) -> list[str]:
    """One sentence for each difference that is not listed, and for each listed one that is none."""
    if len(simulated) != len(real):
        return [f"simulated {len(simulated)} calls, real {len(real)}"]
    different: dict[str, str] = {}
    for ours, theirs in zip(map(described, simulated), map(described, real), strict=True):
        for field, value in ours.items():
            if not same(value, theirs[field]):
                different[field] = f"{field}: simulated {value!r}, real {theirs[field]!r}"
    known = {field for script, field in listed if script == name}
    gone = [f"{field}: listed, and yet the same" for field in sorted(known - set(different))]
    return [told for field, told in different.items() if field not in known] + gone


@pytest.fixture(scope="module")
def played_for_real(exchange: LabAsterisk) -> Mapping[str, Played | Exception]:
    """Every script on the real Asterisk, one after the other; one that fails costs no other."""

    async def play() -> Mapping[str, Played | Exception]:
        played: dict[str, Played | Exception] = {}
        async with real_stage(exchange) as real:
            for name, each in SCRIPTS.items():
                try:
                    async with asyncio.timeout(20):
                        played[name] = await real.play(each)
                except Exception as error:
                    played[name] = error
        return played

    with ThreadPoolExecutor(1) as thread:  # the tests' own loop stays as it is
        return thread.submit(asyncio.run, play()).result()


@pytest.mark.lab
@pytest.mark.parametrize("name", SCRIPTS)
async def test_a_script_makes_the_same_calls_on_both(
    name: str, played_for_real: Mapping[str, Played | Exception]
) -> None:
    real = played_for_real[name]
    if isinstance(real, Exception):
        pytest.fail("".join(traceback.format_exception(real)))
    house = SimulatedHouse(real.paces)
    await SCRIPTS[name](house)
    simulated = house.records()
    assert complaints(name, simulated, real.calls, listed_in(DOCUMENT.read_text())) == []


def test_every_listed_difference_is_of_a_script_that_exists() -> None:
    assert {name for name, _ in listed_in(DOCUMENT.read_text())} <= set(SCRIPTS)


async def test_a_difference_must_be_listed_and_a_listed_one_must_be_there() -> None:
    house = SimulatedHouse()
    await SCRIPTS["inbound answered"](house)
    [record] = house.records()
    other = replace(record, hangup_cause=17, talk_seconds=record.talk_seconds + 0.4)
    row = "| inbound answered | `hangup_cause` | 16 | 17 | made up for this test |"
    listed = listed_in(f"| script | field |\n|---|---|\n{row}\n")
    assert complaints("inbound answered", [record], [other], {}) == [
        "hangup_cause: simulated 16, real 17"
    ]
    assert complaints("inbound answered", [record], [other], listed) == []
    assert complaints("inbound answered", [record], [record], listed) == [
        "hangup_cause: listed, and yet the same"
    ]
    assert complaints("inbound busy", [record], [other], listed) != []
    late = replace(record, talk_seconds=record.talk_seconds + 0.6)
    assert len(complaints("inbound answered", [record], [late], {})) == 1
    assert complaints("inbound answered", [record], [], {}) == ["simulated 1 calls, real 0"]


def test_the_document_tells_of_everything_that_the_simulated_exchange_cannot() -> None:
    told = re.findall(r"(?m)^\| `(\w+)` \| \S[^|]* \|$", DOCUMENT.read_text())
    assert told == list(CANNOT)
