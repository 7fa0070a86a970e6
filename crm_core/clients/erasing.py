"""A person's data erased on his request: all that told who he was is gone for good. That there were
calls, deals and tasks is still counted; with whom is not known any more."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Table, and_, delete, or_, select, update

from crm_core import audit
from crm_core.agents.people import Agent
from crm_core.agents.rights import Action, RecordKind, Scope
from crm_core.agents.roles import Role
from crm_core.calls.tables import call_legs, call_transfers, calls, wrap_ups
from crm_core.catchup.tables import reconciliation_findings
from crm_core.clients.access import access_client, deleted_clients, visible_clients
from crm_core.clients.files import Files
from crm_core.clients.tables import (
    client_merges,
    client_numbers,
    clients,
    contact_points,
    contacts,
    files,
    legal_entities,
    notes,
    number_choices,
)
from crm_core.clients.whole import Elsewhere, Whole, in_pieces, read_whole
from crm_core.clock import Clock
from crm_core.deals.tables import deal_lines, deals
from crm_core.errors import Conflict, Forbidden, Invalid, NotFound
from crm_core.events import ClientChanged, DealChanged, LeadChanged, TaskChanged
from crm_core.leads.tables import leads
from crm_core.search.kinds import SearchKind
from crm_core.search.tables import openings, search_texts
from crm_core.storage.engine import Connection, Storage, Write
from crm_core.tables import audit as audit_rows
from crm_core.tags.tables import tagged
from crm_core.tasks.tables import task_comments, tasks
from crm_core.wording import existing_id

ERASED: Final = "erased"
HELD: Final = "hold_set"
RELEASED: Final = "hold_lifted"
HOLDERS: Final = (Role.HEAD_OF_SALES, Role.ADMINISTRATOR)
"""Who says that a client's data must be kept, whatever he asks."""
_GONE: Final = {ERASED: True}
_HANGING: Final[tuple[Table, ...]] = (
    number_choices,
    client_numbers,
    contact_points,
    legal_entities,
    contacts,
    notes,
    files,
)
_ENDING: Final = 7  # digits of a number that are looked for in the names of channels


def may_erase(actor: Agent) -> bool:
    """Administrators, and whoever may delete anybody's clients."""
    everybodys = actor.scope(RecordKind.CLIENT, Action.DELETE) is Scope.ALL
    return actor.role is Role.ADMINISTRATOR or everybodys


