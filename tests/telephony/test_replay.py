"""Recorded streams told again: each scene of the laboratory, and files that have suffered."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from telephony import events
from telephony.events import Fact
from telephony.phones import phones_matching
from telephony.replay import as_json, read_stream, replay, replay_file
from telephony.stream import AmiMessage, LinkUp
from telephony.tracker import CallTracker
from telephony.wire import parse
from tests.streams import truth
from tests.telephony.folding import disagreements, fold

PHONES = truth.PHONES
KEYS = [
    "call_id",
    "linkedids",
    "direction",
    "caller",
    "caller_name",
    "dialled",
    "queue",
    "outcome",
    "answered_by",
    "offered",
    "started_at",
    "answered_at",
    "ended_at",
    "wait_seconds",
    "talk_seconds",
    "hold_seconds",
    "transfers",
    "ended_by",
    "hangup_cause",
]


def told(stream: bytes, phones: str = PHONES) -> list[dict[str, Any]]:
    """The calls of a stream as `perezvon replay --json` prints them."""
    return [json.loads(as_json(record)) for record in replay(read_stream(stream), phones)]


def facts_of(stream: bytes, phones: str = PHONES) -> list[Fact]:
    tracker = CallTracker(phones_matching(phones))
    facts: list[Fact] = []
    latest: datetime | None = None
    for message in read_stream(stream):
        latest = message.at if latest is None else max(latest, message.at)
        if isinstance(message, LinkUp):
            tracker.link_up()
        elif (wire := parse(message)) is not None:
            facts += tracker.feed(wire)
    assert latest is not None
    return facts + tracker.finish(latest)


@pytest.mark.parametrize("name", truth.names())
def test_a_scene_is_told_as_it_was(name: str) -> None:
    assert truth.differences(name, told(truth.stream_of(name), truth.phones_of(name))) == []


@pytest.mark.parametrize("name", truth.names())
def test_a_scene_whose_events_all_come_twice_is_told_as_it_was(name: str) -> None:
    blocks = truth.stream_of(name).split(b"\r\n\r\n")
    twice = [copy for block in blocks for copy in [block] * (1 + block.startswith(b"Event:"))]
    calls = told(b"\r\n\r\n".join(twice), truth.phones_of(name))
    assert truth.differences(name, calls) == []


@pytest.mark.parametrize("name", truth.names())
def test_a_scene_cut_off_in_the_middle_is_told_as_far_as_it_went(name: str) -> None:
    """No call is made up, and none that goes on has an end."""
    stream, phones = truth.stream_of(name), truth.phones_of(name)
    whole = {call["call_id"]: call for call in told(stream, phones)}
    joined = {one for call in whole.values() for one in call["linkedids"]} | whole.keys()
    for part in (0.3, 0.6, 0.9):
        for call in told(stream[: int(len(stream) * part)], phones):
            assert call["call_id"] in joined
            if call["ended_at"] is None:
                assert (call["outcome"], call["ended_by"]) == (None, None)


@pytest.mark.parametrize(
    "name",
    [
        "inbound_answered",
        "inbound_abandoned_ringing",
        "queue_ringall_answered",
        "queue_abandoned_ringing",
        "queue_two_wait_for_one",
        "ivr_to_queue",
        "outbound_answered",
        "outbound_busy",
        "internal_answered",
        "blind_refer_answered",
        "agent_stays_on_the_line",
    ],
)
def test_a_capture_begun_while_a_client_waits_knows_him_without_lists(name: str) -> None:
    """The first thing heard is that a phone is created for him: who he is, the next events say."""
    stream, phones = truth.stream_of(name), truth.phones_of(name)
    opening = stream.partition(b"Event: Newchannel\r\n")[2].partition(b"Event: Newchannel\r\n")
    late = b"".join(opening[1:])
    keys = ("direction", "caller", "outcome", "answered_by", "ended_by", "hangup_cause")

    def known(calls: list[dict[str, Any]]) -> list[list[Any]]:
        return [[call[key] for key in keys] for call in calls]

    assert known(told(late, phones)) == known(told(stream, phones))


def test_who_picks_up_and_does_not_take_the_call_has_left_it_before_it_goes_on() -> None:
    """A follow-me asks whoever answers: the card of one who keyed nothing must not stay."""
    facts = facts_of(truth.stream_of("confirmed_by_the_second"))
    told = [
        (type(fact).__name__, fact.interface)
        for fact in facts
        if isinstance(fact, (events.CallAnswered, events.CallLeft))
    ]
    assert told == [
        ("CallLeft", "PJSIP/101"),
        ("CallAnswered", "PJSIP/102"),
        ("CallLeft", "PJSIP/102"),
    ]


@pytest.mark.parametrize("name", truth.names())
def test_facts_and_record_of_a_scene_agree(name: str) -> None:
    for call in fold(facts_of(truth.stream_of(name), truth.phones_of(name))).values():
        assert disagreements(call) == []


def test_who_has_left_and_is_with_the_client_again_answers_again() -> None:
    facts = [
        type(fact).__name__
        for fact in facts_of(truth.stream_of("park_timeout_returns"))
        if isinstance(fact, (events.CallAnswered, events.CallLeft, events.CallHeld))
    ]
    assert facts == ["CallAnswered", "CallHeld", "CallLeft", "CallAnswered", "CallLeft"]


def test_every_scene_of_the_first_list_is_there() -> None:
    assert len(truth.names()) > 100


def test_json_has_the_promised_keys_in_their_order() -> None:
    (call,) = told(truth.stream_of("inbound_answered"))
    assert list(call) == KEYS
    assert list(call["offered"][0]) == ["interface", "offered_at", "result"]
    assert call["started_at"].endswith("Z")
    assert len(call["started_at"]) == len("2026-11-22T10:00:00.123Z")


def test_a_line_of_json_is_one_line_whatever_the_name() -> None:
    (line,) = list(replay_file(truth.HERE / "hostile_name_line_breaks.ami", PHONES))
    assert b"\n" not in line


def test_calls_come_in_order_of_their_start() -> None:
    stream = truth.stream_of("two_calls_in_one_second")
    starts = [call["started_at"] for call in told(stream)]
    assert len(starts) == 2
    assert starts == sorted(starts)


def test_which_endpoints_are_phones_is_ones_own_say() -> None:
    stream = truth.stream_of("inbound_answered")
    (call,) = replay(read_stream(stream), r"provider")
    assert call.direction == "outbound"


# --- what files go through -----------------------------------------------------------------------


def same(stream: bytes, name: str = "queue_ringall_answered") -> bool:
    return told(stream) == told(truth.stream_of(name))


def test_a_file_with_plain_line_ends_is_read_the_same() -> None:
    assert same(truth.stream_of("queue_ringall_answered").replace(b"\r\n", b"\n"))


def test_a_file_without_greeting_is_read_the_same() -> None:
    stream = truth.stream_of("queue_ringall_answered")
    assert same(stream.partition(b"\r\n")[2])


def test_a_cut_off_end_costs_only_what_was_cut(tmp_path: Path) -> None:
    stream = truth.stream_of("queue_ringall_answered")
    for length in range(0, len(stream), 997):
        calls = told(stream[:length])
        assert len(calls) <= 1
    assert told(stream[: len(stream) * 2 // 3])[0]["ended_at"] is None


def test_bytes_that_are_no_text_hurt_nobody() -> None:
    stream = truth.stream_of("queue_ringall_answered")
    junk = b"\xff\xfe\x00Event: \xc3\x28\r\n\x00\x00: \r\n\r\n"
    assert same(stream.replace(b"\r\n\r\n", b"\r\n\r\n" + junk))


def test_a_megabyte_in_a_header_costs_one_block() -> None:
    stream = truth.stream_of("queue_ringall_answered")
    huge = b"Event: Newchannel\r\nUniqueid: 1.1\r\nChannel: " + b"x" * (1 << 20) + b"\r\n\r\n"
    assert same(huge + stream)
    assert same(stream.partition(b"\r\n")[2] + huge)


def test_an_endless_block_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "endless.ami"
    path.write_bytes(b"Event: Newchannel\r\nChannel: " + b"x" * (5 << 20))
    assert list(replay_file(path, PHONES)) == []


def test_events_forged_about_unknown_channels_make_nothing() -> None:
    forged = (
        b"Event: Hangup\r\nUniqueid: 7.7\r\nChannel: PJSIP/101-00000001\r\nCause: 17\r\n\r\n"
        b"Event: BridgeEnter\r\nUniqueid: 8.8\r\nBridgeUniqueid: b\r\n\r\n"
        b"Event: FullyBooted\r\nUptime: 0\r\n\r\n"
        b"Event: Shutdown\r\nShutdown: Cleanly\r\n\r\n"
        b"Event: CoreShowChannelsComplete\r\n\r\n"
    )
    stream = truth.stream_of("queue_ringall_answered")
    head, middle, tail = stream.partition(b"\r\n\r\nEvent: DialBegin")
    assert same(head + b"\r\n\r\n" + forged.rstrip() + middle + tail)


def test_a_value_that_smuggles_a_line_is_still_a_value() -> None:
    stream = truth.stream_of("inbound_answered")
    smuggling = stream.replace(b"CallerIDNum: 7", b"X: \nEvent: Hangup\nCallerIDNum: 7")
    assert told(smuggling)[0]["outcome"] == "answered"


def test_times_come_from_uniqueids_where_there_are_no_others() -> None:
    lines = truth.stream_of("inbound_answered").split(b"\r\n")
    bare = [line for line in lines if not line.startswith((b"Timestamp", b"Received", b"EventTV"))]
    (call,) = told(b"\r\n".join(bare))
    (true,) = told(b"\r\n".join(lines))
    assert call["outcome"] == "answered"
    assert call["started_at"][:19] == true["started_at"][:19]


def test_received_stands_in_for_a_missing_timestamp() -> None:
    stream = truth.stream_of("inbound_answered").replace(b"\r\nTimestamp:", b"\r\nReceived:")
    assert same(stream, "inbound_answered")


def test_a_stream_read_from_a_file_is_the_same_as_from_memory() -> None:
    path = truth.HERE / "queue_ringall_answered.ami"
    assert list(read_stream(path)) == list(read_stream(path.read_bytes()))


def test_noise_is_left_out_before_it_is_parsed() -> None:
    names = {
        message.name
        for message in read_stream(truth.stream_of("queue_ringall_answered"))
        if isinstance(message, AmiMessage)
    }
    assert "Newexten" not in names
    assert "RTCPSent" not in names
