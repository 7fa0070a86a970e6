"""The answer rate is learned online, by the hour and the list, and followed when it changes."""

from random import Random

import pytest

from dialer.estimating.answering import AnswerRates
from dialer.estimating.estimator import Estimator
from dialer.estimating.ringing import TimeToAnswer


def dial(rates: AnswerRates, random: Random, chance: float, hour: int, count: int) -> None:
    """Who answers does after a while: in the middle of the usual time, on average."""
    for _ in range(count):
        one(rates, random, chance, hour)


def one(rates: AnswerRates, random: Random, chance: float, hour: int, group: str = "list") -> None:
    answered = random.random() < chance
    rates.observe(group, hour, answered=answered, rung=random.random() if answered else 1.0)
    rates.look()


@pytest.mark.parametrize("chance", [0.03, 0.08, 0.25, 0.4, 0.7])
def test_the_rate_is_learned_from_nothing(chance: float) -> None:
    rates = AnswerRates()
    dial(rates, Random(1), chance, 10, 3000)

    told = rates.chance("list", 10)
    assert told.mean == pytest.approx(chance, rel=0.2)
    assert abs(told.mean - chance) < 3.5 * told.deviation


def test_little_seen_is_little_known() -> None:
    rates, known = AnswerRates(), AnswerRates()
    dial(rates, Random(2), 0.2, 10, 20)
    dial(known, Random(2), 0.2, 10, 2000)

    assert rates.chance("list", 10).deviation > 2 * known.chance("list", 10).deviation


@pytest.mark.parametrize(("before", "after"), [(0.25, 0.125), (0.12, 0.24), (0.4, 0.1)])
def test_a_change_in_the_middle_of_an_hour_is_followed_within_some_sixty_answers(
    before: float, after: float
) -> None:
    rates, random = AnswerRates(), Random(3)
    dial(rates, random, before, 11, 3000)
    dial(rates, random, after, 11, int(60 / after))

    assert rates.chance("list", 11).mean == pytest.approx(after, rel=0.35)


def test_an_hour_is_known_from_other_days_before_its_first_dial() -> None:
    rates, random = AnswerRates(), Random(4)
    for _ in range(6):
        for hour, chance in ((17, 0.1), (18, 0.3)):
            dial(rates, random, chance, hour, 1000)
    dial(rates, random, 0.1, 17, 1000)

    assert rates.chance("list", 18).mean == pytest.approx(0.3, rel=0.2)


def test_a_new_hour_begins_with_what_was_true_a_minute_ago() -> None:
    rates = AnswerRates()
    dial(rates, Random(5), 0.1, 9, 2000)

    assert rates.chance("list", 10).mean == pytest.approx(0.1, rel=0.25)


def test_lists_are_told_apart() -> None:
    rates, random = AnswerRates(), Random(6)
    for _ in range(2500):
        one(rates, random, 0.4, 10, "warm")
        one(rates, random, 0.1, 10, "cold")

    assert rates.chance("warm", 10).mean == pytest.approx(0.4, rel=0.2)
    assert rates.chance("cold", 10).mean == pytest.approx(0.1, rel=0.25)


@pytest.mark.parametrize(("calls", "chance"), [(1000, 0.2), (500, 0.4), (2000, 0.08)])
def test_of_many_calls_placed_at_once_the_answers_that_come_first_do_not_deceive(
    calls: int, chance: float
) -> None:
    """As when two hundred operators begin together: after eight seconds a quarter of those who will
    answer have, and nobody has rung to the end; later only those ring on who will not."""
    estimator, random = Estimator(), Random(10)
    for number in range(400):
        estimator.ringing.observe(4.0 + number % 16)
    estimator.ringing.refresh()
    answers = sorted(random.uniform(4.0, 20.0) for _ in range(calls) if random.random() < chance)
    told = []
    for second in range(26):
        for rang in answers:
            if second - 1 < rang <= second:
                estimator.answered("list", 10, rang)
        if second == 25:
            for _ in range(calls - len(answers)):
                estimator.unanswered("list", 10, 25.0)
        still = calls - sum(rang <= second for rang in answers) if second < 25 else 0
        estimator.look(float(second), ["list"] * still, [float(second)] * still)
        told.append(estimator.answering.chance("list", 10).mean)

    for believed in told[8:]:
        assert believed == pytest.approx(chance, rel=0.35)
    assert told[-1] == pytest.approx(chance, rel=0.15)


