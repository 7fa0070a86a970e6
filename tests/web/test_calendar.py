"""The calendar: what stands where, in the reader's own time, whose it is, and moving about."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from crm_core.tasks.calendar import Entry
from crm_core.tasks.queries import TaskRow
from tests.web.call_log import add_task, at
from tests.web.conftest import ClientAs, Office
from tests.web.test_tasks_pages import stored
from web.calendar_layout import Block, bounds, days_of, lay_out

MOSCOW = ZoneInfo("Europe/Moscow")
MONDAY = date(2026, 3, 2)


def a_task(number: int) -> TaskRow:
    empty: dict[str, object] = dict.fromkeys(TaskRow.__dataclass_fields__)
    return TaskRow(**{**empty, "id": number})  # type: ignore[arg-type]


def entry(number: int, hour: float, minutes: int | None = None) -> Entry:
    begin = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(hours=hour)
    return Entry(a_task(number), begin, begin + timedelta(minutes=minutes) if minutes else None)


def placed(entries: list[Entry], zone: ZoneInfo = ZoneInfo("UTC")) -> list[tuple[int, ...]]:
    """(id, start, minutes, lane, lanes) of Monday."""
    return [
        (one.entry.task.id, one.start, one.minutes, one.lane, one.lanes)
        for one in lay_out(entries, days_of("week", MONDAY), zone)[MONDAY]
    ]


def test_a_week_begins_on_monday_and_a_day_is_itself() -> None:
    assert days_of("week", date(2026, 3, 8))[0] == MONDAY
    assert days_of("day", date(2026, 3, 8)) == [date(2026, 3, 8)]


def test_things_stand_by_the_readers_own_clock() -> None:
    assert placed([entry(1, 7)], MOSCOW) == [(1, 600, 30, 0, 1)]


def test_what_overlaps_shares_the_width_and_what_does_not_has_all_of_it() -> None:
    assert placed([entry(1, 9, 60), entry(2, 9.5, 60), entry(3, 10, 30), entry(4, 11, 30)]) == [
        (1, 540, 60, 0, 2),
        (2, 570, 60, 1, 2),
        (3, 600, 30, 0, 2),
        (4, 660, 30, 0, 1),
    ]


def test_what_lasts_over_midnight_goes_on_the_day_after() -> None:
    days = days_of("week", MONDAY)
    shown = lay_out([entry(1, 23, 120)], days, ZoneInfo("UTC"))
    assert [(b.day, b.start, b.minutes, b.is_rest) for day in days for b in shown[day]] == [
        (MONDAY, 1380, 60, False),
        (MONDAY + timedelta(days=1), 0, 60, True),
    ]


def test_the_day_that_the_clocks_change_has_its_own_bounds() -> None:
    begin, end = bounds([date(2026, 3, 29)], ZoneInfo("Europe/Berlin"))
    assert end - begin == timedelta(hours=23)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 1439), st.integers(15, 300)), max_size=12),
)
def test_no_two_blocks_lie_over_each_other(times: list[tuple[int, int]]) -> None:
    entries = [entry(n, start / 60, minutes) for n, (start, minutes) in enumerate(times)]
    blocks = lay_out(entries, [MONDAY], ZoneInfo("UTC"))[MONDAY]
    assert len(blocks) == len(times)
    for one in blocks:
        assert one.lane < one.lanes
        for other in blocks:
            if one.entry.task.id < other.entry.task.id and _meet(one, other):
                assert one.lane != other.lane
                assert one.lanes == other.lanes


def _meet(one: Block, other: Block) -> bool:
    return one.start < other.start + other.minutes and other.start < one.start + one.minutes


def blocks_of(text: str) -> dict[str, str]:
    """id of the task -> start in minutes, of those that may be moved."""
    found = re.findall(r'data-start="(\d+)"[^>]*data-task="(\d+)"', text)
    return {task: start for start, task in found}


async def test_the_week_shows_ones_own_tasks_and_not_those_of_others(
    office: Office, client_as: ClientAs
) -> None:
    await office.services.accounts.set_preferences(office.cast.anna, time_zone="Europe/Moscow")
    mine = await add_task(office, "Call Pavel", due_at=at(3600))
    await add_task(office, "Next week's", due_at=at(8 * 86400))
    await add_task(office, "Boris's", assignee_agent_id=office.cast.boris.id)
    anna = await client_as("anna")
    page = await anna.get("/calendar")
    assert blocks_of(page.text) == {str(mine): str(13 * 60)}
    assert "Next week's" not in page.words
    assert "Next week's" in (await anna.get("/calendar?on=2026-03-10")).words
    other = await anna.get(f"/calendar?agent={office.cast.boris.id}")
    assert "Boris's" not in other.words
    vera = await client_as("vera")
    assert "Boris's" in (await vera.get(f"/calendar?agent={office.cast.boris.id}")).words


async def test_a_task_is_moved_as_long_as_it_is_and_the_newest_version_only(
    office: Office, client_as: ClientAs
) -> None:
    ends = at(7200)
    task_id = await add_task(office, "Tour", kind="meeting", due_at=at(3600), ends_at=ends)
    anna = await client_as("anna")
    json = {"Accept": "application/json"}
    moved = {"at": "2026-03-04T15:15", "version": "1"}
    assert (await anna.post(f"/calendar/{task_id}/move", moved, headers=json)).status == 200
    task = await stored(office, task_id)
    assert task.due_at == datetime(2026, 3, 4, 15, 15, tzinfo=UTC)
    assert task.ends_at == task.due_at + timedelta(hours=1)
    again = await anna.post(
        f"/calendar/{task_id}/move", moved | {"at": "2026-03-05T10:00"}, headers=json
    )
    assert again.status == 409
    past = {"at": "2026-03-01T10:00", "version": "2"}
    assert (await anna.post(f"/calendar/{task_id}/move", past, headers=json)).status == 422


async def test_what_will_repeat_is_shown_faintly_before_it_is_there(
    office: Office, client_as: ClientAs
) -> None:
    rule = "DTSTART:20260302T100000\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO"
    await add_task(office, "Fortnightly", due_at=at(3600), rrule=rule, rrule_zone="UTC")
    anna = await client_as("anna")
    assert "Fortnightly" not in (await anna.get("/calendar?on=2026-03-09")).words
    later = await anna.get("/calendar?on=2026-03-16")
    assert "Fortnightly" in later.words
    assert "to-come" in later.text
    assert blocks_of(later.text) == {}


async def test_nonsense_in_the_address_shows_this_week(office: Office, client_as: ClientAs) -> None:
    anna = await client_as("anna")
    for query in ("on=never&view=year&agent=x", "on=0001-01-01", "on=9999-12-31"):
        page = await anna.get(f"/calendar?{query}")
        assert page.status == 200
        assert 'data-date="2026-03-02"' in page.text


async def test_a_task_made_by_a_script_answers_with_its_id(
    office: Office, client_as: ClientAs
) -> None:
    anna = await client_as("anna")
    json = {"Accept": "application/json"}
    sent = {"text": "Tour", "kind": "meeting", "due_at": "2026-03-03T10:00", "pick": "own"}
    sent |= {"lasting": "45", "assignee": f"agent:{office.cast.anna.id}"}
    made = await anna.post("/tasks", sent, headers=json)
    task = await stored(office, made.json["task_id"])
    assert task.ends_at == task.due_at + timedelta(minutes=45)
    refused = await anna.post("/tasks", sent | {"text": ""}, headers=json)
    assert (refused.status, refused.json["error"]["field"]) == (422, "text")
