"""Whatever comes over the wire: whole, in order, and never fatal."""

import asyncio
import copy
import pickle
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from telephony.ami import AmiMessage, LinkDown, LinkUp
from tests.telephony.fake_ami import block, event, fake_ami
from tests.telephony.talk import ARRIVAL, QUICK, connected, eventually, talk


async def test_a_cyrillic_name_split_between_reads_keeps_every_letter() -> None:
    async with connected() as talking:
        await talking.fake.line.trickle(event("Newchannel", CallerIDName="Щербакова Ёлка"))
        heard = await talking.event("Newchannel")
        assert heard.headers["calleridname"] == "Щербакова Ёлка"


async def test_an_exception_over_one_block_costs_neither_the_link_nor_the_rest(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected() as talking:
        take = talking.client._take

        def choke(message: AmiMessage) -> None:
            if message.name == "Poison":
                raise RuntimeError("a listener broke")
            take(message)

        link = talking.client._link
        assert link is not None
        monkeypatch.setattr(link, "_take", choke)
        await talking.fake.line.write(event("Poison") + event("Hangup", Cause="16"))
        assert (await talking.event("Hangup")).headers["cause"] == "16"
        assert talking.client.connected
        assert "was skipped" in caplog.text


async def test_a_recorder_that_fails_stops_no_event() -> None:
    def full_disk(data: bytes, at: datetime) -> None:
        raise OSError("no space left")

    async with connected(raw=full_disk) as talking:
        await talking.fake.line.write(event("Hangup"))
        await talking.event("Hangup")


async def test_the_recorder_gets_every_byte_and_never_the_secret() -> None:
    seen: list[bytes] = []
    async with connected(raw=lambda data, at: seen.append(data)) as talking:
        await talking.fake.line.write(event("VarSet", Value="шум"))
        await talking.event("VarSet")
    stream = b"".join(seen)
    assert stream.startswith(b"Asterisk Call Manager/9.0.0\r\n")
    assert event("VarSet", Value="шум") in stream
    assert b"let me in" not in stream


async def test_events_come_out_in_the_order_of_the_wire() -> None:
    async with connected() as talking:
        numbers = [str(number) for number in range(2000)]
        await talking.fake.line.write(b"".join(event("Newstate", N=number) for number in numbers))
        heard = [(await talking.event("Newstate")).headers["n"] for _ in numbers]
        assert heard == numbers


async def test_events_between_login_and_boot_come_after_link_up() -> None:
    async with fake_ami() as fake, talk(fake, up=False) as talking:

        async def early(line: object, request: dict[str, str]) -> None:
            await fake.line.respond(request)
            await fake.line.write(event("Newchannel", N="1") + event("FullyBooted"))

        fake.answers["Login"] = early
        assert isinstance(await talking.next(), LinkUp)
        first = await talking.next()
        assert isinstance(first, AmiMessage)
        assert first.name == "Newchannel"


async def test_the_first_of_two_equal_headers_wins_and_keys_are_lower_case() -> None:
    async with connected() as talking:
        forged = block(("Event", "Hangup"), ("Cause", "16"), ("cause", "26"))
        await talking.fake.line.write(forged)
        heard = await talking.event("Hangup")
        assert dict(heard.headers) == {"event": "Hangup", "cause": "16"}


async def test_every_channel_variable_of_a_status_is_kept() -> None:
    async with connected() as talking:
        status = block(
            ("Event", "Status"),
            ("Variable", "CDR(start,u)=1763771234.1"),
            ("Variable", "CDR(answer,u)=1763771239.7"),
        )
        await talking.fake.line.write(status)
        heard = (await talking.event("Status")).headers
        assert heard["variable(cdr(start,u))"] == "1763771234.1"
        assert heard["variable(cdr(answer,u))"] == "1763771239.7"


async def test_the_timestamp_says_when_and_the_lag_is_measured() -> None:
    async with connected() as talking:
        stamp = ARRIVAL.timestamp() - 7.5
        await talking.fake.line.write(event("Hangup", Timestamp=f"{stamp:.6f}"))
        heard = await talking.event("Hangup")
        assert heard.at == datetime.fromtimestamp(stamp, UTC)
        assert heard.received_at == ARRIVAL
        assert talking.client.lag_seconds == pytest.approx(7.5, abs=1e-3)


@pytest.mark.parametrize("stamp", ["", "soon", "nan", "inf", "1e300", "-1e18"])
async def test_a_timestamp_that_is_none_gives_way_to_the_arrival(stamp: str) -> None:
    async with connected() as talking:
        await talking.fake.line.write(event("Hangup", Timestamp=stamp))
        assert (await talking.event("Hangup")).at == ARRIVAL


async def test_a_header_of_a_megabyte_is_dropped_and_the_link_lives(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with connected() as talking:
        await talking.fake.line.write(event("Newchannel", CallerIDName="Ы" * 500_000))
        await talking.fake.line.write(event("Hangup"))
        first = await talking.hear(AmiMessage)
        while first.name == "FullyBooted":
            first = await talking.hear(AmiMessage)
        assert first.name == "Hangup"
        assert talking.client.connected
        assert "was dropped" in caplog.text


async def test_bytes_that_are_no_utf8_spoil_one_value_only() -> None:
    async with connected() as talking:
        spoilt = b"Event: Newchannel\r\nCallerIDName: \xff\xfe\xe8\r\nExten: 101\r\n\r\n"
        await talking.fake.line.write(spoilt)
        heard = await talking.event("Newchannel")
        assert heard.headers["calleridname"] == "\ufffd\ufffd\ufffd"
        assert heard.headers["exten"] == "101"


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        "=cmd|' /C calc'!A0",
        "a: b: c",
        "строка\u2028и\x85ещё\x0b\x0c",
        "'; DROP TABLE calls; --",
        "\u202eтекст справа налево",
        "  пробелы  ",
        "Иван\nCause: 26\rExten: 911",
    ],
)
async def test_a_hostile_name_is_only_a_name(name: str) -> None:
    async with connected() as talking:
        await talking.fake.line.write(event("Newchannel", CallerIDName=name, Exten="101"))
        heard = await talking.event("Newchannel")
        assert heard.headers["calleridname"] == name
        assert heard.headers["exten"] == "101"


