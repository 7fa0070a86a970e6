"""What `perezvon record` keeps, what it never keeps, and how numbers are masked."""

import io
import re
from datetime import UTC, datetime

import pytest

from telephony.masking import Mask
from telephony.recorder import Recorder
from tests.streams.truth import stream_of

AT = datetime(2026, 11, 22, 10, 30, 15, 250000, tzinfo=UTC)
BANNER = b"Asterisk Call Manager/11.0.0\r\n"
RESPONSE = b"Response: Success\r\nMessage: Authentication accepted\r\n\r\n"
EVENT = b"Event: Hangup\r\nTimestamp: 1795308516.078328\r\nUniqueid: 1795308516.0\r\n\r\n"


def recorded(*chunks: bytes, secrets: tuple[str, ...] = (), mask: Mask | None = None) -> bytes:
    file = io.BytesIO()
    recorder = Recorder(file, secrets=secrets, mask=mask)
    for chunk in chunks:
        recorder.write(chunk, AT)
    return file.getvalue()


def test_an_event_with_a_timestamp_is_kept_byte_for_byte() -> None:
    assert recorded(EVENT) == EVENT


def test_a_block_without_a_timestamp_says_when_it_was_received() -> None:
    assert recorded(BANNER + RESPONSE) == BANNER + RESPONSE.replace(
        b"accepted\r\n", b"accepted\r\nReceived: 1795343415.250000\r\n"
    )


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_how_the_bytes_were_cut_into_reads_does_not_matter(size: int) -> None:
    whole = BANNER + RESPONSE + "CallerIDName: Ёлка\r\n\r\n".encode() + EVENT
    chunks = [whole[i : i + size] for i in range(0, len(whole), size)]
    assert recorded(*chunks) == recorded(whole)


def test_lines_ended_by_lf_alone_stay_so() -> None:
    assert recorded(b"Event: Reload\nModule: x\n\n") == (
        b"Event: Reload\nModule: x\nReceived: 1795343415.250000\n\n"
    )


def test_a_block_cut_off_by_a_lost_link_is_dropped_and_the_next_link_is_kept() -> None:
    assert recorded(EVENT + b"Event: Newcha", BANNER + RESPONSE + EVENT) == (
        EVENT + recorded(BANNER + RESPONSE) + EVENT
    )


def test_a_block_that_never_ends_is_not_kept_in_memory() -> None:
    file = io.BytesIO()
    recorder = Recorder(file)
    for _ in range(70):
        recorder.write(b"x" * 65536, AT)
    recorder.write(b"\r\n\r\n" + EVENT, AT)
    assert file.getvalue().endswith(EVENT)
    assert len(file.getvalue()) < 1024 * 1024


def test_a_secret_is_never_written() -> None:
    told = b"Event: VarSet\r\nValue: the hidden-word is out\r\nTimestamp: 1.2\r\n\r\n"
    kept = recorded(told, secrets=("hidden-word", ""))
    assert kept == told.replace(b"hidden-word", b"********")


def test_a_secret_is_never_written_even_where_it_looks_like_a_number() -> None:
    told = b"Event: VarSet\r\nValue: 1234567890\r\nTimestamp: 1.2\r\n\r\n"
    assert b"1234567890" not in recorded(told, secrets=("1234567890",), mask=Mask(b"k"))


MASK = Mask(b"a key of this recording")


def masked(line: str) -> str:
    return MASK.block(line.encode()).decode()


def test_a_number_keeps_its_length_and_loses_its_last_seven_digits() -> None:
    fake = masked("CallerIDNum: 79161234567")
    assert re.fullmatch(r"CallerIDNum: 7916\d{7}", fake)
    assert fake != "CallerIDNum: 79161234567"


def test_the_same_number_is_the_same_fake_number_everywhere() -> None:
    fake = masked("CallerIDNum: 79161234567").removeprefix("CallerIDNum: ")
    tail = fake[1:]
    assert masked("Exten: 79161234567") == f"Exten: {fake}"
    assert masked("ConnectedLineNum: +79161234567") == f"ConnectedLineNum: +{fake}"
    assert masked("Exten: 89161234567") == f"Exten: 8{tail}"
    assert masked("Channel: Local/79161234567@out-0000001f;1") == (
        f"Channel: Local/{fake}@out-0000001f;1"
    )
    assert masked("DialString: 79161234567@provider") == f"DialString: {fake}@provider"
    assert masked("Value: PJSIP/79161234567@provider,6") == f"Value: PJSIP/{fake}@provider,6"


@pytest.mark.parametrize("around", ["phone{}", "cafe{}", "{}e", "x-{}", "a={};b", "sip:{}@1.2.3.4"])
def test_letters_beside_a_number_do_not_hide_it(around: str) -> None:
    assert "79161234567" not in masked("Value: " + around.format("79161234567"))


def test_a_number_written_with_spaces_keeps_its_punctuation() -> None:
    fake = masked("CallerIDNum: 89161234567").removeprefix("CallerIDNum: ")
    spaced = f"{fake[0]} ({fake[1:4]}) {fake[4:7]}-{fake[7:9]}-{fake[9:]}"
    assert masked("CallerIDName: 8 (916) 123-45-67") == f"CallerIDName: {spaced}"


def test_two_numbers_are_two_fake_numbers() -> None:
    assert masked("Exten: 79161234567") != masked("Exten: 79161234568")


def test_another_key_gives_another_fake_number() -> None:
    other = Mask(b"another").block(b"Exten: 79161234567").decode()
    assert other != masked("Exten: 79161234567")


@pytest.mark.parametrize(
    "line",
    [
        "CallerIDNum: 101",
        "Exten: 74951",
        "Uniqueid: 1795308516.10",
        "DestLinkedid: 1795308516.10",
        "Timestamp: 1795308516.078328",
        "Received: 1795308516.078328",
        "Channel: PJSIP/provider-00000012",
        "Channel: PJSIP/101-12345678",
        "DestChannel: Local/101@reach-00000003;2",
        "BridgeUniqueid: 69ef9228-04db-4f6e-aa47-5b7b526dfd50",
        "AppData: 69ef9228-04db-4f6e-aa47-123456789012,x",
        "RemoteAddress: IPV4/TCP/127.0.0.1/51490",
        "Value: 2026-11-22 10:30:15",
        "Value: 1795308516.10",
        "Variable: CDR(answer,u)=0.000000",
        "Value: ssrc=1234567890;rxjitter=0.000125",
        "Value: 12345678cdc9fd99",
        "LastCall: 1795308516",
        "LoginTime: 1795308516",
        "CallerIDName: Иван 4 Петров",
    ],
)
def test_what_is_no_phone_number_is_left_alone(line: str) -> None:
    assert masked(line) == line


def test_a_masked_stream_of_a_real_exchange_holds_no_real_number_and_all_its_joints() -> None:
    raw = stream_of("queue_ringall_answered")
    kept = recorded(raw, mask=MASK)
    assert b"79161234567" in raw
    for number in (b"9161234567", b"4951000201"):
        assert number not in kept
    for joint in (rb"(?m)^(?:Dest)?(?:Uniqueid|Linkedid|Channel): .*$", rb"(?m)^Timestamp: .*$"):
        assert re.findall(joint, kept) == re.findall(joint, raw)
    assert len(kept) == len(raw)


def test_hostile_blocks_are_recorded_and_masked_without_an_error() -> None:
    hostile = b"\xff\xfe: \x00\r\n:::\r\n\r\n\r\n\r\nEvent\r\n\r\n: 79161234567\r\n\r\n"
    assert b"79161234567" not in recorded(hostile, mask=MASK)
