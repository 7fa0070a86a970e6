"""perezvon.toml and PEREZVON_*: what is understood, and what is said when something is not."""

from dataclasses import fields
from pathlib import Path

import pytest

from telephony.flight.settings import FlightSettings
from telephony.settings import TelephonySettings
from web.i18n import Reader
from web.refusals import SettingsRefused
from web.settings import (
    EXCHANGE_ABOUT,
    DatabaseSettings,
    HttpSettings,
    OfficeSettings,
    Settings,
    list_settings,
    settings_table,
)
from web.settings_reading import find_file, read_settings


def _read(tmp_path: Path, text: str, **environ: str) -> Settings:
    path = tmp_path / "perezvon.toml"
    path.write_text(text, encoding="utf-8")
    return read_settings(path, environ, simulated=False)


def test_without_anything_the_defaults_hold() -> None:
    assert read_settings(None, {}, simulated=False) == Settings()


def test_the_file_is_read_section_by_section(tmp_path: Path) -> None:
    settings = _read(
        tmp_path,
        '[exchange]\nhost = "pbx"\nport = 5039\ntls = true\nkeepalive_seconds = 5\n'
        '[http]\nport = 0\npublic_url = "https://crm.example.com"\n'
        '[office]\nlanguage = "ru"\ntime_zone = "Europe/Moscow"\n',
    )
    assert (settings.exchange.host, settings.exchange.port, settings.exchange.tls) == (
        "pbx",
        5039,
        True,
    )
    assert settings.exchange.keepalive_seconds == 5.0
    assert settings.http.secure
    assert settings.office.time_zone == "Europe/Moscow"


def test_the_environment_outweighs_the_file(tmp_path: Path) -> None:
    settings = _read(
        tmp_path,
        '[exchange]\nhost = "pbx"\nport = 5039\n',
        PEREZVON_EXCHANGE_HOST="other",
        PEREZVON_EXCHANGE_TLS="yes",
        HOME="/root",
    )
    assert (settings.exchange.host, settings.exchange.port) == ("other", 5039)
    assert settings.exchange.tls


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[exchange]\nhots = "x"', "there is no setting hots in [exchange]; did you mean host?"),
        ("[exchnage]\n", "there is no section [exchnage]; did you mean [exchange]?"),
        ("[zzz]\n", "known are exchange, database, http, office, flight."),
        ('[exchange]\nport = "5038"', "[exchange] port must be a whole number, not '5038'."),
        ("[exchange]\nport = 1.5", "[exchange] port must be a whole number, not 1.5."),
        ("[exchange]\nport = true", "[exchange] port must be a whole number, not True."),
        ("[exchange]\nport = 70000", "[exchange] port must be between 0 and 65535, not 70000."),
        ("[exchange]\nhost = 5", "[exchange] host must be text in quotes: host ="),
        ("[exchange]\ntls = 1", "[exchange] tls must be true or false."),
        ("[exchange]\nphones = '('", "[exchange] phones is no regular expression:"),
        ("[exchange]\nkeepalive_seconds = 0", "must be between 0 and 3600 seconds."),
        ("[exchange]\nkeepalive_seconds = nan", "must be between 0 and 3600 seconds."),
        ("[flight]\nhours = -1", "[flight] hours must be between 0 and 744, not -1."),
        ("[flight]\nmegabytes = 200000", "[flight] megabytes must be between 0 and 100000"),
        ("[exchange\n", "is not TOML:"),
        ("exchange = 5", "exchange must be a section, written as [exchange]."),
        ('[office]\nnumbers = ["101"]', "[office] numbers: '101' is no telephone number."),
        ('[office]\nnumbers = "8 495 123-45-67, x"', "[office] numbers: 'x' is no telephone"),
        ("[office]\nnumbers = [5]", "[office] numbers must be a list of texts in quotes: numbers"),
        ("[office]\nnumbers = 74951234567", "[office] numbers must be a list of texts in"),
        ('[office]\nlaw = "moon"', "there is no law profile 'moon'; there are cautious, de, ru,"),
        ('[office]\nlanguage = "de"', "[office] language must be one of en, ru, not 'de'."),
        ('[office]\ntime_zone = "Moscow"', "must be a name like Europe/Moscow, not 'Moscow'."),
        ('[http]\npublic_url = "crm"', "[http] public_url must look like https://crm.example.com"),
        ('[http]\ntrusted_proxies = "10.0.0.300"', "trusted_proxies: '10.0.0.300' is no address"),
        ('[http]\nhost = "http://here"', "[http] host must be the name or address of a machine"),
        ('[exchange]\nhost = ".."', "[exchange] host must be the name or address of a machine"),
        ('[database]\nurl = ""', "[database] url (PEREZVON_DATABASE_URL) is empty."),
        ('[database]\nurl = "sqlite:///a\\u0000b"', "[database] url (PEREZVON_DATABASE_URL)"),
        ('[http]\nhost = "here"\nport = eighty', "is not TOML: look at line 3."),
        ("[http]\nport = 1\nport = 2", "line 3 sets again what is set above it."),
        ('[http]\nhost = "here', "is not TOML: look at line 2."),
    ],
)
def test_what_is_not_understood_is_one_sentence_that_names_it(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(SettingsRefused) as refused:
        _read(tmp_path, text)
    assert said in str(refused.value)
    assert "\n" not in said


def test_the_offices_numbers_are_a_list_or_a_text_with_commas(tmp_path: Path) -> None:
    numbers = ("+7 495 123-45-67", "+7 495 765-43-xx")
    written = _read(tmp_path, f"[office]\nnumbers = {[*numbers]}\nlaw = 'own-7'\n").office
    assert (written.numbers, written.law) == (numbers, "own-7")
    environ = {"PEREZVON_OFFICE_NUMBERS": ", ".join(numbers)}
    assert read_settings(None, environ, simulated=False).office.numbers == numbers
    blocks = [f"+7 495 1{n}x-xx-xx" for n in range(10, 20)]
    with pytest.raises(SettingsRefused, match="is no telephone number"):
        _read(tmp_path, f"[office]\nnumbers = {blocks}\n")
    blocks = [f"+7 495 1{n}-xx-xx" for n in range(10, 20)]
    with pytest.raises(SettingsRefused, match="more than 50000 are no numbers of one office"):
        _read(tmp_path, f"[office]\nnumbers = {blocks}\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[exchange]\nhots = "x"', "в разделе [exchange] нет настройки hots; может быть, host?"),
        ('[office]\nnumbers = ["7"]', "[office] numbers: '7' — не телефонный номер."),
        ("[exchange\n", "это не TOML"),
        ("[exchange]\nport = 70000", "[exchange] port — от 0 до 65535, а не 70000."),
        ('[database]\nurl = " "', "[database] url (PEREZVON_DATABASE_URL) не указан."),
    ],
)
def test_a_refusal_is_read_in_russian_too(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsRefused) as refused:
        _read(tmp_path, text)
    assert said in refused.value.said(Reader("ru"))


