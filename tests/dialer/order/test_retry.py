"""When an entry is dialled again: each outcome by its rule, and no rule ever broken."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.order.callbacks import Promise
from dialer.order.day_parts import DayPart, part_of
from dialer.order.outcomes import NETWORK, Dialled, Verdict
from dialer.order.reasons import Waits
from dialer.order.retry import NEVER, USUAL, NextAttempt, Person, RetryRules, next_attempt
from telephony.events import Outcome

MOSCOW = ZoneInfo("Europe/Moscow")
NEW_YORK = ZoneInfo("America/New_York")
MORNING = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)  # 10:00 in Moscow, a Monday
RULES = RetryRules()
ONE = Person((0,), MOSCOW)
TWO = Person((0, 1), MOSCOW)


def after(*outcomes: Outcome | None, at: datetime = MORNING, person: Person = ONE) -> NextAttempt:
    """What follows these dials, an hour between them, all at the first number."""
    first = at - timedelta(hours=len(outcomes) - 1)
    history = [
        Dialled(first + timedelta(hours=n), person.positions[0], outcome)
        for n, outcome in enumerate(outcomes)
    ]
    return next_attempt(history, at, person, RULES)


def decided(verdict: Verdict, person: Person = ONE) -> NextAttempt:
    """What follows a conversation with this end."""
    return next_attempt([Dialled(MORNING, 0, Outcome.ANSWERED, verdict)], MORNING, person, RULES)


def test_who_is_busy_is_called_in_ten_minutes() -> None:
    assert after(Outcome.BUSY) == NextAttempt(MORNING + timedelta(minutes=10), 0, Waits.BUSY)


def test_who_is_busy_again_and_again_is_tried_in_another_part_of_the_day() -> None:
    third = after(Outcome.BUSY, Outcome.BUSY, Outcome.BUSY)
    assert third.why is Waits.DAY_IS_FULL  # three have rung today
    two_days = RetryRules(most_per_day=9)
    history = [Dialled(MORNING, 0, Outcome.BUSY)] * 3
    found = next_attempt(history, MORNING, ONE, two_days)
    assert found.why is Waits.ANOTHER_PART


def test_who_does_not_answer_in_the_morning_is_tried_in_the_day() -> None:
    found = after(Outcome.NO_ANSWER)
    assert found.why is Waits.ANOTHER_PART
    assert found.at is not None
    assert found.at.astimezone(MOSCOW).hour == 12


def test_who_answers_neither_morning_nor_day_is_tried_in_the_evening() -> None:
    day = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
    history = [Dialled(MORNING, 0, Outcome.NO_ANSWER), Dialled(day, 0, Outcome.NO_ANSWER)]
    found = next_attempt(history, day, ONE, RULES)
    assert found.at is not None
    assert found.at.astimezone(MOSCOW).hour == 17


def test_those_who_did_not_answer_do_not_come_back_all_at_one_minute() -> None:
    instants = {
        next_attempt(
            [Dialled(MORNING, 0, Outcome.NO_ANSWER)], MORNING, Person((0,), MOSCOW, n / 10), RULES
        ).at
        for n in range(10)
    }
    assert len(instants) == 10


def test_another_number_is_tried_before_another_part_of_the_day() -> None:
    found = after(Outcome.NO_ANSWER, person=TWO)
    assert found == NextAttempt(MORNING + timedelta(minutes=30), 1, Waits.NEXT_NUMBER)


def test_when_every_number_was_tried_the_first_comes_again_in_another_part() -> None:
    history = [Dialled(MORNING, 0, Outcome.NO_ANSWER), Dialled(MORNING, 1, Outcome.NO_ANSWER)]
    found = next_attempt(history, MORNING, TWO, RULES)
    assert (found.position, found.why) == (0, Waits.ANOTHER_PART)


def test_a_wrong_number_is_never_dialled_again_but_the_next_of_his_is() -> None:
    found = decided(Verdict.WRONG_NUMBER, TWO)
    assert (found.position, found.why) == (1, Waits.NEXT_NUMBER)
    assert decided(Verdict.WRONG_NUMBER) == NextAttempt(None, None, Waits.WRONG_NUMBER)


@pytest.mark.parametrize(
    ("verdict", "why"),
    [
        (Verdict.COMPLETED, Waits.COMPLETED),
        (Verdict.DONE, Waits.TALKED),
        (Verdict.REFUSED, Waits.REFUSED),
    ],
)
def test_what_was_settled_is_over(verdict: Verdict, why: Waits) -> None:
    assert decided(verdict) == NextAttempt(None, None, why)


def test_a_talk_that_came_to_nothing_is_tried_the_next_day_at_the_same_number() -> None:
    found = decided(Verdict.AGAIN, TWO)
    assert found == NextAttempt(MORNING + timedelta(days=1), 0, Waits.LATER)


def test_a_network_that_fails_is_tried_in_five_minutes_and_then_left_alone() -> None:
    assert after(Outcome.CONGESTION).at == MORNING + timedelta(minutes=5)
    third = after(Outcome.CONGESTION, Outcome.FAILED, Outcome.CONGESTION)
    assert (third.at, third.why) == (MORNING + timedelta(hours=1), Waits.NETWORK_TROUBLE)


def test_a_number_that_only_fails_is_taken_for_dead() -> None:
    assert after(*[Outcome.FAILED] * 9).why is Waits.NUMBERS_USED_UP
    assert after(*[Outcome.FAILED] * 9, person=TWO).position == 1


def test_who_was_abandoned_waits_for_the_embargo_and_then_for_an_operator() -> None:
    history = [Dialled(MORNING, 0, Outcome.ABANDONED)]
    found = next_attempt(history, MORNING, ONE, RULES, embargo_hours=72)
    assert found.at == MORNING + timedelta(hours=72)
    assert found.needs_agent


def test_a_callback_is_kept_even_when_the_attempts_are_used_up() -> None:
    history = [Dialled(MORNING, 0, Outcome.NO_ANSWER)] * 10
    history.append(Dialled(MORNING, 0, Outcome.ANSWERED, Verdict.CALLBACK))
    promise = Promise(MORNING + timedelta(hours=3), agent_id=7)
    found = next_attempt(history, MORNING, ONE, RULES, promise=promise)
    assert found.at == MORNING + timedelta(hours=2, minutes=55)
    assert found.agent_id == 7
    assert found.anybody_at == MORNING + timedelta(hours=3, minutes=15)


def test_an_outcome_after_which_nobody_is_called_again_is_the_end() -> None:
    rules = RetryRules(after={**USUAL, Outcome.MACHINE: NEVER})
    found = next_attempt([Dialled(MORNING, 0, Outcome.MACHINE)], MORNING, ONE, rules)
    assert found == NextAttempt(None, None, Waits.GIVEN_UP)


def test_a_dial_whose_end_nobody_saw_counts_as_an_attempt() -> None:
    assert after(None).why is Waits.LOST
    assert after(*[None] * 10).why is Waits.ATTEMPTS_USED_UP


outcomes = st.one_of(
    st.tuples(st.sampled_from([o for o in Outcome if o is not Outcome.ANSWERED]), st.none()),
    st.just((Outcome.ANSWERED, Verdict.AGAIN)),
    st.just((None, None)),
    st.just((Outcome.FAILED, Verdict.WRONG_NUMBER)),
)
rules = st.builds(
    RetryRules,
    most_attempts=st.integers(1, 12),
    most_per_day=st.integers(1, 4),
    most_per_number=st.integers(1, 6),
    most_busy=st.integers(1, 4),
    most_network=st.integers(1, 4),
    most_failures=st.integers(1, 5),
)
zones = st.sampled_from([MOSCOW, NEW_YORK, ZoneInfo("Asia/Kathmandu"), ZoneInfo("Pacific/Apia")])


@given(
    st.lists(outcomes, min_size=200, max_size=200),
    rules,
    zones,
    st.integers(1, 4),
    st.floats(0, 1),
    st.integers(0, 365 * 1440).map(lambda minutes: MORNING + timedelta(minutes=minutes)),
)
def test_whatever_happens_the_rules_are_kept_and_it_ends(
    happenings: list[tuple[Outcome | None, Verdict | None]],
    rules: RetryRules,
    zone: ZoneInfo,
    numbers: int,
    spread: float,
    begin: datetime,
) -> None:
    person = Person(tuple(range(numbers)), zone, spread)
    history: list[Dialled] = []
    at, position = begin, 0
    for outcome, verdict in happenings:
        history.append(Dialled(at, position, outcome, verdict))
        found = next_attempt(history, at, person, rules)
        if found.at is None:
            break
        assert found.position is not None
        least = (rules.after[outcome].minutes or 0) if outcome else 30
        assert found.at >= at + timedelta(minutes=min(least, rules.next_number_minutes))
        if found.why is Waits.ANOTHER_PART:
            assert part_of(found.at, zone) in set(DayPart) - {part_of(at, zone)}
        at, position = found.at, found.position
    else:
        pytest.fail("it never ends")
    rang = [each for each in history if each.rang]
    assert len(rang) <= rules.most_attempts
    days = Counter(each.at.astimezone(zone).date() for each in rang)
    assert max(days.values(), default=0) <= rules.most_per_day
    there = Counter(each.position for each in rang)
    assert max(there.values(), default=0) <= rules.most_per_number
    wrong = [n for n, each in enumerate(history) if each.verdict is Verdict.WRONG_NUMBER]
    for n in wrong:
        assert all(each.position != history[n].position for each in history[n + 1 :])
    failed = Counter(each.position for each in history if each.outcome in NETWORK)
    assert max(failed.values(), default=0) <= rules.most_failures


@given(
    st.lists(outcomes, min_size=1, max_size=6),
    zones,
    st.integers(0, 3 * 1440),
    st.integers(0, 600),
    st.floats(0, 1),
)
def test_who_is_dialled_later_is_never_tried_again_sooner(
    happenings: list[tuple[Outcome | None, Verdict | None]],
    zone: ZoneInfo,
    minutes: int,
    later: int,
    spread: float,
) -> None:
    person = Person((0, 1, 2), zone, spread)
    history = [
        Dialled(MORNING + timedelta(hours=n), 0, *happening)
        for n, happening in enumerate(happenings)
    ]
    ended = history[-1].at + timedelta(minutes=minutes)
    first = next_attempt(history, ended, person, RULES)
    second = next_attempt(history, ended + timedelta(minutes=later), person, RULES)
    assert (first.at is None) == (second.at is None)
    if first.at is not None and second.at is not None:
        assert first.at <= second.at
