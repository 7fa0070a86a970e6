"""Bytes cut into blocks: wherever the network cuts them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony import blocks
from telephony.blocks import (
    KEYS_REMEMBERED,
    BlockReader,
    NotAsterisk,
    read_headers,
    shedding,
)

GREETING = b"Asterisk Call Manager/9.0.0\r\n"
BLOCKS = [f"Event: E{n}\r\nName: Щёлоков {'я' * n}".encode() for n in range(12)]
STREAM = GREETING + b"".join(block + b"\r\n\r\n" for block in BLOCKS)


@given(st.lists(st.integers(0, len(STREAM)), max_size=60))
def test_the_cuts_between_reads_change_nothing(cuts: list[int]) -> None:
    reader = BlockReader()
    edges = [0, *sorted(cuts), len(STREAM)]
    heard: list[bytes] = []
    for start, end in pairwise(edges):
        heard += reader.feed(STREAM[start:end])
    assert heard == BLOCKS
    assert reader.version == "9.0.0"


@given(st.lists(st.integers(0, 4000), max_size=40), st.integers(200, 3000))
def test_a_block_over_the_limit_is_dropped_alone_wherever_it_is_cut(
    cuts: list[int], size: int
) -> None:
    big = b"Event: Big\r\nName: " + b"x" * size
    stream = GREETING + b"\r\n\r\n".join((BLOCKS[0], big, BLOCKS[1], b""))
    reader = BlockReader(limit=150)
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    heard: list[bytes] = []
    for start, end in pairwise(edges):
        heard += reader.feed(stream[start:end])
    assert heard == BLOCKS[:2]
    assert reader.dropped_blocks == 1


def test_the_end_of_a_dropped_block_is_found_wherever_it_is_cut() -> None:
    big = b"Event: Big\r\nName: " + b"x" * 300
    stream = GREETING + big + b"\r\n\r\n" + BLOCKS[1] + b"\r\n\r\n"
    end = len(GREETING + big)
    for first in range(end - 8, end + 5):
        for second in range(first, end + 6):
            for begun in (200, first):  # the skipping begins long before its end, or right there
                reader = BlockReader(limit=150)
                cut = (stream[:begun], stream[begun:first], stream[first:second], stream[second:])
                assert [block for part in cut for block in reader.feed(part)] == [BLOCKS[1]]


def test_an_endless_block_is_not_kept_in_memory() -> None:
    reader = BlockReader(limit=1000)
    reader.feed(GREETING)
    for _ in range(1000):
        assert reader.feed(b"x" * 997) == []
        assert len(reader._rest) <= 1000


@pytest.mark.parametrize("start", [b"SSH-2.0", b"HTTP/1.1 200 OK\r\n", b"\r\n", b"Asterisk Call X"])
def test_another_greeting_is_recognised_before_its_line_ends(start: bytes) -> None:
    with pytest.raises(NotAsterisk):
        BlockReader().feed(start)


def test_a_greeting_without_end_is_none() -> None:
    with pytest.raises(NotAsterisk):
        BlockReader().feed(GREETING[:-2] + b"9" * 300)


@given(st.binary(max_size=3000))
def test_no_bytes_break_the_reading_of_headers(data: bytes) -> None:
    headers = read_headers(data)
    assert all(key == key.lower() for key in headers)


def test_a_flood_of_invented_header_names_is_read_and_not_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known: dict[str, str] = {}
    monkeypatch.setattr(blocks, "_known_keys", known)
    for number in range(3000):
        assert read_headers(f"X-{number}: 1\r\nEvent: E".encode()) == {
            f"x-{number}": "1",
            "event": "E",
        }
    assert read_headers(b"K" * 5000 + b": 1") == {"k" * 5000: "1"}
    assert len(known) == KEYS_REMEMBERED
    assert max(map(len, known)) <= 64


def test_only_names_not_wanted_are_noise() -> None:
    is_noise = shedding(frozenset({"Hangup"}), None)
    assert is_noise(b"Event: HangupRequest\r\nChannel: x")
    assert is_noise(b"Event: Newexten")
    assert not is_noise(b"Event: Hangup\r\nChannel: x")
    assert not is_noise(b"Event: Hangup")
    assert not is_noise(b"Response: Success\r\nActionID: 1")


def test_a_variable_is_judged_by_its_name_and_not_by_its_value() -> None:
    is_noise = shedding(None, frozenset({"AMDSTATUS"}))
    assert not is_noise(b"Event: VarSet\r\nVariable: AMDSTATUS\r\nValue: HUMAN")
    assert is_noise(b"Event: VarSet\r\nVariable: OTHER\r\nValue: Variable: AMDSTATUS")
    hostile = b"Event: VarSet\r\nCallerIDName: Variable: AMDSTATUS\r\nVariable: OTHER"
    assert is_noise(hostile)
    assert is_noise(b"Event: VarSet")
    assert not is_noise(b"Event: Hangup")
