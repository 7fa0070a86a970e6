"""Queue seats asked of the exchange: a refusal is noted, a lost link is raised."""

import pytest

from telephony.actions import Action
from telephony.errors import ActionRefused, NotConnected
from telephony.settings import TelephonySettings
from telephony.stream import Reply
from telephony.switchboard import Switchboard
from web.seats import ExchangeSeats


class Exchange:
    """Answers actions; `refuses` by queue name, `is_down` altogether."""

    def __init__(self, *, refuses: str = "", is_down: bool = False) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self._refuses, self._is_down = refuses, is_down

    async def send(self, action: Action, *, timeout_seconds: float | None = None) -> Reply:
        if self._is_down:
            raise NotConnected
        headers = dict(action.headers)
        self.asked.append((action.name, headers))
        if headers.get("Queue") == self._refuses:
            raise ActionRefused("Unable to add interface to queue: No such queue")
        return Reply({})


def _seats(exchange: Exchange) -> ExchangeSeats:
    return ExchangeSeats(Switchboard(exchange, TelephonySettings(), lambda: "id"))


async def test_a_seat_is_taken_in_every_queue_with_its_penalty() -> None:
    exchange = Exchange()
    await _seats(exchange).take("PJSIP/101", "Anna Orlova", {"sales": 0, "support": 2})
    assert [(h["Queue"], h["Penalty"]) for _, h in exchange.asked] == [
        ("sales", "0"),
        ("support", "2"),
    ]


async def test_a_queue_that_the_exchange_does_not_have_keeps_no_other_waiting() -> None:
    exchange = Exchange(refuses="old")
    await _seats(exchange).take("PJSIP/101", "Anna", {"old": 0, "sales": 0})
    assert [h["Queue"] for _, h in exchange.asked] == ["old", "sales"]


async def test_a_lost_link_is_raised_so_that_the_seat_is_asked_for_again() -> None:
    seats = _seats(Exchange(is_down=True))
    with pytest.raises(NotConnected):
        await seats.take("PJSIP/101", "Anna", {"sales": 0})
    with pytest.raises(NotConnected):
        await seats.pause("PJSIP/101", "lunch")


async def test_a_name_that_would_break_the_line_is_made_one_line() -> None:
    exchange = Exchange()
    await _seats(exchange).take("PJSIP/101", "Anna\r\nAction: Originate", {"sales": 0})
    assert exchange.asked[0][1]["MemberName"] == "Anna Action: Originate"


async def test_a_seat_taken_paused_is_paused_in_the_same_request() -> None:
    exchange = Exchange()
    await _seats(exchange).take("PJSIP/101", "Anna", {"sales": 0, "support": 2}, paused=True)
    assert [(name, h["Queue"], h["Paused"]) for name, h in exchange.asked] == [
        ("QueueAdd", "sales", "true"),
        ("QueueAdd", "support", "true"),
    ]
