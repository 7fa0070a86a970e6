"""Tags: put on by whoever may edit, one of each name, kept in order by an administrator."""

import asyncio

import pytest
from sqlalchemy import select

from crm_core.agents.rights import Action, RecordKind, Scope
from crm_core.audit import list_audit
from crm_core.clients.tables import clients
from crm_core.clock import ManualClock
from crm_core.errors import Conflict, Forbidden, Invalid, NotFound
from crm_core.events import ClientChanged
from crm_core.search.folding import folded, packed
from crm_core.search.renewing import TextRenewal, TextsOutdated
from crm_core.search.tables import search_texts
from crm_core.storage.engine import Storage
from crm_core.tags import tagging
from crm_core.tags.colours import Colour
from crm_core.tags.keeping import TagKeeping, list_used_tags
from crm_core.tags.reading import list_tags, tagged_with, tags_of
from crm_core.tags.tagging import Tagging
from tests.cast import Cast
from tests.crm_core.sales import with_scope


@pytest.fixture
def tagging_(storage: Storage, clock: ManualClock) -> Tagging:
    return Tagging(storage, clock)


@pytest.fixture
def keeping(storage: Storage, clock: ManualClock) -> TagKeeping:
    return TagKeeping(storage, clock)


async def titles(storage: Storage, client_id: int) -> list[str]:
    async with storage.read() as connection:
        return [
            each.title for each in (await tags_of(connection, "client", [client_id]))[client_id]
        ]


async def searched(storage: Storage, client_id: int) -> str:
    query = select(search_texts.c.text).where(
        search_texts.c.kind == "client", search_texts.c.record_id == client_id
    )
    async with storage.read() as connection:
        return str((await connection.execute(query)).scalar_one())


async def test_a_tag_is_made_while_it_is_put_on_told_and_found(
    tagging_: Tagging, storage: Storage, cast: Cast
) -> None:
    told: list[object] = []
    storage.on_commit = told.extend
    tag, is_new = await tagging_.tag(cast.anna, "client", cast.pavel, "  Оптовик ")
    assert (is_new, await tagging_.tag(cast.anna, "client", cast.pavel, "оптовик")) == (
        True,
        (tag, False),
    )
    assert (tag.title, tag.colour) == ("Оптовик", "")
    assert ClientChanged(client_id=cast.pavel) in told
    async with storage.read() as connection:
        (entry,) = await list_audit(connection, subject="client", subject_id=cast.pavel)
        bear = select(clients.c.id).where(tagged_with("client", clients.c.id, tag.id))
        assert list((await connection.execute(bear)).scalars()) == [cast.pavel]
    assert (entry.action, entry.details) == ("tagged", {"tag": "Оптовик"})
    assert packed(folded("оптовик")) in await searched(storage, cast.pavel)
    await tagging_.untag(cast.boris, "client", cast.pavel, tag.id)
    assert await titles(storage, cast.pavel) == []
    assert packed(folded("оптовик")) not in await searched(storage, cast.pavel)


async def test_people_who_make_one_tag_at_once_make_one_tag(
    tagging_: Tagging, storage: Storage, cast: Cast
) -> None:
    put = [
        tagging_.tag(agent, "client", client_id, title)
        for title in ("VIP", "vip", "Vip")
        for agent in (cast.anna, cast.boris)
        for client_id in (cast.pavel, cast.romashka)
    ]
    made = await asyncio.gather(*put)
    assert len({tag.id for tag, _ in made}) == 1
    async with storage.read() as connection:
        assert len(await list_tags(connection)) == 1
        entries = await list_audit(connection, subject="client", subject_id=cast.pavel)
    assert [entry.action for entry in entries] == ["tagged"]


