"""Numbers that no campaign may ever dial, by the numbering plan of their country.

Short and emergency numbers, and those where somebody pays for being called or for calling: premium,
shared cost, universal access, personal numbers, pagers, voicemail; freephone numbers too, because
they charge the called party, which 47 CFR 64.1200(a)(1)(iii) forbids, and behind them is an office
that did not ask for it.
"""

from collections.abc import Collection
from functools import lru_cache
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType, shortnumberinfo

from dialer.compliance.ordinary_numbers import is_ordinary
from dialer.compliance.refusals import Refused

_LONGEST_SHORT: Final = 6  # digits; nobody's own number is as short with its area
_COSTLY: Final = frozenset(
    {
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.UAN,
        PhoneNumberType.PERSONAL_NUMBER,
        PhoneNumberType.PAGER,
        PhoneNumberType.VOICEMAIL,
    }
)


def special(number: str, country: str, own: Collection[str] = ()) -> Refused | None:
    """Why `number` (E.164, or digits as dialled in `country`) may never be dialled, if so.

    `own` are the office's own numbers and extensions, in the same form.
    """
    if number in own:
        return Refused.OWN
    return None if is_ordinary(number) else by_plan(number, country)


@lru_cache(maxsize=50_000)
def by_plan(number: str, country: str) -> Refused | None:
    """The same of a number that is taken apart, whatever it is."""
    digits = "".join(each for each in number if each in "0123456789")
    if not number.startswith("+") and 0 < len(digits) <= _LONGEST_SHORT:
        return _short(digits, country)
    try:
        parsed = phonenumbers.parse(number, country or None)
    except NumberParseException:
        return Refused.NOT_VALID
    if phonenumbers.is_valid_number(parsed):
        return Refused.PREMIUM if phonenumbers.number_type(parsed) in _COSTLY else None
    national = phonenumbers.national_significant_number(parsed)
    region = phonenumbers.region_code_for_country_code(parsed.country_code or 0)
    return _short(national, region) if len(national) <= _LONGEST_SHORT else Refused.NOT_VALID


def _short(digits: str, country: str) -> Refused:
    """What is dialled without an area: 112, 911, an extension, a service's code."""
    if digits in _EMERGENCY_ANYWHERE or shortnumberinfo.is_emergency_number(digits, country):
        return Refused.EMERGENCY
    return Refused.SHORT


_EMERGENCY_ANYWHERE: Final = frozenset({"112", "911", "999", "000"})
"""What telephones take for one wherever they are (3GPP TS 22.101, 10.1)."""
