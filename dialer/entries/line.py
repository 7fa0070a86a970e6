"""Who stands foremost on a campaign's list: promises, then the open buckets in their order."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from math import sqrt
from typing import NamedTuple

from crm_core.storage.hot import Asked, Reading
from dialer.entries.choice import Rules
from dialer.entries.foremost import (
    BUCKETS,
    CERTAIN,
    FOREMOST,
    SEGMENTS,
    BucketRow,
    Certain,
    Standing,
)
from dialer.entries.open_hours import closes_at, is_better_later
from dialer.entries.states import zones_from
from dialer.order.picking import Picking, Row, in_order
from dialer.order.quotas import Filled, Quotas

Zones = Mapping[int | None, frozenset[str]]
"""Of each bucket, where its people may be."""


@dataclass(frozen=True, slots=True)
class Line:
    """Ids of entries, the foremost first, and where the people of each bucket may be."""

    entry_ids: list[int]
    zones: Zones


class _Bucket(NamedTuple):
    """One that is open and has room."""

    id: int
    segment: str
    better_later: bool


def stand_in_line(
    rules: Rules, at: datetime, wanted: int, sure: int, present: Collection[int]
) -> Reading[Line]:
    """The first `wanted` who are ready, behind at most `sure` who need an operator sure for them:
    any, or one of those `present`."""
    buckets, promised, filled = yield from _ask(rules, sure, present)
    zones: dict[int | None, frozenset[str]] = {each.id: zones_from(each.zones) for each in buckets}
    picking = Picking(rules.campaign.quotas, filled)
    certain = _kept_promises(promised[:sure], buckets, picking)
    opened = _opened(buckets, zones, picking, rules, at)
    ready = yield from _foremost(opened, rules.campaign.quotas, picking.filled, wanted)
    return Line([*certain, *ready], zones)


def _ask(
    rules: Rules, sure: int, present: Collection[int]
) -> Reading[tuple[list[BucketRow], list[Certain], dict[str, Filled]]]:
    """The buckets, the promises in their order, and how full the segments are that have quotas."""
    campaign = {"campaign": rules.campaign.id}
    asked: list[Asked] = [(BUCKETS, campaign)]
    if sure:
        asked.append((CERTAIN, {**campaign, "most": sure, "agents": [*present]}))
    if rules.campaign.quotas.most:
        asked.append((SEGMENTS, campaign))
    told = yield asked
    filled = told[-1] if rules.campaign.quotas.most else []
    segments = {row.pop("segment"): Filled(**row) for row in filled}
    return told[0], sorted(told[1]) if sure else [], segments


def _kept_promises(
    promised: Sequence[Certain], buckets: Sequence[BucketRow], picking: Picking
) -> list[int]:
    """A promise fills a quota like any other dial."""
    segments: dict[int | None, str] = {each.id: each.segment for each in buckets}
    return [each.id for each in promised if picking.take_if_room(segments[each.bucket_id])]


def _opened(
    buckets: Sequence[BucketRow], zones: Zones, picking: Picking, rules: Rules, at: datetime
) -> list[_Bucket]:
    """Those where people may be called now and more are wanted."""
    spans = {each: closes_at(each, rules, at) for each in set(zones.values())}
    opened = []
    for each in buckets:
        here = zones[each.id]
        is_open, closes = spans[here]
        if is_open and picking.has_room(each.segment):
            later = is_better_later(each.kind, here, rules.scores, at, closes)
            opened.append(_Bucket(each.id, each.segment, later))
    return opened


def _foremost(
    opened: Sequence[_Bucket], quotas: Quotas, filled: Mapping[str, Filled], wanted: int
) -> Reading[list[int]]:
    """The first `wanted` of all these buckets in their order.

    A few of each are read, as many as most would give were all spread by chance, and more only of
    those whose few were not enough.
    """
    found: dict[int, list[Standing]] = {}
    each = wanted / max(len(opened), 1)
    few = _size(min(wanted, round(each + 2 * sqrt(each) + 1)))
    read = dict.fromkeys((each.id for each in opened), few)
    short = [each.id for each in opened]
    line: list[int] = []
    while short:
        [rows] = yield [(FOREMOST[few], {"buckets": short})]
        found.update(rows)
        line = _in_line(opened, found, Picking(quotas, filled), wanted)
        last = set(line)
        short = [
            bucket_id
            for bucket_id, their in found.items()
            if len(their) == read[bucket_id] < wanted and their[-1][1] in last
        ]
        few = _size(min(wanted, few * 3))
        read |= dict.fromkeys(short, few)
    return line


def _size(wanted: int) -> int:
    return next((size for size in FOREMOST if size >= wanted), max(FOREMOST))


class _Place(NamedTuple):
    """Where an entry stands."""

    id: int
    rank: int
    segment: str


def _in_line(
    opened: Sequence[_Bucket],
    found: Mapping[int, list[Standing]],
    picking: Picking,
    wanted: int,
) -> list[int]:
    if not picking.has_quotas and not any(each.better_later for each in opened):
        # Nothing but the rank counts.
        every = sorted(chain.from_iterable(found.values()))
        return [entry_id for _, entry_id in every[:wanted]]
    rows = [
        Row(
            each.segment,
            each.better_later,
            [_Place(entry_id, rank, each.segment) for rank, entry_id in found[each.id]],
        )
        for each in opened
    ]
    line: list[int] = []
    for place in in_order(rows, picking):
        if len(line) == wanted:
            break
        if picking.has_room(place.segment):
            picking.take(place.segment)
            line.append(place.id)
    return line