def test_of_many_calls_placed_at_once_the_quick_answers_are_not_taken_for_all() -> None:
    """Eight seconds after them nobody can have answered in more than eight."""
    estimator = Estimator()
    for rang in range(3, 9):
        for _ in range(20):
            estimator.look(float(rang), ["list"] * 500, [float(rang)] * 500)
            estimator.answered("list", 10, float(rang))

    assert estimator.ringing.share_by(8.0) < 0.4


def test_what_has_fallen_may_come_back() -> None:
    rates, random = AnswerRates(), Random(7)
    dial(rates, random, 0.25, 14, 1500)
    dial(rates, random, 0.0, 15, 1500)
    assert rates.chance("list", 16).mean < 0.06

    assert rates.stressed(16) > 0.1


def test_an_hour_never_seen_may_be_as_good_as_the_best_until_it_is_seen() -> None:
    rates, random = AnswerRates(), Random(13)
    dial(rates, random, 0.5, 9, 300)
    for hour in range(10, 20):
        dial(rates, random, 0.02, hour, 1000)

    unseen = rates.stressed(20)
    dial(rates, random, 0.02, 20, 200)
    assert unseen > 0.4
    assert rates.stressed(20) < 0.1
    for hour in range(9, 21):
        dial(rates, random, 0.04, hour, 1500)
    assert rates.stressed(20) < 0.1


def test_the_chance_stays_between_none_and_certain() -> None:
    never, always = AnswerRates(), AnswerRates()
    dial(never, Random(8), 0.0, 10, 5000)
    dial(always, Random(8), 1.0, 10, 5000)

    assert 0.0 < never.chance("list", 10).mean < 0.01
    assert 0.9 < always.chance("list", 10).mean < 1.0


def test_the_time_to_answer_is_learned() -> None:
    times, random = TimeToAnswer(), Random(9)
    for _ in range(1500):
        times.observe(random.uniform(6.0, 12.0))
    times.refresh()

    assert times.share_by(6.0) < 0.03
    assert times.share_by(9.0) == pytest.approx(0.5, abs=0.06)
    assert times.share_by(12.0) > 0.97
    assert times.quantile(0.5) == pytest.approx(9.0, abs=0.5)


def test_shares_and_quantiles_undo_each_other() -> None:
    times = TimeToAnswer()
    for share in (0.1, 0.25, 0.5, 0.75, 0.9):
        assert times.share_by(times.quantile(share)) == pytest.approx(share, abs=1e-9)
    assert times.share_by(-1.0) == 0.0
    assert times.share_by(1000.0) == 1.0


def test_a_lull_on_a_busy_floor_is_not_taken_for_a_change() -> None:
    """Of some thousand answers an hour, eight that are late are luck; of sixty, perhaps not."""
    rates, random = AnswerRates(), Random(11)
    dial(rates, random, 0.12, 10, 10_000)
    before = rates.chance("list", 10)
    for _ in range(70):
        rates.observe("list", 10, answered=False)
        rates.look()

    after = rates.chance("list", 10)
    assert after.mean > 0.8 * before.mean


def test_after_a_fall_it_is_less_sure_than_before() -> None:
    rates, random = AnswerRates(), Random(12)
    dial(rates, random, 0.25, 10, 3000)
    before = rates.chance("list", 10)
    dial(rates, random, 0.0, 10, 100)

    after = rates.chance("list", 10)
    assert after.mean < 0.5 * before.mean
    assert after.deviation / after.mean > 3 * before.deviation / before.mean


@pytest.mark.parametrize(("chance", "busy"), [(0.08, 0.32), (0.4, 0.75)])
def test_how_busy_one_call_at_a_time_keeps_an_operator_is_known(chance: float, busy: float) -> None:
    """The floor's simulations say 32 and 74 % with talks of two minutes, 20 s of wrap-up."""
    estimator, random = Estimator(), Random(15)
    for second in range(4000):
        if random.random() < chance:
            estimator.answered("list", 10, random.uniform(4.0, 20.0))
        else:
            estimator.unanswered("list", 10, 25.0)
        estimator.handling.talk.observe(1, "all", random.lognormvariate(4.467, 0.8))
        estimator.handling.wrap_up.observe(1, "all", random.expovariate(1 / 20.0))
        estimator.look(second * 10.0)
    estimator.handling.refresh([], [])

    assert estimator.busy_one_by_one(10) == pytest.approx(busy, abs=0.05)
