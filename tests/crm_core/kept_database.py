"""One PostgreSQL database for test after test: emptying it takes a third of what a new one does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dialer.tables import metadata
from tests.lab.postgres import Cluster

_OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
_OPEN = f"{_OTHERS} AND xact_start IS NOT NULL"
# One that was cut off in the middle of a statement is given a second to notice.
_LEFT_OPEN = (
    f"SELECT pg_sleep(1) WHERE EXISTS (SELECT 1 {_OPEN}); SELECT pg_stat_clear_snapshot(); "
    f"SELECT state, left(query, 200) {_OPEN}"
)
_CUT_OTHERS = f"DO 'BEGIN PERFORM pg_terminate_backend(pid) {_OTHERS}; END'"
# A test leaves a few rows in a few tables. TRUNCATE makes a new file for each table and index: that
# took three times as long, and is for those that left many. Without triggers any order will do.
_TABLES = [f'"{table}"' for table in metadata.tables]
_HAS_GROWN = (
    "SELECT FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace "
    "AND pg_relation_size(oid) > 256 * 1024"
)
_EMPTYING = f"""
    SET session_replication_role = replica;
    DO $$ BEGIN
        IF EXISTS ({_HAS_GROWN}) THEN
            TRUNCATE {", ".join(_TABLES)};
        ELSE
            {"; ".join(f"DELETE FROM {table}" for table in _TABLES)};
        END IF;
        PERFORM setval(sequencename::regclass, start_value, false)
        FROM pg_sequences WHERE last_value IS NOT NULL;
    END $$
"""


class KeptDatabase:
    """A copy of `template`, emptied after each test. After one that failed, or that cannot be
    emptied, the next test has a new copy: whatever is wrong with the old one goes with it."""

    def __init__(self, cluster: Cluster, template: str) -> None:
        self._cluster = cluster
        self._template = template
        self._emptied: str | None = None

    @contextmanager
    def lent(self, is_sound: Callable[[], bool]) -> Iterator[str]:
        """The URL of the database, without a row; `is_sound` tells afterwards whether all went
        well. AssertionError when a transaction was left open: the next test would wait for it."""
        name, self._emptied = self._emptied or self._cluster.create(self._template), None
        yield self._cluster.url(name)
        try:
            if is_sound():
                left_open = self._empty(name)
                self._emptied = name
                assert not left_open, f"a transaction was left open: {left_open}"
        finally:
            if self._emptied is None:
                self._cluster.drop(name)

    def _empty(self, name: str) -> str:
        """What was left open in it; that is cut."""
        return self._cluster.sql(f"{_LEFT_OPEN}; {_CUT_OTHERS}; {_EMPTYING}", name)
