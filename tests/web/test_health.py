"""Health: a light and a sentence for each part, over HTTP and on the administrator's page."""

import json
import re
from collections import namedtuple
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from crm_core.bus import Bus
from crm_core.clock import ManualClock
from crm_core.intake import IntakeHealth
from telephony.ear import Deafness
from telephony.events import ExchangeConnected, ExchangeLost
from tests.web.browsing import Visitor
from tests.web.conftest import ClientAs, Office
from web.health import Health, Light, green, red, worst, yellow
from web.health_checks import of_disk, of_listeners
from web.health_sentences import FINDINGS, LIGHTS, said
from web.i18n import Reader
from web.settings import OfficeSettings, Settings
from web.vigil import EVERY_SECONDS, LATELY_SECONDS, Vigil

MB = 1_000_000
Disk = namedtuple("Disk", "total used free")


@pytest.fixture
def settings() -> Settings:
    return Settings(office=OfficeSettings(time_zone="Europe/Moscow"))


async def healthz(visitor: Visitor, language: str = "en") -> tuple[int, dict[str, Any]]:
    headers = {"Accept-Language": language}
    async with visitor.session.get("/healthz", headers=headers) as answer:
        return answer.status, json.loads(await answer.text())


async def test_an_exchange_that_is_away_makes_the_whole_red_and_says_since_when(
    office: Office, client_as: ClientAs
) -> None:
    exchange, guest = office.services.exchange, await client_as()
    status, told = await healthz(guest)
    assert (status, told["status"], told["parts"]["exchange"]["status"]) == (
        200,
        "yellow",
        "yellow",
    )

    at = office.clock.now()
    await exchange.on_exchange_lost(ExchangeLost(at=at, reason="unreachable"))
    status, told = await healthz(guest)
    assert (status, told["status"]) == (503, "red")
    sentence = "No link to the exchange since 12:00: nothing answers at its address."
    assert told["parts"]["exchange"]["sentence"] == sentence  # Moscow, as the office has it
    assert told["parts"]["exchange"]["values"]["since"] == at.isoformat()
    assert told["parts"]["database"]["status"] == "green"
    _, told = await healthz(guest, "ru-RU,ru;q=0.9")
    assert told["parts"]["exchange"]["sentence"] == (
        "Нет связи со станцией (12:00): по её адресу никто не отвечает."
    )
    assert told["sentence"] == "Что-то не работает."

    await exchange.on_exchange_connected(
        ExchangeConnected(at=at, version="22.10.1", simulated=False)
    )
    status, told = await healthz(guest)
    assert (status, told["status"]) == (200, "yellow")
    # This office has named no log of the exchange to catch up from: all the rest is well.
    yellow = [name for name, part in told["parts"].items() if part["status"] != "green"]
    assert yellow == ["catch_up"]


