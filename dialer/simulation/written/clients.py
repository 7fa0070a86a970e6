"""Whom a simulated campaign calls, as a scenario file says it, and how they answer."""

from typing import Final

from crm_core.errors import Invalid
from dialer.compliance.local_time import find_zone
from dialer.order.best_hours import NumberKind
from dialer.simulation.distributions import Exponential, Lognormal, Uniform
from dialer.simulation.scenario import Answering, Kind
from dialer.simulation.written.fields import Fields, number, shown, tables
from dialer.simulation.written.lengths import read_lengths

MOST_KINDS: Final = 50
MOST_ZONES: Final = 100
LONGEST_LIST: Final = 64
_HOURS: Final = tuple(str(hour) for hour in range(24))
_USUAL_CHANCE: Final = 0.25


def read_kinds(written: object, at: str = "clients") -> tuple[Kind, ...]:
    """The kinds of clients; one usual kind where nothing is written. Invalid: "shares_zero",
    "zone_unknown", and those of the fields."""
    if written is None:
        return (Kind("client"),)
    kinds = tuple(_kind(each) for each in tables(at, written, most=MOST_KINDS))
    if not kinds or sum(kind.share for kind in kinds) <= 0.0:
        raise Invalid(at, "shares_zero")
    return kinds


def _kind(fields: Fields) -> Kind:
    kind = Kind(
        name=fields.text("name", "client"),
        share=fields.number("share", 1.0, least=0.0, most=1e6),
        answer_factor=fields.number("answer_factor", 1.0, least=0.0, most=100.0),
        talk=read_lengths(fields, "talk", Lognormal(120.0, 0.8)),
        wrap_up=read_lengths(fields, "wrap_up", Exponential(20.0)),
        zones=_zones(fields),
        priority=fields.whole("priority", 5, least=1, most=9),
        consented=fields.number("consented", 1.0, least=0.0, most=1.0),
        listed=fields.number("listed", 0.0, least=0.0, most=1.0),
        list_name=fields.text("list", "", limit=LONGEST_LIST),
        number_type=fields.word("number_type", NumberKind.MOBILE),
    )
    fields.done()
    return kind


def _zones(fields: Fields) -> tuple[tuple[str, float], ...]:
    table = fields.table("zones")
    names = table.names()
    if len(names) > MOST_ZONES:
        raise Invalid(fields.path("zones"), "out_of_range", least=0, most=MOST_ZONES)
    for name in names:
        several = name.split()
        if not 0 < len(several) <= MOST_ZONES or None in map(find_zone, several):
            raise Invalid(table.path(shown(name)), "zone_unknown", value=shown(name))
    zones = tuple(
        (" ".join(sorted(set(name.split()))), table.number(name, 1.0, least=0.0, most=1e6))
        for name in names
    )
    if zones and sum(share for _, share in zones) <= 0.0:
        raise Invalid(fields.path("zones"), "shares_zero")
    return zones


def read_answering(fields: Fields) -> Answering:
    """The table `answer`. Invalid: "shares_over_one", "hour_unknown", and those of the fields."""
    busy = fields.number("busy", 0.0, least=0.0, most=1.0)
    machine = fields.number("machine", 0.0, least=0.0, most=1.0)
    chances = _chances(fields)
    time = read_lengths(fields, "time", Uniform(4.0, 20.0))
    fields.done()
    if max(chances) + busy + machine > 1.0:
        raise Invalid(fields.path("chance"), "shares_over_one")
    return Answering(chances, time, busy, machine)


def _chances(fields: Fields) -> tuple[float, ...]:
    """Of every hour: each holds until the next that is written, the day's last over midnight."""
    usual = fields.number("chance", _USUAL_CHANCE, least=0.0, most=1.0)
    table = fields.table("by_hour")
    said: dict[int, float] = {}
    for name in table.names():
        if name not in _HOURS:
            raise Invalid(table.path(shown(name)), "hour_unknown", value=shown(name))
        said[_HOURS.index(name)] = number(table.path(name), table.get(name), least=0.0, most=1.0)
    if not said:
        return (usual,) * len(_HOURS)
    before = said[max(said)]
    found = []
    for hour in range(len(_HOURS)):
        before = said.get(hour, before)
        found.append(float(before))
    return tuple(found)
