"""An operator's day in a real browser: what he sees, and what his keyboard alone can do."""
# ruff: noqa: F811 - fixtures are imported by name and asked for by name

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy import select

from crm_core.calls.tables import calls, wrap_ups
from crm_core.clients.tables import number_choices
from crm_core.tasks.tables import tasks
from telephony.events import Outcome
from tests.web.conftest import (  # noqa: F401 - fixtures of the running office
    Office,
    clock,
    furnished_database,
    office,
    routes,
    settings,
)
from tests.web.shift import ANNAS, BORISS, PAVEL, STRANGER, Shift, at_work

pytestmark = pytest.mark.browser
SIZE = {"width": 1280, "height": 720}


@pytest.fixture
async def shift(office: Office) -> AsyncIterator[Shift]:
    async with at_work(office) as working:
        yield working


@pytest.fixture
async def anna(shift: Shift, chromium: Browser) -> AsyncIterator[Page]:
    """Anna's browser at her workplace; she sits at 101."""
    await shift.sit("anna", "desk_101")
    page = await _open(shift, chromium, "anna", "workplace")
    await expect(page.locator("#status .state")).to_have_text("Ready")
    yield page
    await page.context.close()


async def _open(shift: Shift, chromium: Browser, login: str, path: str) -> Page:
    agent = getattr(shift.office.cast, login)
    token = await shift.office.services.sessions.open(agent.id)
    context = await chromium.new_context(viewport=SIZE, locale="en-GB")  # type: ignore[arg-type]
    cookie = {"name": "perezvon", "value": token, "url": str(shift.office.url)}
    await context.add_cookies([cookie])  # type: ignore[list-item]
    page = await context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"the page's script failed: {error}"))
    await page.goto(f"{shift.office.url}{path}")
    return page


async def rows(shift: Shift, table: object) -> list[object]:
    async with shift.office.services.storage.read() as connection:
        return list((await connection.execute(select(table))).all())  # type: ignore[call-overload]


async def test_a_phone_is_chosen_by_a_click_and_the_state_shows_it(
    shift: Shift, chromium: Browser
) -> None:
    page = await _open(shift, chromium, "anna", "workplace")
    await page.get_by_role("button", name=re.compile("101")).click()
    await expect(page.locator("#status .state")).to_have_text("Ready")
    await expect(page.locator("#desk")).to_be_hidden()
    await page.keyboard.press("p")
    await expect(page.locator("#status .state")).to_have_text("Lunch")
    await page.keyboard.press("r")
    await expect(page.locator("#status .state")).to_have_text("Ready")
    await page.context.close()


async def test_a_phone_that_somebody_has_says_who(shift: Shift, chromium: Browser) -> None:
    page = await _open(shift, chromium, "anna", "workplace")
    await shift.sit("boris", "desk_103")
    await page.get_by_role("button", name=re.compile("103")).click()
    await expect(page.locator(".toast")).to_contain_text("Boris Klimov")
    await page.context.close()


async def test_the_card_pops_while_the_phone_rings_and_says_who_it_is(
    shift: Shift, anna: Page
) -> None:
    await shift.ring(ANNAS)
    await expect(anna.locator(".card.ringing .card-name h2")).to_have_text("Иван Петров")
    await expect(anna.locator(".card.ringing")).to_contain_text("ООО «Ромашка»")
    await expect(anna.locator(".card.ringing")).to_contain_text("8 (916) 123-45-67")
    await expect(anna.locator(".card.ringing .card-head .chip")).to_contain_text("Sales")


async def test_the_card_withdraws_with_a_word_when_somebody_else_answers(
    shift: Shift, anna: Page
) -> None:
    await shift.sit("boris", "desk_102")
    await shift.ring(ANNAS, BORISS)
    await expect(anna.locator(".card")).to_have_count(1)
    await shift.answer(BORISS, ANNAS)
    await expect(anna.locator(".card")).to_have_count(0)
    await expect(anna.locator(".trace")).to_contain_text("answered by Boris Klimov")


async def test_one_of_several_clients_is_chosen_by_a_digit_and_remembered(
    shift: Shift, anna: Page
) -> None:
    services, cast = shift.office.services, shift.office.cast
    await services.clients.create(cast.anna, name="Сергей Семёнов", number=PAVEL)
    await shift.ring(ANNAS, caller=PAVEL)
    await expect(anna.locator(".choice")).to_have_count(2)
    name = await anna.locator(".choice").nth(1).locator("b").inner_text()
    await anna.keyboard.press("2")
    await expect(anna.locator(".card-name h2")).to_have_text(name)
    await shift.settled()
    assert len(await rows(shift, number_choices)) == 1
    await shift.hang_up(outcome=Outcome.ABANDONED)
    shift.next_call()
    await shift.ring(ANNAS, caller=PAVEL)
    await expect(anna.locator(".card.ringing .card-name h2")).to_have_text(name)