async def test_only_whoever_may_edit_the_record_tags_it(
    tagging_: Tagging, storage: Storage, cast: Cast
) -> None:
    looking = with_scope(cast.anna, RecordKind.CLIENT, Scope.NONE, Action.EDIT)
    with pytest.raises(Forbidden):
        await tagging_.tag(looking, "client", cast.pavel, "x")
    blind = with_scope(cast.anna, RecordKind.CLIENT, Scope.NONE, Action.SEE)
    for attempt in (
        tagging_.tag(blind, "client", cast.pavel, "x"),
        tagging_.tag(cast.anna, "client", 999, "x"),
        tagging_.tag(cast.anna, "task", 1, "x"),
        tagging_.untag(cast.anna, "client", cast.pavel, 999),
    ):
        with pytest.raises(NotFound):
            await attempt
    async with storage.read() as connection:
        assert await list_tags(connection) == []


async def test_what_no_tag_can_be_called_is_refused(
    tagging_: Tagging, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    for title, code in ((" ", "required"), ("x" * 51, "too_long")):
        with pytest.raises(Invalid, match=code):
            await tagging_.tag(cast.anna, "client", cast.pavel, title)
    await tagging_.tag(cast.anna, "client", cast.pavel, "!!!")
    monkeypatch.setattr(tagging, "MOST_ON_ONE", 1)
    with pytest.raises(Invalid, match="too_many_tags"):
        await tagging_.tag(cast.anna, "client", cast.pavel, "two")
    monkeypatch.setattr(tagging, "MOST_TAGS", 1)
    with pytest.raises(Invalid, match="too_many_tags"):
        await tagging_.tag(cast.anna, "client", cast.romashka, "three")


async def test_many_are_tagged_at_once_but_only_those_one_may_edit(
    tagging_: Tagging, storage: Storage, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tagging_.tag(cast.dina, "client", cast.pavel, "Old")
    own = with_scope(cast.anna, RecordKind.CLIENT, Scope.OWN, Action.EDIT)
    everybody = select(clients.c.id)
    done = await tagging_.tag_all(
        own, "client", everybody, add=["New", "Новый"], remove=["old", "never was"]
    )
    assert done == 2  # Romashka is hers, and Pavel nobody's
    assert await titles(storage, cast.pavel) == ["New", "Новый"]
    monkeypatch.setattr(tagging, "MOST_AT_ONCE", 1)
    with pytest.raises(Conflict, match="too_many_records"):
        await tagging_.tag_all(cast.dina, "client", everybody, add=["Too"])
    async with storage.read() as connection:
        assert "Too" not in {tag.title for tag in await list_tags(connection)}


async def test_an_administrator_renames_colours_joins_and_removes(
    tagging_: Tagging, keeping: TagKeeping, storage: Storage, cast: Cast
) -> None:
    one, _ = await tagging_.tag(cast.anna, "client", cast.pavel, "Whole sale")
    other, _ = await tagging_.tag(cast.anna, "client", cast.pavel, "Wholesale")
    await tagging_.tag(cast.anna, "client", cast.romashka, "Whole sale")
    with pytest.raises(Forbidden):
        await keeping.rename(cast.vera, one.id, "x")
    with pytest.raises(Invalid, match="title_taken"):
        await keeping.rename(cast.dina, one.id, "WHOLESALE")
    await keeping.rename(cast.dina, one.id, "whole sale")  # only the case
    await keeping.paint(cast.dina, other.id, Colour.GREEN)
    told: list[object] = []
    storage.on_commit = told.extend
    assert await keeping.join(cast.dina, one.id, other.id) == 2
    assert told.count(TextsOutdated()) == 1
    await TextRenewal(storage).on_texts_outdated(TextsOutdated())
    assert {ClientChanged(client_id=each) for each in (cast.pavel, cast.romashka)} <= set(told)
    assert " wholesale " in await searched(storage, cast.romashka)
    async with storage.read() as connection:
        (used,) = await list_used_tags(connection)
    assert (used.tag.title, used.tag.colour, used.clients, used.count) == (
        *("Wholesale", "green"),
        *(2, 2),
    )
    with pytest.raises(Invalid, match="not_a_choice"):
        await keeping.join(cast.dina, other.id, other.id)
    assert await keeping.remove(cast.dina, other.id) == 2
    assert await titles(storage, cast.romashka) == []
