"""The client card: added to, edited, taken back, told in one timeline, within one's rights."""

from typing import Any

import pytest
from sqlalchemy import insert

from crm_core.agents.rights import Action, RecordKind, Scope, rights_of, stored_rights
from crm_core.agents.roles import Role
from crm_core.agents.tables import role_rights
from crm_core.clients.queries import Client, get_client
from crm_core.clients.tables import notes
from tests.web.browsing import Answer, Visitor
from tests.web.call_log import add_task, log_call, log_note
from tests.web.conftest import ClientAs, Office

SCRIPT = {"Accept": "application/json"}


async def stored(office: Office, client_id: int) -> Client:
    async with office.services.storage.read() as connection:
        return await get_client(connection, client_id)


async def edit(who: Visitor, what: str, name: str, written: str, before: str) -> Answer:
    given = {"name": name, "written": written, "before": before}
    return await who.post(f"/fields/{what}", given, headers=SCRIPT)


async def operators_may(office: Office, action: Action, scope: Scope) -> None:
    rights: dict[str, dict[str, Any]] = stored_rights(rights_of(Role.OPERATOR, None))
    rights[RecordKind.CLIENT][action] = scope
    async with office.services.storage.write() as tx:
        await tx.execute(role_rights.delete())
        await tx.execute(insert(role_rights).values(role="operator", rights=rights))


async def test_a_field_is_changed_and_the_change_taken_back(
    office: Office, client_as: ClientAs
) -> None:
    anna, what = await client_as("anna"), f"client/{office.cast.pavel}"
    answer = await edit(anna, what, "name", "Паша", "Павел Семёнов")
    assert answer.json["written"] == "Паша"
    await anna.post(f"/changes/{answer.json['change_id']}/undo", headers=SCRIPT)
    assert (await stored(office, office.cast.pavel)).name == "Павел Семёнов"


async def test_whoever_was_slower_reads_what_a_colleague_wrote(
    office: Office, client_as: ClientAs
) -> None:
    anna, boris = await client_as("anna"), await client_as("boris", language="ru")
    what = f"client/{office.cast.pavel}"
    await edit(anna, what, "note", "Anna's", "")
    refused = await edit(boris, what, "note", "Boris's", "")
    assert refused.status == 409
    assert refused.json["error"]["theirs"] == "Anna's"
    assert "Anna Orlova" in refused.json["error"]["message"]
    await edit(boris, what, "note", "Both", "Anna's")
    assert (await stored(office, office.cast.pavel)).note == "Both"


@pytest.mark.parametrize(
    ("place", "given", "said"),
    [
        ("numbers", {"written": "no digits"}, "A number needs digits"),
        ("numbers", {"written": "+7 903 765-43-21"}, "has the number"),
        ("points", {"kind": "email", "written": "pavel"}, "no e-mail address"),
        ("points", {"kind": "pigeon", "written": "pavel@example.org"}, "Choose one of the list"),
        ("contacts", {"name": " "}, "Fill this in"),
        ("contacts", {"name": "Ольга", "number": "none"}, "A number needs digits"),
        ("entities", {"name": "X", "country": "RU", "inn": "7707083894"}, "check digit"),
        ("entities", {"name": "X", "country": "RU", "inn": "77"}, "too few or too many"),
        ("entities", {"name": "X", "country": "Russia"}, "two letters"),
        ("notes", {"text": "  "}, "Fill this in"),
    ],
)
async def test_what_cannot_be_added_is_refused_in_words_and_nothing_is_half_added(
    office: Office, client_as: ClientAs, place: str, given: dict[str, str], said: str
) -> None:
    anna, before = await client_as("anna"), await stored(office, office.cast.pavel)
    refused = await anna.post(f"/clients/{office.cast.pavel}/{place}", given, headers=SCRIPT)
    assert refused.status in (409, 422)
    assert said in refused.json["error"]["message"]
    assert await stored(office, office.cast.pavel) == before


async def test_whatever_belongs_to_a_client_is_added_and_stands_on_his_card(
    office: Office, client_as: ClientAs
) -> None:
    anna, here = await client_as("anna"), f"/clients/{office.cast.pavel}"
    await anna.post(f"{here}/numbers", {"written": "8 495 777 66 55", "label": "office"})
    await anna.post(f"{here}/points", {"kind": "email", "written": "pavel@example.org"})
    await anna.post(f"{here}/contacts", {"name": "Ольга", "number": "8 999 000 11 22"})
    requisites = {"inn": "7707 083 893", "kpp": "773601001", "vat": "ignored"}
    await anna.post(f"{here}/entities", {"name": "ИП Семёнов", "country": "ru", **requisites})
    await anna.post(f"{here}/notes", {"text": "Likes\nblue"})
    client = await stored(office, office.cast.pavel)
    assert client.entities[0].requisites == {"inn": "7707083893", "kpp": "773601001"}
    page = await anna.get(here)
    for shown in ("office", "pavel@example.org", "Ольга", "ИП Семёнов", "7707083893", "Likes"):
        assert shown in page.text


