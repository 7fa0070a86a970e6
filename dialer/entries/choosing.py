"""Who is dialled next: the foremost of those buckets that are open now, judged one by one.

Reads only. What may not be dialled comes back with its reason; who leases moves it on, so that
it is not met again before it may be.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from itertools import chain, islice
from operator import attrgetter
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.storage.hot import Reading, read_through
from dialer.campaigns.queries import Campaign
from dialer.compliance.calling_hours import opening_times
from dialer.compliance.permission import Permission, Refused, judge
from dialer.compliance.profile import LawProfile
from dialer.entries.foremost import AT_ONCE, BUCKETS, CERTAIN, FOREMOST, SEGMENTS, named
from dialer.entries.gathering import Asking, Candidate, Known, Met, asking, gather
from dialer.entries.states import zones_from
from dialer.order.best_hours import Scores, cell_of
from dialer.order.picking import Picking, Row, in_order, place
from dialer.order.quotas import Filled, Quotas
from dialer.order.reasons import Waits

MOST_AT_ONCE: Final = 500
FAR: Final = datetime.max.replace(tzinfo=UTC)
"""As good as never."""
SPARE: Final = 8
"""Looked at beyond what is asked for, because the law refuses some."""


@dataclass(frozen=True, slots=True)
class Law:
    """The profile in force and its version."""

    profile: LawProfile
    version: int


@dataclass(frozen=True, slots=True)
class Rules:
    """What a choice goes by: the campaign, the law in force, the office's own numbers, what is
    known of the best hours, and the zone of the office's calendar."""

    campaign: Campaign
    law: Law
    own: frozenset[str] = frozenset()
    scores: Scores = field(default_factory=Scores)
    zone: tzinfo = UTC


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


_standing: Final = attrgetter("rank", "id")


class Place(NamedTuple):
    """Where an entry stands."""

    id: int
    rank: int
    bucket_id: int | None


@dataclass(frozen=True, slots=True)
class _Bucket:
    id: int
    zones: frozenset[str]
    segment: str
    better_later: bool
    first_rank: int


@dataclass(frozen=True, slots=True)
class _Met:
    """Who stands foremost: certain ones, then those of the open buckets; where they may be."""

    line: list[Place]
    zones: Mapping[int | None, frozenset[str]]


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
    asked = asking(connection, rules.campaign.id, rules.law.profile, at, rules.own)
    return await read_through(connection, _choosing(rules, asked, at, count, spare, sure, present))


def _choosing(
    rules: Rules,
    asked: Asking,
    at: datetime,
    count: int,
    spare: int,
    sure: int,
    present: Collection[int],
) -> Reading[Choice]:
    """Candidates in pieces of what is still wanted, until there are enough or no more."""
    foremost = yield from _meet(rules, at, count + spare, sure, present)
    waiting, met = iter(foremost.line), Met()
    chosen: list[Chosen] = []
    held: list[Held] = []
    while len(chosen) < count:
        # Where many are refused, more are asked about at once.
        piece = [*islice(waiting, max(count - len(chosen), len(held)))]
        if not piece:
            break
        known = yield from gather(asked, [each.id for each in piece], met)
        for each in known.candidates:
            certain = each.needs_agent or len(chosen) < sure
            zones = foremost.zones.get(each.bucket_id, frozenset())
            refused = _refusal(each, known, zones, rules, at, certain=certain)
            if refused is not None:
                held.append(refused)
            elif len(chosen) < count:
                chosen.append(_chosen(each, certain=certain))
    return Choice(tuple(chosen), tuple(held))


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
    return max(permission.refusals, key=lambda each: each.until or FAR).reason


def closed_by_campaign(rules: Rules, zones: frozenset[str], at: datetime) -> datetime | None:
    """Until when the campaign's own hours forbid it; None while they do not."""
    if rules.campaign.hours is None:
        return None
    profile = rules.law.profile
    opening = opening_times(rules.campaign.hours, profile.country, profile.subdivision, zones)
    is_open, change = opening.at(at.timestamp())
    if is_open:
        return None
    return FAR if change is None else datetime.fromtimestamp(change, UTC)


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
    rules: Rules, at: datetime, wanted: int, sure: int, present: Collection[int]
) -> Reading[_Met]:
    campaign = {"campaign": rules.campaign.id}
    asked: list[Any] = [(BUCKETS, campaign), (SEGMENTS, campaign)]
    if sure:
        agents = {**campaign, "most": sure, **named("agent", present, -1)}
        asked.append((CERTAIN, agents))
    told = yield asked
    filled = {row.pop("segment"): Filled(**row) for row in told[1]}
    picking = Picking(rules.campaign.quotas, filled)
    segments = {row["id"]: row["segment"] for row in told[0]}
    promised = sorted((Place(**row) for row in told[2]) if sure else (), key=_standing)[:sure]
    # A promise fills a quota like any other dial.
    certain = [each for each in promised if picking.take_if_room(segments[each.bucket_id])]
    zones = {row["id"]: zones_from(row["zones"]) for row in told[0]}
    spans = {each: _open_until(each, rules, at) for each in set(zones.values())}
    opened = [
        _bucket(row, zones[row["id"]], rules, at, span[1])
        for row in told[0]
        if row["first_rank"] is not None
        and picking.has_room(row["segment"])
        and (span := spans[zones[row["id"]]])[0]
    ]
    opened.sort(key=lambda bucket: _place(bucket, picking))
    line = yield from _foremost(opened[:AT_ONCE], rules.campaign.quotas, picking.filled, wanted)
    return _Met([*certain, *line], zones)


