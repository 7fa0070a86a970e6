"""The database under fire while people call: health says what is wrong, pages say it to people, and
when it is over everything is in the log, without a restart."""

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager, closing
from pathlib import Path
from unittest.mock import patch

import pytest
from yarl import URL

import crm_core.intake
import crm_core.storage.connecting
import crm_core.storage.sole
import telephony.ami
import telephony.flight.recorder
from tests.cast import PASSWORD
from tests.journeys.crowd import crowd
from tests.journeys.disk import BALLAST, SmallDisk, small_disk
from tests.journeys.fire import OfficeUnderFire, furnished, impatient, turns
from tests.journeys.office import until
from tests.journeys.running import Service, command, own_exchange, service_environment
from tests.lab.asterisk import LabAsterisk
from tests.lab.needs import had
from tests.lab.postgres import Server, own_server
from tests.lab.processes import free_port
from tests.web.browsing import Visitor

pytestmark = [pytest.mark.lab]
LOCK = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
held.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
held.execute("COMMIT")
"""


@pytest.fixture(scope="module")
def exchange() -> Iterator[LabAsterisk]:
    """An exchange of this file's own, with no phone signed in."""
    with own_exchange() as found:
        yield found


class StoredOffice(OfficeUnderFire):
    """An office that people look at while its database is in trouble."""

    async def is_green(self) -> bool:
        """All is well again, also of late."""
        told = await self.health()
        parts = {name: part["code"] for name, part in told["parts"].items()}
        lights = {part["status"] for name, part in told["parts"].items() if name != "service"}
        return lights == {"green"} and parts["service"] in ("serving", "loop_stalled")

    async def until_green(self) -> None:
        await until(self.is_green, "all is green", patience_seconds=20)

    @asynccontextmanager
    async def visitor(self) -> AsyncIterator[Visitor]:
        """Vera's browser; she has logged in."""
        async with Visitor(URL(f"http://127.0.0.1:{self.port}")) as vera:
            answer = await vera.post("/login", {"login": "vera", "password": PASSWORD})
            assert answer.status == 200, answer.words
            yield vera

    async def nobody_left(self) -> None:
        """Return when the line is quiet; whom a slow machine left on it is hung up."""
        try:
            await until(self._is_quiet, "all have hung up", patience_seconds=5)
        except TimeoutError:
            await asyncio.to_thread(self.exchange.cli, "channel request hangup all")
            await self.until_quiet()

    async def ends_well(self) -> None:
        """Nobody calls any more: all is logged as it was billed, and nothing is wrong."""
        await self.nobody_left()
        found = await self.settled()
        assert found.disagreements() == [], complaints(self.exchange)
        assert set(found.billed.values()) == {"answered", "busy", "missed"}
        await self.until_her_state_is_right()
        await self.until_green()


def office_at(
    exchange: LabAsterisk, url: str, folder: Path
) -> AbstractAsyncContextManager[StoredOffice]:
    """A furnished office with its database at `url`, which writes its log into `folder`."""
    return furnished(StoredOffice, exchange, url, folder)


@asynccontextmanager
async def held_by_another(database: Path) -> AsyncIterator[None]:
    """Another process is in the middle of a write for as long as the block."""
    holder = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", LOCK, str(database)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    try:
        assert await holder.stdout.readline() == b"held\n"
        yield
    finally:
        holder.stdin.close()
        await holder.wait()


def sqlite_of(folder: Path) -> str:
    return f"sqlite:///{folder / 'perezvon.db'}"


# --- held by another process ----------------------------------------------------------------------


def soon_tired() -> None:
    """For `become`: a held database is given up after 4 s, so that both are seen in 15 s: a write
    that waits, and one that is refused."""
    patch.object(crm_core.storage.connecting, "BUSY_SECONDS", 4).start()


async def test_a_database_held_by_another_for_fifteen_seconds_costs_no_call(
    exchange: LabAsterisk, tmp_path: Path
) -> None:
    async with (
        office_at(exchange, sqlite_of(tmp_path), tmp_path) as office,
        office.service(become=soon_tired),
        office.visitor() as vera,
    ):
        with crowd(exchange):
            async with held_by_another(tmp_path / "perezvon.db"):
                held = asyncio.create_task(asyncio.sleep(15))
                await office.until_said("journal", "journal_waits", patience_seconds=5)
                told = await office.told("journal")
                assert told["status"] == "red"
                assert "They are written when it is back." in told["sentence"]
                assert (await vera.get("/calls")).status == 200
                sent = await vera.post("/login", {"login": "anna", "password": PASSWORD})
                assert sent.status == 503
                assert "The database does not answer just now." in sent.words
                assert await office.says("journal", "journal_waits")
                await held
        await office.ends_well()
    assert_log_is_calm(office.log)


