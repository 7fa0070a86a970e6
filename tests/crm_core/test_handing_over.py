"""What one looks after is handed to another in one step, and taken back as exactly."""

from dataclasses import replace

import pytest
from sqlalchemy import func, insert, select, update

from crm_core.agents.people import Agent
from crm_core.agents.rights import Action, RecordKind, Scope
from crm_core.agents.tables import agents
from crm_core.clients.tables import client_numbers, clients
from crm_core.clients.timeline import LineKind, Whose, read_timeline
from crm_core.clock import ManualClock
from crm_core.deals.tables import deals
from crm_core.errors import Conflict, Forbidden, Invalid, NotFound
from crm_core.events import HandedOver
from crm_core.handing_over.choosing import Along, Chosen, everything_of, one
from crm_core.handing_over.queries import get_handover, list_handovers, read_progress
from crm_core.handing_over.records import Handovers
from crm_core.handing_over.tables import handed_records, handovers
from crm_core.leads.tables import leads
from crm_core.storage.engine import Storage
from crm_core.tasks.tables import tasks
from tests.cast import Cast
from tests.crm_core.sales import open_sales, with_scope

MANY = 500  # three pieces


@pytest.fixture
def handing(storage: Storage, clock: ManualClock) -> Handovers:
    return Handovers(storage, clock)


async def _hand(handing: Handovers, actor: Agent, to: Agent | None, chosen: Chosen) -> int:
    handover_id = await handing.begin(actor, to.id if to else None, chosen)
    assert handover_id is not None
    await handing.carry_out(handover_id)
    return handover_id


async def _undo(handing: Handovers, actor: Agent, handover_id: int) -> None:
    await handing.undo(actor, handover_id)
    await handing.carry_out(handover_id)


async def _whose(storage: Storage) -> dict[tuple[str, int], int | None]:
    found: dict[tuple[str, int], int | None] = {}
    async with storage.read() as connection:
        for table in (clients, leads, deals):
            for key, owner in await connection.execute(select(table.c.id, table.c.owner_agent_id)):
                found[table.name, key] = owner
        for key, owner in await connection.execute(select(tasks.c.id, tasks.c.assignee_agent_id)):
            found["tasks", key] = owner
    return found


async def _task(
    storage: Storage, clock: ManualClock, client_id: int, agent: Agent, kind: str = "call"
) -> int:
    row = {
        "kind": kind,
        "client_id": client_id,
        "assignee_agent_id": agent.id,
        "due_at": clock.now(),
        "created_at": clock.now(),
    }
    async with storage.write() as tx:
        return int((await tx.execute(insert(tasks).values(**row))).inserted_primary_key[0])


async def _many(storage: Storage, clock: ManualClock, owner: Agent, count: int = MANY) -> None:
    row = {
        "kind": "person",
        "owner_agent_id": owner.id,
        "client_since": clock.now(),
        "created_at": clock.now(),
        "updated_at": clock.now(),
    }
    async with storage.write() as tx:
        await tx.execute(insert(clients), [{**row, "name": f"Many {n}"} for n in range(count)])


async def test_with_a_client_goes_what_is_open_and_was_the_same_persons(
    storage: Storage, clock: ManualClock, cast: Cast, handing: Handovers
) -> None:
    sales = await open_sales(storage, clock)
    anna, boris, grigory = cast.anna, cast.boris, cast.grigory
    hers = await sales.deal(anna, cast.romashka)
    won = await sales.deal(anna, cast.romashka, "Won long ago")
    await sales.deals.win(anna, won, before=sales.stage("New").id)
    thirds = await sales.deal(anna, cast.romashka, "A third person's")
    await sales.hand_over(grigory, RecordKind.DEAL, thirds, grigory)
    call = await _task(storage, clock, cast.romashka, anna)
    callback = await _task(storage, clock, cast.romashka, anna, "callback")
    owed = await _task(storage, clock, cast.romashka, anna, "wrap_up")
    boris_own = await _task(storage, clock, cast.romashka, boris)
    before = await _whose(storage)

    handover_id = await _hand(handing, grigory, boris, one(RecordKind.CLIENT, cast.romashka))
    moved = [("clients", cast.romashka), ("deals", hers), ("tasks", call), ("tasks", callback)]
    assert await _whose(storage) == {**before, **dict.fromkeys(moved, boris.id)}
    assert before["tasks", owed] == anna.id
    assert before["tasks", boris_own] == boris.id
    async with storage.read() as connection:
        handover = await get_handover(connection, grigory, handover_id)
        story = await read_timeline(
            connection, Whose(cast.romashka), kinds=frozenset({LineKind.CHANGE})
        )
    assert handover.counts == {"client": 1, "deal": 1, "task": 2}
    assert getattr(story.lines[0].about, "action", "") == "handed_over"

    await _undo(handing, grigory, handover_id)
    assert await _whose(storage) == before


