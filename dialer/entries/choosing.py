"""Who is dialled next: the foremost of those buckets that are open now, judged one by one.

Reads only. What may not be dialled comes back with its reason; who leases moves it on, so that
it is not met again before it may be.
"""

from collections.abc import Collection
from datetime import datetime
from itertools import islice
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.storage.hot import Reading, read_through
from dialer.compliance.permission import Permission, Refused, judge
from dialer.entries.choice import Choice, Chosen, Held, Rules
from dialer.entries.evidence import Candidate
from dialer.entries.gathering import Known, Met, asking, gather
from dialer.entries.line import Zones, stand_in_line
from dialer.entries.open_hours import FAR, closed_by_campaign
from dialer.order.reasons import Waits

MOST_AT_ONCE: Final = 500
SPARE: Final = 8
"""Looked at beyond what is asked for, because the law refuses some."""


async def choose(
    connection: AsyncConnection,
    rules: Rules,
    at: datetime,
    count: int,
    *,
    sure: int | None = None,
    present: Collection[int] = (),
    spare: int = SPARE,
) -> Choice:
    """The next `count` entries that everything permits at `at`; `spare` more at most are looked at.

    For `sure` of them an operator is there for certain (None: for all, as the mode says); `present`
    are the operators who are free, for callbacks that were promised by them.
    """
    count = min(count, MOST_AT_ONCE)
    sure = (count if rules.campaign.is_sure else 0) if sure is None else min(sure, count)
    reading = _choosing(rules, at, count, spare, sure, present)
    return await read_through(connection, reading)


def _choosing(
    rules: Rules, at: datetime, count: int, spare: int, sure: int, present: Collection[int]
) -> Reading[Choice]:
    """Candidates in pieces of what is still wanted, until there are enough or no more."""
    asked = asking(rules.campaign.id, rules.law.profile, at, rules.own)
    line = yield from stand_in_line(rules, at, count + spare, sure, present)
    waiting, met = iter(line.entry_ids), Met()
    judging = _Judging(rules, at, count, sure, line.zones)
    while left := count - len(judging.chosen):
        # A few more than are wanted are asked about at once; where many are refused, many more.
        piece = [*islice(waiting, max(left + left // 16 + 1, len(judging.held)))]
        if not piece:
            break
        known = yield from gather(asked, piece, met)
        judging.judge(known)
    return Choice(tuple(judging.chosen), tuple(judging.held))


class _Judging:
    """Judges one after another until enough are chosen."""

    def __init__(self, rules: Rules, at: datetime, count: int, sure: int, zones: Zones) -> None:
        self._rules = rules
        self._at = at
        self._count = count
        self._sure = sure
        self._zones = zones
        self.chosen: list[Chosen] = []
        self.held: list[Held] = []

    def judge(self, known: Known) -> None:
        """Those of them who are still wanted."""
        for each in known.candidates:
            if len(self.chosen) == self._count:
                break
            certain = bool(each.needs_agent) or len(self.chosen) < self._sure
            refused = self._refusal(each, known, certain=certain)
            if refused is None:
                self.chosen.append(_chosen(each, certain=certain))
            else:
                self.held.append(refused)

    def _refusal(self, each: Candidate, known: Known, *, certain: bool) -> Held | None:
        gone = _gone(each, known)
        if gone is not None:
            return Held(each.id, gone, None)
        zones = self._zones.get(each.bucket_id, _NOWHERE)
        subject = known.subject(each, zones, certain=certain)
        permission = judge(subject, self._rules.law.profile, self._at)
        if not permission.permitted:
            reason = foremost_reason(permission)
            return Held(each.id, reason, permission.earliest_at, permission)
        closed_until = closed_by_campaign(self._rules, zones, self._at)
        return None if closed_until is None else Held(each.id, Waits.CAMPAIGN_HOURS, closed_until)


_NOWHERE: Final = frozenset[str]()


def _gone(each: Candidate, known: Known) -> Waits | None:
    """What keeps him from being called before the law is asked."""
    if each.gone:
        return Waits.CLIENT_GONE
    if not each.his:
        return Waits.NUMBER_GONE
    return Waits.BEING_CALLED if each.client_id in known.going_on else None


def foremost_reason(permission: Permission) -> Refused:
    """The one to tell of several: what does not end by itself, else what ends last."""
    return max(permission.refusals, key=lambda each: each.until or FAR).reason


def _chosen(each: Candidate, *, certain: bool) -> Chosen:
    return Chosen(
        entry_id=each.id,
        client_id=each.client_id,
        contact_id=each.contact_id,
        e164=each.e164,
        position=each.position,
        segment=each.segment,
        certain=certain,
        agent_id=each.for_agent_id,
    )
