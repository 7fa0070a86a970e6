"""The pages of the administrator: people, extensions, queues, lists and the audit trail."""

import re

import pytest

from crm_core.agents.directory import (
    list_dispositions,
    list_extensions,
    list_members,
    list_pause_reasons,
    list_queues,
)
from crm_core.agents.roles import Role
from tests.cast import PASSWORD
from tests.web.conftest import ClientAs, Office
from web.codes import code_of

BORIS = {"login": "boris", "name": "Boris Klimov", "role": "operator"}
NEW = {
    "login": "elena",
    "name": "Elena Mukhina",
    "role": "operator",
    "language": "ru",
    "time_zone": "Europe/Moscow",
    "password": "колокол-43-Z",
}
QUEUE = {
    "name": "vip",
    "title": "VIP",
    "wrap_up_seconds": "45",
    "next_step_required": "1",
    "callback_due_minutes": "5",
}


@pytest.mark.parametrize("who", ["anna", "vera", "grigory"])
async def test_only_administrators_come_in(client_as: ClientAs, who: str) -> None:
    visitor = await client_as(who)
    for page in ("people", "extensions", "queues", "dispositions", "pause-reasons", "audit"):
        assert (await visitor.get(f"/admin/{page}")).status == 403
    assert "/admin" not in (await visitor.get("/clients")).links


async def test_a_new_person_can_log_in(office: Office, client_as: ClientAs) -> None:
    dina = await client_as("dina")
    answer = await dina.post("/admin/people", NEW)
    assert "The person can log in now" in answer.words
    agent = await office.services.accounts.verify("elena", NEW["password"])
    assert agent is not None
    assert (agent.role, agent.language, agent.time_zone) == (Role.OPERATOR, "ru", "Europe/Moscow")


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"login": "anna"}, "Somebody has the login anna already"),
        ({"login": "a b"}, "A login is 2 to 64 letters"),
        ({"name": ""}, "Fill this in"),
        ({"role": "king"}, "Choose one of the list"),
        ({"time_zone": "Mars/Crater"}, "Choose one of the list"),
        ({"password": "short"}, "At least"),
        ({"password": "elena-elena-1"}, "must not contain the login"),
    ],
)
async def test_a_person_is_refused_beside_the_field(
    client_as: ClientAs, form: dict[str, str], said: str
) -> None:
    dina = await client_as("dina")
    answer = await dina.post("/admin/people", {**NEW, **form})
    assert (answer.status, said in answer.words) == (422, True)
    assert NEW["password"] not in answer.text


async def test_all_that_is_wrong_with_a_person_is_told_at_once(
    office: Office, client_as: ClientAs
) -> None:
    dina = await client_as("dina")
    wrong = {**NEW, "name": "", "login": "Anna", "time_zone": "Mars/Crater", "password": "short"}
    answer = await dina.post("/admin/people", wrong)
    assert answer.status == 422
    for said in ("Fill this in", "Somebody has the login anna", "Choose one of", "At least 8"):
        assert said in answer.words
    page = f"/admin/people/{office.cast.boris.id}"
    answer = await dina.post(page, {**BORIS, "login": "anna", "language": "xx", "time_zone": "UTC"})
    assert "Somebody has the login anna" in answer.words
    assert "Choose one of" in answer.words
    same = await dina.post(page, {**BORIS, "language": "en", "time_zone": "UTC"})
    assert same.status == 200  # his own login is not taken


async def test_a_new_person_begins_with_the_administrators_language_and_zone(
    office: Office, client_as: ClientAs
) -> None:
    await office.services.accounts.set_preferences(
        office.cast.dina, language="ru", time_zone="Asia/Omsk"
    )
    page = (await (await client_as("dina")).get("/admin/people/new")).text
    assert '<option value="ru" selected>' in page
    assert '<option value="Asia/Omsk" selected>' in page


