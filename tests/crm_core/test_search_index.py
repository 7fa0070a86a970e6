"""Whatever is written is found at once, by what it holds now and nothing else."""

import pytest
from sqlalchemy import delete, insert, select, text, update

from crm_core.clients.tables import clients, contact_points, notes
from crm_core.clock import ManualClock
from crm_core.deals.tables import pipelines, stages
from crm_core.leads.tables import leads
from crm_core.search.folding import folded, packed
from crm_core.search.index import reindex
from crm_core.search.kinds import SearchKind
from crm_core.search.tables import search_texts
from crm_core.storage.engine import Storage
from crm_core.storage.migrate import migrate
from tests.cast import Cast


async def kept(storage: Storage) -> dict[tuple[str, int], str]:
    async with storage.read() as connection:
        found = await connection.execute(select(search_texts).order_by(search_texts.c.id))
        return {(row.kind, row.record_id): row.text for row in found}


def word(text: str) -> str:
    return packed(folded(text))


async def test_a_client_is_found_by_name_people_numbers_and_addresses(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with storage.write() as tx:
        mail = {"kind": "email", "written": "Buh@Romashka.ru", "key": "buh@romashka.ru"}
        await tx.execute(
            insert(contact_points).values(client_id=cast.romashka, created_at=clock.now(), **mail)
        )
        await reindex(tx, SearchKind.CLIENT, cast.romashka)
    text = (await kept(storage))["client", cast.romashka]
    assert text.startswith(f"^ {word('ООО Ромашка')} {word('Иван Петров')} 74951234567 ")
    assert text.endswith(f" {word('buh@romashka.ru')} ")


async def test_what_was_written_last_stands_before_all_others_of_its_kind(
    storage: Storage, cast: Cast
) -> None:
    for client_id in (cast.romashka, cast.pavel, cast.romashka):
        async with storage.write() as tx:
            await reindex(tx, SearchKind.CLIENT, client_id)
    assert list(await kept(storage)) == [("client", cast.pavel), ("client", cast.romashka)]


async def test_a_deleted_client_is_found_no_more_and_nor_is_his_note(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    this = update(clients).where(clients.c.id == cast.pavel)
    async with storage.write() as tx:
        await tx.execute(this.values(note="любит тюльпаны"))
        await reindex(tx, SearchKind.CLIENT, cast.pavel)
    romashka = ("client", cast.romashka)
    note = ("client_note", cast.pavel)
    assert set(await kept(storage)) == {romashka, ("client", cast.pavel), note}
    async with storage.write() as tx:
        await tx.execute(this.values(deleted_at=clock.now()))
        await reindex(tx, SearchKind.CLIENT, cast.pavel)
    assert set(await kept(storage)) == {romashka}


async def test_somebody_who_is_only_a_leads_is_found_as_the_lead_until_he_is_a_client(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    now = clock.now()
    this = update(clients).where(clients.c.id == cast.pavel)
    async with storage.write() as tx:
        await tx.execute(this.values(client_since=None))
        made = await tx.execute(
            insert(pipelines).values(record_kind="lead", title="Leads", currency="RUB")
        )
        stage = insert(stages).values(pipeline_id=made.inserted_primary_key[0], title="New")
        stage_id = (await tx.execute(stage)).inserted_primary_key[0]
        row = {"client_id": cast.pavel, "title": "Окна", "stage_id": stage_id, "stage_since": now}
        await tx.execute(insert(leads).values(created_at=now, updated_at=now, **row))
        await reindex(tx, SearchKind.CLIENT, cast.pavel)
    texts = await kept(storage)
    assert set(texts) == {("client", cast.romashka), ("lead", 1)}
    assert texts["lead", 1].startswith(f"^ {word('Павел Семенов окна')} 79037654321")
    async with storage.write() as tx:
        await tx.execute(this.values(client_since=now))
        await reindex(tx, SearchKind.CLIENT, cast.pavel)
    texts = await kept(storage)
    assert texts["lead", 1] == f"^ {word('окна')} "
    assert texts["client", cast.pavel].startswith(f"^ {word('павел семенов')} ")


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)  # PostgreSQL's follows by itself
async def test_sqlites_own_index_follows_every_change(storage: Storage, cast: Cast) -> None:
    async with storage.write() as tx:
        await reindex(tx, SearchKind.CLIENT, cast.pavel)
        await reindex(tx, SearchKind.CLIENT, cast.romashka)
        await reindex(tx, SearchKind.CLIENT, cast.pavel)
        await tx.execute(delete(search_texts).where(search_texts.c.record_id == cast.romashka))
        checked = "INSERT INTO search_index (search_index, rank) VALUES ('integrity-check', 1)"
        await tx.execute(text(checked))


async def test_the_history_fills_the_index_as_the_writers_do(
    storage: Storage, cast: Cast, clock: ManualClock
) -> None:
    async with storage.write() as tx:
        await tx.execute(update(clients).values(note="Позвонить «завтра»"))
        await tx.execute(
            insert(notes).values(client_id=cast.pavel, text="Ёлка", created_at=clock.now())
        )
        for client_id in (cast.romashka, cast.pavel):
            await reindex(tx, SearchKind.CLIENT, client_id)
        await reindex(tx, SearchKind.NOTE, 1)
    written = await kept(storage)
    await back_to_before(storage)
    assert "v0005" in await migrate(storage)
    assert await kept(storage) == written


MADE_SINCE = (
    *("do_not_call_imported", "do_not_call_numbers", "do_not_call_imports", "do_not_call_lists"),
    *("consents", "consent_wordings", "law_profile_changes", "law_profiles"),
    *("list_fillings", "entry_changes", "attempts", "entry_numbers", "entries", "entry_buckets"),
    *("answer_hours", "campaign_segments", "campaign_agents", "campaigns"),
    *("tagged", "tags", "handed_records", "handovers", "client_merges", "saved_views"),
    *("preferences", "custom_fields", "field_sections"),
    *("outdated_texts", "reshaped_fields", "deleted_records", "deletions"),
)
"""The tables of later migrations, those that refer to others first."""
INDEXED_SINCE = ("name", "updated", "created", "relation_id", "category_id", "industry_id")


async def back_to_before(storage: Storage) -> None:
    """The database as it was before there was a search."""
    gone = [
        "DROP TABLE search_texts",
        "DROP TABLE openings",
        "ALTER TABLE clients ADD COLUMN search TEXT NOT NULL DEFAULT ''",
    ]
    if storage.is_sqlite:
        gone.append("DROP TABLE search_index")
    gone += [
        *(f"DROP TABLE {name}" for name in MADE_SINCE),
        *(f"DROP INDEX ix_clients_{name}" for name in INDEXED_SINCE),
        "ALTER TABLE clients DROP COLUMN erased_at",
    ]
    async with storage.migrate() as connection:
        for statement in (*gone, "UPDATE alembic_version SET version_num = 'v0004'"):
            await connection.execute(text(statement))


@pytest.mark.parametrize("kind", SearchKind)
async def test_a_record_that_is_not_there_is_no_fault(storage: Storage, kind: SearchKind) -> None:
    async with storage.write() as tx:
        await reindex(tx, kind, 12345)
    assert await kept(storage) == {}
