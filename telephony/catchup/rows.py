"""One line of Asterisk's own logs, whoever keeps them: a channel event (CEL), a call record (CDR).

Columns go by several names: those of Asterisk's table samples, of its CSV sample and of FreePBX.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from types import MappingProxyType
from typing import Any, Final

from telephony.ids import Linkedid, Uniqueid

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
        at=_instant(values.get("at"), zone, "at"),
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
    started = _instant(values.get("started"), zone, "started")
    duration, talked = _seconds(values.get("duration")), _seconds(values.get("talked"))
    ended = instant_or_none(values.get("ended"), zone) or _later(started, duration)
    answered = instant_or_none(values.get("answered"), zone)
    if answered is None and (talked or text["disposition"] == "ANSWERED"):
        answered = _later(ended, -talked)
    return CdrRow(
        started_at=started,
        answered_at=answered,
        ended_at=max(started, ended),
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
    if told.isdigit():
        told = _KINDS[int(told)] if int(told) < len(_KINDS) else "OTHER"
    if not told:
        raise NotARow("kind")
    return told


def _instant(value: Any, zone: tzinfo, column: str) -> datetime:
    at = instant_or_none(value, zone)
    if at is None:
        raise NotARow(column)
    return at


def instant_or_none(value: Any, zone: tzinfo) -> datetime | None:
    """The instant that a log's column means, None where it means none; without a zone of its own it
    is `zone`'s."""
    if isinstance(value, datetime):
        at = value
    else:
        written = _text(value).strip()
        if not written or written.startswith("0000"):
            return None
        if written.replace(".", "", 1).isdigit():
            return _epoch(float(written))
        try:
            at = datetime.fromisoformat(written)
        except ValueError:
            return None
    return (at.replace(tzinfo=zone) if at.tzinfo is None else at).astimezone(UTC)


def _epoch(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _seconds(value: Any) -> float:
    try:
        return max(0.0, float(value or 0))
    except (TypeError, ValueError):
        return 0.0


def _later(at: datetime, seconds: float) -> datetime:
    return datetime.fromtimestamp(at.timestamp() + seconds, UTC)


def _extra(value: Any) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    written = _text(value).strip()
    if not written.startswith("{"):
        return _NOTHING
    try:
        told = json.loads(written)
    except ValueError:
        return _NOTHING
    return told if isinstance(told, dict) else _NOTHING


def _name_in(caller_id: str) -> str:
    """`"Иван" <7916…>` -> `Иван`; a bare number is no name."""
    name, bracket, _ = caller_id.rpartition("<")
    return name.strip().strip('"') if bracket else ""
