"""The pages of tasks: done and undone, taken, postponed, handed over, each to whom it concerns."""

import re
from datetime import timedelta

import pytest

from crm_core.tasks.queries import TaskRow, get_task
from tests.web.call_log import NINE, add_task, at
from tests.web.conftest import ClientAs, Office


async def stored(office: Office, task_id: int) -> TaskRow:
    async with office.services.storage.read() as connection:
        return await get_task(connection, None, task_id)


def shown(text: str) -> list[int]:
    return [int(found) for found in re.findall(r'<tr data-href="/tasks/(\d+)"', text)]


async def callback_of_sales(office: Office, **values: object) -> int:
    row = {
        "kind": "callback",
        "assignee_agent_id": None,
        "queue": "sales",
        "number": "+74951112233",
    }
    return await add_task(office, "", **{"call_count": 3, **row, **values})


async def test_each_list_holds_what_its_name_says(office: Office, client_as: ClientAs) -> None:
    mine = await add_task(office, "Mine")
    late = await add_task(office, "Late", due_at=at(-60))
    team = await callback_of_sales(office)
    await add_task(office, "Boris's", assignee_agent_id=office.cast.boris.id)
    anna, vera = await client_as("anna"), await client_as("vera")
    assert shown((await anna.get("/tasks")).text) == [late, mine]
    assert shown((await anna.get("/tasks?view=team")).text) == [team]
    assert shown((await anna.get("/tasks?view=overdue")).text) == [late]
    assert len(shown((await vera.get("/tasks?view=all")).text)) == 4
    one = await vera.get(f"/tasks?view=all&agent={office.cast.boris.id}")
    assert "Boris's" in one.words
    assert len(shown(one.text)) == 1


async def test_a_callback_says_how_often_they_called(office: Office, client_as: ClientAs) -> None:
    await callback_of_sales(office)
    anna = await client_as("anna")
    assert "called 3 times" in (await anna.get("/tasks?view=team")).words
    await office.services.accounts.set_preferences(office.cast.anna, language="ru")
    russian = await anna.get("/tasks?view=team")
    assert "Перезвонить: звонил 3 раза" in russian.words
    assert 'data-dial="+74951112233"' in russian.text


@pytest.mark.parametrize(
    ("count", "english", "russian"),
    [
        (1, "called\u00a0once", "звонил\u00a01\u00a0раз"),
        (3, "called\u00a03\u00a0times", "звонил\u00a03\u00a0раза"),
        (5, "called\u00a05\u00a0times", "звонил\u00a05\u00a0раз"),
        (21, "called\u00a021\u00a0times", "звонил\u00a021\u00a0раз"),
    ],
)
async def test_a_callback_is_worded_alike_everywhere_and_breaks_no_line_inside(
    office: Office, client_as: ClientAs, count: int, english: str, russian: str
) -> None:
    task_id = await callback_of_sales(office, call_count=count, client_id=office.cast.pavel)
    anna = await client_as("anna")
    places = ("/tasks?view=team", f"/tasks/{task_id}", "/workplace/tasks", "/clients/{pavel}")
    for language, words in (("en", english), ("ru", russian)):
        await office.services.accounts.set_preferences(office.cast.anna, language=language)
        for place in places:
            shown = await anna.get(place.format(pavel=office.cast.pavel))
            assert f": {words}" in shown.text, place


async def test_done_is_undone_with_one_click(office: Office, client_as: ClientAs) -> None:
    task_id = await add_task(office, "Send the contract")
    anna = await client_as("anna")
    answer = await anna.post(f"/tasks/{task_id}/done", {"back": "/tasks?view=mine"})
    assert (await stored(office, task_id)).ending == "done"
    assert "Done: Send the contract" in answer.words
    assert f'action="/tasks/{task_id}/reopen"' in answer.text
    await anna.post(f"/tasks/{task_id}/reopen", {"back": "/tasks?view=mine"})
    assert (await stored(office, task_id)).done_at is None


async def test_what_was_done_is_listed_the_latest_first(
    office: Office, client_as: ClientAs
) -> None:
    first = await add_task(office, "First", due_at=at(9000))
    second = await add_task(office, "Second", due_at=at(60))
    anna = await client_as("anna")
    for task_id in (first, second):
        await anna.post(f"/tasks/{task_id}/done")
        await office.clock.advance(60)
    assert shown((await anna.get("/tasks?view=done")).text) == [second, first]


async def test_whoever_is_second_is_told_so(office: Office, client_as: ClientAs) -> None:
    task_id = await callback_of_sales(office)
    anna, boris = await client_as("anna"), await client_as("boris")
    await boris.post(f"/tasks/{task_id}/take")
    assert (await stored(office, task_id)).assignee_agent_id == office.cast.boris.id
    late = await anna.post(f"/tasks/{task_id}/take")
    assert late.status in (200, 404)
    assert (await stored(office, task_id)).assignee_agent_id == office.cast.boris.id
    await boris.post(f"/tasks/{task_id}/done")
    again = await boris.post(f"/tasks/{task_id}/done")
    assert "This task is done already" in again.words


async def test_a_task_is_postponed_in_the_persons_own_time(
    office: Office, client_as: ClientAs
) -> None:
    await office.services.accounts.set_preferences(office.cast.anna, time_zone="Europe/Moscow")
    task_id = await add_task(office, "Call")
    anna = await client_as("anna")
    await anna.post(f"/tasks/{task_id}/postpone", {"pick": "tomorrow", "version": "1"})
    task = await stored(office, task_id)
    assert task.due_at == (NINE + timedelta(days=1)).replace(hour=7)  # ten in Moscow
    stale = await anna.post(f"/tasks/{task_id}/postpone", {"pick": "hour", "version": "1"})
    assert "Somebody changed this meanwhile" in stale.words
    assert (await stored(office, task_id)).due_at == task.due_at


