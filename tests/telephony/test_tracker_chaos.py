"""Whatever happens to a stream on its way, no call stays open, and none is told twice."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telephony.endings import SILENCE
from telephony.events import CallEnded, CallsJoined, CallStarted, Fact
from telephony.phones import phones_matching
from telephony.replay import read_stream
from telephony.said import Wire
from telephony.stream import AmiMessage, LinkUp
from telephony.tracker import CallTracker
from telephony.wire import parse
from tests.streams import truth
from tests.telephony.folding import fold

ONE_CALL = [
    name
    for name in truth.names()
    if len(truth.truth_of(name)["calls"]) == 1 and not name.startswith(("joined", "lists"))
]
STEADY = settings(max_examples=80, deadline=None, derandomize=True, database=None)
SCENES = st.sampled_from(truth.names())


@cache
def messages_of(name: str) -> tuple[AmiMessage, ...]:
    stream = read_stream(truth.stream_of(name))
    return tuple(message for message in stream if isinstance(message, AmiMessage))


def empty_list(at: datetime) -> list[AmiMessage]:
    """Asterisk's answer when nothing is going on."""
    return [AmiMessage("CoreShowChannelsComplete", {"listitems": "0"}, at, at)]


def run(tracker: CallTracker, messages: Sequence[AmiMessage]) -> list[Fact]:
    facts: list[Fact] = []
    for message in messages:
        wire = parse(message)
        if wire is not None:
            facts += tracker.feed(wire)
    return facts


def all_facts(messages: Sequence[AmiMessage]) -> tuple[CallTracker, list[Fact]]:
    """Feed everything, then a new link on which nothing lives any more."""
    tracker = CallTracker(phones_matching(r"\d{2,5}"))
    facts = run(tracker, messages)
    end = max(message.at for message in messages) + timedelta(minutes=1)
    tracker.link_up()
    facts += run(tracker, empty_list(end))
    facts += tracker.resynced(end)
    facts += tracker.finish(end)
    return tracker, facts


