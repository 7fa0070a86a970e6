"""Reconciliation: who sees it, what it says, and that comparing and mending work from the page."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect
from sqlalchemy import update

from crm_core.agents.tables import agents
from crm_core.calls.tables import calls
from crm_core.catchup import accounting
from telephony.catchup.rows import CelRow
from telephony.settings import TelephonySettings
from tests.cast import PASSWORD
from tests.crm_core.exchange_log import in_sqlite
from tests.streams import logged
from tests.web.browsing import Answer, Visitor
from tests.web.conftest import ClientAs, Office
from web import reconciling
from web.settings import Settings

YESTERDAY = datetime(2026, 3, 1, tzinfo=UTC)
SCENES = ("inbound_answered", "queue_abandoned_waiting", "outbound_busy", "internal_answered")
DAYS = {"since": "2026-03-01", "until": "2026-03-01"}
TIMEOUT = 20


def a_day() -> list[CelRow]:
    """Four calls of yesterday, from nine on."""
    rows: list[CelRow] = []
    for n, name in enumerate(SCENES):
        scene = logged.cel_of(name)
        by = YESTERDAY + timedelta(hours=9 + n) - scene[0].at
        rows += [replace(row, at=row.at + by) for row in scene]
    return rows


@pytest.fixture
def log_path(tmp_path: Path) -> Path:
    path = tmp_path / "cel.db"
    in_sqlite(path, a_day())
    return path


@pytest.fixture
def settings(log_path: Path) -> Settings:
    return Settings(exchange=TelephonySettings(cel=f"sqlite:///{log_path}", log_time_zone="UTC"))


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is mended is mended when the page is shown, be the machine as slow as it likes."""
    monkeypatch.setattr(reconciling, "AT_ONCE_SECONDS", 60.0)


@pytest.fixture
async def recorder(office: Office) -> AsyncIterator[None]:
    """What is mended is written down."""
    writing = asyncio.create_task(office.services.intake.run())
    yield
    await office.services.reconciling.close()
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)


def move(path: Path, to: Path) -> None:
    """The log is somewhere else now."""
    path.rename(to)


async def settled(office: Office) -> None:
    """Nothing is compared and nothing mended any more."""
    async with asyncio.timeout(TIMEOUT):
        while office.services.reconciler.running is not None:  # noqa: ASYNC110 - has no event
            await asyncio.sleep(0.01)


async def compared(office: Office, visitor: Visitor) -> tuple[str, Answer]:
    """The address of a new comparison of yesterday, and its page."""
    begun = await visitor.post("/reconciliation", DAYS, follow=False)
    assert begun.status == 303
    await settled(office)
    address = begun.headers["Location"]
    return address, await visitor.get(address)


async def take_over(office: Office, *, but: int | None = None) -> None:
    """Bring in all calls of yesterday, but for the one at that place."""
    places = iter(range(100))
    await office.services.catch_up.bring_in(
        YESTERDAY, office.clock.now(), only=lambda _: next(places) != but
    )


async def test_a_day_that_is_accounted_for_says_so(
    office: Office, client_as: ClientAs, recorder: None
) -> None:
    await take_over(office)
    vera = await client_as("vera")
    _, page = await compared(office, vera)
    assert "4 calls, all accounted for" in page.words
    assert "Both logs tell the same calls" in page.words
    assert "/mend" not in page.text
    listed = await vera.get("/reconciliation")
    assert "1 Mar 2026" in re.sub(r"Mar 1, 2026", "1 Mar 2026", listed.words)
    assert "Complete 4 calls, all accounted for" in listed.words


@pytest.mark.usefixtures("patient")
async def test_what_is_missing_is_mended_one_by_one_and_all_at_once(
    office: Office, client_as: ClientAs, recorder: None
) -> None:
    await take_over(office, but=1)
    async with office.services.storage.write() as tx:
        await tx.execute(
            update(calls).where(calls.c.outcome == "answered").values(outcome="abandoned")
        )
    vera = await client_as("vera")
    address, page = await compared(office, vera)
    assert "4 calls: 1 missing, 2 told otherwise" in page.words
    assert "outcome: here Abandoned, there Answered" in page.words
    finding = re.search(r'name="finding" value="(\d+)"', page.text)
    assert finding
    page = await vera.post(f"{address}/mend", {"finding": finding.group(1)})
    assert "1 call mended: both logs tell it alike now." in page.words
    page = await vera.post(f"{address}/mend")
    assert "2 calls mended" in page.words
    assert "/mend" not in page.text
    assert page.text.count('href="/calls/') == 3
    assert "all accounted for" in (await compared(office, vera))[1].words
    dina = await client_as("dina")
    audit = await dina.get("/admin/audit?subject=reconciliation")
    assert "Vera" in audit.words
    assert "mended calls: 2" in audit.words
    assert f'href="{address}"' in audit.text