async def test_a_task_is_handed_to_a_person_or_a_team(office: Office, client_as: ClientAs) -> None:
    task_id = await add_task(office, "Call")
    vera = await client_as("vera")
    to_boris = {"assignee": f"agent:{office.cast.boris.id}", "version": "1"}
    await vera.post(f"/tasks/{task_id}/hand_over", to_boris)
    assert (await stored(office, task_id)).assignee_name == "Boris Klimov"
    await vera.post(f"/tasks/{task_id}/hand_over", {"assignee": "queue:support", "version": "2"})
    task = await stored(office, task_id)
    assert (task.assignee_agent_id, task.queue) == (None, "support")


@pytest.mark.parametrize("assignee", ["", "agent:999", "agent:x", "queue:nowhere", "planet:mars"])
async def test_nobody_is_no_assignee(office: Office, client_as: ClientAs, assignee: str) -> None:
    task_id = await add_task(office, "Call")
    vera = await client_as("vera")
    form = {"assignee": assignee, "version": "1"}
    answer = await vera.post(f"/tasks/{task_id}/hand_over", form)
    assert answer.status == 422
    assert (await stored(office, task_id)).assignee_agent_id == office.cast.anna.id


async def test_giving_a_task_away_leads_to_the_list(office: Office, client_as: ClientAs) -> None:
    """Anna sees Boris's task no longer: her page of it would say that there is none."""
    task_id = await add_task(office, "Call")
    anna = await client_as("anna")
    form = {"assignee": f"agent:{office.cast.boris.id}", "version": "1"}
    answer = await anna.post(f"/tasks/{task_id}/hand_over", form)
    assert (answer.status, answer.url.path) == (200, "/tasks")


async def test_text_and_time_are_changed_and_a_conflict_keeps_what_was_typed(
    office: Office, client_as: ClientAs
) -> None:
    task_id = await add_task(office, "Call")
    anna = await client_as("anna")
    form = {"text": "Call twice", "due_at": "2026-03-03T12:00", "version": "1"}
    await anna.post(f"/tasks/{task_id}", form)
    task = await stored(office, task_id)
    assert (task.text, task.due_at) == ("Call twice", (NINE + timedelta(days=1)).replace(hour=12))
    stale = await anna.post(f"/tasks/{task_id}", {**form, "text": "Call thrice"})
    assert (stale.status, "Call thrice" in stale.text) == (422, True)
    assert (await stored(office, task_id)).text == "Call twice"


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"due_at": "2026-03-01T12:00"}, "This time has passed"),
        ({"due_at": "never"}, "Write a date and a time"),
        ({"due_at": ""}, "Fill this in"),
        ({"text": ""}, "Fill this in"),
        ({"due_at": "2099-01-01T00:00"}, "too far away"),
    ],
)
async def test_a_next_step_that_cannot_be_kept_is_refused(
    client_as: ClientAs, office: Office, form: dict[str, str], said: str
) -> None:
    anna = await client_as("anna")
    whole = {
        "text": "Call",
        "pick": "own",
        "due_at": "2026-03-03T12:00",
        "assignee": f"agent:{office.cast.anna.id}",
        **form,
    }
    answer = await anna.post("/tasks", whole)
    assert (answer.status, said in answer.words) == (422, True)


async def test_a_next_step_for_a_client_stands_on_his_page(
    office: Office, client_as: ClientAs
) -> None:
    anna = await client_as("anna")
    page = await anna.get(f"/tasks/new?client_id={office.cast.pavel}")
    assert "Павел Семёнов" in page.words
    form = {"text": "Send flowers", "pick": "hour", "assignee": f"agent:{office.cast.anna.id}"}
    answer = await anna.post("/tasks", {**form, "client_id": str(office.cast.pavel)})
    assert answer.url.path == f"/clients/{office.cast.pavel}"
    assert "Send flowers" in answer.words


async def test_a_task_of_others_is_missing_for_an_operator(
    office: Office, client_as: ClientAs
) -> None:
    task_id = await add_task(office, "Boris's", assignee_agent_id=office.cast.boris.id)
    anna = await client_as("anna")
    for answer in (
        await anna.get(f"/tasks/{task_id}"),
        await anna.post(f"/tasks/{task_id}/done"),
        await anna.post(f"/tasks/{task_id}/postpone", {"pick": "hour", "version": "1"}),
        await anna.post(f"/tasks/{task_id}/cancel"),
    ):
        assert answer.status == 404
    assert (await stored(office, task_id)).done_at is None


async def test_the_navigation_counts_what_is_late(office: Office, client_as: ClientAs) -> None:
    await add_task(office, "Late", due_at=at(-60))
    await callback_of_sales(office, due_at=at(-60))
    anna, grigory = await client_as("anna"), await client_as("grigory")
    late = 'title="Late">2</span>'
    assert late in (await anna.get("/me", Accept="text/html")).text
    assert 'title="Late" hidden>0</span>' in (await grigory.get("/me", Accept="text/html")).text


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "/logout", ""])
async def test_the_way_back_is_never_somewhere_else(
    office: Office, client_as: ClientAs, back: str
) -> None:
    task_id = await add_task(office, "Call")
    anna = await client_as("anna")
    answer = await anna.post(f"/tasks/{task_id}/done", {"back": back}, follow=False)
    assert answer.headers["Location"] == "/tasks"