async def test_a_person_is_changed_let_go_and_taken_back(
    office: Office, client_as: ClientAs
) -> None:
    dina, page = await client_as("dina"), f"/admin/people/{office.cast.boris.id}"
    form = {**BORIS, "role": "supervisor", "language": "ru", "time_zone": "UTC"}
    assert "Saved." in (await dina.post(page, form)).words
    assert (await office.services.accounts.get(office.cast.boris.id)).role is Role.SUPERVISOR
    await dina.post(f"{page}/deactivate")
    assert await office.services.accounts.verify("boris", PASSWORD) is None
    assert "Boris Klimov" not in (await dina.get("/admin/people")).words
    assert "Boris Klimov" in (await dina.get("/admin/people?left=1")).words
    await dina.post(f"{page}/reactivate")
    assert await office.services.accounts.verify("boris", PASSWORD) is not None


async def test_the_last_administrator_stays(office: Office, client_as: ClientAs) -> None:
    dina, page = await client_as("dina"), f"/admin/people/{office.cast.dina.id}"
    answer = await dina.post(f"{page}/deactivate")
    assert (answer.status, "last administrator" in answer.words) == (409, True)
    demoted = await dina.post(
        page,
        {
            "login": "dina",
            "name": "Dina Belova",
            "role": "operator",
            "language": "en",
            "time_zone": "UTC",
        },
    )
    assert (demoted.status, "last administrator" in demoted.words) == (422, True)


async def test_a_new_password_ends_the_persons_logins(office: Office, client_as: ClientAs) -> None:
    dina, boris = await client_as("dina"), await client_as("boris")
    assert (await boris.get("/me", follow=False)).status == 200
    page = f"/admin/people/{office.cast.boris.id}/password"
    await dina.post(page, {"password": "новый-пароль-9Q"})
    assert (await boris.get("/me", follow=False)).status == 303
    assert await office.services.accounts.verify("boris", "новый-пароль-9Q") is not None


async def test_extensions_are_added_given_retired_and_used_again(
    office: Office, client_as: ClientAs
) -> None:
    dina = await client_as("dina")
    await dina.post("/admin/extensions", {"number": "104"})
    async with office.services.storage.read() as connection:
        desk = next(d for d in await list_extensions(connection) if d.number == "104")
    assert (desk.interface, desk.agent_id) == ("PJSIP/104", None)
    form = {"number": "105", "interface": "SIP/105", "agent_id": str(office.cast.boris.id)}
    await dina.post(f"/admin/extensions/{desk.id}", form)
    await dina.post(f"/admin/extensions/{desk.id}/retire")
    async with office.services.storage.read() as connection:
        desk = next(d for d in await list_extensions(connection, active=None) if d.id == desk.id)
    assert (desk.number, desk.interface, desk.agent_id) == ("105", "SIP/105", office.cast.boris.id)
    assert not desk.active
    await dina.post(f"/admin/extensions/{desk.id}/restore")
    async with office.services.storage.read() as connection:
        assert desk.id in [d.id for d in await list_extensions(connection)]


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"number": "101"}, "There is an extension 101 already"),
        ({"number": "x"}, "An extension is 2 to 6 digits"),
        ({"number": "109", "interface": "PJSIP/101"}, "Another extension has"),
        ({"number": "109", "interface": "nonsense"}, "An interface looks like"),
        ({"number": "109", "agent_id": "999"}, "Choose one of the list"),
        ({"number": "109", "agent_id": "x"}, "Choose one of the list"),
    ],
)
async def test_an_extension_is_refused_beside_the_field(
    client_as: ClientAs, form: dict[str, str], said: str
) -> None:
    dina = await client_as("dina")
    answer = await dina.post("/admin/extensions", form)
    assert (answer.status, said in answer.words) == (422, True)


async def test_a_desk_is_not_taken_from_under_whoever_sits_there(
    office: Office, client_as: ClientAs
) -> None:
    await office.services.roster.log_in(office.cast.anna, office.cast.desk_103)
    dina = await client_as("dina")
    answer = await dina.post(f"/admin/extensions/{office.cast.desk_103}/retire")
    assert (answer.status, "Anna Orlova sits there now" in answer.words) == (409, True)


