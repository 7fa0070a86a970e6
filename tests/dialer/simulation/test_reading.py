"""A scenario file: what it says is what is run, and whatever else it says is refused by its key."""

import math
import tomllib
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
import tomli_w
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from crm_core.errors import Invalid
from dialer.compliance.profile import LawProfile, Window
from dialer.order.retry import After, RetryRules
from dialer.pacing.policy import Mode
from dialer.profiles.built_in import built_in
from dialer.simulation.distributions import Exponential, Fixed, Lognormal, Measured, Uniform
from dialer.simulation.reading import MOST_CHARACTERS, read_scenario
from dialer.simulation.running import simulate
from dialer.simulation.scenario import Break, Failing, Leaving, Scenario
from dialer.simulation.written.lengths import LONGEST
from telephony.events import Outcome

WHOLE = """
title = "Two shifts"
seed = 7
days = 3
first_day = 2026-03-02
zone = "Europe/Moscow"
[law]
profile = "us_federal"
abandonment = { window = "day", limit = 0.02 }
minimum_ring_seconds = 20
[pacing]
mode = "power"
ratio = 2.5
ring_seconds = 30
trunks = 40
calls_per_second = 5
decide_every_seconds = 2
greeting_seconds = 1.5
[answer]
by_hour = { "9" = 0.2, "12" = 0.1, "18" = 0.3 }
busy = 0.05
machine = 0.1
time = { kind = "uniform", from = 5, to = 15 }
[list]
size = 100
[[operators]]
count = 4
from = "09:00"
to = "17:30"
weekdays = ["mon", "sat"]
late_minutes = 5
leaving = "at_once"
breaks = [{ at = "12:00", minutes = 45 }]
[[operators]]
count = 2
[[clients]]
name = "new"
share = 2
talk = { kind = "exponential", mean = 60 }
wrap_up = 15
zones = { "America/New_York" = 3, "  UTC America/Chicago UTC" = 1 }
consented = 0.5
listed = 0.1
priority = 3
list = "spring"
number_type = "landline"
[[clients]]
name = "old"
talk = { kind = "measured", seconds = [30, 10, 20] }
[[outages]]
from = "11:00"
to = "11:30"
failing = "silent"
[retry]
most_attempts = 4
after = { busy = 15, machine = "never", no_answer = { minutes = 30, another_part = false } }
"""
ONE = {"operators": 1}


def profile_of(key: str) -> LawProfile | None:
    return built_in().get(key)


def read(written: str | dict[str, Any]) -> Scenario:
    return read_scenario(written, profile_of)


def refused(written: str | dict[str, Any]) -> Invalid:
    with pytest.raises(Invalid) as raised:
        read(written)
    return raised.value


def test_everything_that_is_written_is_read() -> None:
    scenario = read(WHOLE)
    assert (scenario.title, scenario.seed, scenario.days) == ("Two shifts", 7, 3)
    assert (scenario.first_day, str(scenario.zone)) == (date(2026, 3, 2), "Europe/Moscow")
    policy = scenario.policy
    assert (policy.mode, policy.ratio, policy.trunks) == (Mode.POWER, 2.5, 40)
    assert (policy.calls_per_second, policy.limit) == (5.0, 0.02)
    assert (scenario.ring_seconds, scenario.tick_seconds) == (30.0, 2.0)
    first, second = scenario.shifts
    assert (first.count, first.arrives, first.leaves) == (4, 540, 1050)
    assert first.breaks == (Break(720, 45),)
    assert (first.weekdays, first.late_minutes) == (frozenset({0, 5}), 5)
    assert (first.leaving, second.leaving) == (Leaving.AT_ONCE, Leaving.AFTER_CALLS)
    assert scenario.operators == 6
    new, old = scenario.kinds
    assert (new.name, new.share, new.talk, new.wrap_up) == (
        "new",
        2.0,
        Exponential(60.0),
        Fixed(15.0),
    )
    assert new.zones == (("America/New_York", 3.0), ("America/Chicago UTC", 1.0))
    assert (new.consented, new.listed, new.priority) == (0.5, 0.1, 3)
    assert (new.group, old.group) == (("spring", "landline"), ("", "mobile"))
    assert old.talk == Measured((10.0, 20.0, 30.0))
    answering = scenario.answering
    assert [answering.chances[hour] for hour in (8, 9, 11, 12, 17, 18, 23)] == [
        *(0.3, 0.2, 0.2, 0.1, 0.1, 0.3, 0.3)
    ]
    assert (answering.busy, answering.machine) == (0.05, 0.1)
    assert answering.time == Uniform(5.0, 15.0)
    assert [(each.start, each.end, each.failing) for each in scenario.outages] == [
        (660, 690, Failing.SILENT)
    ]
    assert scenario.list_size == 100
    assert scenario.retry.most_attempts == 4
    assert scenario.retry.after[Outcome.BUSY] == After(15)
    assert scenario.retry.after[Outcome.MACHINE].minutes is None
    assert scenario.retry.after[Outcome.NO_ANSWER] == After(30)


