"""A profile as values and as TOML: whole there and back, and nonsense told by its place."""

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_core.errors import Invalid
from dialer.compliance.profile import LawProfile, Span
from dialer.compliance.stored import as_toml, as_values, from_toml, from_values
from dialer.compliance.written_hours import read_span, written_span
from dialer.profiles.built_in import built_in
from tests.dialer.compliance.situations import profiles

STEADY = settings(max_examples=200, deadline=None, derandomize=True, database=None)
VALUES = as_values(built_in()["us_florida"])
SOMETHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@STEADY
@given(profiles())
def test_a_profile_is_the_same_after_a_row_and_after_a_file(profile: LawProfile) -> None:
    tidy = from_values(profile.key, as_values(profile))
    assert from_values(profile.key, json.loads(json.dumps(as_values(tidy)))) == tidy
    assert from_toml(profile.key, as_toml(tidy)) == tidy


def test_a_share_that_no_law_limits_is_kept_as_such() -> None:
    free = from_values("x", {**VALUES, "abandonment": {**VALUES["abandonment"], "limit": "none"}})
    assert free.abandonment.limit is None
    assert from_toml("x", as_toml(free)) == free


@pytest.mark.parametrize(
    ("place", "written", "field", "code"),
    [
        (("hours", "monday"), ["8:00-25:00"], "hours.monday", "hours_bad"),
        (("hours", "monday"), ["21:00-8:00"], "hours.monday", "hours_bad"),
        (("hours", "monday"), ["8:00-8:00"], "hours.monday", "hours_bad"),
        (("hours", "monday"), ["08:70-09:00"], "hours.monday", "hours_bad"),
        (("hours", "monday"), "08:00-09:00", "hours.monday", "hours_bad"),
        (("hours", "monday"), [8, 21], "hours.monday", "hours_bad"),
        (("hours", "monday"), ["08:00-09:00"] * 99, "hours.monday", "hours_bad"),
        (("hours", "holidays"), "never", "hours.holidays", "not_a_choice"),
        (("hours", "fryday"), [], "hours.fryday", "unknown_field"),
        (("hours",), 5, "hours", "hours_bad"),
        (("attempts",), [{"period": "day"}], "attempts.1.most", "required"),
        (("attempts",), [{"most": 1, "period": "year"}], "attempts.1.period", "not_a_choice"),
        (("attempts",), [{"most": 1, "period": "rolling"}], "attempts.1.hours", "required"),
        (
            ("attempts",),
            [{"most": 1, "period": "day"}, {"most": 1, "period": "day", "hours": 3}],
            "attempts.2.hours",
            "unknown_field",
        ),
        (("attempts",), [{"most": True, "period": "day"}], "attempts.1.most", "not_a_number"),
        (("attempts",), {}, "attempts", "not_a_choice"),
        (("attempts",), [1], "attempts.1", "not_a_choice"),
        (("abandonment", "limit"), None, "abandonment.limit", "required"),
        (("abandonment", "limit"), 1.01, "abandonment.limit", "out_of_range"),
        (("abandonment", "limit"), float("nan"), "abandonment.limit", "out_of_range"),
        (("abandonment", "limit"), float("inf"), "abandonment.limit", "out_of_range"),
        (("abandonment", "limit"), 10**400, "abandonment.limit", "out_of_range"),
        (("abandonment", "window"), "week", "abandonment.window", "not_a_choice"),
        (("abandonment", "window"), [], "abandonment.window", "not_a_choice"),
        (("abandonment",), None, "abandonment", "required"),
        (("minimum_ring_seconds",), 4.5, "minimum_ring_seconds", "not_a_number"),
        (("minimum_ring_seconds",), 10**9, "minimum_ring_seconds", "out_of_range"),
        (("message_needed",), "yes", "message_needed", "not_a_choice"),
        (("opt_out_key",), "99", "opt_out_key", "not_a_choice"),
        (("opt_out_key",), "9\r\n", "", ""),
        (("country",), "Russia", "country", "country_bad"),
        (("country",), None, "country", "required"),
        (("sources",), "one", "sources", "not_a_choice"),
        (("sources",), ["x" * 501], "sources", "too_long"),
        (("rule_sources",), [], "rule_sources", "not_a_choice"),
        (("rule_sources",), {"hours": 5}, "rule_sources", "not_a_choice"),
        (("rule_sources",), {"hours": "x" * 501}, "rule_sources.hours", "too_long"),
        (("rule_sources",), {"weather": "x"}, "rule_sources.weather", "unknown_field"),
        (("consent",), "maybe", "consent", "not_a_choice"),
        (("colour",), "red", "colour", "unknown_field"),
    ],
)
def test_nonsense_is_told_by_its_place(
    place: tuple[str, ...], written: object, field: str, code: str
) -> None:
    values: dict[str, Any] = deepcopy(VALUES)
    table = values
    for name in place[:-1]:
        table = table[name]
    table[place[-1]] = written
    if not code:
        assert from_values("x", values).opt_out_key == "9"
        return
    with pytest.raises(Invalid) as refused:
        from_values("x", values)
    assert (refused.value.field, refused.value.code) == (field, code)


@pytest.mark.parametrize("name", [name for name in VALUES if name != "rule_sources"])
def test_nothing_may_be_left_out(name: str) -> None:
    values = {key: value for key, value in VALUES.items() if key != name}
    with pytest.raises(Invalid) as refused:
        from_values("x", values)
    assert refused.value.field == name


@STEADY
@given(st.sampled_from(list(VALUES)), SOMETHING)
def test_whatever_is_sent_is_read_or_refused(name: str, written: object) -> None:
    read = _read({**VALUES, name: written})
    if isinstance(read, Invalid):
        assert read.field.partition(".")[0] == name
    else:
        assert from_values("x", as_values(read)) == read


@STEADY
@given(st.text(max_size=200))
def test_whatever_file_is_sent_is_read_or_refused(written: str) -> None:
    with pytest.raises(Invalid):
        from_toml("x", written)


def test_a_file_that_is_nested_without_end_is_refused() -> None:
    with pytest.raises(Invalid, match="not_toml"):
        from_toml("x", "a = " + "[" * 100_000)


@pytest.mark.parametrize("written", ["8:00-21:00", " 08.00 – 21.00 ", "8:00—21:00"])
def test_hours_are_read_as_people_write_them(written: str) -> None:
    assert read_span("hours", written) == Span(480, 1260)
    assert written_span(Span(480, 1440)) == "08:00-24:00"


def test_spans_that_touch_or_overlap_are_kept_as_one() -> None:
    monday = ["12:00-13:00", "8:00-12:00", "12:30-14:00"]
    hours = from_values("x", {**VALUES, "hours": {"monday": monday}}).hours
    assert hours.weekdays == ((Span(480, 840),), *[()] * 6)


def _read(values: dict[str, Any]) -> LawProfile | Invalid:
    try:
        return from_values("x", values)
    except Invalid as refused:
        return refused
