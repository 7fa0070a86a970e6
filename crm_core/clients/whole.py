"""All that we hold about a client, wherever it stands: what an export gives, an erasure takes."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Protocol

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.calls.tables import calls, wrap_ups
from crm_core.clients.tables import client_merges, client_numbers, files, notes
from crm_core.deals.tables import deals
from crm_core.leads.tables import leads
from crm_core.storage.engine import Connection, Write
from crm_core.tables import audit
from crm_core.tasks.tables import tasks

PIECE: Final = 5_000  # ids in one statement: both engines take some 32,000 values


@dataclass(frozen=True, slots=True)
class Whole:
    """The ids of everything of his: `client_ids` holds those too who turned out to be him.
    `numbers`: as calls and tasks keep them; `digests`: of the bytes of his files, of
    those that are there and of removed ones that could be brought back."""

    client_ids: tuple[int, ...]
    lead_ids: tuple[int, ...]
    deal_ids: tuple[int, ...]
    task_ids: tuple[int, ...]
    note_ids: tuple[int, ...]
    call_ids: tuple[str, ...]
    wrap_up_ids: tuple[int, ...]
    numbers: tuple[str, ...]
    digests: tuple[str, ...]

    def subjects(self) -> Iterator[tuple[str, Sequence[object]]]:
        """What the audit trail tells of him: word and ids."""
        yield "client", self.client_ids
        yield "lead", self.lead_ids
        yield "deal", self.deal_ids
        yield "task", self.task_ids
        yield "call", self.call_ids

    def told(self) -> Iterator[ColumnElement[bool]]:
        """The conditions on `audit` for all that, few ids at a time."""
        for subject, ids in self.subjects():
            for piece in in_pieces([str(each) for each in ids]):
                yield and_(audit.c.subject == subject, audit.c.subject_id.in_(piece))


class Elsewhere(Protocol):
    """What a floor above keeps about clients: given to those who export and erase."""

    async def tell(
        self, connection: Connection, whole: Whole
    ) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """The rows about him by a word for each kind; ready for JSON but for instants."""
        ...

    async def forget(self, tx: Write, whole: Whole, now: datetime) -> None:
        """Erase what tells who he was, before his numbers are gone."""
        ...


async def read_whole(connection: AsyncConnection, client_id: int) -> Whole:
    """What there is of him; of nobody, nothing."""
    client_ids = await _with_merged(connection, client_id)

    async def ids(column: Any, which: ColumnElement[bool]) -> tuple[Any, ...]:
        return tuple(
            (await connection.execute(select(column).where(which).order_by(column))).scalars()
        )

    forms = select(client_numbers.c.e164, client_numbers.c.digits).where(
        client_numbers.c.client_id.in_(client_ids)
    )
    rows = (await connection.execute(forms)).all()
    numbers = tuple(sorted({row.e164 or row.digits for row in rows} - {""}))
    lead_ids = await ids(leads.c.id, leads.c.client_id.in_(client_ids))
    deal_ids = await ids(deals.c.id, deals.c.client_id.in_(client_ids))
    nobodys_call = and_(calls.c.client_id.is_(None), calls.c.number.in_(numbers))
    nobodys_task = and_(tasks.c.client_id.is_(None), tasks.c.number.in_(numbers))
    call_ids = await ids(calls.c.call_id, or_(calls.c.client_id.in_(client_ids), nobodys_call))
    of_sales = or_(tasks.c.lead_id.in_(lead_ids), tasks.c.deal_id.in_(deal_ids))
    whole = Whole(
        client_ids=client_ids,
        lead_ids=lead_ids,
        deal_ids=deal_ids,
        task_ids=await ids(
            tasks.c.id, or_(tasks.c.client_id.in_(client_ids), of_sales, nobodys_task)
        ),
        note_ids=await ids(notes.c.id, notes.c.client_id.in_(client_ids)),
        call_ids=call_ids,
        wrap_up_ids=tuple(
            [
                each
                for piece in in_pieces(call_ids)
                for each in await ids(wrap_ups.c.id, wrap_ups.c.call_id.in_(piece))
            ]
        ),
        numbers=numbers,
        digests=await ids(files.c.sha256, files.c.client_id.in_(client_ids)),
    )
    removed = [digest async for digest in _removed_digests(connection, client_ids)]
    return replace(whole, digests=tuple(sorted({*whole.digests, *removed})))


async def _removed_digests(
    connection: AsyncConnection, client_ids: Sequence[int]
) -> AsyncIterator[str]:
    query = select(audit.c.details).where(
        audit.c.subject == "client",
        audit.c.subject_id.in_([str(each) for each in client_ids]),
        audit.c.action == "removed",
    )
    for details in (await connection.execute(query)).scalars():
        digest = (details.get("row") or {}).get("sha256")
        if digest:
            yield digest


def in_pieces(ids: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """The ids, so many at a time as one statement takes; nothing where there are none."""
    for start in range(0, len(ids), PIECE):
        yield ids[start : start + PIECE]


async def _with_merged(connection: AsyncConnection, client_id: int) -> tuple[int, ...]:
    found, new = {client_id}, {client_id}
    while new:
        query = select(client_merges.c.merged_id).where(
            client_merges.c.kept_id.in_(new), client_merges.c.undone_at.is_(None)
        )
        new = set((await connection.execute(query)).scalars()) - found
        found |= new
    return tuple(sorted(found))
