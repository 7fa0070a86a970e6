"""Calls out of Asterisk's own logs, beside the same calls as they were watched."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from telephony.catchup.cdr import retell_bills
from telephony.catchup.retelling import Retelling, Retold, retell
from telephony.catchup.rows import CelRow, NotARow, cdr_row, cel_row
from telephony.events import CallRecord, EndedBy
from telephony.ids import Linkedid, Uniqueid
from telephony.phones import phones_matching
from telephony.replay import as_json
from tests.streams import logged
from tests.streams.truth import PHONES

TOLERANCE_SECONDS = 0.25  # the log is written a little later than the events are sent
OUR_REQUEST = "whom the exchange was asked to dial for us stands in the request, not in the log"
WATCHED_LESS = "the watcher was cut off or came late: the log knows better"

KNOWN: dict[str, tuple[str, set[str]]] = {
    "click_agent_absent": (OUR_REQUEST, {"absent"}),
    "click_agent_refuses": (OUR_REQUEST, {"absent"}),
    "click_local_agent_refuses": (OUR_REQUEST, {"direction", "dialled"}),
    "dialer_abandoned": (OUR_REQUEST, {"dialled"}),
    "dialer_answered": (OUR_REQUEST, {"dialled"}),
    "dialer_busy": (OUR_REQUEST, {"dialled"}),
    "dialer_human": (OUR_REQUEST, {"dialled"}),
    "dialer_no_answer": (OUR_REQUEST, {"dialled"}),
    "originated_message": (OUR_REQUEST, {"dialled"}),
    "dialer_machine": ("AMD's verdict is a variable: no log keeps it", {"dialled", "outcome"}),
    "queue_timeout_greeting_abandoned": (
        "whether a message was left after the greeting is a variable, too",
        {"outcome"},
    ),
    "joined_without_lists": (WATCHED_LESS, {"unwatched"}),
    "link_lost_call_ends_unseen": (
        WATCHED_LESS,
        {"ended_at", "talk_seconds", "ended_by", "hangup_cause"},
    ),
    "link_lost_calls_change": (
        WATCHED_LESS,
        {"ended_at", "talk_seconds", "ended_by", "hangup_cause"},
    ),
    "park_and_retrieve": ("the events of this parking were told in another order", {"transfers"}),
}
"""What a log tells otherwise, why, and in which respect. Nothing else may differ."""


def told(retold: Iterable[Retold]) -> list[dict[str, Any]]:
    return [json.loads(as_json(record)) for one in retold for record in one.calls]


def phones_of(name: str) -> Callable[[str], bool]:
    return phones_matching(logged.scene(name)["phones"])


def from_log(name: str, rows: Iterable[CelRow] | None = None) -> list[dict[str, Any]]:
    return told(retell(logged.cel_of(name) if rows is None else rows, phones_of(name)))


def differences(name: str, calls: list[dict[str, Any]], tolerance: float) -> set[str]:
    """In which respects the log tells the scene otherwise than the watcher."""
    left, found = list(calls), set()
    for watched in logged.scene(name)["watched"]:
        same = [one for one in left if set(one["linkedids"]) & set(watched["linkedids"])]
        if not same:
            found.add("absent")
            continue
        left.remove(same[0])
        found |= {key for key in watched if not _agree(key, same[0][key], watched[key], tolerance)}
    return found | ({"unwatched"} if left else set())


def _agree(key: str, logged_value: Any, watched: Any, tolerance: float) -> bool:
    if key.endswith("_at"):
        if logged_value is None or watched is None:
            return logged_value is watched
        apart = datetime.fromisoformat(logged_value) - datetime.fromisoformat(watched)
        return abs(apart.total_seconds()) <= tolerance
    if key.endswith("_seconds"):
        return bool(abs(logged_value - watched) <= tolerance)
    if key == "offered":
        return _phones_and_results(logged_value) == _phones_and_results(watched)
    if key == "linkedids":  # those of the exchange's own inner channels are not all logged
        return set(logged_value) <= set(watched)
    return bool(logged_value == watched)


def _phones_and_results(offered: list[Mapping[str, Any]]) -> list[tuple[str, str]]:
    return sorted((one["interface"], one["result"]) for one in offered)


@pytest.mark.parametrize("name", logged.names())
def test_a_call_read_from_the_log_is_the_call_that_was_watched(name: str) -> None:
    _, expected = KNOWN.get(name, ("", set()))
    assert differences(name, from_log(name), TOLERANCE_SECONDS) == expected


WITHOUT_HOLD = {"hold_seconds", "talk_seconds"}


@pytest.mark.parametrize("name", logged.names())
def test_a_log_with_whole_seconds_and_few_events_still_tells_parties_and_outcome(name: str) -> None:
    """The sample configurations keep no application ends, no music, and often whole seconds."""
    rows = [
        replace(row, at=row.at.replace(microsecond=0))
        for row in logged.cel_of(name)
        if row.kind not in ("STREAM_BEGIN", "STREAM_END", "LINKEDID_END", "LOCAL_OPTIMIZE")
    ]
    _, expected = KNOWN.get(name, ("", set()))
    if name == "queue_join_empty":  # turned away within the second: it may as well have waited
        expected = {"queue"}
    found = differences(name, from_log(name, rows), 2.1)
    assert found - WITHOUT_HOLD - {"offered", "ended_by"} <= expected


@pytest.mark.parametrize("name", logged.names())
def test_a_log_read_up_to_its_middle_says_that_its_calls_may_go_on(name: str) -> None:
    rows = logged.cel_of(name)
    whole = {one for call in from_log(name) for one in call["linkedids"]}
    for part in (0.3, 0.6, 0.9):
        some = rows[: int(len(rows) * part)]
        ended = {row.uniqueid for row in some if row.kind == "CHAN_END"}
        for one in retell(some, phones_of(name)):
            assert one.is_open == any(
                row.uniqueid not in ended for row in some if row.uniqueid in one.keys
            )
            assert all(set(call.linkedids) <= whole | one.keys for call in one.calls)


@pytest.mark.parametrize("name", logged.names())
def test_a_log_read_from_its_middle_tells_whole_calls_or_says_that_they_are_none(name: str) -> None:
    """Without its beginning an incoming call is soon taken for one between colleagues."""
    rows, is_phone = logged.cel_of(name), phones_of(name)
    all_of_it = list(retell(rows, is_phone))
    assert not any(one.is_fragment for one in all_of_it)
    whole = {call["call_id"]: call for call in told(all_of_it)}
    for part in (0.25, 0.5):
        some = retell(rows[int(len(rows) * part) :], is_phone)
        for call in told(one for one in some if not one.is_fragment):
            assert call == whole[call["call_id"]]


def test_a_call_whose_first_row_the_exchange_could_not_write_is_no_fragment() -> None:
    before, rows = logged.cel_of("inbound_busy"), logged.cel_of("inbound_answered")
    shift = timedelta(seconds=60)
    early = [replace(row, at=rows[0].at - shift + (row.at - before[0].at)) for row in before]
    _, torn = retell([*early, *rows[1:]], phones_matching(PHONES))
    assert not torn.is_fragment


def test_calls_that_the_exchange_took_down_with_it_are_ended_when_it_starts_again() -> None:
    """Killed, it writes no ends; a channel's name that comes again shows that it began anew."""
    rows = logged.cel_of("inbound_answered")
    cut = [row for row in rows if row.kind not in ("HANGUP", "CHAN_END", "LINKEDID_END")]
    later = [
        replace(
            row,
            at=row.at + timedelta(minutes=5),
            uniqueid=Uniqueid(f"9{row.uniqueid}"),
            linkedid=Linkedid(f"9{row.linkedid}"),
        )
        for row in rows
    ]
    first, second = retell([*cut, *later], phones_matching(PHONES))
    (ended,) = first.calls
    assert (ended.outcome, ended.ended_by) == ("answered", EndedBy.SYSTEM)
    assert ended.ended_at == cut[-1].at
    assert second.calls[0].ended_by is EndedBy.CLIENT
    (open_call,) = retell(cut, phones_matching(PHONES))
    assert open_call.is_open


