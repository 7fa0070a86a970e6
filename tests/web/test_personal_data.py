"""A person's data on the pages: given out whole, held, erased."""

import io
import json
import zipfile

import aiohttp

from dialer.do_not_call.kinds import How
from dialer.do_not_call.opt_outs import OptOuts
from dialer.do_not_call.records import Said
from tests.web.conftest import ClientAs, Office
from tests.web.sales import begin_sales

NAME = "ООО «Ромашка»"


async def test_all_that_is_kept_is_given_out_as_one_zip(
    office: Office, client_as: ClientAs
) -> None:
    await begin_sales(office)
    grigory, path = await client_as("grigory"), f"/clients/{office.cast.romashka}"
    await grigory.post(f"{path}/notes", {"text": "Asks for <b>blue</b> lamps"})
    await grigory.post("/deals", {"title": "Lamps", "client_id": office.cast.romashka})
    stop = OptOuts(office.services.storage, office.clock, "RU")
    await stop.stop(office.cast.anna, "+79161234567", Said(How.SAID))
    body = aiohttp.FormData()
    body.add_field("file", b"\x00contract\xff", filename="contract.pdf")
    headers = {"X-CSRF-Token": await grigory.csrf()}
    await grigory.request("POST", f"{path}/files", data=body, headers=headers)
    answer = await grigory.request("POST", f"{path}/data.zip", headers=headers)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/zip")

    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    data, manifest = json.loads(held["data.json"]), json.loads(held["manifest.json"])
    assert [row["title"] for row in data["deals"]] == ["Lamps"]
    assert {row["e164"] for row in data["client_numbers"]} == {"+74951234567", "+79161234567"}
    assert data["words"]["agents"][str(office.cast.anna.id)] == "Anna Orlova"
    document = held["data.html"].decode()
    assert "&lt;b&gt;blue&lt;/b&gt;" in document
    assert "+79161234567 · said to an operator" in document
    assert [row["e164"] for row in data["do_not_call"]] == ["+79161234567"]
    [name] = [name for name in held if name.startswith("files/")]
    assert (name.endswith("-contract.pdf"), held[name]) == (True, b"\x00contract\xff")
    assert {each["name"] for each in manifest["contents"]} == set(held) - {"manifest.json"}
    changes = await grigory.get(f"{path}/timeline?shown=changes")
    assert "personal data given out" in changes.words


async def test_held_data_is_not_erased_and_freed_data_only_by_its_name(
    office: Office, client_as: ClientAs
) -> None:
    dina, path = await client_as("dina"), f"/clients/{office.cast.romashka}"
    held = await dina.post(f"{path}/hold", {"held": "1"})
    assert "The data is held" in held.words
    assert "legal hold" in (await dina.get(path)).words
    refused = await dina.post(f"{path}/erase", {"name": NAME})
    assert (refused.status, "under legal hold" in refused.words) == (409, True)
    await dina.post(f"{path}/hold", {})
    wrong = await dina.post(f"{path}/erase", {"name": "Romashka"})
    assert (wrong.status, "That is not the name." in wrong.words) == (422, True)
    erased = await dina.post(f"{path}/erase", {"name": NAME.lower()})
    assert (erased.url.path, "Erased" in erased.words) == ("/clients", True)
    assert (await dina.get(path)).status == 404
    assert NAME not in (await dina.get("/admin/audit")).text
    assert NAME not in (await dina.get("/deleted")).text


async def test_whom_the_data_does_not_concern_has_no_page_for_it(
    office: Office, client_as: ClientAs
) -> None:
    anna, path = await client_as("anna"), f"/clients/{office.cast.romashka}"
    assert "Personal data" not in (await anna.get(path)).words
    assert (await anna.get(f"{path}/data")).status == 403
    for action in ("data.zip", "hold", "erase"):
        assert (await anna.post(f"{path}/{action}", {"name": NAME})).status == 403