@pytest.mark.parametrize("login", ["", "dina"])
async def test_with_the_database_out_of_reach_watchers_are_answered_with_a_cookie_or_without(
    login: str, office: Office, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def cut(*_: object) -> None:
        raise OperationalError("SELECT", {}, ConnectionRefusedError())

    visitor = await client_as(login)
    sheet = next(link for link in (await visitor.get("/login")).links if link.endswith(".css"))
    monkeypatch.setattr(type(office.services.sessions), "find", cut)
    monkeypatch.setattr(type(office.services.storage), "answers", cut)
    status, told = await healthz(visitor)
    assert (status, told["status"]) == (503, "red")
    assert told["parts"]["database"]["code"] == "database_away"
    assert "perezvon_exchange_up" in (await visitor.get("/metrics")).text
    assert (await visitor.get(sheet)).status == 200


async def test_a_journal_that_waits_says_how_much_it_keeps(
    office: Office, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = IntakeHealth(1204, "OperationalError", office.clock.now())
    monkeypatch.setattr(type(office.services.intake), "health", now)
    status, told = await healthz(await client_as())
    assert status == 503
    assert told["parts"]["journal"]["sentence"] == (
        "The call log waits for the database since 12:00; facts kept in memory: 1,204. "
        "They are written when it is back."
    )


async def test_a_link_that_lags_is_yellow_both_ways(office: Office, client_as: ClientAs) -> None:
    guest, ami = await client_as(), office.services.ami
    await office.services.exchange.on_exchange_connected(
        ExchangeConnected(at=office.clock.now(), version="22", simulated=False)
    )
    for lag, code in ((7.0, "link_lags"), (-3600.0, "link_ahead"), (0.5, "connected")):
        ami.lag_seconds = lag
        _, told = await healthz(guest)
        assert told["parts"]["exchange"]["code"] == code


@pytest.mark.parametrize(("deafness", "light"), [*zip(Deafness, ("yellow", "red"), strict=True)])
async def test_an_exchange_that_answers_but_does_not_tell_says_which_line_to_mend(
    office: Office,
    client_as: ClientAs,
    monkeypatch: pytest.MonkeyPatch,
    deafness: Deafness,
    light: str,
) -> None:
    at = office.clock.now()
    await office.services.exchange.on_exchange_connected(
        ExchangeConnected(at=at, version="22", simulated=False)
    )
    monkeypatch.setattr(type(office.services.ami), "deafness", deafness)
    part = (await healthz(await client_as()))[1]["parts"]["exchange"]
    assert (part["code"], part["status"]) == (deafness.value, light)
    assert "line read of our account in manager.conf" in part["sentence"]
    assert part["values"]["since"] == at.isoformat()


async def test_the_administrator_sees_the_same_on_a_page_and_others_do_not(
    office: Office, client_as: ClientAs
) -> None:
    at = office.clock.now()
    await office.services.exchange.on_exchange_lost(ExchangeLost(at=at, reason="login_refused"))
    dina = await client_as("dina")
    page = await dina.get("/admin/system")
    assert "No link to the exchange since 9:00" in page.words.replace("09:00", "9:00")
    assert "Something does not work." in page.words
    part = await dina.get("/admin/system/parts")
    assert 'id="parts"' in part.text
    assert "<html" not in part.text
    anna = await client_as("anna")
    assert (await anna.get("/admin/system")).status == 403


async def test_a_part_of_another_kind_joins_with_one_line(
    office: Office, client_as: ClientAs
) -> None:
    async def check() -> Any:
        return yellow("link_backlog", waiting=12345)

    office.services.health.watch("catch_up", check)
    _, told = await healthz(await client_as())
    assert told["parts"]["catch_up"]["sentence"].endswith("12,345.")


async def test_a_part_that_fails_or_hangs_is_red_and_hides_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("web.health.PATIENCE_SECONDS", 0.01)
    health, clock = Health(), ManualClock()

    async def fail() -> Any:
        raise RuntimeError("a fault of ours")

    async def hang() -> Any:
        await clock.sleep(60)

    async def well() -> Any:
        return green()

    for name, check in (("a", fail), ("b", hang), ("c", well)):
        health.watch(name, check)
    found = await health.findings()
    assert [finding.code for finding in found.values()] == ["failing", "silent", "well"]
    assert worst(found.values()) is Light.RED
    assert worst([green(), yellow("well"), green()]) is Light.YELLOW
    assert worst([]) is Light.GREEN
    assert worst([red("well"), yellow("well")]) is Light.RED


@pytest.mark.parametrize(
    ("free", "total", "light"),
    [
        (50 * MB, 500_000 * MB, Light.RED),
        (900 * MB, 500_000 * MB, Light.YELLOW),
        (2_000 * MB, 500_000 * MB, Light.GREEN),
        (15 * MB, 20 * MB, Light.GREEN),  # a small disk is not full for being small
        (1 * MB, 20 * MB, Light.YELLOW),
        (0, 20 * MB, Light.RED),
    ],
)
async def test_a_disk_turns_yellow_before_it_is_full(
    free: int, total: int, light: Light, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda folder: Disk(total, total - free, free))
    assert (await of_disk(tmp_path)).light is light


async def test_a_subscriber_that_is_far_behind_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    bus = Bus()
    monkeypatch.setattr(bus, "depths", lambda: {"screens": 5000, "floor": 1})
    finding = await of_listeners(bus)
    assert said(Reader(), finding, ManualClock().now()).startswith("“Screens” is behind")
    monkeypatch.setattr(bus, "depths", dict)
    assert (await of_listeners(bus)).light is Light.GREEN


def test_every_code_reads_in_every_language() -> None:
    now = ManualClock().now()
    given: dict[str, Any] = {"at": now, "since": now - timedelta(days=3), "reason": "silent"}
    for language in ("en", "ru"):
        for code, source in FINDINGS.items():
            values = {name: given.get(name, 1204) for name in re.findall(r"%\((\w+)\)", source)}
            text = said(Reader(language), yellow(code, **values), now)
            assert text.endswith((".", "…"))
            assert "%" not in text
            if values:
                assert said(Reader(language), yellow(code), now) == code  # shown all the same
    assert set(LIGHTS) == set(Light)


class TestTheVigil:
    @pytest.fixture
    def clock(self) -> ManualClock:
        return ManualClock()

    def test_a_jump_of_the_wall_clock_is_told_for_an_hour(self, clock: ManualClock) -> None:
        vigil = Vigil(clock, lambda: 0)
        vigil.look()
        clock.step(3600)
        vigil.look()
        jump = vigil.jump_of_late
        assert jump is not None
        assert (round(jump.seconds), jump.at) == (3600, clock.now())
        clock.step(-7200)
        vigil.look()
        assert vigil.jump_of_late is not None
        assert round(vigil.jump_of_late.seconds) == -7200
        assert vigil.jumps == 2

    async def test_an_even_clock_never_jumps_and_old_news_is_forgotten(
        self, clock: ManualClock
    ) -> None:
        vigil = Vigil(clock, lambda: 0)
        vigil.look()
        clock.step(60)
        vigil.look()
        vigil.failed("feed")
        vigil.failed("feed")
        assert vigil.failure_of_late is not None
        assert (vigil.failure_of_late.part, vigil.failure_of_late.times) == ("feed", 2)
        await clock.advance(LATELY_SECONDS + 1)
        vigil.look()
        assert vigil.failure_of_late is None
        assert vigil.jumps == 1
        await clock.advance(3600)
        vigil.look()
        assert vigil.jump_of_late is None

    async def test_only_the_drops_of_the_last_minutes_count(self, clock: ManualClock) -> None:
        drops = 5
        vigil = Vigil(clock, lambda: drops)
        vigil.look()
        assert vigil.drops_of_late == 0
        drops = 8
        assert vigil.drops_of_late == 3
        for _ in range(int(LATELY_SECONDS / EVERY_SECONDS) + 2):
            await clock.advance(EVERY_SECONDS)
            vigil.look()
        assert vigil.drops_of_late == 0
