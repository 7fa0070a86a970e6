"""An independent judge of dials: slow, obvious, and with no line in common with the product.

It is told what a profile says as plain figures, and what happened, and asks the wall clock of each
zone about the single minute or period in question. It counts by hand.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays

WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass
class Rules:
    """A profile in the words of its TOML file."""

    values: dict[str, object]
    _calendars: dict[int, set[date]] = field(default_factory=dict)

    def is_holiday(self, day: date) -> bool:
        if day.year not in self._calendars:
            self._calendars[day.year] = self._holidays_of(day.year)
        return day in self._calendars[day.year]

    def _holidays_of(self, year: int) -> set[date]:
        country, part = str(self.values["country"]), str(self.values["subdivision"])
        known = holidays.list_supported_countries(include_aliases=False)
        if country not in known:
            return set()
        subdivision = part if part in known[country] else None
        return set(holidays.country_holidays(country, subdiv=subdivision, years=year))


@dataclass
class Dial:
    at: datetime
    answered: bool = False
    abandoned: bool = False


@dataclass
class Agreement:
    given_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass
class Person:
    """`blocked` is any mark or list that speaks against him."""

    zones: list[str]
    dials: list[Dial] = field(default_factory=list)
    agreements: list[Agreement] = field(default_factory=list)
    blocked: bool = False
    agent_certain: bool = False


def may_dial(person: Person, rules: Rules, at: datetime) -> bool:
    """Whether nothing forbids it."""
    return not violations(person, rules, at)


def violations(person: Person, rules: Rules, at: datetime) -> list[str]:
    """The rules that a dial at `at` breaks, by name."""
    found = []
    if person.blocked:
        found.append("blocked")
    if not person.zones:
        found.append("zone")
    if any(not _within_hours(rules, zone, at) for zone in person.zones):
        found.append("hours")
    limits = rules.values["attempts"]
    assert isinstance(limits, list)
    if any(_is_used_up(person, limit, at) for limit in limits):
        found.append("attempts")
    if not person.agent_certain and _is_under_embargo(person, rules, at):
        found.append("embargo")
    if _lacks_consent(person, rules, at):
        found.append("consent")
    return found


def _within_hours(rules: Rules, zone: str, at: datetime) -> bool:
    wall = at.astimezone(ZoneInfo(zone))
    hours = rules.values["hours"]
    assert isinstance(hours, dict)
    name = WEEK[wall.weekday()]
    if rules.is_holiday(wall.date()):
        if hours["holidays"] == "no_calls":
            return False
        if hours["holidays"] == "as_sunday":
            name = "sunday"
    minute = wall.hour * 60 + wall.minute
    for written in hours[name]:
        first, last = written.split("-")
        if _minute(first) <= minute < _minute(last):
            return True
    return False


def _minute(written: str) -> int:
    hours, minutes = written.split(":")
    return int(hours) * 60 + int(minutes)


def _is_used_up(person: Person, limit: dict[str, object], at: datetime) -> bool:
    count = 0
    for dial in person.dials:
        if limit["counted"] == "conversations" and not dial.answered:
            continue
        if _is_in_same_period(person, limit, dial.at, at):
            count += 1
    most = limit["most"]
    assert isinstance(most, int)
    return count >= most


def _is_in_same_period(
    person: Person, limit: dict[str, object], before: datetime, at: datetime
) -> bool:
    if limit["period"] == "rolling":
        hours = limit["hours"]
        assert isinstance(hours, int)
        return at - before < timedelta(hours=hours)
    for zone in person.zones:
        one = before.astimezone(ZoneInfo(zone)).date()
        other = at.astimezone(ZoneInfo(zone)).date()
        if limit["period"] == "day" and one == other:
            return True
        if limit["period"] == "week" and one.isocalendar()[:2] == other.isocalendar()[:2]:
            return True
        if limit["period"] == "month" and (one.year, one.month) == (other.year, other.month):
            return True
    return False


def _is_under_embargo(person: Person, rules: Rules, at: datetime) -> bool:
    hours = rules.values["embargo_hours"]
    assert isinstance(hours, int)
    return any(each.abandoned and at - each.at < timedelta(hours=hours) for each in person.dials)


def _lacks_consent(person: Person, rules: Rules, at: datetime) -> bool:
    """What he said last counts; a revocation counts even where no consent was needed."""
    given = [each for each in person.agreements if each.given_at <= at]
    said_no = [each.revoked_at for each in given if each.revoked_at and each.revoked_at <= at]
    later = [each for each in given if all(each.given_at > no for no in said_no)]
    if said_no and not later:
        return True
    if rules.values["consent"] == "not_needed":
        return False
    return not any(each.expires_at is None or at < each.expires_at for each in later)