async def test_an_unknown_caller_becomes_a_client_with_one_field(shift: Shift, anna: Page) -> None:
    await shift.ring(ANNAS, caller=STRANGER)
    await expect(anna.locator(".card-name h2")).to_have_text("8 (999) 111-22-33")
    await anna.keyboard.press("n")
    await anna.keyboard.type("Фёдор Чайкин")
    await anna.keyboard.press("Enter")
    await expect(anna.locator(".card-name h2")).to_have_text("Фёдор Чайкин")
    await shift.hang_up(outcome=Outcome.ABANDONED)
    shift.next_call()
    await shift.ring(ANNAS, caller="8 999 111 22 33")
    await expect(anna.locator(".card.ringing .card-name h2")).to_have_text("Фёдор Чайкин")


async def test_a_hidden_number_is_still_a_call_to_note(shift: Shift, anna: Page) -> None:
    await shift.ring(ANNAS, caller="anonymous")
    await expect(anna.locator(".card-name h2")).to_have_text("Hidden number")
    await shift.answer(ANNAS)
    await anna.locator(".card-form textarea").fill("the neighbour")
    await expect(anna.locator(".saved")).to_be_visible()
    (row,) = await rows(shift, wrap_ups)
    assert getattr(row, "note", "") == "the neighbour"


async def test_the_form_after_the_call_is_filled_by_the_keyboard_alone(
    shift: Shift, anna: Page
) -> None:
    await shift.ring(ANNAS)
    await shift.answer(ANNAS)
    await expect(anna.locator(".card.talking")).to_be_visible()
    await shift.hang_up(ANNAS)
    await expect(anna.locator(".card.wrap_up")).to_be_visible()
    await expect(anna.locator(".card-clock .clock")).to_have_text(re.compile(r"^(1:00|0:5\d)$"))
    for key in ("1", "w", "a", "n", "t", "s", "Tab", "2"):
        await anna.keyboard.press(key)
    await anna.keyboard.type("send the price")
    await anna.keyboard.press("Control+Enter")
    await expect(anna.locator(".card")).to_have_count(0)
    await expect(anna.locator("#tasks")).to_contain_text("send the price")
    (saved,) = await rows(shift, wrap_ups)
    (task,) = await rows(shift, tasks)
    assert (getattr(saved, "note", ""), getattr(saved, "ending", "")) == ("wants", "saved")
    assert getattr(saved, "disposition_id", 0) == shift.office.cast.agreed
    assert f"{getattr(task, 'due_at', None):%d %H:%M}" == "03 10:00"
    await expect(anna.locator("#status .state")).to_have_text("Ready")


async def test_a_form_without_its_next_step_says_what_is_missing(shift: Shift, anna: Page) -> None:
    await shift.ring(ANNAS)
    await shift.answer(ANNAS)
    await shift.hang_up(ANNAS)
    await expect(anna.locator(".card.wrap_up")).to_be_visible()
    await anna.keyboard.press("1")
    await anna.keyboard.press("Control+Enter")
    await expect(anna.locator(".card-form .form-error")).to_be_visible()
    assert [getattr(row, "finished_at", 0) for row in await rows(shift, wrap_ups)] == [None]


async def test_what_is_typed_survives_every_change_of_the_card(shift: Shift, anna: Page) -> None:
    await shift.ring(ANNAS)
    await shift.answer(ANNAS)
    note = anna.locator(".card-form textarea")
    await note.click()
    await anna.keyboard.type("he said")
    client = shift.office.cast.romashka
    await shift.office.services.clients.add_contact(
        shift.office.cast.anna, client, name="Мария Котова"
    )
    await shift.settled()
    await anna.keyboard.type(" yes")
    await shift.hang_up(ANNAS)
    await expect(anna.locator(".card.wrap_up")).to_be_visible()
    await anna.keyboard.type(" at last")
    await expect(note).to_have_value("he said yes at last")


async def test_a_reload_brings_card_and_note_back(shift: Shift, anna: Page) -> None:
    await shift.ring(ANNAS)
    await shift.answer(ANNAS)
    await anna.locator(".card-form textarea").fill("half a sentence")
    await anna.reload()
    await expect(anna.locator(".card.talking .card-name h2")).to_have_text("Иван Петров")
    await expect(anna.locator(".card-form textarea")).to_have_value("half a sentence")


async def test_a_transferred_call_brings_the_first_operators_note_to_the_second(
    shift: Shift, anna: Page, chromium: Browser
) -> None:
    await shift.sit("boris", "desk_102")
    boris = await _open(shift, chromium, "boris", "workplace")
    await shift.ring(ANNAS)
    await shift.answer(ANNAS)
    await anna.locator(".card-form textarea").fill("wants 20 pumps")
    await expect(anna.locator(".saved")).to_be_visible()
    await shift.transfer(ANNAS, BORISS)
    await expect(boris.locator(".card.ringing")).to_contain_text("from Anna Orlova")
    await expect(boris.locator(".card .earlier")).to_contain_text("wants 20 pumps")
    await expect(anna.locator(".card.wrap_up")).to_be_visible()
    await boris.context.close()


