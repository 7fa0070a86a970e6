"""Whom we invoice: which numbers a legal entity has by the law of its country, and whether one can
be true. Checksums are python-stdnum's; a КПП has none (order of the tax service MMV-7-6/435)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from stdnum.by import unp
from stdnum.cz import dic as cz_dic
from stdnum.eu import vat as eu_vat
from stdnum.exceptions import InvalidChecksum, InvalidLength, ValidationError
from stdnum.gb import vat as gb_vat
from stdnum.ru import inn, ogrn
from stdnum.sk import dph
from stdnum.ua import edrpou
from stdnum.us import ein

from crm_core.editing.fields import Field, Kept, Row
from crm_core.errors import Invalid
from crm_core.wording import line

Check = Callable[[str], str]
"""The number without what people write between its digits; raises stdnum's ValidationError."""


@dataclass(frozen=True, slots=True)
class RequisiteField(Field):
    """A number of a legal entity; empty is allowed, since many are learned late.

    Invalid(name): requisite_length, requisite_checksum, requisite_format.
    """

    limit: int = 64
    key: str = ""

    def read(self, name: str, written: str, row: Row) -> str:
        kept = line(name, written, limit=self.limit, required=False)
        return checked_requisite(name, row["country"], self.key, kept) if kept else ""


def requisites_of(country: str) -> tuple[str, ...]:
    """The keys of the numbers that entities of `country` have, in the order of its forms."""
    return tuple(_COUNTRIES.get(country, _ANYWHERE))


def checked_requisite(name: str, country: str, key: str, written: str) -> str:
    """The number as it is kept. Raises Invalid(name) for one that cannot be true."""
    check = _COUNTRIES.get(country, _ANYWHERE).get(key)
    if check is None:
        raise Invalid(name, "unknown_field")
    try:
        return check(written)
    except InvalidLength:
        raise Invalid(name, "requisite_length", value=written) from None
    except InvalidChecksum:
        raise Invalid(name, "requisite_checksum", value=written) from None
    except ValidationError:
        raise Invalid(name, "requisite_format", value=written) from None


def _kpp(written: str) -> str:
    plain = re.sub(r"[\s-]", "", written).upper()
    if len(plain) != 9:
        raise InvalidLength
    if not re.fullmatch(r"\d{4}[0-9A-Z]{2}\d{3}", plain):
        raise ValidationError
    return plain


def _ico(written: str) -> str:
    # Slovak and Czech organisations share one register's arithmetic: eight digits, modulo 11.
    plain = cz_dic.compact(written).zfill(8)
    if len(plain) != 8:
        raise InvalidLength
    return str(cz_dic.validate(plain))


def _eu(country: str) -> Check:
    def check(written: str) -> str:
        plain = re.sub(r"[\s.-]", "", written).upper()
        prefix = "EL" if country == "GR" else country
        return str(eu_vat.validate(plain if plain.startswith(prefix) else prefix + plain))

    return check


def _as_written(written: str) -> str:
    return written


_ANYWHERE: Final[Mapping[str, Check]] = {"register": _as_written, "vat": _as_written}
_COUNTRIES: Final[Mapping[str, Mapping[str, Check]]] = {
    **{
        country.upper(): {"register": _as_written, "vat": _eu(country.upper())}
        for country in eu_vat.MEMBER_STATES
    },
    "RU": {"inn": inn.validate, "kpp": _kpp, "ogrn": ogrn.validate},
    "BY": {"unp": unp.validate},
    "UA": {"edrpou": edrpou.validate},
    "SK": {"ico": _ico, "dic": dph.validate, "vat": _eu("SK")},
    "CZ": {"ico": _ico, "vat": _eu("CZ")},
    "GB": {"register": _as_written, "vat": gb_vat.validate},
    "US": {"ein": ein.validate},
}
COUNTRIES: Final = tuple(sorted(_COUNTRIES))
"""Those whose numbers are checked; others may be written as they are."""

REQUISITE_FIELDS: Final[Mapping[str, Field]] = {
    key: Kept(column="requisites", key=key, inner=RequisiteField(key=key))
    for key in ("inn", "kpp", "ogrn", "unp", "edrpou", "ico", "dic", "ein", "register", "vat")
}