def test_the_law_is_the_profile_with_what_is_written_laid_over_it() -> None:
    law, usual = read(WHOLE).law, built_in()["us_federal"]
    assert law.abandonment.window is Window.DAY
    assert law.abandonment.limit == 0.02
    assert law.abandonment.seconds == usual.abandonment.seconds
    assert law.minimum_ring_seconds == 20
    assert law.hours == usual.hours


def test_operators_alone_are_a_scenario() -> None:
    scenario = read("operators = 8")
    assert scenario.operators == 8
    assert scenario.law == built_in()["us_federal"]
    assert str(scenario.zone) == "America/New_York"
    assert scenario.policy.mode is Mode.PREDICTIVE
    assert scenario.retry == RetryRules()
    assert scenario.kinds[0].talk == Lognormal(120.0, 0.8)


def test_an_office_is_where_its_law_is() -> None:
    assert str(read({**ONE, "law": "ru"}).zone) == "Europe/Moscow"


def test_a_greeting_gives_more_time_only_where_the_law_counts_from_its_end() -> None:
    greeting = {"greeting_seconds": 3}
    federal = read({**ONE, "law": "us_federal", "pacing": greeting})
    russian = read({**ONE, "law": "ru", "pacing": greeting})
    assert federal.policy.patience_seconds == federal.law.abandonment.seconds + 3.0
    assert russian.policy.patience_seconds == russian.law.abandonment.seconds
    assert russian.greeting_seconds == 0.0


def test_the_tail_of_a_distribution_is_cut_at_four_hours() -> None:
    talk = {"kind": "lognormal", "mean": 7200, "sigma": 3}
    scenario = read({**ONE, "clients": {"talk": talk}})
    assert scenario.kinds[0].talk.at(1 - 1e-12) == LONGEST
    assert scenario.kinds[0].talk.at(0.01) < 60.0


