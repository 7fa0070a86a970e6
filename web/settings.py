"""All that can be set, as one frozen Settings.

Each setting is a field of a section's dataclass, with its explanation beside it: the README's
table, the environment names and the checks are all made from these fields.
"""

from collections.abc import Iterator
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, NamedTuple

from telephony.flight.settings import FlightSettings
from telephony.settings import TelephonySettings
from web.i18n import N_, Reader

ENVIRONMENT = "PEREZVON_"
_SOURCE = Reader()


def _about(default: Any, explanation: str) -> Any:
    return field(default=default, metadata={"about": explanation})


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """Where everything is remembered."""

    url: str = _about(
        "sqlite:///data/perezvon.db",
        N_("`sqlite:///path` (embedded) or `postgresql://user:password@host/name`"),
    )


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """How browsers reach the product."""

    host: str = _about("127.0.0.1", N_("address to listen on"))
    port: int = _about(8080, N_("port to listen on; 0 takes a free one"))
    public_url: str = _about(
        "",
        N_("how browsers reach it, e.g. `https://crm.example.com`; https makes cookies secure"),
    )
    trusted_proxies: str = _about(
        "",
        N_("addresses or networks, comma-separated, whose X-Forwarded-* headers are believed"),
    )
    metrics_token: str = _about(
        "",
        N_("the bearer token that `/metrics` asks for; empty: only this machine may read it"),
    )

    @property
    def secure(self) -> bool:
        return self.public_url.startswith("https://")


@dataclass(frozen=True, slots=True)
class OfficeSettings:
    """The office as a whole."""

    name: str = _about("", N_("shown beside the product's name"))
    language: str = _about("en", N_("language of people who have not chosen one: en, ru"))
    time_zone: str = _about("UTC", N_("time zone of new people, e.g. `Europe/Moscow`"))
    numbers: tuple[str, ...] = _about(
        (),
        N_(
            "its own telephone numbers, which no campaign ever dials: "
            '`["+7 495 123-45-67", "+7 495 765-43-xx"]`; x for each last digit of a block'
        ),
    )
    law: str = _about(
        "",
        N_(
            "key of the law profile that new campaigns begin with and cards are judged by, e.g. "
            "`ru_collectors` or `own-1`; empty: that of the country"
        ),
    )
    quiet_days: int = _about(
        60,
        N_("days without a word after which My day shows a client as gone quiet; 0: never"),
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set. `simulated` is the command line's wish, not a setting."""

    exchange: TelephonySettings = field(default_factory=TelephonySettings)
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    http: HttpSettings = field(default_factory=HttpSettings)
    office: OfficeSettings = field(default_factory=OfficeSettings)
    flight: FlightSettings = field(default_factory=FlightSettings)
    simulated: bool = False


EXCHANGE_ABOUT = {
    "host": N_("where Asterisk's manager interface (AMI) listens"),
    "port": N_("its port"),
    "username": N_("the name of the section in `manager.conf`"),
    "secret": N_("its secret"),
    "tls": N_("whether AMI speaks TLS"),
    "tls_verify": N_("whether its certificate must be valid"),
    "phones": N_("regular expression: endpoints that are phones; all others are trunks"),
    "country": N_("country whose national writing of numbers is understood"),
    "technology": N_("channel technology of the phones"),
    "dial_context": N_("context that outgoing calls are dialled in"),
    "connect_timeout_seconds": N_("how long connecting may take"),
    "action_timeout_seconds": N_("how long an answer to a request may take"),
    "keepalive_seconds": N_("how often the link is tried when it is quiet"),
    "silence_seconds": N_("how long it may be quiet before it counts as lost"),
    "cel": N_(
        "where Asterisk logs channel events (CEL): `sqlite:///path`, `csv:///path` or "
        "`postgresql://user:password@host/name`; what happened while we were away is read there"
    ),
    "cdr": N_("where it logs calls (CDR), written the same way; used where there is no CEL"),
    "log_time_zone": N_("time zone of those logs, e.g. `Europe/Moscow`; empty: this machine's"),
}
FLIGHT_ABOUT = {
    "hours": N_("hours of what the exchange said that are kept (the flight recorder); 0: none"),
    "megabytes": N_("and of them no more than so many megabytes; 0 keeps nothing"),
    "folder": N_("where they are kept; empty: beside the embedded database"),
}
ABOUT = {"exchange": EXCHANGE_ABOUT, "flight": FLIGHT_ABOUT}
SECTIONS: dict[str, type] = {
    "exchange": TelephonySettings,
    "database": DatabaseSettings,
    "http": HttpSettings,
    "office": OfficeSettings,
    "flight": FlightSettings,
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
    for section, kind in SECTIONS.items():
        for one in fields(kind):
            about = one.metadata.get("about") or ABOUT[section][one.name]
            yield Setting(section, one.name, variable(section, one.name), _default(one), about)


def settings_table(reader: Reader = _SOURCE) -> str:
    """The README's table of settings, in Markdown."""
    titles = map(
        reader.gettext, (N_("setting"), N_("environment"), N_("default"), N_("what it is"))
    )
    rows = [f"| {' | '.join(titles)} |", "|---|---|---|---|"]
    for one in list_settings():
        default = f"`{one.default}`" if one.default else "–"
        rows.append(
            f"| `[{one.section}] {one.key}` | `{one.environment}` | {default} "
            f"| {reader.gettext(one.about)} |"
        )
    return "\n".join(rows)


def variable(section: str, key: str) -> str:
    """The environment variable of a setting."""
    return f"{ENVIRONMENT}{section}_{key}".upper()


def _default(one: Field[Any]) -> str:
    value = one.default if one.default is not MISSING else ""
    if isinstance(value, tuple):
        return ", ".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