async def test_the_card_tells_where_we_stopped_and_who_owes_what(
    office: Office, client_as: ClientAs
) -> None:
    cast = office.cast
    await log_call(office, "1.1", client_id=cast.romashka)
    await log_note(office, "1.1", cast.boris.id, "Wants blue", disposition_id=cast.agreed)
    await add_task(office, "Send blue", client_id=cast.romashka)
    boris = await client_as("boris")  # Anna's client: he sees him by his rights
    page = await boris.get(f"/clients/{cast.romashka}")
    for said in ("Where we stopped", "Wants blue", "Agreed", "Send blue"):
        assert said in page.words
    assert (await boris.get("/calls/1.1")).status == 200


async def test_older_lines_are_a_page_away_and_none_is_told_twice(
    office: Office, client_as: ClientAs
) -> None:
    now = office.clock.now()
    async with office.services.storage.write() as tx:
        for number in range(75):  # of one instant: the worst case for paging
            values = {
                "client_id": office.cast.pavel,
                "text": f"line {number:02}",
                "created_at": now,
            }
            await tx.execute(insert(notes).values(**values))
    anna, seen, more = await client_as("anna"), [], ""
    for _ in range(3):
        page = await anna.get(f"/clients/{office.cast.pavel}/timeline?after={more}")
        seen += [part[:2] for part in page.text.split("line ")[1:] if part[:2].isdecimal()]
        more = page.text.partition('data-older="')[2].partition('"')[0].replace("+", "%2B")
    told = list(dict.fromkeys(seen))
    assert told == [f"{number:02}" for number in range(74, -1, -1)]
    assert not more


@pytest.mark.parametrize("after", ["x", "2026-01-01", "2026-01-01T00:00:00+00:00~note~x", "~~"])
async def test_an_address_that_makes_no_sense_begins_at_the_newest(
    office: Office, client_as: ClientAs, after: str
) -> None:
    anna, here = await client_as("anna"), f"/clients/{office.cast.pavel}"
    await anna.post(f"{here}/notes", {"text": "the newest"})
    page = await anna.get(f"{here}/timeline?after={after}&shown=nonsense")
    assert "the newest" in page.text


async def test_who_changed_what_is_told_to_those_who_ask(
    office: Office, client_as: ClientAs
) -> None:
    anna, pavel = await client_as("anna"), office.cast.pavel
    await edit(anna, f"client/{pavel}", "name", "Паша", "Павел Семёнов")
    number = (await stored(office, pavel)).numbers[0]
    await anna.post(f"/fields/number/{number.id}/remove", headers=SCRIPT)
    told = await anna.get(f"/clients/{pavel}/timeline?shown=changes")
    for said in ("Anna Orlova", "Павел Семёнов", "Паша", number.written):
        assert said in told.words
    assert "Паша" not in (await anna.get(f"/clients/{pavel}/timeline")).words


async def test_a_client_outside_ones_rights_is_missing_everywhere(
    office: Office, client_as: ClientAs
) -> None:
    await operators_may(office, Action.SEE, Scope.OWN)
    boris, romashka = await client_as("boris"), office.cast.romashka
    await log_call(office, "1.1", client_id=romashka)
    for path in ("", "/card", "/timeline"):
        assert (await boris.get(f"/clients/{romashka}{path}")).status == 404
    for place in ("numbers", "points", "contacts", "entities", "notes", "owner"):
        refused = await boris.post(f"/clients/{romashka}/{place}", {"text": "x", "name": "x"})
        assert refused.status in (404, 422)
    assert (await edit(boris, f"client/{romashka}", "note", "x", "")).status == 404


async def test_whoever_only_sees_a_client_finds_no_field_to_write_in(
    office: Office, client_as: ClientAs
) -> None:
    await operators_may(office, Action.EDIT, Scope.OWN)
    boris, romashka = await client_as("boris"), office.cast.romashka
    page = await boris.get(f"/clients/{romashka}")
    assert f'data-edit="client/{romashka}"' not in page.text
    assert (await edit(boris, f"client/{romashka}", "note", "x", "")).status == 403


@pytest.mark.parametrize(
    "path",
    ["/fields/robot/1", "/fields/client/999", "/fields/client/1/remove", "/changes/999/undo"],
)
async def test_what_is_no_record_or_change_is_missing(client_as: ClientAs, path: str) -> None:
    anna = await client_as("anna")
    assert (await anna.post(path, {"name": "name"}, headers=SCRIPT)).status == 404