async def test_a_queue_has_rules_and_a_team(office: Office, client_as: ClientAs) -> None:
    dina = await client_as("dina")
    answer = await dina.post("/admin/queues", QUEUE)
    page = answer.url.path
    async with office.services.storage.read() as connection:
        queue = next(q for q in await list_queues(connection) if q.name == "vip")
    assert (queue.wrap_up_seconds, queue.wrap_up_skippable) == (45, False)
    assert (queue.next_step_required, queue.callback_due_seconds) == (True, 300)
    await dina.post(f"{page}/team", {"agent_id": str(office.cast.anna.id), "penalty": "2"})
    refused = await dina.post(f"{page}/team", {"agent_id": "999", "penalty": "0"})
    assert refused.status == 422
    async with office.services.storage.read() as connection:
        (member,) = await list_members(connection, queue.id)
    assert (member.agent_name, member.penalty) == ("Anna Orlova", 2)
    await dina.post(f"{page}/team/{office.cast.anna.id}/remove")
    loose = {**QUEUE, "wrap_up_skippable": "1"}
    del loose["next_step_required"]
    await dina.post(page, loose)
    await dina.post(f"{page}/retire")
    async with office.services.storage.read() as connection:
        assert await list_members(connection, queue.id) == []
        queue = next(q for q in await list_queues(connection, active=None) if q.name == "vip")
    assert (queue.wrap_up_skippable, queue.next_step_required, queue.active) == (True, False, False)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"name": "sales"}, "There is a queue sales already"),
        ({"name": "с пробелом"}, "exactly as Asterisk has it"),
        ({"title": ""}, "Fill this in"),
        ({"wrap_up_seconds": "1"}, "At least 5"),
        ({"wrap_up_seconds": "soon"}, "Write a whole number"),
        ({"callback_due_minutes": "999999"}, "At most"),
    ],
)
async def test_a_queue_is_refused_beside_the_field(
    client_as: ClientAs, form: dict[str, str], said: str
) -> None:
    dina = await client_as("dina")
    answer = await dina.post("/admin/queues", {**QUEUE, **form})
    assert (answer.status, said in answer.words) == (422, True)


async def test_dispositions_are_put_in_order(office: Office, client_as: ClientAs) -> None:
    dina = await client_as("dina")

    async def order() -> list[str]:
        async with office.services.storage.read() as connection:
            return [each.code for each in await list_dispositions(connection)]

    assert await order() == ["agreed", "refused", "wrong_number"]
    await dina.post(f"/admin/dispositions/{office.cast.wrong_number}/move", {"to": "up"})
    assert await order() == ["agreed", "wrong_number", "refused"]
    await dina.post(f"/admin/dispositions/{office.cast.agreed}/move", {"to": "down"})
    assert await order() == ["wrong_number", "agreed", "refused"]
    await dina.post(f"/admin/dispositions/{office.cast.wrong_number}/move", {"to": "up"})
    await dina.post(f"/admin/dispositions/{office.cast.wrong_number}/move", {"to": "sideways"})
    assert await order() == ["wrong_number", "agreed", "refused"]


async def test_a_disposition_gets_a_code_of_its_title(office: Office, client_as: ClientAs) -> None:
    dina = await client_as("dina")
    await dina.post("/admin/dispositions", {"title": "Думает", "needs_next_step": "1"})
    await dina.post("/admin/dispositions", {"title": "думает!"})
    async with office.services.storage.read() as connection:
        *_, first, second = await list_dispositions(connection)
    assert (first.code, first.title, first.needs_next_step) == ("dumaet", "Думает", True)
    assert second.code == "dumaet-2"


def test_a_code_is_made_of_any_title() -> None:
    assert code_of("Щука & Ёж", (), otherwise="x") == "shchuka-ezh"
    assert code_of("Déjà vu", (), otherwise="x") == "deja-vu"
    assert code_of("!!!", ("x",), otherwise="x") == "x-2"


