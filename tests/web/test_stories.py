"""What happened with a client, told on the page of his deal or lead, and written down there."""

import io
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select

from crm_core.agents.rights import RecordKind
from crm_core.agents.tables import role_rights
from crm_core.clients.tables import files, notes
from crm_core.deals.records import NewDeal
from crm_core.errors import NotFound
from crm_core.leads.records import NewLead, Party
from tests.web.browsing import Visitor
from tests.web.conftest import ClientAs, Office
from tests.web.sales import begin_sales

SCRIPT = {"Accept": "application/json"}
Records = dict[str, int]


@pytest.fixture
async def records(office: Office) -> Records:
    """Anna's deal with a client whom everybody sees, and her lead."""
    await begin_sales(office)
    cast, services = office.cast, office.services
    return {
        "deal": await services.deals.create(cast.anna, NewDeal("Forty lamps", cast.pavel)),
        "lead": await services.leads.create(
            cast.anna, NewLead(Party("Olga Novak", number="+79161112233"), title="A lamp")
        ),
    }


async def _row(office: Office, table: Any) -> dict[str, Any]:
    async with office.services.storage.read() as connection:
        return dict((await connection.execute(select(table))).mappings().one())


async def _send_file(who: Visitor, path: str) -> int:
    form = aiohttp.FormData()
    form.add_field("file", io.BytesIO(b"a plan"), filename="plan.txt", content_type="text/plain")
    headers = {**SCRIPT, "X-CSRF-Token": await who.csrf()}
    answer = await who.request("POST", path, data=form, headers=headers)
    assert answer.status == 200
    return int(answer.json["file_ids"][0])


@pytest.mark.parametrize("kind", ["deal", "lead"])
async def test_what_is_written_beside_a_record_is_in_its_clients_history_marked_as_its_own(
    office: Office, records: Records, client_as: ClientAs, kind: str
) -> None:
    anna, at = await client_as("anna"), f"/{kind}s/{records[kind]}"
    assert 'class="composer" data-drop' in (await anna.get(at)).text
    await anna.post(f"{at}/notes", {"text": "Wants it dimmed"}, headers=SCRIPT)
    await _send_file(anna, f"{at}/files")
    for table in (notes, files):
        row = await _row(office, table)
        assert row[f"{kind}_id"] == records[kind]
        history = await anna.get(f"/clients/{row['client_id']}/timeline")
        assert f'href="{at}"' in history.text.partition("on-" + table.name[:-1])[2]
    for shown, told in (
        ("all", "Wants it dimmed"),
        ("notes", "Wants it dimmed"),
        ("files", "plan"),
    ):
        assert told in (await anna.get(f"{at}/timeline?shown={shown}")).words
    empty = await anna.post(f"{at}/notes", {"text": "  "}, headers=SCRIPT)
    assert empty.json["error"]["code"] == "required"


async def test_a_deal_tells_its_own_changes_and_leaves_its_clients_to_his_card(
    office: Office, records: Records, client_as: ClientAs
) -> None:
    anna = await client_as("anna")
    for at, name, before, written in (
        (f"client/{office.cast.pavel}", "note", "", "Of the client"),
        (f"deal/{records['deal']}", "note", "", "Of the deal"),
    ):
        values = {"name": name, "before": before, "written": written}
        assert (await anna.post(f"/fields/{at}", values, headers=SCRIPT)).status == 200
    told = (await anna.get(f"/deals/{records['deal']}/timeline?shown=changes")).words
    assert "Of the deal" in told
    assert "Of the client" not in told


async def test_what_was_written_beside_a_deal_is_not_read_by_who_may_not_see_the_deal(
    office: Office, records: Records, client_as: ClientAs
) -> None:
    anna = await client_as("anna")
    at = f"/deals/{records['deal']}"
    await anna.post(f"{at}/notes", {"text": "A secret price"}, headers=SCRIPT)
    file_id = await _send_file(anna, f"{at}/files")
    boris, his = await client_as("boris"), f"/clients/{office.cast.pavel}/timeline"
    assert "A secret price" in (await boris.get(his)).words
    rights = {RecordKind.DEAL.value: {"see": "own", "edit": "own"}}
    async with office.services.storage.write() as tx:
        await tx.execute(role_rights.delete())
        await tx.execute(role_rights.insert().values(role="operator", rights=rights))
    told = (await boris.get(his)).words
    assert "A secret price" not in told
    assert "plan.txt" not in told
    assert (await boris.get(f"/files/{file_id}")).status == 404
    for path in (f"{at}/timeline", f"{at}/card"):
        assert (await boris.get(path)).status == 404
    assert (await boris.post(f"{at}/notes", {"text": "x"}, headers=SCRIPT)).status == 404
    note = await _row(office, notes)
    change = {"name": "text", "written": "Mine", "before": "A secret price"}
    for path in (f"note/{note['id']}", f"note/{note['id']}/remove", f"file/{file_id}/remove"):
        assert (await boris.post(f"/fields/{path}", change, headers=SCRIPT)).status == 404
    assert await _row(office, notes) == note


async def test_a_deal_whose_client_changed_meanwhile_takes_no_note_for_the_one_before(
    office: Office, records: Records
) -> None:
    cast, clients = office.cast, office.services.clients
    with pytest.raises(NotFound):
        await clients.add_note(cast.anna, cast.romashka, "x", deal_id=records["deal"])


async def test_the_person_of_a_lead_is_reached_and_corrected_on_its_page(
    office: Office, records: Records, client_as: ClientAs
) -> None:
    anna, at = await client_as("anna"), f"/leads/{records['lead']}"
    shown = (await anna.get(at)).text
    party = shown.partition('data-edit="client/')[2].partition('"')[0]
    assert 'data-edit="number/' in shown
    added = await anna.post(
        f"/clients/{party}/points", {"kind": "email", "written": "olga@novak.ru"}, headers=SCRIPT
    )
    assert added.status == 200
    after = (await anna.get(f"{at}/card")).text
    assert "mailto:olga@novak.ru" in after
    assert 'data-edit="contact_point/' in after


async def test_how_long_it_has_stood_is_a_length(
    office: Office, records: Records, client_as: ClientAs
) -> None:
    await office.clock.advance(3 * 3600)
    anna = await client_as("anna", language="en")
    for kind in ("deal", "lead"):
        text = (await anna.get(f"/{kind}s/{records[kind]}/card")).words
        assert "In this stage 3 hours" in " ".join(text.split())
        assert "ago" not in text
