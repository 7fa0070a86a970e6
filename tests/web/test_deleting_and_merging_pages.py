"""Deleted, brought back, made one, made two again: on the pages."""

from tests.web.conftest import ClientAs, Office
from tests.web.sales import begin_sales


async def test_where_a_deleted_client_was_there_is_the_way_back(
    office: Office, client_as: ClientAs
) -> None:
    grigory, anna = await client_as("grigory"), await client_as("anna")
    path = f"/clients/{office.cast.romashka}"
    gone = await grigory.post(f"{path}/delete", {})
    assert (gone.status, gone.url.path) == (410, path)
    assert "Bring it back" in gone.words
    assert "Grigory Lvov" in gone.words
    assert (await anna.get(path)).status == 404
    assert (await anna.post(f"{path}/restore", {})).status == 404
    listed = await grigory.get("/deleted")
    assert "Ромашка" in listed.words
    back = await grigory.post(f"{path}/restore", {})
    assert (back.status, back.url.path) == (200, path)
    assert (await anna.post(f"{path}/delete", {})).status == 403


async def test_the_chosen_are_deleted_in_one_step_and_brought_back_in_one(
    office: Office, client_as: ClientAs
) -> None:
    grigory, cast = await client_as("grigory"), office.cast
    chosen = {"ids": f"{cast.romashka},{cast.pavel}"}
    listed = await grigory.post("/clients/delete", chosen)
    assert "2 clients were deleted in this step." in listed.words
    at = {"at": listed.url.query["at"]}
    assert "Nothing is deleted" in (await grigory.post("/deleted/restore", at)).words
    assert (await grigory.get(f"/clients/{cast.pavel}")).status == 200
    assert (await grigory.post("/deleted/restore", {"at": "tomorrow"})).status == 404
    assert (await (await client_as("anna")).post("/clients/delete", chosen)).status == 403


async def test_a_deleted_deal_is_brought_back_from_where_it_was(
    office: Office, client_as: ClientAs
) -> None:
    await begin_sales(office)
    anna = await client_as("anna")
    made = await anna.post("/deals", {"title": "Lamps", "client_id": office.cast.romashka})
    path = made.url.path
    await anna.post(f"{path}/delete", {})
    gone = await anna.get(path)
    assert (gone.status, "Bring it back" in gone.words) == (410, True)
    assert "Lamps" in (await anna.get("/deleted?kind=deal")).words
    assert (await anna.post(f"{path}/restore", {})).status == 200


async def test_two_are_looked_at_side_by_side_and_made_one(
    office: Office, client_as: ClientAs
) -> None:
    vera, cast = await client_as("vera"), office.cast
    path, other = f"/clients/{cast.romashka}", f"/clients/{cast.pavel}"
    assert "Look at both" in (await vera.get(f"{path}/merge")).words
    both = await vera.get(f"{path}/merge?with={cast.pavel}")
    assert "Organisation" in both.words
    assert "Person" in both.words
    one = await vera.post(f"{path}/merge", {"with": cast.pavel, "name": "merged"})
    assert one.url.path == path
    assert "They are one client now." in one.words
    led = await vera.get(other)
    assert led.url.path == path
    assert "the same as the one you see" in led.words
    merge_id = 1
    back = await vera.post(f"/merges/{merge_id}/undo", {})
    assert back.url.path == other
    for wrong in (cast.romashka, 10**9, ""):
        refused = await vera.post(f"{path}/merge", {"with": wrong})
        assert refused.status == 422
