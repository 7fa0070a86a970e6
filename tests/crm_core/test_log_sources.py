"""The exchange's own logs, wherever they are kept: SQLite, CSV, PostgreSQL."""

import asyncio
import csv
import gzip
import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crm_core.catchup import files, servers
from crm_core.catchup.files import SAMPLE_COLUMNS
from crm_core.catchup.shelf import SourceRefused
from crm_core.catchup.sources import open_cdr, open_cel, shown
from telephony.catchup.retelling import retell
from telephony.catchup.rows import CelRow
from telephony.phones import phones_matching
from tests.crm_core.exchange_log import columns_of, in_sqlite
from tests.lab.postgres import Cluster
from tests.streams import logged
from tests.streams.truth import PHONES

SCENES = ("inbound_answered", "queue_ringall_answered", "attended_refer", "inbound_busy")
Kept = Callable[[Sequence[CelRow]], str]


def all_rows() -> list[CelRow]:
    return sorted((row for name in SCENES for row in logged.cel_of(name)), key=lambda row: row.at)


def in_csv(path: Path, rows: Sequence[CelRow]) -> str:
    with path.open("w", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        for row in rows:
            told = columns_of(row)
            writer.writerow([told.get(name, "") for name in SAMPLE_COLUMNS["cel"]])
    return f"csv://{path}"


@pytest.fixture(params=["sqlite", "csv", pytest.param("postgres", marks=pytest.mark.postgres)])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Kept:
    """Puts rows where Asterisk would, and gives the address."""
    if request.param == "sqlite":
        return lambda rows: in_sqlite(tmp_path / "master.db", rows)
    if request.param == "csv":
        return lambda rows: in_csv(tmp_path / "Master.csv", rows)
    cluster: Cluster = request.getfixturevalue("postgres_cluster")
    return lambda rows: in_postgres(cluster, rows)


def in_postgres(cluster: Cluster, rows: Sequence[CelRow]) -> str:
    """The table of cel_pgsql's documentation."""
    name = cluster.create()
    columns = [f'"{each}" varchar(400)' for each in columns_of(rows[0]) if each != "eventtime"]
    made = f"CREATE TABLE cel (id serial PRIMARY KEY, eventtime timestamp, {', '.join(columns)})"
    cluster.sql(made, name)
    for row in rows:
        told = {key: str(value).replace("'", "''") for key, value in columns_of(row).items()}
        listed = ", ".join(f"'{value}'" for value in told.values())
        cluster.sql(f"INSERT INTO cel ({', '.join(told)}) VALUES ({listed})", name)
    return cluster.url(name).replace("+asyncpg", "")


async def read(url: str, **between: datetime) -> list[CelRow]:
    source = open_cel(url, "UTC")
    return [row async for row in source.rows(**between)]


async def test_rows_come_back_from_the_log_as_they_were_written(kept: Kept) -> None:
    rows = all_rows()
    found = await read(kept(rows))
    assert [(row.kind, row.at, row.uniqueid, row.extra) for row in found] == [
        (row.kind, row.at, row.uniqueid, row.extra) for row in rows
    ]
    told = [call for one in retell(rows, phones_matching(PHONES)) for call in one.calls]
    assert [call for one in retell(found, phones_matching(PHONES)) for call in one.calls] == told
    assert len(told) == len(SCENES)


async def test_only_the_rows_of_the_wanted_time_are_given(kept: Kept) -> None:
    rows = all_rows()
    since, until = rows[20].at, rows[60].at
    wanted = [row.at for row in rows if since <= row.at <= until]
    assert [row.at for row in await read(kept(rows), since=since, until=until)] == wanted


async def test_a_look_says_how_old_and_how_exact_the_log_is(kept: Kept) -> None:
    rows = all_rows()
    probed = await open_cel(kept(rows), "UTC").probe()
    assert (probed.oldest_at, probed.newest_at) == (rows[0].at, rows[-1].at)
    assert probed.is_fine


@pytest.mark.parametrize("keep", [in_sqlite, in_csv])
async def test_the_beginning_of_a_time_is_found_in_a_long_log(
    keep: Callable[[Path, Sequence[CelRow]], str], tmp_path: Path
) -> None:
    """Weeks of it: the slack for zones is more than the whole of a day."""
    (row, *_) = all_rows()
    start = datetime(2026, 1, 1, tzinfo=UTC)
    many = [replaced(row, start + timedelta(minutes=7 * n)) for n in range(9000)]
    url = keep(tmp_path / "long", many)
    since, until = many[7000].at, many[7040].at
    found = await read(url, since=since, until=until)
    assert [one.at for one in found] == [one.at for one in many[7000:7041]]
    assert [one.at for one in await read(url, since=many[-1].at)] == [many[-1].at]
    assert await read(url, since=many[-1].at + timedelta(days=9)) == []


def replaced(row: CelRow, at: datetime) -> CelRow:
    return replace(row, at=at)


async def test_times_without_a_zone_are_of_the_zone_that_the_settings_name(tmp_path: Path) -> None:
    rows = all_rows()
    url = in_sqlite(tmp_path / "master.db", rows)
    (first, *_) = [row async for row in open_cel(url, "Europe/Moscow").rows()]
    assert first.at == rows[0].at - timedelta(hours=3)


async def test_lines_that_are_no_rows_are_left_out(tmp_path: Path) -> None:
    rows = all_rows()[:3]
    url = in_csv(tmp_path / "Master.csv", rows)
    path = tmp_path / "Master.csv"
    good = path.read_bytes()
    junk = b'"torn\n\x00\xff\xfe garbage,,,\n\n,,,,\n"CHAN_START","never"\n'
    path.write_bytes(junk + good + b'"ANSWER","2026-11-22 09')
    assert [row.at for row in await read(url)] == [row.at for row in rows]


async def test_a_line_of_which_the_end_is_not_written_yet_is_no_row(tmp_path: Path) -> None:
    """Without its linkedid it would be taken for a conversation of its own."""
    rows = all_rows()[:3]
    url = in_csv(tmp_path / "Master.csv", rows)
    whole = (tmp_path / "Master.csv").read_bytes()
    for end in range(whole.rindex(b'"CHAN_START"'), len(whole) - 1):
        (tmp_path / "Master.csv").write_bytes(whole[:end])
        assert all(row in rows for row in await read(url)), whole[:end][-40:]


async def test_a_name_of_several_lines_costs_no_row(tmp_path: Path) -> None:
    """As a look-up in a directory may give it; Asterisk puts it into the line as it is."""
    rows = [replace(row, name='Ян\r\n"Cash, ""n"" carry"\n\nLtd.') for row in all_rows()[:4]]
    assert await read(in_csv(tmp_path / "Master.csv", rows)) == rows


async def test_a_line_torn_by_a_full_disk_costs_the_one_that_is_written_on(tmp_path: Path) -> None:
    rows = all_rows()[:6]
    rows[4] = replace(rows[4], name="Ян\nLtd.")
    url = in_csv(tmp_path / "Master.csv", rows)
    written = (tmp_path / "Master.csv").read_bytes()
    for torn in (b'"CHAN_START","1795', b'"CHAN_START","1795"', b'"ANSWER'):
        (tmp_path / "Master.csv").write_bytes(torn + written)
        assert [row for row in await read(url) if row in rows] == rows[1:]


def turned(path: Path, name: str, written: bytes, at: datetime) -> Path:
    """What logrotate leaves behind: the time of the last line stays."""
    older = path.with_name(name)
    older.write_bytes(gzip.compress(written) if name.endswith(".gz") else written)
    os.utime(older, (at.timestamp(), at.timestamp()))
    return older


@pytest.mark.parametrize(
    "names",
    [
        ("Master.csv.2.gz", "Master.csv.1"),
        ("Master.csv-20261121.gz", "Master.csv-20261122"),
        ("Master-20261121.csv", "Master-20261122.csv.gz"),
    ],
)
@pytest.mark.parametrize("is_there", [True, False])
async def test_a_file_that_logrotate_has_turned_is_read_with_what_was_before_it(
    names: tuple[str, str], is_there: bool, tmp_path: Path
) -> None:
    """At midnight, say: before the first call of the day there is no new file."""
    rows, path = all_rows(), tmp_path / "Master.csv"
    url, third = in_csv(path, rows), len(rows) // 3
    lines = path.read_bytes().splitlines(keepends=True)
    parts = (lines[:third], lines[third : 2 * third], lines[2 * third :])
    for n, name in enumerate(names):
        turned(path, name, b"".join(parts[n]), rows[(n + 1) * third - 1].at)
    (tmp_path / "Master.csv.bak").write_bytes(b"".join(lines))
    path.write_bytes(b"".join(parts[2]))
    if not is_there:
        path.unlink()
    expected = rows if is_there else rows[: 2 * third]
    assert await read(url) == expected
    assert await read(url, since=rows[0].at) == expected
    source = open_cel(url, "UTC")
    looked = await source.probe()
    assert (looked.oldest_at, looked.newest_at) == (rows[0].at, expected[-1].at)


async def test_only_what_logrotate_left_of_the_wanted_time_is_read(tmp_path: Path) -> None:
    rows, path = all_rows(), tmp_path / "Master.csv"
    url = in_csv(path, rows)
    long_ago = rows[0].at - timedelta(days=30)
    turned(path, "Master.csv.9.gz", b"not packed at all", long_ago).write_bytes(b"no gzip")
    assert await read(url, since=rows[0].at) == rows


async def test_a_copy_beside_the_file_doubles_no_row(tmp_path: Path) -> None:
    """logrotate's copytruncate and its packing have both for a moment; somebody's copy stays."""
    rows, path = all_rows(), tmp_path / "Master.csv"
    url = in_csv(path, rows)
    written = path.read_bytes()
    for name in ("Master.csv.1", "Master.csv.1.gz", "Master.csv-20261101"):
        turned(path, name, written[: len(written) // 2], rows[-1].at)
    assert await read(url) == rows


async def test_a_file_that_is_turned_or_emptied_while_it_is_read_loses_no_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Either the rows come all the same, or the reading is refused, and tried again later."""
    monkeypatch.setattr(files, "BATCH", 5)
    rows, path = all_rows(), tmp_path / "Master.csv"
    many = [replaced(row, row.at + timedelta(hours=n)) for n in range(40) for row in rows]
    url = in_csv(path, many)
    reading = aiter(open_cel(url, "UTC").rows())
    first = await anext(reading)
    path.rename(tmp_path / "Master.csv.1")
    in_csv(path, rows[:1])
    assert [first, *[row async for row in reading]] == many
    (tmp_path / "Master.csv.1").unlink()
    in_csv(path, many)
    reading = aiter(open_cel(url, "UTC").rows())
    await anext(reading)
    with path.open("r+b") as file:
        file.truncate()
    with pytest.raises(SourceRefused, match="unreadable"):
        _ = [row async for row in reading]


@pytest.mark.postgres
async def test_a_server_that_goes_in_the_middle_is_a_log_that_cannot_be_read(
    postgres_cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused, it is asked again later: what was read before is no harm."""
    monkeypatch.setattr(servers, "BATCH", 2)
    url = in_postgres(postgres_cluster, all_rows()[:8])
    reading = aiter(open_cel(url, "UTC").rows())
    await anext(reading)
    name = url.rpartition("/")[2]
    postgres_cluster.sql(
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    )
    with pytest.raises(SourceRefused, match="unreadable"):
        _ = [row async for row in reading]


REFUSED: list[tuple[str, str, dict[str, Any]]] = [
    ("mysql://user:word@host/asteriskcdrdb", "scheme", {"scheme": "mysql"}),
    ("nonsense", "scheme", {"scheme": "nonsense"}),
    ("sqlite:////no/such/file.db", "no_file", {}),
    ("csv:///no/such/file.csv", "no_file", {}),
    ("sqlite:////tmp/x.db?table=cel;DROP", "no_table", {}),
    ("postgresql://nobody:word@127.0.0.1:1/none", "unreachable", {}),
]


@pytest.mark.parametrize(("url", "code", "values"), REFUSED)
async def test_a_log_that_cannot_be_read_says_why(
    url: str, code: str, values: dict[str, Any]
) -> None:
    with pytest.raises(SourceRefused) as refused:
        await open_cel(url).probe()
    assert refused.value.code == code
    assert values.items() <= refused.value.values.items()
    assert "word" not in str(refused.value)


async def test_a_file_that_is_no_database_or_has_no_such_table_says_so(tmp_path: Path) -> None:
    (tmp_path / "garbage.db").write_bytes(b"not a database at all, whatever its name" * 50)
    with pytest.raises(SourceRefused) as refused:
        await open_cel(f"sqlite:///{tmp_path / 'garbage.db'}").probe()
    assert refused.value.code == "unreadable"
    url = in_sqlite(tmp_path / "master.db", all_rows())
    with pytest.raises(SourceRefused) as refused:
        await open_cdr(url).probe()
    assert refused.value.code == "no_table"
    with pytest.raises(SourceRefused) as refused:
        await open_cdr(f"{url}?table=cel").probe()
    assert refused.value.code == "columns"
    assert "src" in refused.value.values["missing"]


async def test_a_log_that_is_being_written_is_read_all_the_same(tmp_path: Path) -> None:
    url = in_sqlite(tmp_path / "master.db", all_rows())
    with closing(sqlite3.connect(tmp_path / "master.db")) as writing:
        writing.execute("BEGIN IMMEDIATE")
        writing.execute("INSERT INTO cel (eventtype) VALUES ('ANSWER')")
        assert len(await read(url)) == len(all_rows())
        writing.rollback()


async def test_reading_never_keeps_asterisk_from_writing(tmp_path: Path) -> None:
    """It tries for a millisecond, and then drops the row."""
    path = tmp_path / "master.db"
    rows = all_rows() * 60
    url = in_sqlite(path, rows)
    written: list[int] = []
    done = asyncio.Event()

    def write() -> None:
        with closing(sqlite3.connect(path, timeout=0)) as asterisk:
            while not done.is_set() or len(written) < 50:
                asterisk.execute("INSERT INTO cel (eventtype) VALUES ('ANSWER')")
                asterisk.commit()
                written.append(1)

    writing = asyncio.create_task(asyncio.to_thread(write))
    try:
        for _ in range(5):
            assert len(await read(url)) == len(rows)
    finally:
        done.set()
    await writing  # sqlite3.OperationalError: database is locked, if any reader was in its way
    assert len(written) >= 50


async def test_a_log_whose_writers_do_not_mind_readers_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "master.db"
    url = in_sqlite(path, all_rows())
    with closing(sqlite3.connect(path)) as asterisk:
        asterisk.execute("PRAGMA journal_mode = WAL")
        asterisk.execute("PRAGMA wal_autocheckpoint = 0")
        asterisk.execute(
            "INSERT INTO cel (eventtype, eventtime, uniqueid, linkedid) VALUES (?, ?, ?, ?)",
            ("ANSWER", "2026-11-22 12:00:00.000000", "9.9", "9.9"),
        )
        asterisk.commit()
        assert (await read(url))[-1].uniqueid == "9.9"


async def test_bills_are_read_as_asterisk_s_sample_writes_them(tmp_path: Path) -> None:
    path = tmp_path / "Master.csv"
    path.write_text(
        '"","79161234567","101","office","""Иван"" <79161234567>","PJSIP/provider-00000000",'
        '"PJSIP/101-00000001","Dial","PJSIP/101,4","2026-11-22 08:00:00","2026-11-22 08:00:05",'
        '"2026-11-22 08:00:25",25,20,"ANSWERED","DOCUMENTATION","1795334810.0","",'
        '"","1795334810.0","0"\n'
    )
    (row,) = [row async for row in open_cdr(f"csv://{path}", "UTC").rows()]
    assert (row.source, row.destination, row.name) == ("79161234567", "101", "Иван")
    assert (row.ended_at - row.started_at, row.linkedid) == (timedelta(seconds=25), "1795334810.0")


def test_an_address_is_shown_without_its_password() -> None:
    assert shown("postgresql://asterisk:secret@db.example/cdr?table=cel") == (
        "postgresql://asterisk:***@db.example/cdr?table=cel"
    )
    assert shown("sqlite:////var/log/asterisk/master.db") == "sqlite:////var/log/asterisk/master.db"
