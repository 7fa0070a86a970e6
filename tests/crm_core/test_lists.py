"""Lists of clients, leads and deals: each filter finds exactly its own, and no page loses any."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, select, update

from crm_core.agents.people import Agent
from crm_core.agents.rights import Action, RecordKind, Scope
from crm_core.agents.roles import Role
from crm_core.calls.tables import calls
from crm_core.clients.tables import clients
from crm_core.clock import ManualClock
from crm_core.custom_fields.reading import list_fields
from crm_core.custom_fields.tables import custom_fields, field_sections
from crm_core.deals.tables import deals
from crm_core.errors import Conflict, Forbidden, Invalid, NotFound
from crm_core.leads.tables import leads
from crm_core.lists.filters import Asking
from crm_core.lists.questions import read_question
from crm_core.lists.reading import (
    Asked,
    Cursor,
    ask_list,
    count,
    iterate,
    read_page,
    read_shape,
    selected,
    selected_ids,
    sums,
)
from crm_core.lists.saved_views import MOST_VIEWS, SavedViews, ViewState, list_views
from crm_core.lists.shapes import ListName
from crm_core.storage.engine import Storage
from crm_core.tables import catalogue_entries
from crm_core.tags.tables import tagged, tags
from crm_core.tasks.tables import tasks
from tests.cast import Cast
from tests.crm_core.sales import Sales, open_sales, with_scope

MOSCOW = ZoneInfo("Europe/Moscow")
Row = Mapping[str, Any]
Belongs = Callable[[Row], bool]
TEXT, NUMBER, MONEY, DAY, CHOICE, CHOICES, YES = (f"own_{n}" for n in range(1, 8))


async def ask(
    storage: Storage,
    clock: ManualClock,
    actor: Agent,
    name: ListName,
    *,
    search: str = "",
    order: str = "",
    **filters: str,
) -> Asked:
    asking = Asking(actor, clock.now(), MOSCOW)
    async with storage.read() as connection:
        shape = await read_shape(connection, actor, name)
        question = read_question(shape, filters, asking, search=search, order=order)
        return await ask_list(connection, shape, question, asking, "RU")


async def ids_of(storage: Storage, asked: Asked) -> list[int]:
    async with storage.read() as connection:
        return [row["id"] for row in (await read_page(connection, asked, limit=500)).rows]


async def _put(storage: Storage, table: Any, rows: list[dict[str, Any]]) -> None:
    async with storage.write() as tx:
        for row in rows:
            await tx.execute(insert(table).values(**row))


@pytest.fixture
async def shaped(storage: Storage, cast: Cast) -> None:
    """One catalogue entry of each kind, two tags, an own field of each type."""
    await _put(
        storage,
        catalogue_entries,
        [{"catalogue": name, "title": name} for name in ("relation", "category", "industry")],
    )
    at = datetime(2026, 1, 1, tzinfo=UTC)
    await _put(storage, tags, [{"title": t, "key": t, "created_at": at} for t in ("vip", "fair")])
    await _put(storage, field_sections, [{"kind": "client", "title": "Ours"}])
    two = {"choices": [{"id": n, "title": f"Choice {n}", "active": True} for n in (1, 2, 12)]}
    kinds = ("text", "number", "money", "date", "choice", "choices", "yes_no")
    options = {"money": {"currency": "RUB"}, "choice": two, "choices": two}
    await _put(
        storage,
        custom_fields,
        [
            {"section_id": 1, "type": kind, "title": kind, "options": options.get(kind, {})}
            for kind in kinds
        ],
    )


@pytest.fixture
async def many(storage: Storage, cast: Cast, shaped: None) -> dict[int, Row]:
    """Twenty-four clients of all sorts, by their ids, with what the predicates look at."""
    owners = (None, cast.anna.id, cast.boris.id)
    begin = datetime(2026, 2, 1, 20, 30, tzinfo=UTC)  # late in the evening: the day is Moscow's
    rows = []
    for n in range(24):
        fields: dict[str, Any] = {}
        if n % 2:
            fields = {"1": "Склад №" + str(n), "2": f"{n}.5", "3": n * 100, "4": f"2026-03-{n:02}"}
        if n % 3 == 0:
            fields |= {"5": (1, 2)[n % 2], "6": [1, 12] if n % 2 else [2], "7": True}
        rows.append(
            {
                "kind": ("person", "organisation")[n % 2],
                "name": f"Same name {n // 6}",
                "owner_agent_id": owners[n % 3],
                "client_since": None if n == 23 else begin,
                "relation_id": 1 if n % 4 == 0 else None,
                "category_id": 2 if n % 5 == 0 else None,
                "industry_id": 3 if n % 7 == 0 else None,
                "is_key": n % 5 == 1,
                "fields": fields,
                "created_at": begin + timedelta(hours=5 * n),
                "updated_at": begin + timedelta(days=n // 5),
                "deleted_at": begin if n == 22 else None,
            }
        )
    await _put(storage, clients, rows)
    async with storage.read() as connection:
        query = select(clients).where(clients.c.name.startswith("Same")).order_by(clients.c.id)
        stored = [dict(row) for row in (await connection.execute(query)).mappings()]
    due = datetime(2026, 3, 2, 8, tzinfo=UTC)
    for n, row in enumerate(stored):
        row["n"], row["tags"] = n, {1} if n % 4 == 1 else {2} if n % 4 == 2 else set()
        row["step"] = {0: "late", 1: "open", 2: "done"}.get(n % 6)
        row["talk_days"] = {0: 3, 1: 40, 2: 3}.get(n % 8)
        row["answered"] = n % 8 != 2
    await _put(
        storage,
        tagged,
        [{"kind": "client", "record_id": r["id"], "tag_id": t} for r in stored for t in r["tags"]]
        # The same id of another kind bears it too, which is nobody's business here.
        + [{"kind": "deal", "record_id": stored[0]["id"], "tag_id": 1}],
    )
    await _put(
        storage,
        tasks,
        [
            {
                "kind": "next_step",
                "client_id": row["id"],
                "due_at": due if row["step"] == "late" else due + timedelta(days=5),
                "created_at": begin,
                "done_at": begin if row["step"] == "done" else None,
            }
            for row in stored
            if row["step"]
        ],
    )
    now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    await _put(
        storage,
        calls,
        [
            {
                "call_id": f"c{row['id']}",
                "direction": "inbound",
                "caller": "1",
                "dialled": "2",
                "number": "1",
                "outcome": "answered" if row["answered"] else "abandoned",
                "client_id": row["id"],
                "started_at": now - timedelta(days=row["talk_days"]),
            }
            for row in stored
            if row["talk_days"]
        ],
    )
    return {row["id"]: row for row in stored}


def _own(key: str, row: Row) -> Any:
    return row["fields"].get(key)


def _moscow_day(row: Row) -> date:
    at: datetime = row["created_at"]
    return at.astimezone(MOSCOW).date()


ANNA, BORIS = 1, 2
CASES: dict[str, Belongs] = {
    "owner=me": lambda row: row["owner_agent_id"] == ANNA,
    "owner=none": lambda row: row["owner_agent_id"] is None,
    "owner=me,none": lambda row: row["owner_agent_id"] in (None, ANNA),
    "owner=team": lambda row: row["owner_agent_id"] in (ANNA, BORIS),
    "owner=2": lambda row: row["owner_agent_id"] == BORIS,
    "relation=1": lambda row: row["relation_id"] == 1,
    "category=2,none": lambda row: row["category_id"] in (2, None),
    "industry=none": lambda row: row["industry_id"] is None,
    "kind=person": lambda row: row["kind"] == "person",
    "kind=person,organisation": lambda row: True,
    "key=yes": lambda row: bool(row["is_key"]),
    "key=no": lambda row: not row["is_key"],
    "tag=1": lambda row: 1 in row["tags"],
    "tag=1,2": lambda row: bool(row["tags"]),
    "tag=2,none": lambda row: 1 not in row["tags"],
    "step=open": lambda row: row["step"] in ("open", "late"),
    "step=late": lambda row: row["step"] == "late",
    "step=none": lambda row: row["step"] not in ("open", "late"),
    "quiet=30": lambda row: row["talk_days"] != 3 or not row["answered"],
    "quiet=2": lambda row: True,
    "created=2026-02-02": lambda row: _moscow_day(row) == date(2026, 2, 2),
    "created=2026-02-02..2026-02-04": lambda row: (
        date(2026, 2, 2) <= _moscow_day(row) <= date(2026, 2, 4)
    ),
    "created=..2026-02-03": lambda row: _moscow_day(row) <= date(2026, 2, 3),
    "created=last_month": lambda row: _moscow_day(row).month == 2,
    f"{TEXT}=склад": lambda row: _own("1", row) is not None,
    f"{TEXT}=№1": lambda row: "№1" in (_own("1", row) or ""),
    f"{TEXT}=-": lambda row: _own("1", row) is None,
    f"{TEXT}=*": lambda row: _own("1", row) is not None,
    f"{NUMBER}=9..": lambda row: float(_own("2", row) or -1) >= 9,
    f"{NUMBER}=3,5": lambda row: _own("2", row) == "3.5",
    f"{MONEY}=5..13": lambda row: 500 <= (_own("3", row) or -1) <= 1300,
    f"{DAY}=2026-03-05..2026-03-11": lambda row: (
        "2026-03-05" <= (_own("4", row) or "") <= "2026-03-11"
    ),
    f"{DAY}=none": lambda row: _own("4", row) is None,
    f"{CHOICE}=1": lambda row: _own("5", row) == 1,
    f"{CHOICE}=2,none": lambda row: _own("5", row) in (2, None),
    f"{CHOICES}=1": lambda row: 1 in (_own("6", row) or []),
    f"{CHOICES}=2": lambda row: 2 in (_own("6", row) or []),
    f"{CHOICES}=12,none": lambda row: _own("6", row) is None or 12 in _own("6", row),
    f"{YES}=yes": lambda row: _own("7", row) is True,
    f"{YES}=no": lambda row: _own("7", row) is None,
    "owner=me&tag=1&kind=organisation": lambda row: (
        row["owner_agent_id"] == ANNA and 1 in row["tags"] and row["kind"] == "organisation"
    ),
}


async def test_each_filter_of_clients_finds_exactly_its_own(
    storage: Storage, clock: ManualClock, cast: Cast, many: dict[int, Row]
) -> None:
    wrong = {}
    for case, belongs in CASES.items():
        filters = dict(pair.split("=", 1) for pair in case.split("&"))
        asked = await ask(storage, clock, cast.anna, ListName.CLIENTS, **filters)
        assert asked.question.refused == (), case
        found = {each for each in await ids_of(storage, asked) if each in many}
        listed = [row for row in many.values() if row["client_since"] and not row["deleted_at"]]
        expected = {row["id"] for row in listed if belongs(row)}
        assert expected, f"{case} would find nothing anyway"
        if found != expected:
            wrong[case] = sorted(many[each]["n"] for each in found ^ expected)
        async with storage.read() as connection:
            chosen = {row.id for row in await connection.execute(selected(asked))}
            total = await count(connection, asked.condition(), asked.shape)
        assert (chosen & set(many), total) == (found, len(chosen)), case
    assert wrong == {}


@pytest.mark.parametrize("order", ["name", "-name", "created", "-created", "changed", "-changed"])
async def test_pages_lose_nobody_in_either_direction_where_keys_are_equal(
    order: str, storage: Storage, clock: ManualClock, cast: Cast, many: dict[int, Row]
) -> None:
    asked = await ask(storage, clock, cast.anna, ListName.CLIENTS, order=order)
    whole = await ids_of(storage, asked)
    pages: list[list[int]] = []
    cursor: Cursor | None = None
    async with storage.read() as connection:
        for _ in range(5):
            page = await read_page(connection, asked, cursor, limit=5)
            pages.append([row["id"] for row in page.rows])
            cursor = page.after
        assert cursor is None
        back = [pages[-1]]
        for _ in range(4):
            page = await read_page(connection, asked, page.before, limit=5)
            back.append([row["id"] for row in page.rows])
        assert page.before is None
    assert [each for page_ids in pages for each in page_ids] == whole
    assert len(whole) == len(set(whole)) == 24
    assert [each for page_ids in reversed(back) for each in page_ids] == whole
    keys = {"name": "name", "created": "id", "changed": "updated_at"}
    by = [many[each][keys[order.removeprefix("-")]] for each in whole if each in many]
    assert by == sorted(by, reverse=order.startswith("-"))


async def test_what_is_written_in_pieces_is_the_whole_list(
    storage: Storage,
    clock: ManualClock,
    cast: Cast,
    many: dict[int, Row],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("crm_core.lists.reading.PIECE", 7)
    asked = await ask(storage, clock, cast.anna, ListName.CLIENTS, order="name")
    pieces = [piece async for piece in iterate(storage, asked, asked.condition())]
    assert [row["id"] for piece in pieces for row in piece] == await ids_of(storage, asked)
    assert len(pieces) == 4


@pytest.mark.parametrize(
    ("name", "written", "code"),
    [
        ("nonsense", "1", "filter_unknown"),
        ("owner", "999", "filter_no_choice"),
        ("owner", "me; DROP TABLE clients", "filter_no_choice"),
        ("owner", ",,", "filter_empty"),
        ("tag", "1" * 3000, "filter_too_many"),
        ("created", "yesterdayish", "filter_no_day"),
        ("created", "2026-02-30", "filter_no_day"),
        ("created", "0001-01-01..", "year_out_of_range"),
        ("created", "2026-03-02..2026-03-01", "filter_backwards"),
        ("created", "..", "filter_empty"),
        ("quiet", "many", "filter_no_number"),
        ("quiet", "0", "filter_too_small"),
        (NUMBER, "9" * 40, "filter_no_number"),
        (MONEY, "-5..", "filter_too_small"),
        (NUMBER, "5..1", "filter_backwards"),
    ],
)
async def test_a_filter_that_makes_no_sense_is_refused_and_shows_nothing(
    name: str,
    written: str,
    code: str,
    storage: Storage,
    clock: ManualClock,
    cast: Cast,
    shaped: None,
) -> None:
    asked = await ask(storage, clock, cast.anna, ListName.CLIENTS, **{name: written})
    assert [error.code for error in asked.question.refused] == [code]
    assert await ids_of(storage, asked) == []


async def test_a_field_that_is_hidden_from_ones_role_cannot_be_asked_for(
    storage: Storage, clock: ManualClock, cast: Cast, many: dict[int, Row]
) -> None:
    async with storage.write() as tx:
        hidden = update(custom_fields).where(custom_fields.c.type == "money")
        await tx.execute(hidden.values(hidden_from=[Role.OPERATOR.value]))
    for actor, knows in ((cast.anna, False), (cast.vera, True)):
        asked = await ask(storage, clock, actor, ListName.CLIENTS, **{MONEY: "1.."})
        assert (asked.question.refused == ()) is knows
        assert (MONEY in asked.shape.columns) is knows
    async with storage.read() as connection:
        assert len(await list_fields(connection, "client", role=Role.OPERATOR)) == 6


async def test_nobody_finds_by_a_filter_what_he_may_not_see(
    storage: Storage, clock: ManualClock, cast: Cast, many: dict[int, Row]
) -> None:
    limited = with_scope(cast.anna, RecordKind.CLIENT, Scope.OWN)
    newcomer = replace(cast.anna, newcomer=True)
    for actor, hidden in (
        (limited, {i for i, row in many.items() if row["owner_agent_id"] == BORIS}),
        (newcomer, {i for i, r in many.items() if r["is_key"] and r["owner_agent_id"] != ANNA}),
    ):
        asked = await ask(storage, clock, actor, ListName.CLIENTS)
        found = set(await ids_of(storage, asked))
        assert hidden
        assert not found & hidden
        async with storage.read() as connection:
            ids = selected_ids(asked.shape, actor, sorted(many))
            chosen = {row.id for row in await connection.execute(ids)}
        assert not chosen & hidden
        assert chosen == found & set(many)


async def test_what_may_be_seen_but_not_exported_is_left_out_of_the_file(
    storage: Storage, clock: ManualClock, cast: Cast, many: dict[int, Row]
) -> None:
    vera = with_scope(cast.vera, RecordKind.CLIENT, Scope.OWN, Action.EXPORT)
    asked = await ask(storage, clock, vera, ListName.CLIENTS, owner="1,2")
    condition = asked.condition(Action.EXPORT)
    assert [piece async for piece in iterate(storage, asked, condition)] == []
    asked = await ask(storage, clock, vera, ListName.CLIENTS)
    pieces = [piece async for piece in iterate(storage, asked, asked.condition(Action.EXPORT))]
    assert {row["owner_agent_id"] for piece in pieces for row in piece} == {None}


async def test_a_search_keeps_to_the_filters_best_first(
    storage: Storage, clock: ManualClock, cast: Cast
) -> None:
    asked = await ask(storage, clock, cast.anna, ListName.CLIENTS, search="ромашка", owner="me")
    assert await ids_of(storage, asked) == [cast.romashka]
    asked = await ask(storage, clock, cast.anna, ListName.CLIENTS, search="ромашка", kind="person")
    assert await ids_of(storage, asked) == []


@pytest.fixture
async def sales(storage: Storage, clock: ManualClock, cast: Cast) -> Sales:
    return await open_sales(storage, clock)


async def test_each_filter_of_deals_finds_exactly_its_own(
    storage: Storage, clock: ManualClock, cast: Cast, sales: Sales
) -> None:
    new, won = sales.stage("New").id, sales.stage("Won").id
    ids = [await sales.deal(cast.anna, cast.romashka, f"Deal {n}") for n in range(6)]
    today = date(2026, 3, 2)
    for n, deal_id in enumerate(ids):
        values = {
            "owner_agent_id": (None, cast.anna.id)[n % 2],
            "amount": n * 1000_00,
            "currency": "JPY" if n == 5 else "RUB",
            "expected_on": None if n == 0 else today + timedelta(days=n - 2),
        }
        async with storage.write() as tx:
            await tx.execute(update(deals).where(deals.c.id == deal_id).values(**values))
    await sales.deals.win(cast.anna, ids[3], before=new)
    await sales.deals.lose(cast.anna, ids[4], before=new)
    await sales.lead(cast.anna)
    for case, expected in {
        "": {0, 1, 2, 5},
        "state=all": {0, 1, 2, 3, 4, 5},
        "state=won": {3},
        "state=won,lost": {3, 4},
        "owner=me": {1, 5},
        f"stage={new}": {0, 1, 2, 5},
        f"stage={won}&state=all": {3},
        f"pipeline={sales.deal_pipeline.id}": {0, 1, 2, 5},
        "amount=1000..2000": {1, 2},
        "amount=1000.01..": {2, 5},
        "amount=500000": {5},
        "expected=overdue": {1},
        "expected=2026-03-02..": {2, 5},
        "expected=none": {0},
        "step=none": {0, 1, 2, 5},
        "created=today": {0, 1, 2, 5},
        "stale=yes": set[int](),
    }.items():
        filters = dict(pair.split("=", 1) for pair in case.split("&") if pair)
        asked = await ask(storage, clock, cast.anna, ListName.DEALS, **filters)
        found = {ids.index(each) for each in await ids_of(storage, asked)}
        assert (asked.question.refused, found) == ((), expected), case
    for order in ("expected", "-expected", "amount", "-amount", "title", "days"):
        asked = await ask(storage, clock, cast.anna, ListName.DEALS, order=order, state="all")
        whole = await ids_of(storage, asked)
        async with storage.read() as connection:
            first = await read_page(connection, asked, limit=4)
            rest = await read_page(connection, asked, first.after, limit=4)
        assert [row["id"] for row in (*first.rows, *rest.rows)] == whole
        assert len(whole) == 6
    asked = await ask(storage, clock, cast.anna, ListName.DEALS)
    async with storage.read() as connection:
        assert await sums(connection, asked) == (("JPY", 500000), ("RUB", 300000))
    clock.step(3 * 86400)
    asked = await ask(storage, clock, cast.anna, ListName.DEALS, stale="yes")
    assert {ids.index(each) for each in await ids_of(storage, asked)} == {0, 1, 2, 5}


async def test_each_filter_of_leads_finds_exactly_its_own(
    storage: Storage, clock: ManualClock, cast: Cast, sales: Sales
) -> None:
    await _put(storage, catalogue_entries, [{"catalogue": "source", "title": "Fair"}])
    ids = [await sales.lead(cast.anna, f"Lead {n}", f"+7916765432{n}") for n in range(4)]
    async with storage.write() as tx:
        await tx.execute(update(leads).where(leads.c.id == ids[1]).values(source_id=1))
        await tx.execute(update(leads).where(leads.c.id == ids[2]).values(owner_agent_id=None))
    fresh = sales.stage("Fresh").id
    await sales.leads.lose(cast.anna, ids[3], before=fresh)
    for case, expected in {
        "": {0, 1, 2},
        "source=1": {1},
        "source=none": {0, 2},
        "campaign=none": {0, 1, 2},
        "owner=none": {2},
        "state=lost": {3},
        f"stage={fresh}": {0, 1, 2},
    }.items():
        filters = dict(pair.split("=", 1) for pair in case.split("&") if pair)
        asked = await ask(storage, clock, cast.anna, ListName.LEADS, **filters)
        assert {ids.index(each) for each in await ids_of(storage, asked)} == expected, case
    asked = await ask(storage, clock, cast.anna, ListName.LEADS, search="7654321")
    assert await ids_of(storage, asked) == [ids[1]]


STATE = ViewState({"owner": "me"}, ("name", "tags"), "-changed")


@pytest.fixture
def views(storage: Storage, clock: ManualClock) -> SavedViews:
    return SavedViews(storage, clock)


async def _titles(storage: Storage, actor: Agent) -> list[str]:
    async with storage.read() as connection:
        return [view.title for view in await list_views(connection, actor, ListName.CLIENTS)]


async def test_a_view_is_ones_own_until_it_is_shared(
    storage: Storage, cast: Cast, views: SavedViews
) -> None:
    mine = await views.create(cast.vera, ListName.CLIENTS, " Mine  now ", STATE)
    assert await _titles(storage, cast.vera) == ["Mine now"]
    assert await _titles(storage, cast.anna) == []
    await views.change(cast.vera, mine, 1, shared=True)
    assert await _titles(storage, cast.anna) == ["Mine now"]
    with pytest.raises(Forbidden):
        await views.change(cast.anna, mine, 2, title="Hers")
    await views.change(cast.grigory, mine, 2, shared=False)
    assert await _titles(storage, cast.grigory) == []
    with pytest.raises(NotFound):
        await views.delete(cast.grigory, mine)
    with pytest.raises(Forbidden):
        await views.create(cast.anna, ListName.CLIENTS, "For all", STATE, shared=True)


async def test_nobody_changes_a_view_that_somebody_else_has_just_changed(
    storage: Storage, cast: Cast, views: SavedViews
) -> None:
    view_id = await views.create(cast.vera, ListName.CLIENTS, "Ours", STATE, shared=True)
    await views.change(cast.grigory, view_id, 1, title="Theirs")
    with pytest.raises(Conflict, match="view_changed"):
        await views.change(cast.vera, view_id, 1, state=ViewState({}))
    async with storage.read() as connection:
        [view] = await list_views(connection, cast.vera, ListName.CLIENTS)
    assert (view.title, view.version, view.state) == ("Theirs", 2, STATE)


async def test_a_deleted_view_comes_back_as_it_was_and_only_to_who_deleted_it(
    storage: Storage, cast: Cast, views: SavedViews
) -> None:
    view_id = await views.create(cast.vera, ListName.CLIENTS, "Ours", STATE, shared=True)
    entry_id = await views.delete(cast.vera, view_id)
    assert await _titles(storage, cast.anna) == []
    for actor, entry in ((cast.grigory, entry_id), (cast.vera, entry_id - 1)):
        with pytest.raises(NotFound):
            await views.restore(actor, entry)
    assert await views.restore(cast.vera, entry_id) == view_id
    assert await views.restore(cast.vera, entry_id) == view_id
    async with storage.read() as connection:
        [view] = await list_views(connection, cast.anna, ListName.CLIENTS)
    assert (view.id, view.shared, view.state) == (view_id, True, STATE)


async def test_a_view_has_a_title_and_nobody_has_too_many(
    storage: Storage, cast: Cast, views: SavedViews
) -> None:
    for title in ("", "  ", "x" * 101):
        with pytest.raises(Invalid):
            await views.create(cast.anna, ListName.CLIENTS, title, STATE)
    for n in range(MOST_VIEWS):
        await views.create(cast.anna, ListName.CLIENTS, f"View {n}", STATE)
    with pytest.raises(Invalid, match="too_many_views"):
        await views.create(cast.anna, ListName.CLIENTS, "One more", STATE)
