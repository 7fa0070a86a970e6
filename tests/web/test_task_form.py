"""The form of a task: all that a promise can be, how it repeats, and what is said of it."""

from datetime import UTC, datetime, timedelta

import pytest

from crm_core.tasks.queries import Scope, TaskFilter, TaskRow, list_tasks
from crm_core.tasks.recurrence import Pattern, Recurrence, fitting, rule_text
from tests.web.call_log import add_task, at
from tests.web.conftest import ClientAs, Office
from tests.web.test_tasks_pages import stored
from web.i18n import Reader
from web.repeating import repeat_words, written_repeat


async def open_ones(office: Office) -> list[TaskRow]:
    async with office.services.storage.read() as connection:
        asked = TaskFilter(scope=Scope.MINE)
        return list((await list_tasks(connection, office.cast.anna, asked)).rows)


def filled(office: Office, **values: object) -> dict[str, object]:
    return {
        "text": "Show the samples",
        "kind": "meeting",
        "pick": "own",
        "due_at": "2026-03-10T10:00",
        "lasting": "90",
        "place": "Tverskaya 1",
        "remind": "600",
        "repeat": "weekday_of_month",
        "every": "1",
        "ending": "count",
        "count": "3",
        "assignee": f"agent:{office.cast.anna.id}",
        "client_id": office.cast.romashka,
        "contact_id": office.cast.ivan,
    } | values


async def test_a_meeting_that_repeats_is_made_in_ones_own_time(
    office: Office, client_as: ClientAs
) -> None:
    await office.services.accounts.set_preferences(office.cast.anna, time_zone="Europe/Moscow")
    anna = await client_as("anna")
    answer = await anna.post("/tasks", filled(office), follow=False)
    assert answer.headers["Location"] == f"/clients/{office.cast.romashka}"
    [task] = await open_ones(office)
    assert task.due_at == datetime(2026, 3, 10, 7, tzinfo=UTC)
    assert task.ends_at == task.due_at + timedelta(minutes=90)
    assert (task.place, task.contact_name) == ("Tverskaya 1", "Иван Петров")
    assert task.remind_at == task.due_at - timedelta(minutes=10)
    shown = await anna.get(f"/tasks/{task.id}")
    assert "every month on the second Tuesday, 3 times with this one" in shown.words
    await anna.post(f"/tasks/{task.id}/done")
    [later] = await open_ones(office)
    assert later.due_at == datetime(2026, 4, 14, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"kind": "party"}, "Choose one of the list"),
        ({"repeat": "hourly"}, "Choose one of the list"),
        ({"every": "0"}, "At least 1"),
        ({"ending": "until", "until": "soon"}, "Choose one of the list"),
        ({"ending": "until", "until": ""}, "Fill this in"),
        ({"remind": "12345"}, "Choose one of the list"),
        ({"text": " "}, "Fill this in"),
        ({"due_at": "2026-03-01T10:00"}, "This time has passed"),
        ({"contact_id": "999999"}, "There is no such client"),
    ],
)
async def test_what_cannot_be_kept_is_said_and_what_was_typed_stays(
    office: Office, client_as: ClientAs, values: dict[str, object], said: str
) -> None:
    anna = await client_as("anna")
    answer = await anna.post("/tasks", filled(office, **values))
    assert answer.status == 422
    assert said in answer.words
    assert "Tverskaya 1" in answer.text
    assert await open_ones(office) == []


async def test_only_this_one_is_changed_or_all_later_ones(
    office: Office, client_as: ClientAs
) -> None:
    anna = await client_as("anna")
    await anna.post("/tasks", filled(office))
    [task] = await open_ones(office)
    only = {"version": 1, "due_before": "2026-03-10T10:00", "place": "Here", "which": "this"}
    await anna.post(f"/tasks/{task.id}", filled(office, **only))
    this, later = await open_ones(office)
    assert (this.place, this.rrule, later.place) == ("Here", "", "Tverskaya 1")
    both = {"version": later.version, "due_at": "2026-04-14T10:00", "count": "2", "place": "There"}
    await anna.post(f"/tasks/{later.id}", filled(office, which="later", **both))
    await anna.post(f"/tasks/{later.id}/done")
    assert [task.place for task in await open_ones(office)] == ["Here", "There"]


async def test_a_series_is_ended_by_its_button(office: Office, client_as: ClientAs) -> None:
    anna = await client_as("anna")
    await anna.post("/tasks", filled(office))
    [task] = await open_ones(office)
    answer = await anna.post(f"/tasks/{task.id}/end-series")
    assert "it repeats no more" in answer.words
    await anna.post(f"/tasks/{task.id}/done")
    assert await open_ones(office) == []


