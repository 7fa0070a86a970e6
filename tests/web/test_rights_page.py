"""Rights as an administrator gives them: felt at once, by whoever has the role, and noted."""

import pytest

from crm_core.audit import list_audit
from tests.web.conftest import ClientAs, Office


async def test_what_a_role_may_no_longer_see_is_gone_for_it_at_once(
    office: Office, client_as: ClientAs
) -> None:
    boris, dina = await client_as("boris"), await client_as("dina")
    page = f"/clients/{office.cast.romashka}"
    assert (await boris.get(page)).status == 200
    saved = await dina.post("/admin/rights/operator", {"client_see": "own"})
    assert "The rights are saved" in saved.words
    assert (await boris.get(page)).status == 404
    assert (await (await client_as("anna")).get(page)).status == 200  # it is hers
    await dina.post("/admin/rights/operator/reset")
    assert (await boris.get(page)).status == 200


async def test_a_change_of_rights_is_noted_from_what_to_what(
    office: Office, client_as: ClientAs
) -> None:
    dina = await client_as("dina")
    await dina.post("/admin/rights/supervisor", {"deal_delete": "none", "deal_see": "all"})
    async with office.services.storage.read() as connection:
        (entry,) = await list_audit(connection, subject="role")
    assert entry.details == {"record_kind": "deal", "delete": ["team", "none"]}
    assert "the team's → nobody's" in (await dina.get("/admin/audit?subject=role")).words


@pytest.mark.parametrize(
    ("role", "given", "status"),
    [
        ("administrator", {"client_see": "none"}, 422),
        ("operator", {"client_see": "planet"}, 422),
        ("emperor", {}, 404),
    ],
)
async def test_nonsense_and_shutting_oneself_out_are_refused(
    client_as: ClientAs, role: str, given: dict[str, str], status: int
) -> None:
    dina = await client_as("dina")
    assert (await dina.post(f"/admin/rights/{role}", given)).status == status


async def test_a_newcomer_is_kept_from_key_clients_of_others(
    office: Office, client_as: ClientAs
) -> None:
    cast, dina = office.cast, await client_as("dina")
    boris, script = await client_as("boris"), {"Accept": "application/json"}
    key = {"name": "is_key", "written": "1", "before": ""}
    await dina.post(f"/fields/client/{cast.romashka}", key, headers=script)
    page = f"/clients/{cast.romashka}"
    assert (await boris.get(page)).status == 200
    given = {"name": "Boris Klimov", "login": "boris", "role": "operator", "language": "en"}
    await dina.post(
        f"/admin/people/{cast.boris.id}", {**given, "time_zone": "UTC", "newcomer": "1"}
    )
    assert (await boris.get(page)).status == 404
