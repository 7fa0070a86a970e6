"""What the check says of an exchange that behaves badly, and of answers no laboratory gives."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crm_core.clock import SystemClock
from telephony.inspection.config import is_yes, sections
from telephony.inspection.endpoints import read
from telephony.inspection.finding import Level
from telephony.inspection.manager import judged
from telephony.inspection.queues import compared
from telephony.inspection.reached import is_near, reached, why_not
from telephony.inspection.rights import may_ask
from telephony.inspection.session import opened
from telephony.inspection.versions import version
from telephony.settings import TelephonySettings
from telephony.stream import AmiMessage, LinkDown, Reply
from tests.telephony.checking import expecting, told_of
from tests.telephony.fake_ami import FakeAmi, Line, Request, fake_ami, silence, success
from tests.telephony.test_ami_link import certificate, server_side  # noqa: F401 - a fixture

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
async def fake() -> AsyncIterator[FakeAmi]:
    async with fake_ami() as server:
        yield server


def item(name: str, **headers: str) -> AmiMessage:
    return AmiMessage(name, headers, NOW, NOW)


def reply(headers: Mapping[str, str] | None = None, *items: AmiMessage) -> Reply:
    return Reply(headers or {}, items)


# --- getting in ------------------------------------------------------------------------------


async def test_what_is_no_asterisk_is_told() -> None:
    async with fake_ami() as fake:
        fake.greeting = b"SSH-2.0-OpenSSH_9.2\r\n"
        told = await told_of(fake.settings())
    assert told.wrong() == {"link.not_asterisk": "bad"}


async def test_who_hangs_up_before_the_login_is_told() -> None:
    async def slam(line: Line, request: Request) -> None:
        line.drop()

    async with fake_ami() as fake:
        fake.answers["Login"] = slam
        told = await told_of(fake.settings())
        assert len(fake.lines) == 1
    assert told.wrong() == {"link.closed": "bad"}


async def test_who_answers_too_late_is_told() -> None:
    async with fake_ami() as fake:
        fake.answers["Login"] = silence
        told = await told_of(fake.settings(connect_timeout_seconds=0.2))
    assert told.wrong() == {"link.timed_out": "bad"}


async def test_a_wrong_secret_is_tried_once() -> None:
    async with fake_ami() as fake:
        told = await told_of(fake.settings(secret="wrong"))
        assert len(fake.lines) == 1
    assert told.wrong() == {"link.login_refused": "bad"}


async def test_while_a_refusal_is_told_slowly_nothing_is_tried_again() -> None:
    async with fake_ami() as fake:
        async with opened(fake.settings(secret="wrong"), SystemClock().now) as session:
            assert isinstance(session, LinkDown)
            for _ in range(500):
                await asyncio.sleep(0)
        assert len(fake.lines) == 1


async def test_a_link_that_breaks_meanwhile_is_told() -> None:
    async def slam(line: Line, request: Request) -> None:
        line.drop()

    async with fake_ami() as fake:
        fake.answers["Ping"] = slam
        told = await told_of(fake.settings())
    assert told.wrong()["link.broke"] == "bad"
    assert told.codes[-1] == "link.broke"


async def test_an_exchange_that_hangs_after_the_login_is_told() -> None:
    async with fake_ami() as fake:
        fake.answers["QueueStatus"] = silence
        told = await told_of(fake.settings(action_timeout_seconds=0.2))
    assert told.codes[-1] == "link.answers_late"


async def test_an_exchange_that_refuses_every_question_is_told_to_the_end(fake: FakeAmi) -> None:
    told = await told_of(fake.settings(), expecting(queues=("sales",)))
    assert told.wrong() == {
        "rights.hear_unseen": "warn",
        "rights.ask_unseen": "warn",
        "settings.timestamps_unseen": "warn",
        "settings.write_timeout_unseen": "warn",
        "clock.behind": "bad",  # this one stands still
        "dialplan.unseen": "warn",
        "queues.not_loaded": "bad",
        "endpoints.unseen": "warn",
    }


async def test_a_setting_that_cannot_be_asked_about_is_told() -> None:
    async with fake_ami() as fake:
        offered = success(ShowDialPlan="Show dialplan  (Priv: config,reporting,all)")
        fake.answers["ListCommands"] = offered
        told = await told_of(fake.settings(dial_context="in\r\nAction: Originate"))
        assert "Originate" not in fake.line.names()
    assert told.wrong()["link.failed"] == "bad"


@pytest.mark.parametrize(
    ("details", "code"),
    [
        ("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate", "link.certificate_refused"),
        ("[SSL: WRONG_VERSION_NUMBER] wrong version number", "link.not_tls"),
        ("[SSL: RECORD_LAYER_FAILURE] record layer failure", "link.not_tls"),
        ("[SSL: NO_SHARED_CIPHER] no shared cipher", "link.tls_failed"),
    ],
)
def test_each_trouble_with_tls_has_its_own_line(details: str, code: str) -> None:
    assert ssl.OPENSSL_VERSION_INFO >= (3,)  # the words above are its
    told = why_not(LinkDown(NOW, "tls_failed", details), TelephonySettings(tls=True))
    assert (told.code, told.level) == (code, Level.BAD)


async def test_a_port_for_secure_connections_that_is_spoken_to_plainly_is_told(
    certificate: tuple[Path, Path],  # noqa: F811
) -> None:
    async with fake_ami(tls=server_side(certificate)) as fake:
        told = await told_of(fake.settings())
    assert told.wrong() == {"link.tls_wanted": "bad"}


async def test_a_certificate_that_is_not_trusted_is_told(
    certificate: tuple[Path, Path],  # noqa: F811
) -> None:
    async with fake_ami(tls=server_side(certificate)) as fake:
        told = await told_of(fake.settings(tls=True))
        blind = await told_of(fake.settings(tls=True, tls_verify=False))
    assert told.wrong() == {"link.certificate_refused": "bad"}
    assert blind.wrong()["link.unverified"] == "warn"


@pytest.mark.parametrize(
    ("settings", "code", "level"),
    [
        (TelephonySettings(host="10.1.2.3"), "link.inside", Level.OK),
        (TelephonySettings(host="8.8.8.8"), "link.readable", Level.WARN),
        (TelephonySettings(host="pbx.example.org"), "link.readable", Level.WARN),
        (TelephonySettings(tls=True), "link.secure", Level.OK),
        (TelephonySettings(tls=True, tls_verify=False), "link.unverified", Level.WARN),
    ],
)
def test_who_could_listen_in_between_is_told(
    settings: TelephonySettings, code: str, level: Level
) -> None:
    assert (code, level) in [(each.code, each.level) for each in reached(settings)]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "192.168.0.7"])
def test_a_private_network_is_near(host: str) -> None:
    assert is_near(host)


# --- answers ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("16.30.0", "link.version_old"),
        ("certified/16.8-cert14", "link.version_old"),
        ("18.0.0", "link.version"),
        ("certified/18.9-cert5", "link.version"),
        ("GIT-master-1a2b3c4", "link.version"),
        ("", "link.version_unseen"),
    ],
)
def test_an_old_asterisk_is_told(written: str, code: str) -> None:
    assert version(reply({"asteriskversion": written, "amiversion": "9.0.0"})).code == code


def test_a_configuration_is_read_without_its_secrets() -> None:
    read = sections(
        reply(
            {
                "response": "Success",
                "category-000000": "general",
                "line-000000-000000": "TimestampEvents=yes",
                "category-000001": "perezvon",
                "line-000001-000000": "secret=a=b",
                "line-000001-000001": "read=call",
                "line-000001-000002": "read=all",
                "line-000009-000000": "of=nothing",
            }
        )
    )
    assert read == {"general": {"timestampevents": "yes"}, "perezvon": {"read": "all"}}
    assert is_yes(read["general"], "timestampevents", usual=False)
    assert is_yes(read["general"], "absent", usual=True)


def test_the_queue_that_freepbx_always_has_is_no_news() -> None:
    told = reply({}, item("QueueParams", queue="default"), item("QueueParams", queue="400"))
    codes = {each.code: each.values for each in compared(told, {}, expecting(queues=("400",)))}
    assert codes == {"queues.known": {"queues": ["400"]}}


def test_no_queues_on_either_side_are_right() -> None:
    assert [each.code for each in compared(reply(), {}, expecting())] == ["queues.none"]


def test_without_app_queue_nobody_lacks_the_right_to_it() -> None:
    actions = {"coreshowchannels", "redirect", "originate", "getconfig"}
    assert [each.code for each in may_ask(actions, has_queues=False)] == ["rights.ask"]
    assert [each.code for each in may_ask(actions, has_queues=True)] == ["rights.ask_agent_missing"]


@pytest.mark.parametrize(
    ("general", "account", "is_told"),
    [
        ({}, {}, False),
        ({"allowmultiplelogin": "no"}, {}, True),
        ({"allowmultiplelogin": "no"}, {"allowmultiplelogin": "yes"}, False),
        (None, {"allowmultiplelogin": "no"}, True),
    ],
)
def test_an_account_for_one_login_is_told(
    general: dict[str, str] | None, account: dict[str, str], is_told: bool
) -> None:
    codes = [each.code for each in judged(general, account, stamped=True)]
    assert ("settings.single_login" in codes) is is_told


@pytest.mark.parametrize(
    ("headers", "looks"),
    [
        ({"auths": "101"}, "phone"),
        ({"outboundauths": "provider"}, "trunk"),
        ({"auths": "provider-in", "outboundauths": "provider-out"}, "trunk"),
        ({"contacts": "provider/sip:10.0.0.1,"}, "trunk"),
        ({}, ""),
    ],
)
def test_who_logs_in_here_is_a_phone_and_whom_we_log_in_to_is_none(
    headers: dict[str, str], looks: str
) -> None:
    told = reply({}, item("EndpointList", objectname="x", **headers))
    (endpoint,) = read(told, "PJSIP", expecting())
    assert endpoint.looks == looks


def test_what_people_have_said_is_not_doubted() -> None:
    told = reply({}, item("EndpointList", objectname="101", outboundauths="provider"))
    (guessed,) = read(told, "PJSIP", expecting())
    (said,) = read(told, "PJSIP", expecting(corrections={"101": True}))
    assert (guessed.is_doubtful, said.is_doubtful) == (True, False)