class Erasure:
    """Erases on request, unless the law wants the data kept."""

    def __init__(
        self, storage: Storage, clock: Clock, his_files: Files, elsewhere: Sequence[Elsewhere] = ()
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._files = his_files
        self._elsewhere = elsewhere

    async def hold(self, actor: Agent, client_id: int, *, held: bool) -> None:
        """Say that his data must be kept, or need not any more. NotFound, Forbidden."""
        async with self._storage.write() as tx:
            client = await access_client(tx.connection, actor, client_id, Action.EDIT)
            if actor.role not in HOLDERS:
                raise Forbidden(role=actor.role.value)
            if client.legal_hold == held:
                return
            mine = clients.c.id == client_id
            await tx.execute(update(clients).where(mine).values(legal_hold=held))
            said = HELD if held else RELEASED
            await audit.record(tx, self._clock.now(), actor.id, said, "client", client_id)
            tx.announce(ClientChanged(client_id=client_id))

    async def erase(self, actor: Agent, client_id: int, typed_name: str) -> None:
        """Erase the client, deleted or not, with all who were made one with him, for good.

        NotFound, Forbidden; Invalid("name", "name_differs") where what was typed is not his name;
        Conflict("legal_hold") where his data must be kept.
        """
        async with self._storage.write() as tx:
            await self._check(tx.connection, actor, client_id, typed_name)
            whole = await read_whole(tx.connection, client_id)
            held = select(clients.c.id).where(
                clients.c.id.in_(whole.client_ids), clients.c.legal_hold
            )
            if (await tx.execute(held)).first() is not None:
                raise Conflict("legal_hold")
            await self._overwrite_freed(tx, on=True)
            await self._erase(tx, actor, client_id, whole)
        await self._files.forget(whole.digests)
        async with self._storage.write() as tx:
            await self._overwrite_freed(tx, on=False)
        await self._storage.forget_overwritten()

    async def _overwrite_freed(self, tx: Write, *, on: bool) -> None:
        """SQLite: what is freed from now on is overwritten with zeros: slow, so only here."""
        if self._storage.is_sqlite:
            await tx.connection.exec_driver_sql(f"PRAGMA secure_delete = {int(on)}")

    async def _check(
        self, connection: Connection, actor: Agent, client_id: int, typed_name: str
    ) -> None:
        his = or_(visible_clients(actor), deleted_clients(actor))
        mine = and_(clients.c.id == existing_id(client_id), clients.c.erased_at.is_(None), his)
        name = (await connection.execute(select(clients.c.name).where(mine))).scalar_one_or_none()
        if name is None:
            raise NotFound(client_id=client_id)
        if not may_erase(actor):
            raise Forbidden(role=actor.role.value)
        if _plain(typed_name) != _plain(name):
            raise Invalid("name", "name_differs")

    async def _erase(self, tx: Write, actor: Agent, client_id: int, whole: Whole) -> None:
        now = self._clock.now()
        for each in self._elsewhere:
            await each.forget(tx, whole, now)
        await _forget_in_search(tx, whole)
        await _erase_calls(tx, whole)
        for told in whole.told():
            await tx.execute(update(audit_rows).where(told).values(details=_GONE))
        for table in _HANGING:
            await tx.execute(delete(table).where(table.c.client_id.in_(whole.client_ids)))
        of_client = and_(tagged.c.kind == "client", tagged.c.record_id.in_(whole.client_ids))
        await tx.execute(delete(tagged).where(of_client))
        nothing: Mapping[str, Any] = {"title": "", "fields": {}}
        await _blank(tx, leads, whole.lead_ids, **nothing, request="")
        await _blank(tx, deals, whole.deal_ids, **nothing, note="")
        lines = deal_lines.c.deal_id.in_(whole.deal_ids)
        await tx.execute(update(deal_lines).where(lines).values(title=""))
        for piece in in_pieces(whole.task_ids):
            await tx.execute(delete(task_comments).where(task_comments.c.task_id.in_(piece)))
            still = and_(tasks.c.id.in_(piece), tasks.c.done_at.is_(None))
            ended = {"done_at": now, "done_by": actor.id, "ending": "cancelled"}
            await tx.execute(update(tasks).where(still).values(**ended))
        await _blank(tx, tasks, whole.task_ids, text="", place="", number="", rrule="")
        merges = client_merges.c.kept_id.in_(whole.client_ids)
        await tx.execute(update(client_merges).where(merges).values(moved={}))
        stamps = {"erased_at": now, "deleted_at": now, "updated_at": now}
        links = dict.fromkeys(("relation_id", "category_id", "industry_id"))
        values: dict[str, Any] = {
            "name": "",
            "note": "",
            "fields": {},
            "is_key": False,
            **links,
            **stamps,
        }
        await _blank(tx, clients, whole.client_ids, **values)
        await audit.record(tx, now, actor.id, ERASED, "client", client_id)
        _tell(tx, client_id, whole)


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


async def _blank(tx: Write, table: Table, ids: tuple[int, ...], **values: Any) -> None:
    version = {"version": table.c.version + 1}
    for piece in in_pieces(ids):
        mine = table.c.id.in_(piece)
        await tx.execute(update(table).where(mine).values(**values, **version))


async def _erase_calls(tx: Write, whole: Whole) -> None:
    """That there was a call, when and how long, stays for the reports."""
    nobody = {"caller": "", "caller_name": "", "dialled": "", "number": ""}
    for piece in in_pieces(whole.call_ids):
        of_calls = calls.c.call_id.in_(piece)
        await tx.execute(update(calls).where(of_calls).values(**nobody, client_id=None))
        await tx.execute(update(wrap_ups).where(wrap_ups.c.call_id.in_(piece)).values(note=""))
        found = reconciliation_findings.c.call_id.in_(piece)
        await tx.execute(delete(reconciliation_findings).where(found))
        for table, names in ((call_legs, ("channel", "interface")), (call_transfers, ("to",))):
            for name in names:
                for number in whole.numbers:
                    told = table.c[name].contains(number[-_ENDING:], autoescape=True)
                    his = and_(table.c.call_id.in_(piece), told)
                    await tx.execute(update(table).where(his).values({name: ""}))


async def _forget_in_search(tx: Write, whole: Whole) -> None:
    of_kinds = {
        SearchKind.CLIENT: whole.client_ids,
        SearchKind.CLIENT_NOTE: whole.client_ids,
        SearchKind.LEAD: whole.lead_ids,
        SearchKind.DEAL: whole.deal_ids,
        SearchKind.TASK: whole.task_ids,
        SearchKind.NOTE: whole.note_ids,
        SearchKind.CALL_NOTE: whole.wrap_up_ids,
    }
    for kind, ids in of_kinds.items():
        for piece in in_pieces(ids):
            for table in (search_texts, openings):
                mine = and_(table.c.kind == kind.value, table.c.record_id.in_(piece))
                await tx.execute(delete(table).where(mine))


def _tell(tx: Write, client_id: int, whole: Whole) -> None:
    tx.announce(*(ClientChanged(client_id=each) for each in whole.client_ids))
    tx.announce(*(LeadChanged(lead_id=each, client_id=client_id) for each in whole.lead_ids))
    tx.announce(*(DealChanged(deal_id=each, client_id=client_id) for each in whole.deal_ids))
    tx.announce(*(TaskChanged(task_id=each) for each in whole.task_ids))
