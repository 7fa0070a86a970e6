"""One call out of the flight recorder: the same call, nobody else's, and nobody is recognised."""

import json
import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from telephony.events import CallRecord, LegRole
from telephony.flight.export import AskedCall, CallExtract, Export, phones_of_export
from telephony.flight.hiding import Hiding
from telephony.flight.recorder import FlightRecorder
from telephony.flight.segments import list_segments
from telephony.flight.settings import FlightSettings
from telephony.masking import Mask
from telephony.phones import phones_matching
from telephony.replay import as_json, read_stream, replay
from telephony.simulator import SALES_NUMBER, SUPPORT_NUMBER, Handover, Incoming, Mood, Talk
from tests.streams import truth
from tests.telephony.simulated import stage
from tests.telephony.test_flight_recorder import Clock

KEY = b"the key of the tests"
MASK = Mask(KEY)
NOBODY = (b"<unknown>", b"unknown", b"anonymous")
HELD_BACK = ("NewConnectedLine", "Newexten", "UserEvent", "DTMFBegin", "DTMFEnd")


async def recorded(folder: Path, stream: bytes) -> None:
    """The stream, as if it had been said just when its times are."""
    clock = Clock()
    recorder = FlightRecorder(
        FlightSettings(), folder, secrets=[], now=clock.now, sleep=clock.sleep, reserve_bytes=0
    )
    for block in stream.split(b"\r\n\r\n"):
        if not block:
            continue
        said = re.search(rb"(?m)^(?:Timestamp|Received): ([\d.]+)", block)
        if said:
            before = clock.moment
            clock.moment = datetime.fromtimestamp(float(said[1]), clock.moment.tzinfo)
            if clock.moment - before > timedelta(minutes=1):
                await recorder.flush()
        recorder.take(block + b"\r\n\r\n", clock.moment)
    await recorder.close()


def asked(call: CallRecord) -> AskedCall:
    ids = (*call.linkedids, *(leg.uniqueid for leg in call.legs))
    return AskedCall(call.call_id, ids, call.started_at, call.ended_at)


def others_of(call: CallRecord, calls: Iterable[CallRecord]) -> list[str]:
    """What the log knows to be the outside parties of other calls."""
    return [
        leg.uniqueid
        for other in calls
        if other.call_id != call.call_id
        for leg in other.legs
        if leg.role is LegRole.TRUNK
    ]


def exported(
    folder: Path, call: CallRecord, calls: Sequence[CallRecord], phones: str = truth.PHONES
) -> Export:
    now = max(one.ended_at or one.started_at for one in calls) + timedelta(seconds=30)
    extract = CallExtract(folder, asked(call), now)
    extract.kin()
    return extract.export(others_of(call, calls), phones_matching(phones), KEY)


def told(call: CallRecord) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(as_json(call))
    return loaded


def unnamed(call: dict[str, Any]) -> dict[str, Any]:
    """Of the caller's name only whether there is one, and so of a number that is a name."""
    caller = "a name" if re.search(r"[^\W\d_]", call["caller"]) else call["caller"]
    return {**call, "caller_name": bool(call["caller_name"]), "caller": caller}


def masked(call: dict[str, Any]) -> dict[str, Any]:
    """The call with its numbers as the mask makes them, unnamed."""
    numbers = {name: number(call[name]) for name in ("caller", "dialled")}
    transfers = [{**moved, "to": number(moved["to"])} for moved in call["transfers"]]
    return unnamed({**call, **numbers, "transfers": transfers})


def number(text: str) -> str:
    return MASK.block(b"CallerIDNum: " + text.encode()).partition(b": ")[2].decode()


@pytest.mark.parametrize("name", truth.names())
async def test_each_call_of_a_scene_is_exported_as_the_same_call(tmp_path: Path, name: str) -> None:
    stream, phones = truth.stream_of(name), truth.phones_of(name)
    calls = replay(read_stream(stream), phones)
    await recorded(tmp_path, stream)
    for call in calls:
        made = exported(tmp_path, call, calls, phones)
        file = tmp_path / "call.ami"
        file.write_bytes(made.stream)
        again = replay(read_stream(file), phones_of_export(file))
        assert [unnamed(told(one)) for one in again] == [masked(told(call))]
        assert not made.missing