@pytest.mark.parametrize("along", [*Along])
async def test_what_is_not_ticked_stays(
    along: Along, storage: Storage, clock: ManualClock, cast: Cast, handing: Handovers
) -> None:
    sales = await open_sales(storage, clock)
    made = {
        Along.DEALS: ("deals", await sales.deal(cast.anna, cast.romashka)),
        Along.TASKS: ("tasks", await _task(storage, clock, cast.romashka, cast.anna)),
        Along.CALLBACKS: (
            "tasks",
            await _task(storage, clock, cast.romashka, cast.anna, "callback"),
        ),
    }
    lead_id = await sales.lead(cast.anna)
    async with storage.write() as tx:
        await tx.execute(update(leads).values(client_id=cast.romashka))
    made[Along.LEADS] = ("leads", lead_id)
    chosen = replace(one(RecordKind.CLIENT, cast.romashka), along=frozenset({along}))
    await _hand(handing, cast.grigory, cast.boris, chosen)
    after = await _whose(storage)
    assert after["clients", cast.romashka] == cast.boris.id
    moved = {each for each, key in made.items() if after[key] == cast.boris.id}
    assert moved == {along}


async def test_what_was_changed_since_stays_when_a_handover_is_taken_back(
    storage: Storage, clock: ManualClock, cast: Cast, handing: Handovers
) -> None:
    await _many(storage, clock, cast.anna)
    call = await _task(storage, clock, cast.romashka, cast.anna)
    chosen = everything_of(cast.anna.id)
    first = await _hand(handing, cast.grigory, cast.boris, chosen)
    ids = [key for (table, key), _ in (await _whose(storage)).items() if table == "clients"]
    onward = Chosen(clients=select(clients.c.id).where(clients.c.id == ids[-1]))
    second = await _hand(handing, cast.grigory, cast.vera, onward)
    async with storage.write() as tx:
        await tx.execute(update(tasks).values(done_at=clock.now()))
    await _undo(handing, cast.grigory, first)
    after = await _whose(storage)
    assert after["tasks", call] == cast.boris.id  # he has done it
    assert after["clients", ids[-1]] == cast.vera.id
    others = [after["clients", key] for key in ids[:-1] if key != cast.pavel]
    assert others == [cast.anna.id] * MANY
    async with storage.read() as connection:
        undone = await get_handover(connection, cast.grigory, first)
        progress = await read_progress(connection, undone)
        newest = await list_handovers(connection, cast.boris)
    assert (undone.state, progress.total, progress.done, progress.kept) == (
        "undone",
        502,
        502,
        2,
    )
    assert [each.id for each in newest] == [first]
    with pytest.raises(Conflict, match="handover_undone"):
        await handing.undo(cast.grigory, first)
    await _undo(handing, cast.grigory, second)


async def test_one_that_was_cut_short_goes_on_at_the_next_start(
    storage: Storage, clock: ManualClock, cast: Cast, handing: Handovers
) -> None:
    await _many(storage, clock, cast.anna)
    heard: list[object] = []
    storage.on_commit = heard.extend
    handover_id = await handing.begin(cast.grigory, cast.boris.id, everything_of(cast.anna.id))
    assert handover_id is not None

    async def power_cut(nth: int) -> None:
        writes, original = 0, storage.write

        def write(*, urgent: bool = False):  # type: ignore[no-untyped-def]
            nonlocal writes
            writes += 1
            if writes > nth:
                raise KeyboardInterrupt
            return original(urgent=urgent)

        storage.write = write  # type: ignore[method-assign]
        try:
            with pytest.raises(KeyboardInterrupt):
                await handing.carry_out(handover_id)
        finally:
            storage.write = original  # type: ignore[method-assign]

    await power_cut(2)
    half = list((await _whose(storage)).values())
    assert 0 < half.count(cast.boris.id) < MANY
    await handing.resume()
    assert list((await _whose(storage)).values()).count(cast.boris.id) == MANY + 1
    told = [fact for fact in heard if isinstance(fact, HandedOver)]
    assert [(fact.to_agent_id, fact.counts) for fact in told] == [(cast.boris.id, {"client": 501})]
    await handing.undo(cast.grigory, handover_id)
    await power_cut(1)
    await handing.resume()
    assert list((await _whose(storage)).values()).count(cast.boris.id) == 0


async def test_a_choice_that_was_cut_short_never_happened(
    storage: Storage, clock: ManualClock, cast: Cast, handing: Handovers
) -> None:
    await handing.begin(cast.grigory, cast.boris.id, everything_of(cast.anna.id))
    async with storage.write() as tx:
        await tx.execute(update(handovers).values(state="chosen"))
    await handing.resume()
    async with storage.read() as connection:
        for table in (handovers, handed_records):
            counted = select(func.count()).select_from(table)
            assert (await connection.execute(counted)).scalar_one() == 0
    assert (await _whose(storage))["clients", cast.romashka] == cast.anna.id


