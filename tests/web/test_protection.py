"""What every answer carries, and how errors of every kind are told."""

import html
import io

import pytest
from aiohttp import web
from sqlalchemy.exc import OperationalError

from crm_core.errors import Conflict, Invalid
from telephony.errors import ActionRefused, NotConnected
from telephony.settings import TelephonySettings
from telephony.simulator import CANNOT
from tests.web.conftest import ClientAs, Office
from web.guarding import ALL_ROLES, Route
from web.routes import ROUTES
from web.settings import HttpSettings, Settings
from web.words import WORDS

BREAKING = (
    Conflict(),
    Invalid("name", "required"),
    NotConnected(),
    ActionRefused("<b>no</b>"),
    RuntimeError("a secret of ours"),
    OperationalError("SELECT a secret", {}, Exception("database is locked")),
    ConnectionRefusedError(111, "refused"),
)


async def _break(request: web.Request) -> web.Response:
    raise BREAKING[int(request.match_info["number"])]


@pytest.fixture
def routes() -> tuple[Route, ...]:
    return (*ROUTES, Route("GET", "/broken/{number}", _break, ALL_ROLES))


JSON = {"Accept": "application/json"}


async def test_no_page_may_run_foreign_scripts_or_stand_in_a_frame(client_as: ClientAs) -> None:
    anna = await client_as("anna")
    for path in ("/me", "/nowhere", "/login", "/healthz"):
        headers = (await anna.get(path, follow=False)).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"


async def test_pages_hold_no_inline_script_and_no_inline_style(client_as: ClientAs) -> None:
    anna = await client_as("anna")
    for path in ("/me", "/nowhere", "/help/connect"):
        page = (await anna.get(path)).text
        assert "style=" not in page
        assert " on" + "click=" not in page
        assert "<style" not in page
        assert page.count("<script") == page.count('<script type="module" src="/static/')


async def test_an_unknown_address_is_explained_in_the_persons_language(
    client_as: ClientAs,
) -> None:
    russian = await client_as("", language="ru-RU,ru;q=0.9,en;q=0.5")
    page = await russian.get("/nowhere")
    assert page.status == 404
    assert "Здесь ничего нет" in page.words
    assert '<html lang="ru"' in page.text


async def test_a_script_is_told_errors_as_json(client_as: ClientAs) -> None:
    anna = await client_as("anna")
    answer = await anna.request("GET", "/nowhere", headers=JSON)
    assert answer.json == {
        "error": {
            "code": "not_found",
            "message": "There is no such record, or it is not yours to see.",
        }
    }
    guest = await client_as()
    refused = await guest.request("GET", "/me", headers=JSON)
    assert (refused.status, refused.json["error"]["code"]) == (401, "login_needed")


async def test_a_request_that_is_too_large_is_refused_with_a_sentence(client_as: ClientAs) -> None:
    anna = await client_as("anna")
    token = await anna.csrf()
    answer = await anna.request(
        "POST",
        "/me",
        data=io.BytesIO(b"language=" + b"x" * 1_100_000),
        headers={"X-CSRF-Token": token, "Content-Type": "application/x-www-form-urlencoded"},
    )
    assert answer.status == 413
    assert "Send less at once" in answer.words


@pytest.mark.parametrize(
    ("number", "status", "text"),
    [
        (0, 409, "Somebody changed this meanwhile"),
        (1, 422, "Fill this in"),
        (2, 503, "no link to the exchange"),
        (3, 502, "The exchange refused: <b>no</b>"),
        (4, 500, "on our side"),
        (5, 503, "The database does not answer just now"),
        (6, 503, "The database does not answer just now"),
    ],
)
async def test_what_fails_is_told_as_a_sentence_and_no_more(
    number: int, status: int, text: str, client_as: ClientAs
) -> None:
    anna = await client_as("anna")
    page = await anna.get(f"/broken/{number}")
    assert page.status == status
    assert text in html.unescape(page.words)
    assert "secret" not in page.text
    assert "<b>no</b>" not in page.text
    told = await anna.request("GET", f"/broken/{number}", headers=JSON)
    assert told.status == status
    assert set(told.json["error"]) <= {"code", "message", "field"}


