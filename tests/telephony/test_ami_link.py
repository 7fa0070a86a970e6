"""Connecting, staying connected, and saying honestly why not."""

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from telephony import actions
from telephony.ami import AmiMessage, LinkDown, LinkUp
from tests.lab.needs import skip_or_fail
from tests.telephony.fake_ami import (
    FakeAmi,
    Line,
    Request,
    event,
    fake_ami,
    refusal,
    silence,
    success,
)
from tests.telephony.talk import QUICK, connected, eventually, talk


async def test_the_link_says_which_asterisk_it_leads_to() -> None:
    async with fake_ami() as fake, talk(fake, up=False) as talking:
        assert (await talking.hear(LinkUp)).version == "22.10.1"


async def test_an_asterisk_that_hides_its_version_is_told_by_its_protocol() -> None:
    async with fake_ami() as fake:
        fake.answers["CoreSettings"] = refusal("Permission denied")
        async with talk(fake, up=False) as talking:
            assert (await talking.hear(LinkUp)).version == "AMI 9.0.0"


async def test_a_wrong_secret_is_said_once_and_not_tried_again_for_minutes() -> None:
    async with fake_ami() as fake:
        async with talk(fake, up=False, settings={"secret": "wrong"}) as talking:
            down = await talking.hear(LinkDown)
            await eventually(lambda: bool(talking.waits))
            assert (down.reason, down.details) == ("login_refused", "Authentication failed")
            assert min(talking.waits) >= 300
            assert len(fake.lines) == 1


async def test_a_dropped_link_is_told_and_made_again() -> None:
    async with connected() as talking:
        for _ in range(3):
            talking.fake.line.drop()
            assert (await talking.hear(LinkDown)).reason == "peer_closed"
            await talking.hear(LinkUp)
        assert len(talking.fake.lines) == 4


async def test_an_exchange_that_is_away_is_told_once_and_asked_ever_more_rarely() -> None:
    async with connected() as talking:
        port = talking.fake.port
        assert port
        patience = replace(QUICK, first_wait_seconds=0.01, longest_wait_seconds=0.08)
        gone = replace(talking.fake, port=1, lines=[])  # nothing listens on port 1
        async with talk(gone, up=False, patience=patience, chance=lambda: 1.0) as alone:
            assert (await alone.hear(LinkDown)).reason == "unreachable"
            await eventually(lambda: len(alone.waits) >= 6)
            assert alone.waits[:6] == [0.01, 0.02, 0.04, 0.08, 0.08, 0.08]
            assert alone.client.backlog == 0


async def test_a_server_that_accepts_and_says_nothing_is_given_up() -> None:
    async with fake_ami() as fake:
        fake.greeting = b""
        fake.answers["Login"] = silence
        async with talk(fake, up=False, settings={"connect_timeout_seconds": 0.1}) as talking:
            assert (await talking.hear(LinkDown)).reason == "connect_timed_out"
            await fake.until(lambda: len(fake.lines) >= 2)


async def test_a_login_without_an_answer_is_given_up() -> None:
    async with fake_ami() as fake:
        fake.answers["Login"] = silence
        async with talk(fake, up=False, settings={"connect_timeout_seconds": 0.1}) as talking:
            assert (await talking.hear(LinkDown)).reason == "connect_timed_out"


