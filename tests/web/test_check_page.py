"""The administrator's page Check: the same lines, one after another, and what endpoints are."""

import json
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from crm_core.agents.endpoint_roles import list_corrections
from crm_core.clock import ManualClock
from telephony.events import LegRole
from telephony.settings import TelephonySettings
from telephony.simulator import Credentials, SimulatedExchange
from tests.cast import PASSWORD
from tests.telephony.fake_ami import FakeAmi, Line, Request, event, fake_ami
from tests.web.browsing import Visitor
from tests.web.conftest import ClientAs, Office
from web.check import REFUSED_PAUSE_SECONDS
from web.demo.exchange import make_exchange
from web.settings import Settings

ENDPOINTS = {"101": ("101", ""), "desk-anna": ("desk-anna", ""), "4477": ("", "provider-auth")}
"""Name -> who logs in here, whom we log in to."""


async def list_endpoints(line: Line, request: Request) -> None:
    key = request["ActionID"]
    await line.respond(request, EventList="start")
    for name, (auths, outbound) in ENDPOINTS.items():
        told = {"ActionID": key, "ObjectName": name, "Auths": auths, "OutboundAuths": outbound}
        await line.write(event("EndpointList", **told))
    await line.write(event("EndpointListComplete", ActionID=key, EventList="Complete"))


@pytest.fixture
async def fake() -> AsyncIterator[FakeAmi]:
    """An exchange with one phone of digits, one of letters, and a trunk of digits."""
    async with fake_ami() as server:
        server.answers["PJSIPShowEndpoints"] = list_endpoints
        yield server


@pytest.fixture
def settings(fake: FakeAmi) -> Settings:
    return Settings(exchange=fake.settings())


async def checked(visitor: Visitor) -> str:
    """All the HTML of one check."""
    headers = {"X-CSRF-Token": await visitor.csrf()}
    answer = await visitor.request("POST", "/admin/check/lines", headers=headers)
    assert answer.status == 200
    return "\n".join(map(json.loads, answer.text.splitlines()))


async def test_the_page_is_a_frame_into_which_lines_come(client_as: ClientAs) -> None:
    dina = await client_as("dina")
    assert 'data-lines="/admin/check/lines"' in (await dina.get("/admin/check")).text


async def test_each_finding_is_a_line_and_the_verdict_comes_last(client_as: ClientAs) -> None:
    told = await checked(await client_as("dina", language="en"))
    assert 'data-code="link.let_in"' in told
    assert 'data-part="The database"' in told
    last = told.rindex("</li>")
    assert "must be mended" in told[last:]


async def test_no_secret_reaches_the_page(client_as: ClientAs, fake: FakeAmi) -> None:
    told = await checked(await client_as("dina"))
    assert fake.settings().secret not in told


async def test_it_looks_without_a_link_of_its_own_staying_behind(
    client_as: ClientAs, fake: FakeAmi
) -> None:
    await checked(await client_as("dina"))
    assert len(fake.lines) == 1
    await fake.until(lambda: fake.line.names()[-1:] == ["Logoff"])


async def test_a_wrong_secret_is_not_tried_again_at_once(
    office: Office, client_as: ClientAs, fake: FakeAmi
) -> None:
    async def refuse(line: Line, request: Request) -> None:
        await line.respond(request, "Error", Message="Authentication failed")

    fake.answers["Login"] = refuse
    dina = await client_as("dina")
    assert 'data-code="link.login_refused"' in await checked(dina)
    for _ in range(5):
        assert 'data-code="link.refused_lately"' in await checked(dina)
    assert len(fake.lines) == 1
    await office.clock.advance(REFUSED_PAUSE_SECONDS)
    assert 'data-code="link.login_refused"' in await checked(dina)
    assert len(fake.lines) == 2


async def test_an_endpoint_is_corrected_and_left_to_its_name_again(
    office: Office, client_as: ClientAs
) -> None:
    dina = await client_as("dina", language="en")
    before = await checked(dina)
    assert "desk-anna" in before
    assert "looks like a phone" in before

    sent = {"endpoint": "desk-anna", "role": "phone"}
    assert "It is remembered" in (await dina.post("/admin/check/endpoints", sent)).words
    await office.settled()
    assert office.services.phones("PJSIP/desk-anna")
    async with office.services.storage.read() as connection:
        assert await list_corrections(connection) == {"desk-anna": LegRole.PHONE}
    assert "looks like a phone" not in await checked(dina)

    await dina.post("/admin/check/endpoints", {"endpoint": "desk-anna", "role": "pattern"})
    await office.settled()
    assert not office.services.phones("PJSIP/desk-anna")
    assert "looks like a phone" in await checked(dina)


