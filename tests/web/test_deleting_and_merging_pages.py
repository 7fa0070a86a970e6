"""Deleted, brought back, made one, made two again: on the pages."""

import pytest

from crm_core.deals.records import NewDeal
from crm_core.leads.records import NewLead
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


@pytest.mark.parametrize("kind", ["client", "lead", "deal"])
async def test_the_chosen_are_deleted_in_one_step_and_brought_back_in_one(
    kind: str, office: Office, client_as: ClientAs
) -> None:
    await begin_sales(office)
    grigory, cast, services = await client_as("grigory"), office.cast, office.services
    ids = [cast.romashka, cast.pavel]
    if kind == "lead":
        wanted = NewLead(client_id=cast.romashka, title="Lamps")
        ids = [await services.leads.create(cast.boris, wanted) for _ in range(2)]
    if kind == "deal":
        sold = NewDeal("Lamps", cast.romashka)
        ids = [await services.deals.create(cast.grigory, sold) for _ in range(2)]
    chosen = {"ids": ",".join(map(str, ids)), "query": "owner=me"}
    listed = await grigory.post(f"/{kind}s/delete", chosen)
    assert (listed.url.path, listed.url.query["owner"]) == (f"/{kind}s", "me")
    assert f"The {kind}s are deleted." in listed.words
    assert 'action="/deletions/1/undo"' in listed.text
    again = await grigory.get(f"/{kind}s")
    assert "/deletions/1/undo" not in again.text  # told once
    gone = await grigory.get(f"/deleted?kind={kind}")
    assert f"2 {kind}s deleted together" in gone.words
    step = await grigory.get("/deletions/1")
    assert "Grigory Lvov" in step.words
    back = await grigory.post("/deletions/1/undo", {"from_list": "1"})
    assert (back.url.path, f"The {kind}s are back." in back.words) == (f"/{kind}s", True)
    assert (await grigory.get(f"/{kind}s/{ids[0]}")).status == 200
    assert "deleted together" not in (await grigory.get(f"/deleted?kind={kind}")).words
    assert (await grigory.post("/deletions/1/undo", {})).status == 409
    anna = await client_as("anna")
    assert (await anna.post(f"/{kind}s/delete", chosen)).status == 403
    assert (await anna.get("/deletions/1")).status == 404
    assert (await anna.post("/deletions/1/undo", {})).status == 404
    assert (await grigory.post(f"/{kind}s/delete", {"ids": ""})).status == 422


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
