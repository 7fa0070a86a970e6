"""What the exchange said of a call: who may have it, what the page says, and the command."""

import asyncio
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from crm_core.audit import list_audit
from crm_core.calls.tables import call_legs, call_linkedids
from telephony.events import CallRecord
from telephony.flight.recorder import FlightHealth
from telephony.flight.settings import FlightSettings
from telephony.replay import read_stream, replay
from tests.streams import truth
from tests.web.call_log import log_call
from tests.web.conftest import ClientAs, Office
from web.cli import run
from web.flight import flight_folder
from web.settings import DatabaseSettings, Settings

IGNORING = "OR IGNORE"  # a line that two calls had is kept by the first
BUTTON = "Export what the exchange said"


async def say(office: Office, stream: bytes) -> None:
    """The exchange says all of it, each block at its time."""
    for block in stream.split(b"\r\n\r\n")[:-1]:
        said = re.search(rb"(?m)^(?:Timestamp|Received): ([\d.]+)", block)
        at = office.clock.now()
        if said:
            at = at.fromtimestamp(float(said[1]), at.tzinfo)
        office.services.flight.take(block + b"\r\n\r\n", at)
    await office.services.flight.flush()


async def log(office: Office, call: CallRecord) -> None:
    await log_call(office, call.call_id, started_at=call.started_at, ended_at=call.ended_at)
    async with office.services.storage.write() as tx:
        for linkedid in call.linkedids:
            await tx.execute(
                insert(call_linkedids)
                .prefix_with(IGNORING)
                .values(linkedid=linkedid, call_id=call.call_id)
            )
        for leg in call.legs:
            await tx.execute(
                insert(call_legs)
                .prefix_with(IGNORING)
                .values(
                    uniqueid=leg.uniqueid,
                    call_id=call.call_id,
                    channel=leg.channel,
                    interface=leg.interface,
                    role=leg.role.value,
                    started_at=leg.started_at,
                )
            )


def scene(name: str) -> tuple[bytes, list[CallRecord]]:
    stream = truth.stream_of(name)
    return stream, replay(read_stream(stream), truth.PHONES)


@pytest.fixture
async def told(office: Office) -> CallRecord:
    """One queue call, heard and logged."""
    stream, calls = scene("queue_ringall_answered")
    await say(office, stream)
    await log(office, calls[0])
    return calls[0]


@pytest.mark.parametrize("login", ["vera", "dina"])
async def test_a_supervisor_gets_a_file_that_replays_and_it_is_noted(
    office: Office, client_as: ClientAs, told: CallRecord, login: str
) -> None:
    visitor = await client_as(login)
    shown = await visitor.get(f"/calls/{told.call_id}")
    assert BUTTON in shown.words
    assert "not recorded" not in shown.words
    answer = await visitor.post(f"/calls/{told.call_id}/exchange")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert re.fullmatch(
        r'attachment; filename="call-\d{8}-\d{6}\.ami"', answer.headers["Content-Disposition"]
    )
    [again] = replay(read_stream(answer.text.encode()), truth.PHONES)
    assert (again.call_id, again.answered_by, again.talk_seconds) == (
        told.call_id,
        told.answered_by,
        told.talk_seconds,
    )
    assert told.caller not in answer.text
    async with office.services.storage.read() as connection:
        [entry] = await list_audit(connection, subject="call")
    assert (entry.agent_name, entry.action, entry.subject_id) == (
        getattr(office.cast, login).name,
        "exported",
        told.call_id,
    )


async def test_the_audit_trail_leads_to_the_call(client_as: ClientAs, told: CallRecord) -> None:
    dina = await client_as("dina")
    await dina.post(f"/calls/{told.call_id}/exchange")
    trail = await dina.get("/admin/audit?subject=call")
    assert f"Dina Belova Phone call {told.call_id} exported" in trail.words
    assert f"/calls/{told.call_id}" in trail.links


@pytest.mark.parametrize("login", ["anna", "grigory"])
async def test_others_see_no_button_and_get_no_file(
    office: Office, client_as: ClientAs, told: CallRecord, login: str
) -> None:
    visitor = await client_as(login)
    shown = await visitor.get(f"/calls/{told.call_id}")
    assert BUTTON not in shown.words
    answer = await visitor.post(f"/calls/{told.call_id}/exchange")
    assert answer.status == 403
    assert "Newchannel" not in answer.text


async def test_a_client_who_shared_an_operators_line_is_not_in_the_file(
    office: Office, client_as: ClientAs
) -> None:
    """The operator stays on the line between two clients: for Asterisk they are one story."""
    stream, calls = scene("agent_stays_on_the_line")
    await say(office, stream)
    for call in calls:
        await log(office, call)
    vera = await client_as("vera")
    for call in calls:
        file = (await vera.post(f"/calls/{call.call_id}/exchange")).text
        again = replay(read_stream(file.encode()), truth.PHONES)
        assert [each.call_id for each in again] == [call.call_id]
        strangers = {other.call_id for other in calls} - {call.call_id}
        assert not any(f"Uniqueid: {stranger}\r\n" in file for stranger in strangers)


async def test_a_call_of_before_the_recorder_is_said_not_to_be_kept(
    office: Office, client_as: ClientAs, told: CallRecord
) -> None:
    await log_call(office, "old.1")
    vera = await client_as("vera")
    shown = await vera.get("/calls/old.1")
    assert BUTTON not in shown.words
    assert "What the exchange said of this call is not kept" in shown.words
    assert "The oldest kept is of" in shown.words
    answer = await vera.post("/calls/old.1/exchange")
    assert "Nothing of what the exchange said of this call is kept." in answer.words
    async with office.services.storage.read() as connection:
        assert await list_audit(connection, subject="call") == []


