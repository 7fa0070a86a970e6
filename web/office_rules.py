"""What the settings tell the dialer: the office's own numbers, and the law that it begins with."""

from collections.abc import Iterable
from contextlib import suppress

from crm_core.errors import NotFound
from crm_core.storage.engine import Connection
from dialer.campaigns.own_numbers import OwnNumbers
from dialer.profiles.built_in import default_key
from dialer.profiles.queries import KeptProfile, get_profile
from telephony.number_blocks import numbers_of
from web.i18n import N_
from web.refusals import SettingsRefused
from web.settings import Settings

MOST_OWN_NUMBERS = 50_000


def own_numbers(settings: Settings) -> OwnNumbers:
    """Those of `[office] numbers`, and what campaigns show."""
    return OwnNumbers(named_numbers(settings.office.numbers, settings.exchange.country))


def named_numbers(written: Iterable[str], country: str) -> frozenset[str]:
    """In E.164. Raises SettingsRefused, which names what is no number."""
    found: set[str] = set()
    for each in written:
        try:
            found |= numbers_of(each, country)
        except ValueError:
            raise SettingsRefused(
                N_(
                    "[office] numbers: %(value)s is no telephone number. Write them like "
                    "+7 495 123-45-67, or +7 495 123-45-xx for a hundred in a row; extensions are "
                    "never dialled anyway."
                ),
                value=repr(each),
            ) from None
        if len(found) > MOST_OWN_NUMBERS:
            raise SettingsRefused(
                N_("[office] numbers: more than %(most)s are no numbers of one office."),
                most=MOST_OWN_NUMBERS,
            )
    return frozenset(found)


async def usual_law(connection: Connection, settings: Settings) -> KeptProfile:
    """The profile of `[office] law`; where there is none, or it is retired, that of the country."""
    with suppress(NotFound):
        kept = await get_profile(connection, settings.office.law)
        if kept.retired_at is None:
            return kept
    return await get_profile(connection, default_key(settings.exchange.country))