async def test_only_those_who_may_mend_are_offered_it(office: Office, client_as: ClientAs) -> None:
    grigory = await client_as("grigory")
    address, page = await compared(office, grigory)
    assert "4 calls: 4 missing" in page.words
    assert "Mend" not in page.words
    assert (await grigory.post(f"{address}/mend")).status == 403
    anna = await client_as("anna")
    assert (await anna.get("/reconciliation")).status == 403
    assert "/reconciliation" not in (await anna.get("/calls")).text
    assert "/reconciliation" in (await grigory.get("/calls")).links


@pytest.mark.usefixtures("patient")
async def test_it_speaks_russian(office: Office, client_as: ClientAs, recorder: None) -> None:
    await take_over(office, but=2)
    async with office.services.storage.write() as tx:
        await tx.execute(update(agents).where(agents.c.login == "vera").values(language="ru"))
    vera = await client_as("vera", language="ru")
    address, page = await compared(office, vera)
    assert "4 звонка: не хватает 1" in page.words
    assert "Исправить все" in page.words
    assert (
        "Исправлен 1 звонок: теперь журналы сходятся." in (await vera.post(f"{address}/mend")).words
    )
    assert "4 звонка, все учтены" in (await compared(office, vera))[1].words
    assert "Сверка" in (await vera.get("/reconciliation")).words


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [
        ("", "2026-03-01", "Fill this in."),
        ("yesterday", "2026-03-01", "is no date"),
        ("2026-02-30", "2026-03-01", "There is no day 2026-02-30"),
        ("2026-03-01", "2026-02-01", "The end is before the beginning"),
        ("2026-01-01", "2026-02-28", "At most 31 days at once. Choose a shorter time."),
        ("2026-03-05", "2026-03-06", "This time is still to come"),
        ("2200-12-31", "2200-12-31", "This time is still to come"),
    ],
)
async def test_a_time_that_makes_no_sense_is_refused_beside_its_field(
    client_as: ClientAs, since: str, until: str, said: str
) -> None:
    vera = await client_as("vera")
    answer = await vera.post("/reconciliation", {"since": since, "until": until})
    assert answer.status == 422
    assert said in answer.words
    assert f'value="{since}"' in answer.text


async def test_a_day_that_is_not_over_is_compared_until_now_and_again(
    office: Office, client_as: ClientAs
) -> None:
    vera = await client_as("vera")
    page = await vera.post("/reconciliation", {"since": "2026-03-02", "until": "2026-03-02"})
    await settled(office)
    assert "Mar 2, 2026 00:00 – 09:00" in page.words
    assert page.text.count('value="2026-03-02"') == 2


async def test_thirty_one_days_are_compared_whatever_the_clocks_do(client_as: ClientAs) -> None:
    vera = await client_as("vera")
    sent = {"since": "2026-01-30", "until": "2026-03-01"}
    assert (await vera.post("/reconciliation", sent, follow=False)).status == 303


