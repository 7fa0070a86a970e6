"""The pages of clients: found in any writing, changed without losing anybody's work."""

import re

import pytest
from sqlalchemy import Engine, event

from crm_core.clients.queries import Client, get_client
from crm_core.errors import NotFound
from tests.web.call_log import add_task, log_call, log_note
from tests.web.conftest import ClientAs, Office


async def stored(office: Office, client_id: int) -> Client:
    async with office.services.storage.read() as connection:
        return await get_client(connection, client_id)


@pytest.mark.parametrize(
    "written",
    ["8 (916) 123-45-67", "+7 916 123 45 67", "007 916 1234567", "4567", "ромашка", "петров иван"],
)
async def test_a_client_is_found_however_it_is_written(client_as: ClientAs, written: str) -> None:
    anna = await client_as("anna")
    answer = await anna.get(f"/clients?search={written.replace('+', '%2B')}")
    assert "ООО «Ромашка»" in answer.words
    assert "Павел Семёнов" not in answer.words


async def test_a_number_nobody_has_leads_to_a_new_client_with_it(client_as: ClientAs) -> None:
    anna = await client_as("anna")
    answer = await anna.get("/clients?search=8+999+888-77-66")
    assert "New client with this number" in answer.words
    (link,) = set(re.findall(r'href="(/clients/new\?number=[^"]+)"', answer.text))
    form = await anna.get(link)
    assert 'value="8 999 888-77-66"' in form.text


async def test_only_my_own_clients_when_i_ask(office: Office, client_as: ClientAs) -> None:
    anna, boris = await client_as("anna"), await client_as("boris")
    mine = await anna.get("/clients?owner=me")
    assert "Ромашка" in mine.words
    assert "Павел" not in mine.words
    assert "Nothing fits all of this" in (await boris.get("/clients?owner=me")).words


async def test_a_new_client_has_number_and_contact(office: Office, client_as: ClientAs) -> None:
    anna = await client_as("anna")
    answer = await anna.post(
        "/clients",
        {
            "name": "ООО «Лютик»",
            "kind": "organisation",
            "number": "8 812 449 00 11, +7 999 111-22-33",
            "contact_name": "Ольга",
        },
    )
    assert "The client is created" in answer.words
    client = await stored(office, int(answer.url.path.rpartition("/")[2]))
    assert client.owner_agent_id == office.cast.anna.id
    assert [number.e164 for number in client.numbers] == ["+78124490011", "+79991112233"]
    assert [contact.name for contact in client.contacts] == ["Ольга"]


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"name": "", "kind": "person"}, "Fill this in"),
        ({"name": "X" * 301, "kind": "person"}, "Too long: at most 300"),
        ({"name": "X", "kind": "planet"}, "Choose one of the list"),
        ({"name": "X", "kind": "person", "number": "no digits"}, "A number needs digits"),
    ],
)
async def test_what_is_refused_is_said_and_what_was_typed_stays(
    client_as: ClientAs, form: dict[str, str], said: str
) -> None:
    anna = await client_as("anna")
    answer = await anna.post("/clients", {"contact_name": "Typed already", **form})
    assert (answer.status, said in answer.words) == (422, True)
    assert "Typed already" in answer.text


async def test_a_client_is_handed_over_by_the_owner_and_not_by_others(
    office: Office, client_as: ClientAs
) -> None:
    cast, page = office.cast, f"/clients/{office.cast.romashka}"
    boris = await client_as("boris")
    assert 'name="owner"' not in (await boris.get(page)).text
    refused = await boris.post(f"{page}/owner", {"owner": str(cast.boris.id)})
    assert refused.status == 403
    assert (await stored(office, cast.romashka)).owner_agent_id == cast.anna.id
    anna = await client_as("anna")
    await anna.post(f"{page}/owner", {"owner": str(cast.boris.id)})
    assert (await stored(office, cast.romashka)).owner_agent_id == cast.boris.id
    vera = await client_as("vera")
    await vera.post(f"{page}/owner", {"owner": ""})
    assert (await stored(office, cast.romashka)).owner_agent_id is None


async def test_the_page_shows_what_was_said_and_promised(
    office: Office, client_as: ClientAs
) -> None:
    cast = office.cast
    await log_call(office, "1.1", client_id=cast.romashka)
    await log_note(office, "1.1", cast.boris.id, "Wants blue", disposition_id=cast.agreed)
    await add_task(office, "Send blue", client_id=cast.romashka)
    anna = await client_as("anna")
    page = await anna.get(f"/clients/{cast.romashka}")
    for said in ("Wants blue", "Agreed", "Send blue"):
        assert said in page.words
    assert 'value="Иван Петров"' in page.text
    assert 'data-dial="+79161234567"' in page.text


async def test_many_calls_cost_the_page_no_more_errands_than_one(
    office: Office, client_as: ClientAs
) -> None:
    cast, errands = office.cast, 0

    def count(*_: object) -> None:
        nonlocal errands
        errands += 1

    async def cost() -> int:
        nonlocal errands
        errands = 0
        page = await anna.get(f"/clients/{cast.romashka}")
        assert "Note of" in page.words
        return errands

    anna = await client_as("anna")
    await log_call(office, "1.0", client_id=cast.romashka)
    await log_note(office, "1.0", cast.boris.id, "Note of 1.0")
    event.listen(Engine, "before_cursor_execute", count)
    try:
        one = await cost()
        for number in range(1, 9):
            await log_call(office, f"1.{number}", client_id=cast.romashka)
            await log_note(office, f"1.{number}", cast.boris.id, f"Note of 1.{number}")
        assert await cost() == one
    finally:
        event.remove(Engine, "before_cursor_execute", count)


@pytest.mark.parametrize("path", ["/clients/999", "/clients/999/card", "/clients/999999999999999"])
async def test_a_client_who_does_not_exist_is_missing(client_as: ClientAs, path: str) -> None:
    anna = await client_as("anna")
    assert (await anna.get(path)).status == 404


async def test_nothing_in_a_clients_name_becomes_html(office: Office, client_as: ClientAs) -> None:
    name = "<img src=x onerror=alert(1)>'\""
    anna = await client_as("anna")
    answer = await anna.post("/clients", {"name": name, "kind": "person"})
    client_id = int(answer.url.path.rpartition("/")[2])
    for path in ("/clients", f"/clients/{client_id}", f"/clients/{client_id}/card"):
        page = await anna.get(path)
        assert "<img src=x" not in page.text
    with pytest.raises(NotFound):
        await stored(office, client_id + 1)
