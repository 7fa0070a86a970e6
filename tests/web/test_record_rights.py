"""Every address of a client, a lead, a deal or a task, for every role, for one's own record, one's
team's and a stranger's. The addresses are those of web.routes: a new one is tried by itself."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import pytest
from sqlalchemy import delete, insert, select, update

from crm_core.agents.rights import Action, RecordKind, Scope
from crm_core.agents.roles import Role
from crm_core.agents.tables import agents, queue_members, role_rights
from crm_core.clients.tables import clients, contacts, files, notes
from crm_core.deals.records import NewDeal
from crm_core.deals.tables import deals
from crm_core.handing_over.choosing import one
from crm_core.leads.records import NewLead, Party
from crm_core.leads.tables import leads
from crm_core.tasks.next_step import NextStep
from crm_core.tasks.tables import task_comments, tasks
from tests.web.conftest import ClientAs, Office
from tests.web.sales import begin_sales
from web.guarding import Route
from web.routes import ROUTES

_PLACE = re.compile(r"\{(\w+)(?::(?:[^{}]|\{[^{}]*\})+)?\}")
ROLES: Final = (Role.OPERATOR, Role.SUPERVISOR, Role.HEAD_OF_SALES)
"""Whose rights an office decides on; an administrator may do everything."""
OWNERS: Final = ("anna", "boris", "grigory")
REFUSED: Final = (403, 404, 409, 422)
NEEDED: Final = {"/merge": Action.EDIT, "/data": Action.EXPORT}
"""What else than to see the record a page needs, by the end of its address."""
ABSENT: Final = {"/tasks/{task_id:\\d{1,15}}/wrap-up"}
"""Pages that such a record does not have for anybody: the task is no form that is owed."""
ELSEWHERE: Final = {
    *("agent", "queue", "extension", "word", "pipeline", "stage", "action", "product", "entry"),
    *("field", "section", "choice", "tag", "list", "number", "import", "consent", "wording"),
    "campaign",
}
"""Ids in addresses that are not of records: lists of the office, which a role alone decides on."""
OF_A_RECORD: Final = {
    *("change", "line", "file", "record", "merge", "handover", "deletion", "view"),
}
"""Ids of what hangs on records, or is one's own: tried where their views are."""


def _routes(kind: RecordKind) -> list[Route]:
    """Those of the kind, what only shows first: a record that has been deleted shows nothing."""
    mine = [route for route in ROUTES if f"{{{kind.value}_id:" in route.path]
    return sorted(mine, key=lambda route: route.method != "GET")


@dataclass(frozen=True, slots=True)
class Records:
    """Of each kind one of Anna's, one of Boris's in her team, one of Grigory's."""

    ids: dict[tuple[RecordKind, str], int]

    def path(self, route: Route, kind: RecordKind, owner: str) -> str:
        """The address of that person's record; parts of it that it names need not exist."""
        own = {f"{kind.value}_id": str(self.ids[kind, owner]), "format": "csv"}
        return _PLACE.sub(lambda found: own.get(found[1], "999"), route.path)


@pytest.fixture
async def records(office: Office) -> Records:
    await begin_sales(office)
    services, cast, ids = office.services, office.cast, dict[tuple[RecordKind, str], int]()
    due_at = office.clock.now() + timedelta(hours=1)
    for owner in OWNERS:
        agent = getattr(cast, owner)
        deal = NewDeal("Forty lamps", cast.pavel)
        ids[RecordKind.DEAL, owner] = await services.deals.create(agent, deal)
        lead_id = await services.leads.create(agent, NewLead(Party("Olga Novak")))
        handed = await services.handovers.begin(
            cast.grigory, agent.id, one(RecordKind.LEAD, lead_id)
        )
        if handed is not None:
            await services.handovers.carry_out(handed)
        ids[RecordKind.LEAD, owner] = lead_id
        client_id = await services.clients.create(agent, name=f"Client of {owner}")
        async with services.storage.write() as tx:
            his = clients.c.id == client_id
            await tx.execute(update(clients).where(his).values(owner_agent_id=agent.id))
        ids[RecordKind.CLIENT, owner] = client_id
        step = NextStep(text="Call", due_at=due_at, assignee_agent_id=agent.id)
        ids[RecordKind.TASK, owner] = await services.tasks.create(agent, step)
    return Records(ids)


async def _allow(office: Office, kind: RecordKind, role: Role, **scopes: Scope) -> None:
    """Make Anna one of this role, and give the role these scopes for the kind."""
    rights = {kind.value: {name: scope.value for name, scope in scopes.items()}}
    async with office.services.storage.write() as tx:
        anna = agents.c.id == office.cast.anna.id
        await tx.execute(update(agents).where(anna).values(role=role.value))
        await tx.execute(delete(role_rights))
        await tx.execute(insert(role_rights).values(role=role.value, rights=rights))