async def test_a_call_of_which_a_part_is_missing_is_said_to_lack_it(
    office: Office, client_as: ClientAs
) -> None:
    stream, calls = scene("queue_ringall_answered")
    await say(office, stream)
    await log(office, replace(calls[0], started_at=calls[0].started_at - timedelta(minutes=5)))
    vera = await client_as("vera")
    shown = await vera.get(f"/calls/{calls[0].call_id}")
    assert BUTTON in shown.words
    assert "A part of this call was not recorded" in shown.words


async def test_health_says_how_the_recorder_is(office: Office, client_as: ClientAs) -> None:
    guest = await client_as()
    parts = (await guest.get("/healthz")).json["parts"]
    assert (parts["flight"]["status"], parts["flight"]["code"]) == ("green", "flight_records")
    office.services.flight.health = FlightHealth.DISK_FULL
    part = (await guest.get("/healthz")).json["parts"]["flight"]
    assert (part["status"], part["code"]) == ("yellow", "flight_disk_full")
    assert "the disk is full" in part["sentence"]


class TestSwitchedOff:
    @pytest.fixture
    def settings(self) -> Settings:
        return Settings(flight=FlightSettings(hours=0))

    async def test_the_page_says_so(self, office: Office, client_as: ClientAs) -> None:
        await log_call(office, "1.1")
        vera = await client_as("vera")
        shown = await vera.get("/calls/1.1")
        assert BUTTON not in shown.words
        assert "the flight recorder is switched off" in shown.words
        parts = (await vera.get("/healthz")).json["parts"]
        assert (parts["flight"]["status"], parts["flight"]["code"]) == ("green", "flight_off")


def test_it_keeps_beside_the_embedded_database_unless_told_where(tmp_path: Path) -> None:
    def folder(url: str, chosen: str = "") -> Path:
        settings = Settings(database=DatabaseSettings(url), flight=FlightSettings(folder=chosen))
        return flight_folder(settings)

    assert folder(f"sqlite:///{tmp_path}/office.db") == tmp_path / "office-flight"
    assert folder(f"sqlite:///{tmp_path}/office.db", f"{tmp_path}/x") == tmp_path / "x"
    assert folder("postgresql://u:p@host/name") == Path("data/flight").absolute()


async def test_the_command_writes_the_same_file(
    office: Office,
    told: CallRecord,
    client_as: ClientAs,
    capfdbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """While the service runs and records."""
    monkeypatch.setenv("PEREZVON_LANGUAGE", "en")
    monkeypatch.setenv("PEREZVON_DATABASE_URL", office.services.settings.database.url)
    assert await asyncio.to_thread(run, ["export-call", told.call_id]) == 0
    output = capfdbinary.readouterr()
    [again] = replay(read_stream(output.out), truth.PHONES)
    assert again.talk_seconds == told.talk_seconds
    assert told.caller.encode() not in output.out
    assert output.err == b""
    async with office.services.storage.read() as connection:
        [entry] = await list_audit(connection, subject="call")
    assert (entry.agent_id, entry.action) == (None, "exported")
    trail = await (await client_as("dina")).get("/admin/audit")
    assert f"/calls/{told.call_id}" in trail.links


async def test_a_call_that_the_log_lost_is_found_by_its_uniqueid_and_that_is_in_the_audit(
    office: Office,
    client_as: ClientAs,
    capfdbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream, calls = scene("queue_ringall_answered")
    await say(office, stream)
    monkeypatch.setenv("PEREZVON_DATABASE_URL", office.services.settings.database.url)
    leg = calls[0].legs[-1].uniqueid
    assert await asyncio.to_thread(run, ["export-call", leg]) == 0
    [again] = replay(read_stream(capfdbinary.readouterr().out), truth.PHONES)
    assert again.call_id == calls[0].call_id
    async with office.services.storage.read() as connection:
        [entry] = await list_audit(connection, subject="call")
    assert (entry.agent_id, entry.action, entry.subject_id) == (None, "exported", leg)
    trail = await (await client_as("dina")).get("/admin/audit?subject=call")
    assert leg in trail.words
    assert f"/calls/{leg}" not in trail.links


async def test_a_call_that_nobody_heard_of_is_refused_with_a_sentence(
    office: Office, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEREZVON_LANGUAGE", "en")
    monkeypatch.setenv("PEREZVON_DATABASE_URL", office.services.settings.database.url)
    assert await asyncio.to_thread(run, ["export-call", "no-such-call"]) == 2
    said = capfd.readouterr()
    assert said.out == ""
    assert "Nothing of what the exchange said of call no-such-call is kept" in said.err
    async with office.services.storage.read() as connection:
        assert await list_audit(connection, subject="call") == []


async def test_a_file_says_itself_which_endpoints_are_phones(
    office: Office,
    told: CallRecord,
    client_as: ClientAs,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever gets the file has another exchange, and other phones."""
    vera = await client_as("vera")
    file = tmp_path / "call.ami"
    file.write_text((await vera.post(f"/calls/{told.call_id}/exchange")).text, newline="")
    monkeypatch.setenv("PEREZVON_EXCHANGE_PHONES", "nothing-like-it")
    assert await asyncio.to_thread(run, ["replay", str(file), "--json"]) == 0
    assert '"direction": "inbound"' in capfd.readouterr().out