async def test_the_last_disposition_stays(office: Office, client_as: ClientAs) -> None:
    dina = await client_as("dina")
    for one in (office.cast.agreed, office.cast.refused):
        assert (await dina.post(f"/admin/dispositions/{one}/retire")).status == 200
    answer = await dina.post(f"/admin/dispositions/{office.cast.wrong_number}/retire")
    assert (answer.status, "is the last one" in answer.words) == (409, True)
    await dina.post(f"/admin/dispositions/{office.cast.agreed}/restore")
    async with office.services.storage.read() as connection:
        assert {each.code for each in await list_dispositions(connection)} == {
            "agreed",
            "wrong_number",
        }


async def test_pause_reasons_are_added_renamed_and_retired(
    office: Office, client_as: ClientAs
) -> None:
    dina = await client_as("dina")
    reserved = await dina.post("/admin/pause-reasons", {"title": "X", "code": "wrap-up"})
    assert (reserved.status, "is used by the product itself" in reserved.words) == (422, True)
    await dina.post("/admin/pause-reasons", {"title": "Обед", "code": "dinner"})
    await dina.post(f"/admin/pause-reasons/{office.cast.lunch}", {"title": "Late lunch"})
    await dina.post(f"/admin/pause-reasons/{office.cast.training}/retire")
    await dina.post(f"/admin/pause-reasons/{office.cast.lunch}/move", {"to": "down"})
    async with office.services.storage.read() as connection:
        listed = [(each.code, each.title) for each in await list_pause_reasons(connection)]
    assert listed == [("dinner", "Обед"), ("lunch", "Late lunch")]


async def test_the_audit_trail_says_from_what_to_what(office: Office, client_as: ClientAs) -> None:
    dina = await client_as("dina")
    form = {**BORIS, "name": "Boris K.", "role": "supervisor", "language": "en", "time_zone": "UTC"}
    await dina.post(f"/admin/people/{office.cast.boris.id}", form)
    page = await dina.get("/admin/audit")
    for said in ("Dina Belova", "changed", "Boris Klimov → Boris K.", "Operator → Supervisor"):
        assert said in page.words
    other = await dina.get(f"/admin/audit?agent={office.cast.anna.id}")
    assert "Nothing was changed" in other.words
    assert (await dina.get("/admin/audit?subject=x&agent=y&before=z")).status == 200


async def test_the_audit_trail_calls_things_by_their_names(
    office: Office, client_as: ClientAs
) -> None:
    dina = await client_as("dina")
    form = {**BORIS, "name": "Boris <b>K</b>", "language": "en", "time_zone": "UTC"}
    await dina.post(f"/admin/people/{office.cast.boris.id}", form)
    await dina.post("/admin/queues", QUEUE | {"title": "Best clients"})
    page = await dina.get("/admin/audit")
    assert "Queue Best clients" in page.words
    assert "Person Boris <b>K</b>" in page.words
    assert "<b>K" not in page.text


async def test_the_audit_trail_says_colours_in_words(office: Office, client_as: ClientAs) -> None:
    await office.services.accounts.set_preferences(office.cast.anna, theme="dark")
    page = await (await client_as("dina")).get("/admin/audit")
    assert "colours: As the computer → Dark" in page.words


async def test_the_audit_trail_is_read_page_by_page(office: Office, client_as: ClientAs) -> None:
    dina = await client_as("dina")
    for n in range(60):
        await office.services.desks.pause_reasons.edit(
            office.cast.dina, office.cast.lunch, title=f"Lunch {n}"
        )
    first = await dina.get("/admin/audit")
    (older,) = re.findall(r'href="([^"]*before=\d+)"', first.text)
    second = await dina.get(older.replace("&amp;", "&"))
    titles = re.findall(r"→ Lunch (\d+)", first.words + second.words)
    assert titles == [str(n) for n in reversed(range(60))]


@pytest.mark.parametrize(
    "page", ["people", "extensions", "queues", "dispositions", "pause-reasons"]
)
async def test_what_does_not_exist_is_missing(client_as: ClientAs, page: str) -> None:
    dina = await client_as("dina")
    assert (await dina.get(f"/admin/{page}/999")).status == 404
    assert (await dina.get(f"/admin/{page}/999999999999999")).status == 404