def test_rows_of_many_calls_between_each_other_are_told_apart() -> None:
    names = ["inbound_answered", "inbound_abandoned_ringing", "inbound_busy", "inbound_refused"]
    rows: list[CelRow] = []
    for name in names:
        own = logged.cel_of(name)
        shift = rows[0].at - own[0].at if rows else timedelta()
        rows += [replace(row, at=row.at + shift) for row in own]
    together = told(retell(sorted(rows, key=lambda row: row.at), phones_matching(PHONES)))
    keys = ("call_id", "caller", "dialled", "outcome", "answered_by", "ended_by", "hangup_cause")
    alone = [call for name in names for call in from_log(name)]
    assert len(alone) == 4
    assert sorted(str([call[key] for key in keys]) for call in together) == sorted(
        str([call[key] for key in keys]) for call in alone
    )


def test_only_conversations_that_touch_the_wanted_time_are_told() -> None:
    whole, second = logged.cel_of("inbound_answered"), timedelta(seconds=1)
    for rows in (whole, whole[:-2]):
        first, last = rows[0].at, rows[-1].at
        for since, until, is_told in (
            (first - second, first, True),
            (last, last + second, True),
            (first - 2 * second, first - second, False),
            (last + second, last + 2 * second, False),
        ):
            retelling = Retelling(phones_matching(PHONES), (since, until))
            found = [one for row in rows for one in retelling.feed(row)]
            assert bool([*found, *retelling.unfinished()]) is is_told


