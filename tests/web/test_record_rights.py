"""Every address of a lead or a deal, for one's own, one's team's and a stranger's."""

import re
from dataclasses import dataclass

import pytest
from sqlalchemy import delete, insert

from crm_core.agents.rights import Action, RecordKind, Scope
from crm_core.agents.tables import queue_members, role_rights
from crm_core.deals.records import NewDeal
from crm_core.leads.records import NewLead, Party
from tests.web.conftest import ClientAs, Office
from tests.web.sales import begin_sales
from web.guarding import Route
from web.routes import ROUTES

_PLACE = re.compile(r"\{(\w+)(?::(?:[^{}]|\{[^{}]*\})+)?\}")


def _routes(kind: RecordKind) -> list[Route]:
    return [route for route in ROUTES if f"{{{kind.value}_id:" in route.path]


@dataclass(frozen=True, slots=True)
class Records:
    """Of each kind one of Anna's, one of Boris's in her team, one of Grigory's."""

    ids: dict[tuple[RecordKind, str], int]

    def path(self, route: Route, kind: RecordKind, owner: str) -> str:
        """The address of that person's record; parts of it that it names need not exist."""
        own = {f"{kind.value}_id": str(self.ids[kind, owner])}
        return _PLACE.sub(lambda found: own.get(found[1], "999"), route.path)


@pytest.fixture
async def records(office: Office) -> Records:
    await begin_sales(office)
    services, cast, ids = office.services, office.cast, dict[tuple[RecordKind, str], int]()
    for owner in ("anna", "boris", "grigory"):
        agent = getattr(cast, owner)
        deal = NewDeal("Forty lamps", cast.pavel)
        ids[RecordKind.DEAL, owner] = await services.deals.create(agent, deal)
        lead = NewLead(Party("Olga Novak"))
        lead_id = await services.leads.create(agent, lead)
        await services.leads.hand_over(cast.grigory, lead_id, agent.id)
        ids[RecordKind.LEAD, owner] = lead_id
    return Records(ids)


async def _allow(office: Office, kind: RecordKind, **scopes: Scope) -> None:
    """Give operators these scopes for the kind."""
    rights = {kind.value: {name: scope.value for name, scope in scopes.items()}}
    async with office.services.storage.write() as tx:
        await tx.execute(delete(role_rights))
        await tx.execute(insert(role_rights).values(role="operator", rights=rights))


async def _statuses(
    records: Records, kind: RecordKind, owner: str, client_as: ClientAs
) -> dict[str, int]:
    found = {}
    for route in _routes(kind):
        anna = await client_as("anna")
        path = records.path(route, kind, owner)
        if route.method == "GET":
            answer = await anna.get(path, follow=False)
        else:
            headers = {"X-CSRF-Token": await anna.csrf()}
            answer = await anna.request(route.method, path, headers=headers)
        found[f"{route.method} {route.path}"] = answer.status
    return found


KINDS = (RecordKind.DEAL, RecordKind.LEAD)


@pytest.mark.parametrize("kind", KINDS)
async def test_what_may_not_be_seen_is_nowhere(
    kind: RecordKind, office: Office, records: Records, client_as: ClientAs
) -> None:
    await _allow(office, kind, see=Scope.TEAM, edit=Scope.ALL, delete=Scope.ALL)
    foreign = await _statuses(records, kind, "grigory", client_as)
    strays = {path: status for path, status in foreign.items() if status not in (404, 422)}
    assert strays == {}
    assert all(status == 404 for path, status in foreign.items() if path.startswith("GET"))
    async with office.services.storage.write() as tx:
        await tx.execute(delete(queue_members))
    team = await _statuses(records, kind, "boris", client_as)
    assert all(status in (404, 422) for status in team.values()), team


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_only_seen_is_not_changed(
    kind: RecordKind, office: Office, records: Records, client_as: ClientAs
) -> None:
    await _allow(office, kind, see=Scope.ALL, edit=Scope.TEAM, delete=Scope.TEAM)
    foreign = await _statuses(records, kind, "grigory", client_as)
    for path, status in foreign.items():
        expected = (200,) if path.startswith("GET") else (403, 404, 422)
        assert status in expected, path
    assert foreign[f"POST /{kind.value}s/{{{kind.value}_id:\\d{{1,15}}}}/delete"] == 403


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("owner", ["anna", "boris"])
async def test_ones_own_and_ones_teams_are_reached_everywhere(
    kind: RecordKind, owner: str, office: Office, records: Records, client_as: ClientAs
) -> None:
    await _allow(office, kind, **{action.value: Scope.TEAM for action in Action})
    reached = await _statuses(records, kind, owner, client_as)
    refused = {path for path, status in reached.items() if status in (401, 405, 500)}
    assert refused == set()
    for path, status in reached.items():
        if path.startswith("GET"):
            assert status == 200, path
