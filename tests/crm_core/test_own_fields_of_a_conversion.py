"""What stands in a lead's own fields goes along when it becomes a client, and is taken back."""

from typing import Any

import pytest
from sqlalchemy import Table, select, update

from crm_core.agents.rights import Action, RecordKind, Scope
from crm_core.agents.roles import Role
from crm_core.clients.tables import clients
from crm_core.clock import ManualClock
from crm_core.custom_fields.alike import fitting, lacking
from crm_core.custom_fields.reading import CustomField
from crm_core.custom_fields.shaping import FieldPlan, Shaping
from crm_core.custom_fields.types import FieldType
from crm_core.deals.tables import deals
from crm_core.leads.conversion import DealWish
from crm_core.leads.records import NewLead
from crm_core.leads.tables import leads
from crm_core.search.finding import find
from crm_core.storage.engine import Storage
from tests.cast import Cast
from tests.crm_core.sales import Sales, open_sales, with_scope


def _field(
    number: int,
    kind: FieldType = FieldType.TEXT,
    title: str = "Gate",
    *,
    hidden_from: tuple[Role, ...] = (),
    **options: Any,
) -> CustomField:
    choices = options.pop("choices", None)
    if choices is not None:
        each = [{"id": n, "title": title, "active": on} for n, title, on in choices]
        options["choices"] = each
    hidden = frozenset(hidden_from)
    return CustomField(number, "lead", 1, "", "S", kind, title, "", options, hidden, 1, True)


def _put(source: CustomField, value: Any, *targets: CustomField, **standing: Any) -> dict[str, Any]:
    fits = fitting([source], {source.key: value}, targets)
    return lacking(fits, {key.removeprefix("f"): kept for key, kept in standing.items()})


def test_the_same_title_and_type_is_the_same_field() -> None:
    assert _put(_field(1), "blue", _field(2, title=" gate ")) == {"2": "blue"}
    assert _put(_field(1), "blue", _field(2, title="Gates")) == {}
    assert _put(_field(1), "blue", _field(2, FieldType.LINK)) == {}
    assert _put(_field(1), "blue", _field(2), _field(3)) == {"2": "blue"}  # the first
    euro = _field(1, FieldType.MONEY, currency="EUR")
    assert _put(euro, 500, _field(2, FieldType.MONEY, currency="RUB")) == {}
    assert _put(euro, 0, _field(2, FieldType.MONEY, currency="EUR")) == {"2": 0}


def test_choices_go_by_their_titles() -> None:
    words = [(1, "Red", True), (2, "Blue", True), (3, "Green", True)]
    theirs = [(7, "green", True), (8, "RED", False), (9, "blue", True)]
    one, other = (_field(n, FieldType.CHOICE, choices=c) for n, c in ((1, words), (2, theirs)))
    assert _put(one, 2, other) == {"2": 9}
    assert _put(one, 1, other) == {}  # retired there
    some, others = (_field(n, FieldType.CHOICES, choices=c) for n, c in ((1, words), (2, theirs)))
    assert _put(some, [1, 2, 3], others) == {"2": [7, 9]}
    assert _put(some, [1], others) == {}


def test_what_stands_is_never_written_over_and_nothing_is_no_value() -> None:
    assert _put(_field(1), "blue", _field(2), f2="red") == {}
    assert _put(_field(1), "blue", _field(2), f2="") == {"2": "blue"}
    euro, other = (_field(n, FieldType.MONEY, currency="EUR") for n in (1, 2))
    assert _put(euro, 500, other, f2=0) == {}
    assert _put(_field(1), None, _field(2)) == {}
    assert _put(_field(1), "", _field(2)) == {}
    assert _put(_field(1), [], _field(2)) == {}


def test_nobody_sees_what_he_could_not_see_before() -> None:
    hidden = _field(1, hidden_from=(Role.OPERATOR,))
    both = (Role.OPERATOR, Role.SUPERVISOR)
    assert _put(hidden, "blue", _field(2)) == {}
    assert _put(hidden, "blue", _field(2), _field(3, hidden_from=both)) == {"3": "blue"}


@pytest.fixture
async def sales(storage: Storage, clock: ManualClock, cast: Cast) -> Sales:
    return await open_sales(storage, clock)


@pytest.fixture
async def keys(storage: Storage, clock: ManualClock, cast: Cast) -> dict[str, str]:
    """A field "Gate" of each kind of record, and one "Floor" of leads alone: the keys of values."""
    shaping, made = Shaping.of(storage, clock), dict[str, str]()
    for kind in (RecordKind.CLIENT, RecordKind.LEAD, RecordKind.DEAL):
        section_id = await shaping.sections.create(cast.dina, kind, title="The way there")
        plan = FieldPlan(FieldType.TEXT, "Gate")
        made[kind.value] = str(await shaping.fields.create(cast.dina, section_id, plan))
        if kind is RecordKind.LEAD:
            floor = FieldPlan(FieldType.NUMBER, "Floor")
            made["floor"] = str(await shaping.fields.create(cast.dina, section_id, floor))
    return made


