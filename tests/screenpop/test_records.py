"""The client's story as it stands in the database, on both engines."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert

from crm_core.calls.tables import call_talks, calls, wrap_ups
from crm_core.clients.dossier import Dossier, Known
from crm_core.clients.records import Clients
from crm_core.clock import ManualClock
from crm_core.storage.engine import Storage
from crm_core.tasks.tables import tasks
from screenpop.live import LiveCall
from screenpop.records import ScreenRecords
from telephony.events import Direction
from tests.cast import Cast
from tests.crm_core.conftest import (  # noqa: F401 - fixtures of both engines
    cast,
    clock,
    database_url,
    engine,
    postgres_database,
    sqlite_template,
    storage,
)
from tests.screenpop.scenes import Office

# ruff: noqa: F811 - fixtures are imported by name and asked for by name
IVAN, STRANGER = "+79161234567", "+79991112233"
Read = Callable[..., Awaitable[Dossier]]


@pytest.fixture
def records(storage: Storage) -> ScreenRecords:
    return ScreenRecords(storage, "RU", Office())


@pytest.fixture
def read(storage: Storage, records: ScreenRecords, clock: ManualClock) -> Read:
    """Log a call from `number` now (`client_id` as the journal links it) and read its dossier."""

    async def read_it(number: str = IVAN, client_id: int | None = None) -> Dossier:
        await log(storage, "now", clock.now(), number=number, client_id=client_id)
        call = LiveCall("now", caller=number, started_at=clock.now())
        return await records.dossier(call)

    return read_it


async def log(
    storage: Storage,
    call_id: str,
    at: datetime,
    *,
    number: str = IVAN,
    client_id: int | None = None,
    talker: int | None = None,
    ended: bool = True,
) -> None:
    async with storage.write() as tx:
        await tx.execute(
            insert(calls).values(
                call_id=call_id,
                direction="inbound",
                caller=number,
                number=number,
                outcome="answered" if talker else "abandoned",
                talk_seconds=30 if talker else 0,
                started_at=at,
                ended_at=at + timedelta(minutes=1) if ended else None,
                client_id=client_id,
                queue="sales",
            )
        )
        if talker:
            talk = {"interface": "PJSIP/101", "agent_id": talker, "started_at": at}
            await tx.execute(insert(call_talks).values(call_id=call_id, **talk))


async def wrap(
    storage: Storage, call_id: str, agent_id: int, at: datetime, **values: object
) -> None:
    async with storage.write() as tx:
        row = {"call_id": call_id, "agent_id": agent_id, "started_at": at, **values}
        await tx.execute(insert(wrap_ups).values(**row))


async def promise(storage: Storage, text: str, due_at: datetime, **values: object) -> int:
    async with storage.write() as tx:
        row = {"kind": "next_step", "text": text, "due_at": due_at, "created_at": due_at}
        made = await tx.execute(insert(tasks).values(**{**row, **values}))
        return int(made.inserted_primary_key[0])


async def test_a_known_number_is_its_client_and_the_contact_who_calls(
    read: Read, cast: Cast
) -> None:
    dossier = await read(client_id=cast.romashka)
    assert dossier.known == Known.ONE
    assert dossier.client is not None
    assert (dossier.client.name, dossier.client.contact_name) == ("ООО «Ромашка»", "Иван Петров")
    assert dossier.readable == "8 (916) 123-45-67"


async def test_what_was_agreed_last_is_the_latest_wrap_up_that_says_anything(
    read: Read, storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    start = clock.now() - timedelta(days=3)
    step = await promise(storage, "send the price", clock.now(), client_id=cast.romashka)
    for day, note in enumerate(("first", "wants 5 % off", "")):
        at = start + timedelta(days=day)
        await log(storage, f"c{day}", at, client_id=cast.romashka, talker=cast.anna.id)
        done = {"finished_at": at, "ending": "saved" if note else "skipped"}
        task = step if note == "wants 5 % off" else None
        await wrap(storage, f"c{day}", cast.anna.id, at, note=note, task_id=task, **done)
    agreed = (await read(client_id=cast.romashka)).agreement
    assert agreed is not None
    assert (agreed.note, agreed.agent_name) == ("wants 5 % off", "Anna Orlova")
    assert (agreed.step, agreed.step_done) == ("send the price", False)


async def test_a_form_that_is_still_owed_is_no_agreement(
    read: Read, storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    start = clock.now() - timedelta(days=1)
    owed = await promise(storage, "", clock.now(), client_id=cast.romashka, kind="wrap_up")
    await log(storage, "said", start, client_id=cast.romashka, talker=cast.anna.id)
    await wrap(
        storage,
        "said",
        cast.anna.id,
        start,
        note="wants 5 % off",
        finished_at=start,
        ending="saved",
    )
    later = start + timedelta(hours=1)
    await log(storage, "unsaid", later, client_id=cast.romashka, talker=cast.anna.id)
    await wrap(
        storage, "unsaid", cast.anna.id, later, task_id=owed, finished_at=later, ending="expired"
    )
    agreed = (await read(client_id=cast.romashka)).agreement
    assert agreed is not None
    assert (agreed.note, agreed.step) == ("wants 5 % off", "")


async def test_last_calls_are_the_newest_five_without_the_one_that_rings(
    read: Read, storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    for day in range(1, 8):
        at = clock.now() - timedelta(days=day)
        await log(storage, f"c{day}", at, client_id=cast.romashka, talker=cast.boris.id)
    past = (await read(client_id=cast.romashka)).past_calls
    assert [call.call_id for call in past] == ["c1", "c2", "c3", "c4", "c5"]
    assert (past[0].agent_name, past[0].outcome) == ("Boris Klimov", "answered")


async def test_open_tasks_of_client_and_number_come_first_due_first(
    read: Read, storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    now = clock.now()
    await promise(storage, "later", now + timedelta(days=1), client_id=cast.romashka)
    await promise(storage, "soon", now, number=IVAN, assignee_agent_id=cast.anna.id)
    await promise(storage, "done", now, client_id=cast.romashka, done_at=now)
    await promise(storage, "another's", now, client_id=cast.pavel)
    found = (await read(client_id=cast.romashka)).tasks
    assert [task.text for task in found] == ["soon", "later"]
    assert found[0].assignee_name == "Anna Orlova"


async def test_an_unknown_number_has_the_history_of_the_number(
    read: Read, storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    await log(storage, "c1", clock.now() - timedelta(days=1), number=STRANGER)
    dossier = await read(STRANGER)
    assert dossier.known == Known.NONE
    assert [call.call_id for call in dossier.past_calls] == ["c1"]


async def test_hidden_numbers_are_no_common_history(
    read: Read, storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    await log(storage, "c1", clock.now() - timedelta(days=1), number="")
    await promise(storage, "of nobody", clock.now(), number="")
    dossier = await read("")
    assert dossier.known == Known.ANONYMOUS
    assert (dossier.past_calls, dossier.tasks, dossier.agreement) == ((), (), None)


async def test_several_clients_are_a_choice_until_one_is_chosen(
    read: Read, records: ScreenRecords, storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    clients = Clients(storage, clock, "RU")
    second = await clients.create(cast.anna, name="Мария", number=IVAN)
    dossier = await read()
    assert dossier.known == Known.SEVERAL
    assert {person.client_id for person in dossier.candidates} == {cast.romashka, second}
    await clients.choose(cast.anna, IVAN, second)
    chosen = await records.dossier(LiveCall("now", caller=IVAN, started_at=clock.now()))
    assert chosen.client is not None
    assert chosen.client.client_id == second
    assert len(chosen.candidates) == 2


async def test_notes_of_everybody_in_this_call_come_along(
    read: Read, storage: Storage, cast: Cast, clock: ManualClock, records: ScreenRecords
) -> None:
    await read(client_id=cast.romashka)
    await wrap(storage, "now", cast.anna.id, clock.now(), note="20 pumps")
    dossier = await records.dossier(LiveCall("now", caller=IVAN, started_at=clock.now()))
    assert [(note.agent_name, note.text) for note in dossier.notes] == [("Anna Orlova", "20 pumps")]


async def test_an_internal_call_names_both_colleagues(
    records: ScreenRecords, cast: Cast, clock: ManualClock
) -> None:
    call = LiveCall("now", Direction.INTERNAL, "101", "", "102", started_at=clock.now())
    dossier = await records.dossier(call)
    assert dict(dossier.colleagues) == {"101": "Anna Orlova", "102": "Boris Klimov"}


async def test_owed_forms_are_found_with_their_calls_and_rules(
    records: ScreenRecords, storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    now = clock.now()
    await log(storage, "c1", now, talker=cast.anna.id)
    await wrap(storage, "c1", cast.anna.id, now, deadline_at=now + timedelta(seconds=60))
    await wrap(storage, "c1", cast.boris.id, now, finished_at=now, ending="saved")
    (owed,) = await records.open_wrap_ups()
    assert (owed.agent_id, owed.call.call_id, owed.call.ended) == (cast.anna.id, "c1", True)
    assert owed.rule.deadline_at == now + timedelta(seconds=60)
    assert (owed.rule.skippable, owed.rule.next_step_required) == (False, True)
    assert (await records.wrap_up_rule("c1", cast.anna.id)) == owed.rule


@pytest.mark.parametrize(
    ("values", "people"),
    [({"queue": "sales"}, ("anna", "boris")), ({"queue": "support"}, ("boris",)), ({}, ())],
)
async def test_a_task_of_a_queue_concerns_its_team(
    records: ScreenRecords,
    storage: Storage,
    cast: Cast,
    clock: ManualClock,
    values: dict[str, object],
    people: tuple[str, ...],
) -> None:
    task_id = await promise(storage, "x", clock.now(), **values)
    audience = await records.audience(task_id)
    assert set(audience.agent_ids) == {getattr(cast, login).id for login in people}


async def test_a_task_that_is_gone_concerns_nobody(records: ScreenRecords, cast: Cast) -> None:
    assert (await records.audience(12345)).agent_ids == ()
