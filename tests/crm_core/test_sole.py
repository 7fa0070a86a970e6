"""One service at a database: the second hears who has it; the system gives the place back."""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from crm_core.clock import SystemClock
from crm_core.storage.connecting import parse_url
from crm_core.storage.sole import AnotherServes, SoleService
from tests.lab.postgres import Cluster

PATIENCE_SECONDS = 20
SECOND = """
import asyncio, sys
from crm_core.clock import SystemClock
from crm_core.storage.connecting import parse_url
from crm_core.storage.sole import SoleService

async def hold():
    await SoleService.at(parse_url(sys.argv[1]), SystemClock()).take()
    print("held", flush=True)
    await asyncio.Event().wait()

asyncio.run(hold())
"""


def place(url: str) -> SoleService:
    return SoleService.at(parse_url(url), SystemClock())


async def until(fact: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not fact():  # noqa: ASYNC110 - it comes from a task's world
            await asyncio.sleep(0.02)


async def test_the_second_hears_who_was_first_and_comes_in_when_he_has_gone(
    empty_url: str,
) -> None:
    first, second = place(empty_url), place(empty_url)
    await first.take()
    with pytest.raises(AnotherServes) as refused:
        await second.take(patience_seconds=0)
    assert refused.value.values["pid"] == str(os.getpid())
    assert refused.value.values["host"]
    await first.release()
    await second.take(patience_seconds=0)
    await second.release()


async def test_whoever_starts_while_the_other_leaves_waits_a_moment(empty_url: str) -> None:
    first, second = place(empty_url), place(empty_url)
    await first.take()
    taking = asyncio.create_task(second.take())
    await asyncio.sleep(0)
    await first.release()
    await taking
    await second.release()


async def test_a_holder_that_is_killed_leaves_the_place(empty_url: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        SECOND,
        empty_url,
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"held\n"
        with pytest.raises(AnotherServes) as refused:
            await place(empty_url).take(patience_seconds=0)
        assert refused.value.values["pid"] == str(process.pid)
        process.kill()
        await process.wait()
        after = place(empty_url)
        await after.take()
        await after.release()
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def test_the_lock_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    async def hold() -> None:
        held = place(f"sqlite:///{tmp_path / 'perezvon.db'}")
        await held.take()
        await held.release()

    asyncio.run(hold())
    assert (tmp_path / "perezvon.db.lock").stat().st_mode & 0o077 == 0
    assert not (tmp_path / "perezvon.db").exists()


_SERVING = "application_name LIKE 'perezvon serving%' AND datname = current_database()"
_CUT = f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE {_SERVING}"


@pytest.mark.postgres
class TestOnAServer:
    @pytest.fixture
    def database(self, postgres_cluster: Cluster, postgres_url: str) -> str:
        return postgres_url.rpartition("/")[2]

    @pytest.fixture(autouse=True)
    def _attentive(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("crm_core.storage.sole.WATCH_SECONDS", 0.1)
        monkeypatch.setattr("crm_core.storage.sole.PATIENCE_SECONDS", 0.0)

    async def test_a_session_that_was_cut_is_noticed_and_the_place_taken_again(
        self, postgres_cluster: Cluster, postgres_url: str, database: str
    ) -> None:
        held = place(postgres_url)
        await held.take()
        watching = asyncio.create_task(held.watch())
        try:
            with capture_logs() as logged:  # it may be lost for less than a look takes
                cut = await asyncio.to_thread(postgres_cluster.sql, _CUT, database)
                assert cut == "1"
                await until(lambda: "place_regained" in [line["event"] for line in logged])
            assert [line["event"] for line in logged] == ["place_lost", "place_regained"]
            assert held.lost_since is None
            with pytest.raises(AnotherServes):
                await place(postgres_url).take(patience_seconds=0)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            await held.release()

    async def test_who_lost_it_to_another_has_to_go(
        self, postgres_cluster: Cluster, postgres_url: str, database: str
    ) -> None:
        held, rival = place(postgres_url), place(postgres_url)
        await held.take()
        await asyncio.to_thread(postgres_cluster.sql, _CUT, database)
        await rival.take(patience_seconds=0)
        async with asyncio.timeout(PATIENCE_SECONDS):
            with pytest.raises(AnotherServes):
                await held.watch()
        await held.release()
        await rival.release()

    async def test_a_session_that_only_the_server_believes_in_is_ended(
        self, postgres_url: str
    ) -> None:
        """The link was cut without a word: the server still has our former session."""
        held = place(postgres_url)
        await held.take()
        former = held._place._session  # type: ignore[attr-defined]
        held._place._session = None  # type: ignore[attr-defined]
        await held.take(patience_seconds=10)
        await held.release()
        await former.invalidate()
        await former.close()