def _foremost(
    opened: Sequence[_Bucket], quotas: Quotas, filled: Mapping[str, Filled], wanted: int
) -> Reading[list[Place]]:
    """The first `wanted` of all these buckets in their order.

    A few of each are read, and all that could be wanted only of those whose few were not enough.
    """
    few = min(wanted, 2 * wanted // max(len(opened), 1) + 2)
    read = dict.fromkeys((each.id for each in opened), few)
    found = yield from _read(opened, few)
    while True:
        line = _in_line(opened, found, Picking(quotas, filled), wanted)
        last = {each.id for each in line}
        short = [
            each
            for each in opened
            if len(found[each.id]) == read[each.id] < wanted and found[each.id][-1].id in last
        ]
        if not short:
            return line
        few = min(wanted, few * 3)
        read |= dict.fromkeys((each.id for each in short), few)
        found |= yield from _read(short, few)


def _in_line(
    opened: Sequence[_Bucket],
    found: Mapping[int | None, list[Place]],
    picking: Picking,
    wanted: int,
) -> list[Place]:
    if not picking.has_quotas and not any(each.better_later for each in opened):
        # Nothing but the rank counts.
        return sorted(chain.from_iterable(found.values()), key=_standing)[:wanted]
    segments: dict[int | None, str] = {each.id: each.segment for each in opened}
    rows = [Row(each.segment, each.better_later, found[each.id]) for each in opened]
    line: list[Place] = []
    for each in in_order(rows, picking):
        if len(line) == wanted:
            break
        segment = segments[each.bucket_id]
        if picking.has_room(segment):
            picking.take(segment)
            line.append(each)
    return line


def _read(buckets: Sequence[_Bucket], most: int) -> Reading[dict[int | None, list[Place]]]:
    """The foremost `most` of each bucket in their order."""
    found: dict[int | None, list[Place]] = {each.id: [] for each in buckets}
    if not buckets:
        return found
    size = next(each for each in FOREMOST if each >= len(buckets))
    asked: dict[str, object] = {}
    for n in range(size):
        asked[f"b{n}"] = buckets[n].id if n < len(buckets) else -1
        asked[f"most{n}"] = most
    [rows] = yield [(FOREMOST[size], asked)]
    for row in rows:
        each = Place(row["id"], row["rank"], row["bucket_id"])
        found[each.bucket_id].append(each)
    for line in found.values():
        line.sort(key=_standing)
    return found


def _open_until(zones: frozenset[str], rules: Rules, at: datetime) -> tuple[bool, int | None]:
    """Whether these zones may be called now, by the law's hours and the campaign's, and when that
    ends (seconds since 1970)."""
    profile = rules.law.profile
    closes: list[int] = []
    for hours in (profile.hours, rules.campaign.hours):
        if hours is None:
            continue
        opening = opening_times(hours, profile.country, profile.subdivision, zones)
        is_open, change = opening.at(at.timestamp())
        if not is_open:
            return False, None
        closes += [] if change is None else [change]
    return True, min(closes, default=None)


def _bucket(
    row: Mapping[str, Any], zones: frozenset[str], rules: Rules, at: datetime, closes: int | None
) -> _Bucket:
    later = is_better_later(row["kind"], zones, rules.scores, at, closes)
    return _Bucket(row["id"], zones, row["segment"], later, row["first_rank"])


def is_better_later(
    kind: str, zones: frozenset[str], scores: Scores, at: datetime, closes: int | None
) -> bool:
    """Whether most would better be called later today, before it `closes` (seconds since 1970)."""
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
    fill = picking.fill(bucket.segment)
    return place(bucket.first_rank, bucket.id, better_later=bucket.better_later, fill=fill)