def test_a_row_that_cannot_be_understood_spoils_no_call() -> None:
    rows = logged.cel_of("inbound_answered")
    odd = [
        replace(rows[3], kind="ATTENDEDTRANSFER", extra={"channel2_uniqueid": "no such"}),
        replace(rows[3], kind="PARK_END", extra={"retriever": 7}),
        replace(rows[3], kind="BRIDGE_ENTER", uniqueid=Uniqueid("stranger"), extra={}),
        replace(rows[3], kind="ΩMEGA"),
    ]
    (call,) = from_log("inbound_answered", [*rows[:4], *odd, *rows[4:]])[:1]
    assert (call["outcome"], call["answered_by"]) == ("answered", ["PJSIP/101"])


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-22 08:06:50.708658", datetime(2026, 11, 22, 5, 6, 50, 708658, UTC)),
        ("2026-11-22 08:06:50", datetime(2026, 11, 22, 5, 6, 50, tzinfo=UTC)),
        ("2026-11-22T08:06:50+0100", datetime(2026, 11, 22, 7, 6, 50, tzinfo=UTC)),
        ("1795334810.708658", datetime(2026, 11, 22, 8, 6, 50, 708658, UTC)),
        (
            datetime(2026, 11, 22, 8, 6, 50),  # noqa: DTZ001 - as a database gives it
            datetime(2026, 11, 22, 5, 6, 50, tzinfo=UTC),
        ),
    ],
)
def test_a_time_is_read_in_whichever_way_it_is_written(written: Any, meant: datetime) -> None:
    moscow = timezone(timedelta(hours=3))
    row = cel_row({"kind": "ANSWER", "at": written, "uniqueid": "1.1"}, moscow)
    assert row.at == meant


@pytest.mark.parametrize("kind", ["ANSWER", "answer", "AST_CEL_ANSWER", 4, "4"])
def test_an_event_is_known_by_its_word_and_by_its_number(kind: Any) -> None:
    assert cel_row({"kind": kind, "at": 1795334810, "uniqueid": "1.1"}, UTC).kind == "ANSWER"


@pytest.mark.parametrize(
    ("values", "column"),
    [
        ({"kind": "ANSWER", "at": "yesterday", "uniqueid": "1.1"}, "at"),
        ({"kind": "ANSWER", "at": "9" * 40, "uniqueid": "1.1"}, "at"),
        ({"kind": "ANSWER", "at": "1²", "uniqueid": "1.1"}, "at"),
        ({"kind": "ANSWER", "at": "0001-01-01 00:00:00", "uniqueid": "1.1"}, "at"),
        ({"kind": "", "at": 1, "uniqueid": "1.1"}, "kind"),
        ({"kind": "ANSWER", "at": 1, "uniqueid": None}, "uniqueid"),
    ],
)
def test_a_line_that_is_no_row_says_which_column_is_wrong(
    values: dict[str, Any], column: str
) -> None:
    with pytest.raises(NotARow, match=column):
        cel_row(values, timezone(timedelta(hours=3)))


def test_nonsense_in_the_extra_column_is_nothing() -> None:
    deep = '{"a":' * 100_000
    for extra in (None, "", "{", "[1]", "null", b"\xff", 7, deep, '{"hangupcause": [16]}'):
        row = cel_row({"kind": "HANGUP", "at": 1, "uniqueid": "1.1", "extra": extra}, UTC)
        assert dict(row.extra) == {}


BILLED = {
    "inbound_answered": ("inbound", "79161234567", "answered", ["PJSIP/101"]),
    "inbound_busy": ("inbound", "79161234567", "busy", []),
    "queue_ringall_answered": ("inbound", "79161234567", "answered", ["PJSIP/102"]),
    "queue_abandoned_waiting": ("inbound", "79161234567", "abandoned", []),
    "voicemail_after_no_answer": ("inbound", "79161234567", "voicemail", []),
    "blind_refer_answered": ("inbound", "79161234567", "answered", ["PJSIP/101", "PJSIP/102"]),
    "outbound_answered": ("outbound", "101", "answered", ["PJSIP/101"]),
    "outbound_busy": ("outbound", "101", "busy", []),
    "outbound_no_answer": ("outbound", "101", "no_answer", []),
    "internal_answered": ("internal", "101", "answered", ["PJSIP/102"]),
}


