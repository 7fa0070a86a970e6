"""The workplace over HTTP: a card is the permission, and each refusal is a sentence."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from crm_core.bus import Bus
from crm_core.calls.tables import wrap_ups
from crm_core.tasks.tables import tasks
from crm_core.wrap_up.hearing import WrapUpHearing
from telephony import events
from telephony.ids import CallId
from tests.web.browsing import Visitor
from tests.web.call_log import add_task
from tests.web.conftest import ClientAs, Office
from tests.web.shift import ANNAS, PAVEL, Shift, at_work
from web.views.workplace import TASKS_SHOWN

JSON = {"Accept": "application/json"}


@pytest.fixture
async def shift(office: Office) -> AsyncIterator[Shift]:
    async with at_work(office) as working:
        await working.sit("anna", "desk_101")
        yield working


@pytest.fixture
async def anna(shift: Shift, client_as: ClientAs) -> Visitor:
    return await client_as("anna")


async def after_a_talk(shift: Shift, caller: str = PAVEL) -> None:
    await shift.ring(ANNAS, caller=caller)
    await shift.answer(ANNAS)
    await shift.hang_up(ANNAS)


async def test_the_page_draws_the_cards_before_any_script_runs(shift: Shift, anna: Visitor) -> None:
    await shift.ring(ANNAS)
    page = await anna.get("/workplace")
    assert "Incoming call" in page.words
    assert "Иван Петров" in page.words


async def test_the_page_is_russian_for_who_reads_russian(shift: Shift, anna: Visitor) -> None:
    await shift.office.services.accounts.set_preferences(
        shift.office.cast.anna, language="ru", time_zone="Europe/Moscow", theme="auto"
    )
    await shift.ring(ANNAS)
    words = (await anna.get("/workplace")).words
    assert "Входящий звонок" in words
    assert "Incoming" not in words


async def test_without_a_card_of_it_a_call_cannot_be_touched(
    shift: Shift, client_as: ClientAs
) -> None:
    await shift.ring(ANNAS)
    boris = await client_as("boris")
    for what in ("note", "client", "wrap-up", "skip", "hang-up", "hold", "transfer"):
        answer = await boris.post(f"/cards/1.1/{what}", {"note": "x"}, headers=JSON)
        assert answer.status == 404, what


async def test_the_form_makes_wrap_up_and_task_in_one(shift: Shift, anna: Visitor) -> None:
    await after_a_talk(shift)
    form = {
        "disposition": shift.office.cast.agreed,
        "note": "wants a price",
        "due": "tomorrow",
        "step": "send it",
        "assignee": shift.office.cast.boris.id,
    }
    answer = await anna.post("/cards/1.1/wrap-up", form, headers=JSON)
    assert answer.status == 200, answer.text
    async with shift.office.services.storage.read() as connection:
        (saved,) = (await connection.execute(select(wrap_ups))).all()
        (task,) = (await connection.execute(select(tasks))).all()
    assert (saved.note, saved.ending, saved.task_id) == ("wants a price", "saved", task.id)
    assert (task.text, task.assignee_agent_id) == ("send it", shift.office.cast.boris.id)


async def test_a_time_alone_promises_to_call_back(shift: Shift, anna: Visitor) -> None:
    await after_a_talk(shift)
    form = {"disposition": shift.office.cast.agreed, "due": "hour"}
    assert (await anna.post("/cards/1.1/wrap-up", form, headers=JSON)).status == 200
    async with shift.office.services.storage.read() as connection:
        (task,) = (await connection.execute(select(tasks))).all()
    assert task.text == "Call back"


async def test_a_step_for_the_team_has_no_name_yet(shift: Shift, anna: Visitor) -> None:
    await after_a_talk(shift)
    form = {"disposition": shift.office.cast.agreed, "due": "hour", "assignee": "team"}
    assert (await anna.post("/cards/1.1/wrap-up", form, headers=JSON)).status == 200
    async with shift.office.services.storage.read() as connection:
        (task,) = (await connection.execute(select(tasks))).all()
    assert (task.queue, task.assignee_agent_id) == ("sales", None)


@pytest.mark.parametrize(
    ("form", "field", "said"),
    [
        ({"due": "hour"}, "disposition", "Choose what the call was."),
        ({"disposition": "agreed"}, "next_step", "Such a call needs a next step"),
        ({"disposition": "agreed", "step": "write"}, "due_at", "Say when"),
        ({"disposition": "agreed", "due_at": "yesterday"}, "due_at", "Write a date and a time."),
        ({"disposition": "agreed", "due_at": "2001-01-01T10:00"}, "due_at", "has passed"),
    ],
)
async def test_what_is_missing_is_said_with_its_field_and_nothing_is_saved(
    shift: Shift, anna: Visitor, form: dict[str, str], field: str, said: str
) -> None:
    await after_a_talk(shift)
    sent = {**form}
    if "disposition" in sent:
        sent["disposition"] = str(shift.office.cast.agreed)
    answer = await anna.post("/cards/1.1/wrap-up", sent, headers=JSON)
    assert answer.status == 422
    assert answer.json["error"]["field"] == field
    assert said in answer.json["error"]["message"]
    async with shift.office.services.storage.read() as connection:
        (row,) = (await connection.execute(select(wrap_ups))).all()
    assert row.finished_at is None


@pytest.fixture
def pen(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Until it is set, no wrap-up is written down."""
    held, write = asyncio.Event(), WrapUpHearing._open

    async def wait(self: WrapUpHearing, call_id: str, agent_id: int) -> None:
        await held.wait()
        await write(self, call_id, agent_id)

    monkeypatch.setattr(WrapUpHearing, "_open", wait)
    return held


