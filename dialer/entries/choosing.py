"""Who is dialled next: the foremost of those buckets that are open now, judged one by one.

Reads only. What may not be dialled comes back with its reason; who leases moves it on, so that
it is not met again before it may be.
"""

from collections.abc import Collection, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.storage.hot import Reading, read_through
from dialer.campaigns.queries import Campaign
from dialer.compliance.calling_hours import opening_times
from dialer.compliance.permission import Permission, Refused, judge
from dialer.compliance.profile import LawProfile
from dialer.entries.foremost import AT_ONCE, BUCKETS, CERTAIN, FOREMOST, SEGMENTS, named
from dialer.entries.gathering import Candidate, Known, gather
from dialer.entries.states import zones_from
from dialer.order.best_hours import Scores, cell_of
from dialer.order.picking import Picking, Row, in_order, place
from dialer.order.quotas import Filled
from dialer.order.reasons import Waits

MOST_AT_ONCE: Final = 500
_SPARE: Final = 14
"""Beyond what is asked for, against those whom the law refuses."""


@dataclass(frozen=True, slots=True)
class Law:
    """The profile in force and its version."""

    profile: LawProfile
    version: int


@dataclass(frozen=True, slots=True)
class Rules:
    """What a choice goes by: the campaign, the law in force, the office's own numbers, and what is
    known of the best hours."""

    campaign: Campaign
    law: Law
    own: frozenset[str] = frozenset()
    scores: Scores = field(default_factory=Scores)


@dataclass(frozen=True, slots=True)
class Chosen:
    """An entry that may be dialled now; `certain`: an operator must be sure for it, and that one
    where `agent_id` names him."""

    entry_id: int
    client_id: int
    contact_id: int | None
    e164: str
    position: int
    segment: str
    certain: bool
    agent_id: int | None


@dataclass(frozen=True, slots=True)
class Held:
    """An entry that may not: `reason` is a word of Refused or Waits, `until` when that ends by
    itself. `permission` is the whole judgement where the law spoke."""

    entry_id: int
    reason: Refused | Waits
    until: datetime | None
    permission: Permission | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """Who is dialled, in this order, and who was met and may not be."""

    chosen: tuple[Chosen, ...]
    held: tuple[Held, ...]


@dataclass(frozen=True, slots=True)
class _Bucket:
    id: int
    zones: frozenset[str]
    segment: str
    better_later: bool
    first: tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Met:
    """What stands foremost: certain ones first, then the rows of the open buckets."""

    certain: list[Candidate]
    rows: list[Row[Candidate]]
    zones: Mapping[int | None, frozenset[str]]
    filled: Mapping[str, Filled]


async def choose(
    connection: AsyncConnection,
    rules: Rules,
    at: datetime,
    count: int,
    *,
    sure: int | None = None,
    present: Collection[int] = (),
) -> Choice:
    """The next `count` entries that everything permits at `at`.

    For `sure` of them an operator is there for certain (None: for all, as the mode says); `present`
    are the operators who are free, for callbacks that were promised by them.
    """
    count = min(count, MOST_AT_ONCE)
    sure = (count if rules.campaign.is_sure else 0) if sure is None else min(sure, count)
    met = await read_through(connection, _meet(rules, at, count, sure, present))
    picking = Picking(rules.campaign.quotas, met.filled)
    return await _judge_in_order(connection, rules, at, met, picking, count, sure)


async def _judge_in_order(
    connection: AsyncConnection,
    rules: Rules,
    at: datetime,
    met: _Met,
    picking: Picking,
    count: int,
    sure: int,
) -> Choice:
    """Candidates in pieces of what is still wanted, until there are enough or no more."""
    waiting = _line(met, picking)
    chosen: list[Chosen] = []
    held: list[Held] = []
    taken = _Taken()
    while len(chosen) < count:
        # Where many are refused, more are asked about at once.
        piece = _next_piece(waiting, picking, max(count - len(chosen), len(held)), taken)
        if not piece:
            break
        law = rules.law.profile
        known = await gather(connection, rules.campaign.id, law, piece, at, rules.own)
        for each in piece:
            certain = each.needs_agent or len(chosen) < sure
            zones = met.zones.get(each.bucket_id, frozenset())
            refused = _refusal(each, known, zones, rules, at, certain=certain)
            if refused is None and len(chosen) == count:
                picking.give_back(each.segment)
            elif refused is None:
                chosen.append(_chosen(each, certain=certain))
            else:
                held.append(refused)
                picking.give_back(each.segment)
    return Choice(tuple(chosen), tuple(held))


@dataclass(slots=True)
class _Taken:
    """Whom this choice has met already: nobody comes twice, at whatever number."""

    clients: set[int] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)

    def is_new(self, each: Candidate) -> bool:
        if each.client_id in self.clients or each.e164 in self.numbers:
            return False
        self.clients.add(each.client_id)
        self.numbers.add(each.e164)
        return True


def _line(met: _Met, picking: Picking) -> Generator[Candidate, None, None]:
    yield from met.certain
    yield from in_order(met.rows, picking)


def _next_piece(
    waiting: Generator[Candidate, None, None], picking: Picking, count: int, taken: _Taken
) -> list[Candidate]:
    piece: list[Candidate] = []
    while len(piece) < count and (each := next(waiting, None)) is not None:
        if picking.has_room(each.segment) and taken.is_new(each):
            picking.take(each.segment)
            piece.append(each)
    return piece


