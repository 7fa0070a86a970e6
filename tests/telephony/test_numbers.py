"""One number is found however it was written, and nothing else is taken for it."""

import string
import sys

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat as Form

from telephony.numbers import dialable, is_anonymous, normalise, readable, split_written

MOBILE = "+79161234567"


@pytest.mark.parametrize(
    "written",
    [
        "+79161234567",
        "+7 916 123-45-67",
        "8 (916) 123-45-67",
        "89161234567",
        "79161234567",
        "0079161234567",
        "00 7 916 123 45 67",
        "916 123 45 67",
        "9161234567",
        "(916)1234567",
        "+7(916)123.45.67",
        "+8 (916) 123-45-67",
        "+89161234567",
        "+7 (8916) 123-45-67",
        "8\u00a0916\u00a0123\u201345\u201367",
        "8 916 123\u201145\u201267",
        "８（９１６）１２３－４５－６７",
        "＋７９１６１２３４５６７",
        "\u200e+7 916 123 45 67\u202c",
        "٠٠٧٩١٦١٢٣٤٥٦٧",
        "tel:+7-916-123-45-67",
        "sip:+79161234567@provider.example;user=phone",
        "sip:89161234567@192.0.2.7:5060",
        '"Иван" <sip:%2B79161234567@provider.example>',
        "Иван <89161234567>",
        "моб. 8-916-123-45-67",
        "  8 916 123 45 67  ",
        "8 916 1234567",
    ],
)
def test_all_writings_of_a_mobile_are_one_number(written: str) -> None:
    number = normalise(written, "RU")
    assert (number.e164, number.extension, number.valid) == (MOBILE, "", True)
    assert (number.digits, number.last_digits, number.key) == ("79161234567", "1234567", MOBILE)


@pytest.mark.parametrize(
    "written",
    [
        "8 (495) 123-45-67 доб. 12",
        "8 (495) 123-45-67 доб.12",
        "8 (495) 123-45-67 (доб. 12)",
        "8 (495) 123-45-67, добавочный 12",
        "+7 495 123-45-67 вн. 12",
        "+7 495 123-45-67 внутр. 12",
        "+74951234567 ext 12",
        "+74951234567 ext. 12",
        "+74951234567 Extension: 12",
        "+74951234567x12",
        "+74951234567 #12",
        "84951234567,,12",
        "84951234567,12",
        "84951234567p12",
        "tel:+74951234567;ext=12",
    ],
)
def test_an_extension_is_kept_apart_from_the_number(written: str) -> None:
    number = normalise(written, "RU")
    assert (number.e164, number.extension) == ("+74951234567", "12")


@pytest.mark.parametrize(
    ("written", "e164"),
    [
        ("8-800-555-35-35", "+78005553535"),
        ("+8 (495) 123-45-67", "+74951234567"),
        ("+8 495 123 45 67", "+74951234567"),
        ("8 10 49 30 123456", "+4930123456"),
        ("+49 (0)30 123456", "+4930123456"),
        ("0049 30 123456", "+4930123456"),
        ("375291234567", "+375291234567"),
        ("+81 3 1234 5678", "+81312345678"),
        ("+81312345678", "+81312345678"),
        ("+84 96 123 45 67", "+84961234567"),
    ],
)
def test_a_number_typed_in_russia_may_be_of_anywhere(written: str, e164: str) -> None:
    assert normalise(written, "RU").e164 == e164


@pytest.mark.parametrize("written", ["101", "112", "02", "10101", "sip:101@pbx", "*101", "#101"])
def test_the_office_own_numbers_stay_as_they_are(written: str) -> None:
    number = normalise(written, "RU")
    assert (number.e164, number.valid) == (None, False)
    assert number.digits == number.key == "".join(c for c in written if c.isdigit())


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("123-45-67", "1234567"),
        ("+7 000 000 00 00", "70000000000"),
        ("8 916 123 45", "891612345"),
        ("1" * 60, "1" * 32),
        ("1.23E+11", "12311"),
    ],
)
def test_an_invalid_number_is_still_found_by_its_digits(written: str, digits: str) -> None:
    number = normalise(written, "RU")
    assert (number.e164, number.valid, number.digits) == (None, False, digits)
    assert number.last_digits == digits[-7:]


@pytest.mark.parametrize("written", ["", "   ", "нет", "sip:192.0.2.7", "anna@pbx", "\x00\ud800"])
def test_what_holds_no_number_gives_none(written: str) -> None:
    assert normalise(written, "RU").key == ""


@pytest.mark.parametrize(
    "shown",
    [
        *("", "  ", "anonymous", "Anonymous", "UNKNOWN", "<unknown>", "restricted", "Private"),
        *("unavailable", "withheld", "sip:anonymous@anonymous.invalid", "0", "0000000", "+000"),
        *("Скрытый номер", "не определён", "asterisk", "+266696687", "\u00a0"),
    ],
)
def test_a_hidden_caller_is_anonymous(shown: str) -> None:
    assert is_anonymous(shown)


@pytest.mark.parametrize("shown", ["101", "+79161234567", "8 800 200 00 00", "anna", "02"])
def test_a_caller_who_shows_something_is_not_anonymous(shown: str) -> None:
    assert not is_anonymous(shown)


