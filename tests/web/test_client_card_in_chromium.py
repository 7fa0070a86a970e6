"""The client card in a real browser: two people at one card, edits in place, the way back."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from playwright.async_api import Browser, Page, expect

from crm_core.clients.queries import Client, get_client
from tests.cast import PASSWORD
from tests.web.conftest import Office

pytestmark = pytest.mark.browser

Opens = Callable[[str], Awaitable[Page]]
NAME, NOTE = "[name=name][data-edit^=client]", "[name=note][data-edit^=client]"


@pytest.fixture
async def at_pavels(chromium: Browser, office: Office) -> AsyncIterator[Opens]:
    """Somebody logs in and opens Pavel's card."""
    async with AsyncExitStack() as stack:

        async def opens(login: str) -> Page:
            context = await chromium.new_context(
                viewport={"width": 1440, "height": 900}, locale="en"
            )
            stack.push_async_callback(context.close)
            page = await context.new_page()
            await page.goto(str(office.url / "login"))
            await page.get_by_label("Login").fill(login)
            await page.get_by_label("Password").fill(PASSWORD)
            await page.keyboard.press("Enter")
            await page.wait_for_url(lambda url: "login" not in url)
            await page.goto(str(office.url / f"clients/{office.cast.pavel}"))
            return page

        yield opens


async def stored(office: Office) -> Client:
    async with office.services.storage.read() as connection:
        return await get_client(connection, office.cast.pavel)


async def test_two_people_at_one_card_see_each_other_and_each_others_edits(
    office: Office, at_pavels: Opens
) -> None:
    anna = await at_pavels("anna")
    boris = await at_pavels("boris")
    await expect(anna.locator(".client-head .avatar[data-agent]:visible")).to_have_attribute(
        "title", "Boris Klimov has this open, too"
    )
    await expect(boris.locator(".client-head .avatar[data-agent]:visible")).to_have_count(1)
    await anna.locator(NAME).fill("Паша")
    await anna.keyboard.press("Enter")
    await expect(boris.locator(NAME)).to_have_value("Паша")
    await boris.context.close()
    await expect(anna.locator(".client-head .avatar[data-agent]:visible")).to_have_count(0)


async def test_what_two_write_into_one_field_at_once_is_shown_to_the_slower_and_nothing_is_lost(
    office: Office, at_pavels: Opens
) -> None:
    anna, boris = await at_pavels("anna"), await at_pavels("boris")
    await boris.locator(NOTE).fill("Likes blue")  # he is still writing
    await anna.locator(NOTE).fill("Likes red")
    await anna.locator(NAME).click()
    await expect(anna.get_by_text("saved.")).to_be_visible()
    await expect(boris.locator(NOTE)).to_have_value("Likes blue")
    await boris.keyboard.press("Control+Enter")
    trouble = boris.locator(".inplace-trouble")
    await expect(trouble).to_contain_text("Anna Orlova has written something else here meanwhile.")
    await expect(trouble.locator("q")).to_have_text("Likes red")
    assert (await stored(office)).note == "Likes red"
    await trouble.get_by_role("button", name="Keep mine").click()
    await expect(anna.locator(NOTE)).to_have_value("Likes blue")
    await expect(trouble).to_have_count(0)


async def test_escape_puts_back_and_an_undo_brings_back(office: Office, at_pavels: Opens) -> None:
    anna = await at_pavels("anna")
    await anna.locator(NAME).fill("Nobody")
    await anna.keyboard.press("Escape")
    await expect(anna.locator(NAME)).to_have_value("Павел Семёнов")
    await anna.locator(NAME).fill("Паша")
    await anna.keyboard.press("Enter")
    await anna.get_by_role("button", name="Undo").click()
    await expect(anna.locator(NAME)).to_have_value("Павел Семёнов")
    assert (await stored(office)).name == "Павел Семёнов"


async def test_a_refused_value_stays_where_it_was_typed_and_is_explained(
    office: Office, at_pavels: Opens
) -> None:
    anna = await at_pavels("anna")
    await anna.locator(NAME).fill("")
    await anna.keyboard.press("Enter")
    await expect(anna.locator(".inplace-trouble")).to_contain_text("Fill this in")
    await expect(anna.locator(NAME)).to_have_attribute("aria-invalid", "true")
    assert (await stored(office)).name == "Павел Семёнов"


async def test_a_number_a_note_and_a_removal_show_at_once_and_come_back(
    office: Office, at_pavels: Opens
) -> None:
    anna = await at_pavels("anna")
    await anna.locator("#reach-own > summary").click()
    await anna.locator("#reach-own [name=written]").fill("8 495 777 66 55")
    await anna.keyboard.press("Enter")
    numbers = anna.locator(".reach .call-number")
    await expect(numbers).to_have_count(2)
    await anna.get_by_label("Write a note").fill("Likes blue")
    await anna.keyboard.press("Control+Enter")
    await expect(anna.locator(".line.on-note textarea")).to_have_value("Likes blue")
    await anna.locator(".reach-row").last.locator("summary").click()
    await anna.locator(".reach-row").last.get_by_role("button", name="Remove").click()
    await expect(numbers).to_have_count(1)
    await anna.get_by_role("button", name="Undo").click()
    await expect(numbers).to_have_count(2)
