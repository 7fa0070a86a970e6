"""One line of Asterisk's own logs, whoever keeps them: a channel event (CEL), a call record (CDR).

Columns go by several names: those of Asterisk's table samples, of its CSV sample and of FreePBX.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from types import MappingProxyType
from typing import Any, Final

from telephony.ids import EPOCH_IN_UNIQUEID, Linkedid, Uniqueid

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
CEL_NAMES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "kind": ("eventtype", "event_type", "event"),
        "at": ("eventtime", "event_time"),
        "channel": ("channame", "chan_name", "channel"),
        "uniqueid": ("uniqueid", "unique_id"),
        "linkedid": ("linkedid", "linked_id"),
        "number": ("cid_num", "cidnum"),
        "name": ("cid_name", "cidname"),
        "exten": ("exten",),
        "context": ("context",),
        "app": ("appname", "app_name"),
        "app_data": ("appdata", "app_data"),
        "extra": ("extra", "eventextra"),
        "note": ("userdeftype", "userdef_type"),
    }
)
"""What a column is called where. Without those of `CEL_NEEDED` no call can be told."""
CEL_NEEDED: Final = ("kind", "at", "channel", "uniqueid", "linkedid", "number", "exten", "extra")
CDR_NAMES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "started": ("start", "calldate", "start_time"),
        "answered": ("answer", "answer_time"),
        "ended": ("end", "end_time"),
        "caller_id": ("clid",),
        "source": ("src",),
        "destination": ("dst",),
        "channel": ("channel",),
        "destination_channel": ("dstchannel", "dst_channel"),
        "app": ("lastapp", "last_app"),
        "app_data": ("lastdata", "last_data"),
        "duration": ("duration",),
        "talked": ("billsec",),
        "disposition": ("disposition",),
        "uniqueid": ("uniqueid",),
        "linkedid": ("linkedid",),
        "dialled": ("did",),
    }
)
CDR_NEEDED: Final = ("started", "source", "destination", "channel", "disposition", "uniqueid")
LONGEST_SECONDS: Final = 31 * 86_400.0
"""A duration beyond it is none: a line that a full disk has torn and put together anew."""
_EPOCH: Final = re.compile(r"\d+(?:\.\d*)?", re.ASCII)
_SECOND: Final = timedelta(seconds=1)
_KINDS: Final = (
    *("", "CHAN_START", "CHAN_END", "HANGUP", "ANSWER", "APP_START", "APP_END", "BRIDGE_ENTER"),
    *("BRIDGE_EXIT", "PARK_START", "PARK_END", "BLINDTRANSFER", "ATTENDEDTRANSFER"),
    *("USER_DEFINED", "LINKEDID_END", "PICKUP", "FORWARD"),
)
"""By the numbers that a database with a whole-number column keeps (`ast_cel_event_type`)."""


@dataclass(frozen=True, slots=True)
class CelRow:
    """One channel event. `at` is aware UTC; `extra` what the event says beyond its columns."""

    kind: str
    at: datetime
    channel: str
    uniqueid: Uniqueid
    linkedid: Linkedid
    number: str = ""
    name: str = ""
    exten: str = ""
    context: str = ""
    app: str = ""
    app_data: str = ""
    note: str = ""
    extra: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)


@dataclass(frozen=True, slots=True)
class CdrRow:
    """One line of a call's bill; a conversation has one or many. Times are aware UTC."""

    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime
    name: str
    source: str
    destination: str
    channel: str
    destination_channel: str
    app: str
    app_data: str
    disposition: str
    uniqueid: Uniqueid
    linkedid: Linkedid
    dialled: str = ""


class NotARow(ValueError):
    """This line is none of the log; the message names the column."""


def cel_row(values: Mapping[str, Any], zone: tzinfo) -> CelRow:
    """A CEL line by our names of its columns; times without a zone are `zone`'s. Raises NotARow."""
    text = {key: _text(values.get(key)) for key in CEL_NAMES}
    uniqueid = text["uniqueid"]
    if not uniqueid:
        raise NotARow("uniqueid")
    return CelRow(
        kind=_kind(values.get("kind")),
        at=_instant(values.get("at"), zone, "at", _born(uniqueid)),
        channel=text["channel"],
        uniqueid=Uniqueid(uniqueid),
        linkedid=Linkedid(text["linkedid"] or uniqueid),
        number=text["number"],
        name=text["name"],
        exten=text["exten"],
        context=text["context"],
        app=text["app"],
        app_data=text["app_data"],
        note=text["note"],
        extra=_extra(values.get("extra")),
    )


