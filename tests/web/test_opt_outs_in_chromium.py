"""“Call me no more”, heard on the telephone: noted by two keys, taken back by one button."""

import pytest
from playwright.async_api import Browser, expect

from crm_core.storage.engine import Storage
from dialer.consents.kinds import Channel, Purpose
from dialer.consents.records import NewConsent
from dialer.do_not_call.looking import list_of_number
from tests.web.conftest import Office
from tests.web.shift import ANNAS, PAVEL, STRANGER, at_work
from tests.web.test_tasks_in_chromium import desk_of, opened

pytestmark = pytest.mark.browser


async def silent(storage: Storage, number: str) -> list[str]:
    """How it came that the number is called no more."""
    async with storage.read() as connection:
        found = await list_of_number(connection, number)
    return [each.reason for each in found if each.removed_at is None]


async def test_in_a_talk_and_after_it_by_the_keyboard_and_back(
    chromium: Browser, office: Office
) -> None:
    storage = office.services.storage
    async with at_work(office) as shift, desk_of(chromium, office, "anna") as context:
        await shift.sit("anna", "desk_101")
        page = await opened(context, office, "/workplace")
        await shift.ring(ANNAS, caller=STRANGER)
        await expect(page.locator(".card.ringing")).to_be_visible()
        await expect(page.locator(".no-more")).to_have_count(0)
        await shift.answer(ANNAS)
        block = page.locator(".no-more")
        await expect(block.locator("summary")).to_be_visible()
        await page.keyboard.press("x")
        await page.keyboard.type("Never again")
        await page.keyboard.press("Enter")
        await expect(block).to_contain_text("Wants no calls at all since")
        await expect(block).to_contain_text("Never again")
        assert await silent(storage, STRANGER) == ["Never again"]
        toast = page.locator(".toast", has_text="Nobody calls him any more")
        await toast.get_by_role("button", name="Undo").click()
        await expect(page.locator(".toast")).to_contain_text("Taken back")
        await expect(block.locator("summary")).to_be_visible()
        assert await silent(storage, STRANGER) == []
        await shift.hang_up(ANNAS)
        await expect(page.locator(".card.wrap_up")).to_be_visible()
        await block.locator("summary").click()
        await block.get_by_placeholder("In his own words").fill("I said never")
        # What is being written is kept while the card is drawn anew.
        await page.locator("textarea[name=note]").fill("Rude")
        await expect(page.locator(".saved")).to_be_visible()
        await block.get_by_role("button", name="Call no more").click()
        await expect(block).to_contain_text("I said never")
        await page.keyboard.press("Escape")
        assert await silent(storage, STRANGER) == ["I said never"]


async def test_an_administrator_sends_the_forms_of_a_card_like_everybody(
    chromium: Browser, office: Office
) -> None:
    async with desk_of(chromium, office, "dina") as context:
        page = await opened(context, office, f"/clients/{office.cast.pavel}")
        block = page.locator(f"#calling-{office.cast.pavel}")
        await block.locator("summary", has_text="Call him no more").click()
        await block.get_by_placeholder("In his own words").fill("Enough")
        await block.get_by_role("button", name="Call no more", exact=True).click()
        await expect(page.locator(".toast")).to_contain_text("Nobody calls him any more")
        assert await silent(office.services.storage, PAVEL) == ["Enough"]


async def test_a_consent_is_taken_back_with_all_calls_in_a_menu_that_stays_open(
    chromium: Browser, office: Office
) -> None:
    built, cast = office.services, office.cast
    wording = await built.wordings.add(None, "Calls", "I agree to calls.")
    given = NewConsent(
        cast.pavel, Purpose.CALLS, Channel.PAPER, wording, office.clock.now(), evidence="shelf 3"
    )
    await built.consents.give(cast.vera, given)
    async with desk_of(chromium, office, "anna") as context:
        page = await opened(context, office, f"/clients/{cast.pavel}")
        consent = page.locator(".consent")
        await consent.locator("summary").click()
        await consent.get_by_label("What proves it").click()
        await page.keyboard.type("his letter")
        await consent.get_by_label("wants no more calls at all").check()
        await consent.get_by_role("button", name="He took it back").click()
        await expect(page.locator(".toast")).to_contain_text("and nobody calls him")
        assert await silent(built.storage, PAVEL) == ["his letter"]
