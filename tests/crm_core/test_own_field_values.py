"""What can stand in an own field: read, kept, written back, and read as the same again."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_core.custom_fields.reading import CustomField
from crm_core.custom_fields.types import FieldType
from crm_core.custom_fields.values import MOST_DECIMALS, MOST_DIGITS, editor_of, is_safe_link
from crm_core.errors import Invalid

CHOICES = [{"id": number, "title": f"Choice {number}", "active": True} for number in range(1, 9)]
EMPTY: dict[str, Any] = {"fields": {}}


def field(kind: FieldType) -> CustomField:
    options: dict[str, Any] = {"choices": CHOICES} if "choice" in kind else {}
    options |= {"currency": "EUR"} if kind is FieldType.MONEY else {}
    return CustomField(7, "client", 1, "", "S", kind, "T", "", options, frozenset(), 1, True)


def read(kind: FieldType, written: str) -> Any:
    return editor_of(field(kind)).read("own_7", written, EMPTY)


VALUES: dict[FieldType, st.SearchStrategy[str]] = {
    FieldType.TEXT: st.text(max_size=300),
    FieldType.NUMBER: st.decimals(
        min_value=-(10**MOST_DIGITS) + 1,
        max_value=10**MOST_DIGITS - 1,
        places=MOST_DECIMALS,
        allow_nan=False,
    ).map(lambda number: f"{number:f}"),
    FieldType.MONEY: st.decimals(0, 10**12, places=2).map(str),
    FieldType.DATE: st.dates().map(date.isoformat),
    FieldType.CHOICE: st.sampled_from(["", *(str(each["id"]) for each in CHOICES)]),
    FieldType.CHOICES: st.sets(st.integers(1, 8)).map(lambda ids: ",".join(map(str, ids))),
    FieldType.YES_NO: st.sampled_from(["", "1"]),
    FieldType.LINK: st.sampled_from(
        ["", "example.com", "a@b.example", "+44 20 7946 0000", "https://x.example/?q=1#f"]
    ),
}


@given(st.data(), st.sampled_from(FieldType))
def test_what_is_read_is_written_so_that_it_is_read_the_same_again(
    data: st.DataObject, kind: FieldType
) -> None:
    editor = editor_of(field(kind))
    value = editor.read("own_7", data.draw(VALUES[kind]), EMPTY)
    written = editor.written(value, EMPTY)
    assert editor.read("own_7", written, EMPTY) == value
    kept = json.loads(json.dumps(editor.columns("own_7", value, {"fields": {"9": "x"}})))["fields"]
    assert kept.get("7") == (None if value in ("", []) else value)
    assert kept["9"] == "x"


@given(st.decimals(-(10**9), 10**9, places=6))
def test_a_number_is_kept_exactly_and_without_needless_zeros(number: Decimal) -> None:
    kept = read(FieldType.NUMBER, f"{number:f}")
    assert Decimal(kept) == number
    assert not ("." in kept and kept.endswith(("0", ".")))
    assert kept != "-0"


@pytest.mark.parametrize(
    ("kind", "written", "value"),
    [
        (FieldType.NUMBER, " 1 234,50 ", "1234.5"),
        (FieldType.NUMBER, "−7", "-7"),
        (FieldType.NUMBER, ".5", "0.5"),
        (FieldType.NUMBER, "0", "0"),
        (FieldType.MONEY, "0", 0),
        (FieldType.MONEY, "1 234,5", 123450),
        (FieldType.MONEY, " ", None),
        (FieldType.CHOICES, "3,1,3", [1, 3]),
        (FieldType.LINK, "example.com/a", "https://example.com/a"),
        (FieldType.LINK, "localhost:8080/x", "https://localhost:8080/x"),
        (FieldType.LINK, "anna@example.com", "mailto:anna@example.com"),
        (FieldType.LINK, "+7 (495) 123-45-67", "tel:+74951234567"),
        (FieldType.LINK, "HTTP://Example.com", "HTTP://Example.com"),
    ],
)
def test_people_write_as_they_are_used_to(kind: FieldType, written: str, value: Any) -> None:
    assert read(kind, written) == value


@pytest.mark.parametrize(
    ("kind", "written", "code"),
    [
        (FieldType.TEXT, "x" * 4_001, "too_long"),
        (FieldType.NUMBER, "twelve", "not_a_number"),
        (FieldType.NUMBER, "1e9", "not_a_number"),
        (FieldType.NUMBER, "1,234.5", "not_a_number"),
        (FieldType.NUMBER, "9" * 16, "too_long"),
        (FieldType.NUMBER, "0.1234567", "too_long"),
        (FieldType.MONEY, "-1", "not_an_amount"),
        (FieldType.MONEY, "0.001", "amount_too_fine"),
        (FieldType.DATE, "31.12.2025", "not_a_day"),
        (FieldType.DATE, "2025-02-30", "not_a_day"),
        (FieldType.CHOICE, "99", "not_a_choice"),
        (FieldType.CHOICE, "1,2", "not_a_choice"),
        (FieldType.CHOICES, "1,x", "not_a_choice"),
        (FieldType.LINK, "javascript:alert(1)", "link_bad"),
        (FieldType.LINK, "JaVaScRiPt:alert(1)", "link_bad"),
        (FieldType.LINK, "data:text/html,x", "link_bad"),
        (FieldType.LINK, "ftp://example.com", "link_bad"),
        (FieldType.LINK, "https://", "link_bad"),
        (FieldType.LINK, "https:///path", "link_bad"),
        (FieldType.LINK, "https://[bad", "link_bad"),
        (FieldType.LINK, "two words", "link_bad"),
    ],
)
def test_what_cannot_stand_there_is_refused_by_a_code(
    kind: FieldType, written: str, code: str
) -> None:
    with pytest.raises(Invalid, match=code) as refused:
        read(kind, written)
    assert refused.value.field == "own_7"


@given(st.text(max_size=60))
def test_no_text_at_all_becomes_a_link_that_is_not_safe_to_follow(written: str) -> None:
    try:
        kept = read(FieldType.LINK, written)
    except Invalid:
        return
    assert kept is None or is_safe_link(kept)
    assert kept is None or kept.lower().startswith(("http:", "https:", "mailto:", "tel:"))
