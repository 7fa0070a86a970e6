"""`perezvon.toml` and `PEREZVON_*` become one frozen Settings; what is not understood is refused.

Each setting is a field of a section's dataclass, with its explanation beside it: the README's
table, the environment names and the checks are all made from these fields.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any, NamedTuple

from telephony.settings import TelephonySettings
from web.i18n import LANGUAGES, zone_of
from web.proxies import networks

ENVIRONMENT = "PEREZVON_"
CONFIG_VARIABLE = "PEREZVON_CONFIG"
NOT_SETTINGS = frozenset({CONFIG_VARIABLE, "PEREZVON_PASSWORD"})
"""Variables that commands read for themselves."""
DEFAULT_FILE = "perezvon.toml"


class SettingsRefused(Exception):
    """The settings cannot be used; the text is one sentence for whoever wrote them."""


def _about(default: Any, explanation: str) -> Any:
    return field(default=default, metadata={"about": explanation})


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """Where everything is remembered."""

    url: str = _about(
        "sqlite:///data/perezvon.db",
        "`sqlite:///path` (embedded) or `postgresql://user:password@host/name`",
    )


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """How browsers reach the product."""

    host: str = _about("127.0.0.1", "address to listen on")
    port: int = _about(8080, "port to listen on; 0 takes a free one")
    public_url: str = _about(
        "", "how browsers reach it, e.g. `https://crm.example.com`; https makes cookies secure"
    )
    trusted_proxies: str = _about(
        "", "addresses or networks, comma-separated, whose X-Forwarded-* headers are believed"
    )

    @property
    def secure(self) -> bool:
        return self.public_url.startswith("https://")


@dataclass(frozen=True, slots=True)
class OfficeSettings:
    """The office as a whole."""

    name: str = _about("", "shown beside the product's name")
    language: str = _about(
        "en", "language of people who have not chosen one: " + ", ".join(LANGUAGES)
    )
    time_zone: str = _about("UTC", "time zone of new people, e.g. `Europe/Moscow`")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set. `simulated` is the command line's wish, not a setting."""

    exchange: TelephonySettings = field(default_factory=TelephonySettings)
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    http: HttpSettings = field(default_factory=HttpSettings)
    office: OfficeSettings = field(default_factory=OfficeSettings)
    simulated: bool = False


EXCHANGE_ABOUT = {
    "host": "where Asterisk's manager interface (AMI) listens",
    "port": "its port",
    "username": "the name of the section in `manager.conf`",
    "secret": "its secret",
    "tls": "whether AMI speaks TLS",
    "tls_verify": "whether its certificate must be valid",
    "phones": "regular expression: endpoints that are phones; all others are trunks",
    "country": "country whose national writing of numbers is understood",
    "technology": "channel technology of the phones",
    "dial_context": "context that outgoing calls are dialled in",
    "connect_timeout_seconds": "how long connecting may take",
    "action_timeout_seconds": "how long an answer to a request may take",
    "keepalive_seconds": "how often the link is tried when it is quiet",
    "silence_seconds": "how long it may be quiet before it counts as lost",
}
_SECTIONS: dict[str, type] = {
    "exchange": TelephonySettings,
    "database": DatabaseSettings,
    "http": HttpSettings,
    "office": OfficeSettings,
}


class Setting(NamedTuple):
    """One row of the table of settings."""

    section: str
    key: str
    environment: str
    default: str
    about: str


def list_settings() -> Iterator[Setting]:
    """Every setting there is, in the order of the file."""
    for section, kind in _SECTIONS.items():
        for one in fields(kind):
            about = one.metadata.get("about") or EXCHANGE_ABOUT[one.name]
            yield Setting(section, one.name, _variable(section, one.name), _default(one), about)


def settings_table() -> str:
    """The README's table of settings, in Markdown."""
    rows = ["| setting | environment | default | what it is |", "|---|---|---|---|"]
    for one in list_settings():
        default = f"`{one.default}`" if one.default else "–"
        rows.append(
            f"| `[{one.section}] {one.key}` | `{one.environment}` | {default} | {one.about} |"
        )
    return "\n".join(rows)


def read_settings(path: Path | None, environ: Mapping[str, str], *, simulated: bool) -> Settings:
    """Settings from `path` (or none), overlaid by the environment. Raises SettingsRefused."""
    given = _from_file(path) if path else {}
    for section, values in _from_environment(environ).items():
        given.setdefault(section, {}).update(values)
    made = {name: kind(**given.get(name, {})) for name, kind in _SECTIONS.items()}
    settings = Settings(**made, simulated=simulated)
    _check(settings)
    return settings


