"""Calls out of bills (CDR): coarser than channel events, for where nothing better is kept (pure).

A bill says who was dialled and who was paid for, not who hung up, who was held or when a phone
began to ring; a menu counts as answered. So an answered call is one in which a phone of ours was
billed together with the other side.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from telephony.catchup.retelling import Retold
from telephony.catchup.rows import CdrRow
from telephony.events import CallRecord, Direction, LegRecord, LegRole, Offer, OfferResult, Outcome
from telephony.ids import CallId, Interface, Linkedid, Uniqueid, endpoint_of, interface_of
from telephony.legs import is_plumbing
from telephony.phones import is_outside_number

LINGER: Final = timedelta(hours=6)
"""A bill is written when its part of the call ends: further ones may follow for so long."""

_RESULTS: Final = {
    "BUSY": OfferResult.BUSY,
    "FAILED": OfferResult.FAILED,
    "CONGESTION": OfferResult.FAILED,
}
_OUTCOMES: Final = {
    "BUSY": Outcome.BUSY,
    "CONGESTION": Outcome.CONGESTION,
    "FAILED": Outcome.FAILED,
}
_NOWHERE: Final = frozenset({"", "s", "h", "i", "t"})
IsPhone = Callable[[str], bool]


class Billing:
    """Feed it bills in the order of their starts, or of their ends: calls come out once nothing
    more can come of them."""

    def __init__(self, is_phone: IsPhone) -> None:
        self._open: dict[str, list[CdrRow]] = {}
        self._is_phone = is_phone

    def feed(self, row: CdrRow) -> Iterator[Retold]:
        """The calls of which nothing was heard for long, as of this bill."""
        # Whoever was billed last stands last.
        for linkedid, bills in list(self._open.items()):
            # By its start: a database gives bills in that order, files in that of their ends.
            if row.started_at - bills[-1].ended_at <= LINGER:
                break
            yield from _retold(self._open.pop(linkedid), self._is_phone)
        self._open[row.linkedid] = [*self._open.pop(row.linkedid, []), row]

    def finish(self) -> Iterator[Retold]:
        """The rest."""
        for bills in self._open.values():
            yield from _retold(bills, self._is_phone)
        self._open.clear()


def retell_bills(rows: Iterable[CdrRow], is_phone: IsPhone) -> Iterator[Retold]:
    """Every call that the bills tell of, in the order of their ends."""
    billing = Billing(is_phone)
    for row in rows:
        yield from billing.feed(row)
    yield from billing.finish()


def _retold(bills: Sequence[CdrRow], is_phone: IsPhone) -> Iterator[Retold]:
    bills = sorted(bills, key=_place)
    keys = {str(row.linkedid) for row in bills} | {str(row.uniqueid) for row in bills}
    record = _Bills(bills, is_phone).record()
    if record is not None and record.ended_at is not None:
        yield Retold((record,), frozenset(keys), record.ended_at, is_coarse=True)


def _place(row: CdrRow) -> tuple[bool, bool, datetime]:
    """The caller first: the channel that gave the call its linkedid."""
    return is_plumbing(row.channel), str(row.uniqueid) != row.linkedid, row.started_at


class _Bills:
    """The bills of one call, the caller's first."""

    def __init__(self, bills: Sequence[CdrRow], is_phone: IsPhone) -> None:
        self._bills = bills
        self._is_phone = is_phone
        self._first = bills[0]
        self._by_phone = self._ours(self._first.channel)

    def record(self) -> CallRecord | None:
        """The call; None where a phone was alone with the exchange."""
        direction = self._direction()
        if direction is None:
            return None
        first, talks = self._first, self._talks()
        started = min(row.started_at for row in self._bills)
        ended = max(row.ended_at for row in self._bills)
        answered = min((at for _, at, _ in talks), default=None)
        return CallRecord(
            call_id=CallId(str(first.linkedid)),
            linkedids=(Linkedid(str(first.linkedid)),),
            direction=direction,
            caller=endpoint_of(interface_of(first.channel)) if self._by_phone else first.source,
            caller_name="" if self._by_phone else first.name,
            dialled=self._dialled(),
            queue=self._queue(),
            outcome=Outcome.ANSWERED if talks else self._unanswered(direction),
            answered_by=tuple(dict.fromkeys(phone for phone, _, _ in talks)),
            offered=tuple(self._offers()),
            started_at=started,
            answered_at=answered,
            ended_at=ended,
            wait_seconds=((answered or ended) - started).total_seconds(),
            talk_seconds=sum((until - at).total_seconds() for _, at, until in talks),
            hold_seconds=0.0,
            transfers=(),
            ended_by=None,
            hangup_cause=None,
            legs=tuple(self._legs()),
        )

    def _ours(self, channel: str) -> bool:
        return not is_plumbing(channel) and self._is_phone(interface_of(channel))

    def _outside(self, channel: str) -> bool:
        return bool(channel) and not is_plumbing(channel) and not self._ours(channel)

    def _direction(self) -> Direction | None:
        if self._outside(self._first.channel):
            return Direction.INBOUND
        outside = any(self._outside(row.destination_channel) for row in self._bills)
        if outside or is_outside_number(self._first.destination):
            return Direction.OUTBOUND
        reached = any(self._ours(row.destination_channel) for row in self._bills)
        return Direction.INTERNAL if reached else None

    def _dialled(self) -> str:
        named = [self._first.dialled, *(row.destination for row in self._bills)]
        return next((each for each in named if each not in _NOWHERE), "")

    def _queue(self) -> str | None:
        stood = [row for row in self._bills if row.app == "Queue" and row.app_data]
        answered = [row for row in stood if row.disposition == "ANSWERED"]
        last = (answered or stood)[-1:]
        return last[0].app_data.partition(",")[0] if last else None

    def _talks(self) -> list[tuple[Interface, datetime, datetime]]:
        """Which phone of ours talked, from when until when."""
        talks = []
        for row in self._bills:
            if row.disposition != "ANSWERED" or not row.destination_channel:
                continue
            phone = row.channel if self._by_phone else row.destination_channel
            if self._by_phone and self._ours(row.destination_channel):
                phone = row.destination_channel
            if self._ours(phone) and row.answered_at is not None:
                talks.append((interface_of(phone), row.answered_at, row.ended_at))
        return talks

    def _offers(self) -> Iterator[Offer]:
        for row in self._bills:
            if self._ours(row.destination_channel):
                result = _RESULTS.get(row.disposition, OfferResult.NO_ANSWER)
                if row.disposition == "ANSWERED":
                    result = OfferResult.ANSWERED
                ended = row.answered_at or row.ended_at
                phone = interface_of(row.destination_channel)
                yield Offer(phone, row.started_at, result, ended, self._queue())

    def _unanswered(self, direction: Direction) -> Outcome:
        dials = [row for row in self._bills if row.destination_channel]
        last = (dials or self._bills)[-1]
        if any(row.app == "VoiceMail" for row in self._bills):
            return Outcome.VOICEMAIL
        if last.disposition in _OUTCOMES:
            return _OUTCOMES[last.disposition]
        waited = last.app == "Queue" or last.disposition == "ANSWERED"
        is_inbound = direction is Direction.INBOUND
        return Outcome.ABANDONED if waited and is_inbound else Outcome.NO_ANSWER

    def _legs(self) -> Iterator[LegRecord]:
        """The callers' channels: the others' uniqueids are not billed."""
        told: dict[str, list[CdrRow]] = defaultdict(list)
        for row in self._bills:
            if not is_plumbing(row.channel):
                told[row.uniqueid].append(row)
        for uniqueid, rows in told.items():
            channel = rows[0].channel
            role = LegRole.PHONE if self._ours(channel) else LegRole.TRUNK
            yield LegRecord(
                Uniqueid(uniqueid),
                channel,
                interface_of(channel),
                role,
                rows[0].started_at,
                min((row.answered_at for row in rows if row.answered_at), default=None),
                max(row.ended_at for row in rows),
            )
