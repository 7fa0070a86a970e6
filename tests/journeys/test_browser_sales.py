"""Leads and deals in a real browser: carried by mouse, moved by keyboard, seen by others."""
# ruff: noqa: F811 - fixtures are imported by name and asked for by name

import re
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect
from sqlalchemy import insert, select

from crm_core.clients.tables import clients, contacts
from crm_core.deals.pipelines import Pipeline
from crm_core.deals.records import NewDeal
from crm_core.deals.tables import deals, stage_changes
from crm_core.leads.records import NewLead, Party
from crm_core.tables import catalogue_entries
from tests.journeys.browsing import Open
from tests.web.conftest import (  # noqa: F401 - fixtures of the running office
    Office,
    clock,
    furnished_database,
    office,
    routes,
    settings,
)
from tests.web.sales import begin_sales, stage_id

pytestmark = pytest.mark.browser


@pytest.fixture
async def pipelines(office: Office) -> tuple[Pipeline, Pipeline]:
    return await begin_sales(office)


async def _deal(office: Office, title: str = "Forty lamps", **more: Any) -> int:
    wanted = NewDeal(title, office.cast.romashka, amount=1500_00, **more)
    return await office.services.deals.create(office.cast.anna, wanted)


async def _stage(office: Office, table: Any, record_id: int) -> int:
    async with office.services.storage.read() as connection:
        query = select(table.c.stage_id).where(table.c.id == record_id)
        return int((await connection.execute(query)).scalar_one())


def _column(page: Page, title: str) -> Locator:
    return page.locator(".column").filter(has=page.get_by_role("heading", name=title, exact=True))


async def _carry(page: Page, card: Locator, target: Locator) -> None:
    """Take the card with the mouse and hold it over the target, as a hand would: in steps."""
    start, end = await card.bounding_box(), await target.bounding_box()
    assert start is not None
    assert end is not None
    await page.mouse.move(start["x"] + 60, start["y"] + start["height"] - 12)
    await page.mouse.down()
    await page.mouse.move(end["x"] + end["width"] / 2, end["y"] + 150, steps=12)


async def test_a_deal_is_dragged_and_the_other_persons_board_shows_it(
    office: Office, pipelines: tuple[Pipeline, Pipeline], browse: Open
) -> None:
    deal_id, [of_deals, _] = await _deal(office), pipelines
    anna, boris = await browse("anna", "deals"), await browse("boris", "deals")
    card = anna.locator(f"#deals-{deal_id}")
    await _carry(anna, card, _column(anna, "Offer"))
    await expect(anna.locator(".drag-ghost")).to_be_visible()
    await expect(_column(anna, "Offer").locator("#drop-slot")).to_be_visible()
    await anna.mouse.up()
    await expect(_column(anna, "Offer").locator(".board-card")).to_have_count(1)
    await expect(_column(boris, "Offer").locator(".board-card")).to_have_text(
        re.compile("Forty lamps")
    )
    await expect(_column(boris, "New").locator("[data-column-count]")).to_have_text("0")
    assert await _stage(office, deals, deal_id) == stage_id(of_deals, "Offer")
    await anna.get_by_role("button", name="Undo").click()
    await expect(_column(boris, "New").locator(".board-card")).to_have_count(1)
    async with office.services.storage.read() as connection:
        steps = (await connection.execute(select(stage_changes))).all()
    assert len(steps) == 1


async def test_escape_puts_a_carried_card_back(
    office: Office, pipelines: tuple[Pipeline, Pipeline], browse: Open
) -> None:
    deal_id, [of_deals, _] = await _deal(office), pipelines
    anna = await browse("anna", "deals")
    await _carry(anna, anna.locator(f"#deals-{deal_id}"), _column(anna, "Contract"))
    await anna.keyboard.press("Escape")
    await expect(anna.locator(".drag-ghost")).to_have_count(0)
    await anna.mouse.up()
    await expect(anna.locator(".column.target")).to_have_count(0)
    assert await _stage(office, deals, deal_id) == stage_id(of_deals, "New")
    assert anna.url.endswith("/deals")


async def test_the_keyboard_alone_walks_moves_and_opens(
    office: Office, pipelines: tuple[Pipeline, Pipeline], browse: Open
) -> None:
    await _deal(office, "Ten chairs")
    await office.clock.advance(1)
    lamps, [of_deals, _] = await _deal(office), pipelines
    boris, anna = await browse("boris", "deals"), await browse("anna", "deals")
    await anna.locator(f"#deals-{lamps}").focus()
    await anna.keyboard.press("ArrowDown")
    await expect(anna.locator(".board-card:focus")).to_have_text(re.compile("Ten chairs"))
    await anna.keyboard.press("ArrowUp")
    await anna.keyboard.press("Shift+ArrowRight")
    await expect(anna.locator("#board-said")).to_have_text(
        "Forty lamps moved to Offer, place 1 of 1"
    )
    await expect(_column(boris, "Offer").locator(".board-card")).to_have_count(1)
    await expect(anna.locator(".board-card:focus")).to_have_text(re.compile("Forty lamps"))
    await anna.keyboard.press("Shift+ArrowRight")
    await expect(_column(boris, "Contract").locator(".board-card")).to_have_count(1)
    assert await _stage(office, deals, lamps) == stage_id(of_deals, "Contract")
    await expect(anna.locator(".board-card:focus")).to_have_text(re.compile("Forty lamps"))
    await anna.keyboard.press("Enter")
    await expect(anna).to_have_url(re.compile(f"/deals/{lamps}$"))