def find_file(named: Path | None, environ: Mapping[str, str]) -> Path | None:
    """The file to read: `named`, PEREZVON_CONFIG, ./perezvon.toml if there is one, or None."""
    wanted = named or (Path(environ[CONFIG_VARIABLE]) if environ.get(CONFIG_VARIABLE) else None)
    if wanted is None:
        return Path(DEFAULT_FILE) if Path(DEFAULT_FILE).is_file() else None
    if not wanted.is_file():
        raise SettingsRefused(f"There is no settings file {wanted}.")
    return wanted


def _from_file(path: Path) -> dict[str, dict[str, Any]]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SettingsRefused(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise SettingsRefused(f"{path} is not UTF-8 text.") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsRefused(f"{path} is not TOML: {error}.") from error
    read: dict[str, dict[str, Any]] = {}
    for section, values in document.items():
        _known(section, _SECTIONS, f"{path}: there is no section [{section}]", "[{}]")
        if not isinstance(values, dict):
            raise SettingsRefused(f"{path}: {section} must be a section, written as [{section}].")
        known = {one.name: one for one in fields(_SECTIONS[section])}
        for key, value in values.items():
            _known(key, known, f"{path}: there is no setting {key} in [{section}]", "{}")
            read.setdefault(section, {})[key] = _typed(
                value, known[key], f"{path}: [{section}] {key}"
            )
    return read


def _from_environment(environ: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    known = {
        _variable(section, one.name): (section, one)
        for section, kind in _SECTIONS.items()
        for one in fields(kind)
    }
    read: dict[str, dict[str, Any]] = {}
    for name, value in environ.items():
        if not name.startswith(ENVIRONMENT) or name in NOT_SETTINGS:
            continue
        _known(name, known, f"The environment: there is no setting {name}", "{}")
        section, one = known[name]
        read.setdefault(section, {})[one.name] = _typed(value, one, name, written=True)
    return read


def _known(name: str, known: Mapping[str, object], complaint: str, shape: str) -> None:
    if name in known:
        return
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = (
        "did you mean " + shape.format(near[0]) + "?" if near else "known are " + ", ".join(known)
    )
    raise SettingsRefused(f"{complaint}; {hint}" + ("" if near else "."))


def _typed(value: Any, one: Field[Any], where: str, *, written: bool = False) -> Any:
    """`value` as the field's type; from the environment everything comes as text."""
    kind = one.type if isinstance(one.type, type) else {"str": str, "int": int}.get(str(one.type))
    if kind is bool:
        words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        if written:
            value = words.get(value.strip().lower())
        if not isinstance(value, bool):
            raise SettingsRefused(f"{where} must be true or false.")
        return value
    if kind in (int, float):
        try:
            if isinstance(value, bool) or not isinstance(value, int | float | str):
                raise ValueError
            if isinstance(value, str) and not written:
                raise ValueError
            number = float(value)
            if kind is int and number != int(number):
                raise ValueError
        except (ValueError, OverflowError) as error:
            whole = "a whole number" if kind is int else "a number"
            raise SettingsRefused(f"{where} must be {whole}, not {value!r}.") from error
        return kind(number)
    if not isinstance(value, str):
        raise SettingsRefused(f"{where} must be text in quotes, not {value!r}.")
    return value


def _check(settings: Settings) -> None:
    http, office, exchange = settings.http, settings.office, settings.exchange
    for where, port in (("[http] port", http.port), ("[exchange] port", exchange.port)):
        if not 0 <= port <= 65535:
            raise SettingsRefused(f"{where} must be between 0 and 65535, not {port}.")
    if http.public_url and not re.fullmatch(r"https?://[^/?#\s]+", http.public_url.rstrip("/")):
        raise SettingsRefused(
            "[http] public_url must look like https://crm.example.com (no path after the host), "
            f"not {http.public_url!r}."
        )
    if office.language not in LANGUAGES:
        raise SettingsRefused(
            f"[office] language must be one of {', '.join(LANGUAGES)}, not {office.language!r}."
        )
    if zone_of(office.time_zone).key != office.time_zone:
        raise SettingsRefused(
            f"[office] time_zone must be a name like Europe/Moscow, not {office.time_zone!r}."
        )
    try:
        re.compile(exchange.phones)
    except re.error as error:
        raise SettingsRefused(f"[exchange] phones is no regular expression: {error}.") from error
    _check_networks(http.trusted_proxies)
    for one in fields(TelephonySettings):
        if one.name.endswith("_seconds") and not 0 < getattr(exchange, one.name) <= 3600:
            raise SettingsRefused(f"[exchange] {one.name} must be between 0 and 3600 seconds.")


def _check_networks(written: str) -> None:
    try:
        networks(written)
    except ValueError as error:
        raise SettingsRefused(f"[http] trusted_proxies: {error}.") from error


def _variable(section: str, key: str) -> str:
    return f"{ENVIRONMENT}{section}_{key}".upper()


def _default(one: Field[Any]) -> str:
    value = one.default if one.default is not MISSING else ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def environment() -> Mapping[str, str]:
    """The process's own environment: read here and nowhere else."""
    return os.environ