async def test_colleagues_talk_about_a_task_on_its_page(
    office: Office, client_as: ClientAs
) -> None:
    task_id = await add_task(office, "Send the contract")
    anna, vera = await client_as("anna"), await client_as("vera")
    await vera.post(f"/tasks/{task_id}/comments", {"comment": "With <b>stamp</b>"})
    page = await anna.get(f"/tasks/{task_id}")
    assert "Vera Sokolova" in page.words
    assert "With &lt;b&gt;stamp&lt;/b&gt;" in page.text
    refused = await anna.post(f"/tasks/{task_id}/comments", {"comment": "  "})
    assert (refused.status, "Fill this in" in refused.words) == (422, True)


async def test_who_changed_what_is_told_on_the_page(office: Office, client_as: ClientAs) -> None:
    task_id = await add_task(office, "Send the contract", due_at=at(3600))
    anna = await client_as("anna")
    written = {"text": "Send it all", "kind": "call", "due_at": "2026-03-04T10:00", "version": 1}
    await anna.post(f"/tasks/{task_id}", written)
    assert (await stored(office, task_id)).kind == "call"
    words = (await anna.get(f"/tasks/{task_id}")).words
    assert "Anna Orlova changed: " in words
    assert "text" in words


async def test_what_rang_stands_in_the_corner_until_it_is_acted_on(
    office: Office, client_as: ClientAs
) -> None:
    task_id = await add_task(office, "Send the contract", remind_at=at(0), remind_seconds=0)
    anna, boris = await client_as("anna"), await client_as("boris")
    assert "Send the contract" not in (await anna.get("/reminders")).words
    assert await office.services.reminders.sweep() == [task_id]
    for _ in range(2):
        assert "Send the contract" in (await anna.get("/reminders")).words
    assert "Send the contract" not in (await boris.get("/reminders")).words
    await anna.post(f"/reminders/{task_id}/snooze", {"minutes": "60"})
    assert (await stored(office, task_id)).remind_at == at(3600)
    await anna.post(f"/reminders/{task_id}/snooze", {"minutes": "tomorrow"})
    assert (await stored(office, task_id)).remind_at == datetime(2026, 3, 3, 10, tzinfo=UTC)
    await anna.post(f"/reminders/{task_id}/dismiss")
    assert (await stored(office, task_id)).remind_at is None
    await anna.post(f"/reminders/{task_id}/done")
    assert (await stored(office, task_id)).ending == "done"


TUESDAY = datetime(2026, 3, 31, 10)  # noqa: DTZ001 - by the clock on the wall


@pytest.mark.parametrize(
    ("chosen", "english", "russian"),
    [
        (Recurrence(Pattern.DAY), "every day", "каждый день"),
        (Recurrence(Pattern.DAY, every=21), "every 21 days", "каждый 21-й день"),
        (Recurrence(Pattern.DAY, every=2), "every 2 days", "каждые 2 дня"),
        (
            Recurrence(Pattern.WEEK, every=2),
            "every 2 weeks on Tuesday",
            "раз в 2 недели: вторник",
        ),
        (
            Recurrence(Pattern.WEEK, every=5, weekdays=(0, 4)),
            "every 5 weeks on Monday and Friday",
            "раз в 5 недель: понедельник и пятница",
        ),
        (
            Recurrence(Pattern.WEEKDAY_OF_MONTH),
            "every month on the last Tuesday",
            "каждый месяц: последний вторник",
        ),
        (
            Recurrence(Pattern.QUARTER),
            "every 3 months on day 31 (or the last one)",
            "раз в 3 месяца: 31-е число (или последнее)",
        ),
        (Recurrence(Pattern.YEAR), "every year on March 31", "каждый год, 31 марта"),
        (
            Recurrence(Pattern.LAST_DAY, count=2),
            "every month on the last day, 2 times with this one",
            "каждый месяц: последний день, 2 раза вместе с этим",
        ),
    ],
)
def test_how_it_repeats_is_said_in_words(chosen: Recurrence, english: str, russian: str) -> None:
    rule = rule_text(fitting(chosen, TUESDAY), TUESDAY)
    assert repeat_words(Reader(), rule) == english
    assert repeat_words(Reader("ru"), rule) == russian
    assert written_repeat(rule)[0]["repeat"] == chosen.pattern