async def test_a_refused_move_goes_back_and_says_why(
    office: Office, pipelines: tuple[Pipeline, Pipeline], browse: Open
) -> None:
    deal_id, [of_deals, _] = await _deal(office), pipelines
    anna = await browse("anna", "deals")
    offer = stage_id(of_deals, "Offer")
    await anna.route("**/deals/records*", lambda route: route.abort())  # she sees no news of it
    await office.services.sales.stages.retire(office.cast.dina, offer)
    await anna.locator(f"#deals-{deal_id}").focus()
    await anna.keyboard.press("Shift+ArrowRight")
    await expect(anna.locator(".toast.bad")).to_contain_text("is not in use any more")
    await anna.unroute("**/deals/records*")
    await expect(_column(anna, "New").locator(".board-card")).to_have_count(1)


async def test_a_finger_that_rests_on_a_card_carries_it(
    office: Office, pipelines: tuple[Pipeline, Pipeline], browse: Open
) -> None:
    deal_id, [of_deals, _] = await _deal(office), pipelines
    anna = await browse("anna", "deals")
    taken = await anna.locator(f"#deals-{deal_id}").bounding_box()
    into = await _column(anna, "Offer").bounding_box()
    assert taken is not None
    assert into is not None
    finger = await anna.context.new_cdp_session(anna)

    async def touch(kind: str, *at: float) -> None:
        points = [{"x": at[0], "y": at[1]}] if at else []
        await finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    await touch("touchStart", taken["x"] + 20, taken["y"] + 20)
    await expect(anna.locator("html.dragging")).to_be_visible()
    await touch("touchMove", into["x"] + 40, into["y"] + 100)
    async with anna.expect_response("**/move"):
        await touch("touchEnd")
    await expect(_column(anna, "Offer").locator(".board-card")).to_have_count(1)
    assert await _stage(office, deals, deal_id) == stage_id(of_deals, "Offer")


async def test_dropping_on_lost_asks_for_the_reason(
    office: Office, pipelines: tuple[Pipeline, Pipeline], browse: Open
) -> None:
    async with office.services.storage.write() as tx:
        row = {"catalogue": "loss_reason", "title": "Too dear"}
        await tx.execute(insert(catalogue_entries).values(row))
    deal_id, [of_deals, _] = await _deal(office), pipelines
    anna = await browse("anna", "deals")
    card = anna.locator(f"#deals-{deal_id}")
    await _carry(anna, card, _column(anna, "Lost"))
    await anna.mouse.up()
    dialog = anna.get_by_role("dialog", name="Why was it lost?")
    await dialog.get_by_role("button", name="Cancel").click()
    await expect(_column(anna, "New").locator(".board-card")).to_have_count(1)
    await _carry(anna, card, _column(anna, "Lost"))
    await anna.mouse.up()
    await dialog.get_by_label("Too dear").check()
    await dialog.get_by_role("button", name="Lost").click()
    await expect(_column(anna, "Lost").locator(".board-card")).to_have_count(1)
    await expect(anna.locator(".toast")).to_contain_text("“Lost”")
    assert await _stage(office, deals, deal_id) == stage_id(of_deals, "Lost")


async def test_a_filter_renews_the_board_without_a_reload(
    office: Office, pipelines: tuple[Pipeline, Pipeline], browse: Open
) -> None:
    await _deal(office)
    await _deal(office, "Ten chairs")
    anna = await browse("anna", "deals")
    await anna.evaluate("window.same = true")
    await anna.get_by_role("searchbox", name="Search", exact=True).fill("chair")
    await expect(anna.locator(".board-card")).to_have_count(1)
    await anna.get_by_text("List", exact=True).click()
    await expect(anna.locator("table tbody tr")).to_have_count(1)
    await anna.get_by_role("searchbox", name="Search", exact=True).fill("")
    await expect(anna.locator("table tbody tr")).to_have_count(2)
    assert await anna.evaluate("window.same") is True
    assert "look=list" in anna.url


