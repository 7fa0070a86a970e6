"""What is told without taking a number apart is what taking it apart would tell."""

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from dialer.compliance.ordinary_numbers import is_ordinary
from dialer.compliance.special_numbers import by_plan

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
EXAMPLES = [
    phonenumbers.format_number(found, PhoneNumberFormat.E164)
    for region in REGIONS
    for kind in PhoneNumberType.values()
    if (found := phonenumbers.example_number_for_type(region, kind)) is not None
]
CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)


def test_no_countrys_costly_number_is_called_ordinary() -> None:
    for number in EXAMPLES:
        assert not is_ordinary(number) or by_plan(number, "RU") is None, number


@settings(max_examples=1_500, deadline=None, derandomize=True, database=None)
@given(st.sampled_from(EXAMPLES), st.data())
def test_nor_is_any_number_near_one(number: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(1, len(number) - 1))
    drawn = data.draw(st.text("0123456789", max_size=2))
    near = number[:place] + drawn + number[place + data.draw(st.integers(0, 2)) :]
    assert not is_ordinary(near) or by_plan(near, "") is None, near


@settings(max_examples=1_500, deadline=None, derandomize=True, database=None)
@given(st.sampled_from(CODES), st.text("0123456789", min_size=4, max_size=12))
def test_nor_any_other_row_of_digits(code: int, digits: str) -> None:
    number = f"+{code}{digits}"
    assert not is_ordinary(number) or by_plan(number, "") is None, number


@pytest.mark.parametrize("region", ["RU", "KZ", "US", "CA", "GB", "DE", "SK", "CZ", "PL", "BY"])
@pytest.mark.parametrize("kind", [PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE])
def test_landlines_and_mobiles_are_told_at_once(region: str, kind: int) -> None:
    found = phonenumbers.example_number_for_type(region, kind)
    assert found is not None
    assert is_ordinary(phonenumbers.format_number(found, PhoneNumberFormat.E164))


@pytest.mark.parametrize("number", ["", "112", "89161234567", "+7\r\n9161234567", "+٧9161234567"])
def test_what_is_no_international_number_is_taken_apart(number: str) -> None:
    assert not is_ordinary(number)
