"""Instants, durations and numbers as each reader expects them."""

from datetime import UTC, datetime, timedelta

import pytest

from web import formats
from web.i18n import Reader, language_of_header, zone_of

EN, RU = Reader("en", "Europe/Moscow"), Reader("ru", "Europe/Moscow")
NOW = datetime(2026, 3, 2, 21, 30, tzinfo=UTC)  # 3 March 00:30 in Moscow


def test_the_day_is_that_of_the_readers_zone() -> None:
    assert formats.moment(EN, NOW, NOW) == "00:30"
    assert formats.moment(Reader("en", "UTC"), NOW, NOW) == "21:30"


def test_near_days_have_names_and_far_ones_dates() -> None:
    assert formats.moment(EN, NOW - timedelta(hours=1), NOW) == "yesterday 23:30"
    assert formats.moment(RU, NOW + timedelta(days=1), NOW) == "завтра 00:30"
    assert formats.moment(RU, NOW + timedelta(days=9), NOW) == "12 мар. 00:30"
    assert "2025" in formats.moment(EN, NOW - timedelta(days=300), NOW)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0:00"), (-5, "0:00"), (7, "0:07"), (59.6, "1:00"), (760, "12:40"), (3723, "1:02:03")],
)
def test_durations_read_like_clocks(seconds: float, shown: str) -> None:
    assert formats.duration(seconds) == shown


def test_numbers_and_words_follow_the_language() -> None:
    assert formats.number(EN, 12345) == "12,345"
    assert formats.number(RU, 12345) == "12\xa0345"
    assert formats.lasting(RU, 300) == "5 минут"
    assert formats.ago(EN, NOW - timedelta(minutes=5), NOW) == "5 minutes ago"


def test_russian_has_three_plural_forms() -> None:
    from web.i18n import translations

    plural = translations("ru").plural  # type: ignore[attr-defined]
    assert [plural(n) for n in (1, 21, 2, 24, 5, 11, 12, 111)] == [0, 0, 1, 1, 2, 2, 2, 2]


@pytest.mark.parametrize(
    ("header", "language"),
    [("ru-RU,ru;q=0.9,en;q=0.8", "ru"), ("en-GB", "en"), ("de,ru;q=0.5", "ru"), ("de", "en"),
     ("", "en"), ("*", "en"), ("ru;q=x", "en"), (";;;,,," * 100, "en"), ("en;q=0.1,ru", "ru")],
)  # fmt: skip
def test_a_guest_reads_the_best_language_his_browser_asks_for(header: str, language: str) -> None:
    assert language_of_header(header, "en") == language


def test_an_unknown_zone_is_utc() -> None:
    for name in ("", "Moscow", "../../etc/passwd", "\0", "x" * 500):
        assert zone_of(name).key == "UTC"


@pytest.mark.parametrize(
    ("reader", "amount", "currency", "shown"),
    [
        (EN, 13_300_00, "RUB", "RUB 13,300"),
        (EN, 13_300_50, "EUR", "€13,300.50"),
        (EN, -5_00, "CHF", "-CHF 5"),
        (EN, 700, "JPY", "¥700"),
        (RU, 13_300_50, "RUB", "13 300,50 ₽"),
        (RU, 1_00, "CHF", "1 CHF"),
    ],
)
def test_money_stands_apart_from_a_currency_written_in_letters(
    reader: Reader, amount: int, currency: str, shown: str
) -> None:
    assert " ".join(formats.money(reader, amount, currency).split()) == shown


@pytest.mark.parametrize(
    ("seconds", "english", "russian"),
    [
        (-5, "1 minute", "1 минута"),
        (1, "1 minute", "1 минута"),
        (3 * 3600, "3 hours", "3 часа"),
        (21 * 3600, "1 day", "1 день"),
        (5 * 86400, "5 days", "5 дней"),
    ],
)
def test_how_long_something_has_been_so_is_a_length_and_no_moment(
    seconds: float, english: str, russian: str
) -> None:
    since = NOW - timedelta(seconds=seconds)
    assert [formats.time_since(each, since, NOW) for each in (EN, RU)] == [english, russian]
