"""What the product looks like; the picture of docs/ is taken here, where it is missing.

`PEREZVON_PICTURES=1 pytest tests/journeys/test_pictures.py` takes it anew.
"""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from crm_core.tasks.about import About
from crm_core.tasks.next_step import NextStep
from tests.journeys.believable import HELEN, furnish_a_card, furnish_a_day, furnish_with_a_past
from tests.journeys.office import SIZE, Perezvon
from tests.journeys.pipeline import furnish_a_pipeline
from tests.lab.stage import Stage

pytestmark = [pytest.mark.lab, pytest.mark.browser]

DOCS = Path(__file__).parents[2] / "docs"


async def _picture(page: Page, name: str) -> None:
    """Write docs/`name`, where somebody asks for it or it is missing."""
    path = DOCS / name
    if os.environ.get("PEREZVON_PICTURES") or not path.exists():
        await expect(page.locator(".card-clock")).to_contain_text("0:03")
        await page.screenshot(path=path)


async def _still(page: Page, name: str) -> None:
    """The same of a page on which no clock runs."""
    path = DOCS / name
    if os.environ.get("PEREZVON_PICTURES") or not path.exists():
        await page.screenshot(path=path)


async def _is_fully_visible(element: Locator) -> bool:
    box = await element.bounding_box()
    assert box is not None
    below, right = box["y"] + box["height"], box["x"] + box["width"]
    return min(box["x"], box["y"]) >= 0 and below <= SIZE["height"] and right <= SIZE["width"]


async def test_the_card_of_a_known_client_fits_a_small_screen_while_the_phone_rings(
    perezvon: Perezvon, lab_stage: Stage
) -> None:
    cast = perezvon.cast
    await furnish_with_a_past(perezvon)
    anna = await perezvon.workplace(cast.anna, cast.desk_101)
    client = lab_stage.from_city("201", caller=HELEN)
    await lab_stage.phones["101"].incoming()
    card = anna.locator(".card.ringing")
    await expect(card.locator(".card-name h2")).to_have_text("Helen Marsh")
    standing = card.locator(".standing")
    for told in (
        "Brightwater Hotels",
        "+44 20 7946 0958",
        "Sales",
        "Wants 40 wall lamps by June",
        "Send the revised offer",
    ):
        await expect(card).to_contain_text(told)
    await expect(standing).to_contain_text("Wants 40 wall lamps by June")
    await expect(card.locator(".timeline .on-call")).to_have_count(6)  # this one is told, too
    for part in (card.locator(".card-head"), card.locator(".card-who"), standing):
        assert await _is_fully_visible(part)
    assert not await anna.evaluate("document.documentElement.scrollWidth > innerWidth")
    await _picture(anna, "pop.png")
    await client.hang_up()


async def test_the_form_after_the_call_fits_a_small_screen(
    perezvon: Perezvon, lab_stage: Stage
) -> None:
    cast = perezvon.cast
    await furnish_with_a_past(perezvon)
    anna = await perezvon.workplace(cast.anna, cast.desk_101)
    client = lab_stage.from_city("201", caller=HELEN)
    ring = await lab_stage.phones["101"].incoming()
    await ring.answer()
    await anna.locator(".card-form textarea").fill("Offer received; wants delivery in two lots.")
    await client.hang_up()
    await expect(anna.locator(".card.wrap_up")).to_be_visible()
    save = anna.get_by_role("button", name="Save")
    assert await _is_fully_visible(save)


async def test_the_next_thing_of_my_day_fits_a_small_screen_with_all_that_one_may_do(
    perezvon: Perezvon,
) -> None:
    await furnish_a_day(perezvon, await furnish_with_a_past(perezvon))
    anna = await perezvon.screen(perezvon.cast.anna, "day")
    focus = anna.locator(".focus")
    await expect(focus.locator("h2")).to_have_text("Brightwater Hotels")
    for told in ("Late callback", "Last talk", "Wants 40 wall lamps by June", "+44 20 7946 0958"):
        await expect(focus).to_contain_text(told)
    await expect(anna.locator(".day-queue li")).to_have_count(7)
    for key in "dnlso":
        assert await _is_fully_visible(anna.locator(f'[data-key="{key}"]').first), key
    assert not await anna.evaluate("document.documentElement.scrollWidth > innerWidth")
    await expect(anna.locator("#link-state")).to_be_hidden()
    await _still(anna, "my-day.png")


async def test_the_board_shows_every_stage_on_a_small_screen(perezvon: Perezvon) -> None:
    await furnish_a_pipeline(perezvon)
    anna = await perezvon.screen(perezvon.cast.anna, "deals")
    columns = anna.locator(".column")
    await expect(columns).to_have_count(6)
    assert await _is_fully_visible(columns.first.locator(".column-head"))
    assert await _is_fully_visible(columns.last.locator(".column-head"))
    for told in ("Brightwater Hotels", "€18,400", "no step"):
        await expect(anna.locator("#board")).to_contain_text(told)
    assert not await anna.evaluate("document.documentElement.scrollWidth > innerWidth")
    await expect(anna.locator("#link-state")).to_be_hidden()
    await _still(anna, "board.png")


async def test_the_client_card_tells_everything_on_one_screen(perezvon: Perezvon) -> None:
    client_id = await furnish_a_card(perezvon)
    anna = await perezvon.screen(perezvon.cast.anna, f"clients/{client_id}")
    for part in (".client-head", ".standing", ".composer"):
        assert await _is_fully_visible(anna.locator(part)), part
    for told in ("Where we stopped", "Wants 40 wall lamps by June", "+44 20 7946 0958"):
        await expect(anna.locator(".client-card")).to_contain_text(told)
    assert not await anna.evaluate("document.documentElement.scrollWidth > innerWidth")
    await expect(anna.locator("#link-state")).to_be_hidden()
    await _still(anna, "card.png")


async def test_the_one_box_finds_everything_of_one_word_on_one_screen(perezvon: Perezvon) -> None:
    cast, services = perezvon.cast, perezvon.services
    hotels = await furnish_a_card(perezvon)
    asked = "Helen asks whether the wall lamps can be dimmed; the electrician comes on Friday."
    await services.clients.add_note(cast.anna, hotels, asked)
    inn = await services.clients.create(
        cast.anna,
        kind="organisation",
        name="The Lamplighter Inn",
        number="+44 117 496 0132",
        email="inn@lamp.example",
    )
    due = services.clock.now() + timedelta(days=2)
    offer = NextStep("Call about the brass lamps", due, assignee_agent_id=cast.anna.id)
    await services.tasks.create(cast.anna, offer, About(client_id=inn))
    await services.bus.settled()
    anna = await perezvon.screen(cast.anna, "day")
    await anna.keyboard.press("/")
    await anna.keyboard.type("lamp")
    box = anna.locator("#search-box")
    for told in ("Clients", "Deals", "Tasks", "Notes", "Brightwater Hotels", "All results for"):
        await expect(box).to_contain_text(told)
    assert await _is_fully_visible(box)
    await expect(anna.locator("#link-state")).to_be_hidden()
    await _still(anna, "search.png")
