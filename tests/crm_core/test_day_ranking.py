"""What comes next, and why: whoever waits now, then what was promised, then what we want."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_core.day.ranking import BEGINS_SOON, Item, ItemKind, Reason, has_its_hour, rank

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def task(number: int, kind: str, hours: float, **values: object) -> Item:
    at = NOW + timedelta(hours=hours)
    return Item(ItemKind.TASK, number, at, task_kind=kind, **values)  # type: ignore[arg-type]


def test_whoever_waits_now_comes_before_what_was_promised_and_that_before_what_we_want() -> None:
    items = [
        Item(ItemKind.CLIENT, 1, NOW - 99 * 24 * HOUR),
        task(2, "next_step", 5),
        task(3, "next_step", -20),
        Item(ItemKind.LEAD, 4, NOW - HOUR),
        task(5, "callback", 0.1),
        task(6, "call", -1),
        task(7, "callback", -3),
        task(8, "meeting", 0.1),
        task(9, "wrap_up", -1),
        task(10, "next_step", -1, owed_by="client"),
    ]
    shown = [(one.item.id, one.reason) for one in rank(items, NOW).now]
    assert shown == [
        (8, Reason.MEETING_BEGINS),
        (7, Reason.CALLBACK_LATE),
        (6, Reason.CALL_PROMISED),
        (5, Reason.CALLBACK),
        (4, Reason.LEAD_FRESH),
        (3, Reason.OVERDUE),
        (10, Reason.CLIENT_OWES),
        (9, Reason.WRAP_UP_OWED),
        (2, Reason.DUE_TODAY),
        (1, Reason.CLIENT_QUIET),
    ]


def test_the_longest_wait_comes_first_but_of_fresh_leads_the_newest() -> None:
    waiting = [task(1, "callback", -1), task(2, "callback", -2)]
    fresh = [Item(ItemKind.LEAD, 3, NOW - 2 * HOUR), Item(ItemKind.LEAD, 4, NOW - HOUR)]
    assert [one.item.id for one in rank([*waiting, *fresh], NOW).now] == [2, 1, 4, 3]


@pytest.mark.parametrize("kind", ["meeting", "call"])
def test_what_has_its_hour_waits_for_it(kind: str) -> None:
    item = task(1, kind, 2)
    early = rank([item], NOW)
    assert (early.now, [one.item.id for one in early.later]) == ((), [1])
    assert [one.item.id for one in rank([item], item.at - BEGINS_SOON).now] == [1]


def test_a_meeting_is_on_until_it_ends_and_owed_a_word_afterwards() -> None:
    meeting = task(1, "meeting", 0, ends_at=NOW + HOUR)
    assert rank([meeting], NOW + HOUR / 2).now[0].reason is Reason.MEETING_BEGINS
    assert rank([meeting], NOW + HOUR).now[0].reason is Reason.OVERDUE


items_of_a_day = st.lists(
    st.builds(
        Item,
        kind=st.sampled_from(ItemKind),
        id=st.integers(1, 50),
        at=st.integers(-3000, 3000).map(lambda minutes: NOW + timedelta(minutes=minutes)),
        task_kind=st.sampled_from(["next_step", "call", "meeting", "callback", "wrap_up"]),
        owed_by=st.sampled_from(["us", "client"]),
    ),
    unique_by=lambda item: item.key,
    max_size=20,
)


@settings(max_examples=60, deadline=None)
@given(items=items_of_a_day, shuffle=st.randoms(use_true_random=False))
def test_nothing_is_lost_or_shown_twice_and_the_order_hangs_on_nothing_else(
    items: list[Item], shuffle: object
) -> None:
    queue = rank(items, NOW)
    shown = [one.item for one in (*queue.now, *queue.later)]
    assert sorted(one.key for one in shown) == sorted(item.key for item in items)
    mixed = items[:]
    shuffle.shuffle(mixed)  # type: ignore[attr-defined]
    assert rank(mixed, NOW) == queue
    order = list(Reason)
    places = [order.index(one.reason) for one in queue.now]
    assert places == sorted(places)
    assert all(has_its_hour(one.item, NOW) for one in queue.later)


@settings(max_examples=60, deadline=None)
@given(items=items_of_a_day)
def test_doing_the_next_thing_leaves_the_rest_in_its_order(items: list[Item]) -> None:
    first = rank(items, NOW).now
    if first:
        rest = [item for item in items if item.key != first[0].item.key]
        assert rank(rest, NOW).now == first[1:]
