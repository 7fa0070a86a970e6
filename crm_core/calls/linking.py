"""Which client a call belongs to: found for new calls, corrected when somebody knows better."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.agents.people import Agent
from crm_core.calls.access import access_call
from crm_core.calls.tables import calls
from crm_core.clients.lookup import SHORTEST_MATCHED
from crm_core.clients.tables import client_numbers, clients, number_choices
from crm_core.errors import NotFound
from crm_core.events import CallLinked, ClientChanged, ClientChosen, ClientCreated, TaskChanged
from crm_core.storage.engine import Storage, Write
from crm_core.storage.hot import HotSelect
from crm_core.tasks.tables import tasks

_NUMBER = bindparam("number", type_=client_numbers.c.e164.type)
_OWNER_COLUMNS = [client_numbers.c[name] for name in ("e164", "digits", "client_id")]


def _owners(which: ColumnElement[bool]) -> Select[Any]:
    return (
        select(*_OWNER_COLUMNS)
        .join(clients, clients.c.id == client_numbers.c.client_id)
        .where(which, client_numbers.c.wrong.is_(False), clients.c.deleted_at.is_(None))
    )


# One valid number is the case of a quiet exchange, where a ringing phone waits for the answer.
_OWNERS_OF_ONE = HotSelect(_owners(client_numbers.c.e164 == _NUMBER))
_OWNERS = _owners(
    or_(
        client_numbers.c.e164.in_(bindparam("numbers", expanding=True)),
        and_(
            client_numbers.c.e164.is_(None),
            client_numbers.c.digits.in_(bindparam("digits", expanding=True)),
        ),
    )
)
_CHOICES = select(number_choices.c.number, number_choices.c.client_id).where(
    number_choices.c.number.in_(bindparam("numbers", expanding=True))
)


async def link_numbers(connection: AsyncConnection, numbers: Collection[str]) -> dict[str, int]:
    """Of the stored `numbers`, those that mean one client only, or one of several chosen before.

    The same answer as `find_by_number(...).client_id`, for a whole batch of calls at once.
    """
    numbers = [each for each in numbers if len(each) >= SHORTEST_MATCHED]
    owners: dict[str, set[int]] = defaultdict(set)
    for row in await _read_owners(connection, numbers):
        owners[row["e164"] or row["digits"]].add(row["client_id"])
    linked = {number: min(ids) for number, ids in owners.items() if len(ids) == 1}
    doubtful = [number for number, ids in owners.items() if len(ids) > 1]
    if doubtful:
        for choice in await connection.execute(_CHOICES, {"numbers": doubtful}):
            if choice.client_id in owners[choice.number]:
                linked[choice.number] = choice.client_id
    return linked


async def _read_owners(
    connection: AsyncConnection, numbers: Sequence[str]
) -> Sequence[Mapping[Any, Any]]:
    if not numbers:
        return ()
    if len(numbers) == 1 and numbers[0].startswith("+"):
        return await _OWNERS_OF_ONE.rows(connection, number=numbers[0])
    digits = [number for number in numbers if not number.startswith("+")]
    found = await connection.execute(_OWNERS, {"numbers": numbers, "digits": digits})
    return list(found.mappings())


class CallLinks:
    """Keeps calls and open tasks with the client they turn out to belong to."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def link(self, actor: Agent, call_id: str, client_id: int) -> None:
        """Say that this call (alone) is with this client. Raises NotFound for either."""
        async with self._storage.write() as tx:
            await access_call(tx.connection, actor, call_id)
            known = select(clients.c.id).where(
                clients.c.id == client_id, clients.c.deleted_at.is_(None)
            )
            if (await tx.execute(known)).first() is None:
                raise NotFound(client_id=client_id)
            await tx.execute(
                update(calls).where(calls.c.call_id == call_id).values(client_id=client_id)
            )
            born = (tasks.c.call_id == call_id) & tasks.c.done_at.is_(None)
            await _give_tasks(tx, born, client_id)
            tx.announce(CallLinked(call_id=call_id, client_id=client_id))

    async def on_client_chosen(self, fact: ClientChosen) -> None:
        """The open calls of that number, and those that had no client, are his."""
        async with self._storage.write() as tx:
            await self._adopt(tx, {fact.number}, fact.client_id, also_open=True)

    async def on_client_created(self, fact: ClientCreated) -> None:
        await self._on_numbers(fact.client_id)

    async def on_client_changed(self, fact: ClientChanged) -> None:
        await self._on_numbers(fact.client_id)

    async def _on_numbers(self, client_id: int) -> None:
        """Earlier calls from a number that now means this client alone become his."""
        query = select(client_numbers.c.e164, client_numbers.c.digits).where(
            client_numbers.c.client_id == client_id
        )
        async with self._storage.read() as connection:
            rows = (await connection.execute(query)).all()
            numbers = {each for row in rows for each in (row.e164, row.digits) if each}
            linked = await link_numbers(connection, numbers) if numbers else {}
            mine = {number for number, owner in linked.items() if owner == client_id}
            if not mine or not await _any_unlinked(connection, mine):
                return
        async with self._storage.write() as tx:
            await self._adopt(tx, mine, client_id, also_open=False)

    async def _adopt(
        self, tx: Write, numbers: Collection[str], client_id: int, *, also_open: bool
    ) -> None:
        free: ColumnElement[bool] = calls.c.client_id.is_(None)
        if also_open:
            free = or_(free, and_(calls.c.ended_at.is_(None), calls.c.client_id != client_id))
        mine = and_(calls.c.number.in_(list(numbers)), calls.c.number != "", free)
        ids = (await tx.execute(select(calls.c.call_id).where(mine))).scalars().all()
        await tx.execute(update(calls).where(mine).values(client_id=client_id))
        unowned = and_(tasks.c.number.in_(list(numbers)), tasks.c.client_id.is_(None))
        await _give_tasks(tx, and_(unowned, tasks.c.done_at.is_(None)), client_id)
        tx.announce(*(CallLinked(call_id=each, client_id=client_id) for each in ids))


async def _any_unlinked(connection: AsyncConnection, numbers: Collection[str]) -> bool:
    for table in (calls, tasks):
        query = select(table.c.number).where(
            table.c.number.in_(list(numbers)), table.c.number != "", table.c.client_id.is_(None)
        )
        if (await connection.execute(query.limit(1))).first() is not None:
            return True
    return False


async def _give_tasks(tx: Write, which: ColumnElement[bool], client_id: int) -> None:
    query = select(tasks.c.id).where(which)
    ids = (await tx.execute(query)).scalars().all()
    if ids:
        await tx.execute(update(tasks).where(tasks.c.id.in_(ids)).values(client_id=client_id))
        tx.announce(*(TaskChanged(task_id=each) for each in ids))