async def test_how_far_it_is_can_be_seen_and_no_second_one_is_begun(
    office: Office, client_as: ClientAs, recorder: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    vera = await client_as("vera")
    address, _ = await compared(office, vera)
    gate = asyncio.Event()
    real = office.services.catch_up._compared

    async def wait(waiting: object) -> object:
        await gate.wait()
        return await real(waiting)  # type: ignore[arg-type]

    monkeypatch.setattr(office.services.catch_up, "_compared", wait)
    begun = await vera.post("/reconciliation", DAYS, follow=False)
    assert begun.status == 303
    running = begun.headers["Location"]
    for path in ("/reconciliation", address, running, "/reconciliation/progress"):
        assert "Comparing: reading Asterisk's own log" in (await vera.get(path)).words, path
    assert "The logs are being compared" in (await vera.get(running)).words
    assert "/mend" not in (await vera.get(address)).text
    for path, sent in (("/reconciliation", DAYS), (f"{address}/mend", {})):
        refused = await vera.post(path, sent)
        assert refused.status == 422
        assert "A comparison is running." in refused.words
    gate.set()
    await settled(office)
    assert "4 calls: 4 missing" in (await vera.get(running)).words
    assert "Comparing" not in (await vera.get("/reconciliation/progress")).words


async def test_one_that_the_service_s_stop_cut_off_says_so(
    office: Office, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office.services.catch_up, "_compared", lambda _: asyncio.Event().wait())
    vera = await client_as("vera")
    begun = await vera.post("/reconciliation", DAYS, follow=False)
    await office.services.reconciling.close()
    page = await vera.get(begun.headers["Location"])
    assert "This comparison was broken off" in page.words
    assert "Broken off" in (await vera.get("/reconciliation")).words


@pytest.mark.usefixtures("patient")
async def test_a_log_that_is_away_is_said_and_where_to_look(
    office: Office, client_as: ClientAs, recorder: None, log_path: Path
) -> None:
    vera, dina = await client_as("vera"), await client_as("dina")
    address, _ = await compared(office, vera)
    move(log_path, log_path.with_suffix(".away"))
    page = await vera.post(f"{address}/mend")
    assert "Mending was broken off. Asterisk's own log is not there" in page.words
    trouble, page = await compared(office, vera)
    assert "This time could not be compared" in page.words
    assert "Asterisk's own log is not there" in page.words
    assert 'href="/admin/check"' in (await dina.get(trouble)).text
    assert "Asterisk's own log is not there: CEL." in page.words
    assert "Compare again" in page.words
    assert "Not compared" in (await vera.get("/reconciliation")).words
    move(log_path.with_suffix(".away"), log_path)
    assert "4 calls mended" in (await vera.post(f"{address}/mend")).words


async def test_a_call_that_asterisk_never_logged_is_explained_and_has_no_button(
    office: Office, client_as: ClientAs, recorder: None, log_path: Path
) -> None:
    await take_over(office)
    move(log_path, log_path.with_suffix(".away"))
    in_sqlite(log_path, a_day()[:15])
    vera = await client_as("vera")
    _, page = await compared(office, vera)
    assert "4 calls: 3 not in Asterisk's own log" in page.words
    assert "only the call log has it: Asterisk was stopped by force" in page.words
    assert "/mend" not in page.text


@pytest.mark.usefixtures("patient")
async def test_more_than_are_listed_are_said_to_be(
    office: Office, client_as: ClientAs, recorder: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounting, "MANY", 1)
    vera = await client_as("vera")
    address, page = await compared(office, vera)
    assert "4 calls: 1 missing, 3 more" in page.words
    assert "3 more are not listed. “Mend all” mends them too." in page.words
    assert "how 4 calls were?" in page.text
    assert "4 calls mended" in (await vera.post(f"{address}/mend")).words


@pytest.mark.parametrize("path", ["/reconciliation/7", f"/reconciliation/{10**14}"])
async def test_a_comparison_that_is_not_there(client_as: ClientAs, path: str) -> None:
    vera = await client_as("vera")
    assert (await vera.get(path)).status == 404
    assert (await vera.post(f"{path}/mend")).status == 404
    assert (await vera.post(f"{path}/mend", {"finding": "x"})).status == 404


class TestWithoutALog:
    """Where nothing was set."""

    @pytest.fixture
    def settings(self) -> Settings:
        return Settings()

    async def test_the_page_says_what_to_set(self, client_as: ClientAs) -> None:
        vera = await client_as("vera")
        page = await vera.get("/reconciliation")
        assert "Nothing to compare with" in page.words
        assert 'cel = "csv:////var/log/asterisk/cel-custom/Master.csv"' in page.words
        assert 'name="since"' not in page.text
        refused = await vera.post("/reconciliation", DAYS)
        assert "there is nothing to compare with" in refused.words
        assert refused.status == 422


class TestSimulated:
    """Beside the made-up exchange."""

    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(simulated=True)

    async def test_it_keeps_no_log_of_its_own(self, client_as: ClientAs) -> None:
        page = await (await client_as("vera")).get("/reconciliation")
        assert "The exchange is simulated: it keeps no log of its own" in page.words


@pytest.mark.browser
async def test_a_supervisor_compares_and_mends(
    chromium: Browser, office: Office, recorder: None
) -> None:
    await take_over(office, but=0)
    gate = asyncio.Event()
    real = office.services.catch_up._compared

    async def wait(waiting: object) -> object:
        await gate.wait()
        return await real(waiting)  # type: ignore[arg-type]

    office.services.catch_up._compared = wait  # type: ignore[method-assign, assignment]
    context = await chromium.new_context(viewport={"width": 1280, "height": 720}, locale="en")
    page = await context.new_page()
    await page.goto(str(office.url / "login"))
    await page.get_by_label("Login").fill("vera")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.get_by_role("link", name="Calls").click()
    await page.get_by_role("link", name="Reconciliation").click()
    await page.get_by_role("button", name="Compare").click()
    await expect(page.get_by_text("The logs are being compared")).to_be_visible()
    await expect(page.get_by_role("progressbar")).to_be_visible()
    gate.set()
    await expect(page.get_by_text("4 calls: 1 missing")).to_be_visible()
    page.once("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
    await page.get_by_role("button", name="Mend all").click()
    await expect(page.get_by_text("1 call mended")).to_be_visible()
    await expect(page.get_by_role("button", name="Mend")).to_have_count(0)
    await context.close()