def cdr_row(values: Mapping[str, Any], zone: tzinfo) -> CdrRow:
    """A CDR line by our names of its columns. Raises NotARow."""
    text = {key: _text(values.get(key)) for key in CDR_NAMES}
    if not text["uniqueid"]:
        raise NotARow("uniqueid")
    started = _instant(values.get("started"), zone, "started", _born(text["uniqueid"]))
    duration, talked = _seconds(values.get("duration")), _seconds(values.get("talked"))
    told_end = instant_or_none(values.get("ended"), zone, started)
    ended = max(started, told_end or _later(started, duration))
    answered = instant_or_none(values.get("answered"), zone, started)
    if answered is not None and not started - _SECOND <= answered <= ended + _SECOND:
        answered = None
    if answered is None and (talked or text["disposition"] == "ANSWERED"):
        answered = ended - min(timedelta(seconds=talked), ended - started)
    return CdrRow(
        started_at=started,
        answered_at=answered,
        ended_at=ended,
        name=_name_in(text["caller_id"]),
        source=text["source"],
        destination=text["destination"],
        channel=text["channel"],
        destination_channel=text["destination_channel"],
        app=text["app"],
        app_data=text["app_data"],
        disposition=text["disposition"].upper(),
        uniqueid=Uniqueid(text["uniqueid"]),
        linkedid=Linkedid(text["linkedid"] or text["uniqueid"]),
        dialled=text["dialled"],
    )


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _kind(value: Any) -> str:
    """The event's word; some databases keep its number."""
    told = _text(value).strip().upper().removeprefix("AST_CEL_")
    if told.isascii() and told.isdigit():
        told = _KINDS[int(told)] if int(told) < len(_KINDS) else "OTHER"
    if not told:
        raise NotARow("kind")
    return told


def _instant(value: Any, zone: tzinfo, column: str, not_before: datetime | None) -> datetime:
    at = instant_or_none(value, zone, not_before)
    if at is None:
        raise NotARow(column)
    return at


def instant_or_none(
    value: Any, zone: tzinfo, not_before: datetime | None = None
) -> datetime | None:
    """The instant that a log's column means, None where it means none; without a zone of its own it
    is `zone`'s. In the hour that a clock put back goes through twice it is the second time when the
    first lies `not_before`."""
    if isinstance(value, datetime):
        at = value
    else:
        written = _text(value).strip()
        if not written or written.startswith("0000"):
            return None
        if _EPOCH.fullmatch(written):
            return _epoch(float(written))
        try:
            at = datetime.fromisoformat(written)
        except ValueError:
            return None
    at = at.replace(tzinfo=zone) if at.tzinfo is None else at
    try:
        told = at.astimezone(UTC)
        if not_before is not None and told < not_before - _SECOND:
            return at.replace(fold=1).astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return told


def _born(uniqueid: str) -> datetime | None:
    """When the channel was made, by the exchange's own ids: no row of it is older."""
    found = EPOCH_IN_UNIQUEID.search(uniqueid)
    return _epoch(int(found.group(1))) if found else None


def _epoch(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _seconds(value: Any) -> float:
    try:
        told = float(value or 0)
    except (TypeError, ValueError):
        return 0.0
    return told if 0.0 < told <= LONGEST_SECONDS else 0.0


def _later(at: datetime, seconds: float) -> datetime:
    try:
        return at + timedelta(seconds=seconds)
    except OverflowError:
        return at


def _extra(value: Any) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    written = _text(value).strip()
    if not written.startswith("{"):
        return _NOTHING
    try:
        told = json.loads(written)
    except (ValueError, RecursionError):
        return _NOTHING
    if not isinstance(told, dict):
        return _NOTHING
    return {key: each for key, each in told.items() if not isinstance(each, dict | list)}


def _name_in(caller_id: str) -> str:
    """`"Иван" <7916…>` -> `Иван`; a bare number is no name."""
    name, bracket, _ = caller_id.rpartition("<")
    return name.strip().strip('"') if bracket else ""
