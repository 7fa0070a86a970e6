"""Consents out of somebody else's books: problems are told before anything is kept."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_core.clients.records import Clients
from crm_core.clock import ManualClock
from crm_core.errors import Forbidden
from crm_core.storage.engine import Storage
from dialer.consents import importing
from dialer.consents.importing import COLUMNS, ConsentImport, read_rows
from dialer.consents.records import Consents
from dialer.consents.registry import list_consents
from tests.cast import Cast

MOSCOW = ZoneInfo("Europe/Moscow")
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
PAVEL, IVAN = "8 903 765-43-21", "+79161234567"


def row(number: str = PAVEL, given_at: str = "01.02.2026 10:30", **more: str) -> dict[str, str]:
    return {"number": number, "given_at": given_at, "evidence": "sheet 4", **more}


def test_dates_are_read_as_people_write_them_and_are_of_their_zone() -> None:
    written = ("01.02.2026 10:30", "2026-02-01T10:30", "2026-02-01 07:30+00:00")
    preview = read_rows([row(given_at=each, evidence=each) for each in written], "RU", MOSCOW, NOW)
    (read,) = preview.rows  # the same consent three times
    assert (read.given_at, read.e164) == (datetime(2026, 2, 1, 7, 30, tzinfo=UTC), "+79037654321")
    assert (read.purpose, read.channel, preview.problems) == ("calls", "import", ())


@pytest.mark.parametrize(
    ("written", "field", "code"),
    [
        (row(number=""), "number", "required"),
        (row(number="nobody"), "number", "number_not_valid"),
        (row(given_at=""), "given_at", "required"),
        (row(given_at="31.02.2026"), "given_at", "not_a_moment"),
        (row(given_at="0001-01-01T00:00"), "given_at", "not_a_moment"),
        (row(given_at="2026-03-02T12:01"), "given_at", "in_future"),
        (row(expires_at="2026-01-01"), "expires_at", "ends_before_it_begins"),
        (row(evidence=" "), "evidence", "required"),
        (row(purpose="dances"), "purpose", "not_a_choice"),
        (row(channel="pigeon"), "channel", "not_a_choice"),
        ({}, "number", "required"),
    ],
)
def test_a_row_that_says_too_little_is_told_by_line_and_column(
    written: dict[str, str], field: str, code: str
) -> None:
    preview = read_rows([row(), written], "RU", MOSCOW, NOW)
    assert len(preview.rows) == 1
    assert [(each.line, each.field, each.code) for each in preview.problems] == [(2, field, code)]


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from((*COLUMNS, "x")),
            st.one_of(
                st.text(), st.integers(), st.none(), st.floats(), st.dates().map(str),
                st.datetimes().map(str), st.sampled_from([PAVEL, IVAN, "calls", "WEB_FORM"]),
            ),
        )
    )
)  # fmt: skip
def test_no_row_is_so_strange_that_it_is_not_told_in_words(rows: list[dict[str, object]]) -> None:
    preview = read_rows(rows, "RU", MOSCOW, NOW)
    lines = {each.line for each in preview.rows} | {each.line for each in preview.problems}
    assert lines <= set(range(1, len(rows) + 1))
    assert all(each.given_at <= NOW for each in preview.rows)


async def test_rows_are_given_to_the_client_whose_number_it_is_once(
    storage: Storage, clock: ManualClock, cast: Cast, registry: Consents, wording: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(importing, "IN_ONE_WRITE", 2)
    await Clients(storage, clock, "RU").create(cast.dina, name="Twin", number=IVAN)
    rows = [row(), row(IVAN), row("+79990000000"), row(purpose="recording"), row("oops")]
    preview = read_rows(rows, "RU", MOSCOW, clock.now())
    keeping = ConsentImport(storage, registry)
    with pytest.raises(Forbidden):
        await keeping.run(cast.anna, preview, wording)
    done = await keeping.run(cast.vera, preview, wording)
    assert (done.kept, done.known) == (2, 0)
    assert [(each.line, each.code) for each in done.problems] == [
        (2, "client_ambiguous"),
        (3, "client_unknown"),
        (5, "number_not_valid"),
    ]
    again = await keeping.run(cast.vera, preview, wording)
    assert (again.kept, again.known) == (0, 2)
    async with storage.read() as connection:
        kept = await list_consents(connection, cast.vera, clock.now())
    assert {(each.client_id, each.purpose, each.channel) for each in kept} == {
        (cast.pavel, "calls", "import"),
        (cast.pavel, "recording", "import"),
    }
