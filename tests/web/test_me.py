"""One's own settings: what a person may change about himself."""

from tests.cast import PASSWORD
from tests.web.conftest import ClientAs, Office


async def test_language_zone_and_colours_are_kept_and_used_at_once(client_as: ClientAs) -> None:
    anna = await client_as("anna")
    page = await anna.post(
        "/me", {"language": "ru", "time_zone": "Asia/Vladivostok", "theme": "dark"}
    )
    assert page.status == 200
    assert "Настройки сохранены." in page.words
    assert '<html lang="ru" data-theme="dark">' in page.text
    assert '<option value="Asia/Vladivostok" selected>' in page.text


async def test_the_news_of_saving_is_told_once(client_as: ClientAs) -> None:
    anna = await client_as("anna")
    await anna.post("/me", {"language": "en", "time_zone": "UTC", "theme": "auto"})
    assert "Your settings are saved." not in (await anna.get("/me")).words


async def test_what_is_not_in_the_list_is_refused_beside_the_field(client_as: ClientAs) -> None:
    anna = await client_as("anna")
    page = await anna.post("/me", {"language": "en", "time_zone": "Mars/Base", "theme": "auto"})
    assert page.status == 422
    assert 'id="time_zone-error"' in page.text
    assert "Choose one of the list." in page.words


async def test_a_new_password_needs_the_old_one(office: Office, client_as: ClientAs) -> None:
    anna = await client_as("anna")
    change = {"current": "wrong", "password": "малиновый-звон-7", "again": "малиновый-звон-7"}
    refused = await anna.post("/me/password", change)
    assert refused.status == 422
    assert "This is not your password." in refused.words
    assert "малиновый" not in refused.text
    assert await office.services.accounts.verify("anna", PASSWORD)


async def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(
    office: Office, client_as: ClientAs
) -> None:
    here, elsewhere = await client_as("anna"), await client_as("anna")
    change = {"current": PASSWORD, "password": "малиновый-звон-7", "again": "малиновый-звон-7"}
    page = await here.post("/me/password", change)
    assert "Your password is changed." in page.words
    assert (await elsewhere.get("/me", follow=False)).status == 303
    assert await office.services.accounts.verify("anna", "малиновый-звон-7")


async def test_two_different_new_passwords_change_nothing(
    office: Office, client_as: ClientAs
) -> None:
    anna = await client_as("anna")
    change = {"current": PASSWORD, "password": "малиновый-звон-7", "again": "малиновый-звон-8"}
    refused = await anna.post("/me/password", change)
    assert "The two passwords are not the same." in refused.words
    assert await office.services.accounts.verify("anna", PASSWORD)


async def test_all_that_is_wrong_with_a_new_password_is_told_at_once(
    office: Office, client_as: ClientAs
) -> None:
    anna = await client_as("anna")
    refused = await anna.post("/me/password", {"current": "x", "password": "12", "again": "13"})
    assert refused.status == 422
    for said in ("This is not your password.", "At least 8", "The two passwords are not the same"):
        assert said in refused.words
    assert await office.services.accounts.verify("anna", PASSWORD)


async def test_one_can_log_out_everywhere_else(client_as: ClientAs) -> None:
    here, elsewhere = await client_as("anna"), await client_as("anna")
    await here.post("/me/sessions/close")
    assert (await here.get("/me", follow=False)).status == 200
    assert (await elsewhere.get("/me", follow=False)).status == 303
