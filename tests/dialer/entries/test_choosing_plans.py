"""A choice walks no table that grows with the office: every statement of it reads indexes."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import Dialect, text

from crm_core.storage.engine import Connection
from crm_core.storage.hot import HotSelect
from tests.dialer.entries.office import Office, moscow

GROWING = (
    *("entries", "attempts", "clients", "client_numbers", "consents"),
    *("do_not_call_numbers", "do_not_call_imported"),
)
WALKED = re.compile(rf"\b(?:scan|seq scan on) (?:{'|'.join(GROWING)})\b")
Asked = list[tuple[str, tuple[object, ...]]]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """What hot selects ask, and with what."""
    genuine, asked = HotSelect.prepare, Asked()

    def remember(select: HotSelect, dialect: Dialect, given: Mapping[str, object]) -> Any:
        sql, values, read = genuine(select, dialect, given)
        asked.append((sql, values))
        return sql, values, read

    monkeypatch.setattr(HotSelect, "prepare", remember)
    return asked


async def test_no_statement_of_a_choice_walks_a_table(office: Office, asked: Asked) -> None:
    await office.listed(*map(moscow, range(12)))
    await office.dial()
    asked.clear()
    assert len((await office.choose(5, sure=2, present=[office.cast.vera.id])).chosen) == 5
    async with office.storage.read() as connection:
        plans = [await _plan(connection, sql, values) for sql, values in asked]
    assert len(plans) == 5  # buckets, the certain, the foremost, the candidates, the evidence
    for plan in plans:
        assert not WALKED.search(plan), plan


async def _plan(connection: Connection, sql: str, values: tuple[object, ...]) -> str:
    explain = "EXPLAIN QUERY PLAN "
    if connection.dialect.name == "postgresql":
        # A few rows are read fastest by walking: what could it do with millions?
        await connection.execute(text("SET LOCAL enable_seqscan = off"))
        explain = "EXPLAIN "
    rows = await connection.exec_driver_sql(explain + sql, values)
    return "\n".join(str(row[-1 if explain.startswith("EXPLAIN Q") else 0]).lower() for row in rows)