def _refusal(
    each: Candidate,
    known: Known,
    zones: frozenset[str],
    rules: Rules,
    at: datetime,
    *,
    certain: bool,
) -> Held | None:
    card = known.cards.get(each.id)
    if card is None or card.gone:
        return Held(each.id, Waits.CLIENT_GONE, None)
    if not card.his:
        return Held(each.id, Waits.NUMBER_GONE, None)
    if each.id in known.going_on:
        return Held(each.id, Waits.BEING_CALLED, None)
    permission = judge(known.subject(each, zones, certain=certain), rules.law.profile, at)
    if not permission.permitted:
        return Held(each.id, foremost_reason(permission), permission.earliest_at, permission)
    closed_until = closed_by_campaign(rules, zones, at)
    return None if closed_until is None else Held(each.id, Waits.CAMPAIGN_HOURS, closed_until)


def foremost_reason(permission: Permission) -> Refused:
    """The one to tell of several: what does not end by itself, else what ends last."""
    far = datetime.max.replace(tzinfo=UTC)
    return max(permission.refusals, key=lambda each: each.until or far).reason


def closed_by_campaign(rules: Rules, zones: frozenset[str], at: datetime) -> datetime | None:
    """Until when the campaign's own hours forbid it; None while they do not."""
    if rules.campaign.hours is None:
        return None
    profile = rules.law.profile
    opening = opening_times(rules.campaign.hours, profile.country, profile.subdivision, zones)
    is_open, change = opening.at(at.timestamp())
    if is_open:
        return None
    return (
        datetime.max.replace(tzinfo=UTC) if change is None else datetime.fromtimestamp(change, UTC)
    )


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


def _meet(
    rules: Rules, at: datetime, count: int, sure: int, present: Collection[int]
) -> Reading[_Met]:
    campaign = {"campaign": rules.campaign.id}
    most = max(count + _SPARE, AT_ONCE)
    asked: list[Any] = [(BUCKETS, campaign), (SEGMENTS, campaign)]
    if sure:
        agents = {**campaign, "most": sure, **named("agent", present, -1)}
        asked.append((CERTAIN, agents))
    told = yield asked
    filled = {row.pop("segment"): Filled(**row) for row in told[1]}
    picking = Picking(rules.campaign.quotas, filled)
    certain = sorted((Candidate(**row) for row in told[2]) if sure else (), key=_standing)[:sure]
    zones = {row["id"]: zones_from(row["zones"]) for row in told[0]}
    opened = [
        bucket
        for row in told[0]
        if row["first_rank"] is not None
        and picking.has_room(row["segment"])
        and (bucket := _opened(row, zones[row["id"]], rules, at)) is not None
    ]
    opened.sort(key=lambda bucket: _place(bucket, picking))
    del opened[AT_ONCE:]
    rows = yield from _read_rows(opened, most)
    return _Met(certain, rows, zones, filled)


def _read_rows(opened: Sequence[_Bucket], most: int) -> Reading[list[Row[Candidate]]]:
    if not opened:
        return []
    size = next(each for each in FOREMOST if each >= len(opened))
    asked: dict[str, object] = {}
    for n in range(size):
        asked[f"b{n}"] = opened[n].id if n < len(opened) else -1
        asked[f"most{n}"] = most
    [found] = yield [(FOREMOST[size], asked)]
    by_bucket: dict[int | None, list[Candidate]] = {}
    for row in found:
        each = Candidate(**row)
        by_bucket.setdefault(each.bucket_id, []).append(each)
    return [
        Row(
            bucket.segment, bucket.better_later, sorted(by_bucket.get(bucket.id, ()), key=_standing)
        )
        for bucket in opened
    ]


def _opened(
    row: Mapping[str, Any], zones: frozenset[str], rules: Rules, at: datetime
) -> _Bucket | None:
    """The bucket where it may be dialled now, by the law's hours and the campaign's."""
    profile = rules.law.profile
    closes: list[int] = []
    for hours in (profile.hours, rules.campaign.hours):
        if hours is None:
            continue
        opening = opening_times(hours, profile.country, profile.subdivision, zones)
        is_open, change = opening.at(at.timestamp())
        if not is_open:
            return None
        closes += [] if change is None else [change]
    later = _is_better_later(row["kind"], zones, rules.scores, at, min(closes, default=None))
    return _Bucket(row["id"], zones, row["segment"], later, (row["first_rank"], row["first_id"]))


def _is_better_later(
    kind: str, zones: frozenset[str], scores: Scores, at: datetime, closes: int | None
) -> bool:
    if not scores.by_cell:
        return False
    zone = ZoneInfo(min(zones))
    local = at.astimezone(zone)
    until = 24
    if closes is not None:
        end = datetime.fromtimestamp(closes, zone)
        until = end.hour if end.date() == local.date() else 24
    return scores.is_better_later(cell_of(kind, local), until)


def _place(bucket: _Bucket, picking: Picking) -> tuple[int, bool, float, int, int]:
    rank, entry_id = bucket.first
    fill = picking.fill(bucket.segment)
    return place(rank, entry_id, better_later=bucket.better_later, fill=fill)


def _standing(each: Candidate) -> tuple[int, int]:
    return each.rank, each.id
