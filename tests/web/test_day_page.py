"""My day as a page: the next thing with its reason, the queue beside it, and each action on it."""

import re
from datetime import timedelta

from sqlalchemy import insert

from crm_core.clients.tables import clients
from crm_core.deals.tables import pipelines, stages
from crm_core.leads.tables import leads
from crm_core.tasks.queries import Scope, TaskFilter, TaskRow, list_tasks
from tests.web.call_log import NINE, add_task, at, log_call
from tests.web.conftest import ClientAs, Office
from tests.web.test_tasks_pages import callback_of_sales, stored


def queued(text: str) -> list[str]:
    return re.findall(r'id="queued-([a-z]+-\d+)"', text)


def focus(text: str) -> str:
    found = re.search(r'id="focus-([a-z]+-\d+)"', text)
    return found[1] if found else ""


async def promised(office: Office) -> list[TaskRow]:
    async with office.services.storage.read() as connection:
        asked = TaskFilter(scope=Scope.MINE)
        return list((await list_tasks(connection, office.cast.anna, asked)).rows)


async def fresh_lead(office: Office) -> int:
    async with office.services.storage.write() as tx:
        row = {"record_kind": "lead", "title": "Requests", "currency": "EUR"}
        pipeline = (await tx.execute(insert(pipelines).values(**row))).inserted_primary_key[0]
        row = {"pipeline_id": pipeline, "title": "New"}
        stage = (await tx.execute(insert(stages).values(**row))).inserted_primary_key[0]
        made = await tx.execute(
            insert(leads).values(
                client_id=office.cast.pavel,
                title="Forty chairs",
                request="By Easter, in oak",
                stage_id=stage,
                stage_since=NINE,
                created_at=NINE,
                updated_at=NINE,
            )
        )
    return int(made.inserted_primary_key[0])


async def quiet_client(office: Office) -> int:
    old = NINE - timedelta(days=90)
    async with office.services.storage.write() as tx:
        made = await tx.execute(
            insert(clients).values(
                kind="person",
                name="Silent Sam",
                owner_agent_id=office.cast.anna.id,
                client_since=old,
                created_at=old,
                updated_at=old,
            )
        )
    return int(made.inserted_primary_key[0])


async def test_the_next_thing_stands_there_with_its_reason_and_the_queue_beside_it(
    office: Office, client_as: ClientAs
) -> None:
    late = await callback_of_sales(office, due_at=at(-600))
    lead = await fresh_lead(office)
    task = await add_task(office, "Send the offer", client_id=office.cast.romashka)
    meeting = await add_task(office, "Tour", kind="meeting", due_at=at(7200))
    sam = await quiet_client(office)
    anna = await client_as("anna")
    page = await anna.get("/day")
    assert focus(page.text) == f"task-{late}"
    assert "Late callback" in page.words
    assert "0 of 4 done" in page.words
    assert queued(page.text) == [
        f"task-{late}",
        f"lead-{lead}",
        f"task-{task}",
        f"client-{sam}",
        f"task-{meeting}",
    ]
    assert 'data-dial="+74951112233"' in page.text


async def test_the_person_is_shown_with_where_we_stopped(
    office: Office, client_as: ClientAs
) -> None:
    await add_task(office, "Send the offer", client_id=office.cast.romashka)
    await log_call(office, "c1", client_id=office.cast.romashka, started_at=NINE)
    anna = await client_as("anna")
    page = await anna.get("/day")
    assert "ООО «Ромашка»" in page.words
    assert "Last talk: 09:00" in page.words
    assert 'data-dial="+79161234567"' in page.text or 'data-dial="+74951234567"' in page.text


