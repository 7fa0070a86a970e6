"""History leads to exactly the tables in the code, on both engines, from an installed wheel too."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from crm_core.search.tables import is_engines_own
from crm_core.storage.engine import Storage
from crm_core.storage.migrate import (
    DatabaseIsEmpty,
    DatabaseIsNewer,
    DatabaseIsOlder,
    MigrationBroke,
    check_schema,
    current_revision,
    history_config,
    migrate,
)
from dialer.tables import metadata
from tests.lab.postgres import Cluster


@pytest.fixture
async def empty(empty_url: str) -> AsyncIterator[Storage]:
    """A storage over a database without tables."""
    storage = Storage.open(empty_url)
    try:
        yield storage
    finally:
        await storage.close()


def described(connection: Connection) -> dict[str, Any]:
    """Everything the engine itself knows of each table, in a form to compare."""
    seen = inspect(connection)
    return {
        table: {
            "columns": {
                c["name"]: (str(c["type"]), c["nullable"], c["default"])
                for c in seen.get_columns(table)
            },
            "primary key": seen.get_pk_constraint(table)["constrained_columns"],
            "foreign keys": sorted(
                (f["constrained_columns"], f["referred_table"], str(f["options"]))
                for f in seen.get_foreign_keys(table)
            ),
            "indexes": sorted((str(i["name"]), i["column_names"]) for i in seen.get_indexes(table)),
            "unique": sorted(u["column_names"] for u in seen.get_unique_constraints(table)),
            "checks": sorted((c["name"], c["sqltext"]) for c in seen.get_check_constraints(table)),
        }
        for table in seen.get_table_names()
        if table != "alembic_version" and not is_engines_own(table, "table")
    }


def search_index(connection: Connection) -> list[Any]:
    """The definitions of what the engine searches by, which no inspector describes."""
    if connection.dialect.name == "sqlite":
        query = (
            "SELECT name, sql FROM sqlite_master WHERE name LIKE 'search\\_%' ESCAPE '\\' "
            "AND (type = 'trigger' OR sql LIKE '%VIRTUAL%')"
        )
    else:
        query = (
            "SELECT indexname, indexdef FROM pg_indexes WHERE indexdef LIKE '%USING gin%' "
            "UNION ALL SELECT extname, '' FROM pg_extension WHERE extname = 'pg_trgm'"
        )
    return sorted(tuple(row) for row in connection.execute(text(query)))


async def test_the_migrated_schema_is_the_schema_of_the_code(
    empty: Storage, engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    await migrate(empty)
    if engine == "sqlite":
        other = Storage.open(f"sqlite:///{tmp_path / 'created.db'}")
    else:
        cluster: Cluster = request.getfixturevalue("postgres_cluster")
        other = Storage.open(cluster.url(cluster.create()))
    try:
        async with other.migrate() as connection:
            await connection.run_sync(metadata.create_all)
            created = await connection.run_sync(described)
            index = await connection.run_sync(search_index)
    finally:
        await other.close()
    async with empty.read() as connection:
        migrated = await connection.run_sync(described)
        assert await connection.run_sync(search_index) == index
    assert len(index) == (3 if engine == "sqlite" else 4)
    assert migrated == created
    assert set(migrated) == set(metadata.tables)


async def test_alembic_itself_finds_nothing_to_add(empty: Storage) -> None:
    def drift(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(
            connection, opts={"include_name": lambda name, kind, _: not is_engines_own(name, kind)}
        )
        return list(compare_metadata(context, metadata))

    await migrate(empty)
    async with empty.read() as connection:
        assert await connection.run_sync(drift) == []


async def test_migrating_tells_what_it_applied_and_the_second_time_nothing(empty: Storage) -> None:
    assert await current_revision(empty) is None
    applied = await migrate(empty)
    assert applied[0] == "v0001"
    assert await current_revision(empty) == applied[-1]
    assert await migrate(empty) == []
    await check_schema(empty)


async def test_an_empty_database_and_an_older_one_are_told_apart(empty: Storage) -> None:
    with pytest.raises(DatabaseIsEmpty):
        await check_schema(empty)
    applied = await migrate(empty)
    change = text("UPDATE alembic_version SET version_num = :revision")
    async with empty.write() as tx:
        await tx.execute(change, {"revision": applied[-2]})
    with pytest.raises(DatabaseIsOlder) as refused:
        await check_schema(empty)
    assert refused.value.values["revisions"] == [applied[-1]]


async def test_an_older_program_refuses_a_newer_database(storage: Storage) -> None:
    usual = await current_revision(storage)
    change = text("UPDATE alembic_version SET version_num = :revision")
    async with storage.write() as tx:
        await tx.execute(change, {"revision": "v9999"})
    try:
        with pytest.raises(DatabaseIsNewer) as refused:
            await migrate(storage)
        assert refused.value.values == {"revision": "v9999"}
        with pytest.raises(DatabaseIsNewer):
            await check_schema(storage)
        assert await current_revision(storage) == "v9999"
    finally:  # others have this PostgreSQL database after us
        async with storage.write() as tx:
            await tx.execute(change, {"revision": usual})


async def test_a_migration_that_fails_leaves_nothing_behind(
    empty: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine = command.upgrade

    def upgrade(*arguments: Any) -> None:
        genuine(*arguments)
        raise RuntimeError("the power fails")

    monkeypatch.setattr(command, "upgrade", upgrade)
    with pytest.raises(RuntimeError, match="power"):
        await migrate(empty)
    async with empty.read() as connection:
        assert await connection.run_sync(lambda c: inspect(c).get_table_names()) == []
    monkeypatch.undo()
    assert await migrate(empty)


async def test_rows_that_a_migration_left_pointing_nowhere_are_noticed(
    tmp_path: Path, sqlite_template: Path
) -> None:
    storage = Storage.open(f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'broken.db')}")
    try:
        async with storage.migrate() as connection:
            await connection.execute(text("INSERT INTO queue_members VALUES (1, 1, 0)"))
        with pytest.raises(MigrationBroke) as refused:
            await migrate(storage)
        assert refused.value.values == {"tables": ["queue_members"]}
    finally:
        await storage.close()


def test_the_history_is_one_line_without_forks() -> None:
    scripts = ScriptDirectory.from_config(history_config())
    assert len(scripts.get_heads()) == 1
    assert len(scripts.get_bases()) == 1