@st.composite
def battered(draw: st.DrawFn, names: Sequence[str]) -> list[AmiMessage]:
    """A scene with events lost, told twice, and out of order by a few places."""
    messages = list(messages_of(draw(st.sampled_from(list(names)))))
    count = len(messages)
    lost = draw(st.sets(st.integers(0, count - 1), max_size=count // 3))
    twice = draw(st.sets(st.integers(0, count - 1), max_size=8))
    late = draw(st.dictionaries(st.integers(0, count - 1), st.integers(1, 12), max_size=8))
    order: list[tuple[float, int, AmiMessage]] = []
    for index, message in enumerate(messages):
        if index in lost:
            continue
        order.append((index + late.get(index, 0) + (0.5 if index in late else 0), index, message))
        if index in twice:
            order.append((index + 3.5, index, message))
    order.sort(key=lambda one: one[:2])
    return [message for _, _, message in order] or messages[:1]


class Complaints(logging.Handler):
    """What the tracker could not understand."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append(self.format(record))


def complaints_about(messages: Sequence[AmiMessage]) -> list[str]:
    """Feed everything; the errors that were logged meanwhile."""
    complaints = Complaints()
    logging.getLogger("telephony").addHandler(complaints)
    try:
        all_facts(messages)
    finally:
        logging.getLogger("telephony").removeHandler(complaints)
    return complaints.told


class TestBatteredStreams:
    @STEADY
    @given(messages=battered(truth.names()))
    def test_no_call_stays_open(self, messages: list[AmiMessage]) -> None:
        tracker, facts = all_facts(messages)
        assert tracker.live() == ()
        started = [fact.call_id for fact in facts if isinstance(fact, CallStarted)]
        gone = [fact.call_id for fact in facts if isinstance(fact, CallEnded)]
        gone += [fact.absorbed_id for fact in facts if isinstance(fact, CallsJoined)]
        assert sorted(started) == sorted(gone)

    @STEADY
    @given(messages=battered(ONE_CALL))
    def test_one_conversation_is_never_two_calls(self, messages: list[AmiMessage]) -> None:
        _, facts = all_facts(messages)
        ended = [fact for fact in facts if isinstance(fact, CallEnded)]
        linkedids = [one for fact in ended for one in fact.record.linkedids]
        assert len(linkedids) == len(set(linkedids)), "two calls share a linkedid"

    @STEADY
    @given(messages=battered(truth.names()))
    def test_facts_keep_their_grammar(self, messages: list[AmiMessage]) -> None:
        _, facts = all_facts(messages)
        for told in fold(facts).values():
            assert told.record is not None
            assert tuple(told.answered_by) == told.record.answered_by
            assert all(offer.result is not None for offer in told.record.offered)
            assert told.record.wait_seconds >= 0
            assert told.record.talk_seconds >= 0
            assert all(one.at.tzinfo is UTC for one in told.record.transfers)

    @STEADY
    @given(messages=battered(truth.names()))
    def test_everything_is_understood(self, messages: list[AmiMessage]) -> None:
        assert complaints_about(messages) == []

    @STEADY
    @given(messages=battered(truth.names()))
    def test_silence_alone_ends_every_call(self, messages: list[AmiMessage]) -> None:
        tracker = CallTracker(phones_matching(r"\d{2,5}"))
        run(tracker, messages)
        latest = max(message.at for message in messages)
        tracker.sweep(latest + SILENCE + timedelta(seconds=1))
        assert tracker.live() == ()


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(one=SCENES, two=SCENES, seed=st.randoms(use_true_random=False))
def test_two_scenes_at_once_are_told_as_each_alone(one: str, two: str, seed: object) -> None:
    """Interleaving strangers' events changes nothing: names and ids are made distinct first."""
    if one.startswith(("joined", "lists")) or two.startswith(("joined", "lists")):
        return
    alone = [_summary(_renamed(one, "a")), _summary(_renamed(two, "b"))]
    both = _merged(_renamed(one, "a"), _renamed(two, "b"), seed)
    assert _summary(both) == sorted(alone[0] + alone[1])


def _renamed(name: str, mark: str) -> list[AmiMessage]:
    """The scene with its own uniqueids, bridges and channel serials."""
    keys = ("uniqueid", "linkedid", "channel", "newname")
    renamed = []
    for message in messages_of(name):
        headers = {
            key: value + mark if value and key.endswith(keys) and "swap" not in key else value
            for key, value in message.headers.items()
        }
        for key in headers:
            if key.endswith(("channel", "newname")):
                headers[key] = _mark_name(message.headers[key], mark)
        renamed.append(AmiMessage(message.name, headers, message.at, message.received_at))
    return renamed


def _mark_name(channel: str, mark: str) -> str:
    """`PJSIP/101-0000000a<ZOMBIE>` with its serial made its own: only hexadecimal will do."""
    head, dash, serial = channel.rpartition("-")
    return f"{head}{dash}{mark}{serial[1:]}" if dash and len(serial) >= 8 else channel


def _merged(one: list[AmiMessage], two: list[AmiMessage], seed: object) -> list[AmiMessage]:
    left, right, merged = list(one), list(two), []
    while left or right:
        take_left = left and (not right or seed.random() < 0.5)  # type: ignore[attr-defined]
        merged.append((left if take_left else right).pop(0))
    return merged


def _summary(messages: list[AmiMessage]) -> list[tuple[str, ...]]:
    tracker = CallTracker(phones_matching(r"\d{2,5}"))
    facts = run(tracker, messages) + tracker.finish(datetime(2100, 1, 1, tzinfo=UTC))
    records = [fact.record for fact in facts if isinstance(fact, CallEnded)]
    return sorted(
        (
            record.call_id,
            record.direction,
            record.caller,
            record.dialled,
            str(record.outcome),
            str(record.answered_by),
            str([(offer.interface, offer.result) for offer in record.offered]),
            str([(one.kind, one.to) for one in record.transfers]),
        )
        for record in records
    )


def test_a_message_that_breaks_the_tracker_ends_its_call_and_stops_no_other(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracker = CallTracker(phones_matching(r"\d{2,5}"))
    messages = messages_of("inbound_answered")
    half = next(i for i, message in enumerate(messages) if message.name == "BridgeEnter")
    facts = run(tracker, messages[:half])
    with monkeypatch.context() as broken:
        broken.setattr("telephony.heard.bridges.holds.end_by_return", _explode)
        facts += run(tracker, messages[half : half + 2])
    facts += run(tracker, messages[half + 2 :])
    (ended,) = [fact for fact in facts if isinstance(fact, CallEnded)]
    assert ended.call_id in caplog.records[0].getMessage()
    assert tracker.live() == ()
    assert len(
        [f for f in run(tracker, messages_of("internal_answered")) if isinstance(f, CallEnded)]
    )


def _explode(*_: object) -> None:
    raise RuntimeError("broken on purpose")


def test_nothing_is_kept_of_ended_calls() -> None:
    tracker = CallTracker(phones_matching(r"\d{2,5}"))
    for name in truth.names():
        if not name.startswith("joined"):
            run(tracker, _renamed(name, "c"))
    tracker.link_up()
    run(tracker, empty_list(datetime(2100, 1, 1, tzinfo=UTC)))
    floor = tracker._floor
    assert not floor.calls
    assert not floor.channels.by_uniqueid
    assert not floor.bridges.by_uniqueid
    assert not floor._by_linkedid
    assert not floor.channels._by_name


def test_a_link_up_item_is_no_message_of_the_exchange() -> None:
    assert isinstance(next(iter(read_stream(truth.stream_of("inbound_answered")))), LinkUp)


def test_wires_are_told_apart_by_their_type() -> None:
    kinds = {type(parse(message)) for message in messages_of("queue_ringall_answered")}
    assert all(kind is type(None) or issubclass(kind, Wire) for kind in kinds)