@pytest.mark.parametrize(
    ("cell", "numbers"),
    [
        ("8 495 123-45-67, 8 916 123-45-67", ["8 495 123-45-67", "8 916 123-45-67"]),
        ("84951234567; +79161234567", ["84951234567", "+79161234567"]),
        ("84951234567/89161234567", ["84951234567", "89161234567"]),
        ("84951234567\n89161234567", ["84951234567", "89161234567"]),
        ("+74951234567 +79161234567", ["+74951234567", "+79161234567"]),
        ("8 495 123 45 67 8 916 123 45 67", ["8 495 123 45 67", "8 916 123 45 67"]),
        ("84951234567 или 89161234567", ["84951234567", "89161234567"]),
        ("84951234567,,12", ["84951234567,,12"]),
        ("8 495 123-45-67 доб. 12, 89161234567", ["8 495 123-45-67 доб. 12", "89161234567"]),
        ("8 916 123-45-67", ["8 916 123-45-67"]),
        ("нет телефона", []),
        ("", []),
    ],
)
def test_a_cell_with_several_numbers_is_taken_apart(cell: str, numbers: list[str]) -> None:
    assert split_written(cell) == numbers


def test_a_short_tail_after_a_number_is_its_extension() -> None:
    (only,) = split_written("84951234567 / 12")
    assert normalise(only, "RU").extension == "12"


@pytest.mark.parametrize(
    ("number", "country", "shown"),
    [
        (MOBILE, "RU", "8 (916) 123-45-67"),
        (MOBILE, "DE", "+7 916 123-45-67"),
        ("+12125550123", "US", "(212) 555-0123"),
        ("101", "RU", "101"),
        ("1234567", "RU", "1234567"),
        ("+7000", "RU", "+7000"),
        ("", "RU", ""),
    ],
)
def test_a_number_is_shown_as_people_there_write_it(number: str, country: str, shown: str) -> None:
    assert readable(number, country) == shown


@pytest.mark.parametrize(
    ("number", "country", "dialled"),
    [
        (MOBILE, "RU", "89161234567"),
        ("+4930123456", "RU", "8104930123456"),
        (MOBILE, "DE", "0079161234567"),
        ("+12125550123", "US", "12125550123"),
        ("101", "RU", "101"),
    ],
)
def test_a_number_is_dialled_as_from_that_country(number: str, country: str, dialled: str) -> None:
    assert dialable(number, country) == dialled


COUNTRIES = ["RU", "KZ", "BY", "UA", "DE", "GB", "US", "FR", "IT", "TR", "IL", "CN", "BR"]


@st.composite
def valid_numbers(draw: st.DrawFn) -> tuple[str, str]:
    """A country and a valid E.164 number of it, near the country's example numbers."""
    country = draw(st.sampled_from(COUNTRIES))
    kind = draw(st.sampled_from([0, 1]))  # fixed line, mobile
    example = phonenumbers.example_number_for_type(country, kind)
    assert example is not None
    e164 = phonenumbers.format_number(example, Form.E164)
    tail = draw(st.text(alphabet=string.digits, min_size=4, max_size=4))
    changed = phonenumbers.parse(e164[:-4] + tail, None)
    if not phonenumbers.is_valid_number(changed):
        changed = example
    return country, phonenumbers.format_number(changed, Form.E164)


DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2212\uff0d"
SPACES = " \u00a0\u2009\u202f\u3000"
FULL_WIDTH = str.maketrans("0123456789+()-", "０１２３４５６７８９＋（）－")


@st.composite
def writings(draw: st.DrawFn, country: str, e164: str) -> str:
    """One of the ways in which people and programs write this number."""
    parsed = phonenumbers.parse(e164, None)
    written = draw(
        st.sampled_from(
            [
                e164,
                e164[1:] if country == "RU" else e164,
                "00" + e164[1:],
                phonenumbers.format_number(parsed, Form.INTERNATIONAL),
                phonenumbers.format_number(parsed, Form.NATIONAL),
                phonenumbers.format_number(parsed, Form.RFC3966),
                f"sip:{e164}@provider.example",
                f"  ({phonenumbers.format_number(parsed, Form.INTERNATIONAL)})",
            ]
        )
    )
    if not written.startswith(("sip:", "tel:")):
        written = written.replace("-", draw(st.sampled_from(DASHES)))
        written = written.replace(" ", draw(st.sampled_from(SPACES)))
        if draw(st.booleans()):
            written = written.translate(FULL_WIDTH)
    return written


@given(st.data())
def test_any_valid_number_survives_any_writing(data: st.DataObject) -> None:
    country, e164 = data.draw(valid_numbers())
    written = data.draw(writings(country, e164))
    assert normalise(written, country).e164 == e164


@given(st.data())
def test_a_normalised_number_normalises_to_itself_and_can_be_dialled(data: st.DataObject) -> None:
    country, e164 = data.draw(valid_numbers())
    assert normalise(e164, country).key == e164
    assert normalise(readable(e164, country), country).e164 == e164
    assert normalise(dialable(e164, country), country).e164 == e164


@given(st.text(max_size=300), st.sampled_from([*COUNTRIES, "", "??"]))
def test_no_text_at_all_breaks_it(text: str, country: str) -> None:
    number = normalise(text, country)
    assert set(number.digits) <= set(string.digits)
    assert len(number.digits) <= 32
    assert number.valid == (number.e164 is not None)
    assert isinstance(is_anonymous(text), bool)
    for part in split_written(text):
        assert part


def test_the_heavy_parts_of_the_library_are_never_loaded() -> None:
    loaded = {"phonenumbers.geocoder", "phonenumbers.carrier"} & set(sys.modules)
    assert not loaded
