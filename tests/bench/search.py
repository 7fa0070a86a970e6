"""As-you-type search among a million clients and three million lines, beside the bare index.

Every beginning of believable questions is asked, from the first letter to the last. Bare is what
the engine itself does for the same words by the same index: the ids of the newest that fit, with
no names, no order of kinds, no rights.
"""

import random
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import aiosqlite
import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import insert, select

from crm_core.agents.accounts import Accounts
from crm_core.agents.credentials import Passwords
from crm_core.agents.people import Agent
from crm_core.agents.roles import Role
from crm_core.agents.tables import agents, queue_members, queues
from crm_core.clock import SystemClock
from crm_core.search.engines import values_of
from crm_core.search.finding import DEPTH, find
from crm_core.search.question import Question, ask
from crm_core.storage.engine import Storage
from crm_core.storage.migrate import migrate
from tests.bench.report import Aim, Measured, percentile
from tests.bench.searched import (
    OPERATORS,
    QUEUE,
    fill_postgresql,
    fill_sqlite,
    mail_of,
    name_of,
    number_of,
    said_of,
)
from tests.lab.needs import Missing
from tests.lab.postgres import own_server

CLIENTS = 1_000_000
LINES_EACH = 3
SITTINGS = 15  # times that somebody looks for seven different things
Ask = Callable[[Question], Awaitable[Any]]
Told = list[tuple[str, float, float]]


async def measure_search(clients: int = CLIENTS) -> Measured:
    """p95 over all beginnings: ours beside bare, on both engines."""
    lines = clients * LINES_EACH
    numbers: dict[str, float] = {"clients": clients, "lines": lines}
    aims: list[Aim] = []
    remarks: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        _note("sqlite", await _sqlite(Path(folder) / "search.db", clients, lines), numbers, aims)
    try:
        with own_server(shared_buffers="512MB", max_wal_size="4GB") as server:
            url = server.cluster.url(server.cluster.create())
            _note("postgresql", await _postgresql(url, clients, lines), numbers, aims)
    except Missing as missing:
        remarks.append(f"without PostgreSQL: {missing}")
    remarks.append(
        "every beginning of names, numbers, last four digits, addresses and words of notes, ours "
        "and bare in turn; ours ranks, asks the rights and reads what is shown of seven kinds"
    )
    return Measured("search", numbers, tuple(aims), tuple(remarks))


def _note(engine: str, told: Told, numbers: dict[str, float], aims: list[Aim]) -> None:
    ours, bare = [each[1] * 1000 for each in told], [each[2] * 1000 for each in told]
    for share in (0.5, 0.95, 0.99):
        label = f"{engine}_p{share * 100:.0f}"
        numbers[f"{label}_ms"] = percentile(ours, share)
        numbers[f"{label}_bare_ms"] = percentile(bare, share)
    aims.append(
        Aim(f"{engine}: p95 beside bare", percentile(ours, 0.95) / percentile(bare, 0.95), 2.0)
    )


def questions(clients: int, lines: int) -> Iterator[str]:
    """What people look for, whole."""
    chance = random.Random(4)
    for _ in range(SITTINGS):
        place = chance.randrange(clients)
        name, digits = name_of(place), number_of(place)
        yield name
        yield " ".join(reversed(name.split()))
        yield name.replace("о", "o").replace("С", "C").lower()
        yield f"8 ({digits[1:4]}) {digits[4:7]}-{digits[7:9]}-{digits[9:]}"
        yield digits[-4:]
        yield mail_of(place)
        said = said_of(chance.randrange(lines)).split()
        yield f"{said[-1]} {said[0]}"


def beginnings(whole: str) -> Iterator[str]:
    """What is asked while it is typed."""
    for end in range(1, len(whole) + 1):
        if whole[end - 1] != " ":
            yield whole[:end]


async def _sqlite(path: Path, clients: int, lines: int) -> Told:
    storage = Storage.open(f"sqlite:///{path}")
    try:
        agent = await _agent(storage)
        fill_sqlite(path, clients, lines)
        async with aiosqlite.connect(path) as bare:

            async def ask_bare(question: Question) -> Any:
                values = values_of(question.anywhere, is_sqlite=True)
                match = values.get("match") or f'"^ {question.words[0]}"'
                found = await bare.execute(
                    "SELECT rowid FROM search_index WHERE search_index MATCH ? "
                    "ORDER BY rowid DESC LIMIT ?",
                    (match, DEPTH),
                )
                return await found.fetchall()

            return await _in_turn(storage, agent, ask_bare, clients, lines)
    finally:
        await storage.close()


async def _postgresql(url: str, clients: int, lines: int) -> Told:
    storage = Storage.open(url)
    try:
        agent = await _agent(storage)
        bare = await asyncpg.connect(url.replace("+asyncpg", ""))
        try:
            await fill_postgresql(bare, clients, lines)

            async def ask_bare(question: Question) -> Any:
                values = values_of(question.anywhere, is_sqlite=False)
                given = [str(value) for name, value in values.items() if name.startswith("like")]
                fits, nth = [], 0
                for parts in question.anywhere:
                    fits.append(
                        " AND ".join(f"text LIKE ${nth + n + 1}" for n in range(len(parts)))
                    )
                    nth += len(parts)
                where = " OR ".join(f"({fit})" for fit in fits)
                return await bare.fetch(
                    f"SELECT id FROM search_texts WHERE {where} ORDER BY id DESC LIMIT {DEPTH}",
                    *given,
                )

            return await _in_turn(storage, agent, ask_bare, clients, lines)
        finally:
            await bare.close()
    finally:
        await storage.close()


async def _agent(storage: Storage) -> Agent:
    await migrate(storage)
    accounts = Accounts(storage, SystemClock(), Passwords())
    anna = await accounts.create(None, "anna", "Anna", Role.OPERATOR, "correct horse battery")
    async with storage.write() as tx:
        row = dict((await tx.execute(select(agents))).mappings().one())
        del row["id"]
        others = [{**row, "login": f"operator{n}"} for n in range(OPERATORS - 1)]
        await tx.execute(insert(agents), others)
        await tx.execute(insert(queues).values(name=QUEUE, title="Sales"))
        await tx.execute(insert(queue_members).values(queue_id=1, agent_id=anna.id))
    return anna


async def _in_turn(storage: Storage, agent: Agent, ask_bare: Ask, clients: int, lines: int) -> Told:
    """Each question with the seconds of ours and of the bare one."""
    asked = [start for whole in questions(clients, lines) for start in beginnings(whole)]
    told: Told = []
    for text in [*asked[:40], *asked]:
        question = ask(text, "RU")
        if question is None:
            continue
        began = time.perf_counter()
        async with storage.read() as connection:
            await find(connection, agent, text, "RU")
        between = time.perf_counter()
        await ask_bare(question)
        told.append((text, between - began, time.perf_counter() - between))
    return told[40:]
