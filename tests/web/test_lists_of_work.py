"""The lists of calls and of tasks as every other list: views, columns, files, addresses of old."""

import asyncio
import csv
import io
import re

import pytest

from crm_core.audit import list_audit
from crm_core.clock import ManualClock
from crm_core.events import CallLinked, TaskDone
from crm_core.lists.reading import Cursor
from crm_core.lists.shapes import ListName
from screenpop.hub import Hub
from screenpop.messages import Refresh
from screenpop.outbox import Outbox
from tests.web.call_log import add_task, at, log_call
from tests.web.conftest import ClientAs, Office
from web.list_addresses import read_address, read_cursor, write_cursor
from web.lists_live import CALLS_TOPIC, PAUSE_SECONDS, TASKS_TOPIC, ListsLive


def _heads(html: str) -> list[str]:
    return re.findall(r"<th[^>]*>(?:<a[^>]*>|<span[^>]*>)?([A-Z][^<]*)", html)


def _ids(html: str) -> list[str]:
    return re.findall(r'<tr data-href="/(?:calls|tasks)/([^"]+)"', html)


def _lines(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))


@pytest.mark.parametrize(
    ("name", "query", "filters", "search"),
    [
        ("calls", "period=30days&missed=1", {"began": "30days", "missed": "yes"}, ""),
        (
            "calls",
            "period=own&from=2026-03-01&until=2026-03-02",
            {"began": "2026-03-01..2026-03-02"},
            "",
        ),
        ("calls", "from=2026-03-01", {"began": "2026-03-01.."}, ""),
        ("calls", "period=all&client=ромаш&agent=3", {"began": "all", "agent": "3"}, "ромаш"),
        ("calls", "period=yesterday&client_id=7", {"began": "yesterday", "client_id": "7"}, ""),
        ("tasks", "view=all&agent=3", {"assignee": "3"}, ""),
        ("tasks", "view=overdue&agent=3", {"assignee": "3", "state": "late"}, ""),
        ("tasks", "view=done", {}, ""),
    ],
)
def test_addresses_of_old_mean_what_they_meant(
    name: str, query: str, filters: dict[str, str], search: str
) -> None:
    pairs = [(each.partition("=")[0], each.partition("=")[2]) for each in query.split("&")]
    address = read_address(ListName(name), pairs)
    assert (dict(address.filters), address.search) == (filters, search)


def test_a_place_among_calls_is_found_again_by_the_id_of_a_call() -> None:
    cursor = read_cursor(write_cursor(Cursor(at(0), "1700.1")))
    assert cursor == Cursor(at(0), "1700.1")
    assert read_cursor(write_cursor(Cursor(at(0), "1700\x00"))) is None


async def test_a_view_of_calls_is_shared_and_says_its_columns(
    office: Office, client_as: ClientAs
) -> None:
    await log_call(office, "short", talk_seconds=5, queue="sales")
    await log_call(office, "long", talk_seconds=500, started_at=at(60), queue="sales")
    vera, anna = await client_as("vera"), await client_as("anna")
    query = "began=all&talked=..60&columns=began,talked,call&sort=talked"
    made = await vera.post("/lists/calls/views", {"title": "Short", "shared": "1", "query": query})
    assert made.status == 200
    shown = await anna.get("/calls?view=1")
    assert (_ids(shown.text), _heads(shown.text)) == (["short"], ["Began", "Talk", "Call id"])
    assert 'aria-sort="ascending"' in shown.text
    assert "data-tick" not in shown.text  # nothing could be done with what is ticked
    await anna.post("/lists/calls/usual", {"view": "1"})
    assert _ids((await anna.get("/calls")).text) == ["short"]
    assert _ids((await anna.get("/calls?view=all")).text) == ["long", "short"]


async def test_the_standing_lists_of_tasks_can_come_first_and_saved_ones_beside_them(
    office: Office, client_as: ClientAs
) -> None:
    mine = await add_task(office, "Mine")
    await add_task(office, "Call him", kind="call", due_at=at(60))
    anna, vera = await client_as("anna"), await client_as("vera")
    assert (
        'href="/tasks?view=mine" data-list aria-current="page"' in (await anna.get("/tasks")).text
    )
    assert "Nothing is late" in (await vera.get("/tasks")).words
    await vera.post("/lists/tasks/usual", {"view": "all"})
    assert len(_ids((await vera.get("/tasks")).text)) == 2
    made = await anna.post(
        "/lists/tasks/views", {"title": "Steps", "query": "task_kind=next_step&assignee=me"}
    )
    assert _ids(made.text) == [str(mine)]
    assert "Steps" not in (await vera.get("/tasks")).words
    done = await anna.post(f"/tasks/{mine}/done", {"back": "/tasks?task_kind=next_step&view=1"})
    assert (_ids(done.text), "Done: Mine" in done.words) == ([], True)
    finished = await anna.get("/tasks?view=done")
    assert "How it ended" in _heads(finished.text)
    assert f'action="/tasks/{mine}/reopen"' in finished.text


