"""A call as a picture: a lane for each phone, and on it what happened from when to when (pure)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from crm_core.calls.detail import CallDetail

SHORTEST_SHARE = 0.6  # of the width, in percent: what lasted no time at all is still seen


@dataclass(frozen=True, slots=True)
class Bar:
    """`kind`: waiting, ringing, talking, held or parked. `left` and `width` are percent."""

    kind: str
    left: float
    width: float
    started_at: datetime
    seconds: float
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Lane:
    """One phone (`name` of who sat there, where known), or the outside party (`interface` "")."""

    interface: str
    name: str | None
    bars: tuple[Bar, ...]

    @property
    def phone(self) -> str:
        """`101` of `PJSIP/101`."""
        return self.interface.partition("/")[2] or self.interface


@dataclass(frozen=True, slots=True)
class Picture:
    """The lanes from the first to appear; `marks` are the instants of transfers, in percent."""

    lanes: tuple[Lane, ...]
    marks: tuple[float, ...]
    seconds: float


def draw(detail: CallDetail, now: datetime) -> Picture:
    """The picture of a call; one that still lives is drawn until `now`."""
    scale = _Scale(detail, now)
    return Picture(
        lanes=(_outside(detail, scale), *_phones(detail, scale)),
        marks=tuple(scale.percent(move.at) for move in detail.transfers),
        seconds=scale.seconds,
    )


class _Scale:
    """From the call's first instant to its last."""

    def __init__(self, detail: CallDetail, now: datetime) -> None:
        self._start = detail.call.started_at
        self.end = max(detail.call.ended_at or now, self._start)
        self.seconds = (self.end - self._start).total_seconds()

    def percent(self, at: datetime) -> float:
        if not self.seconds:
            return 0.0
        share = (at - self._start).total_seconds() / self.seconds
        return round(min(max(share, 0.0), 1.0) * 100, 2)

    def bar(self, kind: str, start: datetime, end: datetime | None, detail: str = "") -> Bar:
        until = max(end or self.end, start)
        left = min(self.percent(start), 100 - SHORTEST_SHARE)
        width = max(self.percent(until) - left, SHORTEST_SHARE)
        seconds = (until - start).total_seconds()
        return Bar(kind, left, round(min(width, 100 - left), 2), start, seconds, detail)


def _outside(detail: CallDetail, scale: _Scale) -> Lane:
    """The client's own experience: how long he waited, talked and listened to music."""
    call = detail.call
    bars = [scale.bar("waiting", call.started_at, call.answered_at)]
    if call.answered_at is not None:
        bars.append(scale.bar("talking", call.answered_at, None))
    return Lane("", call.client_name or call.caller_name or None, (*bars, *_holds(detail, scale)))


def _holds(detail: CallDetail, scale: _Scale, interface: str | None = None) -> Iterable[Bar]:
    for hold in detail.holds:
        if interface is None or hold.interface == interface:
            yield scale.bar("parked" if hold.parked else "held", hold.started_at, hold.ended_at)


def _phones(detail: CallDetail, scale: _Scale) -> Iterable[Lane]:
    seen: dict[str, datetime] = {}
    firsts = [(offer.interface, offer.offered_at) for offer in detail.offers]
    firsts += [(talk.interface, talk.started_at) for talk in detail.talks]
    for interface, at in firsts:
        seen[interface] = min(at, seen.get(interface, at))
    for interface in sorted(seen, key=lambda each: (seen[each], each)):
        offers = [offer for offer in detail.offers if offer.interface == interface]
        talks = [talk for talk in detail.talks if talk.interface == interface]
        names = [talk.agent_name for talk in talks] + [offer.agent_name for offer in offers]
        name = next(filter(None, names), None)
        bars = [
            *(scale.bar("ringing", o.offered_at, o.ended_at, o.result or "") for o in offers),
            *(scale.bar("talking", talk.started_at, talk.ended_at) for talk in talks),
            *_holds(detail, scale, interface),
        ]
        yield Lane(interface, name, tuple(bars))
