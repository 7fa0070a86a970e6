"""A thousand clients are handed over from the list and back, by mouse, in a real browser."""

import pytest
from playwright.async_api import Browser, expect
from sqlalchemy import func, insert, select

from crm_core.clients.tables import clients
from crm_core.tasks.tables import tasks
from tests.cast import PASSWORD
from tests.web.conftest import Office

pytestmark = pytest.mark.browser

MANY = 1_000


async def _counts(office: Office, agent_id: int) -> tuple[int, int]:
    """His clients, and his open tasks."""
    his = select(func.count()).where(clients.c.owner_agent_id == agent_id)
    to_do = select(func.count()).where(tasks.c.assignee_agent_id == agent_id)
    async with office.services.storage.read() as connection:
        owned = int((await connection.execute(his)).scalar_one())
        return owned, int((await connection.execute(to_do)).scalar_one())


async def _furnish(office: Office) -> None:
    now, anna = office.clock.now(), office.cast.anna
    row = {"kind": "person", "client_since": now, "owner_agent_id": anna.id}
    row |= {"created_at": now, "updated_at": now}
    task = {"kind": "callback", "assignee_agent_id": anna.id, "due_at": now, "created_at": now}
    async with office.services.storage.write() as tx:
        await tx.execute(insert(clients), [{**row, "name": f"Client {n}"} for n in range(MANY - 1)])
        ids = await tx.execute(select(clients.c.id).where(clients.c.owner_agent_id == anna.id))
        await tx.execute(insert(tasks), [{**task, "client_id": key} for key in ids.scalars().all()])


async def test_a_thousand_clients_are_handed_over_and_back(
    chromium: Browser, office: Office
) -> None:
    await _furnish(office)
    anna, boris = office.cast.anna, office.cast.boris
    context = await chromium.new_context(viewport={"width": 1280, "height": 800}, locale="en")
    page = await context.new_page()
    await page.goto(str(office.url / "login"))
    await page.get_by_label("Login").fill("vera")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Floor")).to_be_visible()

    await page.goto(str(office.url / "clients"))
    await page.get_by_label("Tick the whole page").check()
    await page.get_by_role("button", name="All 1,001 that fit").click()
    await page.locator("#bulk").get_by_role("button", name="Hand over").click()
    dialog = page.get_by_role("dialog", name="Hand over")
    await dialog.get_by_label("To whom").select_option(label="Boris Klimov")
    await dialog.get_by_role("button", name="Hand over").click()
    await expect(page.get_by_text("1,001 clients, 1,000 tasks")).to_be_visible()
    await expect(page.locator("[data-running]")).to_have_count(0)
    assert await _counts(office, boris.id) == (MANY + 1, MANY)
    assert await _counts(office, anna.id) == (0, 0)

    await page.get_by_role("button", name="Take it back").click()
    await expect(page.get_by_text("The handover is taken back.")).to_be_visible()
    assert await _counts(office, boris.id) == (0, 0)
    assert await _counts(office, anna.id) == (MANY, MANY)
    await context.close()