async def test_tasks_are_taken_as_a_file_by_who_may_and_it_is_noted(
    office: Office, client_as: ClientAs
) -> None:
    await add_task(office, "=1+1", client_id=office.cast.romashka)
    await add_task(office, "Boris's", assignee_agent_id=office.cast.boris.id, due_at=at(7200))
    grigory, anna = await client_as("grigory"), await client_as("anna")
    answer = await grigory.get("/tasks/export.csv?columns=task,client,assignee,due&view=all")
    [first, second] = _lines(answer.body)
    assert (first["Task"], first["Client"], first["For whom"]) == (
        "'=1+1",
        "ООО «Ромашка»",
        "Anna Orlova",
    )
    assert second["Due"] == "2026-03-02 11:00:00"
    assert "/tasks/export.xlsx" in (await grigory.get("/tasks")).text
    assert (await grigory.get("/tasks/export.xlsx?view=all")).body.startswith(b"PK")
    refused = await anna.get("/tasks/export.csv")
    assert (refused.status, "export" in (await anna.get("/tasks")).text) == (403, False)
    async with office.services.storage.read() as connection:
        noted = await list_audit(connection, subject="tasks")
    assert [(each.action, each.subject_id, each.details["count"]) for each in noted] == [
        ("exported", "xlsx", 2),
        ("exported", "csv", 2),
    ]


async def test_a_file_of_calls_has_the_columns_that_are_shown_where_they_are_named(
    office: Office, client_as: ClientAs
) -> None:
    await log_call(office, "1.1", client_id=office.cast.romashka)
    grigory = await client_as("grigory")
    listed = await grigory.get("/calls?columns=party,talked,outcome")
    (link,) = re.findall(r'href="(/calls/export\.csv\?columns=party[^"]*)"', listed.text)
    [line] = _lines((await grigory.get(link.replace("&amp;", "&"))).body)
    assert line == {
        "With whom": "ООО «Ромашка»",
        "Number": "+74951112233",
        "Talk, s": "60",
        "Outcome": "Answered",
    }


async def test_nonsense_is_a_sentence_and_lists_nothing(
    office: Office, client_as: ClientAs
) -> None:
    await log_call(office, "1.1")
    await add_task(office, "Mine")
    vera = await client_as("vera")
    for path, status in (("", 422), ("/records", 200)):
        for query in ("nonsense=1", "sort=price", "agent=x&assignee=x", "view=99", "client_id=0"):
            for name in ("calls", "tasks"):
                answer = await vera.get(f"/{name}{path}?{query}")
                refused = (answer.status, "form-error" in answer.text, _ids(answer.text))
                assert refused == (status, True, []), (name, path, query)


async def test_an_open_list_is_fetched_at_once_and_then_at_most_every_two_seconds() -> None:
    hub, clock = Hub(), ManualClock(at(0))
    live = ListsLive(hub, clock)
    hear = live.handlers()
    looking, elsewhere = Outbox(1, "a", 100), Outbox(2, "b", 100)
    hub.join(looking, [CALLS_TOPIC])
    hub.join(elsewhere, [TASKS_TOPIC])
    call = CallLinked(call_id="1.1", client_id=None)

    async def told(outbox: Outbox) -> int:
        delivered = (await outbox.take()).messages if outbox.depth else ()
        return sum(message == Refresh("records") for message in delivered)

    looking.renew()
    await looking.take()
    elsewhere.renew()
    await elsewhere.take()
    for _ in range(50):
        await hear[CallLinked](call)
    assert await told(looking) == 1
    task = asyncio.create_task(live.run())
    try:
        await clock.advance(PAUSE_SECONDS)
        await clock.advance(PAUSE_SECONDS)
        assert await told(looking) == 1  # what was kept back, once
        await hear[TaskDone](TaskDone(task_id=1, ending="done"))
        assert (await told(looking), await told(elsewhere)) == (0, 1)
    finally:
        task.cancel()