async def test_after_each_action_the_next_thing_is_there_until_nothing_is_left(
    office: Office, client_as: ClientAs
) -> None:
    first = await add_task(office, "First", due_at=at(-60))
    lead = await fresh_lead(office)
    sam = await quiet_client(office)
    anna = await client_as("anna")
    answer = await anna.post(f"/day/lead-{lead}/done")
    assert answer.status == 200
    assert focus((await anna.get("/day/queue")).text) == f"task-{first}"
    await anna.post(f"/day/task-{first}/next-step", {"text": "Second", "pick": "tomorrow"})
    assert (await stored(office, first)).ending == "done"
    assert focus((await anna.get("/day/queue")).text) == f"client-{sam}"
    await anna.post(f"/day/client-{sam}/later", {"pick": "next_week"})
    end = await anna.get("/day/queue")
    assert focus(end.text) == ""
    assert "That was all: 2 things done today" in end.words
    assert [(task.text, task.kind) for task in await promised(office)] == [
        ("Second", "next_step"),
        ("Get in touch", "call"),
    ]


async def test_what_was_done_is_taken_back(office: Office, client_as: ClientAs) -> None:
    task_id = await add_task(office, "First", due_at=at(-60))
    anna = await client_as("anna")
    undo = (await anna.post(f"/day/task-{task_id}/done")).json["undo"]
    assert focus((await anna.get("/day/queue")).text) == ""
    await anna.post(undo)
    assert focus((await anna.get("/day/queue")).text) == f"task-{task_id}"


async def test_what_is_skipped_comes_last_and_what_one_is_at_stays(
    office: Office, client_as: ClientAs
) -> None:
    ids = [await add_task(office, text, due_at=at(-60)) for text in ("a", "b", "c")]
    keys = [f"task-{number}" for number in ids]
    anna = await client_as("anna")
    skipped = await anna.get(f"/day/queue?skipped={keys[0]}")
    assert (focus(skipped.text), queued(skipped.text)) == (keys[1], [*keys[1:], keys[0]])
    await callback_of_sales(office, due_at=at(-600))
    stays = await anna.get(f"/day/queue?focus={keys[2]}")
    assert focus(stays.text) == keys[2]
    strange = await anna.get("/day/queue?skipped=nonsense,task-9999&focus=<b>")
    assert strange.status == 200


async def test_later_puts_it_off_and_a_lead_becomes_a_promised_call(
    office: Office, client_as: ClientAs
) -> None:
    task_id, lead = await add_task(office, "First", due_at=at(-60)), await fresh_lead(office)
    anna = await client_as("anna")
    await anna.post(f"/day/task-{task_id}/later", {"pick": "tomorrow"})
    await anna.post(f"/day/lead-{lead}/later", {"pick": "tomorrow", "text": "Ask about the oak"})
    assert queued((await anna.get("/day")).text) == []
    call = next(task for task in await promised(office) if task.id != task_id)
    assert (call.kind, call.lead_id, call.client_id) == ("call", lead, office.cast.pavel)


async def test_nonsense_and_the_records_of_others_are_refused(
    office: Office, client_as: ClientAs
) -> None:
    boris = await add_task(office, "Boris's", assignee_agent_id=office.cast.boris.id)
    anna = await client_as("anna")
    json = {"Accept": "application/json"}
    for path, data, status in (
        (f"/day/task-{boris}/done", {}, 404),
        ("/day/task-x/done", {}, 404),
        ("/day/party-1/done", {}, 404),
        (f"/day/client-{office.cast.romashka}/done", {}, 404),
        (f"/day/lead-{'9' * 15}/done", {}, 404),
        (f"/day/client-{office.cast.romashka}/later", {"pick": "never"}, 422),
        (f"/day/client-{office.cast.romashka}/next-step", {"text": " ", "pick": "hour"}, 422),
    ):
        answer = await anna.post(path, data, headers=json)
        assert answer.status == status, path
        assert answer.json["error"]["message"], path


async def test_a_day_without_anything_says_so_kindly_in_both_languages(
    office: Office, client_as: ClientAs
) -> None:
    anna = await client_as("anna")
    assert "Nothing to do right now" in (await anna.get("/day")).words
    await office.services.accounts.set_preferences(office.cast.anna, language="ru")
    assert "Сейчас делать нечего" in (await anna.get("/day")).words
