"""A big office to be searched: clients with names, numbers and addresses, and lines of history."""

import random
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]

from crm_core.search.folding import folded, packed
from crm_core.search.kinds import SearchKind, first_place

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
TEXT_NOON = "2026-01-01 12:00:00.000000"
KINDS_OF_LINES = 3  # notes, tasks and what was written at calls, in equal parts

OPERATORS = 500
QUEUE = "sales"  # every fourth call is its


def _words(text: str) -> list[str]:
    return text.split()


_SURNAMES = _words(
    "Иванов Смирнов Кузнецов Попов Васильев Петров Соколов Михайлов Новиков Фёдоров Морозов "
    "Волков Алексеев Лебедев Семёнов Егоров Павлов Козлов Степанов Николаев Орлов Андреев "
    "Макаров Захаров Зайцев Соловьёв Борисов Яковлев Григорьев Романов Воробьёв Сергеев Кузьмин "
    "Фролов Щербаков Müller Novák Dvořák Schmidt Kowalski Bianchi Rossi Johnson Williams Nowak "
    "Horváth Kováč"
)
_FIRST = _words(
    "Анна Борис Вера Григорий Дмитрий Елена Жанна Иван Кирилл Лариса Михаил Наталья Олег Павел "
    "Роман Светлана Татьяна Ульяна Фёдор Юлия Ярослав Peter Jana Thomas Eva John Mary"
)
_FIRMS = _words(
    "Ромашка Вектор Горизонт Меридиан СтройИнвест АгроХолдинг ТехноСервис МеталлТорг Гранит "
    "Сфера Орион Зенит Атлант Прогресс Альянс Импульс Квартал Феникс Logistics Solutions "
    "Systems Trade"
)
_SYLLABLES = _words(
    "ба ве ги до жу за ка ле ми но пе ра си ту фа хо ца че ши ям тор лен мар дин кос пол вер"
)
_TOLD = _words(
    "клиент просил перезвонить завтра после обеда договорились о встрече счёт отправлен оплата "
    "поставка задерживается нужна скидка обсудили условия договора прислать прайс каталог "
    "образцы доставка монтаж гарантия возврат рекламация бухгалтерия директор подпись "
    "согласован бюджет тендер заявка склад отгрузка документы акт сверки позвонить напомнить "
    "уточнить адрес размер"
)


def number_of(place: int) -> str:
    """The number of the client in this place: spread over the whole range."""
    return f"79{(place * 97_003) % 1_000_000_000:09d}"


def name_of(place: int) -> str:
    """His name: as alike, and as different, as they are in a telephone book."""
    chance = random.Random(place)
    if place % 3:
        return f"{_surname(chance)} {chance.choice(_FIRST)}"
    return f"ООО «{chance.choice(_FIRMS)}-{_word(chance)}»"


def mail_of(place: int) -> str:
    """His e-mail address."""
    return f"box{place}@{_FIRMS[place % len(_FIRMS)].lower()}{place % 1000}.ru"


def said_of(place: int) -> str:
    """What was written at a line of history."""
    chance = random.Random(-place - 1)
    return " ".join([*chance.choices(_TOLD, k=chance.randint(4, 14)), _word(chance)])


def _surname(chance: random.Random) -> str:
    common = chance.random() < 0.5
    return chance.choice(_SURNAMES) if common else f"{_word(chance).capitalize()}ов"


def _word(chance: random.Random) -> str:
    return "".join(chance.choices(_SYLLABLES, k=3))


Table = tuple[str, list[str], Iterator[tuple[Any, ...]]]