@pytest.mark.parametrize("name", truth.names())
async def test_nobody_of_a_scene_can_be_recognised(tmp_path: Path, name: str) -> None:
    stream, phones = truth.stream_of(name), truth.phones_of(name)
    calls = replay(read_stream(stream), phones)
    await recorded(tmp_path, stream)
    long_numbers = set(re.findall(rb"(?m)^\w*CallerIDNum: \+?(\d{6,})\r?$", stream))
    people = set(re.findall(rb"(?mi)^(?:\w*CallerIDName|MemberName): (\S[^\r\n]{2,})\r$", stream))
    people = {one for one in people if re.search(rb"[^\W\d_]", one) and one.lower() not in NOBODY}
    kept = {one for one in long_numbers if phones_matching(phones)(f"PJSIP/{one.decode()}")}
    for call in calls:
        made = exported(tmp_path, call, calls, phones).stream
        for secret in (long_numbers - kept) | people:
            assert secret not in made, secret
        for event in HELD_BACK:
            assert f"Event: {event}\r\n".encode() not in made
        assert b"ConnectedLine" not in made
        assert b"AppData" not in made


async def test_calls_that_go_on_at_once_keep_to_themselves(tmp_path: Path) -> None:
    """Two queues, several clients waiting at once for the same operators, transfers and parking."""
    scene = stage({"101": Mood(2, 4), "102": Mood(1, 5)}, extensions=6)
    for turn in range(12):
        for one in range(2):
            scene.exchange.incoming(incoming(turn, one))
        scene.play(9)
    scene.play(600)
    calls = scene.records()
    assert len(calls) == 24
    overlapping = [
        (one, two)
        for one in calls
        for two in calls
        if one is not two and one.started_at < two.started_at < (one.ended_at or one.started_at)
    ]
    assert len(overlapping) > 40
    await recorded(tmp_path, scene.stream)
    for call in calls:
        made = exported(tmp_path, call, calls).stream
        [again] = replay(read_stream(made), truth.PHONES)
        assert unnamed(told(again)) == masked(told(call))
        for other in calls:
            if other is call:
                continue
            assert other.caller.encode() not in made
            assert number(other.caller).encode() not in made, "masked, and yet somebody else's"
            assert other.caller_name.encode() not in made
            for leg in other.legs:
                if leg.role is LegRole.TRUNK:
                    assert f"Uniqueid: {leg.uniqueid}\r\n".encode() not in made


def incoming(turn: int, one: int) -> Incoming:
    handover = None
    if turn % 3 == 0:
        kinds = ("blind", "attended", "blonde", "parked")
        handover = Handover(kinds[turn % 4], 6, "103")  # type: ignore[arg-type]
    dialled = SALES_NUMBER if one else SUPPORT_NUMBER
    client = f"7916{turn:02}{one}{turn * 7 + 1000:04}"
    return Incoming(client, f"Client {turn}-{one}", dialled, 200, Talk(14, handover=handover))


async def test_a_long_number_of_a_phone_of_ours_stays_and_so_it_stays_a_phone(
    tmp_path: Path,
) -> None:
    stream = truth.stream_of("queue_ringall_answered").replace(b"PJSIP/101", b"PJSIP/100101")
    phones = r"100\d{3}|\d{3}"
    calls = replay(read_stream(stream), phones)
    await recorded(tmp_path, stream)
    made = exported(tmp_path, calls[0], calls, phones)
    (tmp_path / "call.ami").write_bytes(made.stream)
    [again] = replay(read_stream(made.stream), phones_of_export(tmp_path / "call.ami"))
    assert "PJSIP/100101" in [offer.interface for offer in again.offered]
    assert again.answered_by == calls[0].answered_by


