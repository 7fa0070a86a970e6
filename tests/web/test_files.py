"""Files of a client: kept whole, given back as they came, shown without running anything."""

import io

import aiohttp
import pytest
from sqlalchemy import func, select

from crm_core.clients.files import MOST_BYTES, PIECE, safe_name
from crm_core.clients.tables import file_bytes, files
from tests.web.browsing import Answer, Visitor
from tests.web.conftest import ClientAs, Office

SCRIPT = {"Accept": "application/json"}


async def send(who: Visitor, client_id: int, name: str, content: bytes, kind: str) -> Answer:
    form = aiohttp.FormData(quote_fields=False)  # as browsers do
    form.add_field("file", io.BytesIO(content), filename=name, content_type=kind)
    headers = {**SCRIPT, "X-CSRF-Token": await who.csrf()}
    return await who.request("POST", f"/clients/{client_id}/files", data=form, headers=headers)


async def kept_pieces(office: Office) -> int:
    async with office.services.storage.read() as connection:
        query = select(func.count()).select_from(file_bytes)
        return int((await connection.execute(query)).scalar_one())


async def test_a_file_comes_back_byte_by_byte_under_its_own_name(
    office: Office, client_as: ClientAs
) -> None:
    anna, content = await client_as("anna"), bytes(range(256)) * (PIECE // 100)
    answer = await send(anna, office.cast.pavel, "Договор №7.pdf", content, "application/pdf")
    (file_id,) = answer.json["file_ids"]
    file = await anna.get(f"/files/{file_id}")
    assert file.body == content
    assert file.headers["Content-Type"] == "application/pdf"
    assert "%D0%94%D0%BE%D0%B3%D0%BE%D0%B2%D0%BE%D1%80" in file.headers["Content-Disposition"]
    told = await anna.get(f"/clients/{office.cast.pavel}/timeline?shown=files")
    assert "Договор №7.pdf" in told.words


async def test_the_same_file_twice_takes_room_once(office: Office, client_as: ClientAs) -> None:
    anna = await client_as("anna")
    await send(anna, office.cast.pavel, "a.txt", b"the same", "text/plain")
    await send(anna, office.cast.romashka, "b.txt", b"the same", "text/plain")
    assert await kept_pieces(office) == 1


@pytest.mark.parametrize("kind", ["text/html", "image/svg+xml", "application/x-sh", "nonsense"])
async def test_what_could_run_in_the_browser_is_only_saved(
    office: Office, client_as: ClientAs, kind: str
) -> None:
    anna = await client_as("anna")
    answer = await send(anna, office.cast.pavel, "x.html", b"<script>alert(1)</script>", kind)
    file = await anna.get(f"/files/{answer.json['file_ids'][0]}")
    assert file.headers["Content-Type"] == "application/octet-stream"
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in file.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("content", "said"), [(b"", "is empty"), (b"x" * (MOST_BYTES + 1), "at most 25 MB")]
)
async def test_an_empty_or_a_huge_file_is_refused_and_nothing_of_it_stays(
    office: Office, client_as: ClientAs, content: bytes, said: str
) -> None:
    anna = await client_as("anna")
    refused = await send(anna, office.cast.pavel, "x", content, "text/plain")
    assert (refused.status, said in refused.json["error"]["message"]) == (422, True)
    assert await kept_pieces(office) == 0


async def test_a_file_removed_by_mistake_comes_back(office: Office, client_as: ClientAs) -> None:
    anna = await client_as("anna")
    answer = await send(anna, office.cast.pavel, "a.txt", b"content", "text/plain")
    (file_id,) = answer.json["file_ids"]
    removed = await anna.post(f"/fields/file/{file_id}/remove", headers=SCRIPT)
    assert (await anna.get(f"/files/{file_id}")).status == 404
    await anna.post(f"/changes/{removed.json['change_id']}/undo", headers=SCRIPT)
    assert (await anna.get(f"/files/{file_id}")).body == b"content"


async def test_a_file_of_a_client_who_is_gone_is_gone(office: Office, client_as: ClientAs) -> None:
    anna = await client_as("anna")
    answer = await send(anna, office.cast.pavel, "a.txt", b"content", "text/plain")
    async with office.services.storage.write() as tx:
        await tx.execute(files.update().values(client_id=office.cast.romashka))
        await tx.connection.exec_driver_sql("UPDATE clients SET deleted_at = created_at")
    assert (await anna.get(f"/files/{answer.json['file_ids'][0]}")).status == 404


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\план.xls", "план.xls"),
        ("a\r\nSet-Cookie: b", "aSet-Cookie: b"),
        ("‮gpj.exe", "gpj.exe"),
        ("///", "file"),
        ("x" * 400 + ".pdf", "x" * 251 + ".pdf"),
    ],
)
def test_a_name_is_only_a_name(written: str, kept: str) -> None:
    assert safe_name(written) == kept
