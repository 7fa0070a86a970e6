"""A stop in mid-call: of the service, of the service by force, of the exchange."""

import asyncio
import re
import signal
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect
from sqlalchemy import select

from crm_core.agents.sessions import Sessions
from crm_core.calls.tables import call_talks, calls, wrap_ups
from crm_core.clock import SystemClock
from crm_core.storage.engine import Storage
from tests.journeys.conftest import working_office
from tests.journeys.office import Perezvon, furnish, until
from tests.journeys.running import perezvon_run
from tests.lab.asterisk import asterisk as start_asterisk
from tests.lab.needs import Missing, skip_or_fail
from tests.lab.processes import free_port
from tests.lab.stage import Stage
from tests.lab.stage import stage as open_stage

pytestmark = [pytest.mark.lab, pytest.mark.browser]


async def test_a_call_outlives_a_restart_of_the_service_and_is_logged_once(
    perezvon: Perezvon, lab_stage: Stage
) -> None:
    cast = perezvon.cast
    anna = await perezvon.workplace(cast.anna, cast.desk_101)
    client = lab_stage.from_city("201")
    ring = await lab_stage.phones["101"].incoming()
    await ring.answer()
    await expect(anna.locator(".card.talking")).to_be_visible()
    await anna.locator(".card-form textarea").fill("before the restart")
    await expect(anna.locator(".saved")).to_be_visible()

    await perezvon.stop()
    await expect(anna.locator("#link-state")).to_have_text("Restarting…")
    await expect(anna.locator("#restarting")).to_contain_text("Your calls go on")
    await expect(anna.locator(".card.talking .card-name h2")).to_have_text("Иван Петров")
    await perezvon.start()
    await expect(anna.locator("#link-state")).to_be_hidden(timeout=20_000)
    await expect(anna.locator("#restarting")).to_have_count(0)
    await expect(anna.locator(".card.talking .card-name h2")).to_have_text("Иван Петров")
    await expect(anna.locator(".card-form textarea")).to_have_value("before the restart")
    await expect(anna.locator("#status .state")).to_have_text("Talking")

    await client.hang_up()
    await expect(anna.locator(".card.wrap_up .card-form textarea")).to_have_value(
        "before the restart"
    )
    call = await perezvon.only_call()
    (talk,) = await perezvon.rows(select(call_talks))
    assert (call.outcome, call.queue, call.ended_by) == ("answered", "sales", "client")
    assert (talk.call_id, talk.agent_id) == (call.call_id, cast.anna.id)
    assert len(await perezvon.rows(select(wrap_ups))) == 1


async def test_a_call_that_ends_while_the_service_is_down_is_not_left_open(
    perezvon: Perezvon, lab_stage: Stage
) -> None:
    cast = perezvon.cast
    await perezvon.sit(cast.anna, cast.desk_101)
    client = lab_stage.from_city("101")
    ring = await lab_stage.phones["101"].incoming()
    await ring.answer()
    await until(lambda: perezvon.rows(select(call_talks)), "the talk is noted")
    await perezvon.stop()
    await client.hang_up()
    await ring.over()
    await perezvon.start()
    call = await perezvon.only_call()
    assert call.outcome == "answered"
    anna = await perezvon.screen(cast.anna)
    await expect(anna.locator(".card.wrap_up .card-name h2")).to_have_text("Иван Петров")


@pytest.fixture
async def own_stage() -> AsyncIterator[Stage]:
    """An exchange of the test's own, to be restarted."""
    running = start_asterisk()
    try:
        exchange = await asyncio.to_thread(running.__enter__)
    except Missing as missing:
        skip_or_fail(str(missing))
    try:
        async with open_stage(exchange) as stage:
            yield stage
    finally:
        await asyncio.to_thread(running.__exit__, None, None, None)


async def test_a_restart_of_the_exchange_is_told_and_leaves_no_call_open(
    own_stage: Stage, chromium: Browser, database: str
) -> None:
    async with working_office(own_stage, chromium, database) as perezvon:
        cast = perezvon.cast
        anna = await perezvon.workplace(cast.anna, cast.desk_101)
        own_stage.from_city("201")
        ring = await own_stage.phones["101"].incoming()
        await ring.answer()
        await expect(anna.locator(".card.talking")).to_be_visible()
        restarting = asyncio.create_task(own_stage.restart_exchange())
        await expect(anna.locator("#exchange-banner")).to_contain_text(re.compile("exchange"))
        await restarting
        await expect(anna.locator("#exchange-banner")).to_be_empty(timeout=20_000)
        await expect(anna.locator(".card.wrap_up .card-name h2")).to_have_text("Иван Петров")
        call = await perezvon.only_call()
        assert call.outcome == "answered"
        await until(
            lambda: "PJSIP/101" in own_stage.exchange.cli("queue show sales"),
            "the seat is taken again",
        )
        assert "paused:wrap-up" in own_stage.exchange.cli("queue show sales")


async def test_a_service_killed_in_mid_ring_shows_the_ring_again_when_it_is_back(
    lab_stage: Stage, chromium: Browser, tmp_path: Path
) -> None:
    database, port = f"sqlite:///{tmp_path / 'perezvon.db'}", free_port()
    exchange, log = lab_stage.exchange, tmp_path / "run.log"
    cast = await furnish(database)
    storage = Storage.open(database)
    try:
        token = await Sessions(storage, SystemClock()).open(cast.anna.id)
        context = await chromium.new_context()
        url = f"http://127.0.0.1:{port}"
        await context.add_cookies([{"name": "perezvon", "value": token, "url": url}])
        page = await context.new_page()
        async with perezvon_run(exchange, database, port, log) as first:
            await page.goto(f"{url}/workplace")
            await page.get_by_role("button", name=re.compile("101")).click()
            await expect(page.locator("#status .state")).to_have_text("Ready")
            dialled_at = SystemClock().now()
            client = lab_stage.from_city("222")
            ring = await lab_stage.phones["101"].incoming()
            await expect(page.locator(".card.ringing .card-name h2")).to_have_text("Иван Петров")
            first.send_signal(signal.SIGKILL)
            await first.wait()
        await expect(page.locator("#link-state")).to_be_visible()
        async with perezvon_run(exchange, database, port, log):
            lost = re.compile("lost")
            await expect(page.locator("#link-state")).not_to_have_class(lost, timeout=20_000)
            await expect(page.locator(".card.ringing .card-name h2")).to_have_text("Иван Петров")
            await ring.answer()
            await expect(page.locator(".card.talking")).to_be_visible()
            await client.hang_up()
            await expect(page.locator(".card.wrap_up")).to_be_visible()
        async with storage.read() as connection:
            found = (await connection.execute(select(calls))).all()
        # The exchange's log has the calls of other tests, too: those of the minute before are read.
        ours = [call for call in found if call.started_at >= dialled_at - timedelta(seconds=1)]
        assert [(call.outcome, call.ended_by) for call in ours] == [("answered", "client")]
        await context.close()
    finally:
        await storage.close()
        for queue in ("sales", "support"):
            await lab_stage.ami.act("QueueRemove", Queue=queue, Interface="PJSIP/101")
