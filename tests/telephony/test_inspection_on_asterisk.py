"""The check of a real Asterisk, with each thing broken in turn."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from telephony.settings import TelephonySettings
from tests.lab.ami_link import AmiLink
from tests.lab.asterisk import PHONES, LabAsterisk
from tests.lab.asterisk import asterisk as start_asterisk
from tests.lab.needs import had
from tests.lab.processes import free_port
from tests.telephony.checking import Told, expecting, told_of

pytestmark = pytest.mark.lab

READ = "system,call,agent,dialplan,reporting"
WRITE = "system,call,agent,originate,reporting"
ACCOUNTS = {
    "proper": f"read = {READ}\nwrite = {WRITE}\nwritetimeout = 5000",
    "hasty": f"read = {READ}\nwrite = {WRITE}",
    "filtered": f"read = {READ}\nwrite = {WRITE}\nwritetimeout = 5000\neventfilter = !Hangup",
    "single": f"read = {READ}\nwrite = {WRITE}\nwritetimeout = 5000\nallowmultiplelogin = no",
    "fenced": f"read = {READ}\nwrite = {WRITE}\ndeny = 0.0.0.0/0.0.0.0",
    "deaf": f"read = log\nwrite = {WRITE}\nwritetimeout = 5000",
    "no-calls": f"read = system,agent,dialplan\nwrite = {WRITE}\nwritetimeout = 5000",
    "no-queues": f"read = system,call,dialplan\nwrite = {WRITE}\nwritetimeout = 5000",
    "mute": f"read = {READ}\nwrite = log",
    "watcher": f"read = {READ}\nwrite = system,reporting\nwritetimeout = 5000",
}
LOUD_QUEUE = "\n[loud]\nstrategy = ringall\nmember => PJSIP/101\n"
OFFICE = expecting(
    queues=("sales",),
    extensions={f"PJSIP/{number}": number for number in (*PHONES, "108", "109")}
    | {"PJSIP/desk-anna": "260", "PJSIP/desk-boris": "261"},
    corrections={"desk-anna": True, "desk-boris": True},
)

Change = Callable[[str, Callable[[str], str], str], None]


@pytest.fixture(scope="module")
def asterisk(exchange: LabAsterisk) -> Iterator[LabAsterisk]:
    """The exchange with accounts of all sorts and one queue of another kind."""
    etc = exchange.home / "etc"
    before = {name: (etc / name).read_text() for name in ("manager.conf", "queues.conf")}
    accounts = (
        f"\n[{name}]\nsecret = {exchange.ami_secret}\n{lines}\n" for name, lines in ACCOUNTS.items()
    )
    (etc / "manager.conf").write_text(before["manager.conf"] + "".join(accounts))
    (etc / "queues.conf").write_text(before["queues.conf"] + LOUD_QUEUE)
    exchange.cli("manager reload")
    exchange.cli("queue reload all")
    try:
        yield exchange
    finally:
        for name, text in before.items():
            (etc / name).write_text(text)
        exchange.cli("manager reload")
        exchange.cli("queue reload all")


@pytest.fixture
def settings(asterisk: LabAsterisk) -> TelephonySettings:
    """How an office logs in that has done what the documentation says."""
    return TelephonySettings(port=asterisk.ami_port, username="proper", secret=asterisk.ami_secret)


@pytest.fixture
def edited(asterisk: LabAsterisk) -> Iterator[Callable[[str, str, str, str], None]]:
    """`edited(file, old, new, command)` changes a file for this test and has it read again."""
    undo: list[tuple[Path, str, str]] = []

    def edit(name: str, old: str, new: str, command: str) -> None:
        path = asterisk.home / "etc" / name
        text = path.read_text()
        assert old in text
        undo.append((path, text, command))
        path.write_text(text.replace(old, new))
        asterisk.cli(command)

    yield edit
    for path, text, command in reversed(undo):
        path.write_text(text)
        asterisk.cli(command)


UNKNOWN_QUEUES = {"queues.missing_here": "warn"}
"""The laboratory has queues that the office of this test does not use."""


async def test_where_all_is_as_documented_nothing_is_bad(settings: TelephonySettings) -> None:
    told = await told_of(settings, OFFICE)
    assert told.wrong() == UNKNOWN_QUEUES
    assert told.codes[:4] == ["link.reached", "link.inside", "link.let_in", "link.version"]
    assert told.values("link.version")["version"].split(".")[0].isdecimal()
    assert told.values("rights.hear")["classes"] == ["agent", "call", "dialplan", "system"]
    assert told.values("settings.write_timeout") == {"milliseconds": 5000}
    assert told.values("queues.known") == {"queues": ["sales"]}
    assert told.values("endpoints.extensions") == {"count": len(OFFICE.extensions)}
    assert {"settings.timestamps", "clock.agrees", "dialplan.plain", "dialplan.parking"} < set(
        told.codes
    )


async def test_no_secret_is_told(settings: TelephonySettings) -> None:
    told = await told_of(settings, OFFICE)
    assert settings.secret not in repr(told.findings)


# --- getting in ------------------------------------------------------------------------------


async def test_a_wrong_port_is_told_with_the_address(settings: TelephonySettings) -> None:
    port = free_port()
    told = await told_of(settings, port=port)
    assert told.wrong() == {"link.unreachable": "bad"}
    assert told.values("link.unreachable")["port"] == port


async def test_the_port_of_something_else_is_told(
    settings: TelephonySettings, asterisk: LabAsterisk
) -> None:
    told = await told_of(settings, port=asterisk.ami_port, tls=True, tls_verify=False)
    assert told.wrong() == {"link.not_tls": "bad"}


@pytest.mark.parametrize(
    "changes", [{"secret": "wrong"}, {"username": "nobody"}, {"username": "fenced"}]
)
async def test_a_login_that_is_refused_is_told_and_tried_once(
    settings: TelephonySettings, asterisk: LabAsterisk, changes: dict[str, str]
) -> None:
    before = asterisk.log().count(" failed to authenticate as ")
    told = await told_of(replace(settings, **changes))  # type: ignore[arg-type]
    assert told.wrong() == {"link.login_refused": "bad"}
    assert told.values("link.login_refused")["username"] == changes.get("username", "proper")
    assert asterisk.log().count(" failed to authenticate as ") - before == 1


# --- rights and settings ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("account", "wrong"),
    [
        ("hasty", {"settings.write_timeout_short": "warn"}),
        ("filtered", {"settings.events_filtered": "warn"}),
        ("single", {"settings.single_login": "warn"}),
        (
            "deaf",
            {
                "rights.hear_call_missing": "bad",
                "rights.hear_agent_missing": "bad",
                "rights.hear_system_missing": "warn",
                "rights.hear_dialplan_missing": "warn",
            },
        ),
        ("no-calls", {"rights.hear_call_missing": "bad"}),
        ("no-queues", {"rights.hear_agent_missing": "bad"}),
        (
            "watcher",
            {
                "rights.ask_call_missing": "bad",
                "rights.ask_agent_missing": "bad",
                "rights.ask_originate_missing": "bad",
            },
        ),
        (
            "mute",
            {
                "link.version_unseen": "warn",
                "rights.hear_unseen": "warn",
                "rights.ask_reporting_missing": "bad",
                "rights.ask_call_missing": "bad",
                "rights.ask_agent_missing": "bad",
                "rights.ask_originate_missing": "bad",
                "rights.ask_system_missing": "warn",
                "settings.timestamps_unseen": "warn",
                "settings.write_timeout_unseen": "warn",
                "dialplan.unseen": "warn",
                "queues.rules_unseen": "warn",
                "endpoints.unseen": "warn",
            },
        ),
    ],
)
async def test_what_an_account_lacks_is_told(
    settings: TelephonySettings, account: str, wrong: dict[str, str]
) -> None:
    told = await told_of(settings, OFFICE, username=account)
    assert told.wrong() == {**wrong, **UNKNOWN_QUEUES}


async def test_a_second_login_where_only_one_is_allowed_is_told_as_refused(
    settings: TelephonySettings, asterisk: LabAsterisk
) -> None:
    async with AmiLink(asterisk.ami_port, asterisk.ami_secret, user="single"):
        told = await told_of(settings, OFFICE, username="single")
    assert told.wrong() == {"link.login_refused": "bad"}


async def test_events_without_their_time_are_told(
    settings: TelephonySettings, edited: Callable[..., None]
) -> None:
    edited("manager.conf", "timestampevents = yes", "timestampevents = no", "manager reload")
    told = await told_of(settings, OFFICE)
    assert told.wrong() == {"settings.timestamps_missing": "warn", **UNKNOWN_QUEUES}
    seen = await told_of(settings, OFFICE, username="perezvon")  # hears events of its own login
    assert "settings.timestamps_missing" in seen.wrong()


async def test_a_setting_that_is_written_but_not_read_yet_is_told(
    settings: TelephonySettings, asterisk: LabAsterisk, edited: Callable[..., None]
) -> None:
    edited("manager.conf", "timestampevents = yes", "timestampevents = no", "manager reload")
    edited("manager.conf", "timestampevents = no", "timestampevents = yes", "core show uptime")
    told = await told_of(settings, OFFICE, username="perezvon")
    assert told.wrong() == {"settings.timestamps_not_loaded": "warn", **UNKNOWN_QUEUES}


@pytest.mark.parametrize(
    ("off_by", "code", "level"),
    [
        (timedelta(seconds=-7), "clock.ahead", "warn"),
        (timedelta(seconds=7), "clock.behind", "warn"),
        (timedelta(hours=1), "clock.behind", "bad"),
    ],
)
async def test_clocks_that_differ_are_told(
    settings: TelephonySettings, off_by: timedelta, code: str, level: str
) -> None:
    told = await told_of(settings, OFFICE, off_by=off_by)
    assert told.wrong() == {code: level, **UNKNOWN_QUEUES}
    assert told.values(code)["seconds"] == pytest.approx(abs(off_by.total_seconds()), abs=1)


# --- the dialplan ----------------------------------------------------------------------------


async def test_a_context_that_is_not_there_is_told(settings: TelephonySettings) -> None:
    told = await told_of(settings, OFFICE, dial_context="nowhere")
    assert told.wrong() == {"dialplan.context_missing": "bad", **UNKNOWN_QUEUES}


async def test_freepbx_is_recognised_by_its_contexts(
    settings: TelephonySettings, asterisk: LabAsterisk
) -> None:
    asterisk.cli("dialplan add extension s,1,NoOp,1 into from-internal-additional")
    try:
        told = await told_of(settings, OFFICE)
    finally:
        asterisk.cli("dialplan remove context from-internal-additional")
    assert "dialplan.freepbx" in told.codes
    assert "dialplan.plain" not in told.codes


async def test_an_exchange_that_cannot_park_is_told(
    settings: TelephonySettings, asterisk: LabAsterisk
) -> None:
    accounts = (asterisk.home / "etc/manager.conf").read_text()
    with had(start_asterisk(without=("res_parking.so",))) as parkless:
        (parkless.home / "etc/manager.conf").write_text(
            accounts.replace(str(asterisk.ami_port), str(parkless.ami_port))
        )
        parkless.cli("manager reload")
        told = await told_of(replace(settings, port=parkless.ami_port), OFFICE)
    assert told.wrong() == {"dialplan.parking_missing": "warn", **UNKNOWN_QUEUES}


# --- queues ----------------------------------------------------------------------------------


async def test_queues_that_only_one_side_knows_are_told(settings: TelephonySettings) -> None:
    told = await told_of(settings, expecting(queues=("sales", "Sales", "complaints")))
    assert told.values("queues.missing_there") == {"queues": ["Sales", "complaints"]}
    assert "support" in told.values("queues.missing_here")["queues"]
    assert "sales" not in told.values("queues.missing_here")["queues"]


async def test_a_queue_that_rings_who_is_talking_is_told(settings: TelephonySettings) -> None:
    told = await told_of(settings, expecting(queues=("sales", "loud")))
    assert told.values("queues.ring_in_use") == {"queues": ["loud"]}
    assert told.values("queues.members_written") == {"queues": ["loud"]}


async def test_a_member_without_a_phone_is_told(
    settings: TelephonySettings, asterisk: LabAsterisk
) -> None:
    async with AmiLink(asterisk.ami_port, asterisk.ami_secret) as ami:
        await ami.do("QueueAdd", Queue="sales", Interface="PJSIP/nobody-there")
        try:
            told = await told_of(settings, OFFICE)
        finally:
            await ami.do("QueueRemove", Queue="sales", Interface="PJSIP/nobody-there")
    assert told.values("queues.members_dead") == {"interfaces": ["PJSIP/nobody-there"]}


# --- phones and trunks -----------------------------------------------------------------------


def roles(told: Told) -> dict[str, str]:
    rows = told.values("endpoints.listed")["endpoints"]
    return {row["name"]: row["role"] for row in rows}


async def test_phones_and_trunks_are_told_by_the_pattern_and_by_the_corrections(
    settings: TelephonySettings,
) -> None:
    by_pattern = roles(await told_of(settings))
    assert (by_pattern["101"], by_pattern["provider"]) == ("phone", "trunk")
    assert by_pattern["desk-anna"] == "trunk"
    corrected = roles(
        await told_of(settings, expecting(corrections={"desk-anna": True, "109": False}))
    )
    assert (corrected["desk-anna"], corrected["109"]) == ("phone", "trunk")


async def test_an_extension_taken_for_a_trunk_is_told(settings: TelephonySettings) -> None:
    told = await told_of(settings, expecting(extensions={"PJSIP/desk-anna": "260"}))
    assert told.wrong()["endpoints.extension_is_trunk"] == "bad"
    assert told.values("endpoints.extension_is_trunk") == {"names": ["desk-anna"]}
    assert told.values("endpoints.trunks_like_phones") == {"names": ["desk-boris"]}
    first = [row["name"] for row in told.values("endpoints.listed")["endpoints"]][:3]
    assert first == ["desk-anna", "desk-boris", "101"], "what deserves a look comes first"


async def test_a_trunk_taken_for_a_phone_is_told_until_people_say_so(
    settings: TelephonySettings,
) -> None:
    took = expecting(corrections={})
    object.__setattr__(took, "is_phone", lambda interface: True)
    told = await told_of(settings, took)
    assert told.values("endpoints.phones_like_trunks") == {"names": ["backup", "provider"]}
    assert "endpoints.no_trunks" in told.wrong()


async def test_extensions_without_a_phone_and_phones_without_an_extension_are_told(
    settings: TelephonySettings,
) -> None:
    extensions = {f"PJSIP/{number}": number for number in (*PHONES, "108")}
    told = await told_of(settings, expecting(extensions={**extensions, "PJSIP/777": "777"}))
    assert told.values("endpoints.extension_missing") == {"names": ["777"]}
    assert told.values("endpoints.without_extension") == {"names": ["109"]}


async def test_a_correction_of_what_is_there_no_more_is_listed(settings: TelephonySettings) -> None:
    told = await told_of(settings, expecting(corrections={"gone": True}))
    assert told.values("endpoints.listed")["corrected_and_gone"] == ["gone"]


# --- logs ------------------------------------------------------------------------------------


async def test_a_log_that_asterisk_does_not_write_is_told(
    settings: TelephonySettings, edited: Callable[..., None]
) -> None:
    edited("cel.conf", "enable = yes", "enable = no", "core show uptime")
    told = await told_of(settings, OFFICE, cel="sqlite:///cel.db")
    assert told.wrong() == {"logs.cel_off": "bad", **UNKNOWN_QUEUES}
