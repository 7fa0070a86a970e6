"""Ranks, best hours and quotas: who comes before whom, and what is learned of the hours."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dialer.order.best_hours import BestHours, DayKind, NumberKind, cell_of
from dialer.order.picking import Picking, Row, in_order
from dialer.order.quotas import Filled, Quotas
from dialer.order.ranking import is_urgent, rank

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MOBILE = NumberKind.MOBILE
TEN = (MOBILE, DayKind.WORKDAY, 10)
SEVENTEEN = (MOBILE, DayKind.WORKDAY, 17)


@dataclass(frozen=True, slots=True)
class Standing:
    """An entry in a row."""

    id: int
    rank: int


def ago(minutes: int) -> datetime:
    return NOW - timedelta(minutes=minutes)


def test_the_order_is_promise_priority_request_attempts() -> None:
    ranks = [
        rank(0, 9, promised_at=NOW),
        rank(9, 0, requested_at=ago(1)),
        rank(9, 0, requested_at=ago(2)),
        rank(9, 0),
        rank(9, 1),
        rank(8, 0, requested_at=NOW),
        rank(8, 0),
        rank(0, 0),
    ]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == len(ranks)


def test_of_two_promises_of_one_priority_the_earlier_is_kept_first() -> None:
    assert rank(5, 3, promised_at=ago(5)) < rank(5, 0, promised_at=ago(1))


def test_promises_and_requests_are_urgent_and_a_list_is_not() -> None:
    assert is_urgent(rank(0, 0, promised_at=NOW))
    assert is_urgent(rank(0, 3, requested_at=NOW))
    assert not is_urgent(rank(9, 0))


@given(
    st.integers(0, 9),
    st.integers(0, 1000),
    st.datetimes(timezones=st.just(UTC)),
    st.sampled_from(["promised_at", "requested_at"]),
)
def test_every_rank_fits_the_database(
    priority: int, attempts: int, at: datetime, which: str
) -> None:
    assert 0 <= rank(priority, attempts, **{which: at}) < 2**62


def test_an_hour_is_better_only_after_it_was_seen_often() -> None:
    known = BestHours()
    assert not known.scores(NOW).is_better_later(TEN, 21)
    for n in range(400):
        known.learn(TEN, NOW, answered=n % 10 == 0)
        known.learn(SEVENTEEN, NOW, answered=n % 10 < 4)
    scores = known.scores(NOW)
    assert abs(scores.score(TEN) - 0.1) < 0.02
    assert abs(scores.score(SEVENTEEN) - 0.4) < 0.02
    assert scores.is_better_later(TEN, 21)
    assert not scores.is_better_later(TEN, 17)  # the law closes before
    assert not scores.is_better_later(SEVENTEEN, 21)


def test_two_lucky_answers_make_no_best_hour() -> None:
    known = BestHours()
    for n in range(100):
        known.learn(TEN, NOW, answered=n % 4 == 0)
    for _ in range(2):
        known.learn(SEVENTEEN, NOW, answered=True)
    assert not known.scores(NOW).is_better_later(TEN, 21)


def test_what_was_learned_long_ago_weighs_little() -> None:
    known = BestHours()
    for _ in range(300):
        known.learn(TEN, NOW - timedelta(days=600), answered=False)
    for n in range(100):
        known.learn(TEN, NOW, answered=n % 2 == 0)
    assert known.scores(NOW).score(TEN) > 0.4


def test_hours_learned_from_a_known_world_are_that_worlds() -> None:
    chance = random.Random(5)
    true = {hour: 0.1 + 0.3 * (hour >= 17) for hour in range(9, 21)}
    known = BestHours()
    for n in range(6000):
        hour = 9 + n % 12
        at = NOW + timedelta(minutes=n)
        known.learn((MOBILE, "workday", hour), at, answered=chance.random() < true[hour])
    scores = known.scores(NOW + timedelta(days=5))
    assert all(abs(scores.score((MOBILE, "workday", h)) - p) < 0.08 for h, p in true.items())


def test_the_cell_is_by_the_called_persons_clock() -> None:
    assert cell_of(MOBILE, datetime(2026, 3, 7, 23, 59, tzinfo=UTC)) == (MOBILE, "saturday", 23)
    assert cell_of(MOBILE, datetime(2026, 3, 8, 0, 0, tzinfo=UTC)) == (MOBILE, "sunday", 0)


def test_a_quota_is_never_exceeded_even_if_every_dial_under_way_succeeds() -> None:
    quotas = Quotas({"moscow": 200})
    assert quotas.room("moscow", Filled(completed=195, leased=3)) == 2
    assert quotas.room("moscow", Filled(completed=200)) == 0
    assert quotas.room("kazan", Filled(completed=999)) is None


def picked(
    quotas: Quotas, filled: dict[str, Filled], rows: list[Row[Standing]], n: int
) -> list[int]:
    picking = Picking(quotas, filled)
    segments = {each.id: row.segment for row in rows for each in row.foremost}
    found: list[int] = []
    for each in in_order(rows, picking):
        if picking.has_room(segments[each.id]):
            picking.take(segments[each.id])
            found.append(each.id)
        if len(found) == n:
            break
    return found


def row(segment: str, first: int, count: int, *, later: bool = False, at: int = 0) -> Row[Standing]:
    return Row(segment, later, [Standing(first + n, rank(5, at)) for n in range(count)])


def test_segments_fill_evenly() -> None:
    quotas = Quotas({"a": 10, "b": 40})
    found = picked(quotas, {}, [row("a", 1, 50), row("b", 100, 50)], 25)
    assert sum(each < 100 for each in found) == 5


def test_a_full_segment_gives_nobody_more() -> None:
    quotas = Quotas({"a": 3, "b": 100})
    found = picked(quotas, {"a": Filled(completed=3)}, [row("a", 1, 9), row("b", 100, 9)], 9)
    assert found == list(range(100, 109))


def test_those_whose_best_hour_is_now_go_before_those_who_are_better_called_later() -> None:
    rows = [row("", 1, 3, later=True), row("", 10, 3)]
    assert picked(Quotas({}), {}, rows, 9) == [10, 11, 12, 1, 2, 3]


def test_a_request_does_not_wait_for_a_better_hour() -> None:
    asked = Row("", True, [Standing(1, rank(5, 0, requested_at=NOW))])
    assert picked(Quotas({}), {}, [asked, row("", 10, 1)], 2) == [1, 10]


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.booleans(), st.lists(st.integers(0, 9), max_size=9)),
        max_size=6,
    ),
    st.dictionaries(st.sampled_from("ab"), st.integers(0, 6)),
)
def test_everybody_comes_once_in_an_order_that_no_heap_knows_better(
    made: list[tuple[str, bool, list[int]]], most: dict[str, int]
) -> None:
    numbers = iter(range(10_000))
    rows = [
        Row(segment, later, [Standing(next(numbers), rank(5, n)) for n in sorted(attempts)])
        for segment, later, attempts in made
    ]
    everybody = [(each, one) for each in rows for one in each.foremost]
    picking, plain = Picking(Quotas(most), {}), Picking(Quotas(most), {})
    for found in in_order(rows, picking):
        least = min(everybody, key=lambda pair: plain.key(*pair))
        assert found.id == least[1].id
        everybody.remove(least)
        for each in (picking, plain):
            each.take(least[0].segment)
    assert everybody == []