async def test_garbage_between_blocks_is_passed_over() -> None:
    async with connected() as talking:
        garbage = b"\r\n\r\n\r\nno colon at all\r\n\r\n: \r\n\r\nKey: but no event\r\n\r\n"
        await talking.fake.line.write(garbage + event("Hangup"))
        await talking.event("Hangup")
        assert talking.client.connected


async def test_a_response_nobody_asked_for_is_no_event() -> None:
    async with connected() as talking:
        stray = block(("Response", "Success"), ("ActionID", "someone/else"), ("Message", "ok"))
        await talking.fake.line.write(stray + event("Hangup"))
        while (heard := await talking.hear(AmiMessage)).name == "FullyBooted":
            pass
        assert heard.name == "Hangup"


async def test_noise_is_shed_by_name_and_by_variable() -> None:
    wanted = frozenset({"Hangup", "VarSet"})
    variables = frozenset({"AMDSTATUS"})
    async with connected(wanted=wanted, wanted_variables=variables) as talking:
        await talking.fake.line.write(
            event("RTCPSent")
            + event("VarSet", Variable="NOISE", Value="1")
            + event("VarSet", Variable="AMDSTATUS", Value="HUMAN")
            + event("HangupRequest")
            + event("Hangup")
        )
        heard: list[str] = []
        while "Hangup" not in heard:
            heard.append((await talking.hear(AmiMessage)).name)
        assert [name for name in heard if name != "FullyBooted"] == ["VarSet", "Hangup"]


async def test_what_leaves_the_client_is_plain_data() -> None:
    async with connected() as talking:
        await talking.fake.line.write(event("Hangup", Cause="16"))
        heard = await talking.event("Hangup")
        assert pickle.loads(pickle.dumps(heard)) == copy.deepcopy(heard) == heard
        assert not hasattr(heard, "anything_else")
        assert "anything_else" not in heard.headers


async def test_a_consumer_hopelessly_behind_gets_a_fresh_link_instead_of_a_full_memory() -> None:
    async with connected(backlog_limit=100) as talking:
        first = talking.fake.line
        await first.write(event("Newstate") * 500)
        await eventually(lambda: len(talking.fake.lines) == 2 and talking.client.connected)
        assert talking.client.backlog < 100
        down = await talking.hear(LinkDown)
        assert down.reason == "fell_behind"
        await talking.hear(LinkUp)


async def test_what_was_thrown_away_unread_counts_as_not_heard() -> None:
    """The time to be read from the exchange's own log begins with it."""
    async with connected(backlog_limit=100) as talking:
        talking.client._now = lambda: ARRIVAL + timedelta(hours=1)  # what comes is of ARRIVAL
        await talking.fake.line.write(event("Newstate") * 500)
        await eventually(lambda: len(talking.fake.lines) == 2 and talking.client.connected)
        assert (await talking.hear(LinkDown)).at == ARRIVAL
        assert talking.client.unread_since == ARRIVAL + timedelta(hours=1)  # the new link itself


async def test_the_socket_is_drained_however_far_behind_the_consumer_is() -> None:
    async with connected() as talking:
        await talking.fake.line.write(event("Newstate", Channel="PJSIP/101-00000001") * 20_000)
        await eventually(lambda: talking.client.backlog >= 20_000)
        assert talking.fake.line.writer.transport.get_write_buffer_size() == 0


async def test_a_boot_that_is_never_announced_is_not_waited_for_for_ever() -> None:
    async with fake_ami() as fake:

        async def quiet(line: object, request: dict[str, str]) -> None:
            await fake.line.respond(request)

        fake.answers["Login"] = quiet
        async with talk(fake, patience=replace(QUICK, boot_grace_seconds=0.05)) as talking:
            assert talking.client.connected


async def test_nothing_is_up_before_asterisk_has_booted() -> None:
    async with fake_ami() as fake:
        booting = asyncio.Event()

        async def slow(line: object, request: dict[str, str]) -> None:
            await fake.line.respond(request)
            booting.set()

        fake.answers["Login"] = slow
        async with talk(fake, up=False) as talking:
            await booting.wait()
            for number in range(1, 20):
                await fake.line.write(event("Newstate"))
                await eventually(lambda number=number: len(talking.client._early) >= number)  # type: ignore[misc]
            assert not talking.client.connected
            assert [request["Action"] for request in fake.line.heard] == ["Login"]
            await fake.line.write(event("FullyBooted"))
            assert (await talking.hear(LinkUp)).version == "22.10.1"
