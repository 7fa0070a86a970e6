"""Sums of money as whole numbers of the currency's smallest unit: no fraction is ever lost."""

import re
from decimal import Decimal, InvalidOperation
from typing import Final

from crm_core.errors import Invalid

LARGEST_AMOUNT: Final = 10**15  # smallest units; a bigint holds nine thousand times as much
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
# ISO 4217: where the smallest unit is not a hundredth.
_WHOLE: Final = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THOUSANDTHS: Final = "BHD IQD JOD KWD LYD OMR TND"
_DIGITS: Final = {**dict.fromkeys(_WHOLE.split(), 0), **dict.fromkeys(_THOUSANDTHS.split(), 3)}
UNUSUAL: Final = {0: tuple(_WHOLE.split()), 3: tuple(_THOUSANDTHS.split())}
"""The currencies of which `minor_digits` is not 2, by what it is."""


def minor_digits(currency: str) -> int:
    """How many decimals the currency is written with (ISO 4217): 2 for EUR, 0 for JPY."""
    return _DIGITS.get(currency, 2)


def checked_currency(field: str, written: str) -> str:
    """Three capital letters, else Invalid(field, "currency_bad")."""
    code = written.strip().upper()
    if not _CURRENCY.fullmatch(code):
        raise Invalid(field, "currency_bad", value=written)
    return code


def read_amount(field: str, written: str, currency: str) -> int:
    """Smallest units of what a person typed: "1 234,5", "1,234.50", "1'234"; "" is 0.

    Invalid(field): not_an_amount, amount_too_large, amount_too_fine (more decimals than the
    currency has).
    """
    plain = _plain(written)
    try:
        amount = Decimal(plain or "0") * 10 ** minor_digits(currency)
    except InvalidOperation:
        raise Invalid(field, "not_an_amount", value=written) from None
    if not amount.is_finite() or amount < 0:
        raise Invalid(field, "not_an_amount", value=written)
    if amount > LARGEST_AMOUNT:
        raise Invalid(field, "amount_too_large")
    if amount != int(amount):
        raise Invalid(field, "amount_too_fine", decimals=minor_digits(currency))
    return int(amount)


def written_amount(amount: int, currency: str) -> str:
    """The amount as `read_amount` reads it, with a point and all decimals: "1234.50"."""
    digits = minor_digits(currency)
    return str(amount) if digits == 0 else f"{amount / Decimal(10) ** digits:.{digits}f}"


def _plain(written: str) -> str:
    """Without grouping: the last of , and . is the decimal sign, unless it groups thousands."""
    kept = re.sub(r"[\s'’_  ]", "", written)
    last = max(kept.rfind(","), kept.rfind("."))
    if last < 0:
        return kept
    sign, whole, fraction = kept[last], kept[:last], kept[last + 1 :]
    groups = kept.count(sign) > 1 or (sign == "," and "." not in whole and len(fraction) == 3)
    if groups and len(fraction) == 3:
        return re.sub(r"[.,]", "", kept)
    return re.sub(r"[.,]", "", whole) + "." + fraction
