"""Whose tasks a person sees and changes: his own, his teams', all, as the office decides."""

from dataclasses import replace

import pytest
from sqlalchemy import insert, select, update

from crm_core.agents.people import Agent
from crm_core.agents.rights import Action, RecordKind, Rights, Scope
from crm_core.clients.tables import clients
from crm_core.clock import ManualClock
from crm_core.errors import Forbidden, NotFound
from crm_core.storage.engine import Storage
from crm_core.tasks.access import access_task, visible_tasks
from crm_core.tasks.records import Tasks
from crm_core.tasks.tables import tasks
from tests.cast import Cast


def with_scope(agent: Agent, see: Scope, edit: Scope | None = None) -> Agent:
    """The same person under other rights on tasks."""
    changed = {
        **agent.rights.scopes,
        (RecordKind.TASK, Action.SEE): see,
        (RecordKind.TASK, Action.EDIT): edit or see,
    }
    return replace(agent, rights=Rights(changed))


@pytest.fixture
async def known(storage: Storage, cast: Cast, clock: ManualClock) -> dict[str, int]:
    """Tasks by what they are to Anna."""
    rows: dict[str, dict[str, object]] = {
        "assigned": {"assignee_agent_id": cast.anna.id},
        "authored": {"assignee_agent_id": cast.grigory.id, "created_by": cast.anna.id},
        "of her client": {"assignee_agent_id": cast.grigory.id, "client_id": cast.romashka},
        "of her team": {"queue": "sales"},
        "of a teammate": {"assignee_agent_id": cast.boris.id},
        "of another team": {"queue": "support"},
        "a stranger's": {"assignee_agent_id": cast.grigory.id},
    }
    ids: dict[str, int] = {}
    async with storage.write() as tx:
        for name, values in rows.items():
            made = await tx.execute(
                insert(tasks).values(
                    kind="next_step",
                    text=name,
                    due_at=clock.now(),
                    created_at=clock.now(),
                    **values,
                )
            )
            ids[name] = made.inserted_primary_key[0]
    return ids


OWN = {"assigned", "authored", "of her client", "of her team"}
ALL = {*OWN, "of a teammate", "of another team", "a stranger's"}


@pytest.mark.parametrize(
    ("scope", "seen"),
    [
        (Scope.NONE, set()),
        (Scope.OWN, OWN),
        (Scope.TEAM, {*OWN, "of a teammate"}),
        (Scope.ALL, ALL),
    ],
)
async def test_each_scope_holds_its_tasks_and_no_others(
    storage: Storage, cast: Cast, known: dict[str, int], scope: Scope, seen: set[str]
) -> None:
    anna = with_scope(cast.anna, scope)
    async with storage.read() as connection:
        found = set(
            (await connection.execute(select(tasks.c.text).where(visible_tasks(anna)))).scalars()
        )
    assert found == seen


async def test_what_may_only_be_seen_is_not_changed_and_what_is_not_seen_does_not_exist(
    storage: Storage, cast: Cast, clock: ManualClock, known: dict[str, int]
) -> None:
    anna = with_scope(cast.anna, Scope.TEAM, Scope.OWN)
    async with storage.read() as connection:
        await access_task(connection, anna, known["of a teammate"])
        with pytest.raises(Forbidden):
            await access_task(connection, anna, known["of a teammate"], Action.EDIT)
        with pytest.raises(NotFound):
            await access_task(connection, anna, known["a stranger's"], Action.EDIT)
    with pytest.raises(Forbidden):
        await Tasks(storage, clock).done(anna, known["of a teammate"])
    with pytest.raises(NotFound):
        await Tasks(storage, clock).cancel(anna, known["a stranger's"])


async def test_a_newcomer_is_kept_from_tasks_of_key_clients_that_were_not_given_to_him(
    storage: Storage, cast: Cast, clock: ManualClock, known: dict[str, int]
) -> None:
    boris = replace(with_scope(cast.boris, Scope.ALL), newcomer=True)
    async with storage.write() as tx:
        await tx.execute(update(clients).values(is_key=True).where(clients.c.id == cast.romashka))
        await tx.execute(
            update(tasks)
            .values(client_id=cast.romashka)
            .where(tasks.c.id.in_([known["a stranger's"], known["of a teammate"]]))
        )
    async with storage.read() as connection:
        await access_task(connection, boris, known["of a teammate"])  # it is his
        await access_task(connection, boris, known["of another team"])
        for hidden in ("a stranger's", "of her client"):
            with pytest.raises(NotFound):
                await access_task(connection, boris, known[hidden])