@pytest.mark.parametrize(
    "greeting", [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff" * 5000]
)
async def test_a_port_that_is_not_an_asterisks_is_named(greeting: bytes) -> None:
    async with fake_ami() as fake:
        fake.greeting = greeting
        async with talk(fake, up=False) as talking:
            assert (await talking.hear(LinkDown)).reason == "not_asterisk"


async def test_a_silent_peer_is_left_and_called_again() -> None:
    async with fake_ami() as fake:
        fake.answers["Ping"] = silence
        quick = {"keepalive_seconds": 0.02, "silence_seconds": 0.1}
        async with talk(fake, settings=quick) as talking:
            assert (await talking.hear(LinkDown)).reason == "silent"
            await talking.hear(LinkUp)


async def test_a_quiet_but_living_peer_is_kept_by_pings() -> None:
    async with fake_ami() as fake:
        quick = {"keepalive_seconds": 0.02, "silence_seconds": 0.5}
        async with talk(fake, settings=quick) as talking:

            def pings() -> int:
                return sum(request["Action"] == "Ping" for request in fake.line.heard)

            await fake.until(lambda: pings() >= 50)  # twice the time a silent peer is given
            assert talking.client.connected
            assert len(fake.lines) == 1


async def test_pings_without_answers_do_not_pile_up_while_events_flow() -> None:
    async with fake_ami() as fake:

        async def event_instead(line: Line, request: Request) -> None:
            await line.write(event("Newstate"))

        fake.answers["Ping"] = event_instead
        async with talk(fake, settings={"keepalive_seconds": 0.01}) as talking:
            for _ in range(10):
                await talking.event("Newstate")
            link = talking.client._link
            assert link is not None
            assert len(link.protocol.responses) <= 2  # the last, and what asked for its clock


async def test_a_shutdown_is_an_event_and_the_reason_of_the_end() -> None:
    async with connected(wanted=frozenset({"Hangup"})) as talking:
        await talking.fake.line.write(event("Shutdown", Shutdown="Cleanly", Restart="True"))
        await talking.event("Shutdown")
        talking.fake.line.drop()
        assert (await talking.hear(LinkDown)).reason == "shutdown"
        await talking.hear(LinkUp)


async def test_a_shutdown_that_does_not_happen_costs_no_link() -> None:
    """A dialplan variable with line breaks can forge an event; the link itself tells the truth."""
    async with connected() as talking:
        await talking.fake.line.write(event("Shutdown") + event("Hangup"))
        await talking.event("Hangup")
        await talking.client.send(actions.ping())
        assert talking.client.connected


async def test_stopping_says_goodbye_and_leaves_no_connection(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with connected() as talking:
        talking.fake.answers["Logoff"] = success()
        talking.task.cancel()
        await asyncio.gather(talking.task, return_exceptions=True)
        await talking.fake.until(lambda: talking.fake.line.names() == ["Logoff"])
        assert (await talking.hear(LinkDown)).reason == "stopped"
        assert not talking.client.connected
    assert [each.message for each in caplog.records if each.levelname == "WARNING"] == []


async def test_a_link_without_rights_is_made_anew_after_as_long_as_after_a_refusal() -> None:
    async with connected(patience=replace(QUICK, refused_wait_seconds=0.5)) as talking:
        talking.client.renew_later()
        talking.client.renew_later()
        assert (await talking.hear(LinkDown)).reason == "forbidden"
        await talking.hear(LinkUp)
        assert talking.waits.count(0.5) == 1
        assert len(talking.fake.lines) == 2


async def test_every_link_is_told_up_and_down_in_turn() -> None:
    async with connected() as talking:
        talking.fake.line.drop()
        told: list[str] = []
        while told.count("LinkUp") < 3:
            item = await talking.next()
            if isinstance(item, AmiMessage):
                continue
            told.append(type(item).__name__)
            if isinstance(item, LinkUp):
                talking.fake.line.drop()
        assert told == ["LinkDown", "LinkUp"] * 3


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate and its key."""
    if shutil.which("openssl") is None:
        skip_or_fail("openssl is needed to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    files = ["-keyout", str(key), "-out", str(cert), "-subj", "/CN=exchange"]
    subprocess.run([*command, *files], check=True, capture_output=True)
    return cert, key


def server_side(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


async def test_tls_without_verification_takes_a_self_signed_exchange(
    certificate: tuple[Path, Path],
) -> None:
    async with fake_ami(tls=server_side(certificate)) as fake:
        trusting = {"tls": True, "tls_verify": False}
        async with talk(fake, settings=trusting) as talking:
            await talking.client.send(actions.ping())


async def test_tls_with_verification_refuses_a_stranger_before_the_secret_is_told(
    certificate: tuple[Path, Path],
) -> None:
    async with fake_ami(tls=server_side(certificate)) as fake:
        async with talk(fake, up=False, settings={"tls": True}) as talking:
            assert (await talking.hear(LinkDown)).reason == "tls_failed"
            assert all(not line.heard for line in fake.lines)


async def test_a_peer_that_hangs_up_without_a_word_is_asked_whether_it_waits_for_tls(
    certificate: tuple[Path, Path],
) -> None:
    async with fake_ami(tls=server_side(certificate)) as fake, talk(fake, up=False) as talking:
        assert (await talking.hear(LinkDown)).reason == "tls_wanted"
        assert all(not line.heard for line in fake.lines)
    async with rude() as fake, talk(fake, up=False) as talking:
        assert (await talking.hear(LinkDown)).reason == "peer_closed"


@asynccontextmanager
async def rude() -> AsyncIterator[FakeAmi]:
    """Whoever comes is shown the door before anything is said."""

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        yield FakeAmi({}, port=server.sockets[0].getsockname()[1])


def test_only_the_link_knows_panoramisk_and_not_its_broken_parts() -> None:
    sources = {
        path.name: path.read_text()
        for path in (Path(__file__).parents[2] / "telephony").glob("*.py")
    }
    knowing = {name for name, text in sources.items() if "from panoramisk" in text}
    assert knowing == {"link.py"}
    assert not any("CallManager" in text or "fast_agi" in text for text in sources.values())
