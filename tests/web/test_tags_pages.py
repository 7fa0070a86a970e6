"""Tags on the pages: put on, taken off, told in the history, kept in order."""

import pytest

from crm_core.tags.reading import list_tags
from tests.web.conftest import ClientAs, Office
from tests.web.sales import begin_sales


async def test_a_tag_is_put_on_a_card_and_taken_off(office: Office, client_as: ClientAs) -> None:
    anna, pavel = await client_as("anna"), office.cast.pavel
    made = (await anna.post(f"/tags/client/{pavel}", {"title": "VIP <b>"})).json
    assert (made["title"], made["is_new"]) == ("VIP <b>", True)
    assert (await anna.post(f"/tags/client/{pavel}", {"title": "vip <b>"})).json["is_new"] is False
    card = (await anna.get(f"/clients/{pavel}/card")).text
    assert 'data-title="VIP &lt;b&gt;"' in card
    assert "VIP &lt;b&gt;" in (await anna.get("/tags/options?search=vi")).text
    assert "Павел" in (await anna.get("/search?q=vip")).words
    gone = await anna.post(f"/tags/client/{pavel}/{made['id']}/remove", {})
    assert gone.json == {"title": "VIP <b>"}
    history = (await anna.get(f"/clients/{pavel}/timeline?shown=changes")).words
    assert "tag put on" in history
    assert "tag taken off" in history
    for wrong, status in (({"title": " "}, 422), ({"title": "x" * 51}, 422)):
        assert (await anna.post(f"/tags/client/{pavel}", wrong)).status == status
    assert (await anna.post("/tags/client/999", {"title": "x"})).status == 404
    assert (await anna.post("/tags/robot/1", {"title": "x"})).status == 404


async def test_leads_and_deals_bear_tags_too(office: Office, client_as: ClientAs) -> None:
    await begin_sales(office)
    anna = await client_as("anna")
    for kind in ("deal", "lead"):
        data = {"title": "Lamps", "client_id": str(office.cast.pavel)}
        made = await anna.post(f"/{kind}s", data, follow=False)
        record = made.headers["Location"].rpartition("/")[2]
        await anna.post(f"/tags/{kind}/{record}", {"title": f"urgent {kind}"})
        assert f"urgent {kind}" in (await anna.get(f"/{kind}s/{record}")).text
        assert f"/{kind}s/{record}" in (await anna.get(f"/search?q=urgent {kind}")).text


async def test_the_tags_that_begin_as_is_written_are_offered_first(
    office: Office, client_as: ClientAs
) -> None:
    anna = await client_as("anna")
    for title in ("a vip", "Vip gold", "Other"):
        await anna.post(f"/tags/client/{office.cast.pavel}", {"title": title})
    offered = (await anna.get("/tags/options?search=VIP")).text
    assert offered.index("Vip gold") < offered.index("a vip")
    assert "Other" not in offered


@pytest.fixture
async def tagged(office: Office, client_as: ClientAs) -> dict[str, int]:
    anna, cast, made = await client_as("anna"), office.cast, {}
    for client_id, title in ((cast.pavel, "Big"), (cast.romashka, "Large"), (cast.pavel, "Large")):
        answer = await anna.post(f"/tags/client/{client_id}", {"title": title})
        made[title] = answer.json["id"]
    return made


async def test_an_administrator_keeps_the_tags_in_order(
    office: Office, client_as: ClientAs, tagged: dict[str, int]
) -> None:
    dina = await client_as("dina")
    shown = await dina.get("/admin/tags")
    assert "Remove “Large”? It is on 2 records." in shown.text.replace("&#34;", '"')
    await office.services.accounts.set_preferences(office.cast.dina, language="ru")
    asked = "Убрать «Large»? Метка стоит на 2 записях."
    assert asked in (await (await client_as("dina")).get("/admin/tags")).text
    await office.services.accounts.set_preferences(office.cast.dina, language="en")
    big = f"/admin/tags/{tagged['Big']}"
    await dina.post(big, {"title": "Whale", "colour": "violet"})
    assert "is-violet" in (await dina.get("/admin/tags")).text
    taken = await dina.post(big, {"title": "LARGE", "colour": ""})
    assert taken.status == 422
    assert "aria-invalid" in taken.text
    assert (await dina.post(f"{big}/join", {"into": ""})).status == 422
    assert (await dina.post(f"{big}/join", {"into": tagged["Big"]})).status == 422
    await dina.post(f"{big}/join", {"into": tagged["Large"]})
    async with office.services.storage.read() as connection:
        assert [tag.title for tag in await list_tags(connection)] == ["Large"]
    await dina.post(f"/admin/tags/{tagged['Large']}/delete", {})
    assert "There is no tag yet" in (await dina.get("/admin/tags")).words
    await office.settled()
    assert "Павел" not in (await dina.get("/search?q=large")).words
    told = (await dina.get("/admin/audit?subject=tag")).words
    assert "joined with another" in told
    assert "removed everywhere" in told


async def test_what_is_ticked_in_a_list_is_tagged_together(
    office: Office, client_as: ClientAs, tagged: dict[str, int]
) -> None:
    anna, cast = await client_as("anna"), office.cast
    both = {"ids": f"{cast.pavel},{cast.romashka}"}
    told = await anna.post(
        "/clients/tags", {**both, "add": "Spring fair, vip ,VIP", "remove": "big"}
    )
    assert "The tags are changed" in told.words
    for client_id in (cast.pavel, cast.romashka):
        card = (await anna.get(f"/clients/{client_id}/card")).text
        assert 'data-title="Spring fair"' in card
        assert 'data-title="vip"' in card
        assert 'data-title="Big"' not in card
    for wrong in ({**both, "add": " , "}, {"ids": "", "add": "x"}, {**both, "add": "x" * 51}):
        assert (await anna.post("/clients/tags", wrong)).status == 422, wrong
    for path in ("/leads/tags", "/deals/tags"):
        assert (await anna.post(path, {"ids": "1", "add": "x"})).status == 200
