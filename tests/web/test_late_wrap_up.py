"""A wrap-up that was not filled in by its deadline is finished later, from the task it left."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from crm_core.agents.directory import list_dispositions
from crm_core.calls.tables import wrap_ups
from crm_core.tasks.queries import Scope, TaskFilter, TaskRow, get_task, list_tasks
from tests.web.call_log import add_task, at, log_call, log_talk
from tests.web.conftest import ClientAs, Office


@pytest.fixture
async def demand(office: Office) -> TaskRow:
    """The task that Anna's expired wrap-up has left behind."""
    built, anna = office.services, office.cast.anna
    await log_call(office, "late-1", client_id=None)
    await log_talk(office, "late-1", anna.id, "PJSIP/101")
    await built.wrap_ups.save_note(anna, "late-1", "Wants a price")
    async with built.storage.write() as tx:
        await tx.execute(update(wrap_ups).values(started_at=at(65), deadline_at=at(125)))
    await office.clock.advance(200)
    await built.wrap_up_expiry.sweep()
    async with built.storage.read() as connection:
        page = await list_tasks(connection, anna, TaskFilter(scope=Scope.MINE))
    (task,) = page.rows
    assert task.kind == "wrap_up"
    return task


async def stored(office: Office, task_id: int) -> TaskRow:
    async with office.services.storage.read() as connection:
        return await get_task(connection, None, task_id)


async def disposition_id(office: Office, *, needs_next_step: bool) -> int:
    async with office.services.storage.read() as connection:
        found = await list_dispositions(connection)
    return next(each.id for each in found if each.needs_next_step is needs_next_step)


async def test_the_task_leads_to_the_form_from_the_list_the_page_and_the_workplace(
    office: Office, client_as: ClientAs, demand: TaskRow
) -> None:
    anna = await client_as("anna", language="en")
    form = f"/tasks/{demand.id}/wrap-up"
    listed = (await anna.get("/tasks")).text
    assert re.search(f'<a [^>]*href="{form}"[^>]*data-row-key="d"', listed)
    assert f'action="/tasks/{demand.id}/done"' not in listed
    assert form in (await anna.get(f"/tasks/{demand.id}")).links
    assert form in (await anna.get("/workplace/tasks")).links
    page = await anna.get(form)
    assert page.status == 200
    assert "Wants a price" in page.text
    assert re.search('<select id="disposition"[^>]* autofocus', page.text)


async def test_finishing_late_does_the_task_and_makes_the_next_step(
    office: Office, client_as: ClientAs, demand: TaskRow
) -> None:
    anna = await client_as("anna", language="en")
    written = {
        "disposition": str(await disposition_id(office, needs_next_step=True)),
        "note": "Sent the price",
        "text": "Ask what he thinks",
        "pick": "tomorrow",
        "assignee": f"agent:{office.cast.anna.id}",
    }
    answer = await anna.post(f"/tasks/{demand.id}/wrap-up", written)
    assert answer.status == 200
    assert (await stored(office, demand.id)).ending == "done"
    async with office.services.storage.read() as connection:
        row = (await connection.execute(select(wrap_ups))).mappings().one()
    assert (row["ending"], row["note"]) == ("saved", "Sent the price")
    step = await stored(office, row["task_id"])
    assert (step.kind, step.text) == ("next_step", "Ask what he thinks")
    again = await anna.post(f"/tasks/{demand.id}/wrap-up", written)
    assert "finished already" in again.words or again.url.path == f"/tasks/{demand.id}"


async def test_without_a_next_step_where_none_is_needed_the_task_is_done(
    office: Office, client_as: ClientAs, demand: TaskRow
) -> None:
    anna = await client_as("anna")
    chosen = await disposition_id(office, needs_next_step=False)
    await anna.post(
        f"/tasks/{demand.id}/wrap-up",
        {"disposition": str(chosen), "note": "Wrong number", "pick": "none"},
    )
    assert (await stored(office, demand.id)).ending == "done"


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ({"pick": "none"}, "Fill this in."),
        ({"disposition": "needs", "pick": "none"}, "Such a call needs a next step"),
        ({"disposition": "needs", "pick": "tomorrow", "text": ""}, "Fill this in."),
        ({"disposition": "needs", "pick": "own", "due_at": "soon"}, "Write a date and a time."),
        (
            {"disposition": "needs", "pick": "own", "due_at": "2020-01-01T10:00"},
            "This time has passed. Choose one to come.",
        ),
        ({"disposition": "x", "pick": "none"}, "Choose one of the list."),
    ],
)
async def test_what_cannot_be_saved_is_said_and_nothing_typed_is_lost(
    office: Office,
    client_as: ClientAs,
    demand: TaskRow,
    written: dict[str, str],
    sentence: str,
) -> None:
    anna = await client_as("anna", language="en")
    if written.get("disposition") == "needs":
        chosen = str(await disposition_id(office, needs_next_step=True))
        written = {**written, "disposition": chosen}
    usual = {"note": "Typed", "text": "Call", "assignee": f"agent:{office.cast.anna.id}"}
    answer = await anna.post(f"/tasks/{demand.id}/wrap-up", {**usual, **written})
    assert answer.status == 422
    assert sentence in answer.words
    assert "Typed" in answer.text
    assert (await stored(office, demand.id)).done_at is None


