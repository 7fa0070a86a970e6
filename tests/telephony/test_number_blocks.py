"""The numbers of an office: single ones and blocks in a row; nonsense is no number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.number_blocks import numbers_of
from telephony.numbers import normalise


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        ("+7 495 123-45-67", {"+74951234567"}),
        ("8 (495) 123-45-67", {"+74951234567"}),
        ("+1 202 555 0123", {"+12025550123"}),
        ("+7 495 123-45-6x", {f"+7495123456{n}" for n in range(10)}),
        ("+7495123456Х", {f"+7495123456{n}" for n in range(10)}),  # Cyrillic
        ("+7 495 123-4X-XX", {f"+74951234{n:03d}" for n in range(1000)}),
        ("+7 495 123-45-xx", {f"+749512345{n:02d}" for n in range(100)}),
    ],
)
def test_a_number_or_a_block_of_them_is_understood(written: str, numbers: set[str]) -> None:
    assert numbers_of(written, "RU") == numbers


@pytest.mark.parametrize(
    "written",
    [
        "",
        "x",
        "xx",
        "101",
        "10x",
        "hello",
        "+7 495 1x3-45-67",
        "+7 495 12x-xx-xx",
        "+7 495 123-45-x",
    ],
)
def test_nonsense_is_no_number(written: str) -> None:
    with pytest.raises(ValueError):
        numbers_of(written, "RU")


@given(st.text(alphabet="+7 495xхX()-12;\n\x00é", max_size=30))
def test_whatever_is_written_is_refused_or_good_numbers(written: str) -> None:
    try:
        found = numbers_of(written, "RU")
    except ValueError:
        return
    assert len(found) in (1, 10, 100, 1000, 10_000)
    assert normalise(min(found), "RU").e164 == min(found)
    assert len({len(each) for each in found}) == 1
