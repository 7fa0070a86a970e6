"""What an operator has typed is not lost while the server restarts under him."""

import pytest
from playwright.async_api import Browser, Route, expect

from tests.web.conftest import Office
from tests.web.shift import ANNAS, at_work

pytestmark = pytest.mark.browser

TYPED = "wants forty, by Tuesday"


async def test_a_note_typed_while_the_server_does_not_know_the_card_comes_back_with_the_card(
    chromium: Browser, office: Office
) -> None:
    refused: list[str] = []

    async def not_yet(route: Route) -> None:
        refused.append(route.request.url)
        await route.fulfill(status=404, json={"error": {"code": "not_found", "message": "gone"}})

    async with at_work(office) as shift:
        await shift.sit("anna", "desk_101")
        token = await office.services.sessions.open(office.cast.anna.id)
        context = await chromium.new_context(locale="en-GB")
        await context.add_cookies([{"name": "perezvon", "value": token, "url": str(office.url)}])
        page = await context.new_page()
        await page.goto(str(office.url / "workplace"))
        await shift.ring(ANNAS)
        await shift.answer(ANNAS)
        await page.route("**/cards/*/note", not_yet)
        note = page.locator(".card.talking .card-form textarea")
        async with page.expect_response("**/cards/*/note"):
            await note.fill(TYPED)
        await page.unroute("**/cards/*/note")

        async with page.expect_response("**/cards/*/note") as answer:
            await page.reload()
            await expect(note).to_have_value(TYPED)
        assert refused
        assert (await answer.value).ok
        await context.close()
