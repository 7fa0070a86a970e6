"""What is never dialled: emergency, short, dear and own numbers."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.compliance.permission import Refused
from dialer.compliance.special_numbers import special


@pytest.mark.parametrize(
    ("number", "country", "reason"),
    [
        ("112", "RU", Refused.EMERGENCY),
        ("101", "RU", Refused.EMERGENCY),
        ("911", "US", Refused.EMERGENCY),
        ("911", "", Refused.EMERGENCY),
        ("999", "GB", Refused.EMERGENCY),
        ("112", "ZZ", Refused.EMERGENCY),
        ("+7112", "", Refused.EMERGENCY),
        ("+1911", "US", Refused.EMERGENCY),
        ("0611", "RU", Refused.SHORT),
        ("12345", "SK", Refused.SHORT),
        ("+78091234567", "RU", Refused.PREMIUM),
        ("+19002345678", "US", Refused.PREMIUM),
        ("+449012345678", "GB", Refused.PREMIUM),
        ("+447012345678", "GB", Refused.PREMIUM),  # personal: dear
        ("+4919001234567", "DE", Refused.NOT_VALID),
        ("+78001234567", "RU", Refused.PREMIUM),  # freephone: the called party pays
        ("+18005551234", "US", Refused.PREMIUM),
        ("+79161234567", "RU", None),
        ("+79161234567", "", None),
        ("+12125551234", "RU", None),
        ("89161234567", "RU", None),
        ("+50051234", "", None),  # Falkland Islands: five digits are a whole number there
        ("", "RU", Refused.NOT_VALID),
        ("+", "RU", Refused.NOT_VALID),
        ("call me\r\nOriginate", "RU", Refused.NOT_VALID),
        ("+7916123456789012345", "RU", Refused.NOT_VALID),
    ],
)
def test_a_number_is_told_by_the_plan_of_its_country(
    number: str, country: str, reason: Refused | None
) -> None:
    assert special(number, country) == reason


def test_the_office_never_dials_itself() -> None:
    own = {"+74951234567", "101"}
    assert special("+74951234567", "RU", own) is Refused.OWN
    assert special("101", "RU", own) is Refused.OWN
    assert special("+74951234568", "RU", own) is None


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.text(max_size=25) | st.from_regex(r"\+?[0-9]{0,20}", fullmatch=True))
def test_nothing_that_is_written_as_a_number_is_too_much(number: str) -> None:
    special(number, "RU")
    special(number, "")