@pytest.mark.parametrize(
    ("header", "written", "shown"),
    [
        (b"CallerIDNum", b"ivan.petrov", rb"number-[a-p]{6}"),
        (b"CallerIDNum", b"anna", rb"anna"),
        (b"CallerIDNum", b"anonymous", rb"anonymous"),
        (b"CallerIDNum", b"101", rb"101"),
        (b"CallerIDNum", b"+7 (916) 123-45-67", rb"\+7 \(916\) (?!123-45-67)\d{3}-\d\d-\d\d"),
        (b"DestCallerIDName", b"\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd", rb"Name [a-p]{6}"),
        (b"CallerIDName", b"89161234567", rb"8916\d{7}(?<!1234567)"),
        (b"MemberName", b"Anna Orlova", rb"Name [a-p]{6}"),
        (b"DialString", b"101/sip:101@192.168.7.20:5060", rb"101/sip:101@192\.0\.2\.1:5060"),
        (b"DialString", b"sip:101@[2001:db8::7]:5060", rb"sip:101@192\.0\.2\.1:5060"),
        (b"Uniqueid", b"1795308693.16", rb"1795308693\.16"),
        (b"AccountCode", b"a client's own", None),
        (b"ChanVariable", b"secret=1", None),
        (b"ConnectedLineNum", b"79161234567", None),
        (b"ApplicationData", b"PJSIP/79161234567@provider", None),
        (b"ApplicationData", b"(Outgoing Line)", rb"\(Outgoing Line\)"),
        (b"Variable", b"DIALSTATUS", rb"DIALSTATUS"),
    ],
)
def test_a_header_is_shown_without_the_person_or_left_out(
    header: bytes, written: bytes, shown: bytes | None
) -> None:
    hiding = Hiding(MASK, frozenset(["anna", "101"]))
    lines = hiding.block(b"Event: Newchannel\r\n" + header + b": " + written).split(b"\r\n")
    assert lines[0] == b"Event: Newchannel"
    if shown is None:
        assert lines[1:] == []
    else:
        assert re.fullmatch(header + b": " + shown, lines[1])


async def test_the_head_of_the_file_says_which_call_and_which_phones(tmp_path: Path) -> None:
    stream = truth.stream_of("inbound_answered")
    calls = replay(read_stream(stream), truth.PHONES)
    await recorded(tmp_path, stream)
    made = exported(tmp_path, calls[0], calls).stream
    head = made.partition(b"\r\n\r\n")[0].decode().split("\r\n")
    assert head == ["Perezvon-Export: 1", f"Call: {calls[0].call_id}", "Phones: 101"]


async def test_a_call_whose_beginning_was_not_kept_is_told_from_there_and_said_to_lack_it(
    tmp_path: Path,
) -> None:
    scene = stage()
    scene.come_in("74951000101", talk=Talk(900))
    scene.play(1200)
    [call] = scene.records()
    await recorded(tmp_path, scene.stream)
    first, *rest = list_segments(tmp_path)
    assert rest, "one segment only"
    first.path.unlink()
    made = exported(tmp_path, call, [call])
    [(since, until)] = made.missing
    assert since == call.started_at
    assert until - since > timedelta(minutes=9)
    assert call.call_id.encode() in made.stream


async def test_of_a_call_that_was_never_recorded_there_is_nothing(tmp_path: Path) -> None:
    scene = stage()
    scene.come_in("74951000101")
    scene.play(200)
    [call] = scene.records()
    made = exported(tmp_path / "empty", call, [call])
    assert (made.stream, made.blocks) == (b"", 0)
    assert made.missing == ((call.started_at, call.ended_at),)


async def test_a_number_typed_with_spaces_is_masked_like_the_same_without(tmp_path: Path) -> None:
    stream = truth.stream_of("inbound_answered")
    calls = replay(read_stream(stream), truth.PHONES)
    caller = calls[0].caller.encode()
    spaced = b"+7 (%s) %s-%s-%s" % (caller[1:4], caller[4:7], caller[7:9], caller[9:])
    extra = (
        b"Event: VarSet\r\nTimestamp: %.6f\r\nChannel: PJSIP/provider-00000000\r\n"
        b"Uniqueid: %s\r\nLinkedid: %s\r\nVariable: PEREZVON_DIALLED\r\nValue: %s\r\n\r\n"
    ) % (
        calls[0].started_at.timestamp(),
        calls[0].call_id.encode(),
        calls[0].call_id.encode(),
        spaced,
    )
    await recorded(tmp_path, stream + extra)
    made = exported(tmp_path, calls[0], calls).stream
    value = re.search(rb"PEREZVON_DIALLED\r\nValue: ([^\r\n]*)", made)
    assert value is not None
    assert re.sub(rb"\D", b"", value[1])[-10:].decode() == number(calls[0].caller)[-10:]
