"""Which import of a list holds: ended, replaced, taken back; the room of the past given back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core import audit
from crm_core.agents.people import Agent
from crm_core.agents.roles import id_of
from crm_core.clock import Clock
from crm_core.errors import Conflict, NotFound
from crm_core.storage.engine import Storage, Write
from crm_core.wording import existing_id
from dialer.do_not_call.access import require_keeper
from dialer.do_not_call.kinds import ImportState, ListKind
from dialer.do_not_call.lists import get_list
from dialer.do_not_call.shelving import drop, take_off
from dialer.do_not_call.tables import do_not_call_imports, do_not_call_lists


@dataclass(frozen=True, slots=True)
class Progress:
    """An import, and how far it is. `samples`: the first lines without a number, as (line, text);
    `bytes_total` of a packed file may count otherwise than `bytes_read` until it is done."""

    import_id: int
    list_id: int
    state: str
    file_name: str
    sha256: str
    source: str
    began_at: datetime
    bytes_read: int
    bytes_total: int
    lines: int
    numbers: int
    nonsense: int
    samples: tuple[tuple[int, str], ...]
    in_force_at: datetime | None
    expires_at: datetime | None
    ended_at: datetime | None


async def list_imports(connection: AsyncConnection, list_id: int) -> list[Progress]:
    """All of a list, the last begun first."""
    imports = do_not_call_imports
    query = select(imports).where(imports.c.list_id == list_id).order_by(imports.c.id.desc())
    return [progress_of(row) for row in (await connection.execute(query)).mappings()]


class Generations:
    """Commands on imports that are done; for those who keep the lists, audited."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    async def undo(self, actor: Agent | None, import_id: int) -> None:
        """Take an import back: of a national list the one before is in force again, if there is
        one; elsewhere the numbers that it added come off. NotFound; Conflict("import_not_in_force")
        """
        require_keeper(actor)
        async with self._storage.write() as tx:
            row = await get_import(tx, import_id)
            if row["state"] != ImportState.IN_FORCE:
                raise Conflict("import_not_in_force")
            into, now = await get_list(tx.connection, row["list_id"]), self._clock.now()
            await end(tx, actor, now, import_id, ImportState.UNDONE)
            if into.kind == ListKind.NATIONAL:
                await _put_back(tx, into.id)
            await note(tx, actor, now, "import_undone", into.id, {"import_id": import_id})
        await take_off(self._storage, now, id_of(actor), import_id)

    async def clean(self) -> None:
        """Give back the room of national lists that will never be in force again, and finish what
        was broken off while it was undone. The one before stays for `undo`."""
        national, others = await self._past()
        await drop(self._storage, national)
        for import_id in others:
            await take_off(self._storage, self._clock.now(), None, import_id)

    async def _past(self) -> tuple[list[int], list[int]]:
        """The imports whose numbers nobody needs: of each list all that do not hold but the last
        that was replaced."""
        imports, lists = do_not_call_imports.c, do_not_call_lists.c
        over = (ImportState.REPLACED, ImportState.BROKEN_OFF, ImportState.UNDONE)
        query = (
            select(imports.id, imports.list_id, imports.state, lists.kind)
            .join(do_not_call_lists, lists.id == imports.list_id)
            .where(imports.state.in_(over))
            .order_by(imports.ended_at.desc(), imports.id.desc())
        )
        async with self._storage.read() as connection:
            rows = (await connection.execute(query)).all()
        last: dict[int, int] = {}
        for row in rows:
            if row.state == ImportState.REPLACED:
                last.setdefault(row.list_id, row.id)
        past = [row for row in rows if last.get(row.list_id) != row.id]
        national = [row.id for row in past if row.kind == ListKind.NATIONAL]
        return national, [row.id for row in past if row.kind != ListKind.NATIONAL]


async def end(
    tx: Write, actor: Agent | None, now: datetime, import_id: int, state: ImportState
) -> None:
    """The import does not hold any more, or never will."""
    ended = {"state": state.value, "ended_at": now, "ended_by": id_of(actor)}
    mine = do_not_call_imports.c.id == import_id
    await tx.execute(update(do_not_call_imports).where(mine).values(**ended))


async def replace_present(tx: Write, actor: Agent | None, now: datetime, list_id: int) -> None:
    """What is in force of a national list makes room for the next."""
    imports = do_not_call_imports.c
    before = select(imports.id).where(
        imports.list_id == list_id, imports.state == ImportState.IN_FORCE
    )
    for import_id in (await tx.execute(before)).scalars().all():
        await end(tx, actor, now, import_id, ImportState.REPLACED)


async def get_import(tx: Write, import_id: int) -> dict[str, Any]:
    """The row. Raises NotFound."""
    imports = do_not_call_imports
    query = select(imports).where(imports.c.id == existing_id(import_id))
    row = (await tx.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFound(import_id=import_id)
    return dict(row)


def progress_of(row: Any) -> Progress:
    """A row of `do_not_call_imports` as others see it."""
    plain = {name: row[name] for name in Progress.__dataclass_fields__ if name in row}
    samples = tuple((at, text) for at, text in row["samples"])
    return Progress(**{**plain, "import_id": row["id"], "samples": samples})


async def note(
    tx: Write,
    actor: Agent | None,
    now: datetime,
    action: str,
    list_id: int,
    details: dict[str, Any],
) -> None:
    """An entry of the audit trail about a list."""
    await audit.record(tx, now, id_of(actor), action, "do_not_call_list", list_id, **details)


async def _put_back(tx: Write, list_id: int) -> None:
    imports = do_not_call_imports
    before = (
        select(imports.c.id)
        .where(imports.c.list_id == list_id, imports.c.state == ImportState.REPLACED)
        .order_by(imports.c.ended_at.desc(), imports.c.id.desc())
        .limit(1)
    )
    import_id = (await tx.execute(before)).scalar_one_or_none()
    if import_id is not None:
        back = {"state": ImportState.IN_FORCE.value, "ended_at": None, "ended_by": None}
        await tx.execute(update(imports).where(imports.c.id == import_id).values(**back))
