"""A scenario out of a file (docs/simulate.md): nonsense is refused, key by key (pure).

The file is untrusted: whatever is in it, a Scenario that can be run comes out, or Invalid.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from crm_core.errors import Invalid
from dialer.compliance.local_time import find_zone
from dialer.compliance.profile import ConsentRule, CountedFrom, LawProfile
from dialer.pacing.policy import Mode, Policy
from dialer.simulation.scenario import Failing, Kind, Outage, Scenario
from dialer.simulation.written.clients import read_answering, read_kinds
from dialer.simulation.written.fields import Fields, shown, tables
from dialer.simulation.written.law import ProfileOf, read_law, zone_of_law
from dialer.simulation.written.operators import read_operators
from dialer.simulation.written.retrying import read_retry

MOST_CHARACTERS: Final = 300_000
MOST_DAYS: Final = 3660
MOST_PEOPLE: Final = 500_000
MOST_SEED: Final = 2**53
_YEARS: Final = (1971, 2100)
_USUAL_DAY: Final = date(2026, 1, 12)  # a Monday without holidays near
_USUAL_RING: Final = 25.0
_LEAST_PERMITTED: Final = 0.01


def read_scenario(written: str | Mapping[str, object], profile_of: ProfileOf) -> Scenario:
    """The scenario of a TOML text, or of its values.

    Invalid names the key and why not: "file" with "not_toml" or "too_long", else its place.
    """
    fields = Fields(values_of(written) if isinstance(written, str) else written)
    law = read_law(fields.get("law"), profile_of)
    pacing = _pacing(fields.table("pacing"), law)
    kinds = read_kinds(fields.get("clients"))
    scenario = Scenario(
        title=fields.text("title", "", limit=200),
        seed=fields.whole("seed", 1, least=0, most=MOST_SEED),
        first_day=_first_day(fields),
        days=fields.whole("days", 20, least=1, most=MOST_DAYS),
        zone=_zone(fields, law),
        law=law,
        policy=pacing.policy,
        shifts=read_operators(fields.get("operators")),
        kinds=kinds,
        answering=read_answering(fields.table("answer")),
        list_size=_list_size(fields.table("list"), law, kinds),
        ring_seconds=pacing.ring_seconds,
        greeting_seconds=pacing.greeting_seconds,
        tick_seconds=pacing.tick_seconds,
        outages=_outages(fields.get("outages")),
        retry=read_retry(fields.table("retry")),
    )
    fields.done()
    return scenario


@dataclass(frozen=True, slots=True)
class _Pacing:
    policy: Policy
    ring_seconds: float
    greeting_seconds: float
    tick_seconds: float


def values_of(text: str) -> Mapping[str, object]:
    """What a TOML text says. Invalid("file", "not_toml" or "too_long")."""
    if len(text) > MOST_CHARACTERS:
        raise Invalid("file", "too_long", limit=MOST_CHARACTERS)
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as refused:  # also a whole number of 5000 digits
        raise Invalid("file", "not_toml", reason=shown(str(refused))) from None


def _pacing(fields: Fields, law: LawProfile) -> _Pacing:
    mode = fields.word("mode", Mode.PREDICTIVE)
    if mode is Mode.PREVIEW:
        raise Invalid(fields.path("mode"), "mode_not_simulated")
    usual_ring = max(_USUAL_RING, float(law.minimum_ring_seconds))
    ring = fields.number("ring_seconds", usual_ring, least=1.0, most=120.0)
    if ring < law.minimum_ring_seconds:
        raise Invalid(fields.path("ring_seconds"), "below_law", least=law.minimum_ring_seconds)
    greeting = fields.number("greeting_seconds", 0.0, least=0.0, most=30.0)
    if law.abandonment.counted_from is CountedFrom.ANSWER:
        greeting = 0.0  # it gives an operator no more time
    policy = Policy(
        mode=mode,
        limit=law.abandonment.limit,
        target=fields.number("target", 0.5, least=0.0, most=0.5),
        patience_seconds=law.abandonment.seconds + greeting,
        ratio=fields.number("ratio", 1.5, least=0.1, most=20.0),
        trunks=fields.whole("trunks", 1000, least=1, most=100_000),
        calls_per_second=fields.number("calls_per_second", 50.0, least=0.01, most=10_000.0),
        most_lines_per_operator=fields.number("lines_per_operator", 20.0, least=1.0, most=100.0),
    )
    tick = fields.number("decide_every_seconds", 1.0, least=0.2, most=60.0)
    fields.done()
    return _Pacing(policy, ring, greeting, tick)


def _zone(fields: Fields, law: LawProfile) -> ZoneInfo:
    name = fields.text("zone", zone_of_law(law))
    found = find_zone(name)
    if found is None:
        raise Invalid("zone", "zone_unknown", value=shown(name))
    return found


def _first_day(fields: Fields) -> date:
    written = fields.get("first_day")
    if written is None:
        return _USUAL_DAY
    try:
        day = date.fromisoformat(written) if isinstance(written, str) else written
    except ValueError:
        day = None
    # An instant is a date too, to Python.
    if type(day) is not date or not _YEARS[0] <= day.year <= _YEARS[1]:
        raise Invalid("first_day", "no_day", least=_YEARS[0], most=_YEARS[1])
    return day


def _list_size(fields: Fields, law: LawProfile, kinds: tuple[Kind, ...]) -> int:
    """A list without an end must hold people who may be called, or looking for one has no end."""
    size = fields.whole("size", 0, least=0, most=MOST_PEOPLE)
    fields.done()
    needed = law.consent is ConsentRule.NEEDED
    permitted = sum(
        kind.share * (1.0 - kind.listed) * (kind.consented if needed else 1.0) for kind in kinds
    )
    nobody = permitted < _LEAST_PERMITTED * sum(kind.share for kind in kinds)
    if size == 0 and (nobody or any(limit.most == 0 for limit in law.attempts)):
        raise Invalid("list.size", "nobody_to_call")
    return size


def _outages(written: object) -> tuple[Outage, ...]:
    if written is None:
        return ()
    return tuple(_outage(each) for each in tables("outages", written, most=50))


def _outage(fields: Fields) -> Outage:
    start, end = fields.clock("from", 0), fields.clock("to", 24 * 60)
    if end <= start:
        raise Invalid(fields.path("to"), "period_backwards")
    outage = Outage(start, end, fields.word("failing", Failing.FAILS))
    fields.done()
    return outage