async def test_a_correction_reads_well_in_the_audit(client_as: ClientAs) -> None:
    dina = await client_as("dina", language="en")
    await dina.post("/admin/check/endpoints", {"endpoint": "4477", "role": "trunk"})
    audit = await dina.get("/admin/audit")
    assert "Endpoint 4477" in audit.words
    assert "taken for: – → trunk" in audit.words
    assert "/admin/check#endpoint-4477" in audit.links
    assert 'id="endpoint-4477"' in await checked(dina)


@pytest.mark.parametrize(
    "sent",
    [
        {"endpoint": "101", "role": "king"},
        {"endpoint": "101"},
        {"endpoint": "", "role": "phone"},
        {"endpoint": "a\r\nb", "role": "phone"},
        {"endpoint": "x" * 129, "role": "trunk"},
    ],
)
async def test_what_makes_no_sense_is_refused(client_as: ClientAs, sent: dict[str, str]) -> None:
    dina = await client_as("dina")
    assert (await dina.post("/admin/check/endpoints", sent)).status == 422


async def test_names_of_endpoints_are_escaped(client_as: ClientAs, fake: FakeAmi) -> None:
    evil = "<img src=x onerror=alert(1)>"

    async def answer(line: Line, request: Request) -> None:
        key = request["ActionID"]
        await line.respond(request, EventList="start")
        await line.write(event("EndpointList", ActionID=key, ObjectName=evil))
        await line.write(event("EndpointListComplete", ActionID=key, EventList="Complete"))

    fake.answers["PJSIPShowEndpoints"] = answer
    told = await checked(await client_as("dina"))
    assert "&lt;img" in told
    assert "<img" not in told


class TestSimulated:
    """Beside the simulated exchange, as `make run` starts it."""

    @pytest.fixture
    async def simulated(self, clock: ManualClock) -> AsyncIterator[SimulatedExchange]:
        async with make_exchange(Credentials("crm", "s3cret"), clock.now, clock.sleep) as exchange:
            yield exchange

    @pytest.fixture
    def settings(self, simulated: SimulatedExchange) -> Settings:
        exchange = TelephonySettings(port=simulated.port, username="crm", secret="s3cret")
        return Settings(exchange=exchange, simulated=True)

    async def test_it_says_so_and_asks_nothing_that_is_not_there(self, client_as: ClientAs) -> None:
        told = await checked(await client_as("dina", language="en"))
        assert "The exchange is simulated" in told
        for part in ("rights.", "settings.", "dialplan.", "logs.", "link.reached"):
            assert f'data-code="{part}' not in told

    async def test_its_phones_and_its_trunk_are_what_they_look_like(
        self, client_as: ClientAs
    ) -> None:
        told = await checked(await client_as("dina", language="en"))
        assert "Trunks: trunk." in told
        assert "looks like" not in told
        assert 'data-code="endpoints.no_trunks"' not in told


class TestWithoutAnExchange:
    """Where nothing answers."""

    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(exchange=TelephonySettings(port=9))

    async def test_our_own_side_is_checked_all_the_same(self, client_as: ClientAs) -> None:
        told = await checked(await client_as("dina"))
        assert 'data-code="link.unreachable"' in told
        assert 'data-code="database.schema"' in told
        assert 'data-code="machine.disk' in told


@pytest.mark.browser
async def test_lines_come_by_themselves_and_a_choice_is_kept(
    chromium: Browser, office: Office
) -> None:
    context = await chromium.new_context(viewport={"width": 1280, "height": 720}, locale="en")
    page = await context.new_page()
    await page.goto(str(office.url / "login"))
    await page.get_by_label("Login").fill("dina")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.get_by_role("link", name="Check").click()
    await expect(page.locator(".check-verdict")).to_contain_text("must be mended")
    await expect(page.get_by_role("heading", name="Phones and trunks")).to_be_visible()
    choice = page.get_by_label("What desk-anna is")
    await choice.select_option("phone")
    await expect(page.get_by_text("It is remembered")).to_be_visible()
    await expect(page.get_by_label("What desk-anna is")).to_have_value("phone")
    await page.get_by_role("button", name="Check again").click()
    await expect(page.locator(".check-verdict")).to_contain_text("must be mended")
    await expect(page.get_by_role("heading", name="Phones and trunks")).to_have_count(1)
    await context.close()