async def test_what_one_may_not_edit_is_skipped_and_counted(
    storage: Storage, clock: ManualClock, cast: Cast, handing: Handovers
) -> None:
    everybody = Chosen(clients=select(clients.c.id))
    handover_id = await _hand(handing, cast.boris, cast.boris, everybody)
    async with storage.read() as connection:
        handover = await get_handover(connection, cast.boris, handover_id)
        with pytest.raises(NotFound):
            await get_handover(connection, cast.anna, handover_id)
    assert (handover.counts, handover.skipped) == ({"client": 1}, 1)  # Pavel was nobody's
    assert (await _whose(storage))["clients", cast.romashka] == cast.anna.id
    with pytest.raises(Forbidden):
        await handing.begin(cast.boris, cast.boris.id, one(RecordKind.CLIENT, cast.romashka))
    seeing = with_scope(cast.vera, RecordKind.CLIENT, Scope.OWN, Action.EDIT)
    with pytest.raises(Forbidden):
        await handing.begin(seeing, cast.boris.id, one(RecordKind.CLIENT, cast.romashka))
    with pytest.raises(Forbidden):
        await handing.undo(cast.vera, handover_id)


async def test_nobody_is_handed_what_he_could_not_look_after(
    storage: Storage, cast: Cast, handing: Handovers
) -> None:
    async with storage.write() as tx:
        gone = update(agents).where(agents.c.id == cast.boris.id).values(active=False)
        await tx.execute(gone)
    with pytest.raises(Invalid, match="agent_inactive"):
        await handing.begin(cast.grigory, cast.boris.id, one(RecordKind.CLIENT, cast.romashka))
    with pytest.raises(NotFound):
        await handing.begin(cast.grigory, 10**12, one(RecordKind.CLIENT, cast.romashka))


async def test_a_client_who_becomes_nobodys_leaves_the_tasks_to_whoever_has_them(
    storage: Storage, clock: ManualClock, cast: Cast, handing: Handovers
) -> None:
    call = await _task(storage, clock, cast.romashka, cast.anna)
    await _hand(handing, cast.anna, None, one(RecordKind.CLIENT, cast.romashka))
    after = await _whose(storage)
    assert (after["clients", cast.romashka], after["tasks", call]) == (None, cast.anna.id)


async def test_with_a_lead_goes_whoever_asked(
    storage: Storage, clock: ManualClock, cast: Cast, handing: Handovers
) -> None:
    sales = await open_sales(storage, clock)
    lead_id = await sales.lead(cast.anna, "Olga Novak", "+7 921 000-00-01")
    before = await _whose(storage)
    handover_id = await _hand(handing, cast.anna, cast.boris, one(RecordKind.LEAD, lead_id))
    async with storage.read() as connection:
        query = select(client_numbers.c.client_id).where(client_numbers.c.e164 == "+79210000001")
        party = (await connection.execute(query)).scalar_one()
    after = await _whose(storage)
    assert (after["leads", lead_id], after["clients", party]) == (cast.boris.id, cast.boris.id)
    await _undo(handing, cast.anna, handover_id)
    assert await _whose(storage) == before


async def test_what_is_to_be_done_about_whoever_asked_goes_with_the_lead(
    storage: Storage, clock: ManualClock, cast: Cast, handing: Handovers
) -> None:
    sales = await open_sales(storage, clock)
    lead_id, other = [await sales.lead(cast.anna, name) for name in ("Olga", "Petr")]
    async with storage.read() as connection:
        asker = dict(map(tuple, await connection.execute(select(leads.c.id, leads.c.client_id))))
    callback = await _task(storage, clock, asker[lead_id], cast.anna, "callback")
    promised = await _task(storage, clock, asker[lead_id], cast.anna)
    elsewhere = await _task(storage, clock, asker[other], cast.anna, "callback")
    async with storage.write() as tx:
        mine = tasks.c.id == promised
        await tx.execute(update(tasks).where(mine).values(lead_id=lead_id))
    before = await _whose(storage)
    handover_id = await _hand(handing, cast.anna, cast.boris, one(RecordKind.LEAD, lead_id))
    after = await _whose(storage)
    moved = {key for key, owner in after.items() if owner != before[key]}
    assert moved == {
        ("leads", lead_id),
        ("clients", asker[lead_id]),
        ("tasks", callback),
        ("tasks", promised),
    }
    assert after["tasks", elsewhere] == cast.anna.id
    await _undo(handing, cast.anna, handover_id)
    assert await _whose(storage) == before


async def test_a_deal_that_was_won_has_an_owner_too_and_whoever_wins_it_meanwhile_keeps_it(
    storage: Storage, clock: ManualClock, cast: Cast, handing: Handovers
) -> None:
    sales = await open_sales(storage, clock)
    won, open_one = [await sales.deal(cast.anna, cast.romashka) for _ in range(2)]
    await sales.deals.win(cast.anna, won, before=sales.stage("New").id)
    await clock.advance(60)
    both = Chosen(deals=select(deals.c.id))
    handover_id = await handing.begin(cast.anna, cast.boris.id, both)
    assert handover_id is not None
    await clock.advance(60)
    await sales.deals.win(cast.anna, open_one, before=sales.stage("New").id)
    await handing.carry_out(handover_id)
    after = await _whose(storage)
    assert (after["deals", won], after["deals", open_one]) == (cast.boris.id, cast.anna.id)
    await _undo(handing, cast.anna, handover_id)
    assert (await _whose(storage))["deals", won] == cast.anna.id