async def test_a_fault_in_the_pages_own_frame_is_still_told(
    office: Office, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> str:
        raise RuntimeError("a secret of ours")

    anna = await client_as("anna")
    monkeypatch.setattr(type(office.services.rendering), "render", fail)
    answer = await anna.get("/me")
    assert answer.status == 500
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.text.startswith("Something went wrong on our side.")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_database_that_fails_is_a_page_in_the_browsers_language(
    office: Office, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError("no database")

    anna = await client_as("anna", language="ru")
    monkeypatch.setattr(type(office.services.sessions), "find", fail)
    answer = await anna.get("/me")
    assert answer.status == 500
    assert "У нас что-то сломалось" in answer.words


async def test_static_files_are_kept_for_ever_under_their_hash(client_as: ClientAs) -> None:
    guest = await client_as()
    page = await guest.get("/login")
    sheet = next(link for link in page.links if link.endswith("tokens.css"))
    kept = await guest.get(sheet)
    assert kept.status == 200
    assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert kept.headers["Content-Type"] == "text/css; charset=utf-8"
    older = await guest.get("/static/000000000000/css/tokens.css")
    assert (older.status, older.headers["Cache-Control"]) == (200, "no-cache")


@pytest.mark.parametrize(
    "name", ["../settings.py", "..%2fsettings.py", "css/../../settings.py", "css", "", "x.css"]
)
async def test_nothing_outside_the_static_folder_is_served(name: str, client_as: ClientAs) -> None:
    guest = await client_as()
    assert (await guest.get(f"/static/000000000000/{name}")).status == 404


class TestTheHelpPage:
    @pytest.fixture
    def settings(self) -> Settings:
        exchange = TelephonySettings(host="10.11.12.13", secret="hush")
        return Settings(exchange=exchange, simulated=True)

    async def test_a_guest_learns_how_to_connect_but_not_what_is_connected(
        self, client_as: ClientAs
    ) -> None:
        guest = await client_as()
        page = await guest.get("/help/connect")
        assert "This exchange is simulated" in page.words
        assert 'host = "127.0.0.1"' in page.words
        assert "10.11.12.13" not in page.text
        assert "hush" not in page.text

    async def test_it_says_what_the_simulated_exchange_cannot_do(self, client_as: ClientAs) -> None:
        page = await (await client_as()).get("/help/connect")
        for lack in CANNOT:
            assert WORDS["simulated_lack"][lack] in page.words
        assert set(WORDS["simulated_lack"]) == set(CANNOT)


class TestBehindAProxy:
    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(http=HttpSettings(trusted_proxies="10.0.0.0/8"))

    async def test_a_stranger_cannot_claim_another_address(self, client_as: ClientAs) -> None:
        guest = await client_as()
        forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
        token = await guest.csrf()
        answer = await guest.request(
            "POST",
            "/login",
            data={"csrf": token, "login": "x", "password": "y"},
            headers={**forwarded, "Origin": "https://evil.example"},
        )
        assert answer.status == 403


class TestBehindATrustedProxy:
    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(http=HttpSettings(trusted_proxies="127.0.0.0/8, ::1"))

    async def test_the_visitors_own_host_and_scheme_count(self, client_as: ClientAs) -> None:
        guest = await client_as()
        answer = await guest.request(
            "POST",
            "/login",
            data={"csrf": await guest.csrf(), "login": "x", "password": "y"},
            headers={
                "X-Forwarded-For": "203.0.113.9",
                "X-Forwarded-Proto": "https",
                "X-Forwarded-Host": "crm.example.com",
                "Origin": "https://crm.example.com",
            },
        )
        assert answer.status == 422
