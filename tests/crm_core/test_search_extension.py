"""Where PostgreSQL's trigrams are not to be had, the migration says whose turn it is."""

import pytest

from crm_core.search.extension import TrigramsNotAllowed, trigrams_trouble
from crm_core.storage.engine import Storage
from crm_core.storage.migrate import current_revision, migrate
from tests.lab.postgres import Cluster


@pytest.mark.postgres
async def test_a_user_without_the_right_is_told_and_one_for_whom_it_was_done_needs_none(
    postgres_cluster: Cluster,
) -> None:
    database = postgres_cluster.create()
    role = f"{database}_weak"
    postgres_cluster.sql(f"CREATE ROLE {role} LOGIN PASSWORD 'weak'")
    postgres_cluster.sql(f"GRANT ALL ON SCHEMA public TO {role}", database)
    postgres_cluster.sql(f'REVOKE CREATE ON DATABASE "{database}" FROM PUBLIC')
    url = f"postgresql+asyncpg://{role}:weak@127.0.0.1:{postgres_cluster.port}/{database}"
    storage = Storage.open(url)
    try:
        with pytest.raises(TrigramsNotAllowed):
            await migrate(storage)
        assert await current_revision(storage) is None
        postgres_cluster.sql("CREATE EXTENSION pg_trgm", database)
        assert "v0005" in await migrate(storage)
    finally:
        await storage.close()
        postgres_cluster.drop(database)
        postgres_cluster.sql(f"DROP ROLE {role}")


@pytest.mark.postgres
async def test_a_check_tells_that_the_extension_is_not_switched_on(
    postgres_cluster: Cluster,
) -> None:
    database = postgres_cluster.create()
    storage = Storage.open(postgres_cluster.url(database))
    try:
        async with storage.read() as connection:
            assert await trigrams_trouble(connection) == "trigrams_off"
        await migrate(storage)
        async with storage.read() as connection:
            assert await trigrams_trouble(connection) is None
    finally:
        await storage.close()
        postgres_cluster.drop(database)
