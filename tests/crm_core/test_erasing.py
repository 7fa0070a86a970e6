"""Whoever asks for it is erased: nothing that told who he was is left anywhere."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from crm_core.agents.rights import Action, RecordKind, Scope
from crm_core.calls.tables import call_legs, call_transfers, calls, wrap_ups
from crm_core.catchup.tables import reconciliation_findings, reconciliations
from crm_core.clients.contact_points import PointKind
from crm_core.clients.erasing import Erasure
from crm_core.clients.files import Files
from crm_core.clients.records import Clients
from crm_core.clients.tables import clients, contacts, file_bytes
from crm_core.clients.uniting import Merging
from crm_core.clock import ManualClock
from crm_core.deals.records import NewDeal
from crm_core.deals.tables import deal_lines, deals
from crm_core.deletion.records import Deletion
from crm_core.editing.edits import Edits
from crm_core.errors import Conflict, Forbidden, Invalid, NotFound
from crm_core.leads.records import NewLead
from crm_core.search.index import reindex
from crm_core.search.kinds import SearchKind
from crm_core.search.openings import Openings
from crm_core.storage.engine import Storage
from crm_core.storage.schema import metadata
from crm_core.tags.tables import tagged, tags
from crm_core.tasks.comments import Comments
from crm_core.tasks.tables import tasks
from tests.cast import Cast
from tests.crm_core.sales import open_sales, with_scope

PLANTED = "Zwetajewa"
NUMBER = "79035550123"
EMAIL = "zwetajewa@example.org"


@pytest.fixture
def files(storage: Storage, clock: ManualClock) -> Files:
    return Files(storage, clock)


@pytest.fixture
def erasure(storage: Storage, clock: ManualClock, files: Files) -> Erasure:
    return Erasure(storage, clock, files)


async def _bytes(whole: bytes) -> AsyncIterator[bytes]:
    yield whole


async def _insert(storage: Storage, table: Any, **row: Any) -> None:
    async with storage.write() as tx:
        await tx.execute(insert(table).values(**row))


async def _plant(
    storage: Storage, clock: ManualClock, cast: Cast, edits: Edits, files: Files
) -> int:
    """A client whose name, number and words stand wherever the product can put them."""
    actor, now = cast.grigory, clock.now()
    sales, keeping = await open_sales(storage, clock), Clients(storage, clock, "RU")
    client_id = await keeping.create(actor, name=PLANTED, number=f"+{NUMBER}", email=EMAIL)
    twin = await keeping.create(actor, name=f"{PLANTED} twin", number=f"+{NUMBER}")
    await Merging(storage, clock).unite(actor, client_id, twin)
    await edits.change(actor, "client", client_id, "note", f"Ask {PLANTED}", "")
    await keeping.add_contact(actor, client_id, name=f"Mrs {PLANTED}", position=PLANTED)
    await keeping.add_point(actor, client_id, PointKind.ADDRESS, f"{PLANTED} street 1")
    await keeping.add_entity(actor, client_id, country="RU", name=f"{PLANTED} Ltd")
    note_id = await keeping.add_note(actor, client_id, f"{PLANTED} has called")
    await edits.change(
        actor, "note", note_id, "text", f"{PLANTED} called twice", f"{PLANTED} has called"
    )
    await keeping.choose(actor, f"+{NUMBER}", client_id)
    await files.add(
        actor, client_id, f"{PLANTED}.txt", "text/plain", _bytes(f"Dear {PLANTED}".encode())
    )
    removed = await files.add(
        actor, client_id, f"{PLANTED} old.txt", "text/plain", _bytes(f"Old {PLANTED}".encode())
    )
    await edits.remove(actor, "file", removed)
    lead_id = await sales.leads.create(
        actor, NewLead(client_id=client_id, title=PLANTED, request=f"{PLANTED} asks")
    )
    deal_id = await sales.deals.create(actor, NewDeal(f"For {PLANTED}", client_id, amount=5_000))
    line = {"deal_id": deal_id, "title": f"{PLANTED} lamp", "quantity": 1000, "price": 5}
    await _insert(storage, deal_lines, **line)
    await _insert(
        storage,
        tasks,
        kind="callback",
        text=f"Call {PLANTED}",
        place=PLANTED,
        client_id=client_id,
        lead_id=lead_id,
        number=f"+{NUMBER}",
        assignee_agent_id=actor.id,
        due_at=now,
        created_at=now,
    )
    async with storage.read() as connection:
        task_id = (await connection.execute(select(func.max(tasks.c.id)))).scalar_one()
    await Comments(storage, clock).add(actor, task_id, f"{PLANTED} is away")
    await _call(storage, clock, cast, client_id)
    await _insert(storage, tags, id=9, title="vip", key="vip", created_at=now)
    await _insert(storage, tagged, kind="client", record_id=client_id, tag_id=9)
    opened = Openings(storage, clock)
    await opened.note(actor, SearchKind.CLIENT, client_id)
    async with storage.write() as tx:
        await tx.execute(
            update(clients).where(clients.c.id == client_id).values(fields={"1": PLANTED})
        )
        await tx.execute(update(deals).values(fields={"2": PLANTED}, note=PLANTED))
        for kind in (SearchKind.CLIENT, SearchKind.TASK, SearchKind.DEAL, SearchKind.CALL_NOTE):
            for record_id in (1, client_id, task_id, deal_id):
                await reindex(tx, kind, record_id)
    return client_id


async def _call(storage: Storage, clock: ManualClock, cast: Cast, client_id: int) -> None:
    now = clock.now()
    known: dict[str, Any] = {"direction": "inbound", "caller": f"+{NUMBER}", "caller_name": PLANTED}
    known |= {"number": f"+{NUMBER}", "outcome": "answered", "talk_seconds": 61.0}
    await _insert(storage, calls, call_id="c-1", client_id=client_id, started_at=now, **known)
    await _insert(storage, calls, call_id="c-2", started_at=now, **known)  # linked to nobody
    leg = {"uniqueid": "c-1.1", "call_id": "c-1", "role": "caller", "started_at": now}
    channel = f"Local/{NUMBER}@trunk-00000001;1"
    await _insert(storage, call_legs, **leg, channel=channel, interface=f"Local/{NUMBER}@trunk")
    transfer = {"call_id": "c-1", "kind": "blind", "at": now, "from_interface": "PJSIP/101"}
    await _insert(storage, call_transfers, **transfer, to=NUMBER)
    wrap_up = {"call_id": "c-1", "agent_id": cast.grigory.id, "note": f"{PLANTED} agreed"}
    await _insert(storage, wrap_ups, **wrap_up)
    run = {"id": 1, "since": now, "until": now, "source": "cdr", "began_at": now}
    await _insert(storage, reconciliations, **run)
    found = {"reconciliation_id": 1, "verdict": "differs", "call_id": "c-1", "started_at": now}
    await _insert(storage, reconciliation_findings, **found, details={"caller": f"+{NUMBER}"})


async def _told(storage: Storage) -> dict[str, list[str]]:
    """Every row in which something planted is left, by table."""
    left: dict[str, list[str]] = {}
    async with storage.read() as connection:
        for table in metadata.sorted_tables:
            for row in await connection.execute(select(table)):
                text = str(tuple(row)).lower()
                if any(each.lower() in text for each in (PLANTED, NUMBER[-7:], "example.org")):
                    left.setdefault(table.name, []).append(text)
    return left


def _is_in_files_of(storage: Storage) -> bool:
    path = Path(str(storage.url.database))
    written = [path, path.with_name(f"{path.name}-wal")]
    return any(PLANTED.encode() in each.read_bytes() for each in written if each.exists())


async def test_nothing_that_told_who_he_was_is_left_anywhere(
    storage: Storage, clock: ManualClock, cast: Cast, edits: Edits, files: Files, erasure: Erasure
) -> None:
    client_id = await _plant(storage, clock, cast, edits, files)
    places = set(await _told(storage))
    assert places >= {
        *("audit", "calls", "call_legs", "call_transfers", "client_merges", "client_numbers"),
        *("clients", "contact_points", "contacts", "deal_lines", "deals", "file_bytes", "files"),
        *("leads", "legal_entities", "notes", "number_choices", "reconciliation_findings"),
        *("search_texts", "task_comments", "tasks", "wrap_ups"),
    }
    assert not storage.is_sqlite or _is_in_files_of(storage)
    await erasure.erase(cast.grigory, client_id, f" {PLANTED.upper()}  ")
    assert await _told(storage) == {}
    if storage.is_sqlite:
        assert not _is_in_files_of(storage)
    async with storage.read() as connection:
        talked = select(func.sum(calls.c.talk_seconds), func.count())
        assert (await connection.execute(talked)).one() == (122.0, 2)
        amounts = (await connection.execute(select(deals.c.amount))).scalars()
        assert 5_000 in list(amounts)
        others = (await connection.execute(select(contacts.c.id))).scalars()
        assert cast.ivan in list(others)
    with pytest.raises(NotFound):
        await Deletion(storage, clock).restore(cast.grigory, RecordKind.CLIENT, client_id)
    with pytest.raises(NotFound):
        await erasure.erase(cast.grigory, client_id, "")


async def test_a_client_under_legal_hold_is_not_erased(
    storage: Storage, cast: Cast, erasure: Erasure
) -> None:
    await erasure.hold(cast.dina, cast.romashka, held=True)
    name = await _name(storage, cast.romashka)
    with pytest.raises(Conflict, match="legal_hold"):
        await erasure.erase(cast.dina, cast.romashka, name)
    with pytest.raises(Forbidden):
        await erasure.hold(cast.vera, cast.romashka, held=False)
    await erasure.hold(cast.grigory, cast.romashka, held=False)
    await erasure.erase(cast.dina, cast.romashka, name)
    assert await _name(storage, cast.romashka) == ""


async def test_only_who_may_delete_everybodys_erases_and_writes_the_name_to_do_it(
    storage: Storage, clock: ManualClock, cast: Cast, erasure: Erasure
) -> None:
    name = await _name(storage, cast.romashka)
    for actor in (cast.anna, cast.vera):
        with pytest.raises(Forbidden):
            await erasure.erase(actor, cast.romashka, name)
    blind = with_scope(cast.vera, RecordKind.CLIENT, Scope.NONE, Action.SEE)
    with pytest.raises(NotFound):
        await erasure.erase(blind, cast.romashka, name)
    with pytest.raises(Invalid, match="name_differs"):
        await erasure.erase(cast.grigory, cast.romashka, f"{name} & Co")
    await Deletion(storage, clock).delete(cast.grigory, RecordKind.CLIENT, cast.romashka)
    await erasure.erase(cast.grigory, cast.romashka, name)  # deleted is not erased
    assert await _name(storage, cast.romashka) == ""


async def test_bytes_are_cleaned_when_nobody_will_bring_their_file_back(
    storage: Storage, clock: ManualClock, cast: Cast, edits: Edits, files: Files
) -> None:
    kept = await files.add(cast.grigory, cast.pavel, "a", "text/plain", _bytes(b"kept" * 99_999))
    same = await files.add(cast.grigory, cast.pavel, "b", "text/plain", _bytes(b"kept" * 99_999))
    gone = await files.add(cast.grigory, cast.pavel, "c", "text/plain", _bytes(b"gone" * 99_999))
    removed = [await edits.remove(cast.grigory, "file", each) for each in (same, gone)]
    await clock.advance(timedelta(days=29).total_seconds())
    assert await files.clean() == 0
    await clock.advance(timedelta(days=2).total_seconds())
    assert await files.clean() == 1
    async with storage.read() as connection:
        left = (await connection.execute(select(file_bytes.c.sha256).distinct())).scalars().all()
    await edits.undo(cast.grigory, removed[0])
    with pytest.raises(Invalid, match="file_bytes_gone"):
        await edits.undo(cast.grigory, removed[1])
    assert left == [(await files.get(cast.grigory, kept)).sha256]


async def _name(storage: Storage, client_id: int) -> str:
    query = select(clients.c.name).where(clients.c.id == client_id)
    async with storage.read() as connection:
        return str((await connection.execute(query)).scalar_one())