async def test_a_call_pops_on_every_other_page_too(shift: Shift, anna: Page) -> None:
    await anna.goto(f"{shift.office.url}me")
    await shift.ring(ANNAS)
    await expect(anna.locator(".dock .card.ringing h2")).to_have_text("Иван Петров")


async def test_two_tabs_of_one_operator_show_the_same(shift: Shift, anna: Page) -> None:
    second = await anna.context.new_page()
    await second.goto(f"{shift.office.url}workplace")
    await shift.ring(ANNAS)
    await expect(second.locator(".card.ringing")).to_be_visible()
    await shift.answer(ANNAS)
    await anna.locator(".card-form textarea").fill("seen by both")
    await expect(second.locator(".card-form textarea")).to_have_value("seen by both")


async def test_a_session_that_is_closed_elsewhere_is_told_on_the_page(
    shift: Shift, anna: Page
) -> None:
    await shift.office.services.sessions.close_all(shift.office.cast.anna.id)
    await expect(anna.locator("#link-state")).to_contain_text("You are logged out")
    await expect(anna.locator("#link-state a")).to_have_attribute("href", re.compile("^/login"))


async def test_a_cut_connection_is_told_and_the_card_is_there_when_it_is_back(
    shift: Shift, anna: Page
) -> None:
    await anna.context.set_offline(True)
    shift.office.cut()
    await expect(anna.locator("#link-state")).to_contain_text("No connection")
    await shift.ring(ANNAS)
    await anna.context.set_offline(False)
    await expect(anna.locator(".card.ringing .card-name h2")).to_have_text(
        "Иван Петров", timeout=15_000
    )
    await expect(anna.locator("#link-state")).to_be_hidden()


async def test_why_a_form_was_refused_stays_readable_while_the_card_changes(
    shift: Shift, anna: Page
) -> None:
    await shift.ring(ANNAS, caller=PAVEL)
    await shift.answer(ANNAS)
    await shift.hang_up(ANNAS)
    form = anna.locator(".card .wrap-up")
    await expect(form).to_be_visible()
    await anna.keyboard.press("1")
    await anna.keyboard.type("wants a price")
    await anna.keyboard.press("Control+Enter")
    refused = form.locator(".form-error")
    await expect(refused).to_have_text(
        "Such a call needs a next step: say when, what and for whom."
    )
    built = shift.office.services  # the card is drawn again: by a colleague, by a task, by the note
    await built.edits.change(
        shift.office.cast.vera,
        "client",
        shift.office.cast.pavel,
        "name",
        "Павел С.",
        "Павел Семёнов",
    )
    await expect(anna.locator(".card-name h2")).to_have_text("Павел С.")
    await expect(refused).to_have_text(
        "Such a call needs a next step: say when, what and for whom."
    )
    await expect(form.locator("[name=due]").first).to_have_attribute("aria-invalid", "true")
    await expect(form).to_have_attribute("data-step-needed", "")


async def test_dialling_without_the_exchange_is_a_sentence(shift: Shift, anna: Page) -> None:
    await anna.keyboard.press("d")
    await anna.keyboard.type("89161234567")
    await anna.keyboard.press("Enter")
    await expect(anna.locator(".toast")).to_contain_text("no link to the exchange")


async def test_a_number_that_is_none_is_a_sentence(shift: Shift, anna: Page) -> None:
    await anna.locator("#quick-dial").fill("123456789012345678")
    await anna.keyboard.press("Enter")
    await expect(anna.locator(".toast")).to_contain_text("cannot be dialled")


async def test_a_hostile_name_is_shown_and_does_nothing(shift: Shift, anna: Page) -> None:
    await shift.ring(ANNAS, caller=STRANGER, name="<img src=x onerror=document.title='owned'>")
    await expect(anna.locator(".card")).to_contain_text("<img src=x")
    assert "owned" not in await anna.title()
    assert await anna.locator(".card img").count() == 0


async def test_the_call_is_linked_to_the_client_who_was_chosen(shift: Shift, anna: Page) -> None:
    await shift.ring(ANNAS, caller=STRANGER)
    await expect(anna.locator(".card.ringing")).to_be_visible()
    await anna.keyboard.press("n")
    await anna.keyboard.type("Ольга")
    await anna.keyboard.press("Enter")
    await expect(anna.locator(".card-name h2")).to_have_text("Ольга")
    (row,) = await rows(shift, calls)
    assert getattr(row, "client_id", None) is not None
