"""When an entry is dialled again, at which of the person's numbers, and why then (pure)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Final

from dialer.order.callbacks import Promise
from dialer.order.day_parts import DayPart, next_in, part_of
from dialer.order.outcomes import NETWORK, Dialled, Verdict
from dialer.order.reasons import Waits
from telephony.events import Outcome


@dataclass(frozen=True, slots=True)
class After:
    """What follows an outcome: `minutes` of waiting, and another part of the person's day if so
    said; without minutes he is not called again."""

    minutes: int | None
    another_part: bool = False


NEVER: Final = After(None)
USUAL: Final[Mapping[Outcome, After]] = {
    Outcome.BUSY: After(10),  # he is there: the sooner the better, but let him finish
    Outcome.NO_ANSWER: After(120, another_part=True),
    Outcome.CONGESTION: After(5),
    Outcome.FAILED: After(5),
    Outcome.VOICEMAIL: After(240),
    Outcome.MACHINE: After(240),
    Outcome.ABANDONED: After(60),  # at least; the law's embargo is added by the caller
    Outcome.ANSWERED: After(24 * 60),  # where the disposition says "again"
}
"""What a campaign begins with."""


@dataclass(frozen=True, slots=True)
class RetryRules:
    """How a campaign tries again. Minutes are counted from the end of the attempt.

    Failures of the network use up no attempts, but a number that fails `most_failures` times is
    taken for dead.
    """

    after: Mapping[Outcome, After] = field(default_factory=lambda: USUAL)
    most_attempts: int = 10
    most_per_day: int = 3
    most_per_number: int = 6
    most_busy: int = 3  # running, at one number; then as if nobody had answered
    most_network: int = 3  # running; then it is trouble of the network, not of the number
    most_failures: int = 9
    network_trouble_minutes: int = 60
    next_number_minutes: int = 30
    lost_minutes: int = 30
    callback_tolerance_minutes: int = 5
    absent_minutes: int = 15


@dataclass(frozen=True, slots=True)
class NextAttempt:
    """`at` None: never, and `why` is the end. `needs_agent`: only with an operator sure for it, and
    with `agent_id` until `anybody_at`, where one is named."""

    at: datetime | None
    position: int | None
    why: Waits
    needs_agent: bool = False
    agent_id: int | None = None
    anybody_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """What the rules ask of whom they are for: the positions of the numbers that may be tried, in
    their order, his time zone, and where within a part of the day he falls (0 to 1)."""

    positions: Sequence[int]
    zone: tzinfo
    spread: float = 0.0


def next_attempt(
    history: Sequence[Dialled],
    at: datetime,
    person: Person,
    rules: RetryRules,
    *,
    promise: Promise | None = None,
    embargo_hours: int = 0,
) -> NextAttempt:
    """What follows the last dial of `history` (oldest first), which ended `at`.

    `promise` belongs to a callback. What the law says is for whoever dials.
    """
    last = history[-1]
    decided = _by_verdict(last, at, rules, promise)
    if decided is not None:
        return decided
    if len(_rung(history)) >= rules.most_attempts:
        return _over(Waits.ATTEMPTS_USED_UP)
    positions = _still_good(history, person, rules)
    if last.verdict is Verdict.WRONG_NUMBER:
        positions = [each for each in positions if each != last.position]
        if not positions:
            return _over(Waits.WRONG_NUMBER)
        return _within_day(history, _next_number(positions[0], at, rules), person, rules)
    if not positions:
        return _over(Waits.NUMBERS_USED_UP)
    wanted = _by_outcome(history, at, positions, person, rules, embargo_hours)
    return _within_day(history, wanted, person, rules)


def _by_verdict(
    last: Dialled, at: datetime, rules: RetryRules, promise: Promise | None
) -> NextAttempt | None:
    if last.verdict is Verdict.CALLBACK and promise is not None:
        # A promise is kept, whatever has been tried before.
        return NextAttempt(
            at=max(promise.earliest_at, at),
            position=last.position,
            why=Waits.CALLBACK,
            needs_agent=True,
            agent_id=promise.agent_id,
            anybody_at=promise.anybody_at,
        )
    if last.verdict is not None and last.verdict in _ENDINGS:
        return _over(_ENDINGS[last.verdict])
    if last.outcome is Outcome.ANSWERED and last.verdict is None:
        return _over(Waits.TALKED)
    if last.outcome is not None and rules.after[last.outcome].minutes is None:
        return None if last.verdict is Verdict.WRONG_NUMBER else _over(Waits.GIVEN_UP)
    return None


_ENDINGS: Final = {
    Verdict.COMPLETED: Waits.COMPLETED,
    Verdict.DONE: Waits.TALKED,
    Verdict.REFUSED: Waits.REFUSED,
}


def _by_outcome(
    history: Sequence[Dialled],
    at: datetime,
    positions: Sequence[int],
    person: Person,
    rules: RetryRules,
    embargo_hours: int,
) -> NextAttempt:
    last = history[-1]
    same = last.position if last.position in positions else positions[0]
    if last.outcome is None:  # it may have rung, so it is not rung again at once
        return NextAttempt(at + timedelta(minutes=rules.lost_minutes), same, Waits.LOST)
    after = rules.after[last.outcome]
    soon = at + timedelta(minutes=after.minutes or 0)
    if last.outcome is Outcome.ANSWERED:
        return NextAttempt(soon, same, Waits.LATER)
    if last.outcome is Outcome.ABANDONED:
        free_at = max(soon, at + timedelta(hours=embargo_hours))
        return NextAttempt(free_at, same, Waits.ABANDONED, needs_agent=True)
    if last.outcome in NETWORK:
        if _running(history, NETWORK) < rules.most_network:
            return NextAttempt(soon, same, Waits.NETWORK_AGAIN)
        later = at + timedelta(minutes=rules.network_trouble_minutes)
        return NextAttempt(max(soon, later), same, Waits.NETWORK_TROUBLE)
    busy = last.outcome is Outcome.BUSY
    if busy and last.position in positions and _busy_there(history) < rules.most_busy:
        return NextAttempt(soon, same, Waits.BUSY)
    tried = Counter(each.position for each in _rung(history))
    position = min(positions, key=lambda each: tried[each])
    if tried[position] < tried[last.position]:
        return _next_number(position, at, rules)
    if after.another_part or busy:
        when = _another_part(history, soon, person)
        return NextAttempt(when, position, Waits.ANOTHER_PART)
    return NextAttempt(soon, position, Waits.LATER)


def _next_number(position: int, at: datetime, rules: RetryRules) -> NextAttempt:
    soon = at + timedelta(minutes=rules.next_number_minutes)
    return NextAttempt(soon, position, Waits.NEXT_NUMBER)


def _another_part(history: Sequence[Dialled], soon: datetime, person: Person) -> datetime:
    """In the part of the day that was tried least, but not the last one's."""
    tried = Counter(part_of(each.at, person.zone) for each in _rung(history))
    last = part_of(history[-1].at, person.zone)
    others = [part for part in DayPart if part is not last]
    least = min(tried[part] for part in others)
    return min(
        next_in(part, soon, person.zone, person.spread) for part in others if tried[part] == least
    )


