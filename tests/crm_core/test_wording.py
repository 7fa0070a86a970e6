"""Whatever people send is made fit to keep, or refused by field and code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_core.errors import Invalid, NotFound
from crm_core.wording import LARGEST_ID, existing_id, line, paragraphs, whole


@given(st.text(alphabet=st.characters(), max_size=200))
def test_any_text_becomes_one_line_that_every_database_can_hold(written: str) -> None:
    kept = line("name", written, limit=1000, required=False)
    assert kept == kept.strip()
    assert not set(kept) & set("\n\r\t\0\x1b\u2028\u2029")
    assert kept.encode("utf-8").decode("utf-8") == kept
    assert line("name", kept, limit=1000, required=False) == kept


def test_several_lines_keep_their_ends_and_lose_what_cannot_be_stored() -> None:
    kept = paragraphs("note", "  first\r\nsecond\rthird\0\ttab \ud800 \n", limit=100)
    assert kept == "first\nsecond\nthird \ttab ?"


@pytest.mark.parametrize(
    ("written", "code"), [("", "required"), (" \u2028\t", "required"), ("x" * 11, "too_long")]
)
def test_a_line_is_neither_empty_nor_too_long(written: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        line("name", written, limit=10)
    assert (refused.value.field, refused.value.code) == ("name", code)


@pytest.mark.parametrize("value", [0, 11, -1, 10**30, True])
def test_a_number_out_of_its_bounds_is_refused_with_them(value: int) -> None:
    with pytest.raises(Invalid) as refused:
        whole("seconds", value, least=1, most=10)
    assert refused.value.values == {"least": 1, "most": 10}


def test_a_key_that_no_row_can_have_is_not_found() -> None:
    assert existing_id(LARGEST_ID) == LARGEST_ID
    for impossible in (0, -1, LARGEST_ID + 1):
        with pytest.raises(NotFound):
            existing_id(impossible)