def tables(clients: int, lines: int, at: Any) -> Iterator[Table]:
    """The rows of every table; `at` is the instant as the driver takes it."""
    each = lines // KINDS_OF_LINES
    columns = ["id", "kind", "name", "client_since", "created_at", "updated_at"]
    people = ((n + 1, _kind(n), name_of(n), at, at, at) for n in range(clients))
    yield "clients", columns, people
    columns = ["client_id", "written", "e164", "digits", "last_digits", "created_at"]
    numbers = ((n + 1, number_of(n)) for n in range(clients))
    yield "client_numbers", columns, ((c, d, f"+{d}", d, d[-7:], at) for c, d in numbers)
    columns = ["client_id", "kind", "written", "key", "created_at"]
    mails = ((n + 1, "email", mail_of(n), mail_of(n), at) for n in range(0, clients, 2))
    yield "contact_points", columns, mails
    owners = [n % clients + 1 for n in range(each)]
    columns = ["id", "client_id", "text", "created_at"]
    notes = ((n + 1, owners[n], said_of(n), at) for n in range(each))
    yield "notes", columns, notes
    columns = ["id", "kind", "text", "client_id", "due_at", "created_at", "assignee_agent_id"]
    promised = (
        (n + 1, "call", said_of(each + n), owners[n], at, at, n % OPERATORS + 1)
        for n in range(each)
    )
    yield "tasks", columns, promised
    columns = ["call_id", "direction", "client_id", "started_at", "queue"]
    queues = (None if n % 4 else QUEUE for n in range(each))
    calls = ((f"c{n}", "inbound", owners[n], at, queue) for n, queue in enumerate(queues))
    yield "calls", columns, calls
    columns = ["id", "call_id", "agent_id", "note"]
    yield (
        "wrap_ups",
        columns,
        ((n + 1, f"c{n}", n % OPERATORS + 1, said_of(2 * each + n)) for n in range(each)),
    )
    yield "search_texts", ["id", "kind", "record_id", "text"], _texts(clients, each)


def _texts(clients: int, each: int) -> Iterator[tuple[Any, ...]]:
    words: dict[str, str] = {}

    def stored(text: str) -> str:
        made = []
        for word in text.split():
            if word not in words:
                words[word] = packed(folded(word))
            made.append(words[word])
        return " ".join(made)

    for kind, start in ((SearchKind.NOTE, 0), (SearchKind.TASK, each), (SearchKind.CALL_NOTE, 2)):
        first = first_place(kind) + 1
        begins = "^" if kind is SearchKind.TASK else ""
        offset = 2 * each if kind is SearchKind.CALL_NOTE else start
        for n in range(each):
            yield first + n, kind.value, n + 1, f"{begins} {stored(said_of(offset + n))} "
    first = first_place(SearchKind.CLIENT) + 1
    for n in range(clients):
        mail = "" if n % 2 else f" {packed(folded(mail_of(n)))}"
        text = f"^ {stored(name_of(n))} {number_of(n)}{mail} "
        yield first + n, "client", n + 1, text


def _kind(place: int) -> str:
    return "person" if place % 3 else "organisation"


def fill_sqlite(path: Path, clients: int, lines: int) -> None:
    """Into a migrated file; its own index is built in one go, as a migration does."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA synchronous = OFF")
        database.execute("PRAGMA cache_size = -200000")
        kept = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'search%'"
        triggers = database.execute(kept).fetchall()
        for name, _ in triggers:
            database.execute(f"DROP TRIGGER {name}")
        for table, columns, rows in tables(clients, lines, TEXT_NOON):
            marks = ", ".join("?" * len(columns))
            names = ", ".join(columns)
            database.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)
        database.execute("INSERT INTO search_index (search_index) VALUES ('rebuild')")
        for _, sql in triggers:
            database.execute(sql)
        database.execute("ANALYZE")
        database.commit()


async def fill_postgresql(bare: asyncpg.Connection, clients: int, lines: int) -> None:
    """Into a migrated database; its index is built in one go."""
    await bare.execute("SET maintenance_work_mem = '512MB'")
    gin = "SELECT indexname, indexdef FROM pg_indexes WHERE indexdef LIKE '%USING gin%'"
    indexes: Sequence[Any] = await bare.fetch(gin)
    for index in indexes:
        await bare.execute(f"DROP INDEX {index['indexname']}")
    for table, columns, rows in tables(clients, lines, NOON):
        await bare.copy_records_to_table(table, columns=columns, records=rows)
    for index in indexes:
        await bare.execute(index["indexdef"])
    await bare.execute("VACUUM ANALYZE")
