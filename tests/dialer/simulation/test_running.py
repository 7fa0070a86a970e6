"""Running a scenario: the same dice, the same result; a team of any size; ready scenarios."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.pacing.policy import Mode
from dialer.profiles.built_in import built_in
from dialer.simulation.reading import read_scenario
from dialer.simulation.report import report
from dialer.simulation.running import simulate, sizes_around, with_operators
from dialer.simulation.scenario import Scenario, Shift

READY = sorted((Path(__file__).parents[3] / "docs" / "scenarios").glob("*.toml"))


def scenario_of(text: str) -> Scenario:
    return read_scenario(text, built_in().get)


def told(scenario: Scenario) -> dict[str, object]:
    result, days = simulate(scenario)
    return report(scenario, result, days, 0.0)


def test_the_example_of_the_document_is_a_scenario_with_every_key() -> None:
    text = (READY[0].parents[1] / "simulate.md").read_text(encoding="utf-8")
    example = text.partition("```toml\n")[2].partition("```")[0]
    scenario = scenario_of(example)
    assert scenario.title == "Two shifts and a list"
    for key in ("outages", "retry", "clients", "operators", "list", "answer", "pacing"):
        assert f"[{key}]" in example


def test_there_are_scenarios_to_begin_with() -> None:
    assert len(READY) >= 6


@pytest.mark.parametrize("path", READY, ids=lambda path: path.stem)
def test_a_ready_scenario_runs_and_keeps_every_rule(path: Path) -> None:
    scenario = scenario_of(path.read_text(encoding="utf-8"))
    small = replace(with_operators(scenario, 3), days=1, list_size=min(scenario.list_size, 2000))
    result = told(small)
    assert result["violations"] == {}
    assert 0.2 < float(str(result["busy_share"])) < 1.0
    assert result["connected"]


def test_the_same_seed_gives_the_same_report_and_another_another() -> None:
    scenario = scenario_of("operators = 2\ndays = 1")
    assert told(scenario) == told(scenario)
    assert told(scenario) != told(replace(scenario, seed=2))


def test_the_report_adds_up() -> None:
    scenario = scenario_of(
        "operators = 3\ndays = 1\nlaw = 'ru'\n[answer]\nmachine = 0.1\n[list]\nsize = 300"
    )
    result, days = simulate(scenario)
    whole = report(scenario, result, days, 0.0)
    assert whole["answers"] == whole["connected"] + whole["abandoned"]["count"]
    assert whole["dials"] == sum(hour["dials"] for hour in whole["by_hour"])
    assert whole["answers"] == sum(hour["answers"] for hour in whole["by_hour"])
    on_duty = sum(hour["duty_hours"] for hour in whole["by_hour"])
    assert on_duty == pytest.approx(27.0)
    assert whole["list"]["size"] == whole["list"]["finished"] + whole["list"]["left"]
    assert whole["machines"] > 0
    # The law's window is a day, and there was one.
    assert whole["abandoned"]["windows"] == 1
    assert whole["abandoned"]["worst_window"]["share"] == whole["abandoned"]["share"]


def test_time_on_duty_stands_in_its_hours() -> None:
    scenario = scenario_of('operators = {count = 2, from = "09:30", to = "11:15"}\ndays = 1')
    result, days = simulate(scenario)
    hours = report(scenario, result, days, 0.0)["by_hour"]
    assert {hour["hour"]: hour["duty_hours"] for hour in hours if hour["duty_hours"]} == {
        9: 1.0,
        10: 2.0,
        11: 0.5,
    }


def test_one_who_has_heard_enough_ends_the_run_after_that_day() -> None:
    scenario = scenario_of("operators = 1\ndays = 9")
    _, days = simulate(scenario, lambda days: days < 2)
    assert days == 2


def test_progressive_abandons_nobody() -> None:
    scenario = scenario_of("operators = 3\ndays = 1\n[pacing]\nmode = 'progressive'")
    assert scenario.policy.mode is Mode.PROGRESSIVE
    assert simulate(scenario)[0].abandoned == 0


@given(st.lists(st.integers(0, 40), min_size=1, max_size=5).filter(any), st.integers(1, 200))
def test_a_team_of_another_size_has_that_size_and_its_groups_in_proportion(
    counts: list[int], size: int
) -> None:
    scenario = scenario_of("operators = 1")
    groups = tuple(Shift(count, 540, 1080) for count in counts)
    grown = with_operators(replace(scenario, shifts=groups), size)
    assert grown.operators == size
    for before, after in zip(counts, grown.shifts, strict=True):
        assert abs(after.count - before * size / sum(counts)) < 1.0


@given(st.integers(1, 1000))
def test_five_sizes_stand_around_the_teams_own(operators: int) -> None:
    sizes = sizes_around(operators)
    assert len(sizes) == 5
    assert operators in sizes
    assert list(sizes) == sorted(set(sizes))
    assert sizes[0] >= 1