# --- a disk that is full --------------------------------------------------------------------------


def soon_recording() -> None:
    """For `become`: the flight recorder tries again after 2 s instead of 15."""
    patch.object(telephony.flight.recorder, "RETRY_FLUSHES", 2).start()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", megabytes=160) as mounted:
        yield mounted


async def test_a_disk_that_is_full_and_freed_again_costs_no_call(
    exchange: LabAsterisk, disk: SmallDisk
) -> None:
    """Database, flight recorder and log are all on it."""
    folder, elsewhere = disk.folder, disk.folder.parent
    async with (
        office_at(exchange, sqlite_of(folder), folder) as office,
        office.service(become=soon_recording) as service,
        office.visitor() as vera,
    ):
        await office.until_said("disk", "disk_room")
        await office.until_said("flight", "flight_records")
        with crowd(exchange):
            await office.until_billed(1)  # calls come and go: there is something to write
            await until(lambda: has_no_journal(folder), "all is in the database file itself")

            async def is_full_and_told() -> bool:
                disk.fill()  # what the recorder gives back, and what was written in between, too
                return await office.says("journal", "journal_waits")

            what = "the journal waits for a disk that stays full"
            await until(is_full_and_told, what, patience_seconds=40)
            await office.until_said("disk", "disk_full")
            await office.until_said("flight", "flight_disk_full")
            kept = size_of(folder)
            before = processor_seconds(service)
            disk.fill()
            code, said = await beside(office, elsewhere, "backup", str(folder / "copy"))
            assert (code, "the disk is full" in said) == (2, True), said
            assert not list(folder.glob("*copy*"))
            assert (await vera.get("/calls")).status == 200
            sent = await vera.post("/login", {"login": "anna", "password": PASSWORD})
            assert (sent.status, "does not answer" in sent.words) == (503, True), sent.words
            await turns(3)
            assert processor_seconds(service) - before < 3
            assert size_of(folder) <= kept + ROUNDING
            assert await office.says("journal", "journal_waits")
            disk.make_room()
            await office.until_said("journal", "well")
            await office.until_said("flight", "flight_records")
            await turns(1)
        await office.ends_well()
    assert_log_is_calm(office.log)


# --- PostgreSQL that goes and comes ---------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[Server]:
    """A PostgreSQL of the test's own, whose commits outlive it."""
    with had(own_server(synchronous_commit="on")) as found:
        yield found


def soon_back() -> None:
    """For `become`: its place at the database is looked after every second."""
    patch.object(crm_core.storage.sole, "WATCH_SECONDS", 1.0).start()


@pytest.mark.postgres
async def test_a_server_that_is_stopped_and_killed_and_comes_back_costs_no_call(
    exchange: LabAsterisk, server: Server, tmp_path: Path
) -> None:
    """In the last outage the service is killed too: what it kept in memory is read from the
    exchange's own log."""
    url = server.cluster.url(server.cluster.create())
    with ExitStack() as people:
        async with office_at(exchange, url, tmp_path) as office:
            async with office.service(become=soon_back) as service, office.visitor() as vera:
                people.enter_context(crowd(exchange))
                for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
                    await asyncio.to_thread(server.stop, how)
                    await office.until_said("database", "database_away")
                    await office.until_said("journal", "journal_waits")
                    refused = await vera.get("/calls")
                    assert refused.status == 503
                    assert "The database does not answer just now." in refused.words
                    await asyncio.to_thread(server.start)
                    await office.until_said("journal", "well")
                    await office.until_said("service", "serving")
                    assert (await vera.get("/calls")).status == 200
                await asyncio.to_thread(server.stop)
                await until(lambda: keeps_facts(office), "it keeps facts in memory")
                service.send_signal(signal.SIGKILL)
                await service.wait()
            await asyncio.to_thread(server.start)
            async with office.service(become=soon_back):
                await office.until_said("catch_up", "caught_up")
                people.close()
                await office.ends_well()
    assert_log_is_calm(office.log, 300)


async def keeps_facts(office: StoredOffice) -> bool:
    told = await office.told("journal")
    return bool(told["code"] == "journal_waits" and told["values"]["waiting"] > 10)


# --- more than can be kept ------------------------------------------------------------------------

KEPT_FACTS, KEPT_MESSAGES = 40, 400


def forgetful() -> None:
    """For `become`: this process keeps hundreds of facts and messages, where it would tens of
    thousands, and comes back at once to an exchange that it could not follow."""
    impatient()
    assert crm_core.intake.Intake.__init__.__kwdefaults__
    assert telephony.ami.AmiClient.__init__.__kwdefaults__
    crm_core.intake.Intake.__init__.__kwdefaults__["waiting"] = KEPT_FACTS
    telephony.ami.AmiClient.__init__.__kwdefaults__["backlog_limit"] = KEPT_MESSAGES