def test_a_secret_of_the_wrong_kind_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused) as refused:
        _read(tmp_path, "[exchange]\nsecret = 71828")
    assert "71828" not in str(refused.value)


def test_an_unknown_variable_is_refused_with_the_nearest_known_one() -> None:
    with pytest.raises(SettingsRefused, match="did you mean PEREZVON_EXCHANGE_HOST"):
        read_settings(None, {"PEREZVON_EXCHANGE_HOTS": "x"}, simulated=False)


@pytest.mark.parametrize(
    ("name", "value"),
    [("PEREZVON_HTTP_PORT", "abc"), ("PEREZVON_EXCHANGE_TLS", "perhaps")],
)
def test_a_bad_variable_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsRefused, match=name):
        read_settings(None, {name: value}, simulated=False)


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused, match="There is no settings file"):
        find_file(tmp_path / "none.toml", {})


def test_a_file_of_another_encoding_is_told_so(tmp_path: Path) -> None:
    path = tmp_path / "perezvon.toml"
    path.write_bytes('[office]\nname = "Ромашка"'.encode("cp1251"))
    with pytest.raises(SettingsRefused, match="not UTF-8"):
        read_settings(path, {}, simulated=False)


def test_the_secret_is_not_shown_when_settings_are_printed() -> None:
    settings = Settings(exchange=TelephonySettings(secret="hush"))
    assert "hush" not in repr(settings)


def test_the_table_has_every_setting_of_the_code() -> None:
    sections = {
        "exchange": TelephonySettings,
        "database": DatabaseSettings,
        "http": HttpSettings,
        "office": OfficeSettings,
        "flight": FlightSettings,
    }
    wanted = [(name, one.name) for name, kind in sections.items() for one in fields(kind)]
    assert [(one.section, one.key) for one in list_settings()] == wanted
    assert set(EXCHANGE_ABOUT) == {one.name for one in fields(TelephonySettings)}
    assert settings_table().count("\n") == len(wanted) + 1


def test_the_readme_shows_that_table() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    shown = readme.partition("<!-- settings: made by `perezvon settings` -->")[2]
    assert shown.partition("<!-- /settings -->")[0].strip() == settings_table()