async def after_a_quick_talk(shift: Shift, anna: Visitor) -> dict[str, Any]:
    """The screen shows the form; the answer of the call still waits to be handled. What she fills
    in."""
    await shift.ring(ANNAS, caller=PAVEL)
    about: dict[str, Any] = {"at": shift.office.clock.now(), "call_id": CallId("1.1")}
    for fact in (events.CallAnswered, events.CallLeft):
        await shift.office.services.intake.take(fact(**about, interface=ANNAS))
    async with asyncio.timeout(10):
        while "After the call" not in (await anna.get("/workplace")).words:
            pass
    return {"disposition": shift.office.cast.agreed, "due": "hour", "note": "a price"}


async def saved_note(shift: Shift) -> str:
    async with shift.office.services.storage.read() as connection:
        (row,) = (await connection.execute(select(wrap_ups))).all()
    assert row.ending == "saved"
    return str(row.note)


async def test_a_form_saved_before_the_end_of_the_talk_is_written_down_waits_for_that(
    shift: Shift, anna: Visitor, pen: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    caught_up = Bus.caught_up

    async def write_only_now(self: Bus, name: str) -> None:
        pen.set()
        await caught_up(self, name)

    monkeypatch.setattr(Bus, "caught_up", write_only_now)
    form = await after_a_quick_talk(shift, anna)
    answer = await anna.post("/cards/1.1/wrap-up", form, headers=JSON)
    assert answer.status == 200, answer.text
    await shift.settled()
    assert await saved_note(shift) == "a price"
    assert "After the call" not in (await anna.get("/workplace")).words


async def test_a_form_that_cannot_be_saved_yet_says_so_and_can_be_saved_later(
    shift: Shift, anna: Visitor, pen: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.views.cards.HEARING_SECONDS", 0.01)
    form = await after_a_quick_talk(shift, anna)
    for what in ("wrap-up", "skip"):
        answer = await anna.post(f"/cards/1.1/{what}", form, headers=JSON)
        assert (answer.status, answer.json["error"]["code"]) == (409, "form_not_open"), what
        assert "What you have typed stays here" in answer.json["error"]["message"]
    pen.set()
    await shift.settled()
    assert (await anna.post("/cards/1.1/wrap-up", form, headers=JSON)).status == 200
    assert await saved_note(shift) == "a price"


async def test_a_form_sent_in_the_moment_of_its_deadline_is_saved_all_the_same(
    shift: Shift, anna: Visitor
) -> None:
    await after_a_talk(shift)
    await shift.advance(timedelta(hours=1).total_seconds())
    assert await shift.office.services.wrap_up_expiry.sweep() == ["1.1"]
    await shift.settled()
    assert "After the call" not in (await anna.get("/workplace")).words
    form = {"disposition": shift.office.cast.agreed, "due": "hour", "assignee": "team"}
    sent = form | {"note": "late"}
    answer = await anna.post("/cards/1.1/wrap-up", sent, headers=JSON)
    assert answer.status == 200, answer.text
    assert await saved_note(shift) == "late"
    async with shift.office.services.storage.read() as connection:
        rows = (await connection.execute(select(tasks).order_by(tasks.c.id))).all()
    assert [(row.kind, row.queue, row.done_at is None) for row in rows] == [
        ("wrap_up", None, False),
        ("next_step", "sales", True),
    ]


async def test_skipping_is_refused_where_the_queue_forbids_it(shift: Shift, anna: Visitor) -> None:
    await after_a_talk(shift)
    answer = await anna.post("/cards/1.1/skip", headers=JSON)
    assert (answer.status, answer.json["error"]["code"]) == (409, "skip_not_allowed")
    assert "/cards/1.1/skip" not in (await anna.get("/workplace")).text


async def test_a_chosen_client_is_one_that_exists(shift: Shift, anna: Visitor) -> None:
    await shift.ring(ANNAS, caller="+79991112233")
    answer = await anna.post("/cards/1.1/client", {"client": "424242"}, headers=JSON)
    assert answer.status == 404


async def test_a_client_needs_a_name(shift: Shift, anna: Visitor) -> None:
    await shift.ring(ANNAS, caller="+79991112233")
    answer = await anna.post("/cards/1.1/client/new", {"name": "  "}, headers=JSON)
    assert (answer.status, answer.json["error"]["field"]) == (422, "name")


async def test_a_client_of_a_hidden_number_has_no_number(shift: Shift, anna: Visitor) -> None:
    await shift.ring(ANNAS, caller="anonymous")
    answer = await anna.post("/cards/1.1/client/new", {"name": "Олег"}, headers=JSON)
    assert answer.status == 200
    await shift.settled()
    assert "Олег" in (await anna.get("/workplace")).words


async def test_a_taken_phone_says_who_has_it(shift: Shift, client_as: ClientAs) -> None:
    await shift.sit("boris", "desk_103")
    vera = await client_as("vera")
    form = {"extension": shift.office.cast.desk_103}
    answer = await vera.post("/workplace/extension", form, headers=JSON)
    assert answer.status == 409
    assert "Boris Klimov" in answer.json["error"]["message"]


async def test_a_pause_has_a_reason_of_the_list(shift: Shift, anna: Visitor) -> None:
    assert (await anna.post("/workplace/pause", {"reason": "lunch"}, headers=JSON)).status == 200
    assert (await anna.post("/workplace/pause", {"reason": "nap"}, headers=JSON)).status == 422


async def test_buttons_of_a_call_without_the_exchange_are_a_sentence(
    shift: Shift, anna: Visitor
) -> None:
    await shift.ring(ANNAS)
    await shift.answer(ANNAS)
    answer = await anna.post("/cards/1.1/hang-up", headers=JSON)
    assert answer.status in (409, 503)
    assert answer.json["error"]["message"]


async def test_a_task_is_ticked_off_in_the_panel(shift: Shift, anna: Visitor) -> None:
    await after_a_talk(shift)
    form = {"disposition": shift.office.cast.agreed, "due": "hour", "step": "send it"}
    await anna.post("/cards/1.1/wrap-up", form, headers=JSON)
    assert "send it" in (await anna.get("/workplace/tasks")).words
    async with shift.office.services.storage.read() as connection:
        (task,) = (await connection.execute(select(tasks))).all()
    assert (await anna.post(f"/workplace/tasks/{task.id}/done", headers=JSON)).status == 200
    assert "send it" not in (await anna.get("/workplace/tasks")).words


async def test_the_panel_of_tasks_says_how_many_there_are_beyond_those_it_shows(
    shift: Shift, anna: Visitor
) -> None:
    for n in range(TASKS_SHOWN + 3):
        await add_task(shift.office, f"step {n}")
    panel = await anna.get("/workplace/tasks")
    assert f"My tasks {TASKS_SHOWN + 3}" in panel.words
    assert panel.text.count('id="task-') == TASKS_SHOWN