async def test_a_lead_becomes_a_client_with_mouse_and_keyboard(
    office: Office, pipelines: tuple[Pipeline, Pipeline], browse: Open
) -> None:
    party = Party("Olga Novak", number="8 916 765-43-21")
    wanted = NewLead(party, request="Forty lamps")
    lead_id = await office.services.leads.create(office.cast.anna, wanted)
    anna = await browse("anna", "leads")
    await _carry(anna, anna.locator(f"#leads-{lead_id}"), _column(anna, "Client"))
    await anna.mouse.up()
    await expect(anna).to_have_url(re.compile(f"/leads/{lead_id}/convert$"))
    await anna.get_by_text("One we know").click()
    await anna.get_by_role("combobox", name="Client").press_sequentially("ромаш")
    await expect(anna.locator(".pick-list [role=option]")).to_have_count(1)
    await anna.keyboard.press("Enter")
    await expect(anna.get_by_role("combobox", name="Client")).to_have_value("ООО «Ромашка»")
    await anna.get_by_label("Amount").fill("12 000")
    await anna.keyboard.press("Control+Enter")
    await anna.get_by_role("link", name="It became a deal").click()
    await expect(anna.get_by_label("Amount")).to_have_value("12000.00")
    async with office.services.storage.read() as connection:
        query = select(contacts.c.name).where(contacts.c.client_id == office.cast.romashka)
        assert "Olga Novak" in set((await connection.execute(query)).scalars())
        gone = select(clients.c.deleted_at).where(clients.c.name == "Olga Novak")
        assert (await connection.execute(gone)).scalar_one() is not None


async def test_a_deal_is_filled_in_on_its_page_and_the_other_sees_it(
    office: Office, pipelines: tuple[Pipeline, Pipeline], browse: Open
) -> None:
    deal_id, _ = await _deal(office), pipelines
    boris, anna = (
        await browse("boris", f"deals/{deal_id}"),
        await browse("anna", f"deals/{deal_id}"),
    )
    await anna.get_by_label("Title").fill("Fifty lamps")
    await anna.keyboard.press("Enter")
    await expect(boris.get_by_label("Title")).to_have_value("Fifty lamps")
    form = anna.locator("form.line-add")
    await form.get_by_label("What").fill("Lamp")
    await form.get_by_label("How many").fill("50")
    await form.get_by_label("Price").fill("19,90")
    await anna.keyboard.press("Enter")
    await expect(anna.locator(".lines-table tbody tr")).to_have_count(1)
    await expect(boris.locator(".lines-table tfoot")).to_contain_text("995")
    quantity = anna.locator(".lines-table").get_by_label("How many")
    await quantity.fill("100")
    await anna.keyboard.press("Enter")
    await expect(boris.locator(".lines-table tfoot")).to_contain_text("1,990")
    await anna.get_by_label("Send the offer").or_(anna.get_by_label("Ask who decides")).check()
    await expect(boris.get_by_label("Ask who decides")).to_be_checked()
    await anna.get_by_role("button", name="Offer", exact=True).click()
    await expect(boris.locator("[aria-current=step]")).to_have_text("Offer")
    await expect(boris.locator(".timeline .line.on-stage").first).to_contain_text("New → Offer")
    await anna.get_by_role("button", name="Won").click()
    await expect(boris.get_by_role("button", name="Reopen")).to_be_visible()
    sent: list[str] = []
    boris.on("request", lambda request: sent.append(request.url))
    async with boris.expect_response(re.compile("/timeline")):
        await boris.locator(".timeline").get_by_text("Calls", exact=True).click()
    assert [url for url in sent if "/changes/" in url] == []  # to look at something undoes nothing


async def test_stages_are_put_in_order_by_their_handle(
    office: Office, pipelines: tuple[Pipeline, Pipeline], browse: Open
) -> None:
    [of_deals, _] = pipelines
    dina = await browse("dina", f"admin/pipelines/{of_deals.id}")
    items = dina.locator(".stage-item h2")
    await expect(items.first).to_have_text("New")
    grip, below = dina.locator("[data-grip]").first, dina.locator(".stage-item").nth(1)
    start, end = await grip.bounding_box(), await below.bounding_box()
    assert start is not None
    assert end is not None
    async with dina.expect_response(re.compile("/stages/order$")) as answered:
        await dina.mouse.move(start["x"] + 8, start["y"] + 8)
        await dina.mouse.down()
        await dina.mouse.move(start["x"] + 8, end["y"] + 30, steps=10)
        await dina.mouse.up()
    assert (await answered.value).status == 200
    await expect(items.first).to_have_text("Offer")
    await dina.reload()
    await expect(items.first).to_have_text("Offer")


async def test_who_moves_on_at_once_begins_where_he_has_moved_to(
    office: Office, pipelines: tuple[Pipeline, Pipeline], browse: Open
) -> None:
    deal_id, _ = await _deal(office), pipelines
    anna = await browse("anna", f"deals/{deal_id}")
    # Her page is not drawn anew between the two.
    await anna.route(f"**/deals/{deal_id}/card", lambda route: route.abort())
    for stage in ("Offer", "Won"):
        async with anna.expect_response("**/move") as moved:
            await anna.get_by_role("button", name=stage, exact=True).click()
        assert (await moved.value).status == 200
