"""Values out of what people type; each refusal beside its field."""

from datetime import UTC, datetime
from enum import StrEnum

import pytest

from crm_core.errors import Conflict, Invalid
from web.forms import Form
from web.i18n import Reader

MOSCOW, BERLIN = Reader(time_zone="Europe/Moscow"), Reader(time_zone="Europe/Berlin")


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


def _code(form: Form, name: str) -> str | None:
    refusal = form.error(name)
    return refusal.code if refusal else None


def test_text_comes_without_blanks_around_it() -> None:
    assert Form.of(name="  Anna \n").text("name") == "Anna"


def test_a_required_text_of_blanks_is_missing() -> None:
    form = Form.of(name="   ")
    form.text("name", required=True)
    assert _code(form, "name") == "required"
    assert not form.ok


def test_a_long_text_is_refused_and_shown_again() -> None:
    form = Form.of(name="x" * 301)
    form.text("name")
    assert form.errors["name"].values == {"limit": 300}
    assert form.value("name") == "x" * 301


@pytest.mark.parametrize(
    ("written", "code"),
    [("", "required"), ("x", "not_a_number"), ("1.5", "not_a_number"), ("-1", "too_small"),
     ("11", "too_large"), ("9" * 40, "not_a_number"), ("--1", "not_a_number")],
)  # fmt: skip
def test_a_number_is_whole_and_between_its_bounds(written: str, code: str) -> None:
    form = Form.of(n=written)
    form.number("n", least=0, most=10)
    assert _code(form, "n") == code


def test_numbers_of_other_scripts_are_numbers() -> None:
    form = Form.of(n="٧")
    assert form.number("n", least=0, most=10) == 7


def test_a_choice_outside_the_list_is_refused() -> None:
    form = Form.of(colour="green")
    assert form.choice("colour", Colour) is Colour.RED
    assert _code(form, "colour") == "not_a_choice"


@pytest.mark.parametrize("written", ["x", "-1", "1e3", "9" * 30, "٧"])
def test_a_record_is_chosen_by_a_plain_number(written: str) -> None:
    form = Form.of(client_id=written)
    assert form.record_id("client_id") is None
    assert _code(form, "client_id") == "not_a_choice"


def test_a_moment_is_in_the_readers_zone() -> None:
    form = Form.of(due_at="2026-03-02T15:30")
    assert form.moment("due_at", MOSCOW) == datetime(2026, 3, 2, 12, 30, tzinfo=UTC)


def test_an_hour_that_the_clocks_leap_over_is_refused() -> None:
    form = Form.of(due_at="2026-03-29T02:30")
    assert form.moment("due_at", BERLIN) is None
    assert _code(form, "due_at") == "no_such_moment"


@pytest.mark.parametrize(
    "written", ["tomorrow", "2026-13-01T10:00", "0001-01-01T00:00", "9999-12-31T23:59:59Zx"]
)
def test_what_is_no_moment_is_refused(written: str) -> None:
    form = Form.of(due_at=written)
    form.moment("due_at", MOSCOW)
    assert _code(form, "due_at") == "not_a_moment"


def test_a_password_is_not_shown_again() -> None:
    form = Form.of(password=" secret ")
    assert form.secret("password") == " secret "
    assert form.value("password") == ""


def test_a_refusal_from_below_stands_beside_its_field_or_over_the_form() -> None:
    form = Form.of()
    form.refused_by(Invalid("login", "login_taken", login="anna"))
    form.refused_by(Conflict("stale"))
    assert _code(form, "login") == "login_taken"
    assert _code(form, "") == "stale"


def test_the_first_refusal_of_a_field_stays() -> None:
    form = Form.of()
    form.refuse("name", "required")
    form.refuse("name", "too_long")
    assert _code(form, "name") == "required"
