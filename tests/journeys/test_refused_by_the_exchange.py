"""An exchange that does not let us in: said plainly wherever one looks, and no login storm."""

import asyncio
import html
import shutil
import socket
import subprocess
from collections.abc import Awaitable, Iterator
from pathlib import Path
from unittest.mock import patch

import aiohttp
import pytest

from crm_core.clock import SystemClock
from telephony.patience import Patience
from tests.journeys.crowd import crowd
from tests.journeys.fire import OfficeUnderFire, under_fire
from tests.journeys.office import until
from tests.journeys.relay import relay_to
from tests.lab.asterisk import LabAsterisk
from tests.lab.asterisk import asterisk as start_asterisk
from tests.lab.needs import had, skip_or_fail
from tests.lab.processes import free_port, wait_until
from web.i18n import Reader
from web.sentences import link_reason

pytestmark = [pytest.mark.lab]
FASTER = 300
"""So much faster the service waits here: five minutes are a second."""
REFUSED_SECONDS = Patience().refused_wait_seconds / FASTER
TRIES = 3
TLS = {"PEREZVON_EXCHANGE_TLS": "true"}


@pytest.fixture(scope="module")
def exchange() -> Iterator[LabAsterisk]:
    """An exchange whose manager interface speaks TLS on a second port, with a certificate of its
    own making."""
    if shutil.which("openssl") is None:
        skip_or_fail("openssl is needed to make a certificate")
    with had(start_asterisk()) as found:
        _speak_tls(found)
        yield found


def _speak_tls(exchange: LabAsterisk) -> None:
    etc = exchange.home / "etc"
    new = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2")
    to = ("-subj", "/CN=somebody", "-keyout", str(etc / "ami.key"), "-out", str(etc / "ami.crt"))
    subprocess.run([*new, *to], check=True, capture_output=True)
    inner = exchange.inner / "etc"
    told = (
        f"enabled = yes\ntlsenable = yes\ntlsbindaddr = 127.0.0.1:{tls_port(exchange)}\n"
        f"tlscertfile = {inner}/ami.crt\ntlsprivatekey = {inner}/ami.key\n"
    )
    manager = etc / "manager.conf"
    manager.write_text(manager.read_text().replace("enabled = yes\n", told, 1))
    exchange.cli("manager reload")
    wait_until(lambda: _is_open(tls_port(exchange)), "TLS is spoken")


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def tls_port(exchange: LabAsterisk) -> int:
    """The port beside the plain one, remembered where the exchange keeps its settings."""
    kept = exchange.home / "etc/tls_port"
    if not kept.exists():
        kept.write_text(str(free_port()))
    return int(kept.read_text())


def hurried() -> None:
    """For `become`: whatever this process waits for between attempts is soon over."""

    def sleep(clock: SystemClock, seconds: float) -> Awaitable[None]:
        return asyncio.sleep(seconds / FASTER)

    patch.object(SystemClock, "sleep", sleep).start()


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        pytest.param({"PEREZVON_EXCHANGE_SECRET": "wrong"}, "login_refused", id="wrong secret"),
        pytest.param({"PEREZVON_EXCHANGE_USERNAME": "powerless"}, "forbidden", id="no rights"),
    ],
)
async def test_a_login_that_is_of_no_use_is_told_and_tried_again_every_five_minutes(
    exchange: LabAsterisk, tmp_path: Path, settings: dict[str, str], reason: str
) -> None:
    async with under_fire(exchange, tmp_path) as office, relay_to(exchange.ami_port) as relay:
        port = str(relay.port)
        async with office.service(
            become=hurried, hears=False, PEREZVON_EXCHANGE_PORT=port, **settings
        ):
            now = asyncio.get_running_loop().time
            await until(lambda: relay.accepted, "the first login", patience_seconds=30)
            began = now()
            await until(lambda: relay.accepted >= TRIES, "the last", patience_seconds=60)
            assert now() - began >= (TRIES - 1) * REFUSED_SECONDS
            await _is_told(office, reason)


async def test_an_address_that_is_wrong_is_told(exchange: LabAsterisk, tmp_path: Path) -> None:
    """Nobody there; another server; TLS where there is none; a certificate that nobody vouches for;
    no TLS where there is."""
    async with under_fire(exchange, tmp_path) as office:
        for port, settings, reason in (
            (free_port(), {}, "unreachable"),
            (office.port, {}, "not_asterisk"),
            (exchange.ami_port, TLS, "tls_failed"),
            (tls_port(exchange), TLS, "tls_failed"),
            (tls_port(exchange), {}, "tls_wanted"),
        ):
            told = {**settings, "PEREZVON_EXCHANGE_PORT": str(port)}
            office.log.unlink(missing_ok=True)
            async with office.service(hears=False, **told):
                await _is_told(office, reason)


async def _is_told(office: OfficeUnderFire, reason: str) -> None:
    """To who watches the machine, to who signs in, and in the log."""
    await office.until_said("exchange", "exchange_away", reason=reason)
    words = link_reason(Reader(), reason)
    assert words in (await office.told("exchange"))["sentence"]
    address = f"http://127.0.0.1:{office.port}/login"
    async with aiohttp.ClientSession() as session, session.get(address) as answer:
        assert f"No link to the exchange: {words}." in html.unescape(await answer.text())
    assert f"no link to Asterisk: {reason}" in office.log.read_text()


async def test_an_account_that_may_ask_but_not_hear_is_told_of_and_what_it_missed_is_read(
    exchange: LabAsterisk, tmp_path: Path
) -> None:
    _add_accounts(exchange)
    async with under_fire(exchange, tmp_path) as office:
        deaf = {"PEREZVON_EXCHANGE_USERNAME": "deaf"}
        async with office.service(hears=False, **deaf):
            await office.until_said("exchange", "nothing_told")
        calls_unheard = {"PEREZVON_EXCHANGE_USERNAME": "hard_of_hearing"}
        async with office.service(become=hurried, hears=False, **calls_unheard):
            await office.until_said("exchange", "connected")
            with crowd(exchange, a_second=8):
                await office.until_said("exchange", "calls_untold")
                assert (await office.health())["status"] == "red"
                assert "line read" in (await office.told("exchange"))["sentence"]
            found = await office.settled()
    assert found.disagreements() == []
    assert found.logged


def _add_accounts(exchange: LabAsterisk) -> None:
    """Two that may do everything we ask, and hear nothing, or nothing of calls."""
    manager = exchange.home / "etc/manager.conf"
    known = manager.read_text()
    for name, read in (("deaf", ""), ("hard_of_hearing", "system,reporting")):
        if f"[{name}]" not in known:
            rights = f"read = {read}\nwrite = system,call,agent,originate,reporting\n"
            known += f"\n[{name}]\nsecret = {exchange.ami_secret}\n{rights}"
    manager.write_text(known)
    exchange.cli("manager reload")


async def test_calls_of_the_time_in_which_we_were_not_let_in_are_caught_up(
    exchange: LabAsterisk, tmp_path: Path
) -> None:
    async with under_fire(exchange, tmp_path) as office:
        async with office.service():
            pass
        with crowd(exchange, a_second=4):
            async with office.service(hears=False, PEREZVON_EXCHANGE_SECRET="old"):
                await office.until_said("exchange", "exchange_away", reason="login_refused")
                await office.until_billed(8)
        async with office.service():
            await office.until_her_state_is_right()
            found = await office.settled()
    assert found.disagreements() == []