async def test_more_than_can_be_kept_is_given_up_on_purpose_and_read_from_the_exchange_s_log(
    exchange: LabAsterisk, tmp_path: Path
) -> None:
    async with (
        office_at(exchange, sqlite_of(tmp_path), tmp_path) as office,
        office.service(become=forgetful) as service,
    ):
        with crowd(exchange, a_second=6):
            memory = resident_megabytes(service)
            async with held_by_another(tmp_path / "perezvon.db"):
                most = {"journal": 0.0, "link": 0.0}

                async def has_given_up() -> bool:
                    told = await numbers(office)
                    for at in most:
                        most[at] = max(most[at], told[f'perezvon_waiting{{at="{at}"}}'])
                    return told.get(FELL_BEHIND, 0) >= 2

                await until(has_given_up, "the link is given up, twice", patience_seconds=30)
                assert await office.says("journal", "journal_waits")
            assert KEPT_FACTS <= most["journal"] <= 2 * KEPT_FACTS
            assert most["link"] <= KEPT_MESSAGES
            assert resident_megabytes(service) - memory < 40
            await office.until_said("journal", "well")
        await office.ends_well()
    said = office.log.read_text("utf-8", "replace")
    assert f"more than {KEPT_MESSAGES} AMI messages unread: the link is made anew" in said
    assert_log_is_calm(office.log, 300)


FELL_BEHIND = 'perezvon_exchange_link_ends_total{reason="fell_behind"}'


async def numbers(office: StoredOffice) -> dict[str, float]:
    """What /metrics says."""
    async with Visitor(URL(f"http://127.0.0.1:{office.port}")) as machine:
        lines = (await machine.get("/metrics")).text.splitlines()
    told = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {name: float(value) for name, _, value in told}


def resident_megabytes(service: Service) -> float:
    told = Path(f"/proc/{service.process.pid}/status").read_text()
    return int(told.partition("VmRSS:")[2].split()[0]) / 1024


# --- two services ---------------------------------------------------------------------------------


async def test_of_two_services_at_one_database_one_works_and_the_other_says_so(
    exchange: LabAsterisk, tmp_path: Path
) -> None:
    """With a database of its own the second sees the same calls; when the first is killed, another
    has its place at once."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    theirs.mkdir()
    with ExitStack() as people:
        async with (
            office_at(exchange, sqlite_of(ours), ours) as office,
            office_at(exchange, sqlite_of(theirs), theirs) as other,
            other.service(),
        ):
            async with office.service() as first:
                people.enter_context(crowd(exchange))
                code, said = await beside(office, tmp_path, "run")
                assert (code, said.count("\n")) == (2, 1), said
                assert "Another Perezvon serves this database already" in said
                assert f"process {first.process.pid} on " in said
                assert await office.is_green()
                first.send_signal(signal.SIGKILL)
                await first.wait()
            async with office.service():
                await office.until_said("catch_up", "caught_up")
                people.close()
                await office.ends_well()
                await other.ends_well()


# --- what is looked at ----------------------------------------------------------------------------


def complaints(exchange: LabAsterisk) -> list[str]:
    """What the exchange itself found wrong: a bill that it could not write is nobody's else."""
    return [line for line in exchange.log().splitlines() if "sqlite" in line][-20:]


def assert_log_is_calm(log: Path, most_lines: int = 150) -> None:
    """No traceback and no flood."""
    said = log.read_text("utf-8", "replace")
    assert "Traceback" not in said, said[-3000:]
    assert '"exception"' not in said, said[-3000:]
    assert said.count("\n") < most_lines, said[-3000:]


ROUNDING = 64 * 1024


def size_of(folder: Path) -> int:
    """Bytes of all that lies in it but the ballast."""
    return sum(f.stat().st_size for f in folder.rglob("*") if f.is_file() and f.name != BALLAST)


def has_no_journal(folder: Path) -> bool:
    """Whether SQLite's journal beside the database could be emptied: what is written from now on
    needs room."""
    with closing(sqlite3.connect(folder / "perezvon.db", timeout=1)) as database:
        (busy, _, _) = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def processor_seconds(service: Service) -> float:
    """How much of a processor it has used so far."""
    told = Path(f"/proc/{service.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


async def beside(office: StoredOffice, folder: Path, *words: str) -> tuple[int, str]:
    """Exit code and words of `perezvon …` with the office's settings but another port."""
    settings = service_environment(office.exchange, office.database, free_port())
    return await asyncio.to_thread(command, folder, *words, **settings)
