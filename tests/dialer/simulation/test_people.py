"""Who is on a simulated list, where he may be, and what the list and the referee make of that."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from dialer.compliance.profile import AttemptLimit, Period
from dialer.compliance.subject import PastAttempt
from dialer.profiles.built_in import built_in
from dialer.simulation.people import People, Person, zones_in
from dialer.simulation.reading import read_scenario
from dialer.simulation.referee import Referee
from dialer.simulation.result import Broken, Result
from dialer.simulation.scenario import Scenario
from dialer.simulation.waiting_list import WaitingList

DOUBT = "Asia/Kamchatka Europe/Kaliningrad"  # ten hours apart
DAY = date(2026, 3, 3)  # a Tuesday


def scenario(zones: dict[str, int], law: str = "ru") -> Scenario:
    """Ten people by the law of Russia, which begins at nine and ends at twenty."""
    kinds = [{"name": "all", "zones": zones}]
    values = {"operators": 1, "law": law, "list": {"size": 10}, "clients": kinds}
    return read_scenario(values, built_in().get)


def moscow(hour: int, minute: int = 0) -> float:
    return datetime(
        DAY.year, DAY.month, DAY.day, hour, minute, tzinfo=ZoneInfo("Europe/Moscow")
    ).timestamp()


def test_of_whom_nobody_knows_the_zone_all_are_asked() -> None:
    person = People(scenario({DOUBT: 1})).make(1)
    assert zones_in(person.zone) == {"Asia/Kamchatka", "Europe/Kaliningrad"}
    assert person.subject("+79161234567").zones == zones_in(person.zone)


@pytest.mark.parametrize(
    ("at", "called"),
    [((9, 59), False), ((10, 0), True), ((10, 59), True), ((11, 0), False), ((15, 0), False)],
)
def test_he_is_dialled_only_while_it_is_allowed_in_all(at: tuple[int, int], called: bool) -> None:
    waiting = WaitingList(scenario({DOUBT: 1}))
    assert (waiting.next(moscow(*at)) is not None) is called


def test_the_referee_sees_a_call_that_one_of_the_zones_forbids() -> None:
    result = Result()
    referee = Referee(scenario({DOUBT: 1}), result)
    person = Person(1, 0, DOUBT, consented=True, listed=False, rank=0)
    referee.dialled(person, moscow(10, 30), 1)
    assert result.violations == {}
    referee.dialled(person, moscow(15), 1)
    assert result.violations == {Broken.CALLING_HOURS: 1}


def test_a_day_is_full_if_it_is_the_same_in_any_of_the_zones() -> None:
    """Seen from Kamchatka a new day has begun, from Kaliningrad not yet."""
    law = replace(built_in()["ru"], attempts=(AttemptLimit(1, Period.DAY),))
    result = Result()
    referee = Referee(replace(scenario({DOUBT: 1}), law=law), result)
    before = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
    person = Person(1, 0, DOUBT, consented=True, listed=False, rank=0)
    person.attempts.append(PastAttempt(before, answered=False, abandoned=False))
    referee.dialled(person, before.timestamp() + 3600 * 2, 1)
    assert result.violations[Broken.ATTEMPTS] == 1
