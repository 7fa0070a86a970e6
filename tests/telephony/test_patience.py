"""How long we wait before the next attempt."""

import pytest

from telephony.errors import LinkReason
from telephony.patience import Backoff, Patience

PATIENCE = Patience(first_wait_seconds=1, longest_wait_seconds=8, refused_wait_seconds=300)
AWAY = (LinkReason.UNREACHABLE, LinkReason.CONNECT_TIMED_OUT)


def test_the_wait_doubles_up_to_the_longest() -> None:
    backoff = Backoff(PATIENCE, lambda: 1.0)
    waits = [backoff.after(LinkReason.NOT_ASTERISK, 0) for _ in range(6)]
    assert waits == [1, 2, 4, 8, 8, 8]


@pytest.mark.parametrize("reason", AWAY)
def test_an_exchange_that_is_not_there_is_soon_asked_again_however_long_it_is_away(
    reason: LinkReason,
) -> None:
    backoff = Backoff(PATIENCE, lambda: 1.0)
    assert [backoff.after(reason, 0) for _ in range(5)] == [1, 2, 3, 3, 3]


def test_a_thousand_failures_wait_no_longer_than_the_longest() -> None:
    backoff = Backoff(PATIENCE, lambda: 1.0)
    assert {backoff.after(LinkReason.PEER_CLOSED, 0) for _ in range(1000)} == {1, 2, 4, 8}


def test_chance_takes_away_up_to_half_so_that_clients_do_not_come_together() -> None:
    assert Backoff(PATIENCE, lambda: 0.0).after(LinkReason.UNREACHABLE, 0) == 0.5


def test_a_link_that_served_long_enough_starts_the_waits_afresh() -> None:
    backoff = Backoff(PATIENCE, lambda: 1.0)
    for _ in range(5):
        backoff.after(LinkReason.PEER_CLOSED, 0)
    assert backoff.after(LinkReason.PEER_CLOSED, 60) == 1


def test_a_link_that_fell_at_once_keeps_the_waits_growing() -> None:
    backoff = Backoff(PATIENCE, lambda: 1.0)
    waits = [backoff.after(LinkReason.PEER_CLOSED, 0.1) for _ in range(3)]
    assert waits == [1, 2, 4]


def test_a_link_that_comes_up_is_soon_made_again_however_often_it_falls() -> None:
    backoff = Backoff(PATIENCE, lambda: 1.0)
    for _ in range(20):
        backoff.after(LinkReason.PEER_CLOSED, 0)
    assert {backoff.after(LinkReason.PEER_CLOSED, 0.1) for _ in range(20)} == {4}


def test_a_refused_login_waits_minutes_however_often() -> None:
    backoff = Backoff(PATIENCE, lambda: 0.0)
    assert [backoff.after(LinkReason.LOGIN_REFUSED, 0) for _ in range(3)] == [300, 300, 300]
