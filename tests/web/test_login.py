"""The door: who comes in, who does not, and what the browser is told to keep."""

from tests.cast import PASSWORD
from tests.web.conftest import ClientAs, Office
from web.sessions import SESSION


async def test_the_right_password_opens_ones_own_first_page(
    office: Office, client_as: ClientAs
) -> None:
    guest = await client_as()
    answer = await guest.post("/login", {"login": "Vera", "password": PASSWORD}, follow=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    home = await guest.get("/", follow=False)
    assert home.headers["Location"] == "/floor"
    assert "Vera Sokolova" in (await guest.get("/me")).words


async def test_a_wrong_password_says_so_and_keeps_the_login(
    office: Office, client_as: ClientAs
) -> None:
    guest = await client_as()
    answer = await guest.post("/login", {"login": "vera", "password": "wrong"})
    assert answer.status == 422
    assert "do not fit together" in answer.words
    assert 'value="vera"' in answer.text
    assert "wrong" not in answer.text
    assert guest.cookie(SESSION) is None
