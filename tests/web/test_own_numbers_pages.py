"""The office's own numbers and usual law, from the settings to every page that speaks of them."""

from pathlib import Path

import pytest

from tests.web.conftest import ClientAs, Office
from tests.web.test_dialling_commands import office_folder  # noqa: F401
from web.cli import run
from web.settings import OfficeSettings, Settings

ROMASHKA = "+74951234567"


@pytest.fixture
def settings() -> Settings:
    """The number of Ромашка is in a block of the office's."""
    return Settings(office=OfficeSettings(numbers=("8 (495) 123-45-xx",), law="us_federal"))


async def _listed(office: Office) -> str:
    made = await office.services.campaigns.create(office.cast.vera, "Spring", "us_federal")
    return f"/campaigns/{made}"


async def test_the_card_says_that_it_is_our_own(office: Office, client_as: ClientAs) -> None:
    anna = await client_as("anna")
    told = (await anna.get(f"/clients/{office.cast.romashka}/calling")).words
    assert "it is a number of our own" in told
    assert (
        "it is a number of our own"
        not in (await anna.get(f"/clients/{office.cast.pavel}/calling")).words
    )


async def test_a_list_that_is_filled_leaves_it_out(office: Office, client_as: ClientAs) -> None:
    vera, at = await client_as("vera"), await _listed(office)
    done = (await vera.post(f"{at}/load", {"view": "all"})).words
    assert "2 people were put on the list" in done
    await office.services.clients.create(office.cast.vera, name="Line two", number="+74951234502")
    again = (await vera.post(f"{at}/load", {"view": "all"})).words
    assert "a number of our own: 1" in again
    async with office.services.storage.read() as connection:
        own = await office.services.own_numbers.read(connection)
    assert len(own) == 100
    assert ROMASHKA in own


async def test_an_entry_from_before_says_it_and_is_not_lent(
    office: Office, client_as: ClientAs
) -> None:
    built, vera, at = office.services, await client_as("vera"), await _listed(office)
    await vera.post(f"{at}/load", {"view": "all"})
    client = await built.clients.create(office.cast.vera, name="X", number="+74957654321")
    await vera.post("/clients/campaign", {"ids": str(client), "campaign": "1"})
    # Now that number is shown by a campaign: it is the office's.
    await built.campaigns.edit(office.cast.vera, 1, {"caller_number": "8 495 765-43-21"}, version=1)
    assert "it is a number of our own" in (await vera.get(f"{at}/entries/3")).words
    assert "it is a number of our own" in (await vera.get(f"/clients/{client}/calling")).words


async def test_the_usual_law_is_that_of_the_settings(client_as: ClientAs) -> None:
    vera = await client_as("vera")
    assert '<option value="us_federal" selected' in (await vera.get("/campaigns/new")).text
    assert 'law = "us_federal"' in (await vera.get("/simulate")).words
    shown = (await vera.get("/law")).text
    assert "8 (495) 123-45-xx." in shown
    assert shown.index('href="/law/us_federal"') < shown.index("default here")


class TestOwnProfile:
    @pytest.fixture
    def settings(self) -> Settings:
        """The office's own copy."""
        return Settings(office=OfficeSettings(law="own-1"))

    async def test_a_copy_is_begun_with_while_there_is_one(
        self, office: Office, client_as: ClientAs
    ) -> None:
        vera = await client_as("vera")
        assert "are not named yet: numbers = […]" in (await vera.get("/law")).words
        assert '<option value="ru" selected' in (await vera.get("/campaigns/new")).text
        key = await office.services.law.copy(office.cast.vera, "us_federal", "Ours")
        assert key == "own-1"
        assert '<option value="own-1" selected' in (await vera.get("/campaigns/new")).text
        await office.services.law.retire(office.cast.dina, key)
        assert '<option value="ru" selected' in (await vera.get("/campaigns/new")).text


def test_the_command_says_why(
    office_folder: Path,  # noqa: F811
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = office_folder / "perezvon.toml"
    ours = '[office]\nnumbers = ["+7 495 123-45-xx"]\nlaw = "us_federal"\n'
    file.write_text(file.read_text() + ours)
    assert run(["why", "8 495 123 45 00"]) == 1
    told = capsys.readouterr().out
    assert "it is a number of our own" in told
    assert "has not agreed" not in told, "by the usual law no consent is needed"
    file.write_text(file.read_text().replace("45-xx", "4-xx"))
    assert run(["why", "8 495 123 45 00"]) == 2
    assert "'+7 495 123-4-xx' is no telephone number" in capsys.readouterr().err
