"""What one test leaves in the PostgreSQL database, the next does not find."""

import pytest

from tests.crm_core.kept_database import KeptDatabase
from tests.lab.postgres import Cluster

pytestmark = pytest.mark.postgres
ONE_MORE = "INSERT INTO pause_reasons (code, title, position) VALUES ('tea', 'Tea', 1) RETURNING id"
HOW_MANY = "SELECT count(*) FROM pause_reasons"


def _used(kept: KeptDatabase, cluster: Cluster, statement: str, *, failed: bool = False) -> str:
    """What `statement` gives in the database of a test; the test may have failed afterwards."""
    with kept.lent(lambda: not failed) as url:
        return cluster.sql(statement, url.rpartition("/")[2])


def test_the_next_test_finds_no_row_and_the_first_id_is_one(
    postgres_database: KeptDatabase, postgres_cluster: Cluster
) -> None:
    for _ in range(2):
        assert _used(postgres_database, postgres_cluster, HOW_MANY) == "0"
        assert _used(postgres_database, postgres_cluster, ONE_MORE) == "1"


def test_what_a_failed_test_broke_is_whole_for_the_next(
    postgres_database: KeptDatabase, postgres_cluster: Cluster
) -> None:
    _used(postgres_database, postgres_cluster, "DROP TABLE pause_reasons CASCADE", failed=True)
    assert _used(postgres_database, postgres_cluster, HOW_MANY) == "0"


def test_what_cannot_be_emptied_fails_its_own_test_and_no_other(
    postgres_database: KeptDatabase, postgres_cluster: Cluster
) -> None:
    with pytest.raises(RuntimeError, match="pause_reasons"):
        _used(postgres_database, postgres_cluster, "DROP TABLE pause_reasons CASCADE")
    assert _used(postgres_database, postgres_cluster, HOW_MANY) == "0"
