"""A browser that does not read costs the server a bounded amount, and others nothing."""

import asyncio

import pytest

from screenpop.hub import EVERYONE, Hub, workplace_of
from screenpop.messages import Notice, Put, Remove
from screenpop.outbox import Closing, Delivery, Outbox


def card(number: int, text: str = "") -> Put:
    return Put(f"card-{number}", "cards", "cards/_card.html", text)


async def after_snapshot(limit: int = 4) -> Outbox:
    outbox = Outbox(1, "session", limit)
    assert (await outbox.take()).stale
    return outbox


def data(delivery: Delivery) -> list[object]:
    return [getattr(message, "data", None) for message in delivery.messages]


async def test_a_new_connection_takes_a_snapshot_first() -> None:
    outbox = Outbox(1)
    outbox.put(card(1))
    delivery = await outbox.take()
    assert delivery == Delivery((), stale=True)


async def test_only_the_newest_of_an_element_waits() -> None:
    outbox = await after_snapshot()
    for text in ("old", "newer", "newest"):
        outbox.put(card(1, text))
    outbox.put(card(2, "other"))
    assert data(await outbox.take()) == ["newest", "other"]


async def test_a_removal_replaces_what_waits_for_that_element() -> None:
    outbox = await after_snapshot()
    outbox.put(card(1))
    outbox.put(Remove("card-1", "cards"))
    (message,) = (await outbox.take()).messages
    assert isinstance(message, Remove)


async def test_overflow_asks_for_a_fresh_snapshot_and_keeps_what_is_told_once() -> None:
    outbox = await after_snapshot(limit=4)
    outbox.put(Notice("dial_failed"))
    for number in range(10):
        outbox.put(card(number))
    delivery = await outbox.take()
    assert delivery.stale
    assert [message.key for message in delivery.messages] == ["notice:dial_failed"]
    assert outbox.overflows == 1
    outbox.put(card(1))
    assert not (await outbox.take()).stale


async def test_ten_thousand_updates_to_a_sleeping_browser_are_no_more_than_its_limit() -> None:
    outbox = await after_snapshot(limit=8)
    for number in range(10_000):
        outbox.put(card(number))
        assert outbox.depth <= 8


async def test_take_waits_until_there_is_something() -> None:
    outbox = await after_snapshot()
    taking = asyncio.ensure_future(outbox.take())
    await asyncio.sleep(0)
    assert not taking.done()
    outbox.put(card(1, "now"))
    assert data(await taking) == ["now"]


async def test_the_first_reason_to_close_is_the_one_told() -> None:
    outbox = await after_snapshot()
    outbox.close(Closing.SESSION_OVER)
    outbox.close(Closing.RESTARTING)
    assert (await outbox.take()).closing == Closing.SESSION_OVER


async def test_every_tab_of_an_agent_hears_and_nobody_else() -> None:
    hub = Hub()
    tabs = [await after_snapshot(), await after_snapshot()]
    other = await after_snapshot()
    for tab in tabs:
        hub.join(tab, [workplace_of(1), EVERYONE])
    hub.join(other, [workplace_of(2), EVERYONE])
    hub.send(workplace_of(1), card(1))
    assert [tab.depth for tab in tabs] == [1, 1]
    assert other.depth == 0
    hub.send(EVERYONE, Notice("hello"))
    assert other.depth == 1


async def test_who_left_hears_nothing_more_and_may_leave_twice() -> None:
    hub = Hub()
    outbox = await after_snapshot()
    hub.join(outbox, [workplace_of(1)])
    hub.leave(outbox)
    hub.leave(outbox)
    hub.send(workplace_of(1), card(1))
    assert outbox.depth == 0
    assert not hub.is_watched(workplace_of(1))
    assert len(hub) == 0


@pytest.mark.parametrize(("session", "closed"), [("session", True), ("another", False)])
async def test_a_closed_session_shuts_the_sockets_opened_in_it(session: str, closed: bool) -> None:
    hub = Hub()
    outbox = await after_snapshot()
    hub.join(outbox, [workplace_of(1)])
    hub.close_sessions({session}, Closing.SESSION_OVER)
    outbox.put(card(1))
    assert ((await outbox.take()).closing is not None) == closed