@pytest.mark.parametrize(
    ("written", "field", "code"),
    [
        ("", "operators", "required"),
        ("operators = 0", "operators", "out_of_range"),
        ("operators = 1000000000000", "operators", "out_of_range"),
        ("operators = true", "operators", "not_a_number"),
        ("operators = nan", "operators", "not_a_number"),
        ("operators = []", "operators", "out_of_range"),
        ('operators = "eight"', "operators", "no_list"),
        ("operators = [1]", "operators.1", "no_table"),
        ("operators = 8\noperator = 9", "operator", "unknown_key"),
        ("operators = -1", "operators", "out_of_range"),
        ("operators = 1\nseed = 1.5", "seed", "not_a_number"),
        ("operators = 1\ndays = 3661", "days", "out_of_range"),
        ('operators = 1\nzone = "Europe/Moskva"', "zone", "zone_unknown"),
        ('operators = 1\nzone = "../../etc/passwd"', "zone", "zone_unknown"),
        ('operators = 1\nzone = ""', "zone", "zone_unknown"),
        ("operators = 1\nfirst_day = 2026-01-01T00:00:00", "first_day", "no_day"),
        ('operators = 1\nfirst_day = "soon"', "first_day", "no_day"),
        ("operators = 1\nfirst_day = 0001-01-01", "first_day", "no_day"),
        ('operators = 1\nlaw = "mars"', "law", "profile_unknown"),
        ('operators = 1\nlaw = {profile = ["ru"]}', "law.profile", "profile_unknown"),
        ("operators = 1\nlaw = {colour = 1}", "law.colour", "unknown_key"),
        (
            "operators = 1\nlaw = {abandonment = {limit = 2}}",
            "law.abandonment.limit",
            "out_of_range",
        ),
        ("operators = 1\nlaw = 3", "law", "no_table"),
        ("operators = 1\npacing = {mode = 'preview'}", "pacing.mode", "mode_not_simulated"),
        ("operators = 1\npacing = {mode = 'fast'}", "pacing.mode", "not_one_of"),
        ("operators = 1\npacing = {ring_seconds = 5}", "pacing.ring_seconds", "below_law"),
        ("operators = 1\npacing = {ratio = inf}", "pacing.ratio", "out_of_range"),
        ("operators = 1\npacing = {ratio = nan}", "pacing.ratio", "out_of_range"),
        ("operators = 1\npacing = {trunks = 0}", "pacing.trunks", "out_of_range"),
        ("operators = 1\nanswer = {chance = 1.01}", "answer.chance", "out_of_range"),
        ("operators = 1\nanswer = {chance = 0.9, busy = 0.2}", "answer.chance", "shares_over_one"),
        ('operators = 1\nanswer = {by_hour = {"24" = 0.1}}', "answer.by_hour.24", "hour_unknown"),
        ('operators = 1\nanswer = {by_hour = {"9" = "x"}}', "answer.by_hour.9", "no_number"),
        ("operators = 1\nclients = []", "clients", "shares_zero"),
        ("operators = 1\nclients = {number_type = 'fax'}", "clients.number_type", "not_one_of"),
        ("operators = 1\nclients = {list = 3}", "clients.list", "no_text"),
        ("operators = 1\nclients = {share = 0}", "clients", "shares_zero"),
        ("operators = 1\nclients = {zones = {Mars = 1}}", "clients.zones.Mars", "zone_unknown"),
        ("operators = 1\nclients.zones = {' ' = 1}", "clients.zones.", "zone_unknown"),
        (
            "operators = 1\nclients.zones = {'UTC Mars' = 1}",
            "clients.zones.UTC Mars",
            "zone_unknown",
        ),
        ("operators = 1\nclients = {zones = {UTC = 0}}", "clients.zones", "shares_zero"),
        ("operators = 1\nclients = {talk = {mean = 1}}", "clients.talk.kind", "not_one_of"),
        ("operators = 1\nclients = {talk = -1}", "clients.talk", "out_of_range"),
        ("operators = 1\nclients = {talk = {kind='measured'}}", "clients.talk.seconds", "required"),
        (
            "operators = 1\nclients = {talk = {kind='uniform', from=9, to=3}}",
            "clients.talk.to",
            "out_of_range",
        ),
        ("operators = {count = 1, from = '9'}", "operators.from", "no_time"),
        ("operators = {count = 1, from = '24:01'}", "operators.from", "no_time"),
        ("operators = {count = 1, to = '08:00'}", "operators.to", "period_backwards"),
        ("operators = {count = 1, weekdays = ['mo']}", "operators.weekdays.1", "not_one_of"),
        ("operators = {count = 1, weekdays = []}", "operators.weekdays", "required"),
        (
            "operators = [{count = 1, breaks = [{at = '17:50'}]}]",
            "operators.1.breaks.1.at",
            "break_outside_shift",
        ),
        (
            "operators = {count = 1, breaks = [{at = '08:50'}]}",
            "operators.breaks.1.at",
            "break_outside_shift",
        ),
        ("operators = {count = 1, breaks = [{}]}", "operators.breaks.1.at", "required"),
        (
            "operators = 1\noutages = {from = '12:00', to = '11:00'}",
            "outages.to",
            "period_backwards",
        ),
        ("operators = 1\nretry = {after = {bored = 1}}", "retry.after.bored", "not_one_of"),
        ("operators = 1\nretry = {after = {busy = 'soon'}}", "retry.after.busy", "no_table"),
        ("operators = 1\nlist = {size = 1000000000}", "list.size", "out_of_range"),
        ("operators = 1\nlaw = 'ru'\nclients = {consented = 0}", "list.size", "nobody_to_call"),
        ("operators = 1\nclients = {listed = 1}", "list.size", "nobody_to_call"),
        ("operators = ", "file", "not_toml"),
        ("operators = " + "9" * 5000, "file", "not_toml"),
        ("operators = " + "[" * 50_000, "file", "not_toml"),
        ("\x00\x01\ufffd", "file", "not_toml"),
        ("#" * (MOST_CHARACTERS + 1), "file", "too_long"),
    ],
)
def test_nonsense_is_refused_by_its_key(written: str, field: str, code: str) -> None:
    error = refused(written)
    assert (error.field, error.code) == (field, code)


