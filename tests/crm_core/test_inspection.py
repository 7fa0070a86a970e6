"""The check of our own side, with each thing broken in turn."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from crm_core.agents.endpoint_roles import EndpointRoles
from crm_core.clock import ManualClock
from crm_core.inspection.database import inspect_database
from crm_core.inspection.expected import nothing_known, read_expected
from crm_core.inspection.logs import inspect_logs
from crm_core.inspection.machine import inspect_machine, room
from crm_core.storage.engine import Storage
from crm_core.storage.migrate import current_revision
from telephony.events import LegRole
from tests.cast import Cast
from tests.lab.postgres import Cluster
from tests.lab.processes import free_port
from tests.telephony.checking import Told

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


async def told_of_database(url: str) -> tuple[Told, bool]:
    told, storage = Told(), Storage.open(url)
    try:
        return told, await inspect_database(storage, told.take)
    finally:
        await storage.close()


# --- the database, on both engines -----------------------------------------------------------


async def test_a_database_of_this_version_is_right(storage: Storage) -> None:
    told = Told()
    assert await inspect_database(storage, told.take)
    assert told.codes[:2] == ["database.reached", "database.schema"]
    assert told.values("database.schema") == {"revision": await current_revision(storage)}
    assert not [level for level in told.wrong().values() if level == "bad"]


def touch(url: str) -> None:
    """An SQLite file of no length is an empty database."""
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).touch()


async def test_an_empty_database_is_told(empty_url: str) -> None:
    touch(empty_url)
    told, fits = await told_of_database(empty_url)
    assert not fits
    assert told.wrong()["database.empty"] == "warn"


@pytest.mark.parametrize(
    ("revision", "code", "level"),
    [("v9999", "database.newer", "bad"), ("v0001", "database.older", "warn")],
)
async def test_a_database_of_another_version_is_told(
    storage: Storage, revision: str, code: str, level: str
) -> None:
    usual = await current_revision(storage)
    change = text("UPDATE alembic_version SET version_num = :revision")
    async with storage.write() as tx:
        await tx.execute(change, {"revision": revision})
    told = Told()
    try:
        assert not await inspect_database(storage, told.take)
    finally:
        async with storage.write() as tx:
            await tx.execute(change, {"revision": usual})
    assert told.wrong()[code] == level
    assert told.values(code) == {"revision": revision}


# --- SQLite ----------------------------------------------------------------------------------


async def test_a_missing_file_is_told_and_not_made(tmp_path: Path) -> None:
    file = tmp_path / "perezvon.db"
    told, fits = await told_of_database(f"sqlite:///{file}")
    assert (told.wrong(), fits) == ({"database.not_made": "warn"}, False)
    assert not file.exists()


async def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    file = tmp_path / "perezvon.db"
    file.write_text("Dear diary, " * 1000)
    told, fits = await told_of_database(f"sqlite:///{file}")
    assert (told.wrong(), fits) == ({"database.damaged": "bad"}, False)


# --- PostgreSQL ------------------------------------------------------------------------------


@pytest.fixture
def made(postgres_cluster: Cluster) -> Iterator[Callable[[str], str]]:
    """`made(options)`: the URL of an empty database made with these options."""
    names: list[str] = []

    def make(options: str) -> str:
        name = f"checked_{len(names)}"
        postgres_cluster.sql(f"CREATE DATABASE {name} TEMPLATE template0 {options}")
        names.append(name)
        return postgres_cluster.url(name)

    yield make
    for name in names:
        postgres_cluster.drop(name)


@pytest.mark.postgres
async def test_a_database_that_knows_no_cyrillic_is_told(made: Callable[[str], str]) -> None:
    told, _ = await told_of_database(made("LOCALE 'C'"))
    assert told.wrong()["database.alphabet_unknown"] == "warn"
    assert told.values("database.alphabet_unknown") == {"collation": "C"}


@pytest.mark.postgres
async def test_a_database_that_knows_cyrillic_is_right(made: Callable[[str], str]) -> None:
    told, _ = await told_of_database(made("LOCALE_PROVIDER icu ICU_LOCALE 'ru' LOCALE 'C'"))
    assert "database.alphabet" in told.codes
    assert "database.alphabet_unknown" not in told.codes


@pytest.mark.postgres
async def test_another_encoding_than_utf8_is_told(made: Callable[[str], str]) -> None:
    told, _ = await told_of_database(made("ENCODING 'LATIN1' LOCALE 'C'"))
    assert told.wrong()["database.encoding"] == "bad"
    assert told.values("database.encoding") == {"encoding": "LATIN1"}


@pytest.mark.postgres
async def test_a_server_that_is_gone_is_told_without_the_password(
    postgres_cluster: Cluster,
) -> None:
    url = postgres_cluster.url("postgres").replace(f":{postgres_cluster.port}/", f":{free_port()}/")
    told, fits = await told_of_database(url)
    assert (told.wrong(), fits) == ({"database.unreachable": "bad"}, False)
    assert postgres_cluster.password not in repr(told.findings)
    assert "perezvon:***@127.0.0.1" in told.values("database.unreachable")["url"]


@pytest.mark.postgres
async def test_a_wrong_password_is_told_without_it(postgres_cluster: Cluster) -> None:
    url = postgres_cluster.url("postgres").replace(postgres_cluster.password, "swordfish")
    told, _ = await told_of_database(url)
    assert told.wrong() == {"database.login_refused": "bad"}
    assert "swordfish" not in repr(told.findings)


@pytest.mark.postgres
async def test_a_database_that_nobody_made_is_told(postgres_cluster: Cluster) -> None:
    told, _ = await told_of_database(postgres_cluster.url("nobody_made_it"))
    assert told.wrong() == {"database.not_there": "bad"}


# --- what the exchange is compared with ------------------------------------------------------


async def test_the_lists_of_the_office_are_what_is_expected(storage: Storage, cast: Cast) -> None:
    expected = await read_expected(storage, r"\d{3}")
    assert expected.known
    assert expected.queues["sales"] == "Sales"
    assert "PJSIP/101" in expected.extensions
    assert expected.is_phone("PJSIP/101")
    assert not expected.is_phone("PJSIP/provider")


async def test_what_people_said_of_endpoints_is_expected(
    storage: Storage, clock: ManualClock, cast: Cast
) -> None:
    await EndpointRoles(storage, clock).correct(cast.dina, "provider", LegRole.PHONE)
    expected = await read_expected(storage, r"\d{3}")
    assert expected.is_phone("PJSIP/provider")
    assert expected.corrected == {"provider"}


def test_where_the_lists_cannot_be_read_nothing_is_expected() -> None:
    expected = nothing_known(r"\d{3}")
    assert not expected.known
    assert expected.is_phone("PJSIP/101")


# --- the machine -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("free", "code", "level"),
    [
        (50_000_000_000, "machine.disk", "ok"),
        (1_500_000_000, "machine.disk_little", "warn"),
        (90_000_000, "machine.disk_full", "bad"),
    ],
)
def test_little_room_is_told_before_it_is_none(free: int, code: str, level: str) -> None:
    told = room(free, "/data")
    assert (told.code, told.level) == (code, level)
    assert told.values["megabytes"] == free // 1_000_000


async def test_the_folder_of_the_database_is_what_is_looked_at(tmp_path: Path) -> None:
    told, storage = Told(), Storage.open(f"sqlite:///{tmp_path}/not/yet/perezvon.db")
    try:
        await inspect_machine(storage, told.take)
    finally:
        await storage.close()
    assert told.findings[0].values["folder"] == str(tmp_path)
    assert told.values("machine.versions")["python"].startswith("3.")


# --- Asterisk's own logs ---------------------------------------------------------------------

CEL_COLUMNS = "eventtype, eventtime, cid_num, exten, channame, uniqueid, linkedid, extra"


def sqlite_log(path: Path, *times: datetime, columns: str = CEL_COLUMNS) -> str:
    """A CEL table with a row for each of these times (in UTC)."""
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(f"CREATE TABLE cel ({columns})")
        for at in times:
            written = f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"
            database.execute(
                "INSERT INTO cel VALUES ('CHAN_START', ?, '101', '102', 'PJSIP/101', 'u', 'u', '')",
                (written,),
            )
    return f"sqlite:///{path}"


async def told_of_logs(cel: str = "", cdr: str = "") -> Told:
    told = Told()
    await inspect_logs(cel, cdr, "UTC", NOW, told.take)
    return told


async def test_a_log_of_today_is_right(tmp_path: Path) -> None:
    at = NOW - timedelta(hours=1)
    told = await told_of_logs(sqlite_log(tmp_path / "cel.db", NOW - timedelta(days=9), at))
    assert told.wrong() == {}
    assert told.values("logs.read")["at"] == at.isoformat()


@pytest.mark.parametrize(
    ("times", "wrong"),
    [
        ((), {"logs.empty": "warn"}),
        ((NOW - timedelta(days=5),), {"logs.old": "warn"}),
        ((NOW + timedelta(hours=3),), {"logs.ahead": "bad"}),
    ],
)
async def test_a_log_that_is_not_of_today_is_told(
    tmp_path: Path, times: tuple[datetime, ...], wrong: dict[str, str]
) -> None:
    assert (await told_of_logs(sqlite_log(tmp_path / "cel.db", *times))).wrong() == wrong


async def test_no_log_at_all_is_told() -> None:
    assert (await told_of_logs()).wrong() == {"logs.none": "warn"}


async def test_a_log_of_outlines_only_is_told(tmp_path: Path) -> None:
    told = await told_of_logs(cdr=f"csv://{tmp_path}/Master.csv")
    assert told.wrong() == {"logs.no_file": "bad", "logs.only_cdr": "warn"}


async def test_a_log_that_lacks_columns_is_told(tmp_path: Path) -> None:
    file = tmp_path / "cel.db"
    told = await told_of_logs(sqlite_log(file, columns="eventtype, eventtime, uniqueid"))
    assert told.wrong() == {"logs.columns": "bad"}
    assert "linkedid" in told.values("logs.columns")["missing"]


@pytest.mark.parametrize(
    ("name", "contents", "wrong"),
    [
        ("missing.db", None, {"logs.no_file": "bad"}),
        ("garbage.db", b"\xff\xfe no database at all " * 400, {"logs.unreadable": "bad"}),
        ("other.db", b"", {"logs.no_table": "bad"}),
        ("missing.csv", None, {"logs.no_file": "bad"}),
        ("empty.csv", b"", {"logs.empty": "warn"}),
        ("garbage.csv", b'\x00\xff,,,\n"\n' * 400, {"logs.empty": "warn"}),
    ],
)
async def test_a_file_that_is_no_log_is_told(
    tmp_path: Path, name: str, contents: bytes | None, wrong: dict[str, str]
) -> None:
    file = tmp_path / name
    if contents is not None:
        file.write_bytes(contents)
    scheme = "csv" if file.suffix == ".csv" else "sqlite"
    assert (await told_of_logs(f"{scheme}://{file}")).wrong() == wrong


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("mysql://asterisk:swordfish@127.0.0.1/cdr", {"logs.scheme": "bad"}),
        (
            "postgresql://asterisk:swordfish@127.0.0.1:1/cdr",
            {"logs.unreachable": "bad"},
        ),
    ],
)
async def test_the_password_of_a_log_is_never_told(url: str, wrong: dict[str, str]) -> None:
    told = await told_of_logs(url)
    assert told.wrong() == wrong
    assert "swordfish" not in repr(told.findings)


def test_the_clock_of_the_tests_is_that_of_the_logs(clock: ManualClock) -> None:
    assert clock.now() == NOW