@pytest.mark.parametrize("name", BILLED)
def test_a_call_read_from_its_bills_has_parties_and_outcome(name: str) -> None:
    (call,) = told(retell_bills(logged.cdr_of(name), phones_of(name)))
    found = (call["direction"], call["caller"], call["outcome"], call["answered_by"])
    assert found == BILLED[name]


def test_bills_of_one_call_that_come_hours_apart_make_one_call() -> None:
    bills = logged.cdr_of("blind_refer_answered")
    hours = timedelta(hours=3)
    late = [
        replace(row, started_at=row.started_at + hours, ended_at=row.ended_at + hours)
        for row in bills[1:]
    ]
    (call,) = told(retell_bills([bills[0], *late], phones_matching(PHONES)))
    assert call["answered_by"] == ["PJSIP/101", "PJSIP/102"]


def test_bills_in_the_order_of_their_starts_make_the_same_calls() -> None:
    """So PostgreSQL gives them: the bill of a whole night stands among those of its evening."""
    bills = logged.cdr_of("blind_refer_answered")
    night = replace(
        logged.cdr_of("inbound_answered")[0],
        started_at=bills[0].started_at,
        ended_at=bills[0].ended_at + timedelta(hours=9),
    )
    (call,) = [
        call
        for call in told(retell_bills([bills[0], night, *bills[1:]], phones_matching(PHONES)))
        if call["call_id"] == bills[0].linkedid
    ]
    assert call["answered_by"] == ["PJSIP/101", "PJSIP/102"]


BILL = {
    "started": "2026-11-22 08:00:00",
    "ended": "2026-11-22 08:00:30",
    "channel": "PJSIP/provider-00000001",
    "destination_channel": "PJSIP/101-00000002",
    "disposition": "ANSWERED",
    "uniqueid": "1.1",
}


@pytest.mark.parametrize("talked", ["79161234567", "1e300", "inf", "nan", "PJSIP/101-00000002"])
def test_a_bill_with_a_length_of_years_spoils_no_other(talked: str) -> None:
    """A full disk tears a line, and the next one is written on: their columns do not fit."""
    row = cdr_row({**BILL, "talked": talked}, UTC)
    assert row.answered_at == row.ended_at == datetime(2026, 11, 22, 8, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize("answered", ["1970-01-01 00:00:00", "0001-01-01 00:00:00", "0"])
def test_an_answer_of_before_the_call_is_counted_back_from_its_end(answered: str) -> None:
    row = cdr_row({**BILL, "answered": answered, "talked": "20"}, UTC)
    assert row.answered_at == datetime(2026, 11, 22, 8, 0, 10, tzinfo=UTC)


def test_the_hour_that_the_clock_goes_through_twice_is_told_by_the_channel_s_number() -> None:
    """On 25 October 2026 at three the clocks of Berlin went back to two: at one o'clock UTC."""
    berlin = ZoneInfo("Europe/Berlin")
    first, second = (datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1))
    for born in (first, second):
        values = {
            **BILL,
            "started": "2026-10-25 02:30:00",
            "ended": "2026-10-25 02:30:40",
            "uniqueid": f"{born.timestamp():.0f}.7",
        }
        bill = cdr_row(values, berlin)
        assert (bill.started_at, bill.ended_at) == (born, born + timedelta(seconds=40))
        row = cel_row({**values, "kind": "ANSWER", "at": "2026-10-25 02:30:05.1"}, berlin)
        assert row.at == born + timedelta(seconds=5.1)
    last = {**BILL, "started": "2026-10-25 02:59:50", "ended": "2026-10-25 02:00:20"}
    over = cdr_row({**last, "uniqueid": f"{first.timestamp() + 1790:.0f}.8"}, berlin)
    assert over.ended_at - over.started_at == timedelta(seconds=30)


def test_a_bill_without_its_own_times_is_read_from_its_durations() -> None:
    values = {
        "started": "2026-11-22 08:00:00",
        "duration": "30",
        "talked": "20",
        "source": "79161234567",
        "destination": "101",
        "channel": "PJSIP/provider-00000001",
        "destination_channel": "PJSIP/101-00000002",
        "disposition": "ANSWERED",
        "uniqueid": "1.1",
        "caller_id": '"Иван" <79161234567>',
    }
    (one,) = retell_bills([cdr_row(values, UTC)], phones_matching(PHONES))
    (call,) = one.calls
    assert isinstance(call, CallRecord)
    assert (call.wait_seconds, call.talk_seconds, call.caller_name) == (10.0, 20.0, "Иван")
    assert one.is_coarse
