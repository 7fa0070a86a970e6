"""Asterisk's own logs as it really writes them: SQLite, CSV and PostgreSQL tell the same calls."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from crm_core.catchup.logs import CDR, CEL, Logs
from crm_core.catchup.sources import open_cdr, open_cel
from crm_core.clock import SystemClock
from telephony.events import CallRecord
from telephony.phones import phones_matching
from telephony.replay import as_json
from tests.journeys.office import until
from tests.lab.asterisk import asterisk as start_asterisk
from tests.lab.needs import had
from tests.lab.postgres import Cluster
from tests.lab.stage import Stage
from tests.lab.stage import stage as open_stage

pytestmark = [pytest.mark.lab, pytest.mark.postgres]
PHONES = phones_matching(r"\d{2,5}")
# The table of Asterisk's documentation of cel_pgsql.
TABLE = """CREATE TABLE cel (id serial PRIMARY KEY, eventtype varchar(30), eventtime timestamp,
    userdeftype varchar(255), cid_name varchar(80), cid_num varchar(80), cid_ani varchar(80),
    cid_rdnis varchar(80), cid_dnid varchar(80), exten varchar(80), context varchar(80),
    channame varchar(80), appname varchar(80), appdata varchar(80), amaflags integer,
    accountcode varchar(20), peeraccount varchar(20), uniqueid varchar(150),
    linkedid varchar(150), userfield varchar(255), peer varchar(80), extra text)"""


@pytest.fixture
async def lab_stage() -> AsyncIterator[Stage]:
    """With an exchange of its own, which may get another module."""
    with had(start_asterisk()) as exchange:
        async with open_stage(exchange) as stage:
            yield stage


@pytest.fixture
def in_postgres(lab_stage: Stage, postgres_cluster: Cluster) -> str:
    """The exchange writes its channel events into PostgreSQL, too; the address of that log."""
    exchange, name = lab_stage.exchange, postgres_cluster.create()
    postgres_cluster.sql(TABLE, name)
    url = postgres_cluster.url(name).replace("+asyncpg", "")
    user, _, password = url.partition("//")[2].partition("@")[0].partition(":")
    (exchange.home / "etc/cel_pgsql.conf").write_text(
        f"[global]\nhostname = 127.0.0.1\nport = {postgres_cluster.port}\ndbname = {name}\n"
        f"user = {user}\npassword = {password}\ntable = cel\nusegmtime = yes\n"
    )
    exchange.cli("module load cel_pgsql.so")
    return url


async def _calls(lab_stage: Stage) -> None:
    """A client talks and hangs up; another gives up in the queue."""
    client = lab_stage.from_city("101", name="Мария, «Ромашка»")
    ring = await lab_stage.phones["101"].incoming()
    await ring.answer()
    await lab_stage.pause(0.4)
    await client.hang_up()
    await ring.over()
    impatient = lab_stage.from_city("201")
    await lab_stage.seat("sales", "102")
    await lab_stage.phones["102"].incoming()
    await impatient.hang_up()
    await lab_stage.quiet()


async def _told(logs: Logs, which: str) -> list[dict[str, Any]]:
    now = SystemClock().now()
    since = now - timedelta(minutes=2)
    found: list[CallRecord] = []
    async for _, retold in logs.conversations(which, since, now, PHONES):
        found += [call for one in retold for call in one.calls]
    return [json.loads(as_json(call)) for call in found]


async def test_every_log_that_asterisk_writes_tells_the_same_calls(
    lab_stage: Stage, in_postgres: str
) -> None:
    home = lab_stage.exchange.home
    await _calls(lab_stage)
    sqlite = Logs(cel=open_cel(f"sqlite:///{home / 'log/master.db'}", "UTC"))
    csv = Logs(cel=open_cel(f"csv://{home / 'log/cel-custom/Master.csv'}", "UTC"))
    postgres = Logs(cel=open_cel(in_postgres, "UTC"))

    async def is_written(logs: Logs) -> bool:
        """Each log has its own pace."""
        told = [(call["outcome"], call["queue"]) for call in await _told(logs, CEL)]
        return told[-2:] == [("answered", None), ("abandoned", "sales")]

    await until(lambda: is_written(postgres), "PostgreSQL has both calls")
    await until(lambda: is_written(sqlite), "SQLite has both calls")
    await until(lambda: is_written(csv), "the file has both calls")
    told = await _told(sqlite, CEL)
    assert told[-2]["caller_name"] == "Мария, «Ромашка»"
    assert (await _told(csv, CEL))[-2:] == told[-2:]
    assert await _told(postgres, CEL) == told[-2:]


async def test_bills_in_a_file_tell_the_same_parties_and_outcomes(lab_stage: Stage) -> None:
    home: Path = lab_stage.exchange.home
    await _calls(lab_stage)
    bills = Logs(cdr=open_cdr(f"csv://{home / 'log/cdr-csv/Master.csv'}", "UTC"))
    csv = Logs(cel=open_cel(f"csv://{home / 'log/cel-custom/Master.csv'}", "UTC"))

    async def last_two(logs: Logs, which: str) -> list[list[Any]]:
        keys = ("direction", "caller", "queue", "outcome", "answered_by")
        return [[call[key] for key in keys] for call in (await _told(logs, which))[-2:]]

    wanted = [
        ["inbound", "79161234567", None, "answered", ["PJSIP/101"]],
        ["inbound", "79161234567", "sales", "abandoned", []],
    ]

    async def is_told(logs: Logs, which: str) -> bool:
        return await last_two(logs, which) == wanted

    # Asterisk writes both a little late.
    await until(lambda: is_told(csv, CEL), "the events are written")
    await until(lambda: is_told(bills, CDR), "both calls are billed, and read the same")