async def _statuses(
    records: Records, kind: RecordKind, role: Role, owner: str, client_as: ClientAs
) -> dict[Route, int]:
    """What Anna is answered at each address that her role may use at all."""
    found = {}
    anna = await client_as("anna")
    headers = {"X-CSRF-Token": await anna.csrf()}
    for route in _routes(kind):
        path = records.path(route, kind, owner)
        # What every button of a task sends.
        written = {"version": "1", "pick": "tomorrow"} if route.method == "POST" else None
        answer = await anna.request(route.method, path, headers=headers, data=written)
        if isinstance(route.roles, frozenset) and role in route.roles:
            found[route] = answer.status
        else:
            assert answer.status == 403, route.path
    return found


async def _stored(office: Office) -> list[Any]:
    found: list[Any] = []
    async with office.services.storage.read() as connection:
        for table in (clients, leads, deals, tasks, notes, files, contacts, task_comments):
            rows = (await connection.execute(select(table).order_by(table.c.id))).all()
            found += [(table.name, *row) for row in rows]
    return found


def _opens(route: Route) -> bool:
    """Whether it is a page that whoever sees the record sees."""
    needs_more = any(route.path.endswith(end) for end in NEEDED)
    return route.method == "GET" and not needs_more and route.path not in ABSENT


def test_every_id_in_an_address_is_of_something_known() -> None:
    named = {name for route in ROUTES for name in re.findall(r"\{(\w+)_id:", route.path)}
    assert named <= {kind.value for kind in RecordKind} | ELSEWHERE | OF_A_RECORD


@pytest.mark.parametrize("kind", RecordKind)
async def test_what_may_not_be_seen_is_nowhere_and_is_not_changed(
    kind: RecordKind, office: Office, records: Records, client_as: ClientAs
) -> None:
    before = await _stored(office)
    for owner in ("grigory", "boris"):
        for role in ROLES:
            await _allow(office, kind, role, see=Scope.TEAM, **dict.fromkeys(_OTHERS, Scope.ALL))
            foreign = await _statuses(records, kind, role, owner, client_as)
            strays = {r.path: s for r, s in foreign.items() if s not in (404, 422)}
            assert strays == {}
            assert all(s == 404 for r, s in foreign.items() if r.method == "GET")
        # Then Boris is in no team of hers any more.
        async with office.services.storage.write() as tx:
            await tx.execute(delete(queue_members))
    assert await _stored(office) == before


@pytest.mark.parametrize("kind", RecordKind)
async def test_what_is_only_seen_is_not_changed(
    kind: RecordKind, office: Office, records: Records, client_as: ClientAs
) -> None:
    before = await _stored(office)
    for role in ROLES:
        await _allow(office, kind, role, see=Scope.ALL, **dict.fromkeys(_OTHERS, Scope.TEAM))
        foreign = await _statuses(records, kind, role, "grigory", client_as)
        for route, status in foreign.items():
            if route.path not in ABSENT:
                assert status in ((200,) if _opens(route) else REFUSED), (route.path, status)
        if kind is not RecordKind.TASK:  # a task is called off, not deleted
            assert {s for r, s in foreign.items() if r.path.endswith("/delete")} == {403}
    assert await _stored(office) == before


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("kind", RecordKind)
async def test_ones_own_and_ones_teams_are_reached_everywhere(
    kind: RecordKind, role: Role, office: Office, records: Records, client_as: ClientAs
) -> None:
    await _allow(office, kind, role, **{action.value: Scope.TEAM for action in Action})
    for owner in ("anna", "boris"):
        reached = await _statuses(records, kind, role, owner, client_as)
        assert not {route.path for route, s in reached.items() if s in (401, 405, 500)}
        for route, status in reached.items():
            if route.method == "GET" and route.path not in ABSENT:
                assert status == 200, route.path


@pytest.mark.parametrize("kind", RecordKind)
async def test_an_administrator_reaches_everything_whatever_is_written_of_his_rights(
    kind: RecordKind, office: Office, records: Records, client_as: ClientAs
) -> None:
    role = Role.ADMINISTRATOR
    await _allow(office, kind, role, **{action.value: Scope.NONE for action in Action})
    for route, status in (await _statuses(records, kind, role, "grigory", client_as)).items():
        if route.method == "GET" and route.path not in ABSENT:
            assert status == 200, route.path
        else:
            assert status not in (401, 403, 405, 500), route.path


_OTHERS: Final = ("edit", "export", "delete")
