"""The list of tasks: each filter finds exactly its own, and no order loses one."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from crm_core.agents.people import Agent
from crm_core.lists.filters import Asking
from crm_core.lists.questions import read_question
from crm_core.lists.reading import Asked, Cursor, ask_list, count, read_page, read_shape
from crm_core.lists.shapes import ListName
from crm_core.lists.tasks import STANDING
from crm_core.storage.engine import Storage
from crm_core.tasks.tables import tasks
from tests.cast import Cast

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
Row = Mapping[str, Any]
KINDS = ("next_step", "call", "meeting", "callback", "wrap_up")


async def ask(
    storage: Storage, actor: Agent, order: str = "", search: str = "", **filters: str
) -> Asked:
    asking = Asking(actor, NOW, UTC, "RU")
    async with storage.read() as connection:
        shape = await read_shape(connection, actor, ListName.TASKS)
        question = read_question(shape, filters, asking, order=order, search=search)
        assert not question.refused
        return await ask_list(connection, shape, question, asking, "RU")


async def found_by(storage: Storage, asked: Asked) -> list[int]:
    async with storage.read() as connection:
        return [row["id"] for row in (await read_page(connection, asked)).rows]


@pytest.fixture
async def work(storage: Storage, cast: Cast) -> list[Row]:
    """Thirty tasks of all sorts."""
    who = (cast.anna.id, cast.boris.id, None)
    async with storage.write() as tx:
        for n in range(30):
            done = n % 4 == 3
            row = {
                "kind": KINDS[n % 5],
                "text": f"Task {n}",
                "client_id": cast.romashka if n % 3 == 0 else None,
                "assignee_agent_id": who[n % 3],
                "queue": ("sales", "support")[n % 2] if n % 3 == 2 else None,
                "owed_by": "client" if n % 7 == 0 else "us",
                "rrule": "FREQ=DAILY" if n % 10 == 0 else "",
                "escalated_at": NOW if n % 6 == 2 else None,
                "due_at": NOW + timedelta(hours=12 * (n // 3 - 4)),
                "created_at": NOW - timedelta(days=n // 4),
                "created_by": cast.vera.id if n % 2 else None,
                "done_at": NOW - timedelta(hours=n // 8) if done else None,
                "done_by": cast.anna.id if done else None,
                "ending": ("done", "cancelled")[n % 8 == 3] if done else None,
            }
            await tx.execute(insert(tasks).values(**row))
    async with storage.read() as connection:
        stored = (await connection.execute(select(tasks).order_by(tasks.c.id))).mappings()
        return [dict(row) for row in stored]


def _is_open(row: Row) -> bool:
    return row["done_at"] is None


CASES: dict[str, Callable[[Row], bool]] = {
    "": _is_open,
    "state=late": lambda row: _is_open(row) and row["due_at"] < NOW,
    "state=done": lambda row: not _is_open(row),
    "state=late,done": lambda row: not _is_open(row) or row["due_at"] < NOW,
    "state=all": lambda row: True,
    "state=all&task_kind=meeting,callback": lambda row: row["kind"] in ("meeting", "callback"),
    "state=all&assignee=2": lambda row: row["assignee_agent_id"] == 2,
    "state=all&assignee=me": lambda row: row["assignee_agent_id"] == 3,
    "assignee=none&queue=sales": lambda row: _is_open(row) and row["queue"] == "sales",
    "state=all&due=today": lambda row: row["due_at"].date() == NOW.date(),
    "state=all&due=overdue": lambda row: row["due_at"].date() < NOW.date(),
    "state=all&due=tomorrow": lambda row: (row["due_at"].date() - NOW.date()).days == 1,
    "state=all&due=next_7days": lambda row: 0 <= (row["due_at"].date() - NOW.date()).days < 7,
    "state=all&about=client": lambda row: row["client_id"] is not None,
    "state=all&about=lead,none": lambda row: row["client_id"] is None,
    "state=all&client_id=1": lambda row: row["client_id"] == 1,
    "state=all&owed=client": lambda row: row["owed_by"] == "client",
    "state=all&escalated=yes": lambda row: row["escalated_at"] is not None,
    "state=all&repeats=yes": lambda row: bool(row["rrule"]),
    "state=all&author=3": lambda row: row["created_by"] == 3,
    "state=all&author=none": lambda row: row["created_by"] is None,
    "state=all&created=2026-02-28": lambda row: row["created_at"].day == 28,
    "state=all&finished=none": _is_open,
    "state=done&finished=today": lambda row: not _is_open(row),
    "state=all&ending=cancelled": lambda row: row["ending"] == "cancelled",
}


async def test_each_filter_of_tasks_finds_exactly_its_own(
    storage: Storage, cast: Cast, work: list[Row]
) -> None:
    assert (cast.boris.id, cast.vera.id, cast.romashka) == (2, 3, 1)
    for case, belongs in CASES.items():
        filters = dict(part.split("=") for part in case.split("&") if part)
        expected = {row["id"] for row in work if belongs(row)}
        assert expected or "assignee=me" in case, case
        assert set(await found_by(storage, await ask(storage, cast.vera, **filters))) == expected, (
            case
        )


async def test_pages_of_tasks_lose_none_where_many_are_alike(
    storage: Storage, cast: Cast, work: list[Row]
) -> None:
    for order, key in (("due", "due_at"), ("created", "id"), ("finished", "done_at")):
        for sign in ("", "-"):
            for state in ("done", "all"):
                asked = await ask(storage, cast.vera, order=sign + order, state=state)
                seen = await _walked(storage, asked)
                there = {row["id"]: row for row in work if state == "all" or row["done_at"]}
                assert sorted(seen) == sorted(there), (order, sign, state)
                values = [there[each][key] for each in seen if there[each][key] is not None]
                assert values == sorted(values, reverse=bool(sign)), (order, sign, state)


async def _walked(storage: Storage, asked: Asked) -> list[int]:
    """Through all pages forwards, and one back."""
    seen, cursor, before = list[int](), None, None
    async with storage.read() as connection:
        while True:
            page = await read_page(connection, asked, cursor, limit=4)
            seen += [row["id"] for row in page.rows]
            if page.after is None:
                break
            before, cursor = page, page.after
        assert before is not None
        assert (await read_page(connection, asked, page.before, limit=4)).rows == before.rows
        # A place in another list is none in this one.
        stranger = await read_page(connection, asked, Cursor(1.5, "x"), limit=4)
    assert [row["id"] for row in stranger.rows] == seen[:4]
    return seen


async def test_an_operator_finds_only_what_is_his_by_any_filter(
    storage: Storage, cast: Cast, work: list[Row]
) -> None:
    for name, view in STANDING.items():
        mine = await ask(storage, cast.boris, order=view.order, **view.filters)
        every = await ask(storage, cast.vera, order=view.order, **view.filters)
        found = set(await found_by(storage, mine))
        if name in ("overdue", "all", "done"):
            assert found < set(await found_by(storage, every)), name
        async with storage.read() as connection:
            assert await count(connection, mine.condition(), mine.shape) == len(found)
    team = await found_by(storage, await ask(storage, cast.boris, **STANDING["team"].filters))
    assert team
    assert all(row["assignee_agent_id"] is None for row in work if row["id"] in team)
