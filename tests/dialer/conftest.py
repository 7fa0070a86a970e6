"""A migrated database on both engines and the cast in it, as the memory's own tests have them."""

from tests.crm_core.conftest import (
    cast,
    clock,
    database_url,
    empty_url,
    engine,
    postgres_database,
    sqlite_template,
    storage,
)

__all__ = [
    "cast",
    "clock",
    "database_url",
    "empty_url",
    "engine",
    "postgres_database",
    "sqlite_template",
    "storage",
]