def test_a_ring_shorter_than_the_law_says_is_refused_with_what_it_says() -> None:
    error = refused("operators = 1\npacing = {ring_seconds = 5}")
    assert error.values == {"least": built_in()["us_federal"].minimum_ring_seconds}


def test_a_hostile_key_is_shown_cut_and_on_one_line() -> None:
    error = refused({**ONE, "a\r\nSet-Cookie: \x1b[2J" + "b" * 500: 1})
    assert len(error.field) <= 40
    assert error.field.isprintable()


SCALARS = st.one_of(
    st.booleans(),
    st.integers(),
    st.sampled_from((0, 1, 2, 0.5, 10**12, -1, math.inf, math.nan, 1e300)),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(("ru", "cautious", "09:00", "24:00", "mon", "power", "UTC", "never")),
    st.dates(),
    st.datetimes(),
)
KEYS = sorted(
    {
        *("title", "seed", "days", "first_day", "zone", "law", "pacing", "answer", "list"),
        *("operators", "clients", "outages", "retry", "count", "from", "to", "breaks", "at"),
        *("minutes", "weekdays", "chance", "by_hour", "busy", "machine", "time", "kind", "mean"),
        *("sigma", "seconds", "share", "zones", "UTC", "9", "size", "mode", "ratio", "after"),
        *("profile", "abandonment", "limit", "talk", "wrap_up", "hours", "monday", "consent"),
        "number_type",
    }
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


def _paths(table: dict[str, Any], at: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = []
    for name, value in table.items():
        found.append((*at, name))
        inner = value[0] if isinstance(value, list) and isinstance(value[0], dict) else value
        if isinstance(inner, dict):
            found += _paths(inner, (*at, name))
    return found


PATHS = _paths(tomllib.loads(WHOLE))


def _mutated(path: tuple[str, ...], value: object) -> dict[str, Any]:
    """The whole file with something else in one place."""
    whole = tomllib.loads(WHOLE)
    table: Any = whole
    for name in path[:-1]:
        table = table[name]
        table = table[0] if isinstance(table, list) else table
    table[path[-1]] = value
    return whole


def _runs_or_is_refused(written: dict[str, Any]) -> None:
    try:
        scenario = read(written)
    except Invalid:
        return
    small = min(scenario.list_size, 50)
    few = tuple(replace(shift, count=min(1, shift.count)) for shift in scenario.shifts[:2])
    result, days = simulate(replace(scenario, days=1, shifts=few, list_size=small))
    assert days == 1
    assert 0.0 <= result.busy_share <= 1.0 + 1e-9


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), ANYTHING, max_size=5))
def test_anything_that_toml_can_say_is_refused_or_runs(written: dict[str, Any]) -> None:
    _runs_or_is_refused({**ONE, **written})


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(PATHS), ANYTHING)
@example(("first_day",), datetime(2026, 1, 1))  # noqa: DTZ001 - as TOML writes a local one
@example(("operators", "to"), "24:00")
def test_one_strange_value_in_a_good_file_is_refused_or_runs(
    path: tuple[str, ...], value: object
) -> None:
    _runs_or_is_refused(_mutated(path, value))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(Invalid):
        assert read(text).operators


def test_what_is_written_from_values_is_read_the_same() -> None:
    assert read(tomli_w.dumps(tomllib.loads(WHOLE))) == read(WHOLE)