def _within_day(
    history: Sequence[Dialled], wanted: NextAttempt, person: Person, rules: RetryRules
) -> NextAttempt:
    """No more than so many on one day of his: else on the next, as early as the law allows."""
    if wanted.at is None:
        return wanted
    day = wanted.at.astimezone(person.zone).date()
    on_day = sum(each.at.astimezone(person.zone).date() == day for each in _rung(history))
    if on_day < rules.most_per_day:
        return wanted
    midnight = datetime.combine(day + timedelta(days=1), time(), person.zone)
    return NextAttempt(
        midnight.astimezone(UTC), wanted.position, Waits.DAY_IS_FULL, wanted.needs_agent
    )


def _still_good(history: Sequence[Dialled], person: Person, rules: RetryRules) -> list[int]:
    rung = Counter(each.position for each in history if each.rang)
    failed = Counter(each.position for each in history if not each.rang)
    wrong = {each.position for each in history if each.verdict is Verdict.WRONG_NUMBER}
    return [
        each
        for each in person.positions
        if rung[each] < rules.most_per_number
        and failed[each] < rules.most_failures
        and each not in wrong
    ]


def _rung(history: Sequence[Dialled]) -> list[Dialled]:
    return [each for each in history if each.rang]


def _running(history: Sequence[Dialled], outcomes: frozenset[Outcome]) -> int:
    """How many of the last dials ended so, one after another."""
    count = 0
    for each in reversed(history):
        if each.outcome not in outcomes:
            break
        count += 1
    return count


def _busy_there(history: Sequence[Dialled]) -> int:
    there = [each for each in history if each.position == history[-1].position]
    return _running(there, frozenset({Outcome.BUSY}))


def _over(why: Waits) -> NextAttempt:
    return NextAttempt(None, None, why)