async def test_nobody_else_finishes_it(
    office: Office, client_as: ClientAs, demand: TaskRow
) -> None:
    boris, vera = await client_as("boris"), await client_as("vera")
    assert (await boris.get(f"/tasks/{demand.id}/wrap-up")).status == 404
    seen = await vera.get(f"/tasks/{demand.id}/wrap-up")
    assert seen.url.path == f"/tasks/{demand.id}"
    assert f"/tasks/{demand.id}/wrap-up" not in seen.links
    assert (await vera.post(f"/tasks/{demand.id}/wrap-up", {})).url.path == f"/tasks/{demand.id}"


@pytest.mark.parametrize("action", ["done", "cancel", "hand_over"])
async def test_no_tick_goes_round_the_form_for_anybody(
    office: Office, client_as: ClientAs, demand: TaskRow, action: str
) -> None:
    written = {"assignee": f"agent:{office.cast.boris.id}", "version": str(demand.version)}
    for who in ("anna", "vera", "dina"):
        visitor = await client_as(who)
        answer = await visitor.post(f"/tasks/{demand.id}/{action}", written)
        assert "Only the form about the call does this task" in answer.text, who
    task = await stored(office, demand.id)
    assert (task.done_at, task.assignee_agent_id) == (None, office.cast.anna.id)
    refused = await (await client_as("anna")).post(
        f"/workplace/tasks/{demand.id}/done", headers={"Accept": "application/json"}
    )
    assert (refused.status, refused.json["error"]["code"]) == (409, "wrap_up_by_form")


async def test_no_page_offers_what_is_refused(
    office: Office, client_as: ClientAs, demand: TaskRow
) -> None:
    for who in ("anna", "vera", "grigory", "dina"):
        visitor = await client_as(who)
        for page in ("/tasks?view=all", "/tasks?view=mine", f"/tasks/{demand.id}", "/calls/late-1"):
            links = (await visitor.get(page)).links
            for action in ("done", "cancel", "hand_over"):
                assert f"/tasks/{demand.id}/{action}" not in links, (who, page)


async def test_a_supervisor_closes_it_with_a_reason_that_is_kept(
    office: Office, client_as: ClientAs, demand: TaskRow
) -> None:
    vera, close = await client_as("vera"), f"/tasks/{demand.id}/close"
    assert close in (await vera.get(f"/tasks/{demand.id}")).links
    unsaid = await vera.post(close, {"reason": "  "})
    assert "Say in a few words why" in unsaid.text
    assert "too long" in (await vera.post(close, {"reason": "x" * 301})).text
    assert (await stored(office, demand.id)).done_at is None
    closed = await vera.post(close, {"reason": "Anna is ill, I called him"})
    assert "closed without the form: Anna is ill, I called him" in closed.words
    assert (await stored(office, demand.id)).ending == "cancelled"
    audit = await (await client_as("dina")).get("/admin/audit?subject=task")
    assert "Anna is ill, I called him" in audit.words
    assert "closed already" not in (await vera.post(close, {"reason": "again"})).words
    await vera.post(f"/tasks/{demand.id}/reopen")
    assert (await stored(office, demand.id)).done_at is None


async def test_an_operator_closes_nothing_without_the_form_and_a_supervisor_not_his_own(
    office: Office, client_as: ClientAs, demand: TaskRow
) -> None:
    close = f"/tasks/{demand.id}/close"
    anna = await client_as("anna")
    assert (await anna.post(close, {"reason": "no time"})).status == 403
    async with office.services.storage.write() as tx:
        await tx.execute(update(wrap_ups).values(agent_id=office.cast.vera.id))
    vera = await client_as("vera")
    assert "Only the form" in (await vera.post(close, {"reason": "no time"})).text
    assert (await stored(office, demand.id)).done_at is None


async def test_what_the_form_has_done_is_not_opened_again(
    office: Office, client_as: ClientAs, demand: TaskRow
) -> None:
    anna = await client_as("anna")
    chosen = str(await disposition_id(office, needs_next_step=False))
    await anna.post(f"/tasks/{demand.id}/wrap-up", {"disposition": chosen, "pick": "none"})
    again = await anna.post(f"/tasks/{demand.id}/reopen")
    assert "sent already" in again.text
    assert (await stored(office, demand.id)).ending == "done"
    for page in (f"/tasks/{demand.id}", "/tasks?view=done"):
        assert f"/tasks/{demand.id}/reopen" not in (await anna.get(page)).links


async def test_a_task_of_another_kind_has_no_such_form(office: Office, client_as: ClientAs) -> None:
    task_id = await add_task(office, "Send it", due_at=at(60) + timedelta(hours=1))
    anna = await client_as("anna")
    assert (await anna.get(f"/tasks/{task_id}/wrap-up")).url.path == f"/tasks/{task_id}"
