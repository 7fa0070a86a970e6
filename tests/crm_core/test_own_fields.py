"""An office's own fields: shaped by an administrator, filled in place, hidden from whom it says."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select

from crm_core.agents.rights import RecordKind
from crm_core.agents.roles import Role
from crm_core.audit import list_audit
from crm_core.clients.tables import clients
from crm_core.clock import ManualClock
from crm_core.custom_fields import reindexing, shaping
from crm_core.custom_fields.events import FieldsReshaped
from crm_core.custom_fields.reading import CustomField, list_fields, list_sections
from crm_core.custom_fields.reindexing import FieldSearch
from crm_core.custom_fields.shaping import FieldPlan, Shaping
from crm_core.custom_fields.types import FieldType
from crm_core.editing.edits import Edits
from crm_core.errors import Conflict, Forbidden, Invalid, NotFound
from crm_core.events import ClientChanged
from crm_core.search import renewing
from crm_core.search.folding import folded, packed
from crm_core.search.index import reindex
from crm_core.search.kinds import SearchKind
from crm_core.search.renewing import TextRenewal, TextsOutdated
from crm_core.search.tables import search_texts
from crm_core.storage.engine import Storage, Write
from tests.cast import Cast

CHOICES = ("Cash", "Card", "Invoice")


@dataclass
class Shaped:
    """An office with one section, and what is asked of its fields."""

    storage: Storage
    cast: Cast
    commands: Shaping
    section: int

    async def field(self, kind: FieldType, title: str = "Own", **more: Any) -> CustomField:
        plan = FieldPlan(kind, title, currency="EUR", choices=CHOICES, **more)
        made = await self.commands.fields.create(self.cast.dina, self.section, plan)
        return (await self.fields(active=None))[made]

    async def fields(self, **asked: Any) -> dict[int, CustomField]:
        async with self.storage.read() as connection:
            return {each.id: each for each in await list_fields(connection, "client", **asked)}

    async def values(self) -> dict[str, Any]:
        query = select(clients.c.fields).where(clients.c.id == self.cast.pavel)
        async with self.storage.read() as connection:
            return dict((await connection.execute(query)).scalar_one())

    async def is_found_by(self, text: str, client_id: int | None = None) -> bool:
        query = select(search_texts.c.text).where(
            search_texts.c.kind == "client",
            search_texts.c.record_id == (client_id or self.cast.pavel),
        )
        async with self.storage.read() as connection:
            return packed(folded(text)) in (await connection.execute(query)).scalar_one()


@pytest.fixture
async def shaped(storage: Storage, clock: ManualClock, cast: Cast) -> Shaped:
    commands = Shaping.of(storage, clock)
    section = await commands.sections.create(cast.dina, RecordKind.CLIENT, title="Payment")
    return Shaped(storage, cast, commands, section)


@pytest.mark.parametrize(
    ("kind", "written", "kept", "then"),
    [
        (FieldType.TEXT, "two\r\nlines", "two\nlines", "three"),
        (FieldType.NUMBER, "12,50", "12.5", "-3"),
        (FieldType.MONEY, "99.90", 9990, "0"),
        (FieldType.DATE, "2026-03-01", "2026-03-01", "2026-03-02"),
        (FieldType.CHOICE, "2", 2, "1"),
        (FieldType.CHOICES, "3,1", [1, 3], "2"),
        (FieldType.YES_NO, "1", True, ""),
        (FieldType.LINK, "example.com", "https://example.com", "tel:+123"),
    ],
)
async def test_each_type_is_filled_changed_taken_back_and_emptied(
    shaped: Shaped, edits: Edits, kind: FieldType, written: str, kept: object, then: str
) -> None:
    field, cast = await shaped.field(kind), shaped.cast
    first = await edits.change(cast.anna, "client", cast.pavel, field.name, written, "")
    assert await shaped.values() == {field.key: kept}
    second = await edits.change(cast.boris, "client", cast.pavel, field.name, then, first.written)
    assert second.change_id is not None
    await edits.undo(cast.anna, second.change_id)
    assert await shaped.values() == {field.key: kept}
    await edits.change(cast.anna, "client", cast.pavel, field.name, "", first.written)
    assert await shaped.values() == {}
    async with shaped.storage.read() as connection:
        entries = await list_audit(connection, subject="client", subject_id=cast.pavel)
    assert entries[-1].details == {field.name: [None, kept]}


async def test_of_two_people_in_one_own_field_the_slower_is_told(
    shaped: Shaped, edits: Edits
) -> None:
    field, cast = await shaped.field(FieldType.TEXT), shaped.cast
    await edits.change(cast.anna, "client", cast.pavel, field.name, "hers", "")
    with pytest.raises(Conflict, match="edited_meanwhile") as refused:
        await edits.change(cast.boris, "client", cast.pavel, field.name, "his", "")
    assert refused.value.values == {"theirs": "hers", "agent_name": "Anna Orlova"}


async def test_two_own_fields_filled_at_once_are_both_kept(shaped: Shaped, edits: Edits) -> None:
    fields, cast = [await shaped.field(FieldType.TEXT, f"T{n}") for n in range(4)], shaped.cast
    await asyncio.gather(
        *(edits.change(cast.anna, "client", cast.pavel, each.name, each.key, "") for each in fields)
    )
    assert await shaped.values() == {each.key: each.key for each in fields}


async def test_what_is_hidden_from_a_role_is_not_there_for_it(shaped: Shaped, edits: Edits) -> None:
    cast = shaped.cast
    field = await shaped.field(FieldType.TEXT, hidden_from=["operator"])
    change = await edits.change(cast.vera, "client", cast.pavel, field.name, "secret", "")
    with pytest.raises(Invalid, match="unknown_field"):
        await edits.change(cast.anna, "client", cast.pavel, field.name, "mine", "secret")
    with pytest.raises(Invalid, match="unknown_field"):
        await edits.change(cast.anna, "client", cast.pavel, "own_999", "mine", "")
    with pytest.raises(NotFound):
        await edits.undo(cast.anna, change.change_id or 0)
    assert list(await shaped.fields(role=Role.OPERATOR)) == []
    assert list(await shaped.fields(role=Role.SUPERVISOR)) == [field.id]
    assert await shaped.values() == {field.key: "secret"}
    assert not await shaped.is_found_by("secret")


def hear(storage: Storage) -> Callable[[], Awaitable[None]]:
    """Hears what is announced as the service does: each fact once, after its commit."""
    told = list[object]()
    storage.on_commit = told.extend
    fields, texts = FieldSearch(storage), TextRenewal(storage)

    async def heard() -> None:
        while told:
            fact = told.pop(0)
            if isinstance(fact, FieldsReshaped):
                await fields.on_fields_reshaped(fact)
            elif isinstance(fact, TextsOutdated):
                await texts.on_texts_outdated(fact)

    return heard


async def test_a_field_hidden_later_leaves_the_search_and_comes_back_when_shown(
    shaped: Shaped, edits: Edits, storage: Storage
) -> None:
    field, cast = await shaped.field(FieldType.CHOICE), shaped.cast
    await edits.change(cast.anna, "client", cast.pavel, field.name, "3", "")
    assert await shaped.is_found_by("invoice")
    heard = hear(storage)
    commands = shaped.commands
    for change, found in (
        (commands.fields.edit(cast.dina, field.id, hidden_from=["operator"]), False),
        (commands.fields.edit(cast.dina, field.id, hidden_from=[]), True),
        (commands.sections.retire(cast.dina, shaped.section), False),
        (commands.sections.restore(cast.dina, shaped.section), True),
        (commands.choices.rename(cast.dina, field.id, 3, "Bill"), False),
    ):
        await change
        await heard()
        assert await shaped.is_found_by("invoice") is found
    assert await shaped.is_found_by("bill")


async def test_a_field_hidden_just_before_a_stop_leaves_the_search_after_the_next_start(
    shaped: Shaped, edits: Edits, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    field, cast = await shaped.field(FieldType.TEXT), shaped.cast
    both = sorted((cast.pavel, cast.romashka))
    for client_id in both:
        await edits.change(cast.anna, "client", client_id, field.name, "secret", "")
    await shaped.commands.fields.edit(cast.dina, field.id, hidden_from=["operator"])
    for module in (reindexing, renewing):
        monkeypatch.setattr(module, "AT_ONCE", 1)

    async def stopped(tx: Write, kind: SearchKind, record_id: int) -> None:
        if record_id == both[1]:
            raise ConnectionError
        await reindex(tx, kind, record_id)

    await FieldSearch(storage).outdate_all()
    await FieldSearch(storage).outdate_all()  # nothing twice
    with monkeypatch.context() as broken:
        broken.setattr(renewing, "reindex", stopped)
        with pytest.raises(ConnectionError):
            await TextRenewal(storage).renew_all()
    assert [await shaped.is_found_by("secret", each) for each in both] == [False, True]

    told = list[object]()
    storage.on_commit = told.extend
    await TextRenewal(storage).renew_all()
    assert [await shaped.is_found_by("secret", each) for each in both] == [False, False]
    assert told == [ClientChanged(client_id=both[1])]


async def test_a_retired_choice_stays_where_it_was_given_and_is_given_no_more(
    shaped: Shaped, edits: Edits
) -> None:
    one, some = await shaped.field(FieldType.CHOICE), await shaped.field(FieldType.CHOICES)
    cast, choices = shaped.cast, shaped.commands.choices
    await edits.change(cast.anna, "client", cast.pavel, some.name, "1,2", "")
    for each in (one, some):
        await choices.retire(cast.dina, each.id, 2)
    await edits.change(cast.anna, "client", cast.pavel, some.name, "2,3", "1,2")
    for field, written, before in ((one, "2", ""), (some, "2", "")):
        with pytest.raises(Invalid, match="not_a_choice"):
            await edits.change(cast.anna, "client", cast.romashka, field.name, written, before)
    assert await shaped.values() == {some.key: [2, 3]}


async def test_a_field_switched_off_keeps_its_values_until_it_is_switched_on(
    shaped: Shaped, edits: Edits
) -> None:
    field, cast = await shaped.field(FieldType.TEXT), shaped.cast
    await edits.change(cast.anna, "client", cast.pavel, field.name, "kept", "")
    await shaped.commands.fields.retire(cast.dina, field.id)
    assert await shaped.fields() == {}
    with pytest.raises(Invalid, match="unknown_field"):
        await edits.change(cast.anna, "client", cast.pavel, field.name, "x", "kept")
    await shaped.commands.fields.restore(cast.dina, field.id)
    assert list(await shaped.fields()) == [field.id]
    assert await shaped.values() == {field.key: "kept"}


async def test_tabs_sections_and_fields_stand_in_the_order_they_were_put_in(
    shaped: Shaped,
) -> None:
    cast, commands = shaped.cast, shaped.commands
    make = commands.sections.create
    far = await make(cast.dina, RecordKind.CLIENT, title="Far", tab="Delivery")
    near = await make(cast.dina, RecordKind.CLIENT, title="Near")
    await make(cast.dina, RecordKind.DEAL, title="Of deals")
    first, second = [await shaped.field(FieldType.TEXT, title) for title in ("A", "B")]
    await commands.fields.arrange(cast.dina, shaped.section, [second.id, first.id])
    assert list(await shaped.fields()) == [second.id, first.id]
    await commands.fields.edit(cast.dina, second.id, section_id=far)
    await commands.sections.arrange(cast.dina, RecordKind.CLIENT, [far, near])
    async with shaped.storage.read() as connection:
        sections = await list_sections(connection, "client")
    assert [each.id for each in sections] == [
        near,
        shaped.section,
        far,
    ]  # the card's own page first
    assert [(each.id, each.tab) for each in (await shaped.fields()).values()] == [
        (first.id, ""),
        (second.id, "Delivery"),
    ]


async def test_shaping_is_refused_by_codes_and_to_everybody_else(
    shaped: Shaped, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast, commands = shaped.cast, shaped.commands
    deals = await commands.sections.create(cast.dina, RecordKind.DEAL, title="Deals")
    field = await shaped.field(FieldType.CHOICE)
    text = FieldPlan(FieldType.TEXT, "T")
    monkeypatch.setattr(shaping, "MOST_FIELDS", 1)
    monkeypatch.setattr(shaping, "MOST_SECTIONS", 1)
    for command, error, code in (
        (commands.fields.create(cast.vera, shaped.section, text), Forbidden, "forbidden"),
        (commands.choices.add(cast.vera, field.id, "x"), Forbidden, "forbidden"),
        (commands.sections.arrange(cast.vera, RecordKind.CLIENT, []), Forbidden, "forbidden"),
        (commands.fields.create(cast.dina, shaped.section, text), Invalid, "too_many_fields"),
        (commands.fields.create(cast.dina, 999, text), NotFound, "not_found"),
        (commands.fields.edit(cast.dina, field.id, section_id=deals), Invalid, "not_a_choice"),
        (commands.fields.edit(cast.dina, field.id, type="text"), Invalid, "unknown_field"),
        (
            commands.fields.edit(cast.dina, field.id, hidden_from=["administrator"]),
            Invalid,
            "not_a_choice",
        ),
        (
            commands.fields.create(cast.dina, deals, FieldPlan(FieldType.CHOICE, "C")),
            Invalid,
            "choices_missing",
        ),
        (
            commands.fields.create(cast.dina, deals, FieldPlan(FieldType.MONEY, "C")),
            Invalid,
            "currency_bad",
        ),
        (
            commands.sections.create(cast.dina, RecordKind.CLIENT, title="S"),
            Invalid,
            "too_many_sections",
        ),
        (
            commands.sections.create(cast.dina, RecordKind.TASK, title="S"),
            Invalid,
            "not_a_choice",
        ),
        (commands.choices.rename(cast.dina, field.id, 1, "cARD"), Invalid, "title_taken"),
        (commands.choices.rename(cast.dina, field.id, 9, "x"), NotFound, "not_found"),
        (commands.choices.arrange(cast.dina, field.id, [9]), NotFound, "not_found"),
    ):
        with pytest.raises(error, match=code):
            await command


async def test_the_choices_of_a_field_are_arranged_and_one_always_stays(shaped: Shaped) -> None:
    field, cast, choices = (
        await shaped.field(FieldType.CHOICE),
        shaped.cast,
        shaped.commands.choices,
    )
    made = await choices.add(cast.dina, field.id, "Barter")
    await choices.arrange(cast.dina, field.id, [made, 1])
    assert [each.title for each in (await shaped.fields())[field.id].choices] == [
        *("Barter", "Cash", "Card", "Invoice"),
    ]
    for choice_id in (made, 1, 2):
        await choices.retire(cast.dina, field.id, choice_id)
    with pytest.raises(Invalid, match="choices_missing"):
        await choices.retire(cast.dina, field.id, 3)
    async with shaped.storage.read() as connection:
        newest, *_ = await list_audit(connection, subject="custom_field")
    assert newest.details == {"choices": ["Card, Invoice", "Invoice"]}