async def _fields(storage: Storage, table: Table, record_id: int | None) -> dict[str, Any]:
    async with storage.read() as connection:
        query = select(table.c.fields).where(table.c.id == record_id)
        return dict((await connection.execute(query)).scalar_one() or {})


async def _write(storage: Storage, table: Table, record_id: int, **fields: Any) -> None:
    async with storage.write() as tx:
        mine = table.c.id == record_id
        await tx.execute(update(table).where(mine).values(fields=fields))


async def test_the_values_of_a_lead_go_to_the_client_and_the_deal_and_back(
    storage: Storage, sales: Sales, cast: Cast, keys: dict[str, str]
) -> None:
    lead_id = await sales.lead(cast.anna)
    of_lead = {keys["lead"]: "zelkova", keys["floor"]: "3"}
    await _write(storage, leads, lead_id, **of_lead)
    became = await sales.conversion.convert(cast.anna, lead_id, deal=DealWish())
    assert await _fields(storage, clients, became.client_id) == {keys["client"]: "zelkova"}
    assert await _fields(storage, deals, became.deal_id) == {keys["deal"]: "zelkova"}
    assert await _fields(storage, leads, lead_id) == of_lead
    assert set(became.carried) == {"client", "deal"}
    async with storage.read() as connection:
        found = await find(connection, cast.anna, "zelkova", "RU")
    assert found is not None
    assert {"client", "deal"} <= {hit.kind.value for group in found.groups for hit in group.hits}
    await sales.conversion.undo(cast.anna, lead_id, became.change_id)
    assert await _fields(storage, clients, became.client_id) == {}
    assert await _fields(storage, leads, lead_id) == of_lead


async def test_what_a_known_client_says_stays_and_what_was_changed_since_is_not_taken_away(
    storage: Storage, sales: Sales, cast: Cast, keys: dict[str, str]
) -> None:
    lead_id = await sales.lead(cast.anna)
    await _write(storage, leads, lead_id, **{keys["lead"]: "blue"})
    await _write(storage, clients, cast.romashka, **{keys["client"]: "red"})
    became = await sales.conversion.convert(cast.anna, lead_id, into_client_id=cast.romashka)
    assert became.carried == {}
    assert await _fields(storage, clients, cast.romashka) == {keys["client"]: "red"}
    await sales.conversion.undo(cast.anna, lead_id, became.change_id)
    assert await _fields(storage, clients, cast.romashka) == {keys["client"]: "red"}

    await _write(storage, clients, cast.romashka)
    became = await sales.conversion.convert(cast.anna, lead_id, into_client_id=cast.romashka)
    assert await _fields(storage, clients, cast.romashka) == {keys["client"]: "blue"}
    await _write(storage, clients, cast.romashka, **{keys["client"]: "green"})
    await sales.conversion.undo(cast.anna, lead_id, became.change_id)
    assert await _fields(storage, clients, cast.romashka) == {keys["client"]: "green"}


async def test_what_was_written_of_whoever_asked_goes_along_too(
    storage: Storage, sales: Sales, cast: Cast, keys: dict[str, str]
) -> None:
    lead_id = await sales.lead(cast.anna)
    async with storage.read() as connection:
        party = select(leads.c.client_id).where(leads.c.id == lead_id)
        party_id = (await connection.execute(party)).scalar_one()
    await _write(storage, leads, lead_id, **{keys["lead"]: "blue"})
    await _write(storage, clients, party_id, **{keys["client"]: "his own"})
    became = await sales.conversion.convert(cast.anna, lead_id, into_client_id=cast.romashka)
    assert await _fields(storage, clients, cast.romashka) == {keys["client"]: "his own"}
    await sales.conversion.undo(cast.anna, lead_id, became.change_id)
    assert await _fields(storage, clients, cast.romashka) == {}
    assert await _fields(storage, clients, party_id) == {keys["client"]: "his own"}


async def test_a_client_whom_one_may_not_change_is_left_as_he_is(
    storage: Storage, sales: Sales, cast: Cast, keys: dict[str, str]
) -> None:
    boris = with_scope(cast.boris, RecordKind.CLIENT, Scope.NONE, Action.EDIT)
    lead_id = await sales.leads.create(boris, NewLead(client_id=cast.pavel))
    await _write(storage, leads, lead_id, **{keys["lead"]: "blue"})
    became = await sales.conversion.convert(boris, lead_id, deal=DealWish())
    assert set(became.carried) == {"deal"}
    assert await _fields(storage, clients, cast.pavel) == {}
