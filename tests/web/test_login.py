"""The door: who comes in, who does not, and what the browser is told to keep."""

import re

import pytest

from crm_core.agents.people import Agent
from tests.cast import PASSWORD
from tests.web.conftest import ClientAs, Office
from web.sessions import SESSION
from web.settings import HttpSettings, Settings
from web.views.login import safe_next


def _focused(page: str) -> str:
    """The name of the one field that has the focus when the page opens."""
    (field,) = re.findall(r"<input[^>]* autofocus[^>]*>", page)
    return str(re.search(r'name="(\w+)"', field)[1])  # type: ignore[index]


async def test_the_right_password_opens_ones_own_first_page(client_as: ClientAs) -> None:
    guest = await client_as()
    answer = await guest.post("/login", {"login": "Vera", "password": PASSWORD}, follow=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    home = await guest.get("/", follow=False)
    assert home.headers["Location"] == "/floor"
    assert "Vera Sokolova" in (await guest.get("/me")).words


async def test_a_wrong_password_says_so_and_keeps_the_login(client_as: ClientAs) -> None:
    guest = await client_as()
    answer = await guest.post("/login", {"login": "vera", "password": "wrong one"})
    assert answer.status == 422
    assert "do not fit together" in answer.words
    assert 'value="vera"' in answer.text
    assert _focused(answer.text) == "password"
    assert "wrong one" not in answer.text
    assert guest.cookie(SESSION) is None


async def test_an_unknown_login_reads_like_a_wrong_password(client_as: ClientAs) -> None:
    guest = await client_as()
    unknown = await guest.post("/login", {"login": "nobody", "password": "wrong one"})
    known = await guest.post("/login", {"login": "vera", "password": "wrong one"})
    assert unknown.words == known.words


async def test_an_empty_form_is_told_what_is_missing_beside_each_field(client_as: ClientAs) -> None:
    guest = await client_as()
    answer = await guest.post("/login", {"login": "", "password": ""})
    assert answer.status == 422
    assert answer.text.count('class="error"') == 2
    assert answer.text.count('aria-invalid="true"') == 2


async def test_ten_failures_close_the_door_to_that_login_only(
    office: Office, client_as: ClientAs
) -> None:
    guest = await client_as()
    for _ in range(10):
        await office.services.doorkeeper.note_failure("vera", "10.0.0.1")
    refused = await guest.post("/login", {"login": " VERA ", "password": PASSWORD})
    assert refused.status == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 300
    assert "Too many attempts. Try again in" in refused.words
    other = await guest.post("/login", {"login": "boris", "password": PASSWORD}, follow=False)
    assert other.status == 303


async def test_one_address_may_not_try_many_logins(office: Office, client_as: ClientAs) -> None:
    guest = await client_as()
    for number in range(60):
        await office.services.doorkeeper.note_failure(f"nobody{number}", "127.0.0.1")
    refused = await guest.post("/login", {"login": "vera", "password": PASSWORD})
    assert refused.status == 429


async def test_a_login_gets_a_new_token_and_the_old_session_is_over(
    office: Office, client_as: ClientAs
) -> None:
    anna = await client_as("anna")
    old = anna.token
    await anna.post("/login", {"login": "boris", "password": PASSWORD}, follow=False)
    new = anna.cookie(SESSION)
    assert new
    assert new != old
    assert await office.services.sessions.find(old) is None
    found = await office.services.sessions.find(new)
    assert isinstance(found, Agent)
    assert found.login == "boris"


async def test_logging_out_ends_the_session_for_whoever_kept_the_cookie(
    office: Office, client_as: ClientAs
) -> None:
    anna = await client_as("anna")
    answer = await anna.post("/logout")
    assert answer.url.path == "/login"
    assert "You are logged out." in answer.words
    assert await office.services.sessions.find(anna.token) is None


async def test_a_guest_comes_back_to_the_page_he_wanted(client_as: ClientAs) -> None:
    guest = await client_as()
    asked = await guest.get("/me?x=1&y=2", follow=False)
    assert asked.headers["Location"] == "/login?next=%2Fme%3Fx%3D1%26y%3D2"
    form = await guest.get(asked.headers["Location"])
    assert 'value="/me?x=1&amp;y=2"' in form.text
    entered = await guest.post(
        "/login", {"login": "anna", "password": PASSWORD, "next": "/me?x=1&y=2"}, follow=False
    )
    assert entered.headers["Location"] == "/me?x=1&y=2"


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "/ok\\..\\..",
        "\t//evil.example",
        "/\n/evil.example",
        "javascript:alert(1)",
        "me",
        "",
        "/login?next=/login",
        "/logout",
    ],
)
def test_a_login_never_leads_to_another_site(wanted: str) -> None:
    assert safe_next(wanted) == "/"


async def test_the_cookie_is_hidden_from_scripts_and_other_sites(client_as: ClientAs) -> None:
    guest = await client_as()
    answer = await guest.post("/login", {"login": "anna", "password": PASSWORD}, follow=False)
    cookie = answer.headers["Set-Cookie"].lower()
    assert cookie.startswith("perezvon=")
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie


class TestOverHttps:
    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(http=HttpSettings(public_url="https://crm.example.com"))

    async def test_cookies_are_bound_to_this_host(self, client_as: ClientAs) -> None:
        guest = await client_as()
        page = await guest.get("/login")
        assert page.headers["Set-Cookie"].startswith("__Host-perezvon-guest=")
        assert "; Secure" in page.headers["Set-Cookie"]
        assert "max-age" in page.headers["Strict-Transport-Security"]
