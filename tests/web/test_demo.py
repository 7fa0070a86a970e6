"""The made-up office: made once, believable, and alive without anybody at a browser."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import Table, func, select

from crm_core.agents.accounts import Accounts
from crm_core.agents.credentials import Passwords
from crm_core.agents.roles import Role
from crm_core.agents.state import State
from crm_core.agents.tables import agent_states, agents
from crm_core.calls.tables import calls, dispositions, wrap_ups
from crm_core.clients.lookup import find_by_number
from crm_core.clients.tables import clients
from crm_core.clock import SystemClock
from crm_core.deals.tables import deals, stages
from crm_core.storage.engine import Storage
from crm_core.storage.migrate import migrate
from crm_core.tasks.tables import tasks
from telephony.numbers import normalise
from web.demo import DEMO_PASSWORD, campaigns, cast, furnish, promises, sales, shaping
from web.demo.cast import CLIENTS, COLLEAGUES, NOTES, VISITORS
from web.demo.exchange import town
from web.demo.serving import DemoStarted, serve_simulated, until_stopped
from web.demo.tongues import in_language
from web.settings import DatabaseSettings, HttpSettings, Settings

PATIENCE_SECONDS = 40


def url_in(folder: Path) -> str:
    return f"sqlite:///{folder / 'office.db'}"


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    opened = Storage.open(url_in(tmp_path))
    yield opened
    await opened.close()


async def count(storage: Storage, table: Table) -> int:
    async with storage.read() as connection:
        query = select(func.count()).select_from(table)
        return int((await connection.execute(query)).scalar_one())


async def test_the_office_is_made_once(tmp_path: Path, storage: Storage) -> None:
    first = await furnish(url_in(tmp_path), SystemClock(), with_history=False)
    before = await count(storage, clients)
    second = await furnish(url_in(tmp_path), SystemClock(), with_history=False)
    assert first == second
    assert [(login.login, login.role) for login in first] == [
        ("anna", "operator"),
        ("boris", "operator"),
        ("vera", "supervisor"),
        ("grigory", "head_of_sales"),
        ("dina", "administrator"),
    ]
    assert await count(storage, clients) == before == len(CLIENTS)


async def test_the_logins_open_the_door(tmp_path: Path, storage: Storage) -> None:
    await furnish(url_in(tmp_path), SystemClock(), with_history=False)
    accounts = Accounts(storage, SystemClock(), Passwords())
    for person in VISITORS:
        agent = await accounts.verify(person.login, DEMO_PASSWORD)
        assert agent is not None
        assert agent.role is person.role


async def test_an_office_of_ones_own_is_left_alone(tmp_path: Path, storage: Storage) -> None:
    await migrate(storage)
    accounts = Accounts(storage, SystemClock(), Passwords())
    await accounts.create(None, "boss", "The Boss", Role.ADMINISTRATOR, "correct horse battery")
    assert await furnish(url_in(tmp_path), SystemClock()) == ()
    assert await count(storage, clients) == 0


async def test_the_past_has_calls_notes_promises_and_known_clients(
    tmp_path: Path, storage: Storage
) -> None:
    await furnish(url_in(tmp_path), SystemClock())
    now = SystemClock().now()
    async with storage.read() as connection:
        rows = (await connection.execute(select(calls))).all()
        open_tasks = (
            await connection.execute(
                select(func.count()).select_from(tasks).where(tasks.c.done_at.is_(None))
            )
        ).scalar_one()
        notes = (await connection.execute(select(wrap_ups.c.note, wrap_ups.c.ending))).all()
    assert len(rows) > 50
    assert all(row.ended_at is not None and row.ended_at <= now for row in rows)
    assert sum(row.client_id is not None for row in rows) > len(rows) / 3
    assert {"inbound", "outbound"} <= {row.direction for row in rows}
    assert open_tasks > 5
    assert notes
    assert all(note.note and note.ending == "saved" for note in notes)


@pytest.mark.parametrize("what", [campaigns, cast, promises, sales, shaping])
def test_an_english_office_has_no_russian_in_it(what: ModuleType) -> None:
    told = [vars(what)[name] for name in vars(what) if name.isupper()]
    russian = set(texts(in_language(told_of, "en") for told_of in told))
    assert {each for each in russian if re.search("[а-яё]", each, re.I)} <= {"Борис Климов"}


async def test_an_english_office_is_english_from_stages_to_money(
    tmp_path: Path, storage: Storage
) -> None:
    logins = await furnish(url_in(tmp_path), SystemClock(), language="en")
    async with storage.read() as connection:
        said = (
            await connection.execute(
                select(dispositions.c.code, wrap_ups.c.note).join(
                    dispositions, dispositions.c.id == wrap_ups.c.disposition_id
                )
            )
        ).all()
        titles = (await connection.execute(select(stages.c.title))).scalars().all()
        currencies = set((await connection.execute(select(deals.c.currency))).scalars())
        people = (await connection.execute(select(agents.c.login, agents.c.language))).all()
    assert logins[0].name == "Anna Orlova"
    assert [login for login, language in people if language != "en"] == ["boris"]
    assert "Needs" in titles
    assert currencies == {"EUR"}
    for code, note in said:
        assert note in in_language(NOTES[code], "en")  # what is written belongs to what it was


async def test_every_caller_of_the_town_is_found_by_his_number(
    tmp_path: Path, storage: Storage
) -> None:
    await furnish(url_in(tmp_path), SystemClock(), with_history=False)
    kinds = []
    async with storage.read() as connection:
        for digits, _ in town().people:
            found = await find_by_number(connection, normalise(f"+{digits}", "RU").key, "RU")
            kinds.append(found.kind)
    assert set(kinds) == {"one", "several"}


async def test_an_open_address_gets_a_password_of_its_own(tmp_path: Path) -> None:
    [first, *_] = await furnish(
        url_in(tmp_path), SystemClock(), password="made up for this", with_history=False
    )
    [again, *_] = await furnish(
        url_in(tmp_path), SystemClock(), password="another one made", with_history=False
    )
    assert (first.password, again.password) == ("made up for this", "")


async def test_the_floor_lives_by_itself(tmp_path: Path, storage: Storage) -> None:
    settings = Settings(
        database=DatabaseSettings(url=url_in(tmp_path)), http=HttpSettings(port=0), simulated=True
    )
    await furnish(settings.database.url, SystemClock(), with_history=False)
    stop, begun = asyncio.Event(), asyncio.Event()
    told: list[DemoStarted] = []

    def started(demo: DemoStarted) -> None:
        told.append(demo)
        begun.set()

    serving = asyncio.create_task(serve_simulated(settings, SystemClock(), stop, started))
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await begun.wait()

        async def seated() -> bool:
            async with storage.read() as connection:
                query = select(agent_states.c.state)
                states = (await connection.execute(query)).scalars().all()
            return len([each for each in states if each != State.OFFLINE]) == len(COLLEAGUES)

        async def called() -> bool:
            return await count(storage, calls) > 0

        await until(seated)
        await until(called)
    finally:
        stop.set()
        with suppress(TimeoutError):
            await asyncio.wait_for(serving, PATIENCE_SECONDS)
    assert told[0].url.startswith("http://127.0.0.1:")
    assert len(told[0].logins) == len(VISITORS)


async def test_the_colleagues_leave_before_the_office_closes() -> None:
    stop, began, left = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            left.set()

    working = asyncio.create_task(until_stopped(stop, work()))
    await began.wait()
    stop.set()
    await asyncio.wait_for(working, PATIENCE_SECONDS)
    assert left.is_set()


async def test_a_fault_of_the_colleagues_is_not_lost() -> None:
    async def work() -> None:
        raise LookupError("nobody there")

    with pytest.raises(LookupError):
        await until_stopped(asyncio.Event(), work())


def texts(told: object) -> Iterator[str]:
    """Every text in it, however deep."""
    if isinstance(told, str):
        yield told
    elif isinstance(told, Mapping):
        yield from texts((*told.keys(), *told.values()))
    elif isinstance(told, Iterable):
        for each in told:
            yield from texts(each)
    elif is_dataclass(told):
        yield from texts(getattr(told, one.name) for one in fields(told))


async def until(fact: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await fact():
            await SystemClock().sleep(0.1)
