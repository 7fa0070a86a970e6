"""Start and stop of the whole product, beside a simulated exchange over real sockets."""

import asyncio
import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from crm_core.clock import SystemClock
from crm_core.storage.sole import AnotherServes
from telephony.events import ExchangeLost
from telephony.settings import TelephonySettings
from telephony.simulator import (
    SALES_NUMBER,
    Credentials,
    PhonePlan,
    SimulatedExchange,
    office,
)
from web.lifecycle import PortRefused, Started, serve
from web.settings import DatabaseSettings, HttpSettings, Settings
from web.wiring import Services, build

PHONES = (PhonePlan("101"), PhonePlan("102"))
CLOCK = SystemClock()


def _exchange() -> SimulatedExchange:
    """Phone 101 answers after some seconds; nobody calls unless told to."""
    plan = office(PHONES, static_members=("PJSIP/101",))
    return SimulatedExchange(
        plan, credentials=Credentials("perezvon", "x"), now=CLOCK.now, sleep=CLOCK.sleep
    )


def _settings(tmp_path: Path, exchange_port: int) -> Settings:
    return Settings(
        exchange=TelephonySettings(port=exchange_port, secret="x"),
        database=DatabaseSettings(f"sqlite:///{tmp_path / 'deep' / 'perezvon.db'}"),
        http=HttpSettings(port=0),
    )


async def _until(fact: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not fact():  # noqa: ASYNC110 - it comes from another task's world
            await asyncio.sleep(0.02)


class _Running:
    """The product in a task of its own, until the block ends."""

    def __init__(self, built: Services) -> None:
        self.built = built
        self.url = ""
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "_Running":
        started: asyncio.Future[Started] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(serve(self.built, self._stop, started.set_result))
        either: set[asyncio.Future[Any]] = {started, self._task}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            self._task.result()
        self.url = started.result().url
        return self

    @property
    def is_over(self) -> bool:
        return self._task is not None and self._task.done()

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        assert self._task is not None
        async with asyncio.timeout(20):
            await self._task


async def test_a_call_on_the_exchange_is_in_the_log_when_the_product_stops(
    tmp_path: Path,
) -> None:
    async with _exchange() as exchange:
        built = build(_settings(tmp_path, exchange.port), CLOCK)
        async with _Running(built) as running:
            await _until(lambda: built.exchange.connected)
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"{running.url}/healthz") as answer,
            ):
                assert answer.status == 200
                parts = json.loads(await answer.text())["parts"]
                lights = {parts[name]["status"] for name in ("exchange", "journal", "database")}
                assert lights == {"green"}
            exchange.ring(number="79161234567", dialled=SALES_NUMBER, name="Ivan")
            # Stopped at once: what was heard is still written down.
            await _until(lambda: any(built.catch_up.live()))
    assert _calls(tmp_path) == 1


async def test_the_exchange_may_come_after_the_product(tmp_path: Path) -> None:
    exchange = _exchange()
    port = await exchange.start()
    await exchange.close()
    built = build(_settings(tmp_path, port), CLOCK)
    async with _Running(built) as running:
        await _until(lambda: built.exchange.is_down)
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{running.url}/login", headers={"Accept-Language": "ru"}) as page,
        ):
            assert "Нет связи со станцией: по её адресу никто не отвечает" in await page.text()
        late = SimulatedExchange(
            office(PHONES),
            credentials=Credentials("perezvon", "x"),
            now=CLOCK.now,
            sleep=CLOCK.sleep,
            port=port,
        )
        async with late:
            await _until(lambda: built.exchange.connected)


async def test_a_port_that_is_taken_is_noticed_before_anything_is_touched(
    tmp_path: Path,
) -> None:
    settings = _settings(tmp_path, 1)
    async with _Running(build(settings, CLOCK)) as running:
        port = int(running.url.rpartition(":")[2])
        second = replace(
            settings,
            http=HttpSettings(port=port),
            database=DatabaseSettings(f"sqlite:///{tmp_path / 'other' / 'perezvon.db'}"),
        )
        with pytest.raises(PortRefused) as refused:
            async with _Running(build(second, CLOCK)):
                pass
        assert refused.value.is_taken
    assert not (tmp_path / "other").exists()


async def test_a_second_service_at_one_database_says_so_and_the_first_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm_core.storage.sole.PATIENCE_SECONDS", 0.1)
    settings = _settings(tmp_path, 1)
    async with _Running(build(settings, CLOCK)) as running:
        with pytest.raises(AnotherServes):
            async with _Running(build(settings, CLOCK)):
                pass
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{running.url}/login") as page,
        ):
            assert page.status == 200
    async with _Running(build(settings, CLOCK)):
        pass  # the place is free again


async def test_a_service_whose_place_was_taken_by_another_goes_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = asyncio.Event()

    async def watch(_: object) -> None:
        await lost.wait()
        raise AnotherServes(pid="7", host="elsewhere")

    monkeypatch.setattr("crm_core.storage.sole.SoleService.watch", watch)
    built = build(_settings(tmp_path, 1), CLOCK)
    running = _Running(built)
    await running.__aenter__()
    await built.intake.take(ExchangeLost(at=CLOCK.now(), reason="silent"))
    lost.set()
    await _until(lambda: running.is_over)
    with pytest.raises(ExceptionGroup) as ended:
        await running.__aexit__()
    assert ended.group_contains(AnotherServes)


async def test_a_part_that_fails_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.lifecycle.RESTART_SECONDS", 0.01)
    attempts = 0
    built = build(_settings(tmp_path, 1), CLOCK)

    async def fail() -> None:
        nonlocal attempts
        attempts += 1
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(type(built.escalation), "run", lambda _: fail())
    async with _Running(built):
        await _until(lambda: attempts >= 3)
        assert built.vigil.failures["escalation"] >= 3


def _calls(tmp_path: Path) -> int:
    with sqlite3.connect(f"{(tmp_path / 'deep' / 'perezvon.db').as_uri()}?mode=ro", uri=True) as db:
        (count,) = db.execute("SELECT count(*) FROM calls").fetchone()
    db.close()
    return int(count)
