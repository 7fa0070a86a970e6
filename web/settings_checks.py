"""Whether settings that were understood can be used, before anything is opened with them."""

import re
from dataclasses import fields

from dialer.profiles.built_in import built_in
from telephony.settings import TelephonySettings
from web.i18n import LANGUAGES, N_, zone_of
from web.office_rules import named_numbers
from web.proxies import networks
from web.refusals import SettingsRefused
from web.settings import Settings


def check(settings: Settings) -> None:
    """Raise SettingsRefused, one sentence about the first thing that is wrong."""
    http, office, exchange = settings.http, settings.office, settings.exchange
    for where, port in (("[http] port", http.port), ("[exchange] port", exchange.port)):
        if not 0 <= port <= 65535:
            raise SettingsRefused(
                N_("%(setting)s must be between 0 and 65535, not %(value)s."),
                setting=where,
                value=port,
            )
    if http.public_url and not re.fullmatch(r"https?://[^/?#\s]+", http.public_url.rstrip("/")):
        raise SettingsRefused(
            N_(
                "[http] public_url must look like https://crm.example.com "
                "(no path after the host), not %(value)s."
            ),
            value=repr(http.public_url),
        )
    if office.language not in LANGUAGES:
        raise SettingsRefused(
            N_("[office] language must be one of %(known)s, not %(value)s."),
            known=", ".join(LANGUAGES),
            value=repr(office.language),
        )
    if zone_of(office.time_zone).key != office.time_zone:
        raise SettingsRefused(
            N_("[office] time_zone must be a name like Europe/Moscow, not %(value)s."),
            value=repr(office.time_zone),
        )
    named_numbers(office.numbers, exchange.country)
    _check_law(office.law)
    check_expression(exchange.phones, "[exchange] phones")
    _check_addresses(settings)
    _check_logs(exchange)
    for key, written, most in (
        ("hours", settings.flight.hours, 24 * 31),
        ("megabytes", settings.flight.megabytes, 100_000),
    ):
        if not 0 <= written <= most:
            raise SettingsRefused(
                N_("%(setting)s must be between 0 and %(most)s, not %(value)s."),
                setting=f"[flight] {key}",
                most=most,
                value=written,
            )
    for one in fields(TelephonySettings):
        if one.name.endswith("_seconds") and not 0 < getattr(exchange, one.name) <= 3600:
            raise SettingsRefused(
                N_("%(setting)s must be between 0 and 3600 seconds."),
                setting=f"[exchange] {one.name}",
            )


def _check_law(key: str) -> None:
    """The office's own profiles are in the database, which nobody has opened yet."""
    if key and key not in built_in() and not re.fullmatch(r"own-\d{1,9}", key):
        raise SettingsRefused(
            N_(
                "[office] law: there is no law profile %(value)s; there are %(known)s, and the "
                "office's own, like own-1."
            ),
            value=repr(key),
            known=", ".join(built_in()),
        )


def _check_addresses(settings: Settings) -> None:
    """What can be seen of an address before anything is opened."""
    url = settings.database.url
    if not url.strip() or not url.isprintable():
        raise SettingsRefused(
            N_(
                "[database] url (PEREZVON_DATABASE_URL) is empty. Write sqlite:///path or "
                "postgresql://user:password@host/name, or leave it out."
            )
        )
    hosts = (("[http] host", settings.http.host), ("[exchange] host", settings.exchange.host))
    for where, host in hosts:
        if not may_be_host(host):
            raise SettingsRefused(
                N_("%(setting)s must be the name or address of a machine, not %(value)s."),
                setting=where,
                value=repr(host),
            )
    for part in settings.http.trusted_proxies.split(","):
        try:
            networks(part)
        except ValueError as error:
            raise SettingsRefused(
                N_(
                    "[http] trusted_proxies: %(value)s is no address and no network. "
                    "Write them like 10.0.0.1 or 10.0.0.0/8, with commas between."
                ),
                value=repr(part.strip()),
            ) from error


def _check_logs(exchange: TelephonySettings) -> None:
    """Where the exchange's own logs are, as far as an address tells."""
    for name, url in (("cel", exchange.cel), ("cdr", exchange.cdr)):
        if url and not re.match(r"(sqlite|csv|postgres(ql)?)://", url):
            raise SettingsRefused(
                N_(
                    "[exchange] %(name)s must look like sqlite:////var/log/asterisk/master.db, "
                    "csv:///var/log/asterisk/cel-custom/Master.csv or "
                    "postgresql://user:password@host/name."
                ),
                name=name,
            )
    zone = exchange.log_time_zone
    if zone and zone_of(zone).key != zone:
        raise SettingsRefused(
            N_("[exchange] log_time_zone must be a name like Europe/Moscow, not %(value)s."),
            value=repr(zone),
        )


def may_be_host(host: str) -> bool:
    """Whether `host` can be asked for at all; the empty one listens everywhere."""
    try:
        host.encode("idna")
    except UnicodeError:
        return False
    return host.isprintable() and not re.search(r"[\s/@]", host)


def check_expression(written: str, where: str) -> None:
    """Raise SettingsRefused, which names `where`, unless `written` is a regular expression."""
    try:
        re.compile(written)
    except re.error as error:
        raise SettingsRefused(
            N_("%(setting)s is no regular expression: look at character %(position)s."),
            setting=where,
            position=(error.pos or 0) + 1,
        ) from error
