"""A small office with names: the people, desks, queues and clients that the tests speak of."""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy import Table, insert

from crm_core.agents.people import Agent, get_agent
from crm_core.agents.roles import Role
from crm_core.agents.tables import agents, extensions, pause_reasons, queue_members, queues
from crm_core.calls.tables import dispositions
from crm_core.clients.tables import client_numbers, clients, contacts
from crm_core.clock import Clock
from crm_core.search.index import reindex
from crm_core.search.kinds import SearchKind
from crm_core.search.tables import search_texts
from crm_core.storage.engine import Storage, Write
from telephony.numbers import normalise

PASSWORD = "колокол-42"
"""Everybody's password."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Anna and Boris answer, Vera supervises, Grigory sells, Dina administers. Ids are of rows."""

    anna: Agent
    boris: Agent
    vera: Agent
    grigory: Agent
    dina: Agent
    sales: int  # queue "sales": Anna and Boris; wrap-up 60 s, not skippable, next step required
    support: int  # queue "support": Boris only; wrap-up 30 s, skippable
    desk_101: int  # Anna's own, PJSIP/101
    desk_102: int  # Boris's own, PJSIP/102
    desk_103: int  # a hot desk, PJSIP/103
    romashka: int  # an organisation of Anna's: +7 495 123-45-67, and Ivan Petrov's mobile
    ivan: int  # contact at Romashka: +7 916 123-45-67
    pavel: int  # a private person without an owner: +7 903 765-43-21
    lunch: int  # pause reasons
    training: int
    agreed: int  # dispositions: this one demands a next step
    refused: int
    wrong_number: int


_PEOPLE = (
    ("anna", "Anna Orlova", Role.OPERATOR),
    ("boris", "Boris Klimov", Role.OPERATOR),
    ("vera", "Vera Sokolova", Role.SUPERVISOR),
    ("grigory", "Grigory Lvov", Role.HEAD_OF_SALES),
    ("dina", "Dina Belova", Role.ADMINISTRATOR),
)


_TABLES = (
    *(agents, queues, queue_members, extensions, pause_reasons, dispositions),
    *(clients, contacts, client_numbers, search_texts),
)
Rows = dict[Table, list[tuple[Any, ...]]]
"""What each table holds, as the database's driver gives it and takes it."""
_SETTLED: dict[tuple[bool, datetime], tuple[Cast, Rows]] = {}


async def settle_in(storage: Storage, clock: Clock) -> Cast:
    """Put the whole cast into an empty, migrated database, in one transaction.

    What was once put into such a database at this time by the clock is put back row by row: nearly
    every test has the cast in, and composing forty statements took longer than many a test.
    """
    known = storage.is_sqlite, clock.now()
    async with storage.write() as tx:
        if known not in _SETTLED:
            _SETTLED[known] = await _furnish(tx, clock), await _remembered(tx)
        else:
            await _put_back(tx, _SETTLED[known][1], is_sqlite=storage.is_sqlite)
    return _SETTLED[known][0]


async def _furnish(tx: Write, clock: Clock) -> Cast:
    ids = await _people(tx, clock)
    office = await _office(tx, ids)
    known = await _clients(tx, clock, ids["anna"])
    people: dict[str, Any] = {
        login: await get_agent(tx.connection, key) for login, key in ids.items()
    }
    return Cast(**{**people, **office, **known})


async def _remembered(tx: Write) -> Rows:
    rows: Rows = {}
    for table in _TABLES:
        found = await tx.connection.exec_driver_sql(f"SELECT {_columns(table)} FROM {table.name}")
        rows[table] = [tuple(map(_given, row)) for row in found]
    return rows


def _given(value: object) -> object:
    # PostgreSQL's driver unpacks JSON by itself and takes it packed.
    return json.dumps(value) if isinstance(value, dict) else value


async def _put_back(tx: Write, rows: Rows, *, is_sqlite: bool) -> None:
    for table, kept in rows.items():
        places = ", ".join("?" if is_sqlite else f"${n + 1}" for n in range(len(table.columns)))
        await tx.connection.exec_driver_sql(
            f"INSERT INTO {table.name} ({_columns(table)}) VALUES ({places})", kept
        )
    if not is_sqlite:  # which counts on from the highest id by itself
        counted = (table.name for table in rows if "id" in table.columns)
        ahead = (
            f"setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}))"
            for name in counted
        )
        await tx.connection.exec_driver_sql(f"SELECT {', '.join(ahead)}")


def _columns(table: Table) -> str:
    return ", ".join(column.name for column in table.columns)


@cache
def _password_hash() -> str:
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1).hash(PASSWORD)


async def _new(tx: Write, table: Table, **values: object) -> int:
    result = await tx.execute(insert(table).values(**values))
    return int(result.inserted_primary_key[0])


async def _people(tx: Write, clock: Clock) -> dict[str, int]:
    return {
        login: await _new(
            tx,
            agents,
            login=login,
            name=name,
            role=role.value,
            password_hash=_password_hash(),
            created_at=clock.now(),
        )
        for login, name, role in _PEOPLE
    }


async def _office(tx: Write, people: dict[str, int]) -> dict[str, int]:
    anna, boris = people["anna"], people["boris"]
    sales = await _new(tx, queues, name="sales", title="Sales", wrap_up_seconds=60)
    support = await _new(
        tx, queues, name="support", title="Support", wrap_up_seconds=30, wrap_up_skippable=True
    )
    for queue, member, penalty in ((sales, anna, 0), (sales, boris, 1), (support, boris, 0)):
        await tx.execute(
            insert(queue_members).values(queue_id=queue, agent_id=member, penalty=penalty)
        )
    desks = {
        f"desk_{number}": await _new(
            tx, extensions, number=number, interface=f"PJSIP/{number}", agent_id=owner
        )
        for number, owner in (("101", anna), ("102", boris), ("103", None))
    }
    return {
        "sales": sales,
        "support": support,
        **desks,
        "lunch": await _new(tx, pause_reasons, code="lunch", title="Lunch", position=1),
        "training": await _new(tx, pause_reasons, code="training", title="Training", position=2),
        "agreed": await _new(
            tx, dispositions, code="agreed", title="Agreed", position=1, needs_next_step=True
        ),
        "refused": await _new(tx, dispositions, code="refused", title="Refused", position=2),
        "wrong_number": await _new(
            tx, dispositions, code="wrong_number", title="Wrong number", position=3
        ),
    }


async def _clients(tx: Write, clock: Clock, owner: int) -> dict[str, int]:
    now = clock.now()
    romashka = await _new(
        tx,
        clients,
        kind="organisation",
        name="ООО «Ромашка»",
        owner_agent_id=owner,
        client_since=now,
        created_at=now,
        updated_at=now,
    )
    ivan = await _new(tx, contacts, client_id=romashka, name="Иван Петров", created_at=now)
    pavel = await _new(
        tx,
        clients,
        kind="person",
        name="Павел Семёнов",
        client_since=now,
        created_at=now,
        updated_at=now,
    )
    for client, contact, written in (
        (romashka, None, "8 (495) 123-45-67"),
        (romashka, ivan, "8 (916) 123-45-67"),
        (pavel, None, "+7 903 765-43-21"),
    ):
        number = normalise(written, "RU")
        await tx.execute(
            insert(client_numbers).values(
                client_id=client,
                contact_id=contact,
                written=written,
                e164=number.e164,
                digits=number.digits,
                last_digits=number.last_digits,
                created_at=now,
            )
        )
    for client in (romashka, pavel):
        await reindex(tx, SearchKind.CLIENT, client)
    return {"romashka": romashka, "ivan": ivan, "pavel": pavel}
